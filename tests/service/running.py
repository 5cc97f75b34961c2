"""Run the real `python -m bot run` and look at it from outside: start, load, kill, and read its store beside it."""

import atexit
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session

from bot.planning import replan
from models import Action, Address, Membership, Person, Prompt, Unit, UnitBranch
from models.migrate import upgrade
from models.rules import cadence
from models.store import Store
from tests.fakes.telegram_server import FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 9, 16, 9, 0, tzinfo=UTC)  # Wednesday 17:00 in Shanghai
TEACHERS = tuple(range(1001, 1013))  # their chats
OFFICE = 2001
STARTED = 0  # what a forked service says when it listens and works
T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float, what: str) -> T:
    """Wait until the condition holds and return its value."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {timeout} s: {what}"
        time.sleep(0.02)
    return value


@dataclass
class House:
    """One data folder with a small school in it, and the fake Telegram it talks to."""

    folder: Path
    offset: timedelta = field(default_factory=lambda: NOW - datetime.now(UTC))
    people: dict[int, UUID] = field(default_factory=dict)  # by chat

    @property
    def database(self) -> Path:
        """Name the SQLite file."""
        return self.folder / "zhixing.db"

    @property
    def url(self) -> str:
        """Give the address of the store."""
        return f"sqlite:///{self.database.as_posix()}"

    @property
    def clock_file(self) -> Path:
        """Name the file that moves the clock of the process."""
        return self.folder / "clock.txt"

    def now(self) -> datetime:
        """Give the time as the process has it."""
        return datetime.now(UTC) + self.offset

    def seconds(self) -> float:
        """Give the time as the fake Telegram wants it: seconds."""
        return self.now().timestamp()

    def move_clock(self, **span: float) -> None:
        """Put the clock of the process ahead, while it runs."""
        self.offset += timedelta(**span)
        aside = self.clock_file.with_suffix(".new")
        aside.write_text(str(self.offset.total_seconds()), encoding="utf-8")
        aside.replace(self.clock_file)

    def found(self) -> "House":
        """Make the store and the school: twelve teachers and the office, who may be spoken to at any hour."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.move_clock()
        self._make_store()
        with self.writing() as session:
            school = Unit(name="青禾小学")
            session.add(school)
            session.flush()
            session.add(UnitBranch(ancestor_id=school.id, unit_id=school.id))
            for chat in (*TEACHERS, OFFICE):
                self._add_person(session, school, chat)
        return self

    def _make_store(self) -> None:
        shutil.copy(_empty_database(), self.database)

    def _add_person(self, session: Session, school: Unit, chat: int) -> None:
        made = self.now()
        any_hour = {"contact_days": "0123456", "contact_from": "00:00", "contact_until": "23:59", "weekly_budget": 21}
        person = Person(name=f"老师{chat}", subject="语文", classes=["三2班"], joined_at=made, **any_hour)
        session.add(person)
        session.flush()
        self.people[chat] = person.id
        role = "office" if chat == OFFICE else "teacher"
        session.add(Membership(person_id=person.id, unit_id=school.id, role=role))
        session.add(Address(channel="telegram", external_id=str(chat), person_id=person.id, made_at=made))

    def will_ask(self, chat: int, deed: str, due: datetime) -> None:
        """Plan one follow-up: the bot asks how an action went, at `due`."""
        with self.writing() as session:
            action = Action(
                person_id=self.people[chat], class_name="三2班", moment="提问以后", deed=deed, made_at=self.now(),
                try_until=due.date(),
            )  # fmt: skip
            session.add(action)
            session.flush()
            key = f"action:{action.id}/follow_up:1"
            session.add(
                Prompt(
                    key=key, person_id=self.people[chat], kind="follow_up", about_id=action.id, facts={"round": 1},
                    due_at=due, expires_at=cadence.expires_at("follow_up", due), made_at=self.now(),
                )
            )  # fmt: skip
            replan(session, [self.people[chat]], self.now())

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session on the store, as another process would have it."""
        store = Store(self.url)
        try:
            with store.writing() as session:
                yield session
        finally:
            store.close()

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the store from outside, without the program's own code."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def count(self, query: str, *values: Any) -> int:
        """Read one number."""
        return int(self.ask(query, *values)[0][0])

    def settings(self, fake: FakeTelegram | None, **more: str) -> dict[str, str]:
        """Give the environment of the process: this folder, this fake, and no proxy."""
        env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        env = {name: value for name, value in env.items() if not name.startswith("ZHIXING_")}
        env |= {
            "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "ZHIXING_DATA_DIR": str(self.folder), "ZHIXING_HTTP_PORT": "0",
            "ZHIXING_CLOCK_OFFSET_FILE": str(self.clock_file),
        }  # fmt: skip
        if fake is not None:
            env |= {
                "ZHIXING_TELEGRAM_TOKEN": fake.token, "ZHIXING_TELEGRAM_BASE_URL": fake.base_url,
                "ZHIXING_TELEGRAM_BASE_FILE_URL": fake.base_file_url,
            }  # fmt: skip
        return env | more


def telegram_of(house: House) -> FakeTelegram:
    """Make the fake Telegram of a house: it shares the clock, and everybody has written to the bot before."""
    fake = FakeTelegram(longest_poll=0.5, now=house.seconds)
    for chat in (*TEACHERS, OFFICE):
        fake.knows(chat)
    return fake


@cache
def _empty_database() -> Path:
    """Make one store with every table by its migrations; each house begins with a copy."""
    folder = Path(tempfile.mkdtemp(prefix="zhixing-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "empty.db"
    upgrade(f"sqlite:///{path.as_posix()}", folder, NOW)
    return path


class Run:
    """One real process; its log stands in a file of its own."""

    def __init__(self, house: House, fake: FakeTelegram | None, *arguments: str, **settings: str) -> None:
        number = len(list(house.folder.glob("run-*.log"))) + 1
        self.log_file = house.folder / f"run-{number:03}.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", *(arguments or ("run",))], cwd=house.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=house.settings(fake, **settings),
            )  # fmt: skip

    @property
    def log(self) -> str:
        """Give what it has written so far."""
        return self.log_file.read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        """Give where its pages are, once it is ready."""
        return f"http://127.0.0.1:{self.ready()}"

    def ready(self, timeout: float = 90.0) -> int:
        """Wait until it serves and return its port."""
        end = time.monotonic() + timeout
        while (found := re.search(r'"port": (\d+)', self.log)) is None:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.log}"
            assert time.monotonic() < end, self.log
            time.sleep(0.02)
        return int(found[1])

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout: float = 20.0) -> tuple[int, float]:
        """Tell it to end; return its exit code and how many seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        return code, time.monotonic() - begun

    def end(self, timeout: float = 30.0) -> int:
        """Wait for an end of its own and return the exit code."""
        return self.process.wait(timeout)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


