"""听课: propose to observe a lesson, or to be observed; the other side agrees, offers another time, or says not now."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, choice, text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.lesson_slot import is_taken, lesson_day, lesson_period, no_period, no_slot, other_lesson, settled, slot_in
from handlers.names_typed import colleague, found_in, people_facts
from handlers.observation_cards import PROMPTS, agreed_prompts, card_facts, other_side, standing_buttons, told
from models import Observation, Person, Prompt
from models.observations import proposal_cards, same_visit, taken_lessons, visible_observation
from models.people import apprentices_of, group_mates_of, mentors_of
from models.prompts import drop_about
from models.rules.bells import lesson_ends_at, lesson_starts_at
from models.rules.contact import APPOINTMENT, PERSONAL
from models.rules.wall_time import local_day

REASONS = ("meeting", "swapped", "ill", "other")  # why a lesson was not observed: 会议 调课 生病 其他


def colleagues(session: Session, viewer: Person, now: datetime) -> dict[UUID, tuple[Person, str]]:
    """List whom she may arrange an observation with, apprentices first, each with what she is to her."""
    today = local_day(now, viewer.zone)
    found = [(person, "apprentice") for person in apprentices_of(session, viewer.id, today)]
    found += [(person, "mentor") for person in mentors_of(session, viewer.id, today)]
    found += [(person, "mate") for person in group_mates_of(session, viewer.id)]
    there = [(person, tie) for person, tie in found if person.left_at is None and person.joined_at is not None]
    return {person.id: (person, tie) for person, tie in reversed(there)}


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read whom she may ask, which lessons are taken, and what she typed behind the keyword."""
    known = colleagues(session, viewer, now)
    people = sorted((person for person, _ in known.values()), key=lambda person: _nearest(known[person.id][1]))
    if not people:
        raise Refused("nobody_yet")
    told_of = people_facts(people)
    keys = {UUID(id): key for key, id in told_of["ids"].items()}
    named, slot, unread = _typed_at_once(rest, told_of["names"], Moment(now, viewer.zone))
    other = keys.get(_other_of(session, viewer, about))
    return {
        **told_of,
        "ties": {key: known[id][1] for id, key in keys.items()},
        "only": other or (named[0] if len(named) == 1 else None if named else _one_apprentice(told_of, known)),
        "slot": slot,
        "unread": unread,
        **taken_facts(session, viewer, list(keys), keys, now),
    }


def taken_facts(
    session: Session, viewer: Person, persons: list[UUID], keys: dict[UUID, str], now: datetime
) -> dict[str, Any]:
    """Say which coming lessons are taken, by the keys of the people concerned ("me" for the viewer)."""
    named = {**keys, viewer.id: "me"}
    taken = taken_lessons(session, viewer.id, persons, now)
    return {"taken": [[named[person], day.isoformat(), period] for person, day, period in taken]}


def _nearest(tie: str) -> int:
    return ("apprentice", "mentor", "mate").index(tie)


def _other_of(session: Session, viewer: Person, about: UUID | None) -> Any:
    """Find the colleague meant by a button: she herself, or the other side of an earlier observation."""
    earlier = visible_observation(session, viewer.id, about) if about else None
    return other_side(earlier, viewer) if earlier else about


def _one_apprentice(told_of: dict[str, Any], known: dict[UUID, tuple[Person, str]]) -> str | None:
    """Say who a mentor means who names nobody and has one apprentice."""
    young = [key for key, id in told_of["ids"].items() if known[UUID(id)][1] == "apprentice"]
    return young[0] if len(young) == 1 else None


def _typed_at_once(rest: str, names: dict[str, str], moment: Moment) -> tuple[list[str], dict[str, Any] | None, bool]:
    """Read 小林的课周五第1节: who is named, which lesson, and whether something of it could not be read."""
    words = rest.strip().lower()
    for cut in range(len(words)):
        who, slot = words[:cut].strip(), slot_in(words[cut:], moment)
        if slot is not None and (not who or found_in(who, names)):
            return (found_in(who, names) if who else []), slot, False
    named = found_in(re.split(r"\s|(?<=的课)|(?<=的課)", words, maxsplit=1)[0], names) if words else []
    is_name_alone = bool(named) and not re.search(r"[0-9]|节|節|lesson|period", words)
    return named, None, bool(words) and not is_name_alone


def whom(answers: Answers) -> str:
    """Give the key of the colleague."""
    return str(answers.facts["only"] or answers["whom"])


