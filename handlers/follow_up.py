"""Ask how an action went; what she says goes to the right column of the 培训成果转化记录表."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Open, Outcome, Question, Say, Tap, TapAnswer
from bot.errors import Refused
from handlers.asking import ask_on, asked_at, prompts, stop_asking
from handlers.keeping import kept
from models import Action, CheckIn, Entry, Person, Prompt
from models.actions import ENDED, LET_GO, OPEN, followable_actions, own_action, own_record, put_away_actions
from models.rules.wall_time import local_day

MORE_TIME = timedelta(weeks=2)
WAITS = {"weeks2": MORE_TIME, "month1": timedelta(days=30)}
SHOWN_AT_MOST = 4
TOLD = ("done", "partly", "no_chance", "not_suitable")  # results that make a row
TRIED = ("done", "partly")
# How an action ends when she stops here; none of them is a failure.
ENDINGS = {"done": "done", "partly": "partly", "no_chance": LET_GO, "not_suitable": "not_suitable"}


def chosen(answers: Answers) -> dict[str, Any]:
    """Give the action that is talked about, as facts."""
    return dict(answers.facts["actions"][answers.get("which") or "a1"])


def _asks_which(answers: Answers) -> bool:
    return len(answers.facts["actions"]) > 1


def _is_told(answers: Answers) -> bool:
    """Say whether there is something to write down: she told a result, and wants a late row if it is one."""
    return answers.get("result") in TOLD and answers.get("late_row") != "no"


def _asks_late(answers: Answers) -> bool:
    return answers.get("result") in TRIED and bool(chosen(answers)["is_resting"])


def _asks_effect(answers: Answers) -> bool:
    return _is_told(answers) and answers["result"] in TRIED


def _asks_obstacle(answers: Answers) -> bool:
    return _is_told(answers) and answers["result"] != "done"


def _asks_keep_on(answers: Answers) -> bool:
    return _is_told(answers) and answers["result"] == "done"


def _asks_deed(answers: Answers) -> bool:
    return answers.get("result") == "rework" or answers.get("next") == "change"


def _asks_again(answers: Answers) -> bool:
    return _asks_deed(answers) or answers.get("next", "stop") not in ("more", "stop")


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the action it is about, or those she may tell of; raise Refused when there is none.

    `rest` is what she said of an action by herself, long after: 其实我一直在做. Then those put away come first, and that
    she did it is known.
    """
    listed = [_asked_about(session, viewer, about)] if about else _listed(session, viewer, bool(rest))
    if not listed:
        raise Refused("none_open")
    actions = {f"a{place}": _facts_of(action) for place, action in enumerate(listed[:SHOWN_AT_MOST], 1)}
    choices = [{"key": key, "label": told["deed"][:24]} for key, told in actions.items()]
    is_late = bool(rest) and listed[0].is_put_away()
    known = {"answers": {"result": "done"}} if is_late else {}
    return {"actions": actions, "choices": choices, "came_back": is_late, **known}


def _listed(session: Session, viewer: Person, is_late: bool) -> list[Action]:
    """List what she may tell of; coming back late, what was put away and what she was asked about in vain."""
    open_or_quiet = followable_actions(session, viewer.id)
    away = put_away_actions(session, viewer.id) if is_late else []
    return [*away, *(one for one in open_or_quiet if one.is_open() and one.touches)] if away else open_or_quiet


def _asked_about(session: Session, viewer: Person, about: UUID) -> Action:
    action = own_action(session, viewer.id, about)
    if action is None:
        raise Refused("gone")
    if action.state == ENDED and not action.is_put_away():
        raise Refused("settled", action=action.told())
    return action


