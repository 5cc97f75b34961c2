"""One point of a talk: the open question, what hangs in the air, and the choices that are shown there."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from bot.answers import Moment, Option, Said
from bot.buttons import code_of
from bot.conversation import SKIPPED, Answers, Conversation, Question, last_answered, next_question

HANGING = {"second": ("newer", "older"), "stray": ("take", "leave")}  # what is asked about, and the ways to answer
LOOSE = (*HANGING, "revising", "offers")  # what goes when the question itself counts again
LONGEST_NUMBER = 3  # digits; a text may be a hundred thousand of them


@dataclass
class Talk:
    """A row of the conversation table in the hand: answers, facts, and what hangs in the air."""

    id: UUID
    owner_id: UUID
    name: str
    opened_at: datetime
    touched_at: datetime
    state: str = "open"
    answers: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    air: dict[str, Any] = field(default_factory=dict)
    about_id: UUID | None = None
    kept_until: datetime | None = None
    fresh: dict[str, Any] = field(default_factory=dict)  # facts of this turn alone; they are not stored

    def said(self) -> Answers:
        """Give the answers together with the facts."""
        return Answers(self.answers, self.facts | self.fresh if self.fresh else self.facts)

    def has_words(self) -> bool:
        """Say whether anything was answered here that would be a pity to lose."""
        known = self.facts.get("known", ())
        taken_out = self.air.get("pieces") or self.air.get("was")
        return bool(taken_out) or any(name not in known for name in self.answers)


@dataclass(frozen=True)
class Shown:
    """A choice as it is shown now."""

    key: str
    label: str


LabelOf = Callable[[str, dict[str, Any]], str]
"""(block, facts) -> the words of a button, in the person's language."""


