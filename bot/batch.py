"""What a batch of turns reads together and writes together: addresses, persons, open talks, outgoing messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.buttons import Signer
from bot.channels import Abilities, Link, Message
from bot.conversation import Conversation, Place, Say
from bot.point import Talk
from bot.registry import Registry
from bot.render import Words, language_of
from bot.speech import Part, Voice, joined, rows_for
from bot.unsaying import take_back
from models import Address, AuditEvent, Person, conversations, outbound, people
from models.accounts import listed_at
from models.base import new_id
from models.quotes import Source
from models.rules.calendar import Calendar

HELD_AT_MOST = timedelta(seconds=10)  # a gathered answer comes at the latest so long after the first piece


@dataclass(frozen=True)
class House:
    """What every turn needs and none of them changes."""

    registry: Registry
    words: Words
    signer: Signer
    abilities: Mapping[str, Abilities]  # by channel
    language: str = "zh_Hans"  # of strangers without a hint
    zone: str = "Asia/Shanghai"
    pages: str = ""  # the address under which people can open our own pages; empty: they cannot

    def place(self, channel: str) -> Place:
        """Say what a channel can do, as far as words depend on it."""
        abilities = self.abilities[channel]
        return Place(self.pages, abilities.is_page, abilities.takes_documents)

    @property
    def silent(self) -> frozenset[str]:
        """Name the channels that ring nobody: what the bot says of its own accord goes there last."""
        return frozenset(name for name, abilities in self.abilities.items() if abilities.is_page)

    @property
    def hearing(self) -> frozenset[str]:
        """Name the channels on which an answer can come back: nowhere else does the bot speak of its own accord."""
        return frozenset(name for name, abilities in self.abilities.items() if abilities.hears)

    def voice(self, address: Address, language: str, calendar: Calendar | None = None) -> Voice:
        """Speak to an address; with the school's calendar days are shown with their week."""
        key = ":".join(self.key(address.channel, address.external_id))
        return Voice(self.words, self.signer, self.abilities[address.channel], key, language, calendar)

    def key(self, channel: str, name: str) -> tuple[str, str]:
        """Say by what a chat is known: some platforms spell one name in several ways."""
        return channel, name if self.abilities[channel].tells_case else name.lower()


