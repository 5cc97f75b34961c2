"""收到, 追问, 我来支持 about something shared; and the teacher's side of every question: 回一句, 当面聊, 知道了."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Open, Outcome, PromptKind, Say, Tap
from bot.conversation import Question as Asked
from bot.errors import Refused
from handlers.quoting import of_answers, of_items, of_question
from models import Person, Prompt, Question
from models.digests import mark_opened, oversees
from models.questions import already_said, received_question, visible_question
from models.quotes import Source
from models.rules.cadence import expires_at
from models.rules.contact import PERSONAL
from models.rules.wall_time import local_day
from models.shared import SharedItem, shared_item

WORDLESS = {"kind": "", "words": [], "first": ""}  # what stands for an item that is no longer shared
TAPPED = ("still", "tried")  # answers by one tap: 还在做, 试过了


def item_for(session: Session, viewer: Person, now: datetime, about: UUID | None) -> SharedItem:
    """Get an item that she may read and whose writer she looks after; raise Refused, which tells nothing more."""
    today = local_day(now, viewer.zone)
    item = shared_item(session, viewer.id, today, about) if about else None
    if item is None or not oversees(session, viewer.id, today, UUID(item.person_id)):
        raise Refused("gone")
    return item


def still_shared(session: Session, question: Question, now: datetime) -> SharedItem | None:
    """Read again what a question is about, as its asker may read it now."""
    asker = _asker(session, question)
    today = local_day(now, asker.zone)
    item = shared_item(session, asker.id, today, question.about_id) if question.about_id else None
    return item if item and oversees(session, asker.id, today, question.person_id) else None


def _asker(session: Session, question: Question) -> Person:
    asker = session.get(Person, question.asker_id)
    assert asker is not None  # a foreign key
    return asker


def _said(person: Person, item: SharedItem, kind: str, words: str, now: datetime) -> tuple[Question, Prompt]:
    """Make what she says about the item, and the card that brings it to its writer."""
    question = Question(
        asker_id=person.id,
        person_id=UUID(item.person_id),
        kind=kind,
        about_kind=item.about_kind,
        about_id=UUID(item.id),
        text=words,
        ask_at=now,
        made_at=now,
    )
    prompt = Prompt(
        key=f"response:{question.id}",
        person_id=question.person_id,
        kind="response",
        about_id=question.id,
        due_at=now,
        expires_at=expires_at("personal", now),
        manner=PERSONAL,
        made_at=now,
    )
    return question, prompt


def received(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """收到: the writer hears that it was read; a second tap changes nothing."""
    item = item_for(session, person, now, row)
    mark_opened(session, person.id, UUID(item.id), now)
    facts = {"item": item.facts()}
    if already_said(session, person.id, UUID(item.id), "received"):
        return Outcome(say=[Say("received_before", facts)])
    return Outcome(say=[Say("received", facts, _next(item))], keep=list(_said(person, item, "received", "", now)))


def _next(item: SharedItem) -> tuple[Tap, ...]:
    return (Tap("next", row=UUID(item.id), handler="digest"),)


def ask(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """追问: ask for the words."""
    item = item_for(session, person, now, row)
    return Outcome(open=Open("respond", UUID(item.id), answers={"way": "ask"}))


def support(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """我来支持: ask for the words."""
    item = item_for(session, person, now, row)
    return Outcome(open=Open("respond", UUID(item.id), answers={"way": "support"}))


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the item, and when its writer likes to be written to."""
    item = item_for(session, viewer, now, about)
    writer = session.get(Person, UUID(item.person_id))
    assert writer is not None  # a foreign key
    return {"item": {"id": item.id, "who": item.who}, "from_time": writer.contact_from}


def fresh(session: Session, viewer: Person, now: datetime, known: Mapping[str, Any]) -> dict[str, Any]:
    """Read the item anew; once it is no longer shared, nothing of it is shown but whose it was."""
    item = shared_item(session, viewer.id, local_day(now, viewer.zone), UUID(known["item"]["id"]))
    return {"item": item.facts() if item else known["item"] | WORDLESS}


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Send the words in her name, in the writer's hours; or not at all."""
    if answers["send"] != "send":
        return Outcome(say=[Say("not_sent")])
    item = item_for(session, person, now, UUID(answers.facts["item"]["id"]))
    mark_opened(session, person.id, UUID(item.id), now)
    facts = {"item": item.facts(), "way": answers["way"]}
    rows = _said(person, item, answers["way"], answers["words"], now)
    return Outcome(say=[Say("sent", facts, _next(item))], keep=list(rows))


