"""The form after an observed lesson: one strength, the thing watched, one suggestion; the observer's own until sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Form, Outcome, PromptKind, Question, Say, Tap
from bot.errors import Refused
from handlers.observation_cards import card_facts
from handlers.observation_set import note_held
from models import Attachment, Observation, Person, Prompt
from models.observations import enclosures, feedback_of, visible_observation
from models.prompts import drop_about
from models.quotes import Source
from models.rules.cadence import expires_at
from models.rules.contact import PERSONAL

PARTS = ("strength", "watched", "suggestion")


def _hers(session: Session, viewer: Person, about: UUID | None, now: datetime) -> Observation:
    """Get a lesson that she observed and of which she has sent nothing yet; raise Refused."""
    observation = visible_observation(session, viewer.id, about) if about else None
    if observation is None or observation.observer_id != viewer.id:
        raise Refused("gone")
    card = card_facts(session, observation, viewer)
    if observation.feedback == "sent":
        raise Refused("sent_before", **card)
    if observation.state not in ("agreed", "held"):
        raise Refused("not_to_write", **card)
    if observation.starts_at > now:
        raise Refused("not_yet", **card)
    return observation


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read which lesson it is about and what she was asked to watch."""
    observation = _hers(session, viewer, about, now)
    return {**card_facts(session, observation, viewer), "about": str(observation.id)}


def only_spoken(part: str) -> Any:
    """Ask for a word only after an answer that was nothing but a recording or a picture."""

    def when(answers: Answers) -> bool:
        given = answers.get(part) or {"files": [], "text": ""}
        return bool(given["files"]) and not given["text"]

    return when


def words_in(answers: Answers, part: str) -> str:
    """Give the words of one part: typed with it, or added to a recording."""
    given = answers.get(part)
    return (given["text"] if given else "") or answers.get(f"{part}_words") or ""


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the three parts; send them only when she says so."""
    observation = _hers(session, person, UUID(answers.facts["about"]), now)
    for part in PARTS:
        setattr(observation, part, words_in(answers, part))
        _keep_files(session, person, observation, answers.get(part))
    observation.state = "held"
    note_held(session, observation, now)
    replan = set(drop_about(session, observation.id))
    if answers["send"] == "send":
        outcome = _sent(session, person, observation, now)
        return Outcome(say=outcome.say, keep=outcome.keep, replan=replan)
    observation.feedback = "kept"
    card = card_facts(session, observation, person)
    return Outcome(say=[Say("kept_mine", card, (Tap("send", row=observation.id),))], replan=replan)


def _keep_files(session: Session, person: Person, observation: Observation, given: Any) -> None:
    for file_id in given["files"] if given else ():
        attachment = session.get(Attachment, UUID(file_id))
        if attachment is not None and attachment.person_id == person.id:
            attachment.observation_id = observation.id


def _sent(session: Session, person: Person, observation: Observation, now: datetime) -> Outcome:
    observation.feedback, observation.sent_at = "sent", now
    prompt = _told(observation, observation.teacher_id, "feedback_came", now)
    return Outcome(say=[Say("sent", card_facts(session, observation, person))], keep=[prompt])


def _told(observation: Observation, to: UUID, kind: str, now: datetime) -> Prompt:
    return Prompt(
        key=f"observation:{observation.id}/{kind}",
        person_id=to,
        kind=kind,
        about_id=observation.id,
        due_at=now,
        expires_at=expires_at("personal", now),
        manner=PERSONAL,
        made_at=now,
    )


def send(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """发给她, after having kept it for herself at first."""
    observation = _hers(session, person, row, now)
    if observation.feedback != "kept":
        raise Refused("gone")
    return _sent(session, person, observation, now)


def came_facts(session: Session, viewer: Person, observation: Observation) -> dict[str, Any]:
    """Show feedback to one who may read it: words, and the recordings or pictures that go with it."""
    parts = {part: getattr(observation, part) for part in PARTS}
    card = card_facts(session, observation, viewer)
    found = enclosures(session, viewer.id, observation.id)
    files = [{"id": str(one.id), "kind": one.kind, "for": str(viewer.id)} for one in found]
    return {**card, **parts, "files": files, "observer_id": str(observation.observer_id), "about": str(observation.id)}


def _enclosed(facts: dict[str, Any]) -> tuple[Say, ...]:
    """Send each recording or picture as it came; whether she may have it is asked again when it leaves."""
    return tuple(
        Say(
            "enclosed",
            {**facts, "file": one, "number": number},
            form=Form("enclosure", UUID(one["for"]), UUID(one["id"])),
            quotes=_observers(facts),
        )
        for number, one in enumerate(facts["files"], start=1)
    )


def _observers(facts: dict[str, Any]) -> tuple[Source, ...]:
    return (Source(UUID(facts["observer_id"]), UUID(facts["about"])),)


def _came_quotes(prompt: Prompt, facts: dict[str, Any]) -> tuple[Source, ...]:
    return _observers(facts)


def _came_enclosed(prompt: Prompt, facts: dict[str, Any]) -> tuple[Say, ...]:
    return _enclosed(facts)


def came(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Read the feedback at the moment it is shown to the teacher."""
    observation = feedback_of(session, person.id, prompt.about_id) if prompt.about_id else None
    return came_facts(session, person, observation) if observation else None


