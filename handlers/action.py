"""Turn a good intention into one small thing to try: if this class comes to this moment, then do this."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Offer, Option, Reader, Said, choice, day, text
from bot.conversation import Answers, Conversation, Open, Outcome, Question, Say, Tap
from bot.errors import Refused, Unclear
from handlers.asking import ask_on, asked_at, stop_asking
from handlers.audience import audience, audience_facts, audience_values, will_be_read
from handlers.jotting import asks_somebody
from handlers.pupils import ONLY_ME, pupils
from handlers.quoting import of_record
from models import Action, Entry, Person
from models import Conversation as Draft
from models.actions import ENDED, open_actions, own_action
from models.entries import own_entries, own_entry, pieces_of
from models.observations import feedback_of
from models.rules.names import likely_names, masked, sounds_exhausted
from models.rules.specificity import vagueness

WISHES_SHOWN = 3
WISH_AT_LEAST = 4  # characters; 可以 and 好的 were answers to something, and nothing to try
LABEL_LENGTH = 24  # characters of somebody's words on a button
ENOUGH_OPEN = 2  # with so many being tried, one more is better traded for one of them
DRAFT_KEPT = timedelta(days=30)
NEXT_STEPS = ("next_line", "next_step")  # parts of a reflection that already say what to try
HELP = ("split", "as_is")  # what may be tapped when a wish is vague; a smaller one may as well be typed
MOMENTS = ("begin", "talk", "ask", "end")  # of a lesson, as choices
ANOTHER = {"another": True}  # the answer to any question: she would rather take another thing

_CHANGES_MIND = re.compile(
    r"\s*(算了|不想做|不做[这這][个個]|[还還]是(做|[换換]|[选選])|[换換]一[件个個]"
    r"|never ?mind|instead|i(’|')?d rather|i would rather)",
    re.IGNORECASE,
)

# 小组汇报前，请他先说一句: the wish itself begins with its moment.
_ITS_MOMENT = re.compile(r"\s*(\w{2,10}(?:[前后後时時]|时候|時候))[，,]\s*(?=\S)")
_IF_THEN = re.compile(r"如果.+就|当.+时|當.+時|\b(if|when)\b.+\b(i|then|we)\b", re.IGNORECASE)


@dataclass(frozen=True)
class firm:
    """Reads as another reader does, but hears when she turns away from this action and asks whether she means it."""

    reader: Reader
    takes_words: bool = True  # what sounded like turning away may also be the answer

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer what the other reader offers."""
        return self.reader.options(answers, moment)

    def read(self, said: Said, answers: Any, moment: Moment) -> Any:
        """Return the value of the other reader; raise Unclear with an offer to take another thing."""
        if said.option is None and _CHANGES_MIND.match(said.text):
            as_answer = (Offer(said.text.strip()[:120], "as_answer"),) if self.takes_words else ()
            raise Unclear("changes_mind", Offer(ANOTHER, "another"), *as_answer)
        return self.reader.read(said, answers, moment)


