"""Besiege the service: people talk and tap and prompts fall due while it is killed; then check what must hold."""

import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from models.entries import pieces_of as pieces_in
from tests.fakes.telegram_server import FakeTelegram
from tests.service.running import OFFICE, TEACHERS, House, Nursery, Run, wait_until

NOTERS, REFLECTORS = TEACHERS[:5], TEACHERS[5:]
BEAT = 0.15  # seconds between two beats of the load
NOTES_AT_MOST, REFLECTIONS_AT_MOST = 100, 4  # of each teacher: answers leave at one a second, and must end some day
REFLECTION = ("写反思 观潮-{n}", "发生-{n} 孩子们都在想", "做了-{n}", "重来-{n}", "意外-{n}", "下一步-{n}", "仅自己")
ANSWERS = ("about", "happened", "did", "redo", "surprise", "next_step")  # what stands in a reflection, in order


class Crowd:
    """Teachers who write, each in her own rhythm, whether the service lives or not."""

    def __init__(self, fake: FakeTelegram, dice: random.Random) -> None:
        self.fake = fake
        self.dice = dice
        self.notes = dict.fromkeys(NOTERS, 0)  # how many each has sent
        self.steps = dict.fromkeys(REFLECTORS, 0)  # how many words of reflections each has sent
        self.tapped: set[str] = set()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="crowd")

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(10)

    def _talk(self) -> None:
        while not self._ends.wait(BEAT):
            self._note(self.dice.choice(NOTERS))
            self._reflect(self.dice.choice(REFLECTORS))
            if self.dice.random() < 0.1:
                self._tap(self.dice.choice(NOTERS))

    def _note(self, chat: int) -> None:
        if self.notes[chat] >= NOTES_AT_MOST:
            return
        self.notes[chat] += 1
        self.fake.says(chat, f"笔记-{self.notes[chat]:04}")

    def _reflect(self, chat: int) -> None:
        number, step = divmod(self.steps[chat], len(REFLECTION))
        if number >= REFLECTIONS_AT_MOST:
            return
        self.fake.says(chat, REFLECTION[step].format(n=number))
        self.steps[chat] += 1

    def _tap(self, chat: int) -> None:
        """Read one of her notes again, each once: the card that comes looks like no other, and opens nothing."""
        data = [button.data or "" for message in self.fake.sent(chat) for row in message.buttons for button in row]
        unread = [one for one in data if one.split(".")[4] == "read" and one not in self.tapped]
        if unread:
            self.fake.taps(chat, unread[-1])
            self.tapped.add(unread[-1])

    def finish(self) -> None:
        """Let everybody who is in the middle of a reflection end it."""
        for chat in REFLECTORS:
            while self.steps[chat] % len(REFLECTION):
                self._reflect(chat)


@dataclass
class Figures:
    """What a siege has found."""

    real_starts: int = 0
    reached_ready: int = 0
    forked_starts: int = 0
    updates: int = 0
    notes: int = 0
    reflections: int = 0
    taps: int = 0
    prompts: int = 0
    messages_sent: int = 0  # rows of the outbox that were delivered
    sent_twice: int = 0  # copies that a reader saw beyond the first
    never_known: int = 0  # rows that two kills met on their way: nobody can know whether they arrived
    never_seen: int = 0  # those of them that did not
    drained_in: float = 0.0

    def with_round(self, other: "Figures") -> "Figures":
        """Add the figures of another siege."""
        return Figures(**{name: value + getattr(other, name) for name, value in asdict(self).items()})

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items())


