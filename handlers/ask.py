"""问询: one short question about something shared, to one teacher or the group, in her own time and budget."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, Said, choice, day, text
from bot.conversation import Answers, Conversation, Outcome, PromptKind, Say, Tap
from bot.conversation import Question as Asked
from bot.errors import NotMeant, Refused, Unclear
from bot.school import school_clock
from handlers.names_typed import colleague, found_in, named_in, people_facts
from handlers.quoting import of_items
from handlers.respond import TAPPED, WORDLESS, asked_facts, asked_quotes, item_for, still_shared
from models import Person, Prompt, Question
from models.base import new_id
from models.digests import looks_after_anyone, people_looked_after
from models.prompts import drop_about
from models.questions import own_batch, received_question
from models.quotes import Source
from models.rules.cadence import expires_at
from models.rules.contact import ORDINARY
from models.rules.wall_time import instant, local_day
from models.rules.wishes import CALLED, Wish, is_question, read_wish
from models.shared import SharedItem, recently_shared, shared_items

ALL = "all"
LOOK_BACK = timedelta(days=60)
TOPIC_AT_MOST = 40  # characters
NAMED_AT_MOST = 500  # colleagues whose names are looked for in a sentence
ASK_ON = day(quick=(("tomorrow", "tomorrow"), ("week", "in 1 week"), ("weeks", "in 2 weeks")), needs_school=True)
ITEMS = 5  # shared items of one person to choose from


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read who shared something with her lately, and what; with a button's item, that item alone."""
    today = local_day(now, viewer.zone)
    wish = read_wish(rest) if about is None and rest else None
    if wish is not None and not _is_meant(session, viewer, today, wish):
        raise NotMeant
    if about is not None:
        shared = [item_for(session, viewer, now, about)]
    elif not looks_after_anyone(session, viewer.id, today):
        raise Refused("not_for_you")
    else:
        shared = recently_shared(session, viewer.id, today, now - LOOK_BACK)
    if not shared:
        raise Refused("nothing_shared")
    people = {UUID(item.person_id): session.get(Person, UUID(item.person_id)) for item in shared}
    told = people_facts([person for person in people.values() if person is not None])
    keys = {id: key for key, id in told["ids"].items()}
    named = _only(named_in(wish.rest, told["names"])) if wish else _named_at_once(rest, told)
    only = "p0" if len(people) == 1 else named
    known = {
        **told,
        "only": only,
        "items": [_offered(place, item, keys[item.person_id]) for place, item in enumerate(shared)],
        "topic": "",
    }
    if wish is None:
        return known
    moment = Moment(now, viewer.zone, school_clock(session))
    return known | _wished(wish, told["names"].get(only or "", ""), only, known["items"], shared, moment)


def _is_meant(session: Session, viewer: Person, today: date, wish: Wish) -> bool:
    """Say whether she means a colleague she looks after: 下周五问问家长 is a note to herself."""
    circle = people_looked_after(session, viewer.id, today, "", at_most=NAMED_AT_MOST)
    named = named_in(wish.rest, {str(one.id): one.name for one in circle})
    return bool(circle) and (wish.is_of_one or wish.is_of_all or bool(named))


def _wished(
    wish: Wish, name: str, only: str | None, items: list[dict[str, Any]], shared: list[SharedItem], moment: Moment
) -> dict[str, Any]:
    """Give what the sentence already says as answers, and what it is about as a topic that can be asked by a tap."""
    answers: dict[str, Any] = {}
    if only is None and wish.is_of_all:
        answers["whom"] = ALL
    subject = wish.subject(_as_written(wish.rest, name))
    found = [kept["key"] for kept, item in zip(items, shared, strict=True) if _is_about(item, kept, subject, only)]
    if len(found) == 1 and only is not None:
        answers["about"] = found[0]
    is_whole = bool(subject) and is_question(subject)
    if is_whole:
        answers["words"] = subject
    with suppress(Unclear):  # a day that cannot be is asked for in its turn
        answers["ask_on"] = ASK_ON.read(Said(wish.when), None, moment)
    return {"answers": answers, "topic": "" if is_whole else subject[:TOPIC_AT_MOST]}