@dataclass(frozen=True)
class her_classes:
    """Reads a class: one of hers, all of them together, or any other in words."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer her classes as the roster names them."""
        classes = answers.facts["classes"][:3]
        listed = [Option(f"c{place}", name) for place, name in enumerate(classes, 1)]
        return [*listed, Option("all", facts={"count": len(classes)})] if len(classes) > 1 else listed

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the name of the class, several joined by a comma of lists."""
        classes = answers.facts["classes"][:3]
        if said.option == "all":
            return "、".join(classes)
        if said.option is not None:
            return str(classes[int(said.option[1:]) - 1])
        return str(text(at_most=40).read(said, answers, moment))


@dataclass(frozen=True)
class her_moment:
    """Reads the moment of a lesson: the one her wish begins with, a usual one, or any other in words."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer her own moment before the usual ones."""
        own = _ITS_MOMENT.match(wish_of(answers))
        return [*([Option("own", own[1])] if own else []), *map(Option, MOMENTS)]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the key of a usual moment, or words."""
        own = _ITS_MOMENT.match(wish_of(answers))
        if said.option == "own" and own:
            return own[1]
        return str(choice(*MOMENTS, other=text(at_most=60)).read(said, answers, moment))


@dataclass(frozen=True)
class small_deed:
    """Reads what she will do: what she wished for, without its moment, or a sentence of its own."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the wish itself when it is short enough to be a deed and was not found vague."""
        deed = _deed_in(wish_of(answers))
        return [Option("same", facts={"wish": deed})] if len(deed) <= 40 and _is_specific(answers) else []

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the words of the deed."""
        if said.option == "same":
            return _deed_in(wish_of(answers))
        return str(text(at_most=120).read(said, answers, moment))


def _deed_in(wish: str) -> str:
    return _ITS_MOMENT.sub("", wish, count=1)


def _source_of(answers: Answers) -> dict[str, Any] | None:
    """Find what she wrote that the wish came from: the thing it was opened about, or the one she chose."""
    if answers.facts["given"]:
        return dict(answers.facts["given"])
    return next((dict(wish) for wish in answers.facts["wishes"] if wish["key"] == answers.get("wish")), None)


def wish_of(answers: Answers) -> str:
    """Give the words of what she wants to try; what she wrote when help was offered takes the place of the first."""
    source = _source_of(answers)
    if source:
        return str(source["text"])
    smaller = answers.get("vague")
    return str((answers.get("wish") if smaller in (None, *HELP) else smaller) or "")


def _is_specific(answers: Answers) -> bool:
    return answers.get("vague") not in HELP


def words_shown(_session: Session, _viewer: Person, _now: datetime, _facts: Mapping[str, Any]) -> dict[str, Any]:
    """Let the templates show what she wants to try."""
    return {"wish_of": wish_of}


def _goes_on(answers: Answers) -> bool:
    return answers.get("wish") != "unsure" and ANOTHER not in answers.values()


def _asks_wish(answers: Answers) -> bool:
    return not answers.facts["given"]


def _is_vague(answers: Answers) -> bool:
    return _goes_on(answers) and _source_of(answers) is None and bool(vagueness(wish_of(answers)))


def _is_whole(wish: str, classes: list[str]) -> bool:
    """Say whether a typed wish already holds its class or its moment, so that nothing is left to ask."""
    return bool(_IF_THEN.search(wish)) or any(name and name in wish for name in classes)


def _is_built(answers: Answers) -> bool:
    """Say whether class, moment and deed are asked one by one; a sentence that has them stands as she wrote it."""
    if not _goes_on(answers) or answers.get("vague") == "as_is":
        return False
    is_typed = _source_of(answers) is None
    return not (is_typed and _is_specific(answers) and _is_whole(wish_of(answers), answers.facts["classes"]))


def _has_enough(answers: Answers) -> bool:
    return _goes_on(answers) and len(answers.facts["open_now"]) >= ENOUGH_OPEN


def _asks_insight(answers: Answers) -> bool:
    return _goes_on(answers) and not (_source_of(answers) or {}).get("insight")


def _shares(answers: Answers) -> bool:
    return _goes_on(answers) and answers.get("preview") == "share"


def _names_pupils(answers: Answers) -> bool:
    return _shares(answers) and will_be_read(answers) and bool(_pupils(answers))


def _pupils(answers: Answers) -> list[str]:
    """List what looks like pupils' names in what others would read, without those of colleagues."""
    colleagues = [name for names in answers.facts["audiences"].values() for name in names]
    shown = " ".join([answers.get("moment") or "", answers.get("deed") or wish_of(answers), answers.get("sign") or ""])
    return [name for name in likely_names(shown) if name not in colleagues]


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read what she wrote lately, her classes and what she is already trying; raise Refused when `about` is gone."""
    trying = open_actions(session, viewer.id)
    return {
        "given": _given(session, viewer, about) if about else None,
        "wishes": _wishes(own_entries(session, viewer.id, at_most=8)),
        "classes": list(viewer.classes),
        "open_now": [_listed(place, action) for place, action in enumerate(trying[:3], 1)],
        **audience_facts(session, viewer, now),
    }


def _listed(place: int, action: Action) -> dict[str, Any]:
    return {"key": f"s{place}", "label": _short(action.deed), "id": str(action.id)}


def _given(session: Session, viewer: Person, about: UUID) -> dict[str, Any] | None:
    """Read what the conversation was opened about: an entry of hers, or feedback that was sent to her."""
    entry = own_entry(session, viewer.id, about)
    if entry is not None:
        # What happened in a lesson is not yet something to try: then she is asked, with the entry among the choices.
        says_it = entry.kind == "jotting" or any(piece.name in NEXT_STEPS for piece in pieces_of(entry.parts))
        return _wish(entry, "given") if says_it else None
    observation = feedback_of(session, viewer.id, about)
    if observation is None:
        raise Refused("gone")
    words = observation.suggestion.strip()
    return {"text": words, "insight": words, "observation_id": str(observation.id)} if words else None


def _wishes(entries: list[Entry]) -> list[dict[str, Any]]:
    found = [wish for entry in entries if (wish := _wish(entry, "")) is not None]
    different = {wish["text"]: wish for wish in reversed(found)}
    return [
        wish | {"key": f"w{place}"} for place, wish in enumerate(reversed([*different.values()][-WISHES_SHOWN:]), 1)
    ]


def _wish(entry: Entry, key: str) -> dict[str, Any] | None:
    """Take from an entry what could be tried, if its words hold anything."""
    written = _words_to_try(entry)
    words = _first_sentence(written)
    # A question to somebody, or a sigh, is nothing to try in class; a button that was opened about it still may be.
    if len(words) < (2 if key else WISH_AT_LEAST) or (
        not key and (asks_somebody(written) or sounds_exhausted(written))
    ):
        return None
    return {
        "key": key,
        "label": _short(words),
        "text": words,
        "insight": words,
        "entry_id": str(entry.id),
        "training_id": str(entry.training_id) if entry.training_id else None,
    }


def _words_to_try(entry: Entry) -> str:
    """Choose what leads to an action: a reflection's next step, else its last answer; a jotting's first words."""
    pieces = [piece for piece in pieces_of(entry.parts) if piece.name != "about" and piece.text.strip()]
    if not pieces:
        return ""
    by_name = {piece.name: piece.text for piece in pieces}
    named = next((by_name[name] for name in (*NEXT_STEPS, "redo") if name in by_name), pieces[-1].text)
    return pieces[0].text if entry.kind == "jotting" else named


def _first_sentence(words: str) -> str:
    return re.split(r"[。！？!?\n]|\.\s", words.strip(), maxsplit=1)[0].strip()[:120] or words.strip()[:120]


def _short(words: str) -> str:
    return words if len(words) <= LABEL_LENGTH else f"{words[: LABEL_LENGTH - 1]}…"


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the action and plan when to ask; or leave it for now, or put it by as a draft and take another."""
    if answers.get("wish") == "unsure":
        return Outcome(say=[Say("no_hurry")])
    if not _goes_on(answers) or answers.get("preview") == "another":
        return _set_by(answers, person, now)
    action = _built(answers, person, now)
    asking = ask_on(session, action, _try_until(answers), person, now)
    told = {"action": action.told(), "asked_at": asked_at(session, asking, person), "seen_by": action.audience}
    outcome = Outcome(say=[Say("saved", told, (Tap("undo", action.id),))], keep=[action, asking])
    outcome.replan |= _replace(session, answers, person, now)
    return outcome


