"""One conversation as it stands, and the steps it can take: answer, back, skip, revise, put aside, cancel."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.answers import Moment, Option, Said
from bot.buttons import code_of
from bot.conversation import SKIPPED, Answers, Conversation, Question, Say, Tap, last_answered, next_question, pruned
from bot.errors import Unclear

DRAFT_KEPT = timedelta(days=30)
STRAY_AT_MOST = 40  # characters; a longer text that ends in a question mark is an answer
ASK, WAIT, FINISH, CLOSED, SILENT = "ask", "wait", "finish", "closed", "silent"


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

    def said(self) -> Answers:
        """Give the answers together with the facts."""
        return Answers(self.answers, self.facts)

    def has_words(self) -> bool:
        """Say whether anything was answered here that would be a pity to lose."""
        known = self.facts.get("known", ())
        return bool(self.air.get("pieces")) or any(name not in known for name in self.answers)


@dataclass(frozen=True)
class Turned:
    """Where a step leads: what is said first, and then `ask`, `wait`, `finish`, `closed` or `silent`."""

    then: str
    say: tuple[Say, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A choice as it is shown now."""

    key: str
    label: str


LabelOf = Callable[[str, dict[str, Any]], str]
"""(block, facts) -> the words of a button, in the person's language."""
WordOf = Callable[[str], str | None]
"""folded text -> back, skip, later, cancel, help, done, or None."""


