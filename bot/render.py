"""Template and facts become words, in a person's language and time zone; the only door to Jinja2 and Babel."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import regex
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from models.rules.calendar import Calendar

LANGUAGES = ("zh_Hans", "zh_Hant", "en")
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LOCALES = {"zh_Hans": "zh_Hans_CN", "zh_Hant": "zh_Hant_TW", "en": "en_GB"}
PATTERNS = {"zh_Hans": "M月d日（EEE）", "zh_Hant": "M月d日（EEE）", "en": "EEE d MMM"}
YEARLY = {"zh_Hans": "y年M月d日（EEE）", "zh_Hant": "y年M月d日（EEE）", "en": "EEE d MMM y"}
# The same inside a term, with the week as teachers count it.
IN_TERM = {
    "zh_Hans": "M月d日（第{week}周EEE）",
    "zh_Hant": "M月d日（第{week}週EEE）",
    "en": "EEE d MMM '(week' {week}')'",
}

TemplateFault = TemplateError  # what a template of the school's own may raise


def language_of(hint: str | None, otherwise: str = "zh_Hans") -> str:
    """Choose one of our languages from a platform's hint such as zh-TW, zh-hans, en-GB."""
    parts = (hint or "").replace("_", "-").lower().split("-")
    if parts[0] == "zh":
        return "zh_Hant" if {"hant", "tw", "hk", "mo"} & set(parts) else "zh_Hans"
    return "en" if parts[0] == "en" else otherwise


def sandbox() -> SandboxedEnvironment:
    """Make an environment for a document that a school may have replaced: it escapes, and Python is out of reach."""
    return SandboxedEnvironment(autoescape=True)


class Words:
    """All that people read, by language, template and block."""

    def __init__(self, folder: Path = TEMPLATES, replaced_by: Path | None = None, contact_line: str = "") -> None:
        """Read from `folder`; a file of the same name below `replaced_by` (the school's own) is taken instead.

        `contact_line` is whom the school names for a hard day; every template may say it.
        """
        self._contact_line = contact_line
        folders = [str(place) for place in (replaced_by, folder) if place is not None]
        self._pages = Environment(loader=FileSystemLoader(folders), **_OPTIONS)
        self._languages = {name: self._environment(folders, name) for name in LANGUAGES}
        self._still: dict[tuple[str, str, str], str] = {}  # blocks that say the same whatever the facts, rendered
        self._still_labels: dict[tuple[str, str, str], str] = {}  # the same as plain words

    def _environment(self, folders: list[str], language: str) -> Environment:
        places = [f"{place}/{inner}" for inner in (language, f"forms/{language}") for place in folders]
        environment = Environment(loader=FileSystemLoader(places), **_OPTIONS)
        environment.filters.update(_FILTERS)
        environment.globals.update(
            language=language,
            contact_line=self._contact_line,
            name_of=lambda handler: self.say(language, handler, "name", {}),
        )
        return environment

    def _block(self, language: str, template: str, block: str) -> "_Block | None":
        return _found(self._languages[language], f"{template}.j2", block) or _found(
            self._languages[language], "common.j2", block
        )

    def has(self, language: str, template: str, block: str) -> bool:
        """Say whether the block exists, in the template or among the common ones."""
        return self._block(language, template, block) is not None

    def say(
        self, language: str, template: str, block: str, facts: Mapping[str, Any], calendar: Calendar | None = None
    ) -> str:
        """Render one block as light HTML; raise KeyError naming what is missing.

        With a calendar, every day inside a term is shown with its week (第6周周五).
        """
        still = self._still.get((language, template, block))
        if still is not None:
            return still
        found = self._block(language, template, block)
        if found is None:
            raise KeyError(f"{language}/{template}.j2 has no block {block}")
        text = _tidy("".join(found.render(found.context({**facts, "calendar": calendar}))))
        if block in _still_blocks(self._languages[language], found.template):
            self._still[language, template, block] = text
        return text

    def label(self, language: str, template: str, block: str, facts: Mapping[str, Any]) -> str:
        """Render one block as plain words, for a button."""
        key = (language, template, block)
        label = self._still_labels.get(key)
        if label is None:
            label = plain(self.say(language, template, block, facts)).replace("\n", " ")
            if key in self._still:
                self._still_labels[key] = label
        return label

    def still_label(self, language: str, template: str, block: str) -> str | None:
        """Give the words of a button that says the same whatever the facts, if it was rendered before."""
        return self._still_labels.get((language, template, block))

    def page(self, name: str, language: str, **facts: Any) -> str:
        """Render a whole page of templates/web."""
        return self._pages.get_template(f"web/{name}").render(language=language, **facts)

    def file(self, language: str, name: str, **facts: Any) -> str:
        """Render a whole template of one language, such as a part of an export or a form to print."""
        return self._languages[language].get_template(name).render(**facts)