def asks_whom(answers: Answers) -> bool:
    """Say whether there is a choice of colleagues."""
    return answers.facts["only"] is None


def asks_side(answers: Answers) -> bool:
    """Say whether it is open who observes whom; a mentor observes the apprentice."""
    return bool(answers.facts["ties"][whom(answers)] != "apprentice")


def is_observed(answers: Answers) -> bool:
    """Say whether she asks to be observed, so that she may name what to watch."""
    return bool(answers.get("side") == "come")


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the proposal and ask the other side; the same proposal twice is one."""
    other_id = UUID(answers.facts["ids"][whom(answers)])
    if other_id not in colleagues(session, person, now):
        raise Refused("not_with_her")
    wished = _proposal(session, answers, person, other_id, now)
    if wished.starts_at <= now:
        raise Refused("lesson_begun", day=wished.day, period=wished.period)
    if standing := same_visit(session, person.id, wished):
        facts = card_facts(session, standing, person)
        return Outcome(say=[Say("already", facts, _proposer_buttons(standing))])
    prompt = told(wished, other_id, "observation_proposed", now, was=None)
    return Outcome(
        say=[Say("proposed", card_facts(session, wished, person), _proposer_buttons(wished))], keep=[wished, prompt]
    )


def _proposal(session: Session, answers: Answers, person: Person, other_id: UUID, now: datetime) -> Observation:
    day, period = settled(answers)
    observer, teacher = (other_id, person.id) if is_observed(answers) else (person.id, other_id)
    return Observation(
        person_id=person.id,
        observer_id=observer,
        teacher_id=teacher,
        day=day,
        period=period,
        starts_at=lesson_starts_at(day, period, person.zone),
        ends_at=lesson_ends_at(day, period, person.zone),
        lesson_kind=answers["lesson_kind"],
        focus=answers.get("focus") or "",
        made_at=now,
    )


def _proposer_buttons(observation: Observation) -> tuple[Tap, ...]:
    move = Tap("open", row=observation.id, handler="observation_move", block="tap__move")
    return (move, Tap("cancel", row=observation.id))


def _asked(session: Session, person: Person, row: UUID | None) -> tuple[Observation, Prompt] | None:
    """Find the observation that a proposal card asked this person about, as long as the card is hers."""
    prompt = session.get(Prompt, row) if row else None
    if prompt is None or prompt.person_id != person.id or prompt.about_id is None:
        return None
    observation = visible_observation(session, person.id, prompt.about_id)
    return (observation, prompt) if observation else None


def _answerable(session: Session, person: Person, row: UUID | None, now: datetime) -> Observation | Outcome:
    """Give the observation a proposal card is about, or what to say when the card no longer stands."""
    asked = _asked(session, person, row)
    if asked is None:
        return Outcome(say=[Say("gone")])
    observation, prompt = asked
    if observation.state != "proposed" or observation.version != prompt.facts["version"]:
        return show(session, person, observation.id, now)
    if observation.starts_at <= now:
        return Outcome(say=[Say("begun_meanwhile", card_facts(session, observation, person))])
    return observation


def agree(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """可以: from now on it is an appointment; both evenings and the bell are planned."""
    observation = _answerable(session, person, row, now)
    if isinstance(observation, Outcome):
        return observation
    observation.state = "agreed"
    prompts = agreed_prompts(session, observation, now)
    prompts.append(told(observation, other_side(observation, person), "observation_agreed", now))
    facts = card_facts(session, observation, person)
    buttons = standing_buttons(observation.id)[1:]
    if not facts["observes"] and not facts["focus"]:
        focus = Tap("open", row=observation.id, handler="observation_focus", block="tap__focus")
        buttons = (focus, *buttons)
    return Outcome(say=[Say("agreed", facts, buttons)], keep=list(prompts))


def decline(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """这周不方便: the proposal ends, and the other side hears it kindly."""
    observation = _answerable(session, person, row, now)
    if isinstance(observation, Outcome):
        return observation
    observation.state = "declined"
    prompt = told(observation, other_side(observation, person), "observation_declined", now)
    return Outcome(say=[Say("declined", card_facts(session, observation, person))], keep=[prompt])


def show(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Show one observation as it stands now, with what can still be done about it."""
    observation = visible_observation(session, person.id, row) if row else None
    if observation is None:
        return Outcome(say=[Say("gone")])
    is_live = observation.state in ("proposed", "agreed") and observation.starts_at > now
    hers_to_answer = observation.state == "proposed" and observation.person_id != person.id
    facts = {**card_facts(session, observation, person), "hers_to_answer": hers_to_answer}
    buttons = _live_buttons(session, person, observation) if is_live else ()
    return Outcome(say=[Say("as_it_stands", facts, buttons)])


