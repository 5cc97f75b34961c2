"""The roster file (名单): rows become a plan of who is who, or every bad row is named; pure."""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import available_timezones

from bot.office.sheets import Column, Faults, Row, Sheet, split_values
from models.enrolment import Enrolled

COLUMNS = (
    Column("name", ("姓名", "教师姓名", "教师", "name"), needed=True),
    Column("group", ("教研组", "教研組", "组别", "group"), needed=True),
    Column("roles", ("角色", "身份", "role", "roles")),
    Column("subject", ("学科", "學科", "任教学科", "subject")),
    Column("classes", ("班级", "班級", "任教班级", "class", "classes")),
    Column("mentors", ("师傅", "師傅", "指导教师", "导师", "mentor", "mentors")),
    Column("language", ("语言", "語言", "language")),
    Column("zone", ("时区", "時區", "time zone", "timezone")),
    Column("staff_no", ("工号", "工號", "教工号", "staff no", "staff number")),
    Column(
        "account",
        ("企业微信", "企业微信账号", "企业微信帐号", "企業微信", "账号", "帐号", "wecom", "userid", "account"),
    ),
    Column("school", ("学校", "學校", "school")),
)
# Each word with the role it means, and whether it holds for the whole school whatever the group of the row.
ROLE_WORDS = {
    "teacher": ("teacher", False), "教师": ("teacher", False), "教師": ("teacher", False), "老师": ("teacher", False),
    "老師": ("teacher", False), "任课教师": ("teacher", False), "任课老师": ("teacher", False),
    "任課教師": ("teacher", False), "班主任": ("teacher", False),
    "mentor": ("mentor", False), "师傅": ("mentor", False), "師傅": ("mentor", False), "导师": ("mentor", False),
    "導師": ("mentor", False), "指导教师": ("mentor", False), "指導教師": ("mentor", False),
    "leader": ("leader", False), "组长": ("leader", False), "組長": ("leader", False), "教研组长": ("leader", False),
    "教研組長": ("leader", False), "备课组长": ("leader", False), "備課組長": ("leader", False),
    "supervisor": ("supervisor", False), "主管": ("supervisor", False),
    "学校主管": ("supervisor", True), "全校主管": ("supervisor", True), "校长": ("supervisor", True),
    "副校长": ("supervisor", True), "校長": ("supervisor", True), "副校長": ("supervisor", True),
    "學校主管": ("supervisor", True), "school supervisor": ("supervisor", True),
    "office": ("office", True), "办公室": ("office", True), "辦公室": ("office", True), "教务处": ("office", True),
    "教務處": ("office", True), "教导处": ("office", True), "教導處": ("office", True),
}  # fmt: skip
LANGUAGE_WORDS = {
    "zh_hans": "zh_Hans", "zh_cn": "zh_Hans", "简体": "zh_Hans", "简体中文": "zh_Hans", "中文": "zh_Hans",
    "zh_hant": "zh_Hant", "zh_tw": "zh_Hant", "zh_hk": "zh_Hant", "繁体": "zh_Hant", "繁體": "zh_Hant",
    "繁体中文": "zh_Hant", "繁體中文": "zh_Hant",
    "en": "en", "english": "en", "英文": "en", "英语": "en", "英語": "en",
}  # fmt: skip
# Teachers in Xinjiang may live by their own hours; anywhere else the IANA name is clear.
ZONE_WORDS = {
    "北京时间": "Asia/Shanghai", "北京": "Asia/Shanghai", "新疆时间": "Asia/Urumqi", "新疆": "Asia/Urumqi",
    "乌鲁木齐时间": "Asia/Urumqi", "乌鲁木齐": "Asia/Urumqi",
}  # fmt: skip
LONGEST_NAME = 30
# What stands below a list in a spreadsheet.
NOT_A_NAME = re.compile(r"[合总總小共][计計]|共.*[人名]|(备注|備註|说明|說明|制表|製表|填表|审核|審核)人?:?.*")
MENTION = re.compile(r"(?P<name>.+?)\((?P<group>.+)\)")

Whom = int | UUID  # a place among the plan's people, or somebody known who is not in the file


@dataclass(frozen=True)
class Wanted:
    """What one row says of one person; a role is paired with whether it holds for the whole school."""

    line: int
    name: str
    staff_no: str | None
    groups: tuple[str, ...]
    roles: frozenset[tuple[str, bool]]
    subject: str
    classes: tuple[str, ...]
    mentions: tuple[str, ...]
    language: str | None
    school: str
    zone: str | None = None  # IANA name
    account: str = ""  # on the platform that the school uses, as it is written there

    @property
    def key(self) -> tuple[str, frozenset[str], str]:
        """Say who she is as long as she has no staff number."""
        return self.name, frozenset(self.groups), self.subject


@dataclass(frozen=True)
class Enrolment:
    """One person of the plan: what the file says, whom we know her as (None: new), and her mentors."""

    wanted: Wanted
    known: Enrolled | None
    mentors: tuple[Whom, ...]


