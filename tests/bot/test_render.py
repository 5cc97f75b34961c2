"""Blocks become words in a person's language and zone."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.render import LANGUAGES, Words, clean, language_of, plain, sandbox
from models import Person
from models.rules.calendar import Calendar, TermSpan

LIN = Person(name="林晓", zone="Asia/Shanghai")
EVENING = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)  # half past midnight of the next day in Shanghai


@pytest.mark.parametrize(
    ("hint", "language"),
    [
        ("zh", "zh_Hans"), ("zh-CN", "zh_Hans"), ("zh_Hans", "zh_Hans"), ("zh-hans-SG", "zh_Hans"),
        ("ZH-TW", "zh_Hant"),
        ("zh-Hant", "zh_Hant"), ("zh_HK", "zh_Hant"), ("zh-MO", "zh_Hant"), ("zh-Hant-CN", "zh_Hant"), ("en", "en"),
        ("en-GB", "en"), ("EN_us", "en"), ("de", "zh_Hans"), ("", "zh_Hans"), (None, "zh_Hans"), ("zhx", "zh_Hans"),
    ],
)  # fmt: skip
def test_a_platforms_hint_becomes_one_of_our_languages(hint, language):
    assert language_of(hint) == language


def test_without_a_hint_the_schools_own_language_is_spoken():
    assert language_of("fr", "en") == "en"
    assert language_of("zh", "en") == "zh_Hans"


# Blocks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of templates with nothing in it but the common words."""
    for language in LANGUAGES:
        write(tmp_path, f"{language}/common.j2", f"{{% block hello %}}{language}{{% endblock %}}")
    return tmp_path


