"""设置: when the bot may speak to her, a pause, how much it reminds (轻/常/勤), what about, the language."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, Said, choice, day
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Unclear
from bot.school import school_clock
from handlers.hours import chosen_hours, hours_of, hours_questions, set_hours
from models import Person
from models.rules.cadence import STRENGTHS
from models.rules.spans import from_now
from models.rules.subjects import SUBJECTS
from models.rules.wall_time import MIDNIGHT, instant, local_day

LANGUAGES = {"hans": "zh_Hans", "hant": "zh_Hant", "en": "en"}
BUDGETS = {"three": 3, "two": 2, "one": 1}  # bot-started messages a week, for one who only wants fewer
NUMBER = "number"
RESUME = "resume"


class PauseUntil:
    """Reads until which day to keep quiet: one or two weeks, a day she names, so many days, or 现在恢复 while it is quiet."""

    days = day(quick=(("week", "in 1 week"), ("weeks", "in 2 weeks")))

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer one week and two, and to end the pause there is."""
        paused = answers.facts.get("paused_until") is not None
        return [*self.days.options(answers, moment), *([Option(RESUME)] if paused else [])]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the day on which the bot may speak again, as YYYY-MM-DD, or `resume`; raise Unclear."""
        if said.option == RESUME:
            return RESUME
        if said.option is None:
            said = replace(said, text=from_now(said.text) or said.text)
        return self.days.read(said, answers, moment)


class SubjectToSwitch:
    """Reads which subject to switch on or off: each button says what the tap will do."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer to switch off what is on, and on what is off."""
        off = answers.facts["quiet_about"]
        return [Option(f"{one}_{'on' if one in off else 'off'}") for one in SUBJECTS]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the subject and which way, as visit_off."""
        if said.option is None:
            raise Unclear("not_an_option")
        return said.option


def facts(session: Session, viewer: Person, now: datetime, _about: UUID | None, _rest: str) -> dict[str, Any]:
    """Tell how things stand."""
    until = viewer.paused_until
    return {
        "contact": hours_of(viewer),
        "budget": _budget(session, viewer),
        "quiet_about": list(viewer.quiet_about),
        "paused_until": local_day(until, viewer.zone).isoformat() if until and until > now else None,
    }


def about(subject: str) -> Any:
    """Make the condition that a question belongs to what she wants to change."""
    return lambda answers: answers.get("what") == subject


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Change one thing and say how it stands now; a new language is answered in itself."""
    changed = {"hours": _set_hours, "pause": _pause, "strength": _set_strength}
    changed |= {"subject": _switch, "language": _set_language}
    say = changed[answers["what"]](session, answers, person)
    return Outcome([say], replan={person.id})


def _set_hours(_session: Session, answers: Answers, person: Person) -> Say:
    set_hours(person, chosen_hours(answers))
    return _said("hours_set" if person.may_contact else "never_set", contact=hours_of(person))


def _pause(_session: Session, answers: Answers, person: Person) -> Say:
    if answers["pause"] == RESUME:
        person.paused_until = None
        return _said("resumed_now", contact=hours_of(person))
    until = date.fromisoformat(answers["pause"])
    person.paused_until = instant(until, MIDNIGHT, person.zone)
    return _said("paused", until=until)


def _set_strength(session: Session, answers: Answers, person: Person) -> Say:
    if answers["strength"] == NUMBER:
        person.weekly_budget = BUDGETS[answers["fewer"]]
        return _said("budget_set", budget=_budget(session, person))
    person.strength = answers["strength"]
    person.weekly_budget = STRENGTHS[person.strength].weekly_budget
    return _said("strength_set", strength=person.strength, budget=_budget(session, person))


def _switch(_session: Session, answers: Answers, person: Person) -> Say:
    subject, _, turn = answers["subject"].rpartition("_")
    others = [one for one in person.quiet_about if one != subject]
    person.quiet_about = [*others, subject] if turn == "off" else others
    return _said(f"switched_{turn}", subject=subject)


def _budget(session: Session, person: Person) -> int:
    """Tell how many cards a week she gets at most: her own number, or the school's if that is lower."""
    return min(person.weekly_budget, school_clock(session).most_a_week)


def _asks_number(answers: Any) -> bool:
    return bool(answers.get("what") == "strength" and answers.get("strength") == NUMBER)


def _set_language(_session: Session, answers: Answers, person: Person) -> Say:
    person.language = LANGUAGES[answers["language"]]
    return _said("language_set")


def _said(block: str, **known: Any) -> Say:
    return Say(block, known, (Tap("cmd", handler="settings", block="tap__more"),))


conversation = Conversation(
    name="settings",
    command="settings",
    questions=(
        Question("what", choice("hours", "pause", "strength", "subject", "language")),
        *hours_questions(about("hours")),
        Question("pause", PauseUntil(), when=about("pause")),
        Question("strength", choice(*STRENGTHS, NUMBER), when=about("strength")),
        Question("fewer", choice(*BUDGETS), when=_asks_number),
        Question("subject", SubjectToSwitch(), when=about("subject")),
        Question("language", choice(*LANGUAGES), when=about("language")),
    ),
    finish=finish,
    facts=facts,
    keeps_draft=False,
)