@dataclass(frozen=True)
class Plan:
    """All that an import would do."""

    columns: frozenset[str]
    people: tuple[Enrolment, ...]
    not_in_file: tuple[Enrolled, ...]
    notices: tuple[str, ...]


def check(sheet: Sheet, known: list[Enrolled]) -> Plan:
    """Turn the rows of a roster into a plan; raise BadRows with every fault of every row."""
    faults = Faults()
    rows = [_wanted(row, faults) for row in sheet.rows]
    _name_duplicates(rows, faults)
    matches = _match(rows, known)
    taken = {one.id for one in matches.values()}
    others = [one for one in known if one.id not in taken]
    mentors = [_mentors(place, rows, others, faults) for place in range(len(rows))]
    faults.raise_if_any()
    people = [Enrolment(row, matches.get(place), mentors[place]) for place, row in enumerate(rows)]
    return Plan(
        sheet.columns,
        tuple(people),
        tuple(one for one in others if not one.has_left),
        (*_unused(sheet), *_namesakes(people, others)),
    )


def _wanted(row: Row, faults: Faults) -> Wanted:
    roles = frozenset(_roles(row, faults))
    groups = tuple(dict.fromkeys(split_values(row["group"])))
    if not groups and any(not is_for_school for _role, is_for_school in roles - {("supervisor", False)}):
        faults.add(row.line, "没有写教研组。只有主管和办公室可以不写。")
    # Whoever works for the whole school has no group in the store either, or the next import would not know her.
    if all(is_for_school for _role, is_for_school in roles):
        groups = ()
    return Wanted(
        row.line, _name(row, faults), _staff_no(row, faults), groups, roles, row["subject"],
        tuple(split_values(row["classes"].replace("(", "（").replace(")", "）"))),
        tuple(split_values(row["mentors"])), _language(row, faults), row["school"],
        _zone(row, faults), _account(row, faults),
    )  # fmt: skip


def _name(row: Row, faults: Faults) -> str:
    name = row["name"]
    if not name:
        faults.add(row.line, "没有写姓名。")
    elif len(name) > LONGEST_NAME or not any(letter.isalpha() for letter in name):
        faults.add(row.line, f"“{name[:LONGEST_NAME]}”不像一个姓名，是不是填错了列？")
    elif NOT_A_NAME.fullmatch(name):
        faults.add(row.line, f"“{name}”不像一个姓名，合计、备注这样的行请先删掉。")
    return name


def _staff_no(row: Row, faults: Faults) -> str | None:
    staff_no = row["staff_no"]
    if staff_no and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", staff_no):
        faults.add(row.line, f"工号“{staff_no}”只能有字母、数字和 - _。")
    return staff_no or None


def _account(row: Row, faults: Faults) -> str:
    account = row["account"]
    if account and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", account):
        faults.add(row.line, f"企业微信账号“{account}”只能有字母、数字和 _ - . @，最多 64 个，不是姓名或手机上的昵称。")
    return account


def _roles(row: Row, faults: Faults) -> Iterable[tuple[str, bool]]:
    words = split_values(row["roles"]) or ["教师"]
    for word in words:
        role = ROLE_WORDS.get(word.lower())
        if role is None:
            faults.add(row.line, f"不认识角色“{word}”。可以写：教师、师傅、组长、主管、学校主管、办公室。")
        else:
            yield role


def _language(row: Row, faults: Faults) -> str | None:
    word = row["language"]
    language = LANGUAGE_WORDS.get(word.lower().replace("-", "_"))
    if word and language is None:
        faults.add(row.line, f"不认识语言“{word}”。可以写：简体、繁体、英文。")
    return language


def _zone(row: Row, faults: Faults) -> str | None:
    word = row["zone"]
    if not word:
        return None
    zone = ZONE_WORDS.get(word) or next((name for name in available_timezones() if name.lower() == word.lower()), None)
    if zone is None:
        faults.add(
            row.line, f"不认识时区“{word}”。可以写：北京时间、新疆时间，或 Asia/Singapore 这样的名称；不写就是学校的。"
        )
    return zone


def _name_duplicates(rows: list[Wanted], faults: Faults) -> None:
    """Fault rows that name the same person twice; two people of one key need staff numbers."""
    for same in _grouped(rows, lambda row: row.staff_no):
        _fault_all(same, f"工号“{same[0].staff_no}”出现了不止一次", faults)
    for same in _grouped(rows, lambda row: row.account.casefold() or None):
        _fault_all(same, f"企业微信账号“{same[0].account}”出现了不止一次（大小写不算不同）", faults)
    for same in _grouped(rows, lambda row: row.key):
        if any(row.staff_no is None for row in same):
            _fault_all(same, f"“{same[0].name}”同名、同组、同学科出现了不止一次；是两个人的话请填工号", faults)


