"""Is all well: the checks of readyz, the figures of metrics, and the alert that the office gets in chat."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlmodel import Session

from bot.batch import House
from bot.channels import Health
from bot.speech import Part, rows_for
from models import Mark, inbound, outbound, people
from models.store import Store

STILL = timedelta(minutes=10)  # so long without a poll or a delivery is trouble
AGAIN = timedelta(hours=6)  # an alert is not repeated sooner


@dataclass(frozen=True)
class Trouble:
    """One thing that does not go on: the block of its alert and the facts for it."""

    block: str
    facts: dict[str, Any]


def troubles(
    session: Session,
    healths: Mapping[str, Health],
    started: datetime,
    now: datetime,
    channels: Collection[str] | None = None,
) -> list[Trouble]:
    """List what has stood still for ten minutes, and what was set aside since the last look."""
    found = troubles_of_channels(healths, started, now)
    oldest = outbound.oldest_undelivered(session, now, channels)
    if oldest is not None and now - oldest > STILL:
        found.append(Trouble("alert__outbox", {"minutes": _minutes(now - oldest), "since": oldest}))
    aside = inbound.count_aside(session, now - AGAIN)
    if aside:
        found.append(Trouble("alert__aside", {"count": aside}))
    return found


def troubles_of_channels(healths: Mapping[str, Health], started: datetime, now: datetime) -> list[Trouble]:
    """List the channels that have not listened for ten minutes, and what only the office can mend."""
    found = []
    for health in healths.values():
        since = health.last_good_poll or started
        if now - since > STILL and not health.is_elsewhere:
            found.append(Trouble("alert__polling", {"minutes": _minutes(now - since)}))
        found += [Trouble(block, facts) for block, facts in health.notices.items()]
    return found


def alert_office(session: Session, house: House, found: list[Trouble], now: datetime) -> int:
    """Tell the office, in chat, once in six hours for each kind of trouble; return how many messages were put out."""
    said = 0
    for trouble in found:
        mark = session.get(Mark, trouble.block)
        if mark is not None and now - mark.at < AGAIN:
            continue
        session.merge(Mark(name=trouble.block, at=now))
        said += _tell_office(session, house, trouble, now)
    return said


def _tell_office(session: Session, house: House, trouble: Trouble, now: datetime) -> int:
    told = 0
    for person in people.office_people(session):
        address = people.address_of(session, person.id, house.silent, house.hearing)
        if address is None:
            continue
        html = house.words.say(person.language, "common", trouble.block, {"person": person, **trouble.facts})
        base = {"address_id": address.id, "person_id": person.id, "channel": address.channel, "urgency": 0}
        outbound.add_outbound(
            session, rows_for(Part(html), house.abilities[address.channel], base, now, person.language, house.words)
        )
        told += 1
    return told


def readiness(
    store: Store,
    healths: Mapping[str, Health],
    started: datetime,
    offset: timedelta,
    now: datetime,
    channels: Collection[str] | None = None,
) -> tuple[bool, dict[str, Any]]:
    """Check database, last good poll of each channel and oldest undelivered row; say whether all is well."""
    with store.reading() as session:
        oldest = outbound.oldest_undelivered(session, now, channels)
    waits = _seconds(now - oldest) if oldest else 0
    polls = {
        name: _seconds(now - (health.last_good_poll or started))
        for name, health in healths.items()
        if not health.is_elsewhere
    }
    is_well = waits <= STILL.total_seconds() and all(age <= STILL.total_seconds() for age in polls.values())
    is_well = is_well and not any(health.is_down for health in healths.values())
    checks: dict[str, Any] = {
        "database": "ok",
        "oldest_undelivered_seconds": waits,
        "last_good_poll_seconds": polls,
        "trouble": {name: health.trouble for name, health in healths.items() if health.trouble},
        "clock_offset_seconds": _seconds(offset),
    }
    return is_well, checks


def figures(store: Store, healths: Mapping[str, Health], now: datetime) -> bytes:
    """Write the metrics in Prometheus' text format; no label names a person."""
    registry = CollectorRegistry()
    with store.reading() as session:
        counts = {"inbound": inbound.count_by_state(session), "outbound": outbound.count_by_state(session)}
        oldest = outbound.oldest_undelivered(session, now)
    for name, states in counts.items():
        gauge = Gauge(f"zhixing_{name}_rows", f"Rows of {name} by state", ["state"], registry=registry)
        for state, count in states.items():
            gauge.labels(state).set(count)
    wait = Gauge("zhixing_oldest_undelivered_seconds", "Age of the oldest undelivered row", registry=registry)
    wait.set(_seconds(now - oldest) if oldest else 0)
    poll = Gauge("zhixing_last_good_poll_seconds", "Age of the last good poll", ["channel"], registry=registry)
    events = Gauge(
        "zhixing_channel_troubles", "Troubles and refusals since the start", ["channel", "kind"], registry=registry
    )
    for channel, health in healths.items():
        if health.last_good_poll is not None:
            poll.labels(channel).set(_seconds(now - health.last_good_poll))
        for kind, count in health.counts.items():
            events.labels(channel, kind).set(count)
    return generate_latest(registry)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
