"""What the buttons of a visit's cards do: agree, decline, show, cancel, not held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Form, Outcome, Say, Tap
from handlers.observation_cards import agreed_buttons, card_facts, change_buttons, other_side, told
from handlers.observation_set import asked_in, is_live, planned_anew, still_to_come, unplanned
from models import Observation, Person, Prompt
from models.observations import lessons_of_set, proposal_cards, visible_observation
from models.rules.contact import APPOINTMENT, PERSONAL

REASONS = ("meeting", "swapped", "ill", "other")  # why a lesson was not observed: 会议 调课 生病 其他


def _asked(session: Session, person: Person, row: UUID | None) -> tuple[Observation, Prompt] | None:
    """Find the observation that a proposal card asked this person about, as long as the card is hers."""
    prompt = session.get(Prompt, row) if row else None
    if prompt is None or prompt.person_id != person.id or prompt.about_id is None:
        return None
    observation = visible_observation(session, person.id, prompt.about_id)
    return (observation, prompt) if observation else None


def _answerable(session: Session, person: Person, row: UUID | None, now: datetime) -> list[Observation] | Outcome:
    """Give the lessons a proposal card asks about, or what to say when the card no longer stands."""
    asked = _asked(session, person, row)
    if asked is None:
        return Outcome(say=[Say("gone")])
    observation, prompt = asked
    lessons = asked_in(session, person.id, observation, prompt.facts["asks"])
    if not lessons:
        return show(session, person, observation.id, now)
    if lessons[0].starts_at <= now:
        return Outcome(say=[Say("begun_meanwhile", card_facts(session, lessons[0], person))])
    return lessons


def agree(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """可以: from now on it is an appointment; both evenings and the bell are planned."""
    lessons = _answerable(session, person, row, now)
    if isinstance(lessons, Outcome):
        return lessons
    for lesson in lessons:
        lesson.state = "agreed"
    session.flush()
    first = lessons[0]
    prompts, replan = planned_anew(session, first, now, fresh=[lesson.id for lesson in lessons])
    prompts.append(told(first, other_side(first, person), "observation_agreed", now))
    facts = card_facts(session, first, person)
    return Outcome(say=[Say("agreed", facts, agreed_buttons(first.id, facts))], keep=[*prompts], replan=replan)


def decline(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """这次不方便: the proposal ends, and the other side hears it kindly."""
    lessons = _answerable(session, person, row, now)
    if isinstance(lessons, Outcome):
        return lessons
    for lesson in lessons:
        lesson.state = "declined"
    first = lessons[0]
    prompt = told(first, other_side(first, person), "observation_declined", now)
    return Outcome(say=[Say("declined", card_facts(session, first, person))], keep=[prompt])


def show(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Show one observation as it stands now, with what can still be done about it."""
    observation = visible_observation(session, person.id, row) if row else None
    if observation is None:
        return Outcome(say=[Say("gone")])
    coming = is_live(observation, now) and observation.starts_at > now
    hers_to_answer = observation.state == "proposed" and observation.person_id != person.id
    facts = {**card_facts(session, observation, person), "hers_to_answer": hers_to_answer}
    buttons = _live_buttons(session, person, observation) if coming else _past_buttons(observation)
    return Outcome(say=[Say("as_it_stands", facts, buttons)])


def _live_buttons(session: Session, person: Person, observation: Observation) -> tuple[Tap, ...]:
    asked = _card_about(session, person, observation)
    if observation.state == "proposed" and observation.person_id != person.id and asked:
        return (
            Tap("agree", row=asked.id),
            Tap("open", row=asked.about_id, handler="observation_move", block="tap__other_time"),
            Tap("decline", row=asked.id),
        )
    calendar = (Tap("calendar", row=observation.id),) if observation.state == "agreed" else ()
    return (*calendar, *change_buttons(observation.id))


def _past_buttons(observation: Observation) -> tuple[Tap, ...]:
    # Whoever put the visit into her calendar can take it out by the same file.
    off = Tap("calendar", row=observation.id, block="tap__calendar_off")
    return (off,) if observation.state == "cancelled" else ()


def _card_about(session: Session, person: Person, observation: Observation) -> Prompt | None:
    """Find the card that asks her about an observation, alone or with the others of its set."""
    lessons = lessons_of_set(session, person.id, observation)
    cards = [card for lesson in lessons for card in proposal_cards(session, person.id, lesson)]
    hers = (card for card in cards if card.person_id == person.id)
    return next((c for c in hers if c.facts["asks"].get(str(observation.id)) == observation.version), None)


