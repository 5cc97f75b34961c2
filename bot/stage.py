"""Where a conversation is held: opened, asked, answered, finished, and what comes of it said to one address."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.answers import Moment, Said
from bot.batch import Batch
from bot.buttons import ANSWER
from bot.conversation import Command, Conversation, Open, Outcome, Say, Tap, progress
from bot.errors import NotMeant, Refused
from bot.point import Talk
from bot.school import school_clock
from bot.speech import Part, laid_out
from bot.talk import DRAFT_KEPT, Dialogue
from bot.turned import ASK, CLOSED, FINISH, SILENT, Turned
from models import Address, Person
from models.conversations import has_put_aside

ENGINE = "engine"  # the handler name of the taps resume and drop


class Stage:
    """One address in one turn: who is there, what she is in the middle of, and what is said to her."""

    def __init__(self, batch: Batch, address: Address, sent_at: datetime | None, now: datetime) -> None:
        self.batch = batch
        self.session = batch.session
        self.house = batch.house
        self.now = now
        self.sent_at = sent_at or now
        self.address = address
        self.person: Person = batch.person(address)
        self.school = school_clock(self.session)
        self.voice = self.house.voice(address, self.person.language, self.school.calendar)
        self.place = self.house.place(address.channel)
        self.parts: list[Part] = []
        self._dialogue: Dialogue | None = None

    @property
    def owner_id(self) -> UUID:
        """Give whom a conversation belongs to: the person, or the address of a stranger."""
        return self.address.person_id or self.address.id

    @property
    def is_stranger(self) -> bool:
        """Say whether we do not know yet who speaks."""
        return self.address.person_id is None

    @property
    def talk(self) -> Talk | None:
        """Give the conversation that is open now."""
        return self.batch.talk(self.owner_id)

    @property
    def moment(self) -> Moment:
        """Give when and where she speaks, for whoever reads her words."""
        return Moment(self.now, self.person.zone, self.school)

    def conversation(self, talk: Talk) -> Conversation:
        conversation = self.house.registry.by_name[talk.name]
        assert isinstance(conversation, Conversation), talk.name
        return conversation

    def dialogue(self, talk: Talk) -> Dialogue:
        """Give the steps that a talk can take; one object until something is kept that it may rest on."""
        if self._dialogue is None or self._dialogue.talk is not talk:
            self._dialogue = self._new_dialogue(talk)
        return self._dialogue

    def _new_dialogue(self, talk: Talk) -> Dialogue:
        conversation = self.conversation(talk)
        talk.fresh = conversation.fresh(self.session, self.person, self.now, talk.facts)

        def label(block: str, facts: dict[str, Any]) -> str:
            still = self.voice.still_label(conversation.name, block)
            return still or self.voice.label(conversation.name, block, self._facts(talk) | facts)

        return Dialogue(conversation, talk, self.moment, label, self.house.registry.word, self.house.registry.asks)

    def open(
        self, name: str, about: UUID | None, rest: str, answers: dict[str, Any] | None = None, kept: str = ""
    ) -> None:
        """Open a conversation, or run a command; what was open is put aside and kept.

        When it cannot be opened, what was said with it, `kept` or else `rest`, is kept as a note.
        """
        handler = self.house.registry.by_name[name]
        if not isinstance(handler, Conversation):
            if isinstance(handler, Command):
                self.answer_command(handler, rest)
            return
        current = self.talk
        if current is not None and current.name == name and current.about_id == about and not rest:
            self.step(current, Turned(ASK))
            return
        try:
            facts = handler.facts(self.session, self.person, self.now, about, rest)
        except NotMeant:
            self.capture(Said(text=kept or rest))
            return
        except Refused as refused:
            self.say(name, refused.reason, **refused.facts)
            if rest and not self.is_stranger:
                self.capture(Said(text=kept or rest))  # what could not be used there is kept all the same
            self.ask_again()
            return
        self._begin(handler, about, facts, answers or {})

    def _begin(
        self, conversation: Conversation, about: UUID | None, facts: dict[str, Any], answers: dict[str, Any]
    ) -> None:
        current = self.talk
        if current is not None:
            self._set_aside(current)
        talk = self.batch.begin(self.owner_id, conversation, self.now, about)
        known = {**facts.pop("answers", {}), **answers}
        talk.answers, talk.facts = known, facts | ({"known": sorted(known)} if known else {})
        if current is not None:
            talk.air = {"after": str(current.id)}
        if about is None and not known and conversation.keeps_draft and not self.is_stranger:
            self._remind_of_earlier(conversation)
        self.step(talk, Turned(ASK if self.dialogue(talk).question is not None else FINISH))

    def _remind_of_earlier(self, conversation: Conversation) -> None:
        """Say that one of the same kind was put aside, perhaps days ago; it has no button, for a number means a choice."""
        if has_put_aside(self.session, self.owner_id, conversation.name):
            self.say("common", "kept_earlier", handler=conversation.name)

    def _set_aside(self, talk: Talk) -> None:
        if talk.has_words() and not self.is_stranger:
            self.say("common", "kept_aside", handler=talk.name)
        talk.state = "aside"
        if not talk.has_words():
            talk.kept_until = self.now + DRAFT_KEPT  # an empty one is only there for its old card
        self.batch.touch(talk, self.now)

    def switch_to(self, row: UUID) -> Talk | None:
        current = self.talk
        if current is not None and current.id != row:
            self._set_aside(current)
        return self.batch.reopen(self.owner_id, row)

    def step(self, talk: Talk, turned: Turned) -> None:
        """Say what the step says, then ask, finish or close."""
        conversation = self.conversation(talk)
        self.batch.touch(talk, self.now)
        facts = self._facts(talk)
        self.parts += self.batch.parts(self.voice, conversation.name, turned.say, facts)
        if turned.then == SILENT:
            return
        if turned.then == FINISH:
            self._finish(conversation, talk)
        elif turned.then == CLOSED:
            self._offer_return(talk)
        else:
            self._show(conversation, talk, is_asked=turned.then == ASK, is_again=bool(turned.say))

    def _show(self, conversation: Conversation, talk: Talk, is_asked: bool, is_again: bool) -> None:
        """Ask the present question, or only show the choices that go with what was just said.

        Asked again, a question may leave out its greeting and its example.
        """
        dialogue = self.dialogue(talk)
        if is_asked:
            dialogue.settle()  # the choices shown are the question's own
        question = dialogue.question
        if question is None:
            self._finish(conversation, talk)
            return
        in_row = self.voice.abilities.buttons_in_row
        choices = [self._choice(talk, question.name, shown.key, shown.label) for shown in dialogue.choices()]
        controls = [
            {**self._choice(talk, question.name, shown.key, shown.label), "is_word": "1"}
            for shown in dialogue.controls()
        ]
        buttons = laid_out(choices, in_row) + ([controls] if controls else [])
        if is_asked:
            facts = self._facts(talk)
            step, steps = progress(conversation, dialogue.said(), question)
            shown = {"step": step, "steps": steps, "is_again": is_again}
            html = self.voice.say(conversation.name, question.name, facts | shown)
            self.parts.append(Part(html, buttons))
        elif self.parts:
            self.parts[-1].buttons = buttons
        if self.parts:
            self.parts[-1].quotes |= frozenset(question.quotes(dialogue.said()))
        self.keep_loose(dialogue)

    def _choice(self, talk: Talk, question: str, key: str, label: str) -> dict[str, str]:
        return self.voice.button(ANSWER, talk.id, question, key, label)

    def _facts(self, talk: Talk) -> dict[str, Any]:
        answers = self.dialogue(talk).said()
        return {"answers": answers, "facts": answers.facts, **self._always()}

    def _always(self) -> dict[str, Any]:
        return {"person": self.person, "now": self.now, "place": self.place}

    def ask_again(self) -> None:
        talk = self.talk
        if talk is not None:
            self.step(talk, Turned(ASK))

    def _finish(self, conversation: Conversation, talk: Talk) -> None:
        """Turn complete answers into records; what was put aside for this is offered again."""
        try:
            outcome = conversation.finish(self.session, talk.said(), self.person, self.now)
        except Refused as refused:
            last = next((q for q in reversed(conversation.questions) if q.name in talk.answers), None)
            if last is not None:
                talk.answers = {name: value for name, value in talk.answers.items() if name != last.name}
            self.say(conversation.name, refused.reason, **refused.facts)
            self._show(conversation, talk, is_asked=True, is_again=True)
            return
        after = dict(talk.air)
        self.end(talk)
        self._meet_again()
        self.apply(conversation.name, outcome)
        if outcome.open is None:
            talk.air = after
            self._offer_return(talk)
            talk.air = {}

    def end(self, talk: Talk) -> None:
        """Close for good: the words that were not kept as a record go now, the row a day later."""
        talk.state, talk.kept_until = "done", self.now
        talk.answers, talk.facts, talk.air = {}, {}, {}
        self.batch.touch(talk, self.now)

    def _meet_again(self) -> None:
        """See who it is now: a stranger may just have joined, or a person chosen another language."""
        self.person = self.batch.person(self.address)
        self.school = school_clock(self.session)  # a handler may just have edited it
        self.voice = self.house.voice(self.address, self.person.language, self.school.calendar)

    def _offer_return(self, talk: Talk) -> None:
        before = talk.air.get("after")
        found = self.batch.find(self.owner_id, UUID(before)) if before else None
        if found is not None and found.state == "aside" and (found.answers or found.has_words()):
            facts = {"handler": found.name, "person": self.person}
            tap = Tap("resume", found.id, ENGINE, block="tap__resume")
            self.parts += self.batch.parts(self.voice, "common", [Say("back_to_it", buttons=(tap,))], facts)

    def answer_command(self, command: Command, rest: str) -> None:
        talk = self.talk
        instead = command.not_here(self.place)
        if instead is not None:
            self.say(command.name, instead)
        else:
            self.attempt(command.name, lambda: command.answer(self.session, self.person, rest, self.now))
        if talk is not None and self.talk is talk:
            self.ask_again()

    def capture(self, said: Said) -> None:
        capture = self.house.registry.capture
        self.attempt(capture.name, lambda: capture.take(self.session, self.person, said, self.sent_at, self.now))

    def keep_loose(self, dialogue: Dialogue) -> None:
        """Keep as a note what was asked about and never answered for: nothing typed is lost."""
        while dialogue.let_go:
            said = dialogue.let_go.pop(0)
            if not self.is_stranger:
                self.capture(said)

    def attempt(self, name: str, lead: Callable[[], Outcome]) -> None:
        """Let a handler answer; a rule that says no is explained."""
        try:
            outcome = lead()
        except Refused as refused:
            self.say(name, refused.reason, **refused.facts)
            return
        self.apply(name, outcome)

    def apply(self, name: str, outcome: Outcome) -> None:
        """Keep the records, say what is to be said, and open what comes next.

        The records of a whole batch are written in one go: at its end, or as soon as anything is read.
        """
        self._dialogue = None
        for row in outcome.keep:
            self.session.add(row)
        self._meet_again()
        self.batch.replan |= outcome.replan
        self.batch.ring |= outcome.ring
        taken_back = self.batch.take_back(outcome.unsay, self.now) if outcome.unsay else ""
        facts = self._always() | {"taken_back": taken_back}
        self.parts += self.batch.parts(self.voice, name, outcome.say, facts)
        if outcome.open is not None:
            self.session.flush()  # what comes next may refer to what was kept
            self._open_next(outcome.open)

    def _open_next(self, wanted: Open) -> None:
        self.open(wanted.name, wanted.about, wanted.rest, dict(wanted.answers))

    def say(self, template: str, block: str, **facts: Any) -> None:
        """Say one block."""
        self.parts.append(Part(self.voice.say(template, block, {**self._always(), **facts})))