def response_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Bring the words only while what they are about is still shared; note that they were brought."""
    question = received_question(session, person.id, prompt.about_id) if prompt.about_id else None
    item = still_shared(session, question, now) if question and question.state == "waiting" else None
    if question is None or item is None:
        return None
    question.state, question.asked_at = "asked", now
    return {**asked_facts(session, question), "item": item.facts()}


def asked_facts(session: Session, question: Question) -> dict[str, Any]:
    """Tell the person asked who asks what."""
    asker = _asker(session, question)
    return {
        "asker": asker.name,
        "asker_id": str(asker.id),
        "question_id": str(question.id),
        "way": question.kind,
        "words": question.text,
        "answer_comes": question.answer_comes,
    }


def _response_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    reply = Tap("open", row=prompt.about_id, handler="answer", block="tap__reply")
    if facts["way"] == "received":
        return (Tap("noted", row=prompt.about_id),)
    return (reply, Tap("talk", row=prompt.about_id), Tap("noted", row=prompt.about_id))


def asked_quotes(_prompt: Prompt, facts: dict[str, Any]) -> tuple[Source, ...]:
    """Name the asker's words; what they are about is the reader's own."""
    return of_question(facts)


def put_to(session: Session, viewer: Person, row: UUID | None) -> Question:
    """Get a question that was put to her and that she has not answered; raise Refused."""
    question = received_question(session, viewer.id, row) if row else None
    if question is None or question.state == "dropped":
        raise Refused("gone")
    if question.state == "answered":
        raise Refused("answered_before", **asked_facts(session, question))
    return question


def answer_with(session: Session, question: Question, kind: str, words: str, now: datetime) -> list[Prompt]:
    """Keep her answer; give the card that brings it to the asker, unless it waits for the digest."""
    question.state, question.answered_at = "answered", now
    question.answer_kind, question.answer = kind, words
    if question.answer_comes == "digest":
        return []
    question.reported_at = now
    return [
        Prompt(
            key=f"answer:{question.id}",
            person_id=question.asker_id,
            kind="answered",
            about_id=question.id,
            due_at=now,
            expires_at=expires_at("answer", now),
            manner=PERSONAL,
            made_at=now,
        )
    ]


def talk(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """当面聊: the asker hears that she would rather talk."""
    question = put_to(session, person, row)
    keep = answer_with(session, question, "talk", "", now)
    return Outcome(say=[Say("will_talk", asked_facts(session, question))], keep=list(keep))


def _tapped(key: str) -> Any:
    def tap(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
        question = put_to(session, person, row)
        keep = answer_with(session, question, "tap", key, now)
        return Outcome(say=[Say("tap_told", {**asked_facts(session, question), "key": key})], keep=list(keep))

    return tap


def noted(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了: nobody is told; what was an answer stays one."""
    question = received_question(session, person.id, row) if row else None
    if question is not None and question.state in ("waiting", "asked"):
        question.state, question.answer_kind, question.answered_at = "seen", "seen", now
    return Outcome(say=[Say("nodded")])


def nod(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了, on the asker's side."""
    return Outcome(say=[Say("nodded")])


def answer_view(session: Session, viewer: Person, question: Question, now: datetime) -> dict[str, Any]:
    """Tell the asker what she answered; what it was about only while it is still shared."""
    answerer = session.get(Person, question.person_id)
    today = local_day(now, viewer.zone)
    item = shared_item(session, viewer.id, today, question.about_id) if question.about_id else None
    assert answerer is not None  # a foreign key
    return {
        "name": answerer.name,
        "answerer_id": str(answerer.id),
        "question_id": str(question.id),
        "way": question.kind,
        "words": question.text,
        "answer_kind": question.answer_kind,
        "answer": question.answer,
        "about": item.facts() if item else WORDLESS,
    }


def answered_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Read the answer at the moment it is shown to the asker."""
    question = visible_question(session, person.id, prompt.about_id) if prompt.about_id else None
    if question is None or question.asker_id != person.id or question.state != "answered":
        return None
    return answer_view(session, person, question, now)


def _answered_quotes(_prompt: Prompt, facts: dict[str, Any]) -> tuple[Source, ...]:
    return (*of_items([facts["about"]]), *of_answers([facts]))


def _item_quotes(answers: Answers) -> tuple[Source, ...]:
    return of_items([answers.facts["item"]])


def _question_quotes(answers: Answers) -> tuple[Source, ...]:
    return of_question(answers.facts)


def _answered_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("nod", row=prompt.about_id),)


def answer_facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the question she wants to answer."""
    question = put_to(session, viewer, about)
    return {**asked_facts(session, question), "about": str(question.id)}


def finish_answer(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Bring her words to the asker, unless she thought better of it."""
    question = put_to(session, person, UUID(answers.facts["about"]))
    if answers["send"] != "send":
        return Outcome(say=[Say("not_sent")])
    keep = answer_with(session, question, "words", answers["words"], now)
    return Outcome(say=[Say("answer_sent", asked_facts(session, question))], keep=list(keep))


conversation = Conversation(
    name="respond",
    questions=(
        Asked("way", choice("ask", "support")),
        Asked("words", text(at_most=500), expects_question=True, quotes=_item_quotes),
        Asked("send", choice("send", "drop"), is_step=False, revises=("words",)),
    ),
    finish=finish,
    facts=facts,
    fresh=fresh,
    taps={
        "received": received,
        "ask": ask,
        "support": support,
        "talk": talk,
        "noted": noted,
        "nod": nod,
        **{key: _tapped(key) for key in TAPPED},
    },
    prompts=(
        PromptKind("response", response_wanted, _response_buttons, budgeted=False, is_whole=True, quotes=asked_quotes),
        PromptKind(
            "answered", answered_wanted, _answered_buttons, budgeted=False, is_whole=True, quotes=_answered_quotes
        ),
    ),
)

answer = Conversation(
    name="answer",
    questions=(
        Asked("words", text(at_most=1000), expects_question=True, quotes=_question_quotes),
        Asked("send", choice("send", "drop"), is_step=False, revises=("words",)),
    ),
    finish=finish_answer,
    facts=answer_facts,
)

handlers = [conversation, answer]
