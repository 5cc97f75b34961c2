"""One turn: find who speaks and what she is in the middle of, and let the conversation take its step."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.answers import Said
from bot.batch import Batch
from bot.channels import File, Message
from bot.conversation import Command, Handler
from bot.point import Shown, fold, match
from bot.render import clean
from bot.stage import Stage
from bot.taps import Taps
from models import Attachment

ODDITY_EVERY = timedelta(hours=20)  # stickers are answered once a day
MEGABYTE = 1_000_000


class Turn:
    """Play one message; the batch commits."""

    def __init__(self, batch: Batch, channel: str, message: Message, now: datetime) -> None:
        self.channel = channel
        self.message = message
        self.stage = Stage(batch, batch.address(channel, message, now), message.sent_at, now)
        self.taps = Taps(self.stage)

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
            self.stage.batch.note_heard(self.stage.address, self.stage.now)
            self._come_back()
            self._by_kind()
        self.stage.batch.send(self.stage.address, self.stage.person, self.stage.parts, self.stage.now)

    def _by_kind(self) -> None:
        kinds: dict[str, Callable[[], None]] = {
            "text": self._words,
            "start": lambda: self.stage.open(
                "join" if self.stage.is_stranger else "start", None, clean(self.message.text)
            ),
            "files": self._files,
            "button": lambda: self.taps.press(self.message.button),
            "edit": self._edit,
            "oddity": self._oddity,
        }
        kinds[self.message.kind]()

    def _words(self) -> None:
        words = clean(self.message.text).strip()
        if not words:
            self.stage.say("common", "empty_text")
            self.stage.ask_again()
            return
        button = self._typed_button(words)
        called = self._called(words) if button is None else None
        if button is not None:
            self.taps.press(button)
        elif called is not None:
            self._call(*called, words)
        elif words.startswith("/") and self.stage.house.registry.word(fold(words)) is None:
            self.stage.say("common", "unknown_command", word=words)
            self.stage.ask_again()
        else:
            self._hear(Said(text=words, message_id=self.message.message_id))

    def _typed_button(self, words: str) -> str | None:
        """Find the button of the last card that was typed instead of tapped: its label, or its number."""
        card = self.stage.batch.card(self.stage.address)
        if self.stage.talk is not None or not card:
            return None
        shown = [Shown(data, label) for label, data in card]
        folded = fold(words)
        exact = next(
            (one.key for one in shown if folded in (fold(one.label), fold(one.label).rstrip("123456789"))), None
        )
        return exact or (match(folded, shown) if folded.isdecimal() else None)

    def _called(self, words: str) -> tuple[Handler, str] | None:
        """Find a second subject; a word that works everywhere, or a choice of the present question, is none."""
        talk = self.stage.talk
        if talk is not None and self.stage.house.registry.word(fold(words)) is not None:
            return None
        registry = self.stage.house.registry
        called = registry.called(words, is_in_talk=talk is not None)
        if talk is not None and called is None:
            called = registry.called_plainly(words, self.stage.moment)
        if called is None or talk is None:
            return called
        if self.stage.is_stranger and called[0].name not in ("start", "help"):
            return None  # nothing else can be opened, so her words are an answer
        dialogue = self.stage.dialogue(talk)
        labels = {shown.label for shown in (*dialogue.choices(), *dialogue.controls())}
        return None if words in labels else called

    def _call(self, handler: Handler, rest: str, words: str) -> None:
        """Open or answer what was called by `words`; a stranger can only join."""
        if self.stage.is_stranger and handler.name not in ("join", "start", "help"):
            self.stage.say("common", "please_join")
            self.stage.open("join", None, "")
        elif isinstance(handler, Command):
            self.stage.answer_command(handler, rest)
        else:
            # Of a phrase only the folded middle is known: should it lead nowhere, the whole of it is kept.
            self.stage.open(handler.name, None, rest, kept=rest if words.endswith(rest) else words)

    def _hear(self, said: Said) -> None:
        """Take words or files as an answer to what is open, or keep them as a jotting."""
        talk = self.stage.talk
        if talk is not None:
            dialogue = self.stage.dialogue(talk)
            self.stage.step(talk, dialogue.heard(said))
            self.stage.keep_loose(dialogue)
        elif self.stage.is_stranger:
            self.stage.open("join", None, said.text)
        elif self.stage.house.registry.word(fold(said.text)) in ("back", "skip", "later", "cancel", "done"):
            self.stage.say("common", "nothing_open")
        else:
            self.stage.capture(said)

    def _files(self) -> None:
        if self.stage.is_stranger:
            self._ask_stranger_for_words()
            return
        kept = [self._attachment(file) for file in self.message.files]
        ids = tuple(str(attachment.id) for attachment in kept if attachment.state == "wanted")
        words = clean(self.message.text).strip()
        if ids or words:
            self._hear(Said(text=words, files=ids, message_id=self.message.message_id))
        for reason in sorted({a.why for a in kept if a.why}):
            self.stage.say("common", _REFUSED[reason], limit=self._file_limit // MEGABYTE)

    def _ask_stranger_for_words(self) -> None:
        """Take no file of somebody we do not know; who is joining stays where she is."""
        if self.stage.talk is None:
            self.stage.say("common", "please_join")
            self.stage.open("join", None, "")
        else:
            self.stage.say("common", "words_please")
            self.stage.ask_again()

    @property
    def _file_limit(self) -> int:
        return self.stage.house.abilities[self.channel].file_limit

    def _attachment(self, file: File) -> Attachment:
        """Make the row at once; the bytes are fetched after the commit."""
        why = "too_large" if file.size is not None and file.size > self._file_limit else None
        attachment = Attachment(
            person_id=self.stage.owner_id,
            kind=file.kind,
            channel=self.channel,
            file_id=file.file_id,
            name=clean(file.name),
            size=file.size,
            made_at=self.stage.now,
            state="refused" if why else "wanted",
            why=why,
        )
        self.stage.session.add(attachment)
        self.stage.session.flush()
        self.stage.batch.ring.add("attachments")
        return attachment

    def _edit(self) -> None:
        if self.stage.is_stranger:
            return
        capture, words = self.stage.house.registry.capture, clean(self.message.text).strip()
        outcome = capture.edit(self.stage.session, self.stage.person, self.message.message_id, words, self.stage.now)
        if outcome is not None:
            self.stage.apply(capture.name, outcome)
        elif self.stage.talk is not None:
            turned = self.stage.dialogue(self.stage.talk).edited(self.message.message_id, words)
            if turned is not None:
                self.stage.step(self.stage.talk, turned)

    def _oddity(self) -> None:
        if self.stage.talk is not None:
            self.stage.say("common", "oddity_here")
            self.stage.ask_again()
        elif self.stage.is_stranger:
            self.stage.open("join", None, "")
        elif self.stage.address.odd_at is None or self.stage.now - self.stage.address.odd_at > ODDITY_EVERY:
            self.stage.address.odd_at = self.stage.now
            self.stage.say("common", "oddity")

    def _refuse_group(self) -> None:
        if self.message.kind == "button" or self.message.is_called or self.message.text.startswith("/"):
            self.stage.say("common", "group_refused")

    def _note_reach(self, is_blocked: bool) -> None:
        self.stage.address.closed_at = self.stage.now if is_blocked else None
        if not self.stage.is_stranger:
            self.stage.person.unreachable_since = self.stage.now if is_blocked else None
            self.stage.batch.replan.add(self.stage.person.id)

    def _come_back(self) -> None:
        """Reach her again: whoever writes is not unreachable."""
        if self.stage.address.closed_at is not None:  # even an unchanged column would make the row look changed
            self.stage.address.closed_at = None
        if not self.stage.is_stranger and self.stage.person.unreachable_since is not None:
            self.stage.person.unreachable_since = None
            self.stage.batch.replan.add(self.stage.person.id)
        if not self.stage.is_stranger and self.stage.person.is_hushed:  # after a silence her first word
            self.stage.batch.replan.add(self.stage.person.id)


_REFUSED = {"too_large": "too_big"}
