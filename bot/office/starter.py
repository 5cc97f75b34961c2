"""What a new installation begins with: a commented `.env` and two sample files, never written over anything."""

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
    "weekly_budget": "节奏、备份、日志",
}
HEAD = """\
# 知行的设置。去掉行首的“# ”，改成自己的值，保存为 UTF-8，再重新启动。
# 不改的就用等号后面的默认值。这个文件里会有密码，不要发给别人。
"""
ROSTER = """\
姓名,教研组,角色,学科,班级,师傅,语言,工号
沈老师,,办公室,,,,简体,001
柏老师,数学组,组长、主管,数学,五（1）班,,,002
安老师,数学组,教师,数学,三（1）班、三（2）班,柏老师,,003
蔡老师,语文组,教师,语文,四（1）班,柏老师,繁体,004
戴老师,,学校主管,,,,,005
"""
TRAININGS = """\
培训名称,日期,时间,地点,主讲人,教研组,学时
大单元教学设计,2026-09-29,14:00-16:30,报告厅,梅老师,数学组、语文组,3
课堂提问工作坊,2026-10-14,下午2:00-4:00,会议室,苏老师,全校,2
"""


def init(folder: Path) -> Report:
    """Write `.env`, roster.csv and trainings.csv into `folder`; what is there already stays as it is."""
    files = [
        (".env", env_text(), "utf-8"),
        ("roster.csv", ROSTER, "utf-8-sig"),
        ("trainings.csv", TRAININGS, "utf-8-sig"),
    ]
    try:
        lines = [_written(folder / name, text, encoding) for name, text, encoding in files]
    except OSError as error:
        return said(f"写不进 {folder}：{error.strerror}", code=FAILED)
    return said(
        *lines,
        "接下来：",
        "  1. 用记事本打开 .env，填上 Telegram 令牌（或打开网页聊天）；",
        "  2. 用 Excel 或 WPS 把 roster.csv 改成自己学校的名单，先看一遍：python -m bot import roster roster.csv",
        "  3. 检查一下：python -m bot doctor",
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