@lru_cache(maxsize=8)  # what is typed is compared several times in its turn
def fold(text: str) -> str:
    """Make what is typed comparable: full width to half, lower case, one apostrophe, no spaces, no closing full stop."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split()).rstrip("。.!~")


@lru_cache(maxsize=1024)
def fold_label(label: str) -> str:
    """Fold the words of a button; most buttons are the same for everyone."""
    return fold(label)


class Point:
    """Where a talk stands at one moment."""

    def __init__(self, conversation: Conversation, talk: Talk, moment: Moment, label_of: LabelOf) -> None:
        self.conversation = conversation
        self.talk = talk
        self.moment = moment
        self._label_of = label_of
        self._said_after: dict[str, Any] | None = None
        self._said = Answers()
        self._asked_after: dict[str, Any] | None = None
        self._question: Question | None = None
        self.let_go: list[Said] = []  # texts that were asked about and never answered for: they belong to her notes

    def said(self) -> Answers:
        """Give the answers together with the facts: to be read, for it is one object until the answers change."""
        if self._said_after is not self.talk.answers:  # answers are replaced, never changed in place
            self._said_after = self.talk.answers
            self._said = self.talk.said()
        return self._said

    @property
    def question(self) -> Question | None:
        """Give the question that is open now."""
        if self._asked_after is not self.talk.answers:
            self._asked_after = self.talk.answers
            self._question = next_question(self.conversation, self.said())
        return self._question

    # What is shown

    def choices(self) -> list[Shown]:
        """List the choices at the present point: what hangs in the air goes before the question's own options."""
        air, question = self.talk.air, self.question
        if question is None:
            return []
        for hanging, keys in HANGING.items():
            if hanging in air:
                return [Shown(f"_{key}", self._label_of(f"tap__{key}", {})) for key in keys]
        if "revising" in air:
            names = self._revisable(question)
            return [Shown(f"_r{code_of(name)}", self._label_of(f"{name}__name", {})) for name in names]
        if "offers" in air:
            return [Shown(offer_key(offer["value"]), offer["label"]) for offer in air["offers"]]
        return self._own_choices(question)

    def _own_choices(self, question: Question) -> list[Shown]:
        options = [Shown(option.key, self._option_label(question, option)) for option in self._options(question)]
        return options + ([Shown("_revise", self._label_of("tap__revise", {}))] if question.revises else [])

    def controls(self) -> list[Shown]:
        """List the words that work here as buttons, in one row below the choices."""
        question = self.question
        if question is None or any(hanging in self.talk.air for hanging in HANGING):
            return []
        return self._own_controls(question)

    def _own_controls(self, question: Question) -> list[Shown]:
        offered = {
            "done": question.many,
            "keep": question.name in self.talk.air.get("was", {}),
            "skip": question.optional and not self._pieces(question),
            "back": bool(self._pieces(question)) or self._last_answered() is not None,
            "later": True,
        }
        return [Shown(f"_{word}", self._label_of(f"tap__{word}", {})) for word, shown in offered.items() if shown]

    def _options(self, question: Question) -> Sequence[Option]:
        return question.reader.options(self.said(), self.moment)

    def _last_answered(self) -> Question | None:
        return last_answered(self.conversation, self.said(), self.question)

    def _option_label(self, question: Question, option: Option) -> str:
        if option.label is not None:
            return option.label
        return self._label_of(option.block or f"{question.name}__{option.key}", option.facts)

    def _revisable(self, question: Question) -> list[str]:
        return [name for name in question.revises if name in self.talk.answers]

    def _pieces(self, question: Question) -> list[Any]:
        return list(self.talk.air.get("pieces", {}).get(question.name, ()))

    def shown(self, question: Question, value: Any) -> str:
        """Show an answer as words: the label of an option, a day with its weekday, the text of a piece."""
        if value is SKIPPED:
            return self._label_of("tap__skip", {})
        if isinstance(value, list):
            return " / ".join(filter(None, (self.shown(question, piece) for piece in value)))
        if isinstance(value, dict):
            return str(value.get("text", ""))
        options = {option.key: option for option in self._options(question)}
        if str(value) in options:
            return self._option_label(question, options[str(value)])
        return self._label_of("offer__day", {"day": value}) if _is_day(value) else str(value)

    # What hangs in the air

    def settle(self) -> bool:
        """Let go of what hangs in the air, since the question itself is what counts now; say whether anything did."""
        hung = [name for name in LOOSE if name in self.talk.air]
        self._land(*hung)
        return bool(hung)

    def _hang(self, **things: Any) -> None:
        self.talk.air = self.talk.air | things

    def _land(self, *names: str) -> None:
        if "stray" in names and "stray" in self.talk.air:
            stray = self.talk.air["stray"]
            self.let_go.append(Said(stray["text"], message_id=stray.get("message", "")))
        self.talk.air = {name: thing for name, thing in self.talk.air.items() if name not in names}

    def _forget(self, question: Question, *names: str) -> None:
        """Take what hangs in the air for one question out of `names`, each a dict by question."""
        for name in names:
            rest = {asked: thing for asked, thing in self.talk.air.get(name, {}).items() if asked != question.name}
            self._land(name)
            if rest:
                self._hang(**{name: rest})


def keys_of(*shown: Sequence[Shown]) -> set[str]:
    """Collect the keys of choices and controls."""
    return {one.key for some in shown for one in some}


def offer_key(value: Any) -> str:
    """Name an offered value on its button, so that a button of older offers never stands for a newer one."""
    return f"_o{code_of(json.dumps(value, sort_keys=True))}"


def _is_day(value: Any) -> bool:
    """Say whether a value is a day as the readers store it."""
    try:
        return isinstance(value, str) and len(value) == len("2026-09-30") and bool(date.fromisoformat(value))
    except ValueError:
        return False


def match(folded: str, choices: Sequence[Shown]) -> str | None:
    """Find the choice that was typed: its number in any width, a unique beginning of its label, or a clause of it."""
    number = folded.rstrip("、,)号")
    if number.isdecimal() and len(number) <= LONGEST_NUMBER and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1].key
    begins = [shown.key for shown in choices if folded and fold_label(shown.label).startswith(folded)]
    if begins:
        return begins[0] if len(begins) == 1 else None
    wholes = [shown.key for shown in choices if folded and folded in _clauses(shown.label)]
    return wholes[0] if len(wholes) == 1 else None


@lru_cache(maxsize=1024)
def _clauses(label: str) -> tuple[str, ...]:
    """Take a label apart where it pauses: 明白，继续 may be answered by 继续, 语言 Language by language."""
    return tuple(fold_label(clause) for clause in re.split(r"[\s，,；;、·]+", label) if clause)
