"""Where a step of a conversation leads."""

from dataclasses import dataclass

from bot.conversation import Say

ASK, WAIT, FINISH, CLOSED, SILENT = "ask", "wait", "finish", "closed", "silent"


@dataclass(frozen=True)
class Turned:
    """Where a step leads: what is said first, and then `ask`, `wait`, `finish`, `closed` or `silent`."""

    then: str
    say: tuple[Say, ...] = ()