def _grouped(rows: list[Wanted], key: Callable[[Wanted], Hashable]) -> list[list[Wanted]]:
    groups: dict[Hashable, list[Wanted]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return [same for value, same in groups.items() if value is not None and len(same) > 1]


def _fault_all(same: list[Wanted], why: str, faults: Faults) -> None:
    lines = "、".join(str(row.line) for row in same)
    for row in same:
        faults.add(row.line, f"{why}（第 {lines} 行）。")


def _match(rows: list[Wanted], known: list[Enrolled]) -> dict[int, Enrolled]:
    """Find whom we know among the rows: by staff number, else by the whole key, else by name and one more thing.

    The last is for a teacher who changed her group or subject; it counts only where one row and one person fit.
    """
    matches: dict[int, Enrolled] = {}
    for same in (
        _same_number,
        _same_all,
        _same_key,
        _same_name_and_group,
        _same_name_and_subject,
        _same_name_without_group,
    ):
        free = [one for one in known if one not in matches.values()]
        pairs = [
            (place, one)
            for place, row in enumerate(rows)
            if place not in matches
            for one in _by_name_or_number(free, row)
            if same(row, one)
        ]
        rows_met, people_met = Counter(place for place, _ in pairs), Counter(one.id for _, one in pairs)
        matches |= {place: one for place, one in pairs if rows_met[place] == 1 and people_met[one.id] == 1}
    return matches


def _by_name_or_number(known: list[Enrolled], row: Wanted) -> list[Enrolled]:
    return [one for one in known if one.name == row.name or (one.staff_no and one.staff_no == row.staff_no)]


def _same_number(row: Wanted, one: Enrolled) -> bool:
    return row.staff_no is not None and row.staff_no == one.staff_no


def _same_all(row: Wanted, one: Enrolled) -> bool:
    return row.staff_no == one.staff_no and row.key == (one.name, one.groups, one.subject)


def _may_be(row: Wanted, one: Enrolled) -> bool:
    return row.name == one.name and (row.staff_no is None or one.staff_no is None)


def _same_key(row: Wanted, one: Enrolled) -> bool:
    return _may_be(row, one) and row.key == (one.name, one.groups, one.subject)


def _same_name_and_group(row: Wanted, one: Enrolled) -> bool:
    return _may_be(row, one) and bool(one.groups & set(row.groups))


def _same_name_and_subject(row: Wanted, one: Enrolled) -> bool:
    return _may_be(row, one) and bool(row.subject) and row.subject == one.subject


def _same_name_without_group(row: Wanted, one: Enrolled) -> bool:
    # Who was only 学校主管 or in the office so far has no group.
    return _may_be(row, one) and not one.groups


def _mentors(place: int, rows: list[Wanted], others: list[Enrolled], faults: Faults) -> tuple[Whom, ...]:
    """Find every 师傅 of a row, in the file first, then among those we know."""
    row = rows[place]
    found: list[Whom] = []
    for mention in row.mentions:
        whom = _one_meant(mention, row, rows, others, faults)
        if whom == place:
            faults.add(row.line, "师傅写成了本人，请改成别人，或者留空。")
        elif whom is not None and whom in found:
            faults.add(row.line, f"师傅“{mention}”写了两次，留一个就行。")
        elif whom is not None:
            found.append(whom)
    return tuple(found)


def _one_meant(mention: str, row: Wanted, rows: list[Wanted], others: list[Enrolled], faults: Faults) -> Whom | None:
    here: list[tuple[Whom, Wanted | Enrolled]] = list(enumerate(rows))
    there: list[tuple[Whom, Wanted | Enrolled]] = [(one.id, one) for one in others if not one.has_left]
    meant = [whom for whom, one in here + there if _is_meant(mention, one)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        faults.add(row.line, f"师傅“{mention}”有 {len(meant)} 位，请写工号，或写成“{mention}（教研组）”。")
    else:
        names = [one.name for _whom, one in here + there]
        near = difflib.get_close_matches(mention, names, n=1, cutoff=0.5)
        faults.add(
            row.line, f"名单里没有师傅“{mention}”。" + (f"是不是“{near[0]}”？" if near else "请先把这位师傅写进名单。")
        )
    return None


def _is_meant(mention: str, one: Wanted | Enrolled) -> bool:
    found = MENTION.fullmatch(mention)
    if found is not None:
        return found["name"] == one.name and found["group"] in one.groups
    return mention in (one.staff_no, one.name)


def _unused(sheet: Sheet) -> list[str]:
    return [f"没有用到这些列：{'、'.join(sheet.unused)}"] if sheet.unused else []


def _namesakes(people: list[Enrolment], others: list[Enrolled]) -> list[str]:
    """Warn where a new person has the name of somebody we know who is not in the file."""
    names = {one.name: "、".join(sorted(one.groups)) or "没有教研组" for one in others}
    return [
        f"第 {one.wanted.line} 行的“{one.wanted.name}”会当作新老师，原有一位同名的（{names[one.wanted.name]}）。"
        "若是同一位，请先写成原来的教研组导入一次并填上工号。"
        for one in people
        if one.known is None and one.wanted.name in names
    ]