def _cancellable(session: Session, person: Person, row: UUID | None, now: datetime) -> Observation | None:
    observation = visible_observation(session, person.id, row) if row else None
    return observation if observation is not None and is_live(observation, now) else None


def together(session: Session, person: Person, observation: Observation, now: datetime) -> list[Observation]:
    """List what a proposal asks about in one, or every lesson of a set that is agreed and still to come."""
    if observation.state == "agreed":
        return still_to_come(session, person.id, observation, now)
    lessons = lessons_of_set(session, person.id, observation)
    same = (observation.state, observation.person_id)
    return [lesson for lesson in lessons if (lesson.state, lesson.person_id) == same]


def cancel(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """取消: ask once, because the other side will hear of it; of a set, ask whether all of it."""
    observation = _cancellable(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    is_set = observation.state == "agreed" and len(together(session, person, observation, now)) > 1
    whole = (Tap("cancel_all", row=observation.id),) if is_set else ()
    buttons = (*whole, Tap("cancel_yes", row=observation.id), Tap("cancel_no", row=observation.id))
    facts = {**card_facts(session, observation, person), "is_set": is_set}
    return Outcome(say=[Say("cancel_sure", facts, buttons)])


def cancel_yes(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Cancel this lesson; a proposal of several is taken back as a whole."""
    observation = _cancellable(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    lessons = [observation] if observation.state == "agreed" else together(session, person, observation, now)
    return _cancelled(session, person, lessons, now)


def cancel_all(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Cancel what is still to come of the whole set."""
    observation = _cancellable(session, person, row, now)
    if observation is None:
        return show(session, person, row, now)
    return _cancelled(session, person, together(session, person, observation, now), now)


def _cancelled(session: Session, person: Person, lessons: Sequence[Observation], now: datetime) -> Outcome:
    """Cancel these lessons, drop what was planned about them, and tell the other side unless she never heard of it."""
    first = lessons[0]
    was_agreed, other_id = first.state == "agreed", other_side(first, person)
    cards = [card for lesson in lessons for card in proposal_cards(session, person.id, lesson)]
    unheard = {card.person_id for card in cards if card.state == "waiting"}
    replan = unplanned(session, lessons)
    for lesson in lessons:
        lesson.state, lesson.version = "cancelled", lesson.version + 1
    session.flush()
    prompts, dropped = planned_anew(session, first, now)
    days = told_days(lessons)
    if other_id not in unheard:
        manner = APPOINTMENT if was_agreed else PERSONAL
        prompts.append(told(first, other_id, "observation_cancelled", now, manner, days=days))
    facts = {**card_facts(session, first, person), "days": days, "tells": other_id not in unheard}
    return Outcome(say=[Say("cancelled_now", facts)], keep=[*prompts], replan=replan | dropped)


def told_days(lessons: Sequence[Observation]) -> list[dict[str, Any]]:
    """Tell several lessons by day and period."""
    return [{"day": one.day.isoformat(), "period": one.period} for one in lessons]


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
        begun = [one for one in lessons_of_set(session, person.id, observation) if one.starts_at <= now]
        for one in (one for one in begun if one.state == "agreed" or one is observation):
            one.state, one.why = "not_held", why
        replan = unplanned(session, begun)
        again = Tap("open", row=observation.id, handler="observation", block="tap__again")
        return Outcome(say=[Say("not_held", card_facts(session, observation, person), (again,))], replan=replan)

    return close


def feedback_later(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """先放着: the card stays usable; nothing asks again."""
    return Outcome(say=[Say("feedback_waits")])


def calendar(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """加到日历: hand over the visit as a calendar file; it is made when the message leaves."""
    observation = visible_observation(session, person.id, row) if row else None
    if observation is None:
        return Outcome(say=[Say("gone")])
    facts = card_facts(session, observation, person)
    return Outcome(say=[Say("calendar_here", facts, form=Form("calendar", person.id, observation.id))])


TAPS = {
    "agree": agree,
    "decline": decline,
    "show": show,
    "cancel": cancel,
    "cancel_yes": cancel_yes,
    "cancel_all": cancel_all,
    "cancel_no": cancel_no,
    "noted": noted,
    "not_held": not_held,
    **{f"for_{why}": _because(why) for why in REASONS},
    "feedback_later": feedback_later,
    "calendar": calendar,
}
