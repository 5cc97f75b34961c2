"""Actions (如果…就…) and the check-ins that follow them, each one row of the 培训成果转化记录表."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, or_
from sqlmodel import Field, Session, col, select

from models.base import Audience, id_field
from models.entries import audience_holds

OPEN, RESTING, ENDED = "open", "resting", "ended"
LET_GO = "let_go"  # the ending of an action that was put away, or given up before it was tried


class Action(Audience, table=True):
    """One small thing to try in class: if this class comes to this moment, then do this."""

    __tablename__ = "action"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    training_id: UUID | None = Field(default=None, foreign_key="training.id")
    entry_id: UUID | None = Field(default=None, foreign_key="entry.id")
    observation_id: UUID | None = Field(default=None, foreign_key="observation.id")
    class_name: str = ""
    moment: str = ""
    deed: str = ""
    sign: str = ""  # how she will know it helped; may be empty
    insight: str = ""  # 培训心得体会, the first column of the record form
    try_until: date | None = None
    state: str = Field(default=OPEN, index=True)  # open, resting (暂缓), ended
    ending: str | None = None  # done, partly, not_suitable, replaced, let_go
    touches: int = 0  # times the bot has asked since her last answer
    made_at: datetime
    ended_at: datetime | None = None
    shared_at: datetime | None = None

    def is_open(self) -> bool:
        """Say whether she is still trying it."""
        return self.state == OPEN

    def is_put_away(self) -> bool:
        """Say whether it went quiet, or she put it away: she may still come back to it."""
        return self.state == RESTING or (self.state == ENDED and self.ending == LET_GO)

    def told(self) -> dict[str, Any]:
        """Give what a template needs to say it, fit for JSON; the sentence itself is worded in `_words.j2`."""
        return {
            "id": str(self.id),
            "class_name": self.class_name,
            "moment": self.moment,
            "deed": self.deed,
            "sign": self.sign,
            "insight": self.insight,
            "try_until": self.try_until.isoformat() if self.try_until else None,
            "made_at": self.made_at.isoformat(),
        }


class CheckIn(Audience, table=True):
    """One follow-up answer; one row of the 培训成果转化记录表 with its four columns."""

    __tablename__ = "check_in"
    id: UUID = id_field()
    action_id: UUID = Field(foreign_key="action.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    training_id: UUID | None = Field(default=None, foreign_key="training.id")
    result: str  # done, partly, no_chance, not_suitable
    insight: str = ""  # 培训心得体会
    effect: str = ""  # 应用成果
    obstacle: str = ""  # 出现的问题
    remedy: str = ""  # 解决方法措施
    happened_on: date
    written_at: datetime
    is_late: bool = False  # 补记: written after the action had gone quiet
    removed_at: datetime | None = None
    shared_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        """Give what a template needs to show the row, fit for JSON; see the macro `cell` in `_words.j2`."""
        return {
            "id": str(self.id),
            "result": self.result,
            "insight": self.insight,
            "effect": self.effect,
            "obstacle": self.obstacle,
            "remedy": self.remedy,
            "happened_on": self.happened_on.isoformat(),
            "is_late": self.is_late,
            "to_supervisor": self.to_supervisor,
        }


def readable_actions(viewer_id: UUID, today: date) -> Select[Any]:
    """Select the actions that `viewer_id` may read on her local day."""
    return select(Action).where(audience_holds(Action, viewer_id, today))


def readable_check_ins(viewer_id: UUID, today: date) -> Select[Any]:
    """Select the rows of record forms that `viewer_id` may read on her local day."""
    return select(CheckIn).where(col(CheckIn.removed_at).is_(None), audience_holds(CheckIn, viewer_id, today))


def own_check_ins(viewer_id: UUID) -> Select[Any]:
    """Select the rows of her own record form: the part of `readable_check_ins` that asks nothing of circles."""
    return select(CheckIn).where(col(CheckIn.removed_at).is_(None), CheckIn.person_id == viewer_id)


def own_action(session: Session, viewer_id: UUID, action_id: UUID) -> Action | None:
    """Get one action of her own."""
    query = select(Action).where(col(Action.id) == action_id, col(Action.person_id) == viewer_id)
    return session.scalars(query).first()


def put_away_actions(session: Session, viewer_id: UUID) -> list[Action]:
    """List the actions that she put away or that silence closed, the latest ended or made first."""
    query = select(Action).where(
        Action.person_id == viewer_id,
        or_(col(Action.state) == RESTING, and_(col(Action.state) == ENDED, col(Action.ending) == LET_GO)),
    )
    latest = func.coalesce(col(Action.ended_at), col(Action.made_at))
    return list(session.scalars(query.order_by(latest.desc(), col(Action.id).desc())))


_OPEN_ACTIONS = (
    select(Action).where(Action.person_id == bindparam("viewer"), Action.state == OPEN).order_by(col(Action.made_at))
)


def open_actions(session: Session, viewer_id: UUID) -> list[Action]:
    """List the actions she is trying, the oldest first."""
    return list(session.scalars(_OPEN_ACTIONS, {"viewer": viewer_id}))


def followable_actions(session: Session, viewer_id: UUID) -> list[Action]:
    """List the actions she may still tell of, the oldest first: those she is trying, then those gone quiet."""
    query = select(Action).where(Action.person_id == viewer_id, col(Action.state).in_((OPEN, RESTING)))
    return list(session.scalars(query.order_by(col(Action.state) == RESTING, col(Action.made_at))))


def own_check_in(session: Session, viewer_id: UUID, check_in_id: UUID) -> CheckIn | None:
    """Get one row of her own record form."""
    return session.scalars(own_check_ins(viewer_id).where(col(CheckIn.id) == check_in_id)).first()


def own_removed_check_in(session: Session, viewer_id: UUID, check_in_id: UUID) -> CheckIn | None:
    """Get a row that she took out of her record form, while it can still be put back."""
    query = select(CheckIn).where(
        CheckIn.id == check_in_id, CheckIn.person_id == viewer_id, col(CheckIn.removed_at).is_not(None)
    )
    return session.scalars(query).first()


def readable_record(session: Session, viewer_id: UUID, today: date, person_id: UUID) -> list[CheckIn]:
    """List the rows of one person's record form that `viewer_id` may read, in the order of their days."""
    query = readable_check_ins(viewer_id, today).where(col(CheckIn.person_id) == person_id)
    return list(session.scalars(query.order_by(col(CheckIn.happened_on), col(CheckIn.written_at))))


def own_record(session: Session, viewer_id: UUID) -> list[CheckIn]:
    """List the rows of her own record form, in the order of their days."""
    query = own_check_ins(viewer_id)
    return list(session.scalars(query.order_by(col(CheckIn.happened_on), col(CheckIn.written_at))))
