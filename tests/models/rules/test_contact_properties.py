"""What holds for the contact planner whatever is waiting, whoever she is."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules import silence
from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.contact import (
    APPOINTMENT,
    DIGEST,
    LAST_QUESTION,
    ORDINARY,
    PERSONAL,
    UNSAID,
    Due,
    Habits,
    first_chance,
    plan,
)
from models.rules.wall_time import instant, local_day

NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)  # both clock changes of autumn 2026 lie in the weeks that follow
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]

minutes = st.integers(0, 20 * 24 * 60)
moments = minutes.map(lambda late: NOON + timedelta(minutes=late))
fewer = settings(max_examples=80)  # a plan takes its time

manners = st.sampled_from([ORDINARY, PERSONAL, APPOINTMENT, DIGEST])


@st.composite
def habits(draw):
    start = draw(st.integers(0, 23 * 60))
    end = draw(st.integers(start + 1, 24 * 60 - 1))
    first = draw(st.integers(0, 20))
    return Habits(
        zone=draw(st.sampled_from(ZONES)),
        weekdays=draw(st.frozensets(st.integers(0, 6))),
        start=time(*divmod(start, 60)),
        end=time(*divmod(end, 60)),
        weekly_budget=draw(st.integers(0, 4)),
        may_contact=draw(st.sampled_from([True, True, True, False])),
        paused_until=draw(st.none() | moments),
        away=draw(
            st.sampled_from([(), ((date(2026, 10, 20) + timedelta(first), date(2026, 10, 22) + timedelta(first)),)])
        ),
    )


@st.composite
def waiting(draw):
    found = []
    for number in range(draw(st.integers(0, 6))):
        due_at = draw(moments)
        lasts = draw(st.none() | minutes)
        expires_at = None if lasts is None else due_at + timedelta(minutes=lasts)
        found.append(Due(UUID(int=number), "follow_up", due_at, expires_at, draw(manners)))
    return found


# A calendar with a holiday on the Monday after the clocks change.
school_days = Calendar(own={date(2026, 10, 26): DayMark(REST, "校庆")})


def is_her_time(at: datetime, hers: Habits) -> bool:
    day = local_day(at, hers.zone)
    return (
        instant(day, hers.start, hers.zone) <= at < instant(day, hers.end, hers.zone)
        and day.weekday() in hers.weekdays
        and school_days(day)
        and is_present(at, hers)
        and not is_paused(at, hers)
    )


def is_present(at: datetime, hers: Habits) -> bool:
    return not any(first <= local_day(at, hers.zone) <= last for first, last in hers.away)


def is_paused(at: datetime, hers: Habits) -> bool:
    return not hers.may_contact or bool(hers.paused_until and at < hers.paused_until)


def step_through(items, hers, now=NOON):
    """Speak and drop as planned until nothing changes; return what was said when, and what was dropped when."""
    left, spoken, said, dropped = list(items), [], [], {}
    for _ in range(3 * len(items) + 1):
        planned = plan(left, hers, spoken, now, school_days)
        dropped |= dict.fromkeys(planned.too_late, now)
        left = [due for due in left if due.id not in planned.too_late]
        if planned.at == now:
            said.append((now, [due for due in left if due.id in planned.together]))
            spoken += [now] if any(due.manner == ORDINARY for due in said[-1][1]) else []
            left = [due for due in left if due.id not in planned.together]
        elif planned.next_contact_at is None:
            break
        else:
            now = planned.next_contact_at
    return said, dropped, left


@fewer
@given(waiting(), habits(), moments)
def test_nothing_ordinary_or_personal_is_said_outside_her_time(items, hers, now):
    planned = plan(items, hers, [], now, school_days)
    quiet = [due for due in items if due.id in planned.together and due.manner in (ORDINARY, PERSONAL)]
    assert not quiet or is_her_time(planned.at, hers)


@fewer
@given(waiting(), habits(), moments)
def test_nothing_at_all_is_said_at_night_or_to_an_absent_person(items, hers, now):
    planned = plan([due for due in items if due.manner in (APPOINTMENT, DIGEST)], hers, [], now, school_days)
    if planned.at:
        day = local_day(planned.at, hers.zone)
        assert instant(day, time(6, 30), hers.zone) <= planned.at < instant(day, time(22), hers.zone)
        assert is_present(planned.at, hers)


@fewer
@given(waiting(), habits(), moments)
def test_what_is_said_is_due_and_not_expired(items, hers, now):
    planned = plan(items, hers, [], now, school_days)
    for due in (due for due in items if due.id in planned.together):
        assert due.due_at <= planned.at
        assert due.expires_at is None or planned.at < due.expires_at


@fewer
@given(waiting(), habits())
def test_nothing_is_lost(items, hers):
    said, dropped, left = step_through(items, hers)
    told = [due.id for _, card in said for due in card]
    assert sorted([*told, *dropped, *(due.id for due in left)]) == [due.id for due in items]
    assert all(due.expires_at is None for due in left)
    assert all(dropped[due.id] == max(NOON, due.expires_at) for due in items if due.id in dropped)


@fewer
@given(waiting(), habits())
def test_only_what_may_never_be_said_is_left(items, hers):
    _, _, left = step_through(items, hers)
    blocked = not hers.may_contact or not hers.weekly_budget or not hers.weekdays & {0, 1, 2, 3, 4}
    assert blocked or not [due for due in left if due.manner in (ORDINARY, PERSONAL)]
    assert not [due for due in left if due.manner == APPOINTMENT]


@fewer
@given(waiting(), habits())
def test_no_week_hears_more_than_its_budget(items, hers):
    said, _, _ = step_through(items, hers)
    weeks = [local_day(at, hers.zone).isocalendar()[:2] for at, card in said if any(d.manner == ORDINARY for d in card)]
    assert all(weeks.count(week) <= hers.weekly_budget for week in weeks)


@fewer
@given(waiting(), habits(), moments)
def test_every_delay_has_its_reasons_and_they_lead_up_to_the_moment(items, hers, now):
    planned = plan(items, hers, [], now, school_days)
    alive = [due for due in items if due.id not in planned.too_late]
    assert bool(planned.reasons) is (bool(alive) and planned.at != now)
    ends = [reason.until for reason in planned.reasons if reason.until]
    assert ends == sorted(set(ends)) and all(end > now for end in ends)
    assert planned.at in (None, now) or ends[-1] == planned.at


@fewer
@given(waiting(), habits(), moments, st.randoms())
def test_the_order_of_the_rows_makes_no_difference(items, hers, now, random):
    shuffled = random.sample(items, len(items))
    assert plan(shuffled, hers, [], now, school_days) == plan(items, hers, [], now, school_days)


@fewer
@given(waiting(), habits(), moments)
def test_planning_again_at_the_chosen_moment_chooses_it_again(items, hers, now):
    planned = plan(items, hers, [], now, school_days)
    if planned.at:
        again = plan(items, hers, [], planned.at, school_days)
        assert (again.at, again.together, again.reasons) == (planned.at, planned.together, ())


@fewer
@given(waiting(), habits(), moments, minutes)
def test_a_later_look_never_finds_an_earlier_moment(items, hers, now, later):
    first, second = (plan(items, hers, [], at, school_days) for at in (now, now + timedelta(minutes=later)))
    assert second.at is None or (first.at is not None and first.at <= second.at)
    assert set(first.too_late) <= set(second.too_late)


# Over calendars: terms, vacations, holidays, make-up days, exams, years without an official list; and over silence.

FIRST_DAY = date(2026, 10, 12)
SAYS = (ORDINARY, LAST_QUESTION, PERSONAL, APPOINTMENT, DIGEST)


@st.composite
def calendars(draw):
    days = st.integers(0, 90).map(lambda ahead: FIRST_DAY + timedelta(days=ahead))
    marks = st.dictionaries(
        days, st.builds(DayMark, st.sampled_from([SCHOOL, REST, EXAM]), st.sampled_from(["国庆节", "期中考试", ""]))
    )
    first_weeks, gap = draw(st.integers(1, 6)), draw(st.integers(0, 6))
    terms = (
        TermSpan("上", FIRST_DAY, first_weeks),
        TermSpan("下", FIRST_DAY + timedelta(weeks=first_weeks + gap), draw(st.none() | st.integers(1, 20))),
    )
    return Calendar(
        terms=draw(st.sampled_from([(), terms[:1], terms])),
        own=draw(marks),
        official=draw(marks),
        known_years=draw(st.sampled_from([frozenset(), frozenset({2026})])),
        is_quiet_in_exams=draw(st.booleans()),
    )


@st.composite
def any_due(draw):
    found = []
    for number in range(draw(st.integers(1, 8))):
        due_at = draw(moments)
        lasts = draw(st.none() | minutes)
        expires_at = None if lasts is None else due_at + timedelta(minutes=lasts)
        manner = draw(st.sampled_from([*SAYS, ORDINARY, ORDINARY, UNSAID]))
        found.append(Due(UUID(int=number), "follow_up", due_at, expires_at, manner))
    return found


def heard_at():
    return st.none() | st.integers(0, 30 * 24 * 60).map(lambda ago: NOON - timedelta(minutes=ago))


def with_heard(hers, heard):
    return Habits(**{**hers.__dict__, "heard_at": heard})


def live(items, hers, calendar):
    """Speak and drop as planned for as long as anything changes; return the cards, the drops and what is left."""
    left, spoken, cards, dropped, now = list(items), [], [], {}, NOON
    for _ in range(4 * len(items) + 4):
        planned = plan(left, hers, spoken, now, calendar)
        dropped |= dict.fromkeys(planned.too_late, now)
        left = [due for due in left if due.id not in planned.too_late]
        if planned.at == now:
            card = [due for due in left if due.id in planned.together]
            cards.append((now, card, list(spoken)))
            spoken += [now] if any(due.manner in (ORDINARY, LAST_QUESTION) for due in card) else []
            left = [due for due in left if due not in card]
        elif planned.next_contact_at is None:
            break
        else:
            now = planned.next_contact_at
    return cards, dropped, left, spoken, now


@fewer
@given(any_due(), habits(), calendars(), heard_at())
def test_nobody_is_spoken_to_at_a_wrong_time_whatever_the_calendar(items, hers, calendar, heard):
    hers = with_heard(hers, heard)
    for at, card, _ in live(items, hers, calendar)[0]:
        manners, day = {due.manner for due in card}, local_day(at, hers.zone)
        assert is_present(at, hers)
        if manners & {ORDINARY, LAST_QUESTION, PERSONAL}:
            assert instant(day, hers.start, hers.zone) <= at < instant(day, hers.end, hers.zone)
            assert day.weekday() in hers.weekdays and not is_paused(at, hers)
        if manners & {APPOINTMENT, DIGEST}:
            assert instant(day, time(6, 30), hers.zone) <= at < instant(day, time(22), hers.zone)
        if manners & {ORDINARY, LAST_QUESTION, PERSONAL, DIGEST}:
            assert calendar.look(day).is_school
        if manners & {ORDINARY, LAST_QUESTION}:
            assert not (calendar.is_quiet_in_exams and calendar.look(day).is_exam)


@fewer
@given(any_due(), habits(), calendars(), heard_at())
def test_no_week_and_no_silence_is_overspoken_whatever_the_calendar(items, hers, calendar, heard):
    hers = with_heard(hers, heard)
    cards, _, _, spoken, _ = live(items, hers, calendar)
    weeks = [local_day(at, hers.zone).isocalendar()[:2] for at in spoken]
    assert all(weeks.count(week) <= hers.weekly_budget for week in weeks)
    for at, card, before in cards:
        unanswered = silence.unanswered(before, hers.heard_at)
        if any(due.manner == ORDINARY for due in card):
            assert len(unanswered) < silence.ASKS_AT
            counted = [one for one in unanswered if silence.counts_from(one, hers.zone, calendar, hers.away) <= at]
            week = local_day(at, hers.zone).isocalendar()[:2]
            assert len(counted) < silence.HOLDS_BACK_AT or week not in weeks[: len(before)]


@fewer
@given(any_due(), habits(), calendars(), heard_at())
def test_nothing_due_is_lost_and_every_delay_has_a_reason_whatever_the_calendar(items, hers, calendar, heard):
    hers = with_heard(hers, heard)
    cards, dropped, left, spoken, now = live(items, hers, calendar)
    told = {due.id: at for at, card, _ in cards for due in card}
    assert sorted([*told, *dropped, *(due.id for due in left)]) == [due.id for due in items]
    for due in items:
        since = max(NOON, due.due_at)
        before = [at for at in spoken if at <= since]
        why = first_chance(due, hers, before, since, calendar)
        if due.id in told:
            assert told[due.id] == since or why.reasons
        elif due.id in dropped:
            assert due.expires_at <= dropped[due.id]
        else:
            end = first_chance(due, hers, spoken, now, calendar)
            assert end.at is None and end.reasons[-1].until is None, "what is never said has a reason without end"


@fewer
@given(any_due(), habits(), calendars(), heard_at(), moments)
def test_reasons_lead_up_to_the_moment_whatever_the_calendar(items, hers, calendar, heard, now):
    hers = with_heard(hers, heard)
    for due in items:
        chance = first_chance(due, hers, [], now, calendar)
        ends = [reason.until for reason in chance.reasons if reason.until]
        assert ends == sorted(set(ends)) and all(end > now for end in ends)
        assert chance.at in (None, now) or ends[-1] == chance.at
        assert len({(reason.code, reason.name) for reason in chance.reasons}) == len(chance.reasons)
