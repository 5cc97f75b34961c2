"""Readers: what is said, and the value or the kind question that comes of it."""

from datetime import UTC, date, datetime

import pytest

from bot.answers import Moment, Option, Said, choice, day, nearest_school_days, period, text
from bot.conversation import Answers
from bot.errors import Unclear
from tests.bot.toy import MOMENT, is_weekday

NOTHING = Answers()


def unclear(reader, said: Said, moment: Moment = MOMENT) -> Unclear:
    """Read what cannot be read and return why."""
    with pytest.raises(Unclear) as caught:
        reader.read(said, NOTHING, moment)
    return caught.value


# Words


@pytest.mark.parametrize(
    ("reader", "said", "value"),
    [
        pytest.param(text(), Said("  拼读日\n"), "拼读日", id="words are trimmed"),
        pytest.param(text(at_most=3), Said("拼读日"), "拼读日", id="as long as may be"),
        pytest.param(text(files=True), Said("看"), {"text": "看", "files": []}, id="words where files may come"),
        pytest.param(
            text(files=True), Said("看", files=("f",)), {"text": "看", "files": ["f"]}, id="a photo and words"
        ),
        pytest.param(text(files=True), Said(files=("f", "g")), {"text": "", "files": ["f", "g"]}, id="photos alone"),
    ],
)
def test_words_are_read(reader, said, value):
    assert reader.read(said, NOTHING, MOMENT) == value
    assert list(reader.options(NOTHING, MOMENT)) == []


@pytest.mark.parametrize(
    ("reader", "said", "reason"),
    [
        pytest.param(text(), Said(""), "too_short", id="nothing"),
        pytest.param(text(), Said(" \n\u3000"), "too_short", id="only spaces"),
        pytest.param(text(at_least=3), Said("拼读"), "too_short", id="fewer than asked for"),
        pytest.param(text(at_most=3), Said("拼读日一"), "too_long", id="longer than may be"),
        pytest.param(text(), Said("x" * 100_000), "too_long", id="a whole book"),
        pytest.param(text(), Said("看", files=("f",)), "words_please", id="a photo where words are asked for"),
        pytest.param(text(files=True, at_most=2), Said("看这里", files=("f",)), "too_long", id="a caption is not cut"),
    ],
)
def test_words_that_do_not_fit_are_explained(reader, said, reason):
    assert unclear(reader, said).reason == reason


def test_too_long_says_how_long():
    assert unclear(text(at_most=3), Said("拼读日一")).facts == {"at_most": 3, "length": 4}


# Choices


def test_a_choice_lists_the_facts_first_and_then_its_own_keys():
    reader = choice("other", from_facts="trainings")
    answers = Answers(facts={"trainings": [{"key": "t1", "label": "拼读日"}]})
    assert list(reader.options(answers, MOMENT)) == [Option("t1", "拼读日"), Option("other")]
    assert list(choice("a", "b").options(answers, MOMENT)) == [Option("a"), Option("b")]
    assert list(reader.options(NOTHING, MOMENT)) == [Option("other")]


@pytest.mark.parametrize(
    ("reader", "said", "value"),
    [
        pytest.param(choice("a"), Said("甲", option="a"), "a", id="an option"),
        pytest.param(choice("a", other=text()), Said("别的"), "别的", id="words in her own way"),
        pytest.param(choice(other=day()), Said("明天"), "2026-09-17", id="a day in her own way"),
    ],
)
def test_a_choice_is_read(reader, said, value):
    assert reader.read(said, NOTHING, MOMENT) == value


def test_words_that_are_no_choice_are_not_taken():
    assert unclear(choice("a"), Said("别的")).reason == "not_an_option"


# Days


@pytest.mark.parametrize(
    ("reader", "said", "value"),
    [
        pytest.param(day(), Said("下周三"), "2026-09-23", id="a day in words"),
        pytest.param(day(), Said("今天"), "2026-09-16", id="today"),
        pytest.param(day((("soon", "in 2 weeks"),)), Said("两周后", option="soon"), "2026-09-30", id="a quick day"),
        pytest.param(day(is_past_fine=True), Said("昨天"), "2026-09-15", id="a past day where that is fine"),
        pytest.param(day(needs_school=True), Said("9月18日"), "2026-09-18", id="a school day"),
    ],
)
def test_a_day_is_read(reader, said, value):
    assert reader.read(said, NOTHING, MOMENT) == value


