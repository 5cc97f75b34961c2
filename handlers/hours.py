"""When may the bot speak to her: the question that joining and settings share, and her columns as facts and back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from bot.answers import Moment, Option, Said, choice
from bot.conversation import Answers, Question
from bot.errors import Unclear
from models import Person
from models.rules.hours import USUAL, Hours, NoHours, read_hours

# The quick choices: days and local hours.
QUICK = {
    "afternoon": Hours(frozenset(range(5)), time(16, 30), time(21, 0)),
    "noon": Hours(frozenset(range(5)), time(12, 0), time(13, 30)),
}
OWN, NEVER = "own", "never"


def hours_value(hours: Hours, said: str = "") -> dict[str, Any]:
    """Write hours as an answer that fits JSON; `runs` are the weekdays as stretches: [[0, 3]] is Monday to Thursday."""
    days = sorted(hours.weekdays)
    return {
        "text": said,
        "days": "".join(map(str, days)),
        "runs": runs(days),
        "from": f"{hours.start:%H:%M}",
        "until": f"{hours.end:%H:%M}",
    }


def runs(days: Iterable[int]) -> list[list[int]]:
    """Join weekdays that follow each other into stretches of first and last."""
    found: list[list[int]] = []
    for day in sorted(days):
        if found and found[-1][1] == day - 1:
            found[-1][1] = day
        else:
            found.append([day, day])
    return found


def hours_of(person: Person) -> dict[str, Any]:
    """Give the contact hours of a person as facts."""
    return {**hours_value(_columns(person)), "may_contact": person.may_contact}


def _columns(person: Person) -> Hours:
    days = frozenset(int(day) for day in person.contact_days)
    return Hours(days, time.fromisoformat(person.contact_from), time.fromisoformat(person.contact_until))


def set_hours(person: Person, value: dict[str, Any] | None) -> None:
    """Write hours into her columns; None is 别主动找我, and her hours stay for the day she changes her mind."""
    person.may_contact = value is not None
    if value is not None:
        person.contact_days, person.contact_from, person.contact_until = value["days"], value["from"], value["until"]


@dataclass(frozen=True)
class ContactHours:
    """Reads a quick choice, or free words such as 晚上八点以后，周五不要.

    What she does not mention stays as she said before, or as `contact` in the facts says, or as usual. 我自己定 shows
    her how to say it.
    """

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the quick choices, free words, and not to be contacted at all."""
        return [Option(key) for key in (*QUICK, OWN, NEVER)]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any] | str:
        """Return the key of a choice, or the hours that were typed; raise Unclear naming what is wrong with them."""
        if said.option == OWN:
            raise Unclear("say_hours")
        if said.option is not None:
            return said.option
        if said.files:
            raise Unclear("words_please")
        try:
            return hours_value(read_hours(said.text, _usual(_before(answers))), said.text.strip())
        except NoHours as unread:
            raise Unclear(f"hours_{unread.reason}") from None


def _before(answers: Answers) -> dict[str, Any] | None:
    """Give what a change starts from: what she has typed already and corrects now, or how it stands."""
    typed = answers.get("hours")
    return typed if isinstance(typed, dict) else answers.facts.get("contact")


def _usual(value: dict[str, Any] | None) -> Hours:
    if value is None:
        return USUAL
    days = frozenset(int(day) for day in value["days"])
    return Hours(days, time.fromisoformat(value["from"]), time.fromisoformat(value["until"]))


def chosen_hours(answers: Answers) -> dict[str, Any] | None:
    """Return the hours that were chosen or typed; None for 别主动找我."""
    chosen = answers["hours"]
    if chosen == NEVER:
        return None
    return hours_value(QUICK[chosen]) if isinstance(chosen, str) else chosen


def hours_questions(when: Callable[[Answers], bool]) -> tuple[Question, ...]:
    """Make the questions: quick choices or free words, and then what we understood of the words."""

    def is_typed(answers: Answers) -> bool:
        return when(answers) and isinstance(answers.get("hours"), dict)

    return (
        Question("hours", ContactHours(), when=when),
        Question("hours_right", choice("yes"), when=is_typed, is_step=False, revises=("hours",), retypes=("hours",)),
    )