@dataclass(frozen=True)
class _Block:
    """One block of a template, with all that every rendering of it begins with."""

    environment: Environment
    template: str
    render: Callable[[Context], Iterator[str]]
    known: dict[str, Any]  # what every block of the template knows
    blocks: dict[str, list[Any]]  # all blocks of the template, so that one may say another

    def context(self, facts: Mapping[str, Any]) -> Context:
        """Do what `Template.new_context` does, without copying every block and global for each sentence."""
        context = self.environment.context_class(self.environment, {**self.known, **facts}, self.template, {})
        context.blocks = self.blocks
        return context


@cache
def _found(environment: Environment, name: str, block: str) -> _Block | None:
    try:
        template = environment.get_template(name)
    except TemplateNotFound:
        return None
    if block not in template.blocks:
        return None
    return _Block(environment, name, template.blocks[block], *_known(template))


@cache
def _known(template: Template) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    return dict(template.globals), {block: [render] for block, render in template.blocks.items()}


@cache
def _still_blocks(environment: Environment, name: str) -> frozenset[str]:
    """Name the blocks of a template that use no variable: most buttons and many replies, rendered once."""
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    blocks = environment.parse(source).find_all(nodes.Block)
    # What a block includes or imports speaks of the person too: it must never be kept for the next one.
    moving = (nodes.Name, nodes.Include, nodes.Import, nodes.FromImport)
    return frozenset(block.name for block in blocks if next(block.find_all(moving), None) is None)


_BLANKS = re.compile(r"[ \t]*\n[ \t]*")
_GAPS = re.compile(r"\n{3,}")
_TAG = re.compile(r"</?[a-z]+>")


def _tidy(text: str) -> str:
    """Strip a block and its lines, and keep at most one blank line between paragraphs."""
    return _GAPS.sub("\n\n", _BLANKS.sub("\n", text.strip()))


def plain(html: str) -> str:
    """Turn light HTML into the words that are shown."""
    return unescape(_TAG.sub("", html)) if "<" in html or "&" in html else html


def clean(said: str) -> str:
    """Take out what must not stand in a text: control characters, bidi overrides, lone surrogates."""
    return _UNFIT.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))


# Cc but tab and newline; bidi embeddings and overrides (U+202A–E), isolates (U+2066–9); surrogates; non-characters.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@pass_context
def _day(context: Context, value: date | datetime | str) -> str:
    language = context["language"]
    shown = _local(context, value)
    return _written(shown.year, shown.month, shown.day, _pattern(context, shown, PATTERNS[language]), language)


@pass_context
def _day_year(context: Context, value: date | datetime | str) -> str:
    language = context["language"]
    shown = _local(context, value)
    return _written(shown.year, shown.month, shown.day, YEARLY[language], language)


@lru_cache(maxsize=1024)  # most of what is said in an evening speaks of a few days
def _written(year: int, month: int, day: int, pattern: str, language: str) -> str:
    return format_date(date(year, month, day), pattern, locale=_locale(language))


def _pattern(context: Context, shown: date, otherwise: str) -> str:
    """Choose how a day is written: inside a term of the reader's school with the number of its week."""
    calendar = context.get("calendar")
    week = calendar.week_of(shown.date() if isinstance(shown, datetime) else shown) if calendar else None
    return IN_TERM[context["language"]].replace("{week}", str(week.number)) if week else otherwise


@pass_context
def _at(context: Context, value: datetime | str) -> str:
    language = context["language"]
    shown = _local(context, value)
    space = " " if language == "en" else ""
    day = _written(shown.year, shown.month, shown.day, _pattern(context, shown, PATTERNS[language]), language)
    return f"{day}{space}{shown:%H:%M}"


@pass_context
def _hm(context: Context, value: datetime | str) -> str:
    shown = _local(context, value) if not (isinstance(value, str) and len(value) <= 5) else value
    return shown if isinstance(shown, str) else f"{shown:%H:%M}"


def _local(context: Context, value: date | datetime | str) -> Any:
    """Bring an instant into the reader's zone; a plain day stays the day it is."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(context["person"].zone))
    return value


@pass_context
def _number(context: Context, value: float) -> str:
    return format_decimal(value, locale=_locale(context["language"]))


def _cut(value: str, at_most: int = 40) -> str:
    """Shorten people's words to `at_most` graphemes; what a macro has already escaped is counted as it is read."""
    words = unescape(str(value)) if hasattr(value, "__html__") else str(value)
    pieces = regex.findall(r"\X", " ".join(words.split()))
    return "".join(pieces) if len(pieces) <= at_most else "".join(pieces[: at_most - 1]) + "…"


def _isolated(name: str) -> str:
    """Keep a name's own direction from changing the line around it (U+2068 … U+2069)."""
    runs_left = not name.isascii() and regex.search(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]", name)
    return f"\u2068{name}\u2069" if runs_left else name


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])


_OPTIONS: dict[str, Any] = {
    "autoescape": True,
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "auto_reload": False,
    "cache_size": -1,
}
_FILTERS = {
    "day": _day,
    "day_year": _day_year,
    "at": _at,
    "hm": _hm,
    "n": _number,
    "cut": _cut,
    "isolated": _isolated,
    "count_words": lambda text: len(re.sub(r"\s", "", str(text))),
}