class Siege:
    """One house under load, killed again and again."""

    def __init__(self, house: House, fake: FakeTelegram, seed: int, prompts: int = 60, over: float = 120.0) -> None:
        """Plan so many follow-ups, falling due over so many seconds."""
        self.house, self.fake, self.dice = house, fake, random.Random(seed)
        self.crowd = Crowd(fake, random.Random(seed + 1))
        self.figures = Figures(prompts=prompts)
        due = [house.now() + timedelta(seconds=over * n / prompts) for n in range(prompts)]
        for number, at in enumerate(due):
            house.will_ask(TEACHERS[number % len(TEACHERS)], f"先等三秒-{number:03}。", at)

    def start_and_kill(self, times: int) -> None:
        """Start real processes and kill each somewhere between the middle of its start and some seconds of work."""
        with Run(self.house, self.fake) as first:
            begun = time.monotonic()
            first.ready()
            start = time.monotonic() - begun
        self.figures.real_starts += 1
        self.figures.reached_ready += 1
        self._look()
        for _ in range(times - 1):
            with Run(self.house, self.fake) as run:
                time.sleep(start * self.dice.uniform(0.5, 1.5))
                self.figures.reached_ready += '"ready"' in run.log
            self.figures.real_starts += 1
            self._look()

    def fork_and_kill(self, times: int) -> None:
        """Fork services from a process that has imported everything, and kill each after 50 to 800 ms."""
        with Nursery(self.house, self.fake) as nursery:
            for number in range(times):
                nursery.live_for(self.dice.uniform(0.05, 0.8), from_birth=number % 8 == 0)
                self.figures.forked_starts += 1
                self._look()

    def _look(self) -> None:
        """Check after each kill what must hold at every moment: the store is sound, and has all that was confirmed."""
        assert confirmed_and_not_stored(self.house, self.fake) == []
        assert self.house.ask("PRAGMA quick_check") == [("ok",)]

    def settle(self, timeout: float = 90.0) -> None:
        """Start once more, let time pass so that every prompt is due, and wait until nothing waits any more."""
        self.crowd.finish()
        begun = time.monotonic()
        with Run(self.house, self.fake) as last:
            last.ready()
            self.house.move_clock(minutes=20)
            wait_until(lambda: is_quiet(self.house, self.fake), timeout, last.log)
            self.figures.drained_in = round(time.monotonic() - begun, 1)
            assert last.stop()[0] == 0, last.log

    def check(self) -> Figures:
        """Check from outside that nothing is lost and nothing doubled beyond what a cut line allows."""
        self._look()
        assert self.house.ask("PRAGMA integrity_check") == [("ok",)]
        self._check_inbox()
        self._check_notes()
        self._check_reflections()
        self._check_outbox()
        self._check_prompts()
        return self.figures

    def _check_inbox(self) -> None:
        stored = [int(id) for (id,) in self.house.ask("SELECT platform_id FROM inbound ORDER BY id")]
        assert sorted(stored) == sorted(self.fake.state.known)
        states = dict(self.house.ask("SELECT state, count(*) FROM inbound GROUP BY state"))
        assert states == {"done": len(stored)}
        self.figures.updates, self.figures.taps = len(stored), len(self.crowd.tapped)

    def _check_notes(self) -> None:
        for chat, count in self.crowd.notes.items():
            sent = [f"笔记-{number:04}" for number in range(1, count + 1)]
            assert pieces_of(texts_of(self.house, chat, "jotting")) == sent
            self.figures.notes += count

    def _check_reflections(self) -> None:
        for chat, steps in self.crowd.steps.items():
            count = steps // len(REFLECTION)
            wanted = [[one.format(n=n).removeprefix("写反思 ") for one in REFLECTION[:-1]] for n in range(count)]
            kept = texts_of(self.house, chat, "reflection")
            assert [answers_of(one) for one in kept] == wanted
            self.figures.reflections += count

    def _check_outbox(self) -> None:
        """Compare what the rows say with what the readers saw, chat by chat."""
        query = (
            "SELECT outbound.id, state, sum(delivery.outcome = 'sent'), sum(delivery.outcome = 'unknown') "
            "FROM outbound JOIN address ON address.id = outbound.address_id "
            "LEFT JOIN delivery ON delivery.outbound_id = outbound.id WHERE external_id = ? GROUP BY outbound.id"
        )
        for chat in (*TEACHERS, OFFICE):
            rows = self.house.ask(query, str(chat))
            assert {state for _, state, _, _ in rows} <= {"sent", "unknown"}
            assert all(sent + unknown <= 2 for _, _, sent, unknown in rows), "tried a third time"
            delivered = sum(1 for row in rows if row[1] == "sent")
            seen = copies(self.fake, chat)
            assert max((times for _, times in seen), default=0) <= 2
            shown = sum(times for _, times in seen)
            assert delivered <= shown <= delivered + sum(row[3] for row in rows)
            unseen = len(rows) - len(seen)
            assert 0 <= unseen <= len(rows) - delivered, (chat, rows, seen)
            self.figures.never_seen += unseen
            self.figures.messages_sent += delivered
            self.figures.never_known += len(rows) - delivered
            self.figures.sent_twice += sum(times - 1 for _, times in seen)

    def _check_prompts(self) -> None:
        """Every follow-up was said in exactly one card."""
        query = "SELECT person_id, queued_at FROM prompt WHERE kind = 'follow_up' AND state = 'queued'"
        said = self.house.ask(query)
        assert len(said) == self.figures.prompts
        cards = self.house.ask("SELECT person_id, made_at FROM outbound WHERE urgency = 1")
        assert sorted(set(said)) == sorted(cards)
        for number in range(self.figures.prompts):
            deed = f"先等三秒-{number:03}"
            shown = [m for m in self.fake.sent(TEACHERS[number % len(TEACHERS)]) if deed in m.text]
            assert len(shown) <= 2, deed


