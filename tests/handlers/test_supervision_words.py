"""Every block about observations, digests and questions is said in every language, whatever its facts, and kindly."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.conversation import Answers
from bot.render import LANGUAGES, Words

TEMPLATES = (
    "observation",
    "observation_move",
    "observation_focus",
    "feedback",
    "feedback_answer",
    "respond",
    "answer",
    "digest",
    "ask",
    "ranking",
)
NOT_SAID = ("keyword", "phrases", "phrases__alone")
NEVER = ("逾期", "未完成", "你还没有", "请尽快", "排名", "排行", "逾時", "你還沒有", "overdue", "None")
NOW = datetime(2026, 9, 17, 12, tzinfo=UTC)
SLOT = {"day": "2026-09-18", "period": 1, "text": "周五第1节"}
WAS = {"day": "2026-09-17", "period": 2, "agreed": False}
FILE = {"text": "", "files": ["a"]}


AGAINST = [
    {"kind": kind, "mine": kind == "no_lesson", "occasion": "校庆", "exam": "期中考试", "class_name": "三1班"}
    for kind in ("rest", "taken", "no_lesson", "lesson")
]


def item(kind: str, words: list[str]) -> dict[str, Any]:
    return {
        "id": "1",
        "about_kind": "entry",
        "kind": kind,
        "person_id": "2",
        "who": "林晓",
        "words": words,
        "first": words[-1] if words else "",
        "shared_at": "2026-09-16T08:00:00+00:00",
    }


ITEMS = [
    item("reflection", ["小宇站起来补充了一句"]),
    item("action", ["三2班", "talk", "先请两个孩子各说一句"]),
    item("check_in", ["", "快了", "unclear", "change"]),
    item("jotting", []),
]
ANSWERS = [
    {"name": "周宁", "answer_kind": kind, "answer": answer, "about": ITEMS[0], "words": "?", "way": "ask"}
    for kind, answer in (("talk", ""), ("tap", "still"), ("tap", "tried"), ("words", "顺多了"))
]


def situations() -> Iterator[dict[str, Any]]:
    """Give facts for every side of every condition; what a block does not use does no harm."""
    for place, flag in enumerate((True, False, True, False)):
        states = ("proposed", "agreed", "declined", "cancelled", "not_held", "held")
        said = {
            "whom": "p0",
            "side": "come" if flag else "go",
            "day": SLOT,
            "period": 1,
            "way": "ask" if flag else "support",
            "words": "怎么样了？",
            "ask_on": "2026-09-30",
            "answer_comes": "digest",
            "about": "i0",
            "strength": {"text": "好", "files": []} if flag else FILE,
            "watched": FILE if flag else None,
            "suggestion": None if flag else {"text": "数三下", "files": []},
            "send": "send",
        }
        known = {
            "names": {"p0": "林晓", "p1": "周宁"},
            "only": None,
            "slot": None,
            "unread": flag,
            "name": "林晓",
            "day": "2026-09-18",
            "period": 1,
            "focus": "等几秒" if flag else "",
            "item": ITEMS[place],
            "is_short": flag,
            "from_time": "16:30",
            "asker": "王立群",
            "words": "怎么样了？" if flag else "",
            "items": [{"key": "i0", "whom": "p0", "told": ITEMS[min(place, 2)]}],
            "told": ITEMS[min(place, 2)],
            "topic": "",
            "offered": lambda answers, flag=flag: flag,
            "contest": lambda answers, place=place: AGAINST[place],
            "lessons": [],
            "is_set": flag,
        }
        for state in states:
            yield {
                "person": SimpleNamespace(name="陈静安", zone="Asia/Shanghai"),
                "now": NOW,
                "step": 1,
                "steps": 3,
                "answers": Answers(said, known),
                "facts": known,
                "name": "林晓",
                "observes": flag,
                "day": "2026-09-18",
                "period": 1,
                "lesson_kind": "ordinary",
                "class_name": "三4班" if flag else "",
                "subject": "语文",
                "found": 1,
                "more": [],
                "days": [{"day": "2026-09-18", "period": 2}, {"day": "2026-09-21", "period": 3}],
                "why": AGAINST[place],
                "mine": flag,
                "in_time": flag,
                "is_set": flag,
                "lessons": [],
                "starts_at": "2026-09-18T00:20:00+00:00",
                "ends_at": "2026-09-18T01:00:00+00:00",
                "state": state,
                "focus": "等几秒" if flag else "",
                "hers_to_answer": flag,
                "tells": flag,
                "at": "2026-09-16T08:00:00+00:00",
                "was": WAS | {"agreed": True} if flag else None,
                "files": [{"id": "1", "kind": "voice", "for": "2"}] * int(flag),
                "file": {"id": "1", "kind": "voice", "for": "2"},
                "kind": "photo",
                "strength": "好" if flag else "",
                "watched": "两秒" if flag else "",
                "suggestion": "数三下" if flag else "",
                "answer": ANSWERS[place]["answer"],
                "answer_kind": ANSWERS[place]["answer_kind"],
                "about": ITEMS[place],
                "told": ITEMS[min(place, 2)],
                "topic": "x",
                "asker": "王立群",
                "way": ("received", "ask", "support", "ask")[place],
                "words": "怎么样了？",
                "answer_comes": "digest" if flag else "now",
                "key": "still" if flag else "tried",
                "item": ITEMS[place],
                "is_short": flag,
                "since": "2026-09-11T08:30:00+00:00",
                "until": "2026-09-18T08:30:00+00:00",
                "circle": 8 if flag else None,
                "total": 3 if flag else None,
                "counts": [{"kind": "essay", "number": 1}, {"kind": "action", "number": 2}],
                "items": ITEMS if place < 2 else [],
                "waiting": int(flag),
                "oldest": 9,
                "proposals": int(flag),
                "answers_": ANSWERS,
                "more_answers": int(flag),
                "number": 1,
                "names": ["林晓", "周宁"],
                "weekday": 4,
                "every": (1, 2, 4, 0)[place],
                "has_digest": flag,
                "ask_on": "2026-09-30",
            }


def facts_for(template: str, block: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Let the digest's blocks have its answers, which in a conversation are the answers given."""
    if template == "digest":
        return facts | {"answers": facts["answers_"]} | ({"total": 3} if block == "item" else {})
    if template == "ask" and block in ("words", "send") and facts["state"] == "agreed":
        return facts | {"answers": Answers({**facts["answers"], "whom": "all"}, facts["facts"])}
    is_moved = block == "offered" or block.startswith("observation_follows")
    return facts | {"was": facts["was"] or WAS} if is_moved else facts


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_block_is_said_kindly(language: str, template: str) -> None:
    words = Words()
    blocks = words._languages[language].get_template(f"{template}.j2").blocks
    for block in blocks:
        for facts in situations() if block not in NOT_SAID else ():
            said = words.say(language, template, block, facts_for(template, block, facts))
            assert not any(word in said for word in NEVER), f"{block}: {said}"
            assert said or block.endswith("__line"), block


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_languages_have_the_same_blocks(template: str) -> None:
    words = Words()
    blocks = {language: set(words._languages[language].get_template(f"{template}.j2").blocks) for language in LANGUAGES}
    assert {language: found - set(NOT_SAID) for language, found in blocks.items()} == dict.fromkeys(
        LANGUAGES, blocks["zh_Hans"] - set(NOT_SAID)
    )
