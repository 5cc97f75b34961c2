"""Who may read what a teacher wrote: the same rule as `models.entries.audience_holds`, as plain functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

PAIR, GROUP, SUPERVISOR = "pair", "group", "supervisor"
IN_GROUP = frozenset({"teacher", "mentor", "leader"})  # the roles that make someone a member of 本组


@dataclass(frozen=True)
class Post:
    """One role of one person in one unit."""

    person: UUID
    unit: UUID
    role: str


@dataclass(frozen=True)
class Pair:
    """One pairing of a mentor with a teacher; an empty end is no bound."""

    mentor: UUID
    teacher: UUID
    since: date | None = None
    until: date | None = None

    def holds(self, today: date) -> bool:
        """Say whether the pairing counts on this local day of the viewer: from `since` through `until`."""
        return (self.since is None or self.since <= today) and (self.until is None or today <= self.until)


@dataclass(frozen=True)
class School:
    """A snapshot of who stands where on one day."""

    today: date
    pairs: frozenset[Pair] = frozenset()
    posts: frozenset[Post] = frozenset()
    parents: Mapping[UUID, UUID | None] = field(default_factory=dict)  # every unit and the one it lies in
    left: frozenset[UUID] = frozenset()  # who has left the school


@dataclass(frozen=True)
class Relation:
    """What a viewer is to a writer; nobody is her own pair, mate or supervisor, for she reads her own anyway."""

    is_writer: bool = False
    circles: frozenset[str] = frozenset()  # of pair, group, supervisor: those through which the viewer may read
    is_in_post: bool = True  # access through a circle ends when the viewer leaves


@dataclass(frozen=True)
class Piece:
    """What the rule needs to know of an entry, an action or a check-in; never its words."""

    audience: frozenset[str] = frozenset()  # of pair, group, supervisor; empty is 仅自己
    is_removed: bool = False


def may_read(piece: Piece, relation: Relation) -> bool:
    """Say whether a viewer who stands in this relation to the writer may read it.

    What was removed is read by nobody. The writer reads all the rest of hers. Anyone else must be in post and in a
    circle that the writer chose; whatever is not allowed here is forbidden.
    """
    if piece.is_removed:
        return False
    return relation.is_writer or (relation.is_in_post and bool(piece.audience & relation.circles))


def relation(school: School, writer: UUID, viewer: UUID) -> Relation:
    """Work out what the viewer is to the writer."""
    if viewer == writer:
        return Relation(is_writer=True)
    holds = {
        PAIR: is_pair(school, writer, viewer),
        GROUP: is_group_mate(school, writer, viewer),
        SUPERVISOR: is_supervisor(school, writer, viewer),
    }
    circles = frozenset(name for name, is_in_it in holds.items() if is_in_it)
    return Relation(circles=circles, is_in_post=viewer not in school.left)


def is_pair(school: School, writer: UUID, viewer: UUID) -> bool:
    """Say whether the two are 师徒 of each other, whichever of them is the mentor."""
    holding = {frozenset((pair.mentor, pair.teacher)) for pair in school.pairs if pair.holds(school.today)}
    return frozenset((writer, viewer)) in holding


def is_group_mate(school: School, writer: UUID, viewer: UUID) -> bool:
    """Say whether there is a unit in which both are teacher, mentor or leader; the group above or below is another."""
    return bool(_groups(school, writer) & _groups(school, viewer))


def is_supervisor(school: School, writer: UUID, viewer: UUID) -> bool:
    """Say whether the viewer supervises a unit of the writer's or one that it lies in."""
    scope = {post.unit for post in school.posts if post.person == viewer and post.role == "supervisor"}
    hers = {post.unit for post in school.posts if post.person == writer}
    return any(scope & _upwards(school, unit) for unit in hers)


def _groups(school: School, person: UUID) -> set[UUID]:
    return {post.unit for post in school.posts if post.person == person and post.role in IN_GROUP}


def _upwards(school: School, unit: UUID) -> set[UUID]:
    """Collect a unit and all that it lies in, up to the school."""
    found: set[UUID] = set()
    at: UUID | None = unit
    while at is not None:
        found.add(at)
        at = school.parents.get(at)
    return found