class Nursery:
    """A process that has imported everything and forks the service on demand, so that a start takes no second."""

    def __init__(self, house: House, fake: FakeTelegram) -> None:
        with (house.folder / "nursery.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.service.running"], cwd=house.folder, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, env=house.settings(fake),
            )  # fmt: skip
        self._hear()  # it has imported everything

    def live_for(self, seconds: float, from_birth: bool = False) -> None:
        """Fork a service, let it work so long (or, `from_birth`, so long with its start), and kill it."""
        pid = self._ask("start")
        if not from_birth:
            self._hear()  # it listens and works
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        if self._ask("wait") == STARTED:  # said after we had stopped to listen
            self._hear()

    def _ask(self, word: str) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()
        return self._hear()

    def _hear(self) -> int:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery has ended"
        return int(line)

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def nurse() -> None:
    """Import and compile everything, then fork a service at each `start`; tell its number, and at `wait` its end."""
    from bot import app
    from bot.config import load_settings
    from bot.logs import set_up_logs
    from bot.registry import Registry
    from bot.render import TEMPLATES, Words
    from bot.service import run
    from handlers import HANDLERS
    from models.migrate import newest

    words = Words(TEMPLATES)
    Registry(HANDLERS, words)  # compiles every template
    newest()  # reads every migration
    app.Words = lambda *_: words  # type: ignore[assignment,misc]
    settings = load_settings()
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        if line.strip() == "wait":
            print(os.wait()[0], flush=True)
        elif (pid := os.fork()) > 0:
            print(pid, flush=True)
        else:
            set_up_logs("INFO", is_plain=False)
            _tell_of_start(app.App)
            run(settings)
            os._exit(0)


def _tell_of_start(kind: Any) -> None:
    start = kind.start

    def start_and_tell(self: Any, *roles: Any) -> None:
        start(self, *roles)
        print(STARTED, flush=True)

    kind.start = start_and_tell


if __name__ == "__main__":
    nurse()
