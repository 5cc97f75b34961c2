"""How somebody reads a screen: which choices it offers, and whether each is tapped or typed."""

import re
from collections import deque
from typing import Any

from bot import speech
from tests.phones import Screen

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_fit = speech.fitted
_FITTED: deque[tuple[str, list[dict[str, str]]]] = deque(maxlen=50)  # what was fitted last: its HTML, all its buttons


def _fitted(part: speech.Part, *more: Any) -> speech.Part:
    """Fit as ever, and remember what had to give way."""
    buttons = [button for row in part.buttons for button in row]
    fit = _fit(part, *more)
    if fit is not part:
        _FITTED.append((fit.html, buttons))
    return fit


speech.fitted = _fitted


def choices(screen: Screen, body: dict[str, Any]) -> list[dict[str, str]]:
    """List what can be chosen: label and data, and under `typed` what must be typed where no button is shown.

    Fail when something that was meant to be chosen can be neither tapped nor typed.
    """
    shown: dict[str, list[str]] = {}
    for key in screen.keys:
        shown.setdefault(key.data, []).append(key.label)
    stored = [button for row in body.get("buttons", ()) for button in row]
    wanted = _wanted(body, stored)
    assert set(shown) == {button["data"] for button in stored}, f"buttons were lost: {stored} below {screen.text!r}"
    made = []
    for button in wanted:
        label, data = button["label"], button["data"]
        labels = shown.get(data, [])
        if label in labels:
            made.append({"label": label, "data": data})
            continue
        line = re.search(rf"(?m)^(\d+)\. {re.escape(label)}$", screen.text)
        typed = label if button.get("is_word") else line[1] if line else ""
        assert typed and typed in screen.text, f"{label!r} is neither a button nor a line of {screen.text!r}"
        made.append({"label": label, "data": data} | ({} if typed in labels else {"typed": typed}))
    return made


def _wanted(body: dict[str, Any], stored: list[dict[str, str]]) -> list[dict[str, str]]:
    """Find all that was to be chosen from, before it was fitted."""
    html = body.get("html", "").strip()
    for fitted, buttons in reversed(_FITTED):
        is_same = {button["data"] for button in stored} <= {button["data"] for button in buttons}
        if html and fitted.strip().endswith(html) and is_same:
            return buttons
    return stored


def link_on(screen: Screen, body: dict[str, Any]) -> str:
    """Give the address that opens at a touch; fail when the one that was meant is not shown so."""
    if "link" not in body:
        return ""
    label, url = body["link"]["label"], body["link"]["url"]
    assert url in [shown for _, shown in screen.links], f"{label!r} leads nowhere: {screen}"
    return str(url)


def as_typed(number: str) -> str:
    """Type a number as an input method may: every other one in full width."""
    return number.translate(FULL_WIDTH) if number.isdecimal() and int(number) % 2 == 0 else number
