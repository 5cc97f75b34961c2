"""What is said in traditional characters holds no character that exists only in the simplified script."""

import re
from pathlib import Path

import opencc
import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [*(ROOT / "templates" / "zh_Hant").glob("*.j2"), *(ROOT / "templates" / "forms" / "zh_Hant").glob("*.j2")]
# Both scripts write these; the dictionaries list another form of them, or split them by meaning.
IN_BOTH = set("台只里后面云干松系表准才制")
# What is simplified on purpose: the language's own name for itself, what people may type, what stands in rows.
ON_PURPOSE = re.compile(
    r"\{% block (?:language__hans|language__zh_Hans|keyword|phrases|phrases__alone|word__\w+|asking) %\}.*?\{% endblock %\}"
    r"|\{#.*?#\}|\[周週\]"
    r'|"[^"\n]+"(?=: ")',  # the keys of a table: names as they stand in the calendar, each with how it is said
    re.DOTALL,
)
_TO_TRADITIONAL, _TO_SIMPLIFIED = opencc.OpenCC("s2t"), opencc.OpenCC("t2s")


def simplified_only(character: str) -> bool:
    """Say whether a character has a traditional form and is itself the simplified one."""
    return _TO_TRADITIONAL.convert(character) != character and _TO_SIMPLIFIED.convert(character) == character


def test_the_check_itself() -> None:
    assert [character for character in "记录表裡發佈你們" if simplified_only(character)] == ["记", "录"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_simplified_is_left(path: Path) -> None:
    words = ON_PURPOSE.sub("", path.read_text(encoding="utf-8"))
    found = [character for character in dict.fromkeys(words) if simplified_only(character)]
    assert [character for character in found if character not in IN_BOTH] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_words_are_those_of_the_place(path: Path) -> None:
    words = ON_PURPOSE.sub("", path.read_text(encoding="utf-8"))
    strangers = ("釋出", "支援", "培訓", "發給", "導出", "視頻", "每周", "賬號", "反饋", "臺", "裏", "聽課", "問詢")
    assert [word for word in strangers if word in words] == []
