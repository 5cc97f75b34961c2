"""Measure everything, or one room of it, and print a table."""

import logging
import sys
from collections.abc import Callable

import structlog

from tests.bench import callback, digest, memory, prompts, sending, turns
from tests.bench.figures import FULL, SMALL, Row, Scale, table

ROOMS: dict[str, Callable[[Scale], list[Row]]] = {
    "turns": turns.measure,
    "prompts": prompts.measure,
    "sending": sending.measure,
    "digest": digest.measure,
    "callback": callback.measure,
    "memory": memory.measure,
}


def main(only: str = "", small: bool = False) -> None:
    """Measure and print, a room at a time; `only` names one room."""
    if only and only not in ROOMS:
        print(f"没有 {only} 这一项；可以写 {'、'.join(ROOMS)}", file=sys.stderr)
        raise SystemExit(2)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # ticks that a stop cuts off
    rows: list[Row] = []
    for name in [only] if only else ROOMS:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows += ROOMS[name](SMALL if small else FULL)
    print(table(rows))


if __name__ == "__main__":
    main(*[word for word in sys.argv[1:] if not word.startswith("-")], small="--small" in sys.argv)
