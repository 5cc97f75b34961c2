"""提醒我: her own words at the moment she names, once or again and again; asked for by herself, so outside the budget."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Said, choice, text
from bot.conversation import Answers, Command, Conversation, Outcome, Question, Say, Tap
from bot.errors import NotMeant, Refused, Unclear
from bot.school import school_clock
from handlers.reminding import PROMPTS
from handlers.when import AnyTime
from models import Person, Reminder
from models.prompts import drop_about
from models.reminders import own_reminder, own_reminders
from models.rules.asked_reminders import asked_for, is_asking, what_alone
from models.rules.recurrences import Recurrence, days_of
from models.rules.unread import NoMoment

SHOWN = 6  # reminders on one card
ENOUGH = 20  # reminders of one person at a time; more are noise she would not read


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read what she typed at once (明天早上7点半交教案); words without a moment are asked about."""
    if len(own_reminders(session, viewer.id)) >= ENOUGH:
        raise Refused("enough", count=ENOUGH)
    moment = Moment(now, viewer.zone, school_clock(session))
    return {"answers": _typed_at_once(rest, moment)} if rest else {}


def _typed_at_once(rest: str, moment: Moment) -> dict[str, Any]:
    words = rest if is_asking(rest) else f"remind me {rest}"
    try:
        when, what = _parted(words, moment)
    except NoMoment:
        return _without_a_moment(words)
    return {"when": when, **({"what": what[:120]} if what else {})}


def _parted(words: str, moment: Moment) -> tuple[dict[str, Any], str]:
    def read(when: str) -> dict[str, Any]:
        try:
            return AnyTime().read(Said(when), {}, moment)
        except Unclear:
            raise NoMoment(when) from None

    return asked_for(words, read)


def is_plain(words: str, moment: Moment) -> bool:
    """Say whether both the moment and what it is about were said: 提醒我多等三秒 may be an answer."""
    try:
        return bool(_parted(words, moment)[1])
    except NoMoment:
        return False


def _without_a_moment(words: str) -> dict[str, Any]:
    what = what_alone(words)
    if what is None:
        raise NotMeant  # 学生的眼神提醒我慢一点
    return {"what": what}


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the reminder; its prompt is made when the moment comes."""
    when = answers["when"]
    reminder = Reminder(person_id=person.id, words=answers["what"], made_at=now, **timed(when, now))
    say = Say("kept", {"when": when, "what": answers["what"]}, (Tap("take_back", reminder.id), Tap("all", reminder.id)))
    return Outcome(say=[say], keep=[reminder])


def timed(when: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Give the columns of a reminder that say when; a moment that passed while she was writing is now."""
    first = datetime.fromisoformat(when["at"]).astimezone(UTC)
    return {"rule": when["rule"], "at": when["time"], "next_at": max(first, now)}


def take_back(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take a reminder back, with what waits to be said of it."""
    reminder = own_reminder(session, person.id, row) if row else None
    if reminder is None:
        return Outcome(say=[Say("gone")])
    replan = set(drop_about(session, reminder.id))
    words = reminder.words
    session.delete(reminder)
    return Outcome(say=[Say("taken_back", {"what": words})], replan=replan)


def show_all(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """List every reminder she set."""
    return listed(session, person, "", now)


def listed(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """List her reminders, each with a button to take it back."""
    found = own_reminders(session, person.id)
    shown = [told(reminder) for reminder in found[:SHOWN]]
    taps = [
        Tap("take_back", reminder.id, handler="remind", block="tap__drop", facts={"number": number})
        for number, reminder in enumerate(found[:SHOWN], 1)
    ]
    return Outcome(
        say=[Say("listed" if found else "none", {"reminders": shown, "total": len(found)}, tuple(taps), "remind")]
    )


def told(reminder: Reminder) -> dict[str, Any]:
    """Tell one reminder as the templates want it."""
    again = Recurrence(reminder.rule, time.fromisoformat(reminder.at)) if reminder.rule else None
    return {
        "what": reminder.words,
        "when": {
            "at": reminder.next_at.isoformat() if reminder.next_at else None,
            "rule": reminder.rule,
            "time": reminder.at,
            "days": list(days_of(again)) if again else [],
        },
        "is_rule": reminder.unit_id is not None,
    }


def noted(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了: a nod."""
    return Outcome(say=[Say("nodded")])


conversation = Conversation(
    name="remind",
    command="remind",
    questions=(
        Question("when", AnyTime()),
        Question("what", text(at_most=120), expects_question=True),
        Question("right", choice("yes"), revises=("when", "what"), retypes=("when",)),
    ),
    finish=finish,
    facts=facts,
    taps={"take_back": take_back, "all": show_all, "noted": noted},
    prompts=PROMPTS,
    keeps_draft=False,
    takes_rest=True,
    is_plain=is_plain,
)

all_of_hers = Command(name="my_reminders", command="reminders", answer=listed)