def _live_buttons(session: Session, person: Person, observation: Observation) -> tuple[Tap, ...]:
    asked = next((p for p in proposal_cards(session, person.id, observation) if p.person_id == person.id), None)
    if observation.state == "proposed" and observation.person_id != person.id and asked:
        return (
            Tap("agree", row=asked.id),
            Tap("open", row=observation.id, handler="observation_move", block="tap__other_time"),
            Tap("decline", row=asked.id),
        )
    return _proposer_buttons(observation)


def _cancellable(session: Session, person: Person, row: UUID | None, now: datetime) -> Observation | None:
    observation = visible_observation(session, person.id, row) if row else None
    is_live = observation is not None and observation.state in ("proposed", "agreed") and observation.ends_at > now
    return observation if is_live else None


def cancel(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """取消: ask once, because the other side will hear of it."""
    observation = _cancellable(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    buttons = (Tap("cancel_yes", row=observation.id), Tap("cancel_no", row=observation.id))
    return Outcome(say=[Say("cancel_sure", card_facts(session, observation, person), buttons)])


def cancel_yes(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Cancel it, drop what was planned about it, and tell the other side unless she never heard of it."""
    observation = _cancellable(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    other_id = other_side(observation, person)
    was_agreed = observation.state == "agreed"
    unheard = {p.person_id for p in proposal_cards(session, person.id, observation) if p.state == "waiting"}
    replan = set(drop_about(session, observation.id))
    observation.state, observation.version = "cancelled", observation.version + 1
    keep: list[Any] = []
    if other_id not in unheard:
        manner = APPOINTMENT if was_agreed else PERSONAL
        keep.append(told(observation, other_id, "observation_cancelled", now, manner))
    facts = {**card_facts(session, observation, person), "tells": bool(keep)}
    return Outcome(say=[Say("cancelled_now", facts)], keep=keep, replan=replan)


def cancel_no(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """不取消: it stands."""
    return show(session, person, row, now)


def noted(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了: a nod, nothing more."""
    return Outcome(say=[Say("nodded")])


def _unheld(session: Session, person: Person, row: UUID | None, now: datetime) -> Observation | None:
    """Give a lesson that she was to observe, that is over or begun, and of which no feedback has been sent."""
    observation = visible_observation(session, person.id, row) if row else None
    if observation is None or observation.observer_id != person.id or observation.feedback == "sent":
        return None
    is_past = observation.starts_at <= now and observation.state in ("agreed", "held")
    return observation if is_past else None


def not_held(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """没听成: ask why, by buttons only."""
    observation = _unheld(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    buttons = tuple(Tap(f"for_{why}", row=observation.id) for why in REASONS)
    return Outcome(say=[Say("why_not_held", card_facts(session, observation, person), buttons)])


def _because(why: str) -> Any:
    def close(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
        observation = _unheld(session, person, row, now)
        if observation is None:
            return show(session, person, row, now)
        observation.state, observation.why = "not_held", why
        replan = set(drop_about(session, observation.id))
        again = Tap("open", row=observation.id, handler="observation", block="tap__again")
        return Outcome(say=[Say("not_held", card_facts(session, observation, person), (again,))], replan=replan)

    return close


def feedback_later(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """先放着: the card stays usable; nothing asks again."""
    return Outcome(say=[Say("feedback_waits")])


conversation = Conversation(
    name="observation",
    command="observe",
    questions=(
        Question("whom", colleague(), when=asks_whom),
        Question("side", choice("go", "come"), when=asks_side),
        Question("day", lesson_day(), when=no_slot),
        Question("period", lesson_period(), when=no_period),
        Question("other_lesson", other_lesson(), when=is_taken, is_step=False),
        Question("lesson_kind", choice("ordinary", "study", "qualifying")),
        Question("focus", text(at_most=200), when=is_observed, optional=True),
    ),
    finish=finish,
    facts=facts,
    taps={
        "agree": agree,
        "decline": decline,
        "show": show,
        "cancel": cancel,
        "cancel_yes": cancel_yes,
        "cancel_no": cancel_no,
        "noted": noted,
        "not_held": not_held,
        **{f"for_{why}": _because(why) for why in REASONS},
        "feedback_later": feedback_later,
    },
    prompts=PROMPTS,
    keeps_draft=False,
    takes_rest=True,
)
