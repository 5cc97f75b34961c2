"""A calm answer to words that sound exhausted: they stay hers, nobody is told, and the bot may be quiet for a week."""

from bot.conversation import Say, Tap
from models import Entry
from models.rules.names import sounds_exhausted


def sounds_tired(words: str) -> bool:
    """Say whether the words sound like exhaustion; nothing but this answer follows from it."""
    return bool(words) and sounds_exhausted(words)


def calm_words(entry: Entry, after: float = 0.0, key: str | None = None) -> Say:
    """Say that it is kept for her alone, and offer a week without reminders."""
    buttons = (
        Tap("quiet_week", row=entry.id, handler="jotting"),
        Tap("no_need", row=entry.id, handler="jotting"),
        Tap("delete", row=entry.id, handler="mine"),
    )
    return Say("tired", {"is_private": not entry.audience}, buttons, template="jotting", after=after, key=key)
