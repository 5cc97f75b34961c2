"""Who may read whose words: situations in a school with two groups below it."""

from datetime import date
from uuid import UUID

import pytest

from models.rules.privacy import Pair, Piece, Post, Relation, School, may_read, relation

SCHOOL, CHINESE, MATHS, ELSEWHERE = (UUID(int=number) for number in range(1, 5))
LIN, CHEN, WANG, ZHOU, SUN, HE, GONE, HEAD = (UUID(int=number) for number in range(11, 19))

YESTERDAY, TODAY, TOMORROW = (date(2026, 9, day) for day in (15, 16, 17))
SMALL = School(
    today=TODAY,
    pairs=frozenset({Pair(CHEN, LIN, until=TODAY), Pair(CHEN, SUN, until=YESTERDAY)}),
    posts=frozenset(
        {
            Post(LIN, CHINESE, "teacher"),
            Post(CHEN, CHINESE, "mentor"),
            Post(CHEN, MATHS, "teacher"),
            Post(WANG, CHINESE, "leader"),
            Post(WANG, CHINESE, "supervisor"),
            Post(ZHOU, CHINESE, "teacher"),
            Post(SUN, MATHS, "teacher"),
            Post(SUN, MATHS, "supervisor"),
            Post(HE, SCHOOL, "office"),
            Post(HE, CHINESE, "office"),
            Post(GONE, CHINESE, "teacher"),
            Post(GONE, CHINESE, "supervisor"),
            Post(HEAD, SCHOOL, "supervisor"),
        }
    ),
    parents={SCHOOL: None, CHINESE: SCHOOL, MATHS: SCHOOL, ELSEWHERE: None},
    left=frozenset({GONE}),
)


@pytest.mark.parametrize(
    ("writer", "viewer", "audience", "expected"),
    [
        pytest.param(LIN, LIN, {}, True, id="she reads her own private words"),
        pytest.param(GONE, GONE, {}, True, id="she still reads her own after leaving"),
        pytest.param(LIN, CHEN, {}, False, id="her mentor does not read what is private"),
        pytest.param(LIN, HEAD, {}, False, id="the head does not read what is private"),
        pytest.param(LIN, CHEN, {"pair"}, True, id="her mentor reads what is for the pair"),
        pytest.param(CHEN, LIN, {"pair"}, True, id="the teacher reads what her mentor shares with the pair"),
        pytest.param(LIN, ZHOU, {"pair"}, False, id="a group mate does not read what is for the pair"),
        pytest.param(LIN, WANG, {"pair"}, False, id="the supervisor does not read what is for the pair"),
        pytest.param(LIN, ZHOU, {"group"}, True, id="a group mate reads what is for the group"),
        pytest.param(LIN, CHEN, {"group"}, True, id="a mentor of the group belongs to the group"),
        pytest.param(LIN, WANG, {"group"}, True, id="the leader of the group belongs to the group"),
        pytest.param(LIN, SUN, {"group"}, False, id="another group does not read what is for the group"),
        pytest.param(CHEN, SUN, {"group"}, True, id="a second group of the writer's counts too"),
        pytest.param(LIN, HE, {"group"}, False, id="the office is in no group, even with a post there"),
        pytest.param(LIN, HEAD, {"group"}, False, id="a supervisor above is not a member of the group"),
        pytest.param(LIN, WANG, {"supervisor"}, True, id="the supervisor of her group reads what is for supervisors"),
        pytest.param(LIN, HEAD, {"supervisor"}, True, id="the supervisor of the school stands above her group"),
        pytest.param(LIN, SUN, {"supervisor"}, False, id="a supervisor of another group does not"),
        pytest.param(HE, WANG, {"supervisor"}, True, id="a post of any role puts her into the scope of its unit"),
        pytest.param(HEAD, WANG, {"supervisor"}, False, id="scope runs downwards only"),
        pytest.param(LIN, ZHOU, {"supervisor"}, False, id="a colleague is no supervisor"),
        pytest.param(LIN, GONE, {"group", "supervisor"}, False, id="access ends with the post"),
        pytest.param(GONE, ZHOU, {"group"}, True, id="what someone shared before leaving stays shared"),
        pytest.param(LIN, HE, {"pair", "group", "supervisor"}, False, id="the office reads nobody's words"),
    ],
)
def test_who_reads_what(writer, viewer, audience, expected):
    assert may_read(Piece(frozenset(audience)), relation(SMALL, writer, viewer)) is expected


@pytest.mark.parametrize("viewer", [LIN, CHEN, WANG])
def test_nobody_reads_what_was_removed_not_even_the_writer(viewer):
    piece = Piece(frozenset({"pair", "group", "supervisor"}), is_removed=True)
    assert not may_read(piece, relation(SMALL, LIN, viewer))


def test_a_stranger_to_the_school_reads_nothing():
    everything = Piece(frozenset({"pair", "group", "supervisor"}))
    assert not may_read(everything, relation(SMALL, LIN, UUID(int=99)))
    assert not may_read(everything, Relation())


def test_a_unit_outside_the_tree_is_still_itself():
    school = School(TODAY, posts=frozenset({Post(LIN, ELSEWHERE, "teacher"), Post(HEAD, ELSEWHERE, "supervisor")}))
    assert relation(school, LIN, HEAD).circles == {"supervisor"}


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(None, None, True, id="a pairing without bounds holds"),
        pytest.param(TODAY, TODAY, True, id="both of its days belong to it"),
        pytest.param(TOMORROW, None, False, id="one that begins tomorrow does not hold today"),
        pytest.param(None, YESTERDAY, False, id="one that ended yesterday holds no more"),
        pytest.param(YESTERDAY, None, True, id="one that began holds until somebody ends it"),
        pytest.param(None, TOMORROW, True, id="one that ends tomorrow still holds"),
        pytest.param(YESTERDAY, YESTERDAY, False, id="one that began and ended"),
    ],
)
def test_a_pairing_opens_the_door_for_its_days_only(since, until, expected):
    school = School(TODAY, pairs=frozenset({Pair(CHEN, LIN, since, until)}))
    assert may_read(Piece(frozenset({"pair"})), relation(school, LIN, CHEN)) is expected
