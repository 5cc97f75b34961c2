"""The house stands as it was drawn: arrows, doors, the clock, settings, sizes, and queries that take the viewer."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import handlers
from bot.config import Settings, env_name
from bot.conversation import Capture, Command, Conversation
from tests.house import ROOT, committed, imported, imports, literals, modules, told, tree

LONGEST_FILE = 400  # lines
OURS = ("bot", "handlers", "models", "tests")


def inside(name: str, *rooms: str) -> bool:
    """Say whether a module is one of these or lies in one."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def of(path: Path, *prefixes: str) -> bool:
    """Say whether a file is one of these or lies in one of these folders."""
    return any(path.as_posix() == prefix or path.as_posix().startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)


# Who may import whom

MAY_NOT = [
    pytest.param("models", ("bot", "handlers"), (), id="models import nothing of ours from outside models"),
    pytest.param("models/rules", ("sqlmodel", "sqlalchemy", "models.store"), (), id="rules never see a session"),
    pytest.param("handlers", ("models.store",), (), id="handlers never open the store"),
    pytest.param("bot", ("handlers",), ("bot/app.py",), id="only bot.app knows the handlers"),
    pytest.param("bot/channels", ("bot.engine", "bot.turn", "bot.batch", "bot.app", "bot.outbox", "bot.inbox"), (),
                 id="a channel knows neither engine nor inbox nor outbox"),
]  # fmt: skip


@pytest.mark.parametrize(("room", "forbidden", "but"), MAY_NOT)
def test_no_arrow_points_the_wrong_way(room, forbidden, but):
    faults = [
        f"{path} imports {name}"
        for path in modules(room)
        for name in imported(path)
        if inside(name, *forbidden) and not of(path, *but)
    ]
    assert not faults, told(faults)


def test_nouns_do_not_lean_on_rules():
    nouns = [path for path in modules("models") if not of(path, "models/rules")]
    faults = [f"{path} imports {name}" for path in nouns for name in imported(path) if inside(name, "models.rules")]
    assert not faults, told(faults)


def test_handlers_know_only_the_contract_of_a_conversation():
    known = ("bot.conversation", "bot.answers", "bot.errors", "bot.school", "bot.planning")
    faults = [
        f"{path} imports {name}"
        for path in modules("handlers")
        for name in imported(path)
        if inside(name, "bot") and not inside(name, *known)
    ]
    assert not faults, told(faults)


MIDDLE = ("inbox", "engine", "turn", "batch", "talk", "point", "conversation", "answers", "said", "day_readers", "buttons",
          "registry", "speech", "render", "prompts", "outbox", "errors", "clock", "pace", "stage", "school", "planning",
          "unsaying")  # fmt: skip
RIM = ("bot.app", "bot.cli", "bot.http", "bot.config", "bot.scheduler", "bot.office", "bot.demo", "bot.service")


def test_the_middle_does_not_know_the_rim():
    faults = [
        f"{path} imports {name}"
        for path in modules("bot")
        if path.parent == Path("bot") and path.stem in MIDDLE
        for name in imported(path)
        if inside(name, *RIM) or (inside(name, "bot.channels") and name != "bot.channels")
    ]
    assert not faults, told(faults)


def test_the_bot_package_itself_is_empty():
    assert (ROOT / "bot/__init__.py").read_text(encoding="utf-8") == ""


# Each outside library has one door

DOORS = {
    "telegram": ("bot/channels/telegram.py", "bot/channels/telegram_errors.py", "bot/channels/telegram_line.py",
                 "bot/channels/telegram_parse.py"),
    "apscheduler": ("bot/scheduler.py",),
    "jinja2": ("bot/render.py",),
    "babel": ("bot/render.py",),
    "cryptography": ("bot/channels",),
    "docxtpl": ("bot/forms.py",),
    "docx": ("bot/forms.py",),
    "openpyxl": ("bot/office",),
    "icalendar": ("bot/calendar_file.py",),
    "uvicorn": ("bot/http.py",),
    # The pages of the web chat, the webhook and the demo are routes that bot/http.py serves.
    "starlette": ("bot/http.py", "bot/chat_pages.py", "bot/service.py", "bot/demo/page.py"),
    "sqlalchemy": ("models",),
    "alembic": ("models",),
    "typer": ("bot/cli.py",),
    "prometheus_client": ("bot/watch.py",),
    "pydantic_settings": ("bot/config.py",),
    "chinese_calendar": ("models/official_days.py",),
    "websockets": ("bot/channels/wecom_socket.py", "bot/channels/wecom_bot_look.py"),
    "dateutil": ("models/rules/recurrences.py",),
}  # fmt: skip


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_has_one_door(library):
    faults = [
        f"{path} imports {name}"
        for path in modules("bot", "handlers", "models")
        for name in imported(path)
        if inside(name, library) and not of(path, *DOORS[library])
    ]
    assert not faults, told(faults)