def write(folder: Path, name: str, source: str) -> Words:
    """Write a template and read the folder anew."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return Words(folder)


def said(folder: Path, source: str, language: str = "zh_Hans", **facts) -> str:
    """Say one block that holds `source`."""
    words = write(folder, f"{language}/page.j2", f"{{% block it %}}{source}{{% endblock %}}")
    return words.say(language, "page", "it", {"person": LIN, **facts})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_block_is_found_in_its_template_and_else_among_the_common_ones(folder: Path, language):
    words = write(folder, f"{language}/page.j2", "{% block own %}x{% endblock %}")
    assert words.say(language, "page", "own", {}) == "x"
    assert words.say(language, "page", "hello", {}) == language
    assert words.say(language, "no_such_page", "hello", {}) == language
    assert (words.has(language, "page", "own"), words.has(language, "page", "other")) == (True, False)


def test_a_missing_block_is_named(folder: Path):
    with pytest.raises(KeyError, match=r"en/page.j2 has no block other"):
        Words(folder).say("en", "page", "other", {})


def test_a_missing_fact_is_our_mistake_and_never_an_empty_place(folder: Path):
    with pytest.raises(Exception, match="'gone' is undefined"):
        said(folder, "{{ gone }}")


def test_the_schools_own_template_is_taken_instead(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    own = tmp_path_factory.mktemp("own")
    write(own, "en/common.j2", "{% block hello %}Our school{% endblock %}")
    words = Words(folder, own)
    assert (words.say("en", "x", "hello", {}), words.say("zh_Hans", "x", "hello", {})) == ("Our school", "zh_Hans")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("  一 \n  二  ", "一\n二", id="lines are stripped"),
        pytest.param("一\n\n\n\n二", "一\n\n二", id="one empty line at most"),
        pytest.param("一\n{% if false %}\n二\n{% endif %}\n三", "一\n三", id="a line that is a condition"),
    ],
)
def test_a_block_is_tidied(folder: Path, source, expected):
    assert said(folder, source) == expected


def test_what_people_wrote_is_escaped_and_shown_as_typed(folder: Path):
    html = said(folder, "<b>{{ words }}</b>", words="<b>&amp; “1 < 2”")
    assert html == "<b>&lt;b&gt;&amp;amp; “1 &lt; 2”</b>"
    assert plain(html) == "<b>&amp; “1 < 2”"


def test_a_label_is_plain_and_on_one_line(folder: Path):
    words = write(folder, "en/page.j2", "{% block it %}<b>a &amp; b</b>\nc{% endblock %}")
    assert words.label("en", "page", "it", {}) == "a & b c"


def test_a_template_knows_its_language_and_the_names_of_the_others(folder: Path):
    write(folder, "en/jotting.j2", "{% block name %}note{% endblock %}")
    assert said(folder, "{{ language }} {{ name_of('jotting') }}", "en") == "en note"


def test_a_block_that_says_the_same_to_everyone_is_rendered_once(folder: Path):
    words = write(folder, "en/page.j2", "{% block it %}same{% endblock %}")
    assert [words.say("en", "page", "it", {"x": x}) for x in "ab"] == ["same", "same"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ word }}", id="by itself"),
        pytest.param("{% if word == 'one' %}one{% else %}two{% endif %}", id="in a condition"),
        pytest.param("{% include '_part.j2' %}", id="through what it includes"),
        pytest.param("{% import '_macro.j2' as m with context %}{{ m.it() }}", id="through what it imports"),
    ],
)
def test_what_was_said_to_one_is_never_said_to_the_next(folder: Path, source):
    write(folder, "en/_part.j2", "{{ word }}")
    write(folder, "en/_macro.j2", "{% macro it() %}{{ word }}{% endmacro %}")
    words = write(folder, "en/page.j2", f"{{% block it %}}{source}{{% endblock %}}")
    assert [words.say("en", "page", "it", {"word": word}) for word in ("one", "two")] == ["one", "two"]


def test_pages_and_whole_files(folder: Path):
    write(folder, "web/hello.html", "<p>{{ language }} {{ who }}</p>")
    write(folder, "en/hello.txt", "{{ who }}")
    words = write(folder, "forms/en/form.j2", "Form of {{ who }}")
    assert words.page("hello.html", "en", who="<b>") == "<p>en &lt;b&gt;</p>"
    assert words.file("en", "hello.txt", who="Lin") == "Lin"
    assert words.file("en", "form.j2", who="Lin") == "Form of Lin"


def test_a_replaced_document_cannot_reach_python():
    with pytest.raises(Exception, match="unsafe"):
        sandbox().from_string("{{ ''.__class__.__mro__ }}").render()
    assert sandbox().from_string("{{ word }}").render(word="<b>") == "&lt;b&gt;"


# Dates, numbers and people's words


FRIDAY = date(2026, 10, 9)
SHOWN_FRIDAY = ("10月9日（周五）", "10月9日（週五）", "Fri 9 Oct")
SHOWN_EVENING = ("10月1日（周四）00:30", "10月1日（週四）00:30", "Thu 1 Oct 00:30")
ARABIC = "\u0639\u0644\u064a"


@pytest.mark.parametrize(
    ("filter", "value", "expected"),
    [
        pytest.param("day", FRIDAY, SHOWN_FRIDAY, id="a day"),
        pytest.param("day", "2026-10-09", SHOWN_FRIDAY, id="a day as text"),
        pytest.param(
            "day", EVENING, ("10月1日（周四）", "10月1日（週四）", "Thu 1 Oct"), id="the day there already is"
        ),
        pytest.param(
            "day_year", FRIDAY, ("2026年10月9日（周五）", "2026年10月9日（週五）", "Fri 9 Oct 2026"), id="a year"
        ),
        pytest.param("at", EVENING, SHOWN_EVENING, id="an instant"),
        pytest.param("at", EVENING.isoformat(), SHOWN_EVENING, id="an instant as text"),
        pytest.param("hm", EVENING, ("00:30",) * 3, id="the time of an instant"),
        pytest.param("hm", EVENING.isoformat(), ("00:30",) * 3, id="the time of an instant as text"),
        pytest.param("hm", "20:00", ("20:00",) * 3, id="a wall time stays as it is"),
        pytest.param("n", 12345, ("12,345",) * 3, id="a number"),
        pytest.param("n", 1.5, ("1.5",) * 3, id="a number with a fraction"),
        pytest.param("count_words", "知 行\n合一", ("4",) * 3, id="characters without spaces"),
        pytest.param("isolated", "林晓", ("林晓",) * 3, id="a name that runs as the line does"),
        pytest.param("isolated", "Lin", ("Lin",) * 3, id="a Latin name"),
        pytest.param("isolated", ARABIC, (f"\u2068{ARABIC}\u2069",) * 3, id="a name that runs the other way"),
    ],
)
def test_filters_in_every_language(folder: Path, filter, value, expected):
    shown = [said(folder, f"{{{{ value | {filter} }}}}", language, value=value) for language in LANGUAGES]
    assert tuple(shown) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("一二三四", "一二三四", id="what fits"),
        pytest.param("一二三四五", "一二三…", id="what does not fit"),
        pytest.param("一\n 二", "一 二", id="lines become one"),
        pytest.param("👩‍👩‍👧‍👦" * 5, "👩‍👩‍👧‍👦" * 3 + "…", id="a family counts as one"),
    ],
)
def test_peoples_words_are_shortened_by_what_they_see(folder: Path, words, expected):
    assert said(folder, "{{ words | cut(4) }}", words=words) == expected


def test_what_a_macro_escaped_is_counted_as_it_is_read(folder: Path):
    source = "{% macro cell(value) %}{{ value }}{% endmacro %}{{ cell(words) | cut(4) }}"
    assert said(folder, source, words="1<2&3") == "1&lt;2…"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("一\r\n二\r三", "一\n二\n三", id="ends of lines"),
        pytest.param("a\x00b\x1b[31mc\x7f\x85", "ab[31mc", id="control characters"),
        pytest.param("a\tb\nc", "a\tb\nc", id="tab and new line stay"),
        pytest.param("a\u202eb\u2066c\u2069", "abc", id="what turns the direction of a line"),
        pytest.param("a\ud800b\uffffc\ufdd0", "abc", id="what is no character"),
        pytest.param("👩‍👩‍👧 क्‍ष \u200f", "👩‍👩‍👧 क्‍ष \u200f", id="joiners and marks stay"),
    ],
)
def test_what_must_not_stand_in_a_text_is_taken_out(typed, kept):
    assert clean(typed) == kept


TERM = Calendar(terms=(TermSpan("2026 autumn", date(2026, 8, 31), 21),))


@pytest.mark.parametrize(
    ("language", "day", "shown"),
    [
        pytest.param("zh_Hans", date(2026, 10, 9), "10月9日（第6周周五）", id="inside a term with its week"),
        pytest.param("zh_Hant", date(2026, 10, 9), "10月9日（第6週週五）", id="in Traditional"),
        pytest.param("en", date(2026, 10, 9), "Fri 9 Oct (week 6)", id="in English"),
        pytest.param("zh_Hans", date(2026, 8, 30), "8月30日（周日）", id="before the term without"),
        pytest.param("zh_Hans", date(2027, 1, 24), "1月24日（第21周周日）", id="the last Sunday still counts"),
        pytest.param("zh_Hans", date(2027, 1, 25), "1月25日（周一）", id="after the term without"),
    ],
)
def test_a_day_inside_a_term_is_shown_with_its_week(folder: Path, language, day, shown):
    words = write(folder, f"{language}/page.j2", "{% block it %}{{ day|day }}{% endblock %}")
    facts = {"person": LIN, "day": day}
    assert words.say(language, "page", "it", facts, TERM) == shown
    assert words.label(language, "page", "it", facts) == words.say(language, "page", "it", facts)  # buttons stay short
