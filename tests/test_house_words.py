"""Every word that people read exists in three languages, says the same things, and hurts nobody."""

import contextlib
import re
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from jinja2 import nodes

from bot.answers import Moment
from bot.conversation import Answers, Command, Conversation, Handler, Place
from bot.registry import EVERYWHERE
from bot.render import LANGUAGES, Words
from handlers import HANDLERS
from models import Person
from tests.house import (
    ENVIRONMENT,
    ROOT,
    TEMPLATES,
    blocks,
    calls,
    committed,
    every_block,
    has_block,
    is_given,
    literal,
    macros,
    modules,
    parsed,
    sources,
    told,
    variables,
)

MOMENT = Moment(datetime(2026, 9, 16, 8, 0, tzinfo=UTC), "Asia/Shanghai")
REFERENCE = "zh_Hans"


def missing(wanted: dict[str, set[str]]) -> list[str]:
    """List what is wanted (template -> blocks) and not there, in any language."""
    return [
        f"{language}/{template}.j2 lacks {block}"
        for language in LANGUAGES
        for template, names in wanted.items()
        for block in names
        if not has_block(language, template, block)
    ]


# What the handlers ask for


def test_every_handler_has_a_name_and_every_command_a_keyword():
    faults = [
        f"{language}/{handler.name}.j2 lacks {block}"
        for language in LANGUAGES
        for handler in HANDLERS
        for block in ("name", "keyword" if handler.command else "name")
        if block not in blocks(language, f"{handler.name}.j2")
    ]
    assert not faults, told(faults)


def labels_of(handler: Handler) -> set[str]:
    """Name the blocks of the options that a conversation is known to offer."""
    found = set()
    for question in handler.questions if isinstance(handler, Conversation) else ():
        keys = set(getattr(question.reader, "keys", ())) | {key for key, _ in getattr(question.reader, "quick", ())}
        with contextlib.suppress(KeyError, TypeError, AttributeError):  # some options need real facts
            shown = [o for o in question.reader.options(Answers(), MOMENT) if o.label is None]
            keys |= {o.key for o in shown if o.block is None}
            found |= {o.block for o in shown if o.block is not None}
        found |= {f"{question.name}__{key}" for key in keys}
        found |= {f"{name}__name" for name in question.revises}
    return found


def test_every_question_and_every_label_has_its_words():
    wanted: dict[str, set[str]] = defaultdict(set)
    for handler in HANDLERS:
        wanted[handler.name] |= {question.name for question in getattr(handler, "questions", ())} | labels_of(handler)
    faults = missing(wanted)
    assert not faults, told(faults)


NEVER_SAID = {"follow_up_rest": "lays an action to rest after silence: its `wanted` always answers None"}


def test_every_prompt_has_its_card_and_its_line():
    said = {h.name: {kind.name for kind in h.prompts} - set(NEVER_SAID) for h in HANDLERS}
    faults = missing({handler: names | {f"{name}__line" for name in names} for handler, names in said.items()})
    assert not faults, told(faults)


