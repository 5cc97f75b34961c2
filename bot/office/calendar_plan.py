"""What a calendar file would make of the school's year, or every row that cannot be; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.office.calendar_halves import with_halves
from bot.office.calendar_rows import EXAM, OFF, OFF_BY_LAW, TERM, VACATION, WORK, WORK_BY_LAW, Said, said_in
from bot.office.cells import shown, span_shown
from bot.office.sheets import WHOLE_FILE, Faults, Sheet
from models.rules import calendar
from models.rules.calendar import Calendar, DayMark, TermSpan
from models.rules.feasts import doubtful_feast

Days = dict[date, DayMark]
_LATE_IN_DECEMBER = (12, 18)  # from here on a day may belong to the notice of the coming year


@dataclass(frozen=True)
class Known:
    """What the school's year is like before the import; `listed` are the years that came with the program."""

    year: Calendar
    listed: frozenset[int]
    follows_country: bool = True


@dataclass(frozen=True)
class Plan:
    """All that an import would do; `after` is the calendar as it would be."""

    after: Calendar
    terms: tuple[tuple[str, TermSpan], ...]  # what each was called before, and the term
    said: tuple[Said, ...]
    removed: tuple[date, ...]  # the school's own marks that go
    left: tuple[date, ...]  # own marks within the file's terms that the file does not name, and that stay
    years: frozenset[int] = frozenset()  # whose official list comes from this file


