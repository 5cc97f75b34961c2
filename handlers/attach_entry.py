"""挂到培训: say which training an entry belongs to, from the list, by its day, or by a name of her own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Offer, Option, Said, choice
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused, Unclear
from handlers.jotting import suggested_training
from handlers.reading import entry_line, title_of
from models import Attendance, Entry, Person, Training
from models.entries import own_entry
from models.rules import dates
from models.rules.wall_time import instant, local_day
from models.trainings import attended_training, recent_trainings, training_named_by

LISTED = 3  # trainings shown as buttons; any other is found by its day or its name
KNOWN = 60  # trainings looked through
TITLE_AT_MOST = 80  # characters of a name of her own
# What goes before a title or a day when somebody corrects herself: 其实是9号那场的.
_HEDGES = re.compile("^(其[实實]|[应應][该該]|好像|[这這][条條]|是)+")
NOON = time(12)  # a training she names herself has a day and no hours


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the entry and the trainings it could belong to."""
    entry = own_entry(session, viewer.id, about) if about else None
    if entry is None:
        raise Refused("gone")
    attended = recent_trainings(session, viewer.id, now, at_most=KNOWN)
    known = [_fact(place, training, viewer.zone) for place, training in enumerate(attended)]
    return {
        "entry_id": str(entry.id),
        "words": entry_line(session, viewer, entry)["words"],
        "known_trainings": known,
        "listed": [{"key": one["key"], "label": one["label"]} for one in known[:LISTED]],
    }


def _fact(place: int, training: Training, zone: str) -> dict[str, str]:
    day = local_day(training.starts_at, zone)
    label = f"{day.month}/{day.day} {training.title}"
    return {"key": f"t{place}", "id": str(training.id), "title": training.title, "day": day.isoformat(), "label": label}


@dataclass(frozen=True)
class which_training:
    """Reads a day, a part of a title, or a new title."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer nothing besides the list."""
        return ()

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, str]:
        """Return {"id", "text"} of a training of hers, or {"text"} alone for one she names herself."""
        words = _HEDGES.sub("", said.text).strip(" 　「」《》“”\"'。.")
        if not words:
            raise Unclear("words_please")
        trainings = answers.facts["known_trainings"]
        day = _past_day(words, moment.today)
        if day is not None:
            return _chosen(_held_on(day, trainings))
        alike = [one for one in trainings if words.casefold() in one["title"].casefold()]
        if len(alike) > 1:
            raise Unclear("several_alike", *(_offer(one) for one in alike[:LISTED]))
        if len(words) > TITLE_AT_MOST:
            raise Unclear("too_long", at_most=TITLE_AT_MOST, length=len(words))
        return _chosen(alike[0]) if alike else {"text": words}


def _chosen(training: dict[str, str]) -> dict[str, str]:
    return {"id": training["id"], "text": training["title"]}


def _offer(training: dict[str, str]) -> Offer:
    return Offer(_chosen(training), "training", {"day": training["day"], "title": training["title"]})


def _held_on(day: date, trainings: list[dict[str, str]]) -> dict[str, str]:
    """Find the training of that day; otherwise offer the nearest real one."""
    if not trainings:
        raise Unclear("no_trainings_yet", day=day.isoformat())
    by_distance = sorted(trainings, key=lambda one: abs(date.fromisoformat(one["day"]) - day))
    on_that_day = [one for one in trainings if one["day"] == day.isoformat()]
    if len(on_that_day) > 1:
        raise Unclear("several_alike", *(_offer(one) for one in on_that_day))
    if not on_that_day:
        raise Unclear("none_that_day", _offer(by_distance[0]), day=day.isoformat())
    return on_that_day[0]


def _past_day(words: str, today: date) -> date | None:
    """Read a day that is over, such as 9号 or 昨天; None for no day; raise Unclear for 9月31日 and 明天."""
    plain = re.sub("(那[场場次天]|的|培训|培訓|研习|研習)+$", "", _HEDGES.sub("", words))
    try:
        found = dates.read_day(plain, today)
    except dates.PastDay as past:
        return past.day
    except dates.NoDay:
        return None
    except dates.ImpossibleDay as wrong:
        if re.fullmatch("[0-9一二三十]+[日号號]", plain):
            return _in_last_month(today, wrong.day)
        raise Unclear("no_such_day", month=wrong.month, day=wrong.day) from None
    over = found if found <= today else _one_turn_back(plain, found)
    if over is None:
        raise Unclear("not_over_yet", day=found.isoformat())
    return over


