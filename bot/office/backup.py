"""Backups: made while the bot works, kept for some days, and brought back without sending anything twice."""

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.config import Settings
from bot.office.archive import DATABASE, FOLDERS, KEY, ArchiveRefused, check_archive, unpacked_size, write_archive
from bot.office.report import FAILED, Report, said
from models import AuditEvent, Mark
from models.holding import Held, drop_held, hold_waiting, send_held
from models.lock import Lock, Taken
from models.migrate import newest, sqlite_path, upgrade
from models.snapshot import DatabaseRefused, copy_database
from models.store import Store

DAILY = "daily_backup"  # the name of the mark
SPARE_KEPT = timedelta(days=30)  # copies made before a migration
NAME = "zhixing-{:%Y%m%dT%H%M%SZ}.zip"
NOTHING_TOUCHED = "什么都没有改动。"


def backup(settings: Settings, store: Store, now: datetime) -> Report:
    """Make a backup now; the bot may be running."""
    try:
        path, manifest = _make(settings, store, now)
    except (OSError, DatabaseRefused, ArchiveRefused) as error:
        return said(f"备份没有做成：{error}", "请看看磁盘空间和文件夹的权限，再试一次。", code=FAILED)
    gone = rotate(settings.backup_dir, settings.backup_keep, now)
    lines = [
        f"备份好了：{path}（{path.stat().st_size / 1_000_000:.1f} MB，{len(manifest['files'])} 个文件，已检查）",
        "里面有老师写的内容和密钥，请存放在只有办公室能打开的地方，最好再拷一份到别的机器。",
    ]
    if not store.is_sqlite:
        lines.append("数据库在 PostgreSQL 上，不在这个备份里：请用 pg_dump 备份它。")
    return Report((*lines, *([f"清掉了较早的备份 {len(gone)} 份。"] if gone else [])))


def daily_backup(settings: Settings, store: Store, now: datetime) -> Path | None:
    """Make the backup of this day once its time has come; return it, or None when there is nothing to do.

    A time that passed while the bot was off is caught up. An error is raised: the tick logs it and tries again.
    """
    due = last_due(settings, now)
    with store.reading() as session:
        mark = session.get(Mark, DAILY)
    if mark is not None and mark.at >= due:
        return None
    path, _manifest = _make(settings, store, now)
    rotate(settings.backup_dir, settings.backup_keep, now)
    with store.writing() as session:
        session.merge(Mark(name=DAILY, at=now))
    return path


def last_due(settings: Settings, now: datetime) -> datetime:
    """Give the latest instant, not after `now`, at which a daily backup was due; UTC."""
    local = now.astimezone(ZoneInfo(settings.timezone))
    at = datetime.combine(local.date(), time.fromisoformat(settings.backup_at), local.tzinfo)
    return (at if at <= local else at - timedelta(days=1)).astimezone(UTC)


def rotate(folder: Path, keep: int, now: datetime) -> list[Path]:
    """Delete all but the newest `keep` backups, and copies from before migrations that are 30 days old."""
    backups = sorted(folder.glob("zhixing-*Z.zip"), reverse=True)
    spare = [path for path in folder.glob("before-*Z.db") if made_at(path) < now - SPARE_KEPT]
    gone = [*backups[keep:], *spare]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def restore(
    settings: Settings, archive: Path, now: datetime, catch_up: Callable[[Session, datetime], object], hold: bool = True
) -> Report:
    """Put a backup in the place of what is there, which is kept aside.

    1. Refuse while the bot runs, and anything but a whole backup of ours.
    2. Unpack beside, bring the copy to the newest shape, let `catch_up` make what would have been made since, and
       hold whatever is due: all of it may have been said after the backup.
    3. Only then change places, all or nothing.
    """
    live = sqlite_path(settings.store_url)
    if live is None:
        return said("数据库在 PostgreSQL 上：请用 pg_restore 恢复它。", NOTHING_TOUCHED, code=FAILED)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with Lock(Store(settings.store_url), "work"):
            return _restore(settings, live, archive, now, catch_up if hold else None)
    except Taken:
        return said("知行正在运行，请先停掉它再恢复。", NOTHING_TOUCHED, code=FAILED)
    except (ArchiveRefused, DatabaseRefused, OSError) as error:
        return said(f"没有恢复：{error}", NOTHING_TOUCHED, code=FAILED)


