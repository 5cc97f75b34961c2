"""Read what people type in one plain form: narrow letters, simplified characters, numbers."""

import re
import unicodedata

# The traditional characters of days, lessons, hours and feasts; whole texts are never converted here.
_SIMPLER = str.maketrans(
    "號後週禮個兩這節點從時間過內請別開課鐘還會約給學國慶勞動師兒補調結試測驗運準當婦頭長’",
    "号后周礼个两这节点从时间过内请别开课钟还会约给学国庆劳动师儿补调结试测验运准当妇头长'",
)

DIGITS = "〇零一二两三四五六七八九"
_VALUE = dict(zip(DIGITS, (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))

# A number of up to four digits, in either script; ENGLISH adds the words a teacher would write.
NUMBER = rf"(?:[0-9]{{1,4}}|[{DIGITS}十]{{1,4}})"
# A number below 100 as it is spoken, or up to three figures: 两两 and 一一 are slips, not 22 and 11.
COUNT = f"(?:[0-9]{{1,3}}|[{DIGITS[2:]}]?十[{DIGITS[2:]}]?|[{DIGITS}])"
_ENGLISH = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ENGLISH = rf"(?:[0-9]{{1,4}}|an?|{'|'.join(_ENGLISH)})"


def folded(said: str) -> str:
    """Return the text in narrow, simplified, lower-case characters, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", said).translate(_SIMPLER).lower().split())


def joined(said: str) -> str:
    """Return the folded text without spaces, save those between two digits: 1 2日 is not 12日."""
    return re.sub("(?<![0-9]) | (?![0-9])", "", folded(said))


def compact(said: str) -> str:
    """Return the folded text without any space."""
    return folded(said).replace(" ", "")


class NoNumber(ValueError):
    """The letters make no number."""


def number(said: str) -> int:
    """Return the value of 12, 十二, 二〇二六, two or a; raise NoNumber for anything else."""
    if re.fullmatch("[0-9]+", said):
        return int(said)
    if said in ("a", "an", *_ENGLISH):
        return _ENGLISH.index(said) + 1 if said in _ENGLISH else 1
    if re.fullmatch(f"[{DIGITS}]+", said):
        return int("".join(str(_VALUE[digit]) for digit in said))
    return _tens(said)


def _tens(said: str) -> int:
    found = re.fullmatch(f"([{DIGITS[2:]}]?)十([{DIGITS[2:]}]?)", said)
    if found is None:
        raise NoNumber(f"no number in {len(said)} characters")
    tens, ones = found.groups()
    return 10 * _VALUE.get(tens, 1) + _VALUE.get(ones, 0)
