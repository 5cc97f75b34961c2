"""请假: days on which she is away and hears nothing from the bot; in two taps, and taken back by one (销假)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, Said, choice
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Unclear
from bot.school import school_clock
from models import Absence, Observation, Person
from models.observations import coming_observations
from models.people import absences_of
from models.rules.dates import ImpossibleDay, NoDay
from models.rules.spans import LongSpan, PastSpan, read_span
from models.rules.wall_time import local_day

OWN, OFF = "own", "off"
QUICK = {"tomorrow": "明天", "today": "今天", "week": "本周", "next": "下周"}  # read by models.rules.spans
SHOWN_AT_MOST = 4  # absences to choose among


def quick_days(today: date) -> list[str]:
    """Name the quick choices: from Friday on, next week is likelier meant than what is left of this one."""
    return ["tomorrow", "today", "week" if today.weekday() < 4 else "next"]


def _span(words: str, moment: Moment, shown: str) -> dict[str, Any]:
    first, last = read_span(words, moment.today, moment.school)
    return {"first": first.isoformat(), "last": last.isoformat(), "text": shown}


@dataclass(frozen=True)
class DaysAway:
    """Reads the days of an absence: a quick choice, typed days, or 销假 while there is an absence to end."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer tomorrow, today, the week, other days, and to take back what was booked."""
        quick = [Option(key, facts=_span(QUICK[key], moment, "")) for key in quick_days(moment.today)]
        return [*quick, Option(OWN), *([Option(OFF)] if answers.facts.get("absences") else [])]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any] | str:
        """Return first and last day, or `off`; raise Unclear. 我说日子 shows her how to say them."""
        if said.option == OFF:
            return OFF
        if said.option == OWN:
            raise Unclear("say_days")
        if said.files:
            raise Unclear("words_please")
        return _read(QUICK[said.option] if said.option else said.text, moment, said.text.strip())


def _read(words: str, moment: Moment, shown: str) -> dict[str, Any]:
    try:
        return _span(words, moment, shown)
    except ImpossibleDay as wrong:
        raise Unclear("no_such_day", month=wrong.month, day=wrong.day) from None
    except PastSpan as past:
        raise Unclear("past_day", past=past.last) from None
    except LongSpan:
        raise Unclear("too_many_days") from None
    except NoDay:
        raise Unclear("not_days") from None


@dataclass(frozen=True)
class WhichAbsence:
    """Reads which of several absences is meant."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer each with its days."""
        return [Option(str(place), facts=known) for place, known in enumerate(answers.facts["absences"], start=1)]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the id of the absence; raise Unclear."""
        if said.option is None:
            raise Unclear("not_an_option")
        return str(answers.facts["absences"][int(said.option) - 1]["id"])


def facts(session: Session, viewer: Person, now: datetime, _about: UUID | None, rest: str) -> dict[str, Any]:
    """Tell which days she is away already; days that came with the keyword (请假 20号到26号) are an answer."""
    today = local_day(now, viewer.zone)
    known = {"absences": [_shown(one) for one in absences_of(session, viewer.id, today)[:SHOWN_AT_MOST]]}
    moment = Moment(now, viewer.zone, school_clock(session))
    try:
        return {**known, "answers": {"days": _span(rest, moment, rest)}} if rest else known
    except ValueError:  # not days: the question is asked
        return known


def _shown(absence: Absence) -> dict[str, Any]:
    return {"id": str(absence.id), "first": absence.first_day.isoformat(), "last": absence.last_day.isoformat()}


def goes_away(answers: Answers) -> bool:
    """Say whether days are being booked, not taken back."""
    return answers.get("days") != OFF


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the absence, or take one back."""
    if not goes_away(answers):
        known = answers.facts["absences"]
        return come_back(session, person, UUID(answers["which"] if len(known) > 1 else known[0]["id"]), now)
    first, last = (date.fromisoformat(answers["days"][name]) for name in ("first", "last"))
    covering = _covering(session, person, first, last, now)
    absence = covering or Absence(person_id=person.id, first_day=first, last_day=last, made_at=now)
    told = {**_shown(absence), "visits": _visits(session, person, first, last, now)}
    say = Say("already" if covering else "away", told, (Tap("come_back", absence.id),))
    return Outcome([say], keep=[] if covering else [absence], replan={person.id})


def _covering(session: Session, person: Person, first: date, last: date, now: datetime) -> Absence | None:
    known = absences_of(session, person.id, local_day(now, person.zone))
    return next((one for one in known if one.first_day <= first and last <= one.last_day), None)


def _visits(session: Session, person: Person, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
    """Name the lesson visits within these days: they stay until she cancels them herself."""
    within = [one for one in coming_observations(session, person.id, now) if first <= one.day <= last]
    return [_visit(session, person, one) for one in within]


def _visit(session: Session, person: Person, visit: Observation) -> dict[str, Any]:
    other = session.get_one(Person, visit.teacher_id if visit.observer_id == person.id else visit.observer_id)
    return {"day": visit.day.isoformat(), "period": visit.period, "with": other.name}


def come_back(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take an absence back (销假)."""
    absence = session.get(Absence, row) if row else None
    if absence is None or absence.person_id != person.id:
        return Outcome([Say("gone")])
    if absence.last_day < local_day(now, person.zone) - timedelta(days=1):
        return Outcome([Say("long_over", _shown(absence))])
    absence.cancelled_at = absence.cancelled_at or now
    return Outcome([Say("back_again", _shown(absence))], replan={person.id})


conversation = Conversation(
    name="leave",
    command="leave",
    questions=(
        Question("days", DaysAway()),
        Question("which", WhichAbsence(), when=lambda a: not goes_away(a) and len(a.facts["absences"]) > 1),
        Question("right", choice("yes"), when=goes_away, revises=("days",), retypes=("days",)),
    ),
    finish=finish,
    facts=facts,
    taps={"come_back": come_back},
    keeps_draft=False,
    takes_rest=True,
)
