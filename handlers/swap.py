"""调课: move one lesson of one day, or trade it with a colleague; the visits to it go along."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Option, Said, choice
from bot.conversation import Answers, Conversation, Open, Outcome, Question, Say, Tap
from bot.errors import Refused, Unclear
from bot.school import school_clock
from handlers.lesson_pair import told_of
from handlers.names_typed import colleague, found_in, people_facts
from handlers.swap_slot import both_sides, in_the_way, lesson_of, new_place, target, teacher_of, which_lesson
from handlers.swap_trade import PROMPTS, TAPS, ask_for_trade, told_teachers
from handlers.swapping import ASK, CANCEL, REBOOK, Pair, busy_observers, carry_out, place
from handlers.timetables import Timetables
from models import Person
from models.observations import coming_observations
from models.people import roles_of
from models.school import timetabled_people


class one_visit:
    """One of her visits to come, to be moved where there is no timetable."""

    def options(self, answers: Any, moment: Moment) -> list[Option]:
        """Offer the next few, then nothing."""
        return [
            Option(f"v{at}", facts=one, block="coming_visit") for at, one in enumerate(answers.facts.get("visits", ()))
        ]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the id of the visit."""
        if said.option is None:
            raise Unclear("not_an_option")
        return str(answers.facts["visits"][int(said.option[1:])]["id"])


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read whose lessons she may move, and what she typed at once: 周三第2节→周四第3节."""
    tables = Timetables(session, viewer.zone, now)
    is_office = "office" in roles_of(session, viewer.id)
    if not tables.known(viewer.id) and not is_office:
        return _without_timetable(session, viewer, now)
    people = timetabled_people(session) if is_office else [viewer]
    if not people:
        return _without_timetable(session, viewer, now)
    told = people_facts(people)
    keys = {id: key for key, id in told["ids"].items()}
    said, to = both_sides(rest)
    named, said = _named(said, told["names"], Moment(now, viewer.zone, tables.school)) if is_office else ([], said)
    only = named[0] if len(named) == 1 else keys.get(str(viewer.id)) if not named else None
    known = {**told, "only": only, "me": str(viewer.id), "visits": [], "why": None}
    return {**known, **_typed(known, tables, Moment(now, viewer.zone, tables.school), said, to)}


def _without_timetable(session: Session, viewer: Person, now: datetime) -> dict[str, Any]:
    """Offer to move a visit instead; raise Refused when there is none."""
    coming = coming_observations(session, viewer.id, now)[:4]
    if not coming:
        raise Refused("no_timetable")
    visits = [{"id": str(one.id), "day": one.day.isoformat(), "period": one.period} for one in coming]
    return {"visits": visits, "only": None, "ids": {}, "names": {}, "people": [], "why": None, "me": str(viewer.id)}


def _named(words: str, names: dict[str, str], moment: Moment) -> tuple[list[str], str]:
    """Take the name of the teacher off: 小林 周三第2节."""
    for cut in range(len(words), 0, -1):
        who, rest = words[:cut].strip(), words[cut:].strip()
        is_apart = not rest or words[cut - 1] in " 的" or words[cut:].startswith((" ", "的"))
        if is_apart and not any(sign in who for sign in "0123456789节節") and (found := found_in(who.lower(), names)):
            return found, rest.removeprefix("的")
    return [], words


def _typed(known: dict[str, Any], tables: Timetables, moment: Moment, said: str, to: str) -> dict[str, Any]:
    """Read lesson and place as far as they stand; what stops them is told with the question."""
    given: dict[str, Any] = {}
    if known["only"] is None or not said:
        return {"answers": given}
    for name, reader, words in (("which", which_lesson(), said), ("to", new_place(), to)):
        if not words:
            break
        try:
            given[name] = reader.read(Said(text=words), Answers(given, {**known, "timetables": tables}), moment)
        except Unclear as unclear:
            return {"answers": given, "why": unclear.facts.get("why") or {"kind": "unread", "words": words}}
    return {"answers": given}


def fresh(session: Session, viewer: Person, now: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the timetables open for one turn, with what the questions tell of them."""
    return {"timetables": Timetables(session, viewer.zone, now), "swap": _told_of}


def _told_of(answers: Answers) -> dict[str, Any]:
    """Tell of the lesson, its new place, and who stands in the way there, for the questions."""
    held, (day, period) = lesson_of(answers), target(answers)
    tables: Timetables = answers.facts["timetables"]
    session, stage, other = tables.session, held.lesson.stage, in_the_way(answers)
    teacher = session.get_one(Person, held.lesson.teacher_id)
    told = {
        **told_of(held),
        "teacher": teacher.name,
        "mine": str(teacher.id) == answers.facts["me"],
        "to_day": day.isoformat(),
        "to_period": period,
        "starts_at": tables.starts_at(day, period, stage).isoformat(),
        "ends_at": tables.school.ends_at(day, period, tables.zone, stage).isoformat(),
    }
    if other is not None:
        told |= {"other": session.get_one(Person, other.lesson.teacher_id).name, "other_subject": other.lesson.subject}
    return {**told, "observers": _observers(answers)}


