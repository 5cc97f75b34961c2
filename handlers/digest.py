"""周报: once a week what was shared, what waits for a word, and the answers that came; any day on demand."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Outcome, PromptKind, Say, Tap
from bot.errors import Refused
from handlers.digest_making import gather, make_digests
from handlers.names_typed import part_of_name
from handlers.observation_cards import card_facts
from handlers.quoting import of_answers, of_items
from handlers.respond import answer_view, item_for
from models import Digest, Person, Prompt
from models.digests import (
    answers_for_digests,
    circle_sizes,
    last_weekly,
    looks_after_anyone,
    mark_answers_told,
    mark_opened,
    mark_read,
    own_digest,
    own_digest_keyed,
    own_digests,
    people_looked_after,
)
from models.observations import proposals_to
from models.questions import own_questions
from models.quotes import Source
from models.rules.digests import LOOK_BACK, OFF, SHOWN, Window, may_count, read_rhythm
from models.rules.wall_time import local_day
from models.shared import SharedItem, awaiting_reply, recently_shared, shared_items

__all__ = ["command", "make_digests"]

ANSWERS_SHOWN = 3
SHOWN_AT_ONCE = 120  # characters of an item on its card; the rest comes with 全文
EVERY = (1, 2, 4)  # weeks


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Show what was shared since the last digest; or change its day; or look for one colleague."""
    if not looks_after_anyone(session, person.id, _today(person, now)):
        return Outcome(say=[Say("not_for_you")])
    wish = read_rhythm(rest) if rest.strip() else None
    if wish is not None:
        return change(person, wish.day, wish.every)
    if rest.strip():
        return about_someone(session, person, rest, now)
    digest = asked_digest(session, person, now)
    facts = view(session, person, digest, now)
    say = Say("on_demand", facts, buttons_of(digest.id, facts), quotes=_quotes(facts))
    return Outcome(say=[say], keep=[digest])


def asked_digest(session: Session, person: Person, now: datetime) -> Digest:
    """Make anew the digest on demand: since the last one; with it while it was not opened or nothing came after it."""
    last = last_weekly(session, person.id)
    since = now - timedelta(weeks=max(person.digest_every, 1)) if last is None else last.until
    if last is not None and (last.read_at is None or not _anything_since(session, person, last.until, now)):
        since = last.since
    key = f"digest:{person.id}:asked"
    earlier = own_digest_keyed(session, person.id, key)
    # Asked again within the time this one covers: what was told is told again.
    told = earlier.facts.get("answers", []) if earlier is not None and earlier.made_at > since else []
    answers = [str(question) for _, question in answers_for_digests(session, now, [person.id])]
    mark_answers_told(session, now, now, [person.id])
    digest = earlier or Digest(key=key, person_id=person.id, since=since, until=now, made_at=now)
    digest.since, digest.until, digest.made_at, digest.read_at = since, now, now, None
    digest.facts = {"answers": [*told, *answers]}
    return digest


def _anything_since(session: Session, person: Person, since: datetime, now: datetime) -> bool:
    return (
        since < now
        and gather(session, {person.id: Window(since, now)}, {person.id: _today(person, now)})[person.id].total > 0
    )


def view(session: Session, person: Person, digest: Digest, now: datetime) -> dict[str, Any]:
    """Say what a digest may show now: what is still shared, read again; numbers only of a circle of five or more."""
    today = _today(person, now)
    found = gather(session, {person.id: Window(digest.since, digest.until)}, {person.id: today})[person.id]
    circle = circle_sizes(session, today, [person.id]).get(person.id, 0)
    items = shared_items(session, person.id, today, found.first)
    waiting = waiting_for_her(session, person, digest, now)
    answers = own_questions(session, person.id, [UUID(id) for id in digest.facts.get("answers", [])])
    digest.facts = {**digest.facts, "items": [item.id for item in items], "waiting": [item.id for item in waiting]}
    return {
        "since": digest.since.isoformat(),
        "until": digest.until.isoformat(),
        "circle": circle if may_count(circle) else None,
        "total": found.total if may_count(circle) else None,
        "counts": [{"kind": kind, "number": n} for kind, n in found.counts.items()] if may_count(circle) else [],
        "items": [item.facts() for item in items],
        "waiting": len(waiting),
        "oldest": _days_ago(waiting[0], now) if waiting else 0,
        "proposals": len(proposals_to(session, person.id, now)),
        "answers": [answer_view(session, person, question, now) for question in answers[:ANSWERS_SHOWN]],
        "more_answers": max(0, len(answers) - ANSWERS_SHOWN),
        "is_off": person.digest_every == OFF,
    }


