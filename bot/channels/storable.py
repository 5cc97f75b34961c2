"""What no store takes is mended before it is kept: one such update would hold up everybody's."""

import math
import re
from typing import Any

DEEPEST = 60  # levels of one update; a store reads about two hundred, and a real one has ten
_HALF = re.compile("[\ud800-\udfff]")  # of an emoji; UTF-8 knows none


class _TooDeep(Exception):
    """Lists in lists in lists: no platform sends that."""


def storable(body: dict[str, Any]) -> dict[str, Any]:
    """Give an update as every store takes it; one that is nested without end is left out."""
    try:
        mended: dict[str, Any] = _mended(body, DEEPEST)
    except _TooDeep:
        return {"unreadable": "nested too deeply"}
    return mended


def _mended(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return _HALF.sub("?", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None  # NaN is no JSON, though Python reads it
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise _TooDeep
    if isinstance(value, list):
        return [_mended(one, levels - 1) for one in value]
    return {_mended(name, levels): _mended(one, levels - 1) for name, one in value.items()}