def templates_of(path) -> list[str]:
    """Name the templates that a file's blocks may stand in: those of its own handlers; for a shared file, any."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return [handler.name for handler in HANDLERS if re.search(rf"""name=["']{handler.name}["']""", source)]


def spoken(path) -> list[tuple[int, str | None, str]]:
    """List (line, template or None, block) of what a file says, shows on buttons, refuses or does not understand."""
    found: list[tuple[int, str | None, str]] = []
    for call in calls(path, "Say"):
        if block := literal(call, 0, "block"):
            found.append((call.lineno, literal(call, 3, "template"), block))
    for call in calls(path, "Refused", "Unclear"):
        if block := literal(call, 0, "reason"):
            found.append((call.lineno, None, block))
    for call in calls(path, "Tap"):
        option, block = literal(call, 0, "option"), literal(call, 4, "block")
        if is_given(call, "label"):
            continue
        if block or (option and not is_given(call, "block")):
            found.append((call.lineno, None, block or f"tap__{option}"))
    found += [(call.lineno, None, block) for call in calls(path, "Page") if (block := literal(call, 1, "block"))]
    for call in calls(path, "Offer"):
        found.append((call.lineno, None, f"offer__{literal(call, 1, 'block') or 'day'}"))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_said_has_its_words(language):
    faults = []
    anywhere = every_block(language)
    for path in modules("handlers", "bot"):
        own = templates_of(path)
        for line, template, block in spoken(path):
            places = [template] if template else own
            if not (any(has_block(language, place, block) for place in places) if places else block in anywhere):
                faults.append(f"{path}:{line} {block} in {language} {places or 'anywhere'}")
    assert not faults, told(faults)


def test_what_is_said_where_a_command_is_of_no_use_has_its_words():
    places = [Place(pages, is_page) for pages in ("", "https://s.example") for is_page in (False, True)]
    wanted = {h.name: {h.not_here(place) for place in places} - {None} for h in HANDLERS if isinstance(h, Command)}
    assert any(wanted.values())
    assert not (faults := missing(wanted)), told(faults)


def test_the_engine_finds_its_own_words():
    everywhere = {f"word__{name}" for name in EVERYWHERE} | {"asking", "several", "late", "numbered", "numbered_line"}
    engine = {
        literal(call, 1, "block")
        for path in modules("bot")
        for call in calls(path, "say")
        if literal(call, 0, "template") == "common"
    }
    faults = missing({"common": everywhere | {block for block in engine if block}})
    assert not faults, told(faults)


# Three languages


def test_the_three_languages_have_the_same_templates():
    names = {language: set(sources(language)) for language in LANGUAGES}
    whole = set().union(*names.values())
    faults = [f"{language} lacks {name}" for language in LANGUAGES for name in whole - names[language]]
    assert not faults, told(faults)


MAY_BE_MISSING = {"phrases", "phrases__alone"}  # turns of one language that open a conversation; another may have none


def test_the_three_languages_have_the_same_blocks():
    faults = []
    for name in sources(REFERENCE):
        for language in LANGUAGES:
            here, there = set(blocks(language, name)), set(blocks(REFERENCE, name))
            faults += [f"{language}/{name} lacks {block}" for block in there - here - MAY_BE_MISSING]
            faults += [f"{language}/{name} has {block} alone" for block in here - there - MAY_BE_MISSING]
    assert not faults, told(faults)


def test_every_macro_that_is_imported_stands_in_its_own_language():
    faults = []
    for language in LANGUAGES:
        for name in sources(language):
            for taken in parsed(language, name).find_all(nodes.FromImport):
                known = macros(language, taken.template.value)
                wanted = [part if isinstance(part, str) else part[0] for part in taken.names]
                faults += [
                    f"{language}/{name} imports {part} of {taken.template.value}"
                    for part in wanted
                    if part not in known
                ]
    assert not faults, told(faults)


def test_a_macro_takes_the_same_in_every_language():
    faults = [
        f"{language}/{name} {macro}{arguments}"
        for name in sources(REFERENCE)
        for language in LANGUAGES
        for macro, arguments in macros(REFERENCE, name).items()
        if macros(language, name).get(macro) != arguments
    ]
    assert not faults, told(faults)


def test_a_block_speaks_of_the_same_things_in_every_language():
    faults = []
    for name in sources(REFERENCE):
        for block, reference in blocks(REFERENCE, name).items():
            for language in LANGUAGES:
                other = blocks(language, name).get(block)
                if other is not None and (differs := variables(reference.body) ^ variables(other.body)):
                    faults.append(f"{language}/{name} {block}: {sorted(differs)}")
    assert not faults, told(faults)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_compiles(language):
    faults = []
    for name in sources(language):
        try:
            ENVIRONMENT.compile(parsed(language, name))
        except Exception as error:  # noqa: BLE001 (every fault is told at once)
            faults.append(f"{language}/{name}: {error}")
    assert not faults, told(faults)


ALWAYS_THERE = {
    "person": Person(name="林晓"), "now": MOMENT.now, "step": 2, "steps": 5, "is_again": False, "place": Place(),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_needs_no_facts_renders_to_something(language):
    words, faults = Words(), []
    for name in sources(language):
        for block, node in blocks(language, name).items():
            if (
                name.startswith("_")
                or not variables(node.body) <= set(ALWAYS_THERE)
                or next(node.find_all(nodes.Include), None)
            ):
                continue
            if not words.say(language, name.removesuffix(".j2"), block, ALWAYS_THERE).strip():
                faults.append(f"{language}/{name} {block} says nothing")
    assert not faults, told(faults)


# Kindness

UNKIND = ["逾期", "未完成", "你还没有", "你還沒有", "请尽快", "請盡快", "請儘快", "排名", "overdue",
          "you have not", "you haven't", "as soon as possible", "failed to"]  # fmt: skip
HEARD_NOT_SAID = ("phrases", "phrases__alone", "keyword", "asking")  # what people type is matched with these


def said_in(source: str) -> str:
    """Leave out of a template what nobody reads: comments, and the words that are only heard."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    heard = rf"\{{%-? block (?:{'|'.join(HEARD_NOT_SAID)}|word__\w+) -?%\}}.*?\{{%-? endblock"
    return re.sub(heard, "", source, flags=re.DOTALL)


def test_nothing_we_say_judges():
    faults = []
    for path in committed():
        if path.parts[0] != "templates" or path.suffix not in (".j2", ".html", ".js", ".txt"):
            continue
        for number, line in enumerate(said_in((ROOT / path).read_text(encoding="utf-8")).splitlines(), 1):
            faults += [
                f"{path} ({number} of what is said) {word}: {line.strip()}" for word in UNKIND if word in line.lower()
            ]
    assert not faults, told(faults)


# Light HTML


def shown_lines(source: str) -> list[str]:
    """Give the lines of a template as far as they are text: expressions, statements and comments taken out."""
    bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}", "", bare).splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_light_tags_are_used_and_closed_on_their_line(language):
    faults = []
    for name, source in sources(language).items():
        for number, line in enumerate(shown_lines(said_in(source)), 1):
            tags = re.findall(r"<[^>]*>?", line)
            if any(tag not in ("<b>", "</b>", "<i>", "</i>") for tag in tags):
                faults.append(f"{language}/{name}:{number} {tags}")
            elif any(tags.count(f"<{tag}>") != tags.count(f"</{tag}>") for tag in "bi"):
                faults.append(f"{language}/{name}:{number} leaves a tag open: {line.strip()}")
    assert not faults, told(faults)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_of_each_language_stands_beside_the_others(language):
    names = {path.name for path in (TEMPLATES / "forms" / language).iterdir()}
    reference = {path.name for path in (TEMPLATES / "forms" / REFERENCE).iterdir()}
    assert names == reference