def fold(text: str) -> str:
    """Make what is typed comparable: full width to half, lower case, no spaces, no closing full stop."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip("。.!~")


class Dialogue:
    """One talk with its checklist at one moment."""

    def __init__(
        self, conversation: Conversation, talk: Talk, moment: Moment, label_of: LabelOf, word_of: WordOf
    ) -> None:
        self.conversation = conversation
        self.talk = talk
        self.moment = moment
        self._label_of = label_of
        self._word_of = word_of

    @property
    def question(self) -> Question | None:
        """Give the question that is open now."""
        return next_question(self.conversation, self.talk.said())

    # What is shown

    def choices(self) -> list[Shown]:
        """List the choices at the present point: what hangs in the air goes before the question's own options."""
        air, question = self.talk.air, self.question
        if question is None:
            return []
        for hanging, keys in _HANGING.items():
            if hanging in air:
                return [Shown(f"_{key}", self._label_of(f"tap__{key}", {})) for key in keys]
        if air.get("revising"):
            return [Shown(f"_r{code_of(name)}", self._label_of(f"{name}__name", {})) for name in self._revisable(question)]
        if air.get("offers"):
            return [Shown(f"_o{place}", offer["label"]) for place, offer in enumerate(air["offers"])]
        options = [Shown(option.key, self._option_label(question, option)) for option in self._options(question)]
        return options + ([Shown("_revise", self._label_of("tap__revise", {}))] if question.revises else [])

    def controls(self) -> list[Shown]:
        """List the words that work here as buttons, in one row below the choices."""
        question = self.question
        if question is None or any(hanging in self.talk.air for hanging in _HANGING):
            return []
        said = self.talk.said()
        offered = {
            "done": question.many,
            "keep": question.name in self.talk.air.get("was", {}),
            "skip": question.optional and not self._pieces(question),
            "back": last_answered(self.conversation, said) is not None,
            "later": True,
        }
        return [Shown(f"_{word}", self._label_of(f"tap__{word}", {})) for word, shown in offered.items() if shown]

    def _options(self, question: Question) -> Sequence[Option]:
        return question.reader.options(self.talk.said(), self.moment)

    def _option_label(self, question: Question, option: Option) -> str:
        if option.label is not None:
            return option.label
        return self._label_of(f"{question.name}__{option.key}", option.facts)

    def _revisable(self, question: Question) -> list[str]:
        return [name for name in question.revises if name in self.talk.answers]

    def _pieces(self, question: Question) -> list[Any]:
        return list(self.talk.air.get("pieces", {}).get(question.name, ()))

    # What is heard

    def tapped(self, code: str, option: str) -> Turned:
        """Take a tap on a button of question `code`: of the present one, or of an earlier one on an old card."""
        question = self.question
        if question is not None and code_of(question.name) == code:
            return self.choose(option) if self._is_shown(option) else Turned(ASK)
        earlier = next((q for q in self.conversation.questions if code_of(q.name) == code), None)
        if earlier is None or earlier.name not in self.talk.answers or option.startswith("_"):
            return Turned(ASK, (Say("old_card_live"),))
        return self._second_answer(earlier, option)

    def _is_shown(self, option: str) -> bool:
        return any(shown.key == option for shown in (*self.choices(), *self.controls()))

    def _second_answer(self, question: Question, option: str) -> Turned:
        """Take a second answer to one question: a double tap has no effect, a different one is asked about."""
        try:
            value = question.reader.read(Said(option=option), self.talk.said(), self.moment)
        except Unclear:
            return Turned(ASK, (Say("old_card_live"),))
        older = self.talk.answers[question.name]
        if value == older:
            return Turned(SILENT)
        self._hang(second={"question": question.name, "value": value})
        facts = {"older": self.shown(question, older), "newer": self.shown(question, value)}
        return Turned(WAIT, (Say("two_answers", facts),))

    def heard(self, said: Said) -> Turned:
        """Take typed words or files as an answer, a choice, or one of the words that work everywhere."""
        if said.files or not said.text:
            return self.answer(said)
        folded = fold(said.text)
        choices = self.choices()
        exact = next((shown.key for shown in (*choices, *self.controls()) if fold(shown.label) == folded), None)
        if exact is not None:
            return self.choose(exact)
        word = self._word_of(folded)
        if word is not None:
            return self.word(word)
        key = match(folded, choices)
        if key is not None:
            return self.choose(key)
        if "stray" in self.talk.air or "second" in self.talk.air:
            self._land("stray", "second")  # she went on without answering: her new words count
        return self._stray(said) if self._sounds_stray(said) else self.answer(said)

    def word(self, word: str) -> Turned:
        """Do what one of the words that work everywhere asks for."""
        steps: dict[str, Callable[[], Turned]] = {
            "back": self.back,
            "skip": self.skip,
            "later": self.put_aside,
            "cancel": self.cancel,
            "done": self.done,
            "help": self.help,
        }
        return steps[word]()

    def choose(self, key: str) -> Turned:
        """Take one of the shown choices, by its key."""
        if key.startswith("_o"):
            return self._store(self.talk.air["offers"][int(key[2:])]["value"])
        if key.startswith("_r") and key != "_revise":
            return self._reopen(key[2:])
        if key.startswith("_"):
            special: dict[str, Callable[[], Turned]] = {
                "_take": self._take_stray,
                "_leave": self._leave_stray,
                "_newer": self._take_second,
                "_older": lambda: self._landed("second"),
                "_keep": self._keep_answer,
                "_revise": self._revise,
            }
            return special[key]() if key in special else self.word(key[1:])
        label = next((shown.label for shown in self.choices() if shown.key == key), "")
        return self.answer(Said(text=label, option=key))

    def answer(self, said: Said) -> Turned:
        """Read an answer to the present question and keep it; raise nothing: what is unclear is asked again."""
        question = self.question
        if question is None:
            return Turned(FINISH)
        try:
            value = question.reader.read(said, self.talk.said(), self.moment)
        except Unclear as unclear:
            return self._unclear(unclear)
        return self._gather(question, value) if question.many else self._store(value)

    def _unclear(self, unclear: Unclear) -> Turned:
        say = (Say(unclear.reason, unclear.facts),)
        if not unclear.offers:
            return Turned(ASK, say)
        offers = [
            {"value": offer.value, "label": self._label_of(f"offer__{offer.block}", offer.facts)}
            for offer in unclear.offers
        ]
        self._hang(offers=offers)
        return Turned(WAIT, say)

    def _store(self, value: Any) -> Turned:
        question = self.question
        if question is None:
            return Turned(FINISH)
        self.talk.answers = dict(pruned(self.conversation, Answers(self.talk.answers | {question.name: value}, self.talk.facts)))
        self._land("offers", "was", "stray", "second", "revising")
        return Turned(ASK if self.question is not None else FINISH)

    def _gather(self, question: Question, value: Any) -> Turned:
        pieces = self.talk.air.get("pieces", {}) | {question.name: [*self._pieces(question), value]}
        self._hang(pieces=pieces)
        return Turned(WAIT, (Say("gathered"),))

    # Words that work everywhere

    def back(self) -> Turned:
        """Take the last answer out, show it, and ask its question again; 不改了 puts it back."""
        if "pieces" in self.talk.air and self.question and self._pieces(self.question):
            self._land("pieces")
            return Turned(ASK)
        last = last_answered(self.conversation, self.talk.said())
        if last is None:
            return Turned(ASK, (Say("nothing_before"),))
        return self._take_out(last)

    def _take_out(self, question: Question) -> Turned:
        value = self.talk.answers[question.name]
        self.talk.answers = {name: kept for name, kept in self.talk.answers.items() if name != question.name}
        self._land("offers", "stray", "second", "revising", "pieces")
        if value is SKIPPED:
            return Turned(ASK)
        self._hang(was=self.talk.air.get("was", {}) | {question.name: value})
        return Turned(ASK, (Say("back_at", {"was": self.shown(question, value)}),))

    def _reopen(self, code: str) -> Turned:
        question = next(q for q in self.conversation.questions if code_of(q.name) == code)
        self._land("revising")
        return self._take_out(question)

    def _revise(self) -> Turned:
        revisable = self._revisable(self.question) if self.question else []
        if len(revisable) == 1:  # nothing to choose
            return self._reopen(code_of(revisable[0]))
        self._hang(revising=True)
        return Turned(WAIT, (Say("which_to_revise"),))

    def _keep_answer(self) -> Turned:
        question = self.question
        was = self.talk.air.get("was", {})
        return self._store(was[question.name]) if question and question.name in was else Turned(ASK)

    def skip(self) -> Turned:
        """Leave the present question out, where that is possible."""
        question = self.question
        if question is None:
            return Turned(FINISH)
        if self._pieces(question):
            return self.done()
        if not question.optional:
            return Turned(ASK, (Say("cannot_skip"),))
        return self._store(SKIPPED)

    def done(self) -> Turned:
        """End gathering; an empty gathering is a skip."""
        question = self.question
        if question is None or not question.many:
            return Turned(ASK)
        pieces = self._pieces(question)
        if not pieces:
            return self.skip()
        self._land("pieces")
        return self._store(pieces)

    def put_aside(self) -> Turned:
        """Leave it as it is; nothing is lost and nobody is reminded."""
        self.talk.state = "aside"
        self._land("offers", "stray", "second", "revising")
        return Turned(CLOSED, (Say("put_aside"),))

    def cancel(self) -> Turned:
        """Stop; what was written stays as a draft for 30 days."""
        if not (self.conversation.keeps_draft and self.talk.has_words()):
            self.talk.state = "done"
            self.talk.kept_until = self.moment.now
            return Turned(CLOSED, (Say("cancelled_empty"),))
        self.talk.state = "draft"
        self.talk.kept_until = self.moment.now + DRAFT_KEPT
        return Turned(CLOSED, (Say("cancelled", buttons=(Tap("drop", self.talk.id, "engine", block="tap__drop"),)),))

    def help(self) -> Turned:
        """Say in two lines what can be done here, then ask again."""
        return Turned(ASK, (Say("step_help"),))

    # A stray text in the middle

    def _sounds_stray(self, said: Said) -> bool:
        question = self.question
        if question is None or question.expects_question or len(said.text) > STRAY_AT_MOST:
            return False
        return self._word_of(f"?{fold(said.text)}") == "asking"

    def _stray(self, said: Said) -> Turned:
        self._hang(stray={"text": said.text})
        return Turned(WAIT, (Say("stray", {"words": said.text}),))

    def _take_stray(self) -> Turned:
        words = self.talk.air["stray"]["text"]
        self._land("stray")
        return self.answer(Said(text=words))

    def _leave_stray(self) -> Turned:
        self._land("stray")
        return Turned(ASK, (Say("stray_left"),))

    def _take_second(self) -> Turned:
        second = self.talk.air["second"]
        answers = Answers(self.talk.answers | {second["question"]: second["value"]}, self.talk.facts)
        self.talk.answers = dict(pruned(self.conversation, answers))
        return self._landed("second")

    def _landed(self, name: str) -> Turned:
        self._land(name)
        return Turned(ASK if self.question is not None else FINISH)

    # What hangs in the air

    def _hang(self, **things: Any) -> None:
        self.talk.air = self.talk.air | things

    def _land(self, *names: str) -> None:
        self.talk.air = {name: thing for name, thing in self.talk.air.items() if name not in names}

    def shown(self, question: Question, value: Any) -> str:
        """Show an answer as words: the label of an option, the text of a piece."""
        if isinstance(value, list):
            return "；".join(filter(None, (self.shown(question, piece) for piece in value)))
        if isinstance(value, dict):
            return str(value.get("text", ""))
        options = {option.key: option for option in self._options(question)}
        return self._option_label(question, options[value]) if value in options else str(value)


_HANGING = {"second": ("newer", "older"), "stray": ("take", "leave")}
_CIRCLED = {chr(0x2460 + n): str(n + 1) for n in range(20)}


def match(folded: str, choices: Sequence[Shown]) -> str | None:
    """Find the choice that was typed: its number in any width, or a unique beginning of its label."""
    number = _CIRCLED.get(folded, folded).rstrip("、.)）号")
    if number.isdecimal() and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1].key
    begins = [shown.key for shown in choices if folded and fold(shown.label).startswith(folded)]
    return begins[0] if len(begins) == 1 else None
