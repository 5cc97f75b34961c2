"""写反思 /reflect: look back on one lesson, training or trial in five questions, three, or freely."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, choice, text
from bot.conversation import Answers, Conversation, Open, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.audience import audience, audience_facts, audience_values, will_be_read
from handlers.keeping import as_first_said, as_part, has_words_or_files, kept
from handlers.pupils import ONLY_ME, pupils, pupils_in, without_names
from handlers.reading import entry_line
from handlers.tired import calm_words, sounds_tired
from models import Entry, EntryVersion, Observation, Person
from models.actions import open_actions, own_action
from models.entries import count_own, own_entry, words_of
from models.observations import lately_held, visible_observation
from models.trainings import attended_training, recent_trainings

SHORT = 8  # characters; a shorter account of what happened is met with one gentle probe
FADES_AFTER = 4  # reflections; from then on she may choose a shorter or a free form
LATELY = timedelta(days=30)
LISTED = 3  # things offered besides 别的
ABOUT_AT_MOST = 120  # characters that name the subject
LABEL_AT_MOST = 24  # characters of somebody's words on a button
PARTS = ("happened", "happened_more", "did", "redo", "surprise", "next_step", "next_line", "free")
DONE_WITH_CHOICE = ("make_action", "one_line")  # answers of next_step that are choices, not words


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read what she may want to look back on, how often she has reflected, and who could read it."""
    return {
        "given": _given(session, viewer, about, rest),
        "subjects": [] if about or rest else _subjects(session, viewer, now),
        "reflections": count_own(session, viewer.id, "reflection"),
        **audience_facts(session, viewer, now),
    }


def _given(session: Session, viewer: Person, about: UUID | None, rest: str) -> dict[str, str] | None:
    """Name the thing that the conversation was opened about; raise Refused when it is not hers to see."""
    if about is None:
        return _subject("given", rest) if rest else None
    if training := attended_training(session, viewer.id, about):
        return _subject("given", training.title, training.id)
    if action := own_action(session, viewer.id, about):
        return _subject("given", action.deed, action.training_id)
    if entry := own_entry(session, viewer.id, about):
        return _subject("given", " ".join(words_of(entry.parts).split())[:ABOUT_AT_MOST], entry.training_id)
    if lesson := visible_observation(session, viewer.id, about):
        return _subject("given", _lesson_label(session, viewer, lesson))
    raise Refused("gone")


def _subject(key: str, label: str, training_id: UUID | None = None) -> dict[str, str]:
    short = label if len(label) <= LABEL_AT_MOST else f"{label[: LABEL_AT_MOST - 1]}…"
    return {"key": key, "label": short, "about": label, "training_id": str(training_id) if training_id else ""}


def _subjects(session: Session, viewer: Person, now: datetime) -> list[dict[str, Any]]:
    """List a lesson, a training and an action of the last weeks; a second training only where there is room."""
    since = now - LATELY
    lessons = lately_held(session, viewer.id, since, at_most=1)
    trainings = [one for one in recent_trainings(session, viewer.id, now, at_most=2) if one.starts_at >= since]
    actions = open_actions(session, viewer.id)[-1:]
    first: list[dict[str, Any]] = [_visited(session, viewer, lesson) for lesson in lessons]
    first += [_subject(f"training{n}", one.title, one.id) for n, one in enumerate(trainings[:1])]
    first += [_subject("action0", one.deed, one.training_id) for one in actions]
    rest = [_subject("training1", one.title, one.id) for one in trainings[1:]]
    return (first + rest)[:LISTED]


def _visited(session: Session, viewer: Person, lesson: Observation) -> dict[str, Any]:
    observes = lesson.observer_id == viewer.id
    other = session.get(Person, lesson.teacher_id if observes else lesson.observer_id)
    visit = {"visit": {"name": other.name, "observes": observes}} if other else {}
    return {**_subject("lesson0", _lesson_label(session, viewer, lesson)), **visit}


def _lesson_label(session: Session, viewer: Person, lesson: Observation) -> str:
    """Name a lesson by its day and its teacher; no words, so it reads the same in every language."""
    other = session.get(Person, lesson.teacher_id)
    return f"{lesson.day.month}/{lesson.day.day} {other.name}" if other else lesson.day.isoformat()


class Lately(choice):
    """Offers what happened lately; a lesson is named by who came to whom."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """List the subjects, then the fixed keys."""
        visits = {one["key"]: one["visit"] for one in answers.facts["subjects"] if "visit" in one}
        return [
            Option(one.key, facts=visits[one.key], block="about__lesson") if one.key in visits else one
            for one in super().options(answers, moment)
        ]


def is_asked_which(answers: Answers) -> bool:
    """Ask which thing unless the conversation was opened about one."""
    return not answers.facts["given"]


def is_something_else(answers: Answers) -> bool:
    """Ask for words when nothing offered was it."""
    return answers.get("about") == "else"


def may_be_shorter(answers: Answers) -> bool:
    """Offer other forms to somebody who knows the five questions well."""
    return bool(answers.facts["reflections"] >= FADES_AFTER)


def is_asked_in_steps(answers: Answers) -> bool:
    """Ask question by question."""
    return answers.get("shape") != "free"


def is_asked_in_full(answers: Answers) -> bool:
    """Ask all five questions."""
    return answers.get("shape") not in ("free", "three")


def is_free(answers: Answers) -> bool:
    """Ask nothing in particular."""
    return answers.get("shape") == "free"


def was_short(answers: Answers) -> bool:
    """Say whether the first answer was a few characters and nothing to look at or listen to."""
    said = answers.get("happened")
    return said is not None and not said["files"] and len(said["text"]) < SHORT


def takes_one_line(answers: Answers) -> bool:
    """Say whether she chose to leave the next step as a sentence."""
    return answers.get("next_step") == "one_line"


def is_written(answers: Answers) -> bool:
    """Say whether there is anything to keep."""
    return bool(_parts(answers))


def names_pupils(answers: Answers) -> bool:
    """Say whether somebody else would read what may be pupils' names."""
    return will_be_read(answers) and bool(_pupils(answers))


