"""What is due for one person becomes one outgoing card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from bot.batch import House, buttons_of, note_card
from bot.conversation import Handler, PromptKind, Tap
from bot.planning import keep_said, note_silence, plan_for, replan
from bot.school import school_clock
from bot.speech import Part, Voice, laid_out, rows_for
from models import Address, Person, Prompt, outbound, people, prompts
from models.quotes import Source
from models.rules import contact

LATE = timedelta(hours=2)  # a card that comes later than this after its planned moment says that it is late
ONE_HOUR = timedelta(hours=1)
COUNTED = (contact.ORDINARY, contact.LAST_QUESTION)  # manners of which the weekly budget is taken
log = structlog.get_logger("prompts")


@dataclass(frozen=True)
class Ready:
    """One prompt that is still wanted, with its facts."""

    prompt: Prompt
    handler: Handler
    kind: PromptKind
    facts: dict[str, Any]


def queue_due(session: Session, house: House, now: datetime, at_most: int = 32) -> int:
    """Turn what is due into outgoing cards, for the persons longest due; return how many persons were looked at.

    A person whose card cannot be made is pushed an hour ahead, so that one bad row cannot stop the others.
    """
    due = people.persons_due(session, now, at_most)
    for person in due:
        with session.begin_nested() as attempt:
            try:
                queue_one(session, house, person, now)
            except Exception as error:  # the tick is the other place where every error is met
                attempt.rollback()
                log.error("prompt_failed", person=str(person.id), error=type(error).__name__)
                person.next_contact_at = now + ONE_HOUR
                session.add(person)
    return len(due)


def queue_one(session: Session, house: House, person: Person, now: datetime) -> bool:
    """Make one card for one person if it is time; return whether something is said.

    1. Plan again: habits or prompts may have changed since the last plan.
    2. Drop what has become too late, and what is no longer wanted.
    3. Render what remains into the outbox, and plan the next contact.
    """
    planned = person.next_contact_at or now
    plan = plan_for(session, person, now)
    waiting = {prompt.id: prompt for prompt in prompts.waiting_for(session, person.id)}
    for id in plan.too_late:
        _drop(session, waiting[id], "too_late")
    is_time = plan.at is not None and plan.at <= now
    ready = [r for id in plan.together if (r := _ready(session, house, person, waiting[id], now))] if is_time else []
    address = people.address_of(session, person.id, house.silent, house.hearing)
    if ready and address is not None:
        _say(session, house, person, address, ready, now, planned)
    replan(session, {person.id}, now)
    if ready and address is None:
        # Her channel is switched off: she must not stand first in line at every tick, before everybody else.
        person.next_contact_at = now + ONE_HOUR
    return bool(ready)


def _ready(session: Session, house: House, person: Person, prompt: Prompt, now: datetime) -> Ready | None:
    known = house.registry.kinds.get(prompt.kind)
    facts = known[1].wanted(session, person, prompt, now) if known else None
    if known is None or facts is None:
        _drop(session, prompt, "not_wanted")
        return None
    return Ready(prompt, known[0], known[1], facts)


def _drop(session: Session, prompt: Prompt, why: str) -> None:
    prompt.state, prompt.why = "dropped", why
    session.add(prompt)


def _say(
    session: Session, house: House, person: Person, address: Address, ready: Sequence[Ready], now: datetime,
    planned: datetime,
) -> None:  # fmt: skip
    voice = house.voice(address, person.language, school_clock(session).calendar)
    part = _card(voice, person, ready[0], now) if len(ready) == 1 else _merged(voice, person, ready, now)
    # What was planned for then may have been dropped since: what fell due only later is not late.
    if now - planned > LATE and min(r.prompt.due_at for r in ready) <= planned:
        part.html = f"{part.html}\n\n{voice.say('common', 'late', {'person': person, 'due': planned})}"
    is_ordinary = any(r.prompt.manner in COUNTED and r.kind.budgeted for r in ready)
    base = {
        "address_id": address.id, "person_id": person.id, "channel": address.channel, "urgency": 1,
    }  # fmt: skip
    card = buttons_of([part])
    note_card(address, card if len(ready) == 1 else _by_number(card))
    session.add(address)
    abilities = house.abilities[address.channel]
    parts = [part, *(inner for one in ready for inner in _enclosed(voice, person, one, now))]
    rows = [row for each in parts for row in rows_for(each, abilities, base, now, person.language, house.words)]
    rows[0]["budgeted"] = is_ordinary
    outbound.add_outbound(session, rows)
    for one in ready:
        keep_said(session, one.prompt, now)
    if is_ordinary:
        note_silence(session, person, now)


def _card(voice: Voice, person: Person, ready: Ready, now: datetime) -> Part:
    facts = {"person": person, "now": now, "prompt": ready.prompt, **ready.facts}
    html = voice.say(ready.handler.name, ready.prompt.kind, facts)
    return Part(
        html,
        voice.taps(ready.handler.name, ready.kind.buttons(ready.prompt, ready.facts), facts),
        quotes=_quotes(ready),
    )


def _quotes(ready: Ready) -> frozenset[Source]:
    return frozenset(ready.kind.quotes(ready.prompt, ready.facts))


def _enclosed(voice: Voice, person: Person, ready: Ready, now: datetime) -> list[Part]:
    facts = {"person": person, "now": now, "prompt": ready.prompt, **ready.facts}
    inner = ready.kind.encloses(ready.prompt, ready.facts)
    return [
        Part(
            voice.say(ready.handler.name, say.block, {**facts, **say.facts}),
            form=say.form,
            quotes=frozenset(say.quotes),
        )
        for say in inner
    ]


def _merged(voice: Voice, person: Person, ready: Sequence[Ready], now: datetime) -> Part:
    """Put several due things on one card: a numbered line each, and all that can be done about each under its number."""
    lines, buttons = [voice.say("common", "several", {"person": person})], []
    for place, one in enumerate(ready, start=1):
        facts = {"person": person, "now": now, "prompt": one.prompt, **one.facts}
        block = one.prompt.kind if one.kind.is_whole else f"{one.prompt.kind}__line"
        line = voice.say(one.handler.name, block, facts)
        lines.append(voice.say("common", "numbered_line", {"number": place, "line": line}))
        taps: tuple[Tap, ...] = one.kind.buttons(one.prompt, one.facts)[: 1 if one.kind.first_opens_all else None]
        made = [button for row in voice.taps(one.handler.name, taps, facts) for button in row]
        # Where there is no room for buttons they are typed as they stand: the numbers are those of the things.
        numbered = [{**button, "label": f"{place} {button['label']}", "is_word": "1"} for button in made]
        buttons += laid_out(numbered, voice.abilities.buttons_in_row)
    # Only whole cards show what others wrote. Her own errands stand beside it, so nothing of this is taken back.
    quotes = [source for one in ready if one.kind.is_whole for source in _quotes(one)]
    return Part("\n".join(lines), buttons, quotes=frozenset(quotes), is_mixed=True)


def _by_number(card: list[list[str]]) -> list[list[str]]:
    """Put the first button of each numbered thing first, so that a number typed instead of tapped means that thing."""
    firsts = {label.partition(" ")[0]: [label, data] for label, data in reversed(card)}
    leading = [button for button in card if button in firsts.values()]
    return leading + [button for button in card if button not in leading]
