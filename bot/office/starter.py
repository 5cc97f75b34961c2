"""What a new installation begins with: a commented `.env` and sample tables, never written over anything."""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.config import Settings, description_of, env_name
from bot.office.report import FAILED, Report, said

SECTIONS = {
    "data_dir": "通用",
    "clock_offset_file": "彩排",
    "http_host": "网页",
    "telegram_token": "Telegram",
    "wecom_corp_id": "企业微信",
    "weekly_budget": "节奏、备份、日志",
}
HEAD = """\
# 知行的设置。去掉行首的“# ”，改成自己的值，保存为 UTF-8，再重新启动。
# 不改的就用等号后面的默认值。这个文件里会有密码，不要发给别人。
"""
ROSTER = """\
姓名,教研组,角色,学科,班级,师傅,语言,工号,企业微信
沈老师,,办公室,,,,简体,001,ShenLaoshi
柏老师,数学组,组长、主管,数学,五（1）班,,,002,BaiLaoshi
安老师,数学组,教师,数学,三（1）班、三（2）班,柏老师,,003,
蔡老师,语文组,教师,语文,四（1）班,柏老师,繁体,004,
戴老师,,学校主管,,,,,005,
"""
TRAININGS = """\
培训名称,日期,时间,地点,主讲人,教研组,学时
大单元教学设计,2026-09-29,14:00-16:30,报告厅,梅老师,数学组、语文组,3
课堂提问工作坊,2026-10-14,下午2:00-4:00,会议室,苏老师,全校,2
"""
CALENDAR = """\
类型,名称,开始,结束,周数,开学日,最后一天,上周几的课,半天,备注
学期,2026年秋季学期,2026-08-31,,21,2026-09-01,2027-01-22,,,开始写第1周的周一；开学那天另写
学期,2027年春季学期,2027-02-22,,20,,2027-07-09,,,
寒假,,2027-01-23,2027-02-21,,,,,,只核对一遍，两个学期之间本来就算放假
放假,运动会,2026-10-16,,,,,,,学校自己停课的日子；法定节假日不用写
停课,消防演练,2026-10-23,,,,,,下午,只停半天就写上午或下午
上课,补国庆,2026-10-10,,,,,周五,,调休那天上周几的课
期中考试,,2026-11-09,2026-11-13,,,,,,考试的日子不主动打扰老师
"""
TIMETABLE = """\
班级,学科,老师,工号,星期,节次,单双周,学段,备注
三（1）班,数学,安老师,003,周一,1,,,工号可以不写；同名时要写
三（2）班,数学,安老师,,周一,2,,,
四（1）班,语文,蔡老师,,周一,1,,,
四（1）班,书法,蔡老师,,周三,4,单周,,单双周不写就是每周
五（1）班,数学,柏老师,,周二,3-4,,,3-4 是连着两节
"""
BELLS = """\
学段,季节,节次,上课,下课,备注
,,1,08:20,09:00,小学、初中时间不同就写学段；冬夏不同就在季节里写 5月1日至9月30日
,,2,09:10,09:50,
,,3,10:20,11:00,
,,4,11:10,11:50,
,,5,14:00,14:40,
,,6,14:50,15:30,
"""


def init(folder: Path) -> Report:
    """Write `.env` and the sample tables into `folder`; what is there already stays as it is."""
    files = [
        (".env", env_text(), "utf-8"),
        ("roster.csv", ROSTER, "utf-8-sig"),
        ("trainings.csv", TRAININGS, "utf-8-sig"),
        ("校历.csv", CALENDAR, "utf-8-sig"),
        ("作息.csv", BELLS, "utf-8-sig"),
        ("课表.csv", TIMETABLE, "utf-8-sig"),
    ]
    try:
        lines = [_written(folder / name, text, encoding) for name, text, encoding in files]
    except OSError as error:
        return said(f"写不进 {folder}：{error.strerror}", code=FAILED)
    return said(
        *lines,
        "接下来：",
        "  1. 用记事本打开 .env，填上企业微信的几项或 Telegram 令牌，或设 ZHIXING_WEB_CHAT=1 用网页聊天；",
        "  2. 用 Excel 或 WPS 把 roster.csv 改成自己学校的名单，先看一遍：python -m bot import roster roster.csv",
        "  3. 校历和课表可以以后再说：python -m bot import calendar 校历.csv，import timetable 作息.csv、课表.csv",
        "  4. 检查一下：python -m bot doctor",
    )


def env_text() -> str:
    """Write every setting as a comment, with what a good value looks like."""
    lines = [HEAD]
    for name, field in Settings.model_fields.items():
        if name in SECTIONS:
            lines.append(f"# ── {SECTIONS[name]} ──\n")
        lines.append(f"# {description_of(name)}\n# {env_name(name)}={_shown(field.default)}\n")
    return "\n".join(lines)


def _shown(default: Any) -> str:
    if default is None or isinstance(default, SecretStr):
        return ""
    return str(int(default)) if isinstance(default, bool) else str(default)


def _written(path: Path, text: str, encoding: str) -> str:
    """Write a new file; a spreadsheet needs the mark at the beginning to read Chinese."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return f"已经有 {path.name}，没有动它。"
    with os.fdopen(handle, "w", encoding=encoding, newline="\r\n" if path.suffix == ".csv" else "\n") as file:
        file.write(text)
    return f"写好了 {path.name}"
