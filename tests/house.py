"""How the house tests read the house: its files, its imports, and the words of its templates."""

import ast
import os
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, meta, nodes

from bot.render import Words

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
IGNORED = {
    ".git",
    ".venv",
    "data",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "htmlcov",
}
ENVIRONMENT: Environment = Words()._languages["en"]  # with the house's own filters


def told(faults: list[str]) -> str:
    """Write all faults at once, one a line."""
    return "\n" + "\n".join(sorted(set(faults)))


NOT_OURS = (".env", ".coverage", ".git")  # the last is a file where the checkout is one of several


@cache
def committed() -> tuple[Path, ...]:
    """List every file that belongs to the project, as paths from the root."""
    found: list[Path] = []
    for folder, inner, files in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if name not in IGNORED)
        kept = (name for name in sorted(files) if name not in NOT_OURS and not name.endswith(".pyc"))
        found += [(Path(folder) / name).relative_to(ROOT) for name in kept]
    return tuple(found)


def modules(*rooms: str) -> list[Path]:
    """List the Python files of some rooms."""
    inside = [path for path in committed() if path.suffix == ".py"]
    return [path for path in inside if any(path.as_posix().startswith(f"{room}/") for room in rooms)]


@cache
def tree(path: Path) -> ast.Module:
    """Parse one file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> list[tuple[str, str]]:
    """List (module, name) of everything a file imports, also inside functions; name is empty for `import x`."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


@cache
def imported(path: Path) -> set[str]:
    """Name every module a file imports; `from bot import inbox` counts as bot.inbox."""
    ours = {
        str(module.with_suffix("")).replace("/", ".").replace("\\", ".")
        for module in modules("bot", "handlers", "models")
    }
    names = {f"{module}.{name}" if f"{module}.{name}" in ours else module for module, name in imports(path)}
    return names


@cache
def literals(path: Path) -> list[tuple[int, str]]:
    """List the string literals of a file with their lines, docstrings left out; parts of f-strings too."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    bare = {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}  # told below an assignment
    strings = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [(node.lineno, node.value) for node in strings if id(node) not in documented | bare]


def calls(path: Path, *names: str) -> list[ast.Call]:
    """List the calls of these names in a file."""
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id in names]


def literal(call: ast.Call, place: int, keyword: str) -> str | None:
    """Give an argument of a call if it is a literal string."""
    given = next((k.value for k in call.keywords if k.arg == keyword), None)
    if given is None and place < len(call.args):
        given = call.args[place]
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def is_given(call: ast.Call, keyword: str) -> bool:
    """Say whether a keyword is given at all."""
    return any(k.arg == keyword for k in call.keywords)


# Templates


def sources(language: str) -> dict[str, str]:
    """Read every template of a language, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((TEMPLATES / language).glob("*.j2"))}


@cache
def parsed(language: str, name: str) -> nodes.Template:
    """Parse one template."""
    return ENVIRONMENT.parse((TEMPLATES / language / name).read_text(encoding="utf-8"))


@cache
def blocks(language: str, name: str) -> dict[str, nodes.Block]:
    """Find the blocks of one template, by name; none when there is no such template."""
    if not (TEMPLATES / language / name).is_file():
        return {}
    return {block.name: block for block in parsed(language, name).find_all(nodes.Block)}


def variables(body: list[Any]) -> set[str]:
    """Name the variables that a piece of template needs, but for what is always there."""
    needed = meta.find_undeclared_variables(nodes.Template(body).set_environment(ENVIRONMENT))
    return needed - {"language", "name_of", "contact_line"}


def macros(language: str, name: str) -> dict[str, list[str]]:
    """Find the macros of one template, with the names of their arguments."""
    return {
        macro.name: [argument.name for argument in macro.args] for macro in parsed(language, name).find_all(nodes.Macro)
    }


def has_block(language: str, template: str, block: str) -> bool:
    """Say whether a template or the common one has the block."""
    return block in blocks(language, f"{template}.j2") or block in blocks(language, "common.j2")


def every_block(language: str) -> set[str]:
    """Name every block of a language."""
    return {block for name in sources(language) for block in blocks(language, name)}
