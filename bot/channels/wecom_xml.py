"""Read the XML of WeCom's callbacks, which anybody may send us: no DTD, no entities, no bombs, nothing too large."""

import re
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

LIMIT = 1 << 20  # bytes of one callback
DEEPEST = 8  # SelectedItems/SelectedItem/OptionIds/OptionId is five
LISTS = ("SelectedItem", "OptionId")  # may stand once or more: always read as lists
# What XML 1.0 does not allow in a document. Somebody's phone may send it nevertheless.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class BadXml(Exception):
    """A document that cannot or must not be read."""


def read_outer(content: bytes) -> dict[str, Any]:
    """Read the outer document, before anything about it is known; raise BadXml."""
    if len(content) > LIMIT:
        raise BadXml("too large")
    try:
        return _read(content.decode())
    except UnicodeDecodeError:
        raise BadXml("not UTF-8") from None


def read_inner(text: str) -> dict[str, Any]:
    """Read what was sealed inside, without the characters that no document may hold; raise BadXml."""
    return _read(_ILLEGAL.sub("", text))


def _read(text: str) -> dict[str, Any]:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadXml(type(error).__name__) from None
    found = _element(root, 1)
    if not isinstance(found, dict):
        raise BadXml("no elements")
    return found


def _element(element: Any, depth: int) -> Any:
    """Read an element: its words, or its children by name; a name that stands more than once holds a list."""
    if depth > DEEPEST:
        raise BadXml("too deep")
    if not len(element):
        return element.text or ""
    children: dict[str, Any] = {}
    for child in element:
        value = _element(child, depth + 1)
        if child.tag in LISTS or child.tag in children:
            before = children.get(child.tag, [])
            children[child.tag] = [*(before if isinstance(before, list) else [before]), value]
        else:
            children[child.tag] = value
    return children