def _quotes(facts: dict[str, Any]) -> tuple[Source, ...]:
    return (*of_items(facts["items"]), *of_answers(facts["answers"]))


def waiting_for_her(session: Session, person: Person, digest: Digest, now: datetime) -> list[SharedItem]:
    """List what was shared with her before this digest and has had no word of hers, the oldest first."""
    return awaiting_reply(session, person.id, _today(person, now), now - LOOK_BACK, digest.since)


def _today(person: Person, now: datetime) -> date:
    return local_day(now, person.zone)


def _days_ago(item: SharedItem, now: datetime) -> int:
    return (now - datetime.fromisoformat(item.shared_at)).days


def buttons_of(digest_id: UUID, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Give a digest its buttons: only those that lead somewhere."""
    taps = [Tap("items", row=digest_id)] if facts["items"] else []
    taps += [Tap("waiting", row=digest_id)] if facts["waiting"] or facts["proposals"] else []
    return (*taps, Tap("next_week", row=digest_id), Tap("when", row=digest_id))


def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Read the week again when it is said; a week that has become empty is not said."""
    digest = own_digest(session, person.id, prompt.about_id) if prompt.about_id else None
    if digest is None or digest.read_at is not None or not looks_after_anyone(session, person.id, _today(person, now)):
        return None
    facts = view(session, person, digest, now)
    return facts if facts["items"] or facts["answers"] else None


def _digest_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    assert prompt.about_id is not None  # planned with its digest
    return buttons_of(prompt.about_id, facts)


def items(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """看分享: open the first item."""
    digest = own_digest(session, person.id, row) if row else None
    if digest is None:
        raise Refused("gone")
    mark_read(session, digest, now)
    return _show_from(session, person, digest.facts.get("items", []), 0, now)


def waiting(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """等你回的: proposals to observe first, then the oldest item without a word."""
    digest = own_digest(session, person.id, row) if row else None
    if digest is None:
        raise Refused("gone")
    mark_read(session, digest, now)
    say = [
        Say("proposal", card_facts(session, one, person), (Tap("show", row=one.id, handler="observation"),))
        for one in proposals_to(session, person.id, now)
    ]
    left = [item.id for item in waiting_for_her(session, person, digest, now)]
    digest.facts = {**digest.facts, "waiting": left}
    if not left:
        return Outcome(say=say or [Say("nothing_waits")])
    return Outcome(say=[*say, *_show_from(session, person, left, 0, now).say])


def _show_from(session: Session, person: Person, ids: list[str], place: int, now: datetime) -> Outcome:
    """Show the first item from `place` on that is still shared with her."""
    today = _today(person, now)
    left = shared_items(session, person.id, today, [UUID(id) for id in ids[place:]])
    if not left:
        return Outcome(say=[Say("no_more")])
    item = left[0]
    mark_opened(session, person.id, UUID(item.id), now)
    is_counted = may_count(circle_sizes(session, today, [person.id]).get(person.id, 0))
    total = len(ids) if is_counted else None
    facts = {"item": item.facts(), "number": ids.index(item.id) + 1, "total": total, "is_short": _is_short(item)}
    buttons = _item_buttons(item, has_next=len(left) > 1)
    return Outcome(say=[Say("item", facts, buttons, quotes=of_items([item.facts()]))])


def _is_short(item: SharedItem) -> bool:
    """Say whether an item fits on its card; the four columns of a row are always asked for."""
    return item.kind != "check_in" and sum(map(len, item.words)) <= SHOWN_AT_ONCE


def _item_buttons(item: SharedItem, has_next: bool, is_whole: bool = False) -> tuple[Tap, ...]:
    id = UUID(item.id)
    replies = [Tap(kind, row=id, handler="respond") for kind in ("received", "ask", "support")]
    whole = [] if is_whole or _is_short(item) else [Tap("whole", row=id)]
    return (*whole, *replies, *([Tap("next", row=id)] if has_next else []))


def _list_with(session: Session, person: Person, item_id: UUID) -> list[str]:
    """Find the list, in her last digests, that this item was shown from."""
    for digest in own_digests(session, person.id):
        for name in ("items", "waiting"):
            if str(item_id) in digest.facts.get(name, []):
                return list(digest.facts[name])
    return []


def next_item(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """下一条: the item after this one."""
    ids = _list_with(session, person, row) if row else []
    return _show_from(session, person, ids, ids.index(str(row)) + 1, now) if ids else Outcome(say=[Say("no_more")])


def whole(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """全文: every word of one item."""
    item = item_for(session, person, now, row)
    mark_opened(session, person.id, UUID(item.id), now)
    ids = _list_with(session, person, UUID(item.id))
    has_next = item.id in ids[:-1]
    buttons, told = _item_buttons(item, has_next, is_whole=True), item.facts()
    return Outcome(say=[Say("whole", {"item": told}, buttons, quotes=of_items([told]))])


def next_week(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """下周再看: a nod."""
    return Outcome(say=[Say("nodded")])


def about_someone(session: Session, person: Person, words: str, now: datetime) -> Outcome:
    """Show what one colleague shared lately; nothing shared is said in the same words whatever she keeps private."""
    part = part_of_name(words)
    today = _today(person, now)
    found = people_looked_after(session, person.id, today, part) if part else []
    if len(found) != 1:
        return Outcome(say=[Say("which_one" if found else "nobody_so_named", {"names": [one.name for one in found]})])
    shared = recently_shared(session, person.id, today, now - LOOK_BACK, at_most=SHOWN, person_id=found[0].id)
    facts: dict[str, Any] = {"name": found[0].name, "items": [item.facts() for item in shared]}
    if not shared:
        return Outcome(say=[Say("nothing_from", facts)])
    taps = tuple(Tap("whole", row=UUID(item.id), block="tap__item", facts={"item": item.facts()}) for item in shared)
    return Outcome(say=[Say("from_someone", facts, taps, quotes=of_items(facts["items"]))])


def change(person: Person, day: int | None, every: int | None) -> Outcome:
    """Move the digest to another weekday, or change how often it comes."""
    person.digest_day = person.digest_day if day is None else day
    person.digest_every = person.digest_every if every is None else every
    if day is not None and person.digest_every == OFF:
        person.digest_every = 1
    return Outcome(say=[Say("rhythm_set", _rhythm(person))], replan={person.id})


def _rhythm(person: Person) -> dict[str, Any]:
    return {"weekday": person.digest_day, "every": person.digest_every}


def when(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """换时间: the days and the rhythms to choose from."""
    days = tuple(Tap(f"day{number}") for number in (0, 3, 4) if number != person.digest_day)
    often = tuple(Tap(f"every{weeks}") for weeks in EVERY if weeks != person.digest_every)
    off = () if person.digest_every == OFF else (Tap("off"),)
    return Outcome(say=[Say("when", _rhythm(person), (*days, *often, *off))])


def _changing(day: int | None = None, every: int | None = None) -> Any:
    def tap(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
        return change(person, day, every)

    return tap


def _prompt_quotes(_prompt: Prompt, facts: dict[str, Any]) -> tuple[Source, ...]:
    return _quotes(facts)


def rhythm_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask about the rhythm only while nothing was opened and nothing was changed since."""
    last = last_weekly(session, person.id)
    is_still_so = last is not None and last.read_at is None and person.digest_every == 1
    return _rhythm(person) if is_still_so else None


def _rhythm_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("every2"), Tap("every4"), Tap("every1", block="tap__as_it_is"))


command = Command(
    name="digest",
    command="digest",
    answer=answer,
    taps={
        "items": items,
        "waiting": waiting,
        "next": next_item,
        "whole": whole,
        "next_week": next_week,
        "when": when,
        **{f"day{number}": _changing(day=number) for number in range(5)},
        **{f"every{weeks}": _changing(every=weeks) for weeks in EVERY},
        "off": _changing(every=OFF),
    },
    prompts=(
        PromptKind("digest", wanted, _digest_buttons, budgeted=False, quotes=_prompt_quotes),
        PromptKind("rhythm", rhythm_wanted, _rhythm_buttons),
    ),
    takes_rest=True,
)
