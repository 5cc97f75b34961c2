"""Write lesson visits as a calendar file (.ics, RFC 5545) that a phone's calendar takes in; icalendar's door."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

PRODUCT = "-//Zhixing//lesson visits//ZH"
AROUND = timedelta(days=366)  # how far around the visits the rules of the time zone are written out
STATUS = {"proposed": "TENTATIVE", "agreed": "CONFIRMED", "held": "CONFIRMED"}  # every other state: CANCELLED


@dataclass(frozen=True)
class Appointment:
    """One visit as a calendar shows it; the same `id` with a greater `version` replaces the entry taken in before."""

    id: UUID
    version: int
    state: str
    starts_at: datetime  # aware UTC
    ends_at: datetime
    summary: str


def calendar_file(appointments: Iterable[Appointment], zone: str, now: datetime) -> bytes:
    """Write the visits by the clock of one time zone (IANA name), with the rules of that zone."""
    calendar, listed = Calendar(), sorted(appointments, key=lambda one: one.starts_at)
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for one in listed:
        calendar.add_component(_event(one, ZoneInfo(zone), now))
    if listed:
        first, last = listed[0].starts_at - AROUND, listed[-1].ends_at + AROUND
        calendar.add_missing_timezones(first_date=first.date(), last_date=last.date())
    written: bytes = calendar.to_ical()
    return written


def _event(one: Appointment, zone: ZoneInfo, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.id}@zhixing")
    event.add("sequence", one.version)
    event.add("dtstamp", now)
    event.add("dtstart", one.starts_at.astimezone(zone))
    event.add("dtend", one.ends_at.astimezone(zone))
    event.add("summary", one.summary)
    event.add("status", STATUS.get(one.state, "CANCELLED"))
    return event
