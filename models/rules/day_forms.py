"""The forms in which a day is said, as a table; what each of them means stands in `dates`."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from models.rules.forms import MONTHS, Said, grammar, readings
from models.rules.named_days import Standpoint
from models.rules.numerals import number
from models.rules.unread import ImpossibleDay, NoSuchWeek
from models.rules.weekdays import weekday_in

HALF_A_YEAR = timedelta(days=180)


def _in_days(days: int) -> Callable[[Said, Standpoint], date]:
    return lambda said, here: here.today + timedelta(days=days)


def _coming_weekday(said: Said, here: Standpoint) -> date:
    return here.today + timedelta(days=(weekday_in(said["weekday"]) - here.today.weekday()) % 7)


def _weekday_of(weeks: int) -> Callable[[Said, Standpoint], date]:
    def read(said: Said, here: Standpoint) -> date:
        monday = here.today - timedelta(days=here.today.weekday())
        return monday + timedelta(weeks=weeks, days=weekday_in(said["weekday"]))

    return read


def _weekday_of_the_term(said: Said, here: Standpoint) -> date:
    week = number(said["week"])
    day = here.calendar.day_of_week(week, weekday_in(_weekday(said)), here.today)
    if day is None:
        term = here.calendar.term_near(here.today)
        raise NoSuchWeek(week, term.weeks if term is not None else None)
    return day


def _later(days: int) -> Callable[[Said, Standpoint], date]:
    return lambda said, here: here.today + timedelta(days=days * _count(said))


def _months_later(said: Said, here: Standpoint) -> date:
    year, month = _months_on(here.today, _count(said))
    return date(year, month, min(here.today.day, monthrange(year, month)[1]))


def _months_on(today: date, months: int) -> tuple[int, int]:
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1


def _month_and_day(said: Said, here: Standpoint) -> date | None:
    month = _month(said)
    day = number(said.get("day") or said.get("day_figure") or said["nth"].rstrip("stndrh"))
    if said.get("year"):
        return _existing(number(said["year"]), month, day)
    return _existing(here.today.year + ((month, day) < (here.today.month, here.today.day)), month, day)


def _in_year(years: int) -> Callable[[Said, Standpoint], date | None]:
    return lambda said, here: _existing(here.today.year + years, _month(said), number(said["day"]))


def _month(said: Said) -> int:
    named = said.get("month_name")
    return MONTHS.index(named[:3]) + 1 if named else number(said.get("month") or said["month_figure"])


def _day_of_the_month(said: Said, here: Standpoint) -> date | None:
    number_of_day = number(said["day"])
    day = _existing(*_months_on(here.today, int(number_of_day < here.today.day)), number_of_day)
    return day if day is not None and _is_true_of(said, day, here) else None


def _day_in_months(months: int) -> Callable[[Said, Standpoint], date | None]:
    return lambda said, here: _existing(*_months_on(here.today, months), number(said["day"]))


def _last_in_months(months: int) -> Callable[[Said, Standpoint], date]:
    def read(said: Said, here: Standpoint) -> date:
        year, month = _months_on(here.today, months)
        return date(year, month, monthrange(year, month)[1])

    return read


def _last_of_the_month(said: Said, here: Standpoint) -> date | None:
    month = _month(said)
    return _last_in_months((month - here.today.month) % 12)(said, here) if 1 <= month <= 12 else None


def _last_of_the_year(said: Said, here: Standpoint) -> date:
    return date(here.today.year, 12, 31)


def _existing(year: int, month: int, day: int) -> date | None:
    if not (2000 <= year < 2100 and 1 <= month <= 12 and day >= 1):
        return None
    last = date(year, month, monthrange(year, month)[1])
    if day > last.day:
        raise ImpossibleDay(month, day, (last, last + timedelta(days=1)))
    return last.replace(day=day)


def _count(said: Said) -> int:
    return number(said.get("count") or said["number"])


def _said_of_it(said: Said, here: Standpoint) -> date | None:
    coming = readings(_DATES, said["dated"], here)
    return next((day for day in (*coming, *_just_passed(said["dated"], here)) if _is_true_of(said, day, here)), None)


def _just_passed(words: str, here: Standpoint) -> set[date]:
    """Give the day as it was meant half a year ago, if it has passed since."""
    try:
        days = readings(_DATES, words, Standpoint(here.today - HALF_A_YEAR, here.calendar))
    except ImpossibleDay:  # 29 February of that year
        return set()
    return {day for day in days if day < here.today}


def _weekday(said: Said) -> str:
    return said.get("weekday") or said.get("english_weekday") or ""


def _is_true_of(said: Said, day: date, here: Standpoint) -> bool:
    weekday = _weekday(said)
    if weekday and weekday_in(weekday) != day.weekday():
        return False
    week = here.calendar.week_of(day)
    return not said.get("week") or (week is not None and week.number == number(said["week"]))


# A month and a day; what else we say of a day may stand around these.
_DATES = grammar(
    ("<year>(-|/|.)<month_figure>(-|/|.)<day_figure>", _month_and_day),
    ("[<year>年]<month>月<day>[日|号]", _month_and_day),
    ("今年<month>月<day>[日|号]", _in_year(0)),
    ("明年<month>月<day>[日|号]", _in_year(1)),
    ("去年<month>月<day>[日|号]", _in_year(-1)),
    ("<month_name><nth>[[,][ ]<year>]", _month_and_day),
    ("<nth>[of]<month_name>[[,]<year>]", _month_and_day),
)

DAYS = grammar(
    ("<dated>[[,][第<week>周][,]<weekday>]", _said_of_it),
    ("<dated>{[第<week>周][,]<weekday>}", _said_of_it),
    ("<english_weekday>[,]<dated>", _said_of_it),
    ("[<english_weekday>[,]]<dated>[,]week<week>", _said_of_it),
    ("[<english_weekday>[,]]<dated>{week<week>}", _said_of_it),
    ("<day>(日|号)[[,][第<week>周]<weekday>]", _day_of_the_month),
    ("<day>(日|号){[第<week>周]<weekday>}", _day_of_the_month),
    ("<month_figure>/<day_figure>", _month_and_day),
    ("(下月|下个月)<day>(日|号)", _day_in_months(1)),
    ("(本月|这月|这个月)<day>(日|号)", _day_in_months(0)),
    ("[本|这|这个]月(底|末)", _last_in_months(0)),
    ("[the]endof[the|this]month", _last_in_months(0)),
    ("(下月|下个月)(底|末)", _last_in_months(1)),
    ("[the]endofnextmonth", _last_in_months(1)),
    ("<month>月(底|末)", _last_of_the_month),
    ("[the]endof<month_name>", _last_of_the_month),
    ("[今]年(底|末)", _last_of_the_year),
    ("[the]endof[the|this]year", _last_of_the_year),
    ("前天", _in_days(-2)),
    ("(昨天|昨日|yesterday)", _in_days(-1)),
    ("(今天|今日|今晚|today|tonight)", _in_days(0)),
    ("(明天|明日|明早|明晚|tomorrow)", _in_days(1)),
    ("(后天|[the]dayaftertomorrow)", _in_days(2)),
    ("大后天", _in_days(3)),
    ("[the][coming]<weekday>", _coming_weekday),
    ("(本|这|这个|this)<weekday>", _weekday_of(0)),
    ("(下|下个|next)<weekday>", _weekday_of(1)),
    ("(下下|下下个)<weekday>", _weekday_of(2)),
    ("(上|上个|last)<weekday>", _weekday_of(-1)),
    ("[本学期|这学期]第<week>周[的]<weekday>", _weekday_of_the_term),
    ("week<week>[,][on]<english_weekday>", _weekday_of_the_term),
    ("<english_weekday>[,][of|in]week<week>", _weekday_of_the_term),
    ("<count>天(以后|之后|后)", _later(1)),
    ("in<number>day[s]", _later(1)),
    ("<number>day[s](later|fromnow)", _later(1)),
    ("<count>[个](周|星期|礼拜)(以后|之后|后)", _later(7)),
    ("in<number>week[s]", _later(7)),
    ("<number>week[s](later|fromnow)", _later(7)),
    ("<count>个月(以后|之后|后)", _months_later),
    ("in<number>month[s]", _months_later),
    ("<number>month[s](later|fromnow)", _months_later),
    ("<count>天(以前|之前|前)", _later(-1)),
    ("<number>day[s]ago", _later(-1)),
    ("<count>[个](周|星期|礼拜)(以前|之前|前)", _later(-7)),
    ("<number>week[s]ago", _later(-7)),
)