def _observers(answers: Answers) -> list[str]:
    """Name who is busy at the new time though she was to observe: to the teacher herself and nobody else."""
    if str(teacher_of(answers)) != answers.facts["me"]:
        return []
    tables: Timetables = answers.facts["timetables"]
    session = tables.session
    visits = busy_observers(session, tables, lesson_of(answers), target(answers))
    return [session.get_one(Person, visit.observer_id).name for visit in visits if visit.state == "agreed"]


def asks_whose(answers: Answers) -> bool:
    """Say whether it is open whose lesson is moved."""
    return not answers.facts["visits"] and answers.facts["only"] is None


def has_timetable(answers: Answers) -> bool:
    """Say whether there are lessons to move."""
    return not answers.facts["visits"]


def is_gone(answers: Answers) -> bool:
    """Say whether the lesson she chose is not there any more: somebody else moved it, or the timetable is a new one."""
    if "which" not in answers or "timetables" not in answers.facts:
        return False
    try:
        lesson_of(answers)
    except KeyError:
        return True
    return False


def is_there(answers: Answers) -> bool:
    """Say whether there are lessons to move, and the one she chose is still where it was."""
    return has_timetable(answers) and not is_gone(answers)


def needs_trade(answers: Answers) -> bool:
    """Say whether a colleague's lesson stands at the new place."""
    if not is_there(answers):
        return False
    other = in_the_way(answers)
    return other is not None and other.lesson.teacher_id != teacher_of(answers)


def needs_word_on_visit(answers: Answers) -> bool:
    """Say whether somebody who was to observe is busy at the new time."""
    if not is_there(answers) or "timetables" not in answers.facts or needs_trade(answers):
        return False
    return bool(_observers(answers))


def needs_yes(answers: Answers) -> bool:
    """Say whether nothing else was asked that says yes already."""
    return is_there(answers) and "trade" not in answers and "visit" not in answers


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Move the lesson, or ask the colleague whose lesson stands there."""
    if answers.facts["visits"]:
        return Outcome(open=Open("observation_move", about=UUID(answers["move"])))
    if "no" in (answers.get("again"), answers.get("right"), answers.get("trade"), answers.get("visit")):
        return Outcome(say=[Say("left_as_is")])
    if "again" in answers:
        return Outcome(open=Open("swap", answers=_kept(answers, "whose")))
    try:
        new_place().read(_as_said(answers), answers, Moment(now, person.zone, school_clock(session)))
    except Unclear:
        return Outcome(say=[Say("changed_meanwhile")], open=Open("swap", answers=_kept(answers, "whose", "which")))
    held, to, other = lesson_of(answers), target(answers), in_the_way(answers)
    pairs: list[Pair] = [(held, to), *([(other, place(held))] if other is not None else [])]
    told = _told_of(answers)
    if needs_trade(answers) and told["mine"]:
        return ask_for_trade(session, pairs, person, now, told)
    moves, followed = carry_out(session, pairs, person, now, answers.get("visit") or ASK)
    prompts = [*followed.prompts, *told_teachers(pairs, followed, person, now)]
    undo = (Tap("undo", row=moves[0].id),) if moves else ()
    seen = {"along": followed.along, "asked": followed.asked} if told["mine"] else {"along": [], "asked": []}
    ended = followed.ended if told["mine"] and answers.get("visit") == REBOOK else []
    again = Open("observation", about=ended[0].id, answers={"side": "come"}) if ended else None
    facts = {**told, **seen, "ended": len(followed.ended) if answers.get("visit") in (REBOOK, CANCEL) else 0}
    return Outcome(say=[Say("moved", facts, undo)], keep=[*prompts], replan=followed.replan, open=again)


def _kept(answers: Answers, *names: str) -> dict[str, Any]:
    return {name: answers[name] for name in names if name in answers}


def _as_said(answers: Answers) -> Said:
    day, period = target(answers)
    return Said(option=f"{day:%m%d}-{period}")


conversation = Conversation(
    name="swap",
    command="swap",
    questions=(
        Question("move", one_visit(), when=lambda answers: bool(answers.facts["visits"])),
        Question("whose", colleague(), when=asks_whose),
        Question("which", which_lesson(), when=has_timetable),
        Question("again", choice("again", "no"), when=is_gone, is_step=False),
        Question("to", new_place(), when=is_there),
        Question("trade", choice("ask", "no"), when=needs_trade, is_step=False),
        Question("visit", choice(ASK, REBOOK, CANCEL, "no"), when=needs_word_on_visit, is_step=False),
        Question("right", choice("yes", "no"), when=needs_yes),
    ),
    finish=finish,
    facts=facts,
    fresh=fresh,
    taps=TAPS,
    prompts=PROMPTS,
    keeps_draft=False,
    takes_rest=True,
)
