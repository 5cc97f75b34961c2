"""No platform is known by name beyond its own room: what it cannot do is data, and nobody asks which one it is."""

import ast
import re

import pytest

from tests.house import ROOT, committed, modules, told, tree

PLATFORMS = ("wecom", "telegram")
# Where a platform may be named: its own room, settings, wiring, the office's set-up, and words that people read.
MAY_NAME = re.compile(
    r"bot/channels/(wecom|telegram)\w*\.py|bot/(config|service|cli|logs)\.py|bot/office/\w+\.py"
    r"|templates/\w+/(common|link|web)\.j2|templates/web/.+"
)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_is_named_only_where_it_may_be(platform):
    rooms = [path for path in committed() if path.parts[0] in ("handlers", "models", "templates")]
    code = [path for path in modules("bot") if not MAY_NAME.fullmatch(path.as_posix())]
    faults = []
    for path in {*rooms, *code}:
        if path.suffix not in (".py", ".j2", ".html", ".js") or MAY_NAME.fullmatch(path.as_posix()):
            continue
        lines = _without_docs(path) if path.suffix == ".py" else (ROOT / path).read_text(encoding="utf-8").splitlines()
        faults += [f"{path}: {line.strip()}" for line in lines if platform in line.casefold()]
    assert not faults, told(faults)


def _without_docs(path):
    """Give the lines of a module that are code: a comment or docstring may name the platform it learnt from."""
    return ast.unparse(_bare(ast.parse((ROOT / path).read_text(encoding="utf-8")))).splitlines()


def _bare(module):
    for node in ast.walk(module):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0] = ast.Pass()
    return module


def test_nobody_asks_which_channel_it_is():
    faults = []
    for path in modules("bot", "handlers", "models"):
        if path.as_posix().startswith(("bot/channels/", "bot/office/")):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare) and any(_is_channel(side) for side in (node.left, *node.comparators)):
                strings = [s.value for s in (node.left, *node.comparators) if isinstance(s, ast.Constant)]
                faults += [f"{path}:{node.lineno} asks for {one!r}" for one in strings if isinstance(one, str)]
    assert not faults, told(faults)


def _is_channel(side):
    name = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
    return name in ("channel", "channels")
