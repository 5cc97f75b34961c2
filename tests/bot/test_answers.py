"""Readers: what is said, and the value or the kind question that comes of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest

from bot.answers import Moment, Option, Said, choice, day, moment, nearest_school_days, period, text
from bot.conversation import Answers
from bot.errors import Unclear
from bot.render import LANGUAGES, Words
from tests.bot.toy import MOMENT, is_weekday
from tests.models.rules.said_dates import PUT_OFF, SCHOOL_CLOCK

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


# Days and moments by the school's calendar

WEEK_12 = Moment(datetime(2026, 11, 18, 2, 0, tzinfo=UTC), "Asia/Shanghai", SCHOOL_CLOCK)
SEPTEMBER = Moment(datetime(2026, 9, 14, 2, 0, tzinfo=UTC), "Asia/Shanghai", SCHOOL_CLOCK)


@pytest.mark.parametrize(
    ("reader", "said", "value"),
    [
        pytest.param(day(needs_school=True), "期中前", "2026-11-23", id="a day by the calendar"),
        pytest.param(day(), "第13周周三", "2026-11-25", id="a week of the term"),
        pytest.param(moment(), "明天早上7点", "2026-11-19T07:00:00+08:00", id="a moment"),
        pytest.param(moment(), "放学前", "2026-11-18T16:30:00+08:00", id="before the last bell"),
        pytest.param(moment(time(7, 30)), "下周三", "2026-11-25T07:30:00+08:00", id="a day takes the usual time"),
        pytest.param(moment(time(7, 30)), "提醒我周五交教案", "2026-11-20T07:30:00+08:00", id="also in a wish"),
    ],
)
def test_days_and_moments_know_the_school(reader, said, value):
    assert reader.read(Said(said), NOTHING, WEEK_12) == value


@pytest.mark.parametrize(
    ("reader", "said", "reason", "offered"),
    [
        pytest.param(moment(), "随便", "not_a_moment", [], id="nothing that we know"),
        pytest.param(moment(), "今天上午8点", "past_moment", [], id="a moment that is over"),
        pytest.param(moment(), "昨天8点", "past_day", [], id="a day that is over"),
        pytest.param(moment(), "11月31日8点", "impossible_day", [], id="a day alone is not offered for a moment"),
        pytest.param(moment(), "明天8点", "which_moment", ["2026-11-19T08:00:00+08:00", "2026-11-19T20:00:00+08:00"],
                     id="morning or evening"),
        pytest.param(moment(), "周五下午", "no_time", ["2026-11-20T14:00:00+08:00", "2026-11-20T16:30:00+08:00"],
                     id="a half of the day"),
        pytest.param(moment(), "今天", "no_time", ["2026-11-18T12:00:00+08:00", "2026-11-18T16:30:00+08:00"],
                     id="only what is still to come is offered"),
        pytest.param(moment(time(7, 30)), "今天", "no_time", ["2026-11-18T12:00:00+08:00", "2026-11-18T16:30:00+08:00"],
                     id="the usual time of today is over"),
        pytest.param(moment(), "周六第三节课后", "rest_day", [], id="a lesson on a day of rest"),
        pytest.param(moment(), "明天第9节课后", "no_such_period", [], id="a lesson that the bells do not have"),
        pytest.param(day(), "第21周周三", "no_such_week", [], id="a week that the term does not have"),
        pytest.param(day(), "春节前三天", "unknown_name", [], id="a holiday whose list is not out"),
        pytest.param(day(needs_school=True), "11月27日", "rest_day", ["2026-11-26", "2026-11-30", "2026-11-27"], id="a closed day"),
    ],
)  # fmt: skip
def test_what_the_calendar_refuses_gets_its_own_question(reader, said, reason, offered):
    found = unclear(reader, Said(said), WEEK_12)
    assert (found.reason, [offer.value for offer in found.offers]) == (reason, offered)


def test_a_day_that_the_school_names_twice_is_asked_about():
    found = unclear(day(), Said("运动会第二天"), Moment(WEEK_12.now, WEEK_12.zone, PUT_OFF))
    assert (found.reason, [offer.value for offer in found.offers]) == ("which_day", ["2026-11-20", "2026-11-27"])


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("10月2日", {"rest": date(2026, 10, 2), "why": "holiday", "name": "国庆节", "feast": "national_day"}),
        ("9月19日", {"rest": date(2026, 9, 19), "why": "weekend", "name": "", "feast": ""}),
        ("11月27日", {"rest": date(2026, 11, 27), "why": "closed", "name": "停课", "feast": ""}),
        ("2027-02-05", {"rest": date(2027, 2, 5), "why": "vacation", "name": "", "feast": ""}),
    ],
)
def test_a_rest_day_says_why_it_is_one(said, facts):
    assert unclear(day(needs_school=True), Said(said), SEPTEMBER).facts == facts


def test_a_term_that_nobody_entered_is_told():
    nowhere = Moment(WEEK_12.now, WEEK_12.zone)
    assert unclear(day(), Said("第12周周三"), nowhere).reason == "no_term"
    assert unclear(day(), Said("学期末"), nowhere).reason == "no_term"
    assert unclear(moment(), Said("", files=("photo",)), nowhere).reason == "words_please"
    assert moment().options(NOTHING, nowhere) == ()


FACTS = {
    "rest_day": [
        {"rest": date(2026, 10, 2), "why": why, "name": name, "feast": feast}
        for why, name, feast in (("holiday", "国庆节", "national_day"), ("weekend", "", ""), ("closed", "停课", ""),
                                 ("vacation", "", ""), ("doubtful", "春节", "spring_festival"), ("closed", "", ""))
    ] + [{"rest": date(2026, 10, 2)}],
    "unknown_name": [{"name": "春节", "feast": "spring_festival", "year": year} for year in (2027, None)],
    "no_such_week": [{"week": 21, "last": 20}],
    "past_moment": [{"past": "2026-11-18T08:00:00+08:00"}],
    "no_time": [{"day": date(2026, 11, 20)}],
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("block", FACTS)
def test_each_question_has_its_words(language, block):
    said = [
        Words().say(language, "common", block, {"person": Reader("Asia/Shanghai"), **facts}) for facts in FACTS[block]
    ]
    assert len(set(said)) == len(said)
    if block == "rest_day":
        assert {"zh_Hans": "国庆节，不上课", "zh_Hant": "國慶節，不上課", "en": "National Day"}[language] in said[0]


@dataclass(frozen=True)
class Reader:
    """Somebody who reads a question."""

    zone: str