def _as_written(words: str, name: str) -> str:
    """Find how the sentence names the person: 林晓, or 林老师 and 小林 for her."""
    whole = name.split(" ")[0]
    called = CALLED.match(words)
    return whole if words.startswith(whole) else (called[0] if called else "")


def _is_about(item: SharedItem, kept: dict[str, Any], subject: str, only: str | None) -> bool:
    return kept["whom"] == only and bool(subject) and subject.lower() in " ".join(item.words).lower()


def _named_at_once(rest: str, told: dict[str, Any]) -> str | None:
    return _only(found_in(rest.strip().lower(), told["names"]) if rest.strip() else [])


def _only(found: list[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _offered(place: int, item: SharedItem, whom: str) -> dict[str, Any]:
    return {
        "key": f"i{place}",
        "id": item.id,
        "whom": whom,
        "kind": item.kind,
        "at": item.shared_at,
    }


def fresh(session: Session, viewer: Person, now: datetime, known: Mapping[str, Any]) -> dict[str, Any]:
    """Read the words of the items anew; what is no longer shared goes by its day, as what has no words does."""
    ids = [UUID(item["id"]) for item in known["items"]]
    still = {item.id: item.facts() for item in shared_items(session, viewer.id, local_day(now, viewer.zone), ids)}
    return {"items": [item | {"told": still.get(item["id"], WORDLESS)} for item in known["items"]]}


def whom(answers: Answers) -> str:
    """Give the key of the one asked, or `all`."""
    return str(answers.facts["only"] or answers["whom"])


def asks_whom(answers: Answers) -> bool:
    """Say whether more than one person shared something."""
    return answers.facts["only"] is None


def of_whom(answers: Answers) -> list[dict[str, Any]]:
    """List what the chosen person shared, the latest first."""
    return [item for item in answers.facts["items"] if item["whom"] == whom(answers)]


def asks_about(answers: Answers) -> bool:
    """Say whether there is a choice of items; the group is asked about what each shared last."""
    return whom(answers) != ALL and len(of_whom(answers)) > 1


def chosen_items(answers: Answers) -> list[dict[str, Any]]:
    """Give what the question is about: one item, or the latest of each person."""
    if whom(answers) != ALL:
        mine = of_whom(answers)
        return [item for item in mine if item["key"] == answers.get("about", mine[0]["key"])]
    latest: dict[str, dict[str, Any]] = {}
    for item in answers.facts["items"]:
        latest.setdefault(item["whom"], item)
    return list(latest.values())


@dataclass(frozen=True)
class shared_thing:
    """Reads one of the items that the chosen person shared, by tap or by its words."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the latest few; what has no words goes by its day."""
        offered = of_whom(answers)[:ITEMS]
        silent = next((item for item in offered if not item["told"]["first"]), None)
        wordless = [Option("wordless", facts={"at": silent["at"]})] if silent else []
        return [*(_named(item) for item in offered if item["told"]["first"]), *wordless]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the key of the item."""
        mine = of_whom(answers)
        if said.option == "wordless":
            return str(next(item["key"] for item in mine if not item["told"]["first"]))
        if said.option is not None:
            return said.option
        words = said.text.strip().lower()
        found = [item["key"] for item in mine if words and words in _line(item)]
        if len(found) != 1:
            raise Unclear("not_an_option")
        return str(found[0])


def _offered_quotes(answers: Answers) -> tuple[Source, ...]:
    return of_items(item["told"] for item in of_whom(answers)[:ITEMS])


def _chosen_quotes(answers: Answers) -> tuple[Source, ...]:
    return () if whom(answers) == ALL else of_items(item["told"] for item in chosen_items(answers))


def _named(item: dict[str, Any]) -> Option:
    return Option(item["key"], facts={"told": item["told"]}, block="about__item")


def _line(item: dict[str, Any]) -> str:
    return " ".join(item["told"]["words"]).lower()


@dataclass(frozen=True)
class asked_words:
    """Reads the question in her own words; what she named already can be asked about by a tap."""

    words = text(at_most=200)

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer a question about the topic, worded by the template."""
        topic = answers.facts.get("topic")
        return [Option("topic", facts={"topic": topic})] if topic else []

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the question; of a tap, what the button said."""
        return str(self.words.read(Said(said.text), answers, moment))


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep one question for each teacher, with the card that waits for its turn among her others."""
    if answers["send"] != "send":
        return Outcome(say=[Say("not_asked")])
    batch = new_id()
    items = [item_for(session, person, now, UUID(item["id"])) for item in _allowed(session, person, answers, now)]
    if not items:
        raise Refused("nothing_shared")
    rows = [row for item in items for row in _asked_of(session, person, item, answers, batch, now)]
    told = {"names": [item.who for item in items], "ask_on": answers["ask_on"], "answer_comes": answers["answer_comes"]}
    return Outcome(say=[Say("asked", told, (Tap("recall", row=batch),))], keep=list(rows))


def _allowed(session: Session, person: Person, answers: Answers, now: datetime) -> list[dict[str, Any]]:
    """Leave out silently what was made private since the conversation opened; of one person, say it is gone."""
    chosen = chosen_items(answers)
    return chosen if len(chosen) == 1 else [item for item in chosen if _may_ask(session, person, item, now)]


def _may_ask(session: Session, person: Person, item: dict[str, Any], now: datetime) -> bool:
    try:
        return bool(item_for(session, person, now, UUID(item["id"])))
    except Refused:
        return False


def _asked_of(
    session: Session, person: Person, item: SharedItem, answers: Answers, batch: UUID, now: datetime
) -> tuple[Question, Prompt]:
    teacher = session.get(Person, UUID(item.person_id))
    assert teacher is not None  # a foreign key
    begins = time.fromisoformat(teacher.contact_from)
    ask_at = max(now, instant(date.fromisoformat(answers["ask_on"]), begins, teacher.zone))
    question = Question(
        batch_id=batch,
        asker_id=person.id,
        person_id=teacher.id,
        kind="check_in",
        about_kind=item.about_kind,
        about_id=UUID(item.id),
        text=answers["words"],
        ask_at=ask_at,
        answer_comes=answers["answer_comes"],
        made_at=now,
    )
    prompt = Prompt(
        key=f"question:{question.id}",
        person_id=teacher.id,
        kind="question",
        about_id=question.id,
        due_at=ask_at,
        expires_at=expires_at("question", ask_at),
        manner=ORDINARY,
        made_at=now,
    )
    return question, prompt


def recall(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """不问了: take back what has not been asked yet."""
    batch = own_batch(session, person.id, row) if row else []
    waiting = [question for question in batch if question.state == "waiting"]
    if not waiting:
        raise Refused("asked_already")
    replan: set[UUID] = set()
    for question in waiting:
        question.state = "dropped"
        replan |= set(drop_about(session, question.id))
    return Outcome(say=[Say("recalled")], replan=replan)


def question_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask only while what it is about is still shared with the asker; otherwise drop it, and tell nobody."""
    question = received_question(session, person.id, prompt.about_id) if prompt.about_id else None
    if question is None or question.state != "waiting":
        return None
    item = still_shared(session, question, now)
    if item is None:
        question.state = "dropped"
        return None
    question.state, question.asked_at = "asked", now
    return {**asked_facts(session, question), "item": item.facts()}


def _question_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    row = prompt.about_id
    taps = [Tap(key, row=row, handler="respond") for key in TAPPED]
    reply = Tap("open", row=row, handler="answer", block="tap__reply")
    return (reply, *taps, Tap("talk", row=row, handler="respond"))


conversation = Conversation(
    name="ask",
    command="ask",
    questions=(
        Asked("whom", colleague(all_of=ALL), when=asks_whom),
        Asked("about", shared_thing(), when=asks_about, quotes=_offered_quotes),
        Asked("words", asked_words(), expects_question=True, quotes=_chosen_quotes),
        Asked("ask_on", ASK_ON),
        Asked("answer_comes", choice("now", "digest")),
        Asked(
            "send",
            choice("send", "drop"),
            is_step=False,
            revises=("words", "ask_on", "answer_comes"),
            retypes=("ask_on",),
        ),
    ),
    finish=finish,
    facts=facts,
    fresh=fresh,
    taps={"recall": recall},
    prompts=(PromptKind("question", question_wanted, _question_buttons, is_whole=True, quotes=asked_quotes),),
    takes_rest=True,
)
