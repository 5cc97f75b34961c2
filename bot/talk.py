"""The steps that a conversation can take from where it stands: answer, back, skip, revise, put aside, cancel."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.answers import Moment, Said
from bot.buttons import code_of
from bot.conversation import SKIPPED, Answers, Conversation, Question, Say, Tap, pruned
from bot.edits import Edits, marked
from bot.errors import Unclear
from bot.point import LOOSE, LabelOf, Talk, fold, fold_label, keys_of, match, offer_key
from bot.turned import ASK, CLOSED, FINISH, SILENT, WAIT, Turned

DRAFT_KEPT = timedelta(days=30)
GATHERED_AFTER = 2.0  # seconds after the last piece
STRAY_AT_MOST = 40  # characters; a longer text that ends in a question mark is an answer


WordOf = Callable[[str], str | None]
"""folded text -> back, skip, later, cancel, help, done, or None."""
Asks = Callable[[str], bool]
"""text -> whether it ends like a question."""


class Dialogue(Edits):
    """The steps that one talk can take from where it stands."""

    def __init__(
        self, conversation: Conversation, talk: Talk, moment: Moment, label_of: LabelOf, word_of: WordOf, asks: Asks
    ) -> None:
        super().__init__(conversation, talk, moment, label_of)
        self._word_of = word_of
        self._asks = asks

    # What is heard

    def tapped(self, code: str, option: str) -> Turned:
        """Take a tap on a button of question `code`: of the present one, or of an earlier one on an old card."""
        question = self.question
        if question is not None and code_of(question.name) == code:
            return self._tapped_here(question, option)
        earlier = next((q for q in self.conversation.questions if code_of(q.name) == code), None)
        if earlier is None or earlier.name not in self.talk.answers:
            return Turned(ASK, (Say("old_card_live"),))
        if self._is_repeated(earlier, option):
            return Turned(SILENT)
        if option.startswith("_") or earlier.many:
            return Turned(ASK, (Say("old_card_live"),))
        return self._second_answer(earlier, option)

    def _tapped_here(self, question: Question, option: str) -> Turned:
        if option in keys_of(self.choices(), self.controls()):
            return self.choose(option)
        if option in keys_of(self._own_choices(question), self._own_controls(question)):
            self.settle()  # a button of the question's own card: she went on without answering what hung in the air
            return self.choose(option)
        return Turned(ASK, (Say("old_card_live"),))

    def _is_repeated(self, question: Question, option: str) -> bool:
        """Say whether this tap did already what it asks for: a double tap on 跳过, 好了, or a day that was offered."""
        value = self.talk.answers[question.name]
        if option in ("_skip", "_done"):
            return value is SKIPPED or (option == "_done" and question.many)
        return option == offer_key(value)

    def _second_answer(self, question: Question, option: str) -> Turned:
        """Take a second answer to one question: a double tap has no effect, a different one is asked about."""
        try:
            value = question.reader.read(Said(option=option), self.said(), self.moment)
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
            self.settle()
            return self.answer(said)
        folded = fold(said.text)
        choices = self.choices()
        exact = next((shown.key for shown in (*choices, *self.controls()) if fold_label(shown.label) == folded), None)
        if exact is not None:
            return self.choose(exact, said.message_id)
        word = self._word_of(folded)
        if word is not None:
            return self.word(word)
        key = match(folded, choices)
        if key is not None:
            return self.choose(key, said.message_id)
        if self.settle():  # she went on without answering what hung in the air: her new words count
            return self.heard(said)
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

    def choose(self, key: str, message_id: str = "") -> Turned:
        """Take one of the shown choices, by its key; `message_id` is of the message that it was typed in."""
        offered = next((o for o in self.talk.air.get("offers", ()) if offer_key(o["value"]) == key), None)
        if offered is not None:
            return self._store(offered["value"])
        if "revising" in self.talk.air and key.startswith("_r"):
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
        return self.answer(Said(label, key, message_id=message_id))

    def answer(self, said: Said) -> Turned:
        """Read an answer to the present question and keep it; raise nothing: what is unclear is asked again."""
        question = self.question
        if question is None:
            return Turned(FINISH)
        try:
            value = question.reader.read(said, self.said(), self.moment)
        except Unclear as unclear:
            return self._retyped(question, said) or self._unclear(unclear)
        value = marked(value, said.message_id)
        if question.many:
            return self._gather(question, value)
        self._note_message(question, value, said.message_id)
        return self._store(value)

    def _retyped(self, preview: Question, said: Said) -> Turned | None:
        """Take a new value that was typed where the old one was only to be confirmed; None when it is none."""
        if said.option is not None or said.files:
            return None
        for name in self._revisable(preview):
            question = self.conversation.question(name)
            key = next((s.key for s in self._own_choices(question) if fold(s.label) == fold(said.text)), None)
            if key is None and name not in preview.retypes:
                continue
            try:
                value = question.reader.read(Said(said.text, key), self.said(), self.moment)
            except Unclear as unclear:
                if unclear.offers:
                    self._take_out(question)  # what is offered stands for this question, so it is asked
                    return self._unclear(unclear)
                if len(preview.revises) == 1:  # nothing else can be meant: how it is said helps more than the choices
                    return self._unclear(unclear)
                continue
            self._note_message(question, value, said.message_id)
            return self._put(question, value)
        return None

    def _put(self, question: Question, value: Any) -> Turned:
        """Put a new value in the place of an older answer, and go on from where that leads."""
        answers = Answers(self.talk.answers | {question.name: value}, self.said().facts)
        self.talk.answers = dict(pruned(self.conversation, answers))
        self._land(*LOOSE)
        return self._next()

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
        answers = Answers(self.talk.answers | {question.name: value}, self.said().facts)
        self.talk.answers = dict(pruned(self.conversation, answers))
        self._land(*LOOSE)
        self._forget(question, "was", "pieces")
        return self._next()

    def _next(self) -> Turned:
        """Ask what is open now, showing what stood there before 上一步; or finish."""
        question = self.question
        if question is None:
            return Turned(FINISH)
        was = self.talk.air.get("was", {}).get(question.name)
        words = self.shown(question, was) if was is not None else ""
        return Turned(ASK, (Say("back_at", {"was": words}),) if words else ())

    def _gather(self, question: Question, value: Any) -> Turned:
        pieces = self.talk.air.get("pieces", {}) | {question.name: [*self._pieces(question), value]}
        self._hang(pieces=pieces)
        # Several photos sent at once are answered once.
        key = f"gathered:{self.talk.id}:{code_of(question.name)}"
        return Turned(WAIT, (Say("gathered", after=GATHERED_AFTER, key=key),))

    # Words that work everywhere

    def back(self) -> Turned:
        """Take the last answer out, show it, and ask its question again; 不改了 puts it back."""
        question = self.question
        if question is not None and self._pieces(question):
            return self._take_back_piece(question)
        if question is not None and self._is_revised(question):
            return self._keep_answer()
        last = self._last_answered()
        if last is None:
            return Turned(ASK, (Say("nothing_before"),))
        return self._take_out(last)

    def _take_back_piece(self, question: Question) -> Turned:
        """Take out the last piece only; what was gathered before it stays."""
        *kept, last = self._pieces(question)
        self._forget(question, "pieces")
        if kept:
            self._hang(pieces=self.talk.air.get("pieces", {}) | {question.name: kept})
        words = self.shown(question, last)
        return Turned(ASK, (Say("back_at", {"was": words}),) if words else ())

    def _is_revised(self, question: Question) -> bool:
        """Say whether it was reopened from behind, so that the step before is where it was reopened."""
        later = self.conversation.questions[self.conversation.questions.index(question) + 1 :]
        return question.name in self.talk.air.get("was", {}) and any(q.name in self.talk.answers for q in later)

    def _take_out(self, question: Question) -> Turned:
        value = self.talk.answers[question.name]
        self.talk.answers = {name: kept for name, kept in self.talk.answers.items() if name != question.name}
        self.settle()
        if value is not SKIPPED:
            self._hang(was=self.talk.air.get("was", {}) | {question.name: value})
        return self._next()

    def _reopen(self, code: str) -> Turned:
        question = next(q for q in self.conversation.questions if code_of(q.name) == code)
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
        return self._store(pieces)

    def put_aside(self) -> Turned:
        """Leave it as it is; nothing is lost and nobody is reminded."""
        self.talk.state = "aside"
        self.settle()
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
        return self._asks(said.text)

    def _stray(self, said: Said) -> Turned:
        self._hang(stray={"text": said.text, "message": said.message_id})
        return Turned(WAIT, (Say("stray", {"words": said.text}),))

    def _take_stray(self) -> Turned:
        self._land("stray")
        return self.answer(self.let_go.pop())

    def _leave_stray(self) -> Turned:
        self._land("stray")
        self.let_go.clear()
        return Turned(ASK, (Say("stray_left"),))

    def _take_second(self) -> Turned:
        second = self.talk.air["second"]
        answers = Answers(self.talk.answers | {second["question"]: second["value"]}, self.said().facts)
        self.talk.answers = dict(pruned(self.conversation, answers))
        return self._landed("second")

    def _landed(self, name: str) -> Turned:
        self._land(name)
        return self._next()