@dataclass
class Check:
    """One check of a file, step by step; the faults gather."""

    known: Known
    faults: Faults = field(default_factory=Faults)

    def plan(self, sheet: Sheet, file_name: str, exact: bool) -> Plan:
        """Turn the rows into a plan; raise BadRows with every fault."""
        said = [one for row in sheet.rows if (one := said_in(row, self.faults))]
        terms = self._terms(_of(said, TERM))
        if exact and not terms:
            self.faults.add(WHOLE_FILE, "加 --exact 时，表里要有“学期”一行：只在写到的学期之内以这份表为准。")
        # What a faulty row leaves out would only raise faults in other rows that are none.
        self.faults.raise_if_any()
        all_terms = self._all_terms(terms)
        years = self._official(said, file_name)
        official = {**self.known.year.official, **years}
        official = {
            day: mark for day, mark in official.items() if _year_of(day, mark) not in _years(years) or day in years
        }
        marks = self._marks(said, all_terms, official)
        self._vacations(said, all_terms)
        self.faults.raise_if_any()
        others = self._unnamed(terms, marks)
        own = {**self.known.year.own, **marks}
        if exact:
            own = {day: mark for day, mark in own.items() if day not in others}
        after = Calendar(
            all_terms, own, official, self.known.year.known_years | _years(years), self.known.year.is_quiet_in_exams
        )
        removed, left = (tuple(others), ()) if exact else ((), tuple(others))
        return Plan(after, tuple(terms), tuple(said), removed, left, _years(years))

    # Terms

    def _terms(self, said: list[Said]) -> list[tuple[str, TermSpan]]:
        """Give each term of the file with the name it had before: its own, or that of the term with the same week 1."""
        before = {term.monday: term.name for term in self.known.year.terms}
        names = {term.name for term in self.known.year.terms}
        found: list[tuple[str, TermSpan]] = []
        for one in said:
            if any(one.name == term.name for _before, term in found):
                self.faults.add(one.line, f"“{one.name}”写了两次。")
                continue
            span = TermSpan(one.name, one.first, one.weeks, one.first_day, one.last_day)
            found.append((one.name if one.name in names else before.get(one.first, one.name), span))
            self._refuse_overlap(one, span, found[:-1])
        return found

    def _refuse_overlap(self, said: Said, span: TermSpan, earlier: list[tuple[str, TermSpan]]) -> None:
        replaced = {said.name, *(name for name, _term in earlier)}
        stored = [t for t in self.known.year.terms if t.name not in replaced and t.monday != span.monday]
        for other, where in [(term, "这份表里") for _name, term in earlier] + [(term, "知行里") for term in stored]:
            if calendar.overlapping((span, other)):
                days = span_shown(other.begins, other.ends or other.begins)
                self.faults.add(
                    said.line, f"“{span.name}”和{where}的“{other.name}”（{days}）重叠。同一个学期请用同一个名称。"
                )

    def _all_terms(self, terms: list[tuple[str, TermSpan]]) -> tuple[TermSpan, ...]:
        replaced = {name for name, _term in terms}
        kept = [term for term in self.known.year.terms if term.name not in replaced]
        return tuple(sorted([*kept, *(term for _name, term in terms)], key=lambda term: term.monday))

    # The school's own days

    def _marks(self, said: list[Said], terms: tuple[TermSpan, ...], official: Days) -> Days:
        marks: Days = {}
        lines: dict[date, Said] = {}
        for one in (one for one in _of(said, OFF, WORK) if not one.half):
            for day in one.days:
                if day in lines:
                    self._said_twice(one, day, lines[day])
                else:
                    lines[day] = one
                    kind = calendar.REST if one.kind == OFF else calendar.SCHOOL
                    marks[day] = DayMark(kind, one.name, one.follows)
        # The old exams must not count: an exam that moved would hold on to a Saturday.
        own = {day: mark for day, mark in self.known.year.own.items() if mark.kind != calendar.EXAM} | marks
        year = Calendar(terms, own, official, self.known.year.known_years)
        exams: dict[date, Said] = {}
        for one in _of(said, EXAM):
            for day in self._exam_days(one, year, lines):
                if day in exams:
                    self._said_twice(one, day, exams[day])
                exams[day] = one
                marks[day] = DayMark(calendar.EXAM, one.name or "考试", marks[day].follows if day in marks else None)
        halves = [one for one in said if one.half]
        year = Calendar(terms, {**self.known.year.own, **marks}, official, self.known.year.known_years)
        return with_halves(halves, marks, self.known.year, year, self.faults)

    def _exam_days(self, said: Said, year: Calendar, lines: dict[date, Said]) -> list[date]:
        """Give the school days of an exam; on a day alone it is held whatever the weekday."""
        if said.first == said.last and not (said.first in lines and lines[said.first].kind == OFF):
            return said.days
        days = [day for day in said.days if year(day)]
        if not days:
            self.faults.add(said.line, f"{span_shown(said.first, said.last)}不上课，考试写在了休息的日子。")
        return days

    def _said_twice(self, said: Said, day: date, other: Said) -> None:
        what = "写了两次" if said.kind == other.kind else f"又是“{other.kind}”又是“{said.kind}”"
        self.faults.add(said.line, f"{shown(day)}{what}（第 {other.line} 行也写了）。")

    def _vacations(self, said: list[Said], terms: tuple[TermSpan, ...]) -> None:
        for one in _of(said, VACATION):
            met = next((term for term in terms if any(term.holds(day) for day in one.days)), None)
            if met is not None:
                days = span_shown(met.begins, met.ends or met.begins)
                self.faults.add(
                    one.line, f"{one.name}（{span_shown(one.first, one.last)}）和“{met.name}”（{days}）重叠。"
                )

    def _unnamed(self, terms: list[tuple[str, TermSpan]], marks: Days) -> list[date]:
        own = self.known.year.own
        return sorted(day for day in own if day not in marks and any(term.holds(day) for _name, term in terms))

    # The country's list

    def _official(self, said: list[Said], file_name: str) -> Days:
        """Give the official days of the file, if every year of it is one we may take."""
        rows = _of(said, OFF_BY_LAW, WORK_BY_LAW)
        if rows and not self.known.follows_country:
            self.faults.add(rows[0].line, "设置里不跟国家的放假安排（ZHIXING_HOLIDAYS=none）；请写成“放假”和“上课”。")
            return {}
        marks, lines = self._official_marks(rows)
        for year in sorted(_years(marks)):
            self._check_year(year, {d: m for d, m in marks.items() if _year_of(d, m) == year}, lines)
        self._check_file_name(said, file_name, marks)
        return marks

    def _official_marks(self, rows: list[Said]) -> tuple[Days, dict[date, Said]]:
        marks: Days = {}
        lines: dict[date, Said] = {}
        for one in rows:
            for day in one.days:
                if day in lines:
                    self._said_twice(one, day, lines[day])
                lines[day] = one
                kind = calendar.REST if one.kind == OFF_BY_LAW else calendar.SCHOOL
                marks[day] = DayMark(kind, one.name, one.follows)
        return marks, lines

    def _check_year(self, year: int, marks: Days, lines: dict[date, Said]) -> None:
        line = min(lines[day].line for day in marks)
        known = {day: mark for day, mark in self.known.year.official.items() if _year_of(day, mark) == year}
        if year in self.known.listed and {d: m.kind for d, m in known.items()} != {d: m.kind for d, m in marks.items()}:
            self.faults.add(
                line, f"{year} 年的放假安排已经有了，这份和它不一样。学校自己要改的日子，请写成“放假”或“上课”。"
            )
            return
        off = {day for day, mark in marks.items() if mark.kind == calendar.REST}
        feasts = _feasts(year)
        missing = [name for name, days in feasts.items() if not days & off]
        if missing:
            self.faults.add(line, f"{year} 年的安排里没有{'、'.join(missing)}：是不是没有写全，或者是别的年份的？")

    def _check_file_name(self, said: list[Said], file_name: str, marks: Days) -> None:
        named = {year for year in range(2000, 2100) if str(year) in file_name}
        is_a_list = bool(said) and len(_of(said, OFF_BY_LAW, WORK_BY_LAW)) == len(said)
        if marks and is_a_list and len(named) == 1 and not named & _years(marks):
            years = "、".join(map(str, sorted(_years(marks))))
            self.faults.add(WHOLE_FILE, f"文件名写的是 {named.pop()} 年，里面却是 {years} 年的日子。")


def _of(said: Iterable[Said], *kinds: str) -> list[Said]:
    return [one for one in said if one.kind in kinds]


def _year_of(day: date, mark: DayMark) -> int:
    """Give the year whose notice names a day: a day before the New Year that is called so belongs to the next one."""
    return day.year + ((day.month, day.day) >= _LATE_IN_DECEMBER and mark.name.startswith("元旦"))


def _years(marks: Days) -> frozenset[int]:
    return frozenset(_year_of(day, mark) for day, mark in marks.items())


def _feasts(year: int) -> dict[str, set[date]]:
    """Give the days around each feast of a year, one of which is off in every year."""
    feasts: dict[str, set[date]] = {}
    for ahead in range(366):
        day = date(year, 1, 1) + timedelta(days=ahead)
        if day.year == year and (name := doubtful_feast(day)):
            feasts.setdefault(name, set()).add(day)
    return feasts