def _one_turn_back(words: str, coming: date) -> date | None:
    """Turn the coming 9号, 周三 or 9月10日 into the last one; None for what is only ahead: 明天, 2027年1月1日."""
    if re.search("20[0-9]{2}|明|后|後|下|next|tomorrow|after|in |later", words.casefold()):
        return None
    if re.search("[月/]|[a-z]{3} ?[0-9]|[0-9] ?[a-z]{3}", words.casefold()):
        return _same_day(coming.year - 1, coming.month, coming.day)
    if re.search("[周週期拜]", words) or re.fullmatch("[a-z ]+", words.casefold()):
        return coming - timedelta(days=7)
    return _in_last_month(coming, coming.day)


def _in_last_month(today: date, day: int) -> date:
    last_month = today.replace(day=1) - timedelta(days=1)
    return _same_day(last_month.year, last_month.month, day)


def _same_day(year: int, month: int, day: int) -> date:
    while day > 28:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1
    return date(year, month, day)


@dataclass(frozen=True)
class day_held:
    """Reads the day of a training that is over or is today, as ISO text."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer today and yesterday."""
        yesterday = moment.today - timedelta(days=1)
        return (
            Option("today", facts={"day": moment.today.isoformat()}),
            Option("yesterday", facts={"day": yesterday.isoformat()}),
        )

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the day; raise Unclear for no day."""
        if said.option:
            back = 0 if said.option == "today" else 1
            return (moment.today - timedelta(days=back)).isoformat()
        day = _past_day(said.text.strip(), moment.today)
        if day is None:
            raise Unclear("not_a_day")
        return day.isoformat()


def is_new(answers: Answers) -> bool:
    """Say whether she named a training that nobody entered."""
    chosen = answers.get("training")
    return isinstance(chosen, dict) and "id" not in chosen


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Attach the entry; a training of her own is made first."""
    entry = own_entry(session, person.id, UUID(answers.facts["entry_id"]))
    training = _training(session, answers, person) if entry else None
    if entry is None or training is None:
        return Outcome(say=[Say("gone")])
    return _attached(session, person, entry, training)


def _training(session: Session, answers: Answers, person: Person) -> Training | None:
    chosen = answers["training"]
    if is_new(answers):
        return _named(session, chosen["text"], date.fromisoformat(answers["held_on"]), person)
    listed = {one["key"]: one["id"] for one in answers.facts["known_trainings"]}
    id = listed.get(chosen) if isinstance(chosen, str) else chosen["id"]
    return attended_training(session, person.id, UUID(id)) if id else None


def _named(session: Session, title: str, day: date, person: Person) -> Training:
    noon = instant(day, NOON, person.zone)
    known = training_named_by(session, person.id, title)
    if known is not None and known.starts_at == noon:
        return known
    training = Training(title=title, starts_at=noon, ends_at=noon, named_by=person.id)
    session.add(training)
    session.flush()  # her attendance refers to it
    session.add(Attendance(training_id=training.id, person_id=person.id))
    session.flush()
    return training


def _attached(session: Session, person: Person, entry: Entry, training: Training) -> Outcome:
    was = title_of(session, entry.training_id) if entry.training_id != training.id else ""
    entry.training_id = training.id
    session.add(entry)
    day = local_day(training.starts_at, person.zone)
    buttons = (
        Tap("read", row=entry.id, handler="mine"),
        Tap("open", row=entry.id, handler="attach_entry", block="tap__another"),
        Tap("detach", row=entry.id),
    )
    return Outcome(say=[Say("attached", {"title": training.title, "day": day.isoformat(), "was": was}, buttons)])


def recent(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Attach to the training that was suggested on the card: the one that had just ended when she wrote."""
    entry = own_entry(session, person.id, row) if row else None
    training = suggested_training(session, person.id, entry.written_at) if entry else None
    if entry is None or training is None:
        return Outcome(say=[Say("gone")])
    return _attached(session, person, entry, training)


def detach(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take the entry off its training; the words stay."""
    entry = own_entry(session, person.id, row) if row else None
    if entry is None:
        return Outcome(say=[Say("gone")])
    entry.training_id = None
    session.add(entry)
    again = Tap("open", row=entry.id, handler="attach_entry", block="tap__another")
    return Outcome(say=[Say("detached", buttons=(again,))])


conversation = Conversation(
    name="attach_entry",
    facts=facts,
    questions=(
        Question("training", choice(from_facts="listed", other=which_training())),
        Question("held_on", day_held(), when=is_new),
    ),
    finish=finish,
    taps={"recent": recent, "detach": detach},
    keeps_draft=False,
)
