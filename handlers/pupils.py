"""Before writing is shared: offer to put other words for the names of pupils in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.answers import Moment, Option, Said
from bot.errors import Unclear
from models.entries import change_words, words_of
from models.rules.names import likely_names, masked

KEEP, ONLY_ME = "keep", "only_me"


def pupils_in(parts: dict[str, Any], colleagues: Sequence[str]) -> list[str]:
    """List what looks like pupils' names, without those of colleagues."""
    return [name for name in likely_names(words_of(parts)) if name not in colleagues]


def without_names(parts: dict[str, Any], names: Sequence[str], by: str) -> dict[str, Any]:
    """Return the parts with these names replaced."""
    return change_words(parts, lambda _number, words: masked(words, names, by))


@dataclass(frozen=True)
class pupils:
    """Reads what becomes of the names: {"by": words} to put instead, or keep, or only_me.

    The label of the first choice is itself what is written instead, so it stands in the reader's language.
    """

    names_of: Callable[[Any], list[str]]

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the replacement, to keep the names, and to share nothing."""
        return (Option("replace"), Option(KEEP, facts={"names": self.names_of(answers)}), Option(ONLY_ME))

    def read(self, said: Said, answers: Any, moment: Moment) -> Any:
        """Return {"by": words} or a key; raise Unclear."""
        if said.option in (KEEP, ONLY_ME):
            return said.option
        if said.option != "replace" or not said.text:
            raise Unclear("not_an_option")
        return {"by": said.text}