# What is read from outside


@dataclass(frozen=True)
class Sent:
    """One message as its reader sees it, without what a repeat shares with its first copy."""

    text: str
    buttons: tuple[str, ...]


def copies(fake: FakeTelegram, chat: int) -> list[tuple[Sent, int]]:
    """List the messages of a chat, each with how many times it came in a row: a repeat follows its first copy."""
    runs: list[tuple[Sent, int]] = []
    for message in fake.sent(chat):
        one = Sent(message.text, tuple(button.data or "" for row in message.buttons for button in row))
        if runs and runs[-1][0] == one:
            runs[-1] = (one, runs[-1][1] + 1)
        else:
            runs.append((one, 1))
    return runs


def confirmed_and_not_stored(house: House, fake: FakeTelegram) -> list[int]:
    """List the updates that Telegram has forgotten at our word and we have not written down (R4).

    A tap that nobody fetched for 150 s is forgotten by Telegram itself: so long may a machine with much to do keep us off.
    """
    offset = fake.confirmed_offset
    stored = {int(row[0]) for row in house.ask("SELECT platform_id FROM inbound WHERE channel = 'telegram'")}
    gone = stored | fake.state.expired
    return [update for update in sorted(fake.state.known) if update < offset and update not in gone]


def texts_of(house: House, chat: int, kind: str) -> list[dict[str, Any]]:
    """Read the words of somebody's entries of one kind, the oldest first."""
    query = (
        "SELECT entry.parts FROM entry JOIN address ON address.person_id = entry.person_id "
        "WHERE address.external_id = ? AND entry.kind = ? ORDER BY entry.rowid"
    )
    return [json.loads(parts) for (parts,) in house.ask(query, str(chat), kind)]


def answers_of(parts: dict[str, Any]) -> list[str | None]:
    """List what was answered in a reflection, in the order of its questions."""
    said = {piece.name: piece.text for piece in pieces_in(parts)}
    return [said.get(name) for name in ANSWERS]


def pieces_of(entries: Sequence[dict[str, Any]]) -> list[str]:
    """List the texts of jottings in the order in which they stand."""
    return [piece["text"] for entry in entries for piece in entry["pieces"]]


def is_quiet(house: House, fake: FakeTelegram) -> bool:
    """Say whether nothing waits any more: not at Telegram, not in the inbox, not in the outbox."""
    waits = house.count("SELECT count(*) FROM inbound WHERE state = 'waiting'")
    leaves = house.count("SELECT count(*) FROM outbound WHERE state IN ('waiting', 'claimed')")
    return not (fake.waiting or waits or leaves)