def _facts_of(action: Action) -> dict[str, Any]:
    return action.told() | {"is_resting": action.is_put_away()}


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Write the row, change or end the action, and plan when to ask again."""
    action = own_action(session, person.id, UUID(chosen(answers)["id"]))
    if action is None or (action.state == ENDED and not action.is_put_away()):
        return Outcome(say=[Say("gone")])
    replan = stop_asking(session, action)
    row = _row(answers, action, person, now) if _is_told(answers) else None
    _move_on(answers, action, now)
    asking = _next_asking(session, answers, action, person, now)
    outcome = Outcome(say=[_reply(session, answers, action, row, asking, person)], replan=replan | {person.id})
    _keep_photos(session, answers, action, person, now)
    outcome.keep += filter(None, (row, asking))
    return outcome


def _row(answers: Answers, action: Action, person: Person, now: datetime) -> CheckIn:
    return CheckIn(
        action_id=action.id,
        person_id=person.id,
        training_id=action.training_id,
        result=answers["result"],
        insight=action.insight,
        effect=_effect(answers),
        obstacle=answers.get("obstacle") or "",
        remedy=answers.get("new_deed") or answers.get("next") or "",
        happened_on=local_day(now, person.zone),
        written_at=now,
        is_late=action.is_put_away(),
    )


def _effect(answers: Answers) -> str:
    said = answers.get("effect") or {"text": "", "files": []}
    return said["text"] or ("photo" if said["files"] else "")


def _keep_photos(session: Session, answers: Answers, action: Action, person: Person, now: datetime) -> None:
    """Keep the pictures of an effect as a jotting of the same day; a row of the form holds words only."""
    said = answers.get("effect") or {"files": []}
    if said["files"]:
        parts = {"pieces": [{"text": said["text"], "files": said["files"]}]}
        kept(
            session,
            person,
            Entry(kind="jotting", person_id=person.id, training_id=action.training_id, parts=parts, written_at=now),
        )


def _move_on(answers: Answers, action: Action, now: datetime) -> None:
    """Change the deed, or end the action; one put away that goes on is open again."""
    if answers.get("new_deed"):
        action.deed = answers["new_deed"]
    if _stops(answers):
        action.state, action.ending, action.ended_at = ENDED, ENDINGS[answers["result"]], now
    else:
        action.state, action.ending, action.ended_at = OPEN, None, None


def _stops(answers: Answers) -> bool:
    declined_row = answers.get("late_row") == "no"
    return declined_row or answers.get("next") == "stop" or answers.get("keep_on") == "close"


def _next_asking(session: Session, answers: Answers, action: Action, person: Person, now: datetime) -> Prompt | None:
    day = _next_day(answers, local_day(now, person.zone))
    if _stops(answers) or day is None:
        return None
    if answers["result"] != "later":
        action.try_until = day
    return ask_on(session, action, day, person, now)


def _next_day(answers: Answers, today: date) -> date | None:
    if answers["result"] == "later":
        return today + timedelta(days=1)
    if "more" in (answers.get("next"), answers.get("keep_on")):
        return today + MORE_TIME
    wait = WAITS.get(answers.get("again", ""))
    return today + wait if wait else None


def _reply(
    session: Session, answers: Answers, action: Action, row: CheckIn | None, asking: Prompt | None, person: Person
) -> Say:
    told = {
        "action": action.told(),
        "asked_at": asked_at(session, asking, person) if asking else None,
        "has_ended": _stops(answers),
    }
    if row is None:
        return Say({"later": "asked_later", "rework": "reworked"}.get(answers["result"], "settled_now"), told)
    rows = len(own_record(session, person.id)) + 1
    buttons = (Tap("row", row.id, "record"), Tap("word", None, "record"))
    return Say("written", told | {"rows": rows, "is_late": row.is_late}, buttons)


def _answered(result: str) -> TapAnswer:
    """Make the answer to a tap on the card: the conversation opens with the result already known."""

    def answer(_session: Session, _person: Person, row: UUID | None, _now: datetime) -> Outcome:
        return Outcome(open=Open("follow_up", row, answers={"result": result}))

    return answer


def _put_away(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Put an action away as she wishes; all that was written stays."""
    action = own_action(session, person.id, row) if row else None
    if action is None:
        return Outcome(say=[Say("gone")])
    if action.state == ENDED:
        return Outcome(say=[Say("settled", {"action": action.told()})])
    action.state, action.ending, action.ended_at = ENDED, LET_GO, now
    return Outcome(say=[Say("put_away", {"action": action.told()})], replan=stop_asking(session, action) | {person.id})


OBSTACLES = ("time", "unclear", "forgot", "materials", "alone")
NEXT = ("change", "more", "someone", "stop")

conversation = Conversation(
    name="follow_up",
    command="followup",
    facts=facts,
    finish=finish,
    prompts=prompts,
    taps={
        "done": _answered("done"),
        "partly": _answered("partly"),
        "no_chance": _answered("no_chance"),
        "did": _answered("done"),
        "rework": _answered("rework"),
        "put_away": _put_away,
    },
    questions=(
        Question("which", choice(from_facts="choices"), when=_asks_which, is_step=False),
        Question("result", choice(*TOLD, "later")),
        Question("late_row", choice("yes", "no"), when=_asks_late, is_step=False),
        Question("effect", text(at_most=1000, files=True), when=_asks_effect, optional=True),
        Question("obstacle", choice(*OBSTACLES, other=text(at_most=400)), when=_asks_obstacle, optional=True),
        Question("next", choice(*NEXT, other=text(at_most=400)), when=_asks_obstacle),
        Question("keep_on", choice("close", "more"), when=_asks_keep_on),
        Question("new_deed", text(at_most=120), when=_asks_deed),
        Question("again", choice("weeks2", "month1", "no"), when=_asks_again),
    ),
)