def _came_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    action = (Tap("open", row=prompt.about_id, handler="action", block="tap__action"),) if facts["suggestion"] else ()
    reply = Tap("open", row=prompt.about_id, handler="feedback_answer", block="tap__reply")
    return (reply, *action, Tap("noted", row=prompt.about_id))


def read_again(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Show the feedback of one lesson once more, to whoever may read it."""
    observation = feedback_of(session, person.id, row) if row else None
    if observation is None or observation.feedback not in ("kept", "sent"):
        raise Refused("gone")
    facts = came_facts(session, person, observation)
    return Outcome(say=[Say("once_more", facts, quotes=_observers(facts)), *_enclosed(facts)])


def noted(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了: a nod."""
    return Outcome(say=[Say("nodded")])


def _given(session: Session, viewer: Person, about: UUID | None) -> Observation:
    """Get a lesson of hers whose feedback has come; raise Refused."""
    observation = feedback_of(session, viewer.id, about) if about else None
    if observation is None or observation.teacher_id != viewer.id:
        raise Refused("gone")
    if observation.answer:
        raise Refused("answered_before", **card_facts(session, observation, viewer), answer=observation.answer)
    return observation


def answer_facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the feedback she wants to answer."""
    observation = _given(session, viewer, about)
    return {**card_facts(session, observation, viewer), "about": str(observation.id)}


def finish_answer(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Send her words back to the observer, unless she thought better of it."""
    observation = _given(session, person, UUID(answers.facts["about"]))
    card = card_facts(session, observation, person)
    if answers["send"] != "send":
        return Outcome(say=[Say("not_sent", card)])
    observation.answer = answers["words"]
    prompt = _told(observation, observation.observer_id, "feedback_answered", now)
    return Outcome(say=[Say("answer_sent", card)], keep=[prompt])


def answered(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Read the teacher's answer at the moment it is shown to the observer."""
    observation = visible_observation(session, person.id, prompt.about_id) if prompt.about_id else None
    if observation is None or not observation.answer:
        return None
    card = card_facts(session, observation, person)
    return {**card, "answer": observation.answer, "teacher_id": str(observation.teacher_id)}


def _answered_quotes(prompt: Prompt, facts: dict[str, Any]) -> tuple[Source, ...]:
    assert prompt.about_id is not None  # planned with its lesson
    return (Source(UUID(facts["teacher_id"]), prompt.about_id),)


def _nod(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted", row=prompt.about_id),)


conversation = Conversation(
    name="feedback",
    questions=(
        Question("strength", text(at_most=1000, files=True), expects_question=True),
        Question("strength_words", text(at_most=300), when=only_spoken("strength"), optional=True, is_step=False),
        Question("watched", text(at_most=1000, files=True), optional=True, expects_question=True),
        Question("watched_words", text(at_most=300), when=only_spoken("watched"), optional=True, is_step=False),
        Question("suggestion", text(at_most=1000, files=True), optional=True, expects_question=True),
        Question("suggestion_words", text(at_most=300), when=only_spoken("suggestion"), optional=True, is_step=False),
        Question("send", choice("send", "keep"), is_step=False, revises=PARTS),
    ),
    finish=finish,
    facts=facts,
    taps={"send": send, "noted": noted, "read_again": read_again},
    prompts=(
        PromptKind(
            "feedback_came",
            came,
            _came_buttons,
            budgeted=False,
            encloses=_came_enclosed,
            is_whole=True,
            quotes=_came_quotes,
        ),
        PromptKind("feedback_answered", answered, _nod, budgeted=False, is_whole=True, quotes=_answered_quotes),
    ),
)

answer = Conversation(
    name="feedback_answer",
    questions=(
        Question("words", text(at_most=1000), expects_question=True),
        Question("send", choice("send", "drop"), is_step=False, revises=("words",)),
    ),
    finish=finish_answer,
    facts=answer_facts,
)

handlers = [conversation, answer]