def test_a_session_is_only_passed_on_outside_models():
    faults = [
        f"{path} imports {name or module} of sqlmodel"
        for path in modules("bot", "handlers")
        for module, name in imports(path)
        if inside(module, "sqlmodel") and name not in ("Session", "SQLModel")
    ]
    assert not faults, told(faults)


CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
          ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime")}  # fmt: skip
MAY_READ_THE_CLOCK = {
    "bot/clock.py": "it is the clock",
    "models/base.py": "ids follow the time they were made",
}


def test_only_the_clock_reads_the_clock():
    faults = [
        f"{path}:{node.lineno} {node.value.id}.{node.attr}"
        for path in modules("bot", "handlers", "models")
        if path.as_posix() not in MAY_READ_THE_CLOCK
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in CLOCKS
    ]
    assert not faults, told(faults)


# Words in Python

# Tables that are matched against what people type; nobody reads them. A sentence is a fault even there.
READS_WHAT_IS_TYPED = {
    "handlers/names_typed.py": "forms of address around a typed name",
    "handlers/lesson_slot.py": "a tapped lesson in the form the reader knows",
    "handlers/swap_slot.py": "what stands between a lesson and its new place",
    "handlers/swap.py": "what stands between a name and a lesson",
    "handlers/lesson_pair.py": "how timetables name the subject Chinese",
    "handlers/jotting.py": "how a question to somebody ends",
    "handlers/attach_entry.py": "fillers and days around the name of a training",
    "handlers/leave.py": "spans that models.rules.spans reads",
    "handlers/observation.py": "what stands around a name in 听…的课",
    "handlers/action.py": "how a change of mind or an if-then sentence is typed",
    "handlers/hours.py": "how hours are typed",
    "handlers/settings.py": "how hours are typed",
    "handlers/join.py": "look-alike characters of a code",
    "bot/point.py": "marks behind a typed number",
    "bot/render.py": "the patterns of a day, which Babel fills in",
}
CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
SENTENCE = re.compile("[。！；]|[你您我]|，.*，")
ENGLISH_SENTENCE = re.compile(r"[A-Za-z][a-z']*(?: [a-z']+){3,}")
FOR_ENGINEERS = ("ValueError", "KeyError", "RuntimeError", "TypeError", "AssertionError")


def talking() -> list[Path]:
    """List the files whose words would reach people: every handler, and the middle of the bot."""
    return [
        *modules("handlers"),
        *(path for path in modules("bot") if path.parent == Path("bot") and path.stem in MIDDLE),
    ]


def test_no_chinese_is_worded_in_python():
    faults = [
        f"{path}:{line} {text!r}"
        for path in talking()
        for line, text in literals(path)
        if CHINESE.search(text) and (path.as_posix() not in READS_WHAT_IS_TYPED or SENTENCE.search(text))
    ]
    assert not faults, told(faults)


def test_no_english_sentence_is_worded_in_a_handler():
    raised = {
        id(part)
        for path in talking()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FOR_ENGINEERS
        for part in ast.walk(node)
    }
    faults = [
        f"{path}:{node.lineno} {node.value!r}"
        for path in modules("handlers")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in raised
        if (node.lineno, node.value) in literals(path) and ENGLISH_SENTENCE.search(node.value)
    ]
    assert not faults, told(faults)


# Every handler, setting and file


def test_every_handler_is_listed():
    found = {}
    for info in pkgutil.iter_modules(handlers.__path__):
        for name, thing in vars(importlib.import_module(f"handlers.{info.name}")).items():
            if isinstance(thing, Conversation | Command | Capture):
                found[id(thing)] = f"handlers.{info.name}.{name}"
    listed = {id(handler) for handler in handlers.HANDLERS}
    assert not (missing := [name for key, name in found.items() if key not in listed]), told(missing)
    names = [handler.name for handler in handlers.HANDLERS]
    assert len(set(names)) == len(names)