def release(store: Store, now: datetime, send: bool) -> Report:
    """Send what a restore has held, or give it up."""
    with store.writing() as session:
        found = send_held(session, now) if send else drop_held(session, now)
    if not found:
        return said("没有压着的消息。")
    return said(f"{'放行了' if send else '作废了'}：{_counted(found)}。")


def _make(settings: Settings, store: Store, now: datetime) -> tuple[Path, dict[str, Any]]:
    """Copy the database first: an attachment it names is then always there, unless it was erased meanwhile."""
    target = settings.backup_dir / NAME.format(now)
    live = sqlite_path(settings.store_url)
    settings.backup_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.backup_dir, prefix="making-") as folder:
        copy = None
        if live is not None:
            copy = Path(folder) / DATABASE
            copy_database(live, copy)
        return target, write_archive(target, copy, settings.data_dir, newest(), now)


def _restore(
    settings: Settings, live: Path, archive: Path, now: datetime, catch_up: Callable[[Session, datetime], object] | None
) -> Report:
    needed = unpacked_size(check_archive(archive))
    free = shutil.disk_usage(settings.data_dir).free
    if free < needed:
        raise ArchiveRefused(f"磁盘空间不够：要 {needed // 1_000_000} MB，只有 {free // 1_000_000} MB。")
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="restoring-") as folder:
        new = Path(folder)
        manifest = check_archive(archive, into=new)
        if not (new / DATABASE).is_file():
            raise ArchiveRefused("这个备份里没有数据库。")
        found = _prepare(new, now, catch_up)
        aside = settings.data_dir / f"replaced-{now:%Y%m%dT%H%M%SZ}"
        _change_places(settings.data_dir, live, new, aside)
    made_at = datetime.fromisoformat(manifest["made_at"]).astimezone(ZoneInfo(settings.timezone))
    return Report(
        (
            f"恢复好了，回到 {made_at:%Y-%m-%d %H:%M} 的样子。",
            f"原来的数据放在 {aside}，确认没问题后可以删掉。",
            *_held(found),
        )
    )


def _prepare(folder: Path, now: datetime, catch_up: Callable[[Session, datetime], object] | None) -> Held:
    url = f"sqlite:///{(folder / DATABASE).as_posix()}"
    upgrade(url, folder / "before", now)
    store = Store(url)
    try:
        with store.writing() as session:
            found = Held(0, 0)
            if catch_up is not None:
                catch_up(session, now)
                found = hold_waiting(session, now)
            # The next daily backup is due from now on, not from when this copy was made.
            session.merge(Mark(name=DAILY, at=now))
            session.add(AuditEvent(at=now, what="restored", facts=asdict(found)))
            session.flush()
    finally:
        store.close()
    return found


def _change_places(data_dir: Path, live: Path, new: Path, aside: Path) -> None:
    """Move the old aside and the new into place; when a move fails, every move before it is taken back."""
    aside.mkdir()
    old = [live, *(live.with_name(live.name + end) for end in ("-wal", "-shm")), data_dir / "files"]
    moves = [(path, aside / path.name) for path in old]
    for name in (KEY, *FOLDERS):
        if (new / name).exists():
            moves += [(data_dir / name, aside / name), (new / name, data_dir / name)]
    moves.append((new / DATABASE, live))
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if source.exists():
                shutil.move(source, target)
                done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            shutil.move(target, source)
        raise


def _held(found: Held) -> list[str]:
    if not found:
        return ["没有等着要发的消息。"]
    return [
        f"备份那时等着发、或者到现在该发的，都先压住了：{_counted(found)}。其中有些可能早已发过。",
        "要发出去：python -m bot restore --send-held；不发了：python -m bot restore --drop-held。",
        *(
            ["收到还没办的也会一起作废，那几句不会进记录；拿不准就放行，最多是多收到一条回复。"]
            if found.updates
            else []
        ),
    ]


def _counted(found: Held) -> str:
    updates = f"，收到还没办的 {found.updates} 条" if found.updates else ""
    return f"消息 {found.messages} 条，提醒 {found.prompts} 条{updates}"


def made_at(path: Path) -> datetime:
    """Read from its name when a copy was made."""
    stamp = re.search(r"(\d{8}T\d{6})Z", path.name)
    return (
        datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if stamp else datetime.max.replace(tzinfo=UTC)
    )
