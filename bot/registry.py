"""What can be talked about: handlers by name, by the code on a button, by keyword, by slash command, by prompt."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any

from bot.answers import Moment
from bot.buttons import code_of
from bot.conversation import Capture, Command, Conversation, Handler, Place, PromptKind
from bot.point import fold
from bot.render import LANGUAGES, Words

EVERYWHERE = ("back", "skip", "later", "cancel", "help", "done")
REST_WORDS = 3  # words behind an English keyword; more of them are a sentence of her own


class Registry:
    """The explicit list of handlers, made easy to look up; the words come from the templates of every language."""

    def __init__(self, handlers: Sequence[Handler], words: Words) -> None:
        self._words = words
        self.handlers = tuple(handlers)
        self.by_name = {handler.name: handler for handler in handlers}
        self._by_code = {code_of(handler.name): handler for handler in handlers}
        self._by_slash = {handler.command: handler for handler in handlers if handler.command}
        self._keywords = {fold(word): handler for handler in handlers for word in _keywords(words, handler)}
        self._phrases = [(one, handler) for handler in handlers for one in _phrases(words, handler, "phrases")]
        # What may as well be an answer calls nothing in the middle of a talk.
        self._alone = [(one, handler) for handler in handlers for one in _phrases(words, handler, "phrases__alone")]
        self._everywhere = {fold(word): name for name in EVERYWHERE for word in _all(words, "common", f"word__{name}")}
        self._everywhere |= {f"/{name}": name for name in EVERYWHERE}
        self._asking = tuple(fold(word) for word in _all(words, "common", "asking"))
        self.kinds: dict[str, tuple[Handler, PromptKind]] = {
            kind.name: (handler, kind) for handler in handlers for kind in handler.prompts
        }
        self.capture: Capture = next(handler for handler in handlers if isinstance(handler, Capture))

    def coded(self, code: str) -> Handler | None:
        """Find a handler by the code on a button."""
        return self._by_code.get(code)

    def commands(self, language: str, place: Place) -> list[tuple[str, str]]:
        """List the slash commands that are of use at a place, with what each is called, for a platform's menu."""
        useful = [(slash, one) for slash, one in self._by_slash.items() if _is_useful(one, place)]
        return [(slash, self._words.label(language, handler.name, "name", {})) for slash, handler in useful]

    def word(self, folded: str) -> str | None:
        """Name the word that works everywhere."""
        return self._everywhere.get(folded)

    def asks(self, text: str) -> bool:
        """Say whether a text ends like a question."""
        return fold(text).endswith(self._asking)

    def called(self, text: str, is_in_talk: bool = False) -> tuple[Handler, str] | None:
        """Find the handler that a text calls: /command rest, its keyword, or a phrase of its own.

        In the middle of a talk an English keyword with more behind it is an answer: "ask two pupils first". So is a
        phrase of the block `phrases__alone`, unless it says enough (see `called_plainly`).
        """
        if text.startswith("/"):
            return self._slash(text)
        folded = fold(text)
        for words in self._with_less_asking(folded):
            if words in self._keywords:
                return self._keywords[words], ""
        called = None if is_in_talk and text[:1].isascii() else self._with_rest(text)
        return called or self._by_phrase(text, self._phrases if is_in_talk else self._phrases + self._alone)

    def called_plainly(self, text: str, moment: Moment) -> tuple[Handler, str] | None:
        """Find the conversation that a phrase of `phrases__alone` opens even in the middle of a talk."""
        found = self._by_phrase(text, self._alone)
        is_plain = found is not None and isinstance(found[0], Conversation) and found[0].is_plain(found[1], moment)
        return found if is_plain else None

    def _slash(self, text: str) -> tuple[Handler, str] | None:
        command, _, rest = text[1:].partition(" ")
        handler = self._by_slash.get(command.partition("@")[0].lower())
        return (handler, rest.strip()) if handler is not None else None

    def _with_less_asking(self, folded: str) -> Iterator[str]:
        """Give the text, then without what makes it a question, end by end: 请假怎么弄? 请假怎么弄 请假."""
        yield folded
        while end := next((end for end in self._asking if folded.endswith(end)), ""):
            folded = folded.removesuffix(end)
            yield folded

    def _with_rest(self, text: str) -> tuple[Handler, str] | None:
        first, _, rest = text.replace("\u3000", " ").strip().partition(" ")
        if first.isascii() and _is_sentence(rest):
            return None
        handler = self._keywords.get(fold(first))
        takes_rest = isinstance(handler, (Conversation, Command)) and handler.takes_rest
        return (handler, rest.strip()) if handler is not None and takes_rest and rest else None

    @staticmethod
    def _by_phrase(text: str, phrases: Sequence[tuple[re.Pattern[str], Handler]]) -> tuple[Handler, str] | None:
        folded = fold(text)
        for pattern, handler in phrases:
            if found := pattern.fullmatch(folded):
                rest = found.groupdict().get("rest") or ""
                return handler, text.strip() if rest == folded else rest  # the whole text comes as it was typed
        return None


def _is_useful(handler: Handler, place: Place) -> bool:
    return not isinstance(handler, Command) or handler.not_here(place) is None


def _is_sentence(rest: str) -> bool:
    """Say whether what follows an English keyword goes on too long to be a name, a day or a word to look for."""
    return len(rest.split()) > REST_WORDS and not any(character.isdecimal() for character in rest)


def _all(words: Words, template: str, block: str) -> list[str]:
    """Collect the alternatives of a block in every language."""
    speaking = [language for language in LANGUAGES if words.has(language, template, block)]
    found = [words.label(language, template, block, {}) for language in speaking]
    return [word.strip() for text in found for word in text.split("|") if word.strip()]


def _keywords(words: Words, handler: Handler) -> list[str]:
    return _all(words, handler.name, "keyword")


def _phrases(words: Words, handler: Handler, block: str) -> list[re.Pattern[str]]:
    blocks: list[Any] = [
        words.say(language, handler.name, block, {})
        for language in LANGUAGES
        if words.has(language, handler.name, block)
    ]
    lines = [line for block in blocks for line in block.split("\n") if line.strip()]
    return [re.compile(fold_pattern(line)) for line in lines]


def fold_pattern(line: str) -> str:
    """Take the spaces out of a pattern, since what it is matched against has none; &lt; may stand for <."""
    return unescape("".join(line.split()))