def test_commands_and_kinds_of_prompts_are_named_once():
    commands = [handler.command for handler in handlers.HANDLERS if handler.command]
    kinds = [kind.name for handler in handlers.HANDLERS for kind in handler.prompts]
    assert len(set(commands)) == len(commands)
    assert len(set(kinds)) == len(kinds)


def test_every_setting_is_explained():
    named = {env_name(field) for field in Settings.model_fields}
    written = {
        word
        for path in modules("bot", "handlers", "models")
        for _, text in literals(path)
        for word in re.findall(r"ZHIXING_[A-Z_]*[A-Z]", text)
    }
    faults = [
        f"{place} does not name {setting}"
        for place in ("README.md", "README.en.md", ".env.example")
        for setting in sorted(named | written)
        if not re.search(rf"\b{setting}\b", (ROOT / place).read_text(encoding="utf-8"))
    ]
    assert not faults, told(faults)


def test_no_readme_names_a_setting_that_is_gone():
    named = {env_name(field) for field in Settings.model_fields}
    faults = [
        f"{place} names {setting}"
        for place in ("README.md", "README.en.md", ".env.example")
        for setting in re.findall(r"ZHIXING_[A-Z_]*[A-Z]", (ROOT / place).read_text(encoding="utf-8"))
        if setting not in named
    ]
    assert not faults, told(faults)


def test_every_module_says_what_it_is_for():
    empty = {path for path in modules(*OURS) if not (ROOT / path).read_text(encoding="utf-8").strip()}
    faults = [str(path) for path in modules(*OURS) if path not in empty and not ast.get_docstring(tree(path))]
    assert not faults, told(faults)


MAY_BE_LONG = {"models/migrations/versions": "a step holds every table of its day, and is never edited again"}


def test_no_file_is_too_long_to_read():
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules(*OURS)}
    faults = [f"{path}: {n} lines" for path, n in lengths.items() if n > LONGEST_FILE and not of(path, *MAY_BE_LONG)]
    assert not faults, told(faults)


# Put together here, so that this file does not hold them itself.
HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "tuna." + "tsinghua",
    "mirrors." + "aliyun",
    "mirrors." + "cloud",
    "npm" + "mirror",
    "registry." + "npmjs",
    "artifact" + "ory",
    "/sim" + "ple/",
    "--index" + "-url",
    "extra-" + "index",
]
MACHINE = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "C:\\Us" + "ers", "bash_" + "jobs"]  # fmt: skip


@pytest.mark.parametrize(("what", "forbidden"), [("a package index", HOSTS), ("a path of one machine", MACHINE)])
def test_no_file_names(what, forbidden):
    faults = []
    for path in committed():
        try:
            lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture or a form
        faults += [f"{path}:{n} {word}" for n, line in enumerate(lines, 1) for word in forbidden if word in line]
    assert not faults, f"{what}: {told(faults)}"


def test_nothing_else_stands_at_the_top():
    shown = {path.parts[0] for path in committed() if not path.parts[0].startswith(".")}
    allowed = {"bot", "handlers", "models", "templates", "tests", "docs", "deploy", "pyproject.toml", "README.md",
               "README.en.md", "CHANGELOG.md", "LICENSE", "requirements.lock", "requirements-dev.lock"}  # fmt: skip
    assert shown <= allowed, shown - allowed


# Queries take the viewer

PEOPLES_WORDS = ("entries", "actions", "observations", "questions", "attachments")
NO_VIEWER = {
    "attachments.wanted": "the tick that fetches bytes",
    "attachments.to_erase": "the tick that erases bytes",
    "observations.visits_on_days": "whoever closes a day: both sides of each visit are told, nobody is shown one",
}
SELECTS = re.compile(r"\bselect\(|\b(readable|visible|feedback_readable)_\w+\(|\.(scalars?|exec|get|get_one)\(")


def test_every_query_over_what_people_wrote_takes_the_viewer():
    faults = []
    for module in PEOPLES_WORDS:
        path = Path(f"models/{module}.py")
        source = (ROOT / path).read_text(encoding="utf-8")
        for node in tree(path).body:
            if (
                not isinstance(node, ast.FunctionDef)
                or node.name.startswith("_")
                or f"{module}.{node.name}" in NO_VIEWER
            ):
                continue
            names = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
            asks = "session" in names or "Select" in ast.unparse(node.returns or ast.Constant(""))
            if asks and SELECTS.search(ast.get_source_segment(source, node) or "") and "viewer_id" not in names:
                faults.append(f"{path}: {node.name}({', '.join(sorted(names))})")
    assert not faults, told(faults)
