"""One turn: find who speaks and what they are in the middle of, let the conversation take its step, write rows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.answers import Moment, Said
from bot.batch import Batch
from bot.buttons import ANSWER, CARD, OPEN, RUN, Forged, Pressed, code_of
from bot.channels import File, Message
from bot.conversation import Command, Conversation, Handler, Open, Outcome, Say, Tap, progress
from bot.errors import Refused
from bot.point import Shown, Talk, fold, match
from bot.render import clean
from bot.speech import Part, laid_out
from bot.talk import ASK, CLOSED, FINISH, SILENT, Dialogue, Turned
from models import Address, Attachment, Person

DOUBLE_TAP = timedelta(seconds=10)  # a second tap on a finished conversation within this time says nothing
ODDITY_EVERY = timedelta(hours=20)  # stickers are answered once a day
ENGINE = "engine"  # the handler name of the taps resume and drop
MEGABYTE = 1_000_000


class Turn:
    """Play one message; the batch commits."""

    def __init__(self, batch: Batch, channel: str, message: Message, now: datetime) -> None:
        self.batch = batch
        self.session = batch.session
        self.house = batch.house
        self.channel = channel
        self.message = message
        self.now = now
        self.address: Address = batch.address(channel, message, now)
        self.person: Person = batch.person(self.address)
        self.voice = self.house.voice(self.address, self.person.language)
        self.parts: list[Part] = []

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

    def play(self) -> None:
        """Play the message and put what is to be said into the outbox.

        1. What needs no answer: groups, blocks, what is not for us.
        2. By kind: a tap, an edit, a link, files, words.
        3. Everything said in this turn becomes as few messages as possible.
        """
        if self.message.is_group:
            self._refuse_group()
        elif self.message.kind in ("blocked", "unblocked"):
            self._note_reach(self.message.kind == "blocked")
        elif self.message.kind != "nothing":
            self.batch.note_heard(self.address, self.now)
            self._come_back()
            self._by_kind()
        self.batch.send(self.address, self.person, self.parts, self.now)

    def _by_kind(self) -> None:
        kinds: dict[str, Callable[[], None]] = {
            "text": self._words,
            "start": lambda: self._open("join" if self.is_stranger else "start", None, clean(self.message.text)),
            "files": self._files,
            "button": self._tap,
            "edit": self._edit,
            "oddity": self._oddity,
        }
        kinds[self.message.kind]()

    # What comes

    def _words(self) -> None:
        words = clean(self.message.text).strip()
        if not words:
            self.say("common", "empty_text")
            self._ask_again()
            return
        button = self._typed_button(words)
        called = self._called(words) if button is None else None
        if button is not None:
            self._press(button)
        elif called is not None:
            self._call(*called)
        elif words.startswith("/") and self.house.registry.word(fold(words)) is None:
            self.say("common", "unknown_command", word=words)
            self._ask_again()
        else:
            self._hear(Said(text=words, message_id=self.message.message_id))

    def _typed_button(self, words: str) -> str | None:
        """Find the button of the last card that was typed instead of tapped: its label, or its number."""
        if self.talk is not None or not self.address.card:
            return None
        shown = [Shown(data, label) for label, data in self.address.card]
        folded = fold(words)
        exact = next((one.key for one in shown if folded in (fold(one.label), fold(one.label).rstrip("123456789"))), None)
        return exact or (match(folded, shown) if folded.isdecimal() else None)

    def _called(self, words: str) -> tuple[Handler, str] | None:
        """Find a second subject; a word that works everywhere, or a choice of the present question, is none."""
        talk = self.talk
        if talk is not None and self.house.registry.word(fold(words)) is not None:
            return None
        called = self.house.registry.called(words)
        if called is None or talk is None:
            return called
        if self.is_stranger and called[0].name not in ("start", "help"):
            return None  # nothing else can be opened, so her words are an answer
        dialogue = self._dialogue(talk)
        labels = {shown.label for shown in (*dialogue.choices(), *dialogue.controls())}
        return None if words in labels else called

    def _call(self, handler: Handler, rest: str) -> None:
        """Open or answer what was called; a stranger can only join."""
        if self.is_stranger and handler.name not in ("join", "start", "help"):
            self.say("common", "please_join")
            self._open("join", None, "")
        elif isinstance(handler, Command):
            self._answer_command(handler, rest)
        else:
            self._open(handler.name, None, rest)

    def _answer_command(self, command: Command, rest: str) -> None:
        talk = self.talk
        self._try(command.name, lambda: command.answer(self.session, self.person, rest, self.now))
        if talk is not None and self.talk is talk:
            self._ask_again()

    def _hear(self, said: Said) -> None:
        """Take words or files as an answer to what is open, or keep them as a jotting."""
        talk = self.talk
        if talk is not None:
            dialogue = self._dialogue(talk)
            self._step(talk, dialogue.heard(said))
            self._keep_loose(dialogue)
        elif self.is_stranger:
            self._open("join", None, said.text)
        elif self.house.registry.word(fold(said.text)) in ("back", "skip", "later", "cancel", "done"):
            self.say("common", "nothing_open")
        else:
            self._capture(said)

    def _keep_loose(self, dialogue: Dialogue) -> None:
        """Keep as a note what was asked about and never answered for: nothing typed is lost."""
        for words in dialogue.let_go if not self.is_stranger else ():
            self._capture(Said(text=words))

    def _capture(self, said: Said) -> None:
        capture = self.house.registry.capture
        sent_at = self.message.sent_at or self.now
        self._try(capture.name, lambda: capture.take(self.session, self.person, said, sent_at, self.now))

    def _files(self) -> None:
        if self.is_stranger:
            self.say("common", "please_join")
            self._open("join", None, "")
            return
        kept = [self._attachment(file) for file in self.message.files]
        ids = tuple(str(attachment.id) for attachment in kept if attachment.state == "wanted")
        words = clean(self.message.text).strip()
        if ids or words:
            self._hear(Said(text=words, files=ids, message_id=self.message.message_id))
        for reason in sorted({a.why for a in kept if a.why}):
            self.say("common", _REFUSED[reason], limit=self._file_limit // MEGABYTE)

    @property
    def _file_limit(self) -> int:
        return self.house.abilities[self.channel].file_limit

    def _attachment(self, file: File) -> Attachment:
        """Make the row at once; the bytes are fetched after the commit."""
        why = "too_large" if file.size is not None and file.size > self._file_limit else None
        attachment = Attachment(
            person_id=self.owner_id, kind=file.kind, channel=self.channel, file_id=file.file_id, name=clean(file.name),
            size=file.size, made_at=self.now, state="refused" if why else "wanted", why=why,
        )  # fmt: skip
        self.session.add(attachment)
        self.session.flush()
        self.batch.ring.add("attachments")
        return attachment

    def _edit(self) -> None:
        if self.is_stranger:
            return
        capture, words = self.house.registry.capture, clean(self.message.text).strip()
        outcome = capture.edit(self.session, self.person, self.message.message_id, words, self.now)
        if outcome is not None:
            self._apply(capture.name, outcome)

    def _oddity(self) -> None:
        if self.talk is not None:
            self.say("common", "oddity_here")
            self._ask_again()
        elif self.is_stranger:
            self._open("join", None, "")
        elif self.address.odd_at is None or self.now - self.address.odd_at > ODDITY_EVERY:
            self.address.odd_at = self.now
            self.say("common", "oddity")

    def _refuse_group(self) -> None:
        if self.message.kind == "button" or self.message.text.startswith("/"):
            self.say("common", "group_refused")

    def _note_reach(self, is_blocked: bool) -> None:
        self.address.closed_at = self.now if is_blocked else None
        if not self.is_stranger:
            self.person.unreachable_since = self.now if is_blocked else None
            self.batch.replan.add(self.person.id)

    def _come_back(self) -> None:
        """Reach her again: whoever writes is not unreachable."""
        if self.address.closed_at is not None:  # even an unchanged column would make the row look changed
            self.address.closed_at = None
        if not self.is_stranger and self.person.unreachable_since is not None:
            self.person.unreachable_since = None
            self.batch.replan.add(self.person.id)

    # Taps

    def _tap(self) -> None:
        self._press(self.message.button)

    def _press(self, data: str) -> None:
        try:
            pressed = self.house.signer.read(self.voice.address, data)
        except Forged:
            self.say("common", "not_yours")
            return
        verbs = {ANSWER: self._tap_answer, OPEN: self._tap_open, CARD: self._tap_card, RUN: self._tap_run}
        verbs[pressed.verb](pressed)

    def _tap_answer(self, pressed: Pressed) -> None:
        talk = self.talk
        if talk is None or talk.id != pressed.row:
            talk = self._taken_up(pressed.row)
        if talk is not None:
            dialogue = self._dialogue(talk)
            self._step(talk, dialogue.tapped(pressed.code, pressed.option))
            self._keep_loose(dialogue)

    def _taken_up(self, row: UUID | None) -> Talk | None:
        """Go on with what the old card belongs to if it was put aside, else say kindly that it is over."""
        found = self.batch.find(self.owner_id, row) if row else None
        if found is not None and found.state == "aside":
            return self._switch_to(found.id)
        if found is not None and found.state == "done" and self.now - found.touched_at < DOUBLE_TAP:
            return None
        self._old_card()
        return None

    def _old_card(self) -> None:
        self.say("common", "old_card" if self.talk is None else "old_card_live")
        self._ask_again()

    def _switch_to(self, row: UUID) -> Talk | None:
        current = self.talk
        if current is not None and current.id != row:
            self._set_aside(current)
        return self.batch.reopen(self.owner_id, row)

    def _tap_open(self, pressed: Pressed) -> None:
        handler = self.house.registry.coded(pressed.code)
        if isinstance(handler, Conversation) and not self.is_stranger:
            self._open(handler.name, pressed.row, "")
        else:
            self._old_card()

    def _tap_run(self, pressed: Pressed) -> None:
        handler = self.house.registry.coded(pressed.code)
        if isinstance(handler, Command) and not self.is_stranger:
            self._answer_command(handler, "")
        elif isinstance(handler, Conversation) and not self.is_stranger:
            self._open(handler.name, None, "")
        else:
            self._old_card()

    def _tap_card(self, pressed: Pressed) -> None:
        if pressed.code == _ENGINE_CODE:
            self._tap_engine(pressed)
            return
        handler = self.house.registry.coded(pressed.code)
        answer = handler.taps.get(pressed.option) if handler is not None else None
        if handler is None or answer is None:
            self._old_card()
            return
        self.batch.flush()
        self._try(handler.name, lambda: answer(self.session, self.person, pressed.row, self.now))

    def _tap_engine(self, pressed: Pressed) -> None:
        row = pressed.row
        if pressed.option == "resume" and row is not None:
            self._resume(row)
        elif pressed.option == "drop" and row is not None:
            self._drop(row)
        else:
            self._old_card()

    def _resume(self, row: UUID) -> None:
        talk = self._switch_to(row)
        if talk is None:
            self.say("common", "gone")
            return
        conversation = self._conversation(talk)
        question = self._dialogue(talk).question
        if question is not None:
            step, steps = progress(conversation, talk.said(), question)
            self.say("common", "resumed", handler=conversation.name, step=step, steps=steps)
            self._remind_of_last(talk)
        self._step(talk, Turned(ASK if question is not None else FINISH))

    def _remind_of_last(self, talk: Talk) -> None:
        dialogue = self._dialogue(talk)
        said = [q for q in dialogue.conversation.questions if talk.answers.get(q.name)]
        if said:
            self.say("common", "resumed_last", last=dialogue.shown(said[-1], talk.answers[said[-1].name]))

    def _drop(self, row: UUID) -> None:
        talk = self.batch.find(self.owner_id, row)
        if talk is None or talk.state == "done":
            self.say("common", "gone")
            return
        open_talk = self.talk
        self._end(open_talk if open_talk is not None and open_talk.id == row else talk)
        self.say("common", "draft_dropped")

    def _end(self, talk: Talk) -> None:
        """Close for good: the words that were not kept as a record go now, the row a day later."""
        talk.state, talk.kept_until = "done", self.now
        talk.answers, talk.facts, talk.air = {}, {}, {}
        self.batch.touch(talk, self.now)

    # Conversations

    def _conversation(self, talk: Talk) -> Conversation:
        conversation = self.house.registry.by_name[talk.name]
        assert isinstance(conversation, Conversation), talk.name
        return conversation

    def _dialogue(self, talk: Talk) -> Dialogue:
        conversation = self._conversation(talk)
        talk.fresh = conversation.fresh(self.session, self.person, talk.facts)
        moment = Moment(self.now, self.person.zone)

        def label(block: str, facts: dict[str, Any]) -> str:
            return self.voice.label(conversation.name, block, self._facts(talk) | facts)

        return Dialogue(conversation, talk, moment, label, self.house.registry.word, self.house.registry.asks)

    def _open(self, name: str, about: UUID | None, rest: str, answers: dict[str, Any] | None = None) -> None:
        """Open a conversation, or run a command; what was open is put aside and kept."""
        handler = self.house.registry.by_name[name]
        if not isinstance(handler, Conversation):
            if isinstance(handler, Command):
                self._answer_command(handler, rest)
            return
        current = self.talk
        if current is not None and current.name == name and current.about_id == about and not rest:
            self._step(current, Turned(ASK))
            return
        self.batch.flush()
        try:
            facts = handler.facts(self.session, self.person, self.now, about, rest)
        except Refused as refused:
            self.say(name, refused.reason, **refused.facts)
            self._ask_again()
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
        self._step(talk, Turned(ASK if self._dialogue(talk).question is not None else FINISH))

    def _set_aside(self, talk: Talk) -> None:
        if talk.has_words() and not self.is_stranger:
            self.say("common", "kept_aside", handler=talk.name)
        talk.state = "aside"
        self.batch.touch(talk, self.now)

    def _step(self, talk: Talk, turned: Turned) -> None:
        """Say what the step says, then ask, finish or close."""
        conversation = self._conversation(talk)
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
            self._show(conversation, talk, is_asked=turned.then == ASK)

    def _show(self, conversation: Conversation, talk: Talk, is_asked: bool) -> None:
        """Ask the present question, or only show the choices that go with what was just said."""
        dialogue = self._dialogue(talk)
        if is_asked:
            dialogue.settle()  # the choices shown are the question's own
        question = dialogue.question
        if question is None:
            self._finish(conversation, talk)
            return
        in_row = self.voice.abilities.buttons_in_row
        choices = [self._choice(talk, question.name, shown.key, shown.label) for shown in dialogue.choices()]
        controls = [self._choice(talk, question.name, shown.key, shown.label) for shown in dialogue.controls()]
        buttons = laid_out(choices, in_row) + ([controls] if controls else [])
        if is_asked:
            facts = self._facts(talk)
            step, steps = progress(conversation, talk.said(), question)
            html = self.voice.say(conversation.name, question.name, facts | {"step": step, "steps": steps})
            self.parts.append(Part(html, buttons))
        elif self.parts:
            self.parts[-1].buttons = buttons

    def _choice(self, talk: Talk, question: str, key: str, label: str) -> dict[str, str]:
        return self.voice.button(ANSWER, talk.id, question, key, label)

    def _facts(self, talk: Talk) -> dict[str, Any]:
        answers = talk.said()
        return {"answers": answers, "facts": answers.facts, "person": self.person, "now": self.now}

    def _ask_again(self) -> None:
        talk = self.talk
        if talk is not None:
            self._step(talk, Turned(ASK))

    def _finish(self, conversation: Conversation, talk: Talk) -> None:
        """Turn complete answers into records; what was put aside for this is offered again."""
        self.batch.flush()
        try:
            outcome = conversation.finish(self.session, talk.said(), self.person, self.now)
        except Refused as refused:
            last = next((q for q in reversed(conversation.questions) if q.name in talk.answers), None)
            if last is not None:
                talk.answers = {name: value for name, value in talk.answers.items() if name != last.name}
            self.say(conversation.name, refused.reason, **refused.facts)
            self._show(conversation, talk, is_asked=True)
            return
        after = dict(talk.air)
        self._end(talk)
        self._meet_again()
        self._apply(conversation.name, outcome)
        if outcome.open is None:
            talk.air = after
            self._offer_return(talk)
            talk.air = {}

    def _meet_again(self) -> None:
        """See who it is now: a stranger may just have joined, or a person chosen another language."""
        self.person = self.batch.person(self.address)
        self.voice = self.house.voice(self.address, self.person.language)

    def _offer_return(self, talk: Talk) -> None:
        before = talk.air.get("after")
        found = self.batch.find(self.owner_id, UUID(before)) if before else None
        if found is not None and found.state == "aside" and found.answers:
            facts = {"handler": found.name, "person": self.person}
            tap = Tap("resume", found.id, ENGINE, block="tap__resume")
            self.parts += self.batch.parts(self.voice, "common", [Say("back_to_it", buttons=(tap,))], facts)

    # Outcomes

    def _try(self, name: str, lead: Callable[[], Outcome]) -> None:
        """Let a handler answer; a rule that says no is explained."""
        self.batch.flush()
        try:
            outcome = lead()
        except Refused as refused:
            self.say(name, refused.reason, **refused.facts)
            return
        self._apply(name, outcome)

    def _apply(self, name: str, outcome: Outcome) -> None:
        """Keep the records, say what is to be said, and open what comes next."""
        for row in outcome.keep:
            self.session.add(row)
        self.session.flush()
        self._meet_again()
        self.batch.replan |= outcome.replan
        self.batch.ring |= outcome.ring
        facts = {"person": self.person, "now": self.now}
        self.parts += self.batch.parts(self.voice, name, outcome.say, facts)
        if outcome.open is not None:
            self._open_next(outcome.open)

    def _open_next(self, wanted: Open) -> None:
        self._open(wanted.name, wanted.about, wanted.rest, dict(wanted.answers))

    def say(self, template: str, block: str, **facts: Any) -> None:
        """Say one block."""
        facts = {"person": self.person, "now": self.now, **facts}
        self.parts.append(Part(self.voice.say(template, block, facts)))


_REFUSED = {"too_large": "too_big"}
_ENGINE_CODE = code_of(ENGINE)