@pytest.mark.parametrize(
    ("reader", "said", "reason", "offered"),
    [
        pytest.param(day(), Said("9月31日"), "impossible_day", ["2026-09-30", "2026-10-01"], id="31 September"),
        pytest.param(day(), Said("昨天"), "past_day", [], id="yesterday"),
        pytest.param(day(), Said("随便"), "not_a_day", [], id="no day"),
        pytest.param(day(), Said("两周后", option="gone"), "not_a_day", [], id="a quick day that is no longer offered"),
        pytest.param(
            day(needs_school=True), Said("9月20日"), "rest_day", ["2026-09-18", "2026-09-21", "2026-09-20"],
            id="a Sunday, with the days around it and itself",
        ),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_asked_about_with_what_is_near(reader, said, reason, offered):
    found = unclear(reader, said)
    assert (found.reason, [offer.value for offer in found.offers]) == (reason, offered)


SATURDAY = Moment(datetime(2026, 9, 19, 2, 0, tzinfo=UTC), "Asia/Shanghai")


@pytest.mark.parametrize(
    ("is_past_fine", "offered"),
    [
        pytest.param(False, ["2026-09-21", "2026-09-19"], id="no day that is over"),
        pytest.param(True, ["2026-09-18", "2026-09-21", "2026-09-19"], id="a past day where that is fine"),
    ],
)
def test_what_is_near_a_rest_day_is_not_over(is_past_fine, offered):
    reader = day(needs_school=True, is_past_fine=is_past_fine)
    assert [offer.value for offer in unclear(reader, Said("今天"), SATURDAY).offers] == offered


def test_a_rest_day_itself_is_offered_by_its_own_words():
    offers = unclear(day(needs_school=True), Said("9月20日")).offers
    assert [offer.block for offer in offers] == ["day", "day", "this_day"]


@pytest.mark.parametrize(
    ("now", "zone", "today"),
    [
        pytest.param(
            datetime(2026, 9, 16, 15, 59, tzinfo=UTC), "Asia/Shanghai", date(2026, 9, 16), id="a minute before"
        ),
        pytest.param(datetime(2026, 9, 16, 16, 0, tzinfo=UTC), "Asia/Shanghai", date(2026, 9, 17), id="midnight there"),
        pytest.param(datetime(2026, 9, 16, 16, 0, tzinfo=UTC), "Europe/Berlin", date(2026, 9, 16), id="elsewhere"),
    ],
)
def test_today_is_her_own_day(now, zone, today):
    assert Moment(now, zone).today == today


def test_quick_days_show_the_day_they_mean():
    assert day((("soon", "in 2 weeks"),)).options(NOTHING, MOMENT) == [Option("soon", None, {"day": date(2026, 9, 30)})]


def test_the_nearest_school_days_lie_on_both_sides():
    assert nearest_school_days(date(2026, 9, 19), is_weekday) == (date(2026, 9, 18), date(2026, 9, 21))


# Lessons


@pytest.mark.parametrize(
    ("said", "value"),
    [(Said("3", option="3"), 3), (Said("第三节"), 3), (Said("８"), 8), (Said("period 2"), 2)],
    ids=["tapped", "in words", "in full width", "in English"],
)
def test_a_lesson_is_read(said, value):
    assert period().read(said, NOTHING, MOMENT) == value


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(Said("13节"), "no_such_period", id="the thirteenth lesson"),
        pytest.param(Said("第0节"), "no_such_period", id="the lesson before the first"),
        pytest.param(Said("下课后"), "not_a_period", id="no lesson"),
        pytest.param(Said("", option="x"), "not_a_period", id="an option that is no number"),
    ],
)
def test_a_lesson_that_is_not_there_is_asked_about(said, reason):
    found = unclear(period(), said)
    assert (found.reason, found.facts["last"]) == (reason, 8)


def test_lessons_are_offered_from_the_first_to_the_last():
    assert [option.key for option in period(last=3).options(NOTHING, MOMENT)] == ["1", "2", "3"]
