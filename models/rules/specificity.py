"""Say whether an action can be done in one lesson, or is a good intention: 我要多关注后进生.

A sentence is vague when it speaks of more, better or stronger and names nothing one could see: no number, no
moment, no words to say. A sentence without such a word is believed, whatever it says: the check is there to
offer help once, not to examine anybody.
"""

import re

from models.rules.numerals import folded

EMPTY = "empty"  # nothing is said that could be done
NO_OBJECT = "no_object"  # more, better, stronger: of what, and when?

# Fewer characters than this name no action ("嗯", "好"); in English the same holds for single words.
SHORTEST = 2

_NOTHING = re.compile(
    r"(?:我|还|也)*(?:不知道|没想好|不清楚|随便|都行|都可以|没有|再说|再想想|想想)(?:呢|吧|了|啊|呀)*"
    r"|(?:i )?(?:don'?t|do not) know(?: yet)?|not sure(?: yet)?|nothing|whatever|no idea"
)

# 多 as "more" stands before what one does; these words only contain the character.
_MORE = r"(?<![许很差诸众繁最几太好不])多(?![媒元样数少音边项功余年位个种次名维层彩页于半])"
_VAGUE = re.compile(
    rf"{_MORE}|加强|努力|关注|关心|重视|提高|提升|注意(?!力)|改进|改善|增强|加大|强化|优化|落实|尽量|尽力|认真|做好|更好|更加|更多"
    r"|\b(?:more|better|harder|improve|enhance|strengthen|focus on|pay (?:more )?attention|do my best|try my best)\b"
)

# What can be seen or counted in a lesson: numbers, moments, steps, words in quotes, a class.
_COUNTED = (
    r"[0-9]|[一二两三四五六七八九十每各]\s*(?:个|名|位|句|次|分|秒|遍|张|条|题|组|步|人|道|页|段|遍|节|下|本|种|件)"
)
_MOMENT = (
    r"如果|当.+时|之后|以后|\w(?<![目提空向])前(?![进途提])|课后|下课|上课|开始时|结束时|的时候|[听写读讲]完"
    r"|(?<![首优])先(?!进)|再.+[说问读写]"
)
_QUOTED = r"[「『“\"《].+[」』”\"》]"
_ENGLISH = r"\b(?:if|when|whenever|before|after|each|every|first|at the (?:start|end)|one|two|three|four|five|ten)\b"
_SEEN = re.compile(f"{_COUNTED}|{_MOMENT}|{_QUOTED}|{_ENGLISH}")

# Characters that fold to the ones above and that days and lessons do not need.
_SIMPLER = str.maketrans(
    "強關視進優實認課時聽寫讀講開結對當眾許幾媒邊項數樣種層張條題組頁沒隨",
    "强关视进优实认课时听写读讲开结对当众许几媒边项数样种层张条题组页没随",
)


def vagueness(text: str) -> str | None:
    """Return why an action is hard to do as it stands (EMPTY or NO_OBJECT), or None when it will do."""
    words = folded(text).translate(_SIMPLER)
    said = re.sub(r"\W", "", words)
    if len(said) < SHORTEST or _NOTHING.fullmatch(words.strip(" 。.!?,~…")):
        return EMPTY
    return NO_OBJECT if _VAGUE.search(words) and not _SEEN.search(words) else None
