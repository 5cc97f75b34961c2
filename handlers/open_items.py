"""我的待办: what is open, in one list without any hurry, with a button to go on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Answers, Command, Conversation, Outcome, Say, Tap, next_question, progress
from models import Action, Observation, Person, Question
from models import Conversation as Talk
from models.actions import open_actions
from models.conversations import resumable
from models.observations import coming_observations, lessons_to_answer
from models.questions import waiting_for_answer

LISTED_FOR = timedelta(days=14)  # so long after a lesson it is offered to write about it
SHOWN = 4  # items on one card
BUTTONS = 4
MARKS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """List the first things that are open."""
    return Outcome(say=[_listed(list(_items(session, person, now)), 0)])


def _more(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """List what comes after the item that was shown last."""
    items = list(_items(session, person, now))
    place = next((place for place, item in enumerate(items, 1) if item["id"] == str(row)), 0)
    return Outcome(say=[_listed(items, place if place < len(items) else 0)])


def _listed(items: list[dict[str, Any]], skipped: int) -> Say:
    if not items:
        return Say("none")
    for place, item in enumerate(items):
        item["mark"] = MARKS[place] if place < len(MARKS) else f"{place + 1}."
    shown = items[skipped : skipped + SHOWN]
    has_more = len(items) > skipped + SHOWN
    facts = {"items": shown, "total": len(items), "skipped": skipped}
    taps = [_tap(item) for item in shown][: BUTTONS - has_more]
    more = (Tap("more", UUID(shown[-1]["id"])),) if has_more else ()
    return Say("listed", facts, (*taps, *more))


def _tap(item: dict[str, Any]) -> Tap:
    option, handler, block = _GOES_TO[item["kind"]]
    return Tap(option, UUID(item["id"]), handler, block=block, facts={"mark": item["mark"]})


# How one goes on with an item: the tap, whose it is, and what its button says.
_GOES_TO = {
    "question": ("open", "answer", "tap__answer"),
    "talk": ("resume", "engine", "tap__resume_talk"),
    "action": ("open", "follow_up", "tap__follow"),
    "observation": ("show", "observation", "tap__visit"),
    "feedback": ("open", "feedback", "tap__write"),
    "draft": ("resume", "engine", "tap__resume_draft"),
}


def _items(session: Session, person: Person, now: datetime) -> Iterator[dict[str, Any]]:
    """Give what is open: colleagues' questions, talks put aside, what is being tried, visits, drafts."""
    talks = [talk for talk in resumable(session, person.id, now) if talk.answers]
    yield from (_question(session, one) for one in waiting_for_answer(session, person.id))
    yield from (_talk(talk, "talk") for talk in talks if talk.state == "aside")
    yield from (_action(one) for one in open_actions(session, person.id))
    yield from (_observation(session, person, one) for one in coming_observations(session, person.id, now))
    yield from (_observation(session, person, one, "feedback") for one in _to_write(session, person, talks, now))
    yield from (_talk(talk, "draft") for talk in talks if talk.state == "draft")


def _question(session: Session, question: Question) -> dict[str, Any]:
    asker = session.get(Person, question.asker_id)
    return {"kind": "question", "id": str(question.id), "asker": asker.name if asker else "", "words": question.text}


def _action(action: Action) -> dict[str, Any]:
    return {"kind": "action", "id": str(action.id), "action": action.told()}


def _to_write(session: Session, person: Person, talks: list[Talk], now: datetime) -> list[Observation]:
    """List the lessons she heard lately and may write about, where she has not begun."""
    begun = {talk.about_id for talk in talks}
    return [one for one in lessons_to_answer(session, person.id, now - LISTED_FOR, now) if one.id not in begun]


def _observation(session: Session, person: Person, seen: Observation, kind: str = "observation") -> dict[str, Any]:
    is_observer = seen.observer_id == person.id
    other = session.get(Person, seen.teacher_id if is_observer else seen.observer_id)
    return {
        "kind": kind,
        "id": str(seen.id),
        "day": seen.day.isoformat(),
        "period": seen.period,
        "is_observer": is_observer,
        "other": other.name if other else "",
        "is_agreed": seen.state == "agreed",
    }


def _talk(talk: Talk, kind: str) -> dict[str, Any]:
    step, steps = _progress(talk)
    return {
        "kind": kind,
        "id": str(talk.id),
        "handler": talk.name,
        "step": step,
        "steps": steps,
        "words": _last_words(talk),
        "touched_at": talk.touched_at.isoformat(),
        "kept_until": talk.kept_until.isoformat() if talk.kept_until else None,
    }


def _progress(talk: Talk) -> tuple[int, int]:
    """Count how far a talk has come; (0, 0) when its checklist is no longer known."""
    from handlers import HANDLERS  # the list of all handlers imports this one

    known = next((one for one in HANDLERS if isinstance(one, Conversation) and one.name == talk.name), None)
    answers = Answers(talk.answers, talk.facts)
    question = next_question(known, answers) if known else None
    return progress(known, answers, question) if known and question else (0, 0)


def _last_words(talk: Talk) -> str:
    """Find the last answer in words of her own; the key of an option tells her nothing."""
    said = [value["text"] if isinstance(value, dict) and "text" in value else value for value in talk.answers.values()]
    return next((one for one in reversed(said) if isinstance(one, str) and (len(one) > 12 or not one.isascii())), "")


command = Command(name="open_items", command="open", answer=answer, taps={"more": _more})