@dataclass
class Batch:
    """One transaction's worth of turns; `save` writes what the turns left in it."""

    session: Session
    house: House
    addresses: dict[tuple[str, str], Address] = field(default_factory=dict)
    persons: dict[UUID, Person] = field(default_factory=dict)
    talks: dict[UUID, Talk | None] = field(default_factory=dict)
    replan: set[UUID] = field(default_factory=set)
    ring: set[str] = field(default_factory=set)
    _new_talks: dict[UUID, Talk] = field(default_factory=dict)
    _changed_talks: dict[UUID, Talk] = field(default_factory=dict)
    _outgoing: list[dict[str, Any]] = field(default_factory=list)
    _heard: dict[UUID, datetime] = field(default_factory=dict)
    _cards: dict[UUID, tuple[Address, list[list[str]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        conversations.hold_back(self.session, self._write_talks)

    def load(self, messages: Iterable[tuple[str, Message]]) -> None:
        """Read, in three queries, everyone who speaks in this batch and what they are in the middle of."""
        keys: dict[str, set[str]] = {}
        for channel, message in messages:
            keys.setdefault(channel, set()).add(message.address)
        for channel, external_ids in keys.items():
            tells_case = self.house.abilities[channel].tells_case
            for address in people.addresses_named(self.session, channel, sorted(external_ids), tells_case):
                self.addresses[self.house.key(channel, address.external_id)] = address
        ids = {a.person_id for a in self.addresses.values() if a.person_id}
        self.persons = {person.id: person for person in people.persons_locked(self.session, sorted(ids))}
        owners = [a.person_id or a.id for a in self.addresses.values()]
        self.talks = dict.fromkeys(owners)
        for row in conversations.open_conversations(self.session, owners):
            self.talks[row["owner_id"]] = Talk(**row)

    def address(self, channel: str, message: Message, now: datetime) -> Address:
        """Find or make the address a message came from."""
        known = self.known(channel, message.address)
        if known is None:
            known = Address(channel=channel, external_id=message.address, language=message.language, made_at=now)
            self.session.add(known)
            self.session.flush()
            self.addresses[self.house.key(channel, message.address)] = known
            self.talks[known.id] = None
        elif known.external_id != message.address:
            known.external_id = message.address  # as the platform spells it now, for that is what it takes
        if known.person_id is None:
            self._recognise(known, now)
        return known

    def known(self, channel: str, name: str) -> Address | None:
        """Find the address of a chat among those that were read."""
        return self.addresses.get(self.house.key(channel, name))

    def _recognise(self, address: Address, now: datetime) -> None:
        """Know at once whom the office's list names for this chat, if she has joined elsewhere: she is one person."""
        person = listed_at(self.session, address)
        if person is not None and person.joined_at is not None:
            address.person_id = person.id
            self.session.add(AuditEvent(at=now, what="linked", person_id=person.id, facts={"channel": address.channel}))

    def person(self, address: Address) -> Person:
        """Give the person at an address; for a stranger one who is not in the store, with the address's id."""
        if address.person_id is None:
            language = language_of(address.language, self.house.language)
            return Person(id=address.id, name="", language=language, zone=self.house.zone)
        if address.person_id not in self.persons:
            self.persons.update((p.id, p) for p in people.persons_locked(self.session, [address.person_id]))
        return self.persons[address.person_id]

    def note_heard(self, address: Address, now: datetime) -> None:
        """Remember that someone spoke; written for all in one statement at the end."""
        self._heard[address.id] = now

    # Conversations

    def talk(self, owner_id: UUID) -> Talk | None:
        """Give the open conversation of an owner."""
        if owner_id not in self.talks:
            rows = conversations.open_conversations(self.session, [owner_id])
            self.talks[owner_id] = Talk(**rows[0]) if rows else None
        talk = self.talks[owner_id]
        return talk if talk is not None and talk.state == "open" else None

    def begin(self, owner_id: UUID, conversation: Conversation, now: datetime, about: UUID | None) -> Talk:
        """Start a conversation; it becomes the open one of its owner."""
        talk = Talk(new_id(), owner_id, conversation.name, now, now, about_id=about)
        self.talks[owner_id] = talk
        self._new_talks[talk.id] = talk
        return talk

    def reopen(self, owner_id: UUID, id: UUID) -> Talk | None:
        """Take up one that was put aside or kept as a draft; None when it is not hers or is over."""
        row = conversations.conversation_of(self.session, owner_id, id)
        if row is None or row["state"] == "done":
            return None
        talk = Talk(**row)
        if row["state"] == "open":
            return self.talk(owner_id) or talk
        talk.state, talk.kept_until = "open", None
        self.talks[owner_id] = talk
        return talk

    def find(self, owner_id: UUID, id: UUID) -> Talk | None:
        """Read a conversation of an owner, whatever its state."""
        row = conversations.conversation_of(self.session, owner_id, id)
        return Talk(**row) if row else None

    def touch(self, talk: Talk, now: datetime) -> None:
        """Mark a conversation as changed by this turn."""
        talk.touched_at = now
        if talk.id not in self._new_talks:
            self._changed_talks[talk.id] = talk

    def _write_talks(self) -> None:
        """Write what the turns so far have begun and changed: at the end, or when somebody reads conversations."""
        new = [_as_row(talk) for talk in self._new_talks.values()]
        changed = [_as_change(talk) for talk in self._changed_talks.values()]
        self._new_talks.clear()
        self._changed_talks.clear()
        conversations.save_conversations(self.session, new, changed)

    # Outgoing

    def send(self, address: Address, person: Person, parts: Sequence[Part], now: datetime, urgency: int = 0) -> None:
        """Put messages into the outbox: written when the batch is saved, gathered ones at once."""
        base = {
            "address_id": address.id,
            "person_id": address.person_id,
            "channel": address.channel,
            "urgency": urgency,
        }
        abilities = self.house.abilities[address.channel]
        whole = joined(parts)
        is_card = bool(whole) and self.talk(address.person_id or address.id) is None
        if whole:
            self._cards[address.id] = (address, buttons_of(whole) if is_card else [])
        for place, part in enumerate(whole):
            # One memory for the whole turn: a number stands on one of its messages only.
            first = 1 + (len(buttons_of(whole[:place])) if is_card else 0)
            rows = rows_for(part, abilities, base, now, person.language, self.house.words, first)
            if part.key is None:
                self._outgoing += rows
            else:
                self._hold_back(part, rows[0], now)

    def card(self, address: Address) -> list[list[str]]:
        """Give the buttons of the last card that an address was shown, in this batch or before."""
        return self._cards[address.id][1] if address.id in self._cards else address.card

    def _hold_back(self, part: Part, row: dict[str, Any], now: datetime) -> None:
        self._write_outgoing()
        first = outbound.outbound_made_at(self.session, part.key or "") or now
        row["not_before"] = min(now + timedelta(seconds=part.after), first + HELD_AT_MOST)
        outbound.replace_or_add_outbound(self.session, row)

    def take_back(self, sources: set[Source], now: datetime) -> str:
        """Take back from others what somebody takes back; tell how far, as `unsaying` does."""
        self._write_outgoing()  # what was said earlier in this batch may show it
        return take_back(self.session, self.house.abilities, sources, now)

    def _write_outgoing(self) -> None:
        self.session.flush()  # a message refers to its person, who may have joined in this batch
        outbound.add_outbound(self.session, self._outgoing)
        self._outgoing = []

    def save(self) -> None:
        """Write what the turns left behind."""
        self._write_talks()
        people.note_heard(self.session, self._heard)
        self._write_outgoing()
        for address, card in self._cards.values():  # all at once: the next reading would else write each alone
            note_card(address, card)

    def parts(self, voice: Voice, template: str, says: Sequence[Say], facts: Mapping[str, Any]) -> list[Part]:
        """Render what a handler wants said."""
        made = []
        for say in says:
            source = say.template or template
            known = {**facts, **say.facts}
            html = voice.say(source, say.block, known)
            link = self._link(voice, source, say, known)
            quotes = frozenset(say.quotes)
            made.append(Part(html, voice.taps(source, say.buttons, known), say.form, say.after, say.key, link, quotes))
        return made

    def _link(self, voice: Voice, source: str, say: Say, facts: Mapping[str, Any]) -> Link | None:
        if say.page is None:
            return None
        return Link(voice.label(source, say.page.block, facts), f"{self.house.pages}{say.page.path}")


def buttons_of(parts: Sequence[Part]) -> list[list[str]]:
    """List label and data of every button of a card, so that a label or a number can be typed instead."""
    return [[button["label"], button["data"]] for part in parts for row in part.buttons for button in row]


def note_card(address: Address, card: list[list[str]]) -> None:
    """Remember the buttons of the last card; those of an open question need no memory, it knows its own choices."""
    if card != address.card:
        address.card = card


def _as_row(talk: Talk) -> dict[str, Any]:
    kept = ("id", "owner_id", "name", "about_id", "opened_at")
    return {name: getattr(talk, name) for name in (*kept, *_CHANGING)}


def _as_change(talk: Talk) -> dict[str, Any]:
    return {"row": talk.id, **{name: getattr(talk, name) for name in _CHANGING}}


_CHANGING = ("state", "answers", "facts", "air", "touched_at", "kept_until")