def _pupils(answers: Answers) -> list[str]:
    colleagues = [name for names in answers.facts["audiences"].values() for name in names]
    return pupils_in(_parts(answers), colleagues)


def _parts(answers: Answers) -> dict[str, Any]:
    """Pick what she wrote, in the order it was asked."""
    given = {name: as_part(answers[name]) for name in PARTS if has_words_or_files(answers.get(name))}
    return {name: part for name, part in given.items() if part not in DONE_WITH_CHOICE}


def about_of(answers: Answers) -> dict[str, str]:
    """Find what it is about: the thing given, the one chosen, or words of her own."""
    chosen = answers.facts["given"] or next(
        (one for one in answers.facts["subjects"] if one["key"] == answers.get("about")), None
    )
    own = answers.get("about_words") or ("" if answers.get("about") == "else" else answers.get("about")) or ""
    return chosen or _subject("own", own)


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the reflection for those she chose; perhaps go on to an action."""
    parts = _parts(answers)
    wants_action = answers.get("next_step") == "make_action"
    if not parts:
        return Outcome(say=[Say("nothing_written")], open=Open("action") if wants_action else None)
    entry = _kept(session, answers, person, parts, now)
    say = [Say("saved", _saved_facts(session, person, entry, answers), _next_steps(entry, wants_action))]
    if sounds_tired(words_of(parts)):
        say.append(calm_words(entry))
    opened = Open("action", about=entry.id) if wants_action else None
    return Outcome(say=say, open=opened, ring={"attachments"})


def _kept(session: Session, answers: Answers, person: Person, parts: dict[str, Any], now: datetime) -> Entry:
    about = about_of(answers)
    chosen = answers.get("pupils")
    shown = _with_other_names(answers, parts, chosen)
    heading = {"about": about["about"]} if about["about"] else {}
    entry = Entry(
        kind="reflection",
        person_id=person.id,
        training_id=UUID(about["training_id"]) if about["training_id"] else None,
        parts=heading | shown,
        written_at=now,
    )
    entry.share_with([] if chosen == ONLY_ME else audience_values(answers))
    entry.shared_at = now if entry.audience else None
    kept(session, person, entry)
    first_said = _parts(Answers({name: as_first_said(answers.get(name)) for name in PARTS}))
    if first_said != parts:  # some message was edited on the phone meanwhile
        session.add(EntryVersion(entry_id=entry.id, parts=heading | first_said, replaced_at=now))
    if shown != parts:
        # Her own words with the names stay readable to her as an earlier version.
        session.add(EntryVersion(entry_id=entry.id, parts=heading | parts, replaced_at=now))
    return entry


def _with_other_names(answers: Answers, parts: dict[str, Any], chosen: Any) -> dict[str, Any]:
    if not isinstance(chosen, dict):
        return parts
    return without_names(parts, _pupils(answers), chosen["by"])


def _saved_facts(session: Session, person: Person, entry: Entry, answers: Answers) -> dict[str, Any]:
    readers = {name: answers.facts["audiences"].get(name, []) for name in entry.audience}
    return {**entry_line(session, person, entry), "readers": readers}


def _next_steps(entry: Entry, wants_action: bool) -> tuple[Tap, ...]:
    act = () if wants_action else (Tap("open", row=entry.id, handler="action", block="tap__act"),)
    return (
        Tap("read", row=entry.id, handler="mine"),
        Tap("open", row=entry.id, handler="share_entry", block="tap__share"),
        *act,
        Tap("delete", row=entry.id, handler="mine"),
    )


LOOK = text(files=True)

conversation = Conversation(
    name="reflection",
    command="reflect",
    takes_rest=True,
    facts=facts,
    questions=(
        Question(
            "about",
            Lately("else", from_facts="subjects", other=text(at_most=ABOUT_AT_MOST)),
            when=is_asked_which,
            is_step=False,
        ),
        Question("about_words", text(at_most=ABOUT_AT_MOST), when=is_something_else, is_step=False),
        Question("shape", choice("usual", "three", "free"), when=may_be_shorter, is_step=False),
        Question("happened", LOOK, when=is_asked_in_steps, optional=True),
        Question("happened_more", LOOK, when=was_short, optional=True, is_step=False),
        Question("did", LOOK, when=is_asked_in_full, optional=True),
        Question("redo", LOOK, when=is_asked_in_full, optional=True),
        Question("surprise", LOOK, when=is_asked_in_steps, optional=True),
        Question("next_step", choice("make_action", "one_line", other=LOOK), when=is_asked_in_steps, optional=True),
        Question("next_line", LOOK, when=takes_one_line, optional=True, is_step=False),
        Question("free", LOOK, when=is_free, many=True),
        Question("audience", audience(), when=is_written, is_step=False),
        Question("pupils", pupils(_pupils), when=names_pupils, is_step=False),
    ),
    finish=finish,
)