def _try_until(answers: Answers) -> date:
    return date.fromisoformat(answers["try_until"])


def _set_by(answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep what was built so far as a draft for 30 days and begin anew."""
    written = {name: value for name, value in answers.items() if value != ANOTHER and name != "preview"}
    if not written:
        return Outcome(open=Open("action"))
    draft = Draft(
        owner_id=person.id,
        name="action",
        state="draft",
        answers=written,
        facts={name: fact for name, fact in answers.facts.items() if not callable(fact)},  # but those of this turn
        opened_at=now,
        touched_at=now,
        kept_until=now + DRAFT_KEPT,
    )
    return Outcome(say=[Say("set_by")], keep=[draft], open=Open("action"))


def _built(answers: Answers, person: Person, now: datetime) -> Action:
    source, chosen = _source_of(answers) or {}, answers.get("pupils")
    names, by = (_pupils(answers), chosen["by"]) if isinstance(chosen, dict) else ([], "")
    action = Action(
        person_id=person.id,
        training_id=_id(source.get("training_id")),
        entry_id=_id(source.get("entry_id")),
        observation_id=_id(source.get("observation_id")),
        class_name=answers.get("class_name") or "",
        moment=masked(answers.get("moment") or "", names, by),
        deed=masked(answers.get("deed") or wish_of(answers), names, by),
        sign=masked(answers.get("sign") or "", names, by),
        insight=source.get("insight") or answers.get("insight") or "",
        try_until=_try_until(answers),
        made_at=now,
    )
    action.share_with([] if chosen == ONLY_ME else audience_values(answers))
    action.shared_at = now if action.audience else None
    return action


def _id(said: str | None) -> UUID | None:
    return UUID(said) if said else None


def _replace(session: Session, answers: Answers, person: Person, now: datetime) -> set[UUID]:
    """End the action that this one takes the place of; nothing is held against it."""
    chosen = next((one["id"] for one in answers.facts["open_now"] if one["key"] == answers.get("swap")), None)
    old = own_action(session, person.id, UUID(chosen)) if chosen else None
    if old is None or not old.is_open():
        return set()
    old.state, old.ending, old.ended_at = ENDED, "replaced", now
    return stop_asking(session, old)


def _undo(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take back an action: it ends, and nobody asks about it."""
    action = own_action(session, person.id, row) if row else None
    if action is None or not action.is_open():
        return Outcome(say=[Say("gone")])
    action.state, action.ending, action.ended_at = ENDED, "let_go", now
    action.share_with([])
    replan = stop_asking(session, action) | {person.id}
    return Outcome(say=[Say("undone")], replan=replan, unsay=of_record(action))


QUICK_DAYS = (("week1", "in 1 week"), ("week2", "in 2 weeks"))

conversation = Conversation(
    name="action",
    command="act",
    facts=facts,
    finish=finish,
    fresh=words_shown,
    taps={"undo": _undo},
    questions=(
        Question("wish", choice("unsure", from_facts="wishes", other=text(at_most=200)), when=_asks_wish),
        Question("vague", choice(*HELP, other=text(at_most=200)), when=_is_vague, is_step=False),
        Question("swap", choice("add", from_facts="open_now"), when=_has_enough, is_step=False),
        Question("class_name", firm(her_classes()), when=_is_built),
        Question("moment", firm(her_moment()), when=_is_built),
        Question("deed", firm(small_deed()), when=_is_built),
        Question("sign", firm(choice("spoke", "willing", other=text(at_most=120))), when=_goes_on, optional=True),
        Question("try_until", firm(day(quick=QUICK_DAYS, needs_school=True), takes_words=False), when=_goes_on),
        Question("insight", text(at_most=400), when=_asks_insight, optional=True),
        Question(
            "preview",
            choice("ok", "share", "another"),
            when=_goes_on,
            revises=("class_name", "moment", "deed", "sign", "try_until"),
            retypes=("try_until",),
            is_step=False,
        ),
        Question("audience", audience(), when=_shares, is_step=False),
        Question("pupils", pupils(_pupils), when=_names_pupils, is_step=False),
    ),
)
