"""What the checks say, found in the source: the templates of all findings, and what is said without one."""

from __future__ import annotations

import ast
import inspect
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from runtime.checkup.running import RULES

ROOT = Path(__file__).parents[2]
FINDING = (
    "metadata/checks",
    "metadata/expressions/grammar.py",
    "metadata/expressions/typing.py",
    "metadata/files/parse.py",
    "metadata/files/reading.py",
    "metadata/schema",
    "metadata/store/contents.py",
    "metadata/templates",
    "runtime/checkup",
    "runtime/exposure/lock.py",
    "runtime/render/checks.py",
)
"""Where findings are made: what has blanks in it there is a sentence, and is told."""
SENTENCES = 2
"""From so many blanks on, a text is one that people read."""


def sources(*places: str) -> Iterator[Path]:
    """The modules of folders, and single ones."""
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else (path,)


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def tells(module: ast.Module) -> bool:
    """Whether a module tells findings; other modules have other functions of that name."""
    return any(isinstance(node, ast.ImportFrom) and node.module == "metadata.told" for node in module.body)


def is_call(node: ast.AST, *names: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    found = node.func
    return (found.id if isinstance(found, ast.Name) else getattr(found, "attr", "")) in names


def tellings() -> Iterator[tuple[Path, ast.Call]]:
    """Every place where something is told."""
    for file in sources("metadata", "runtime"):
        module = parsed(file)
        if tells(module) or file.name == "told.py":
            yield from ((file, node) for node in ast.walk(module) if isinstance(node, ast.Call) and is_call(node, "told"))


def template_of(call: ast.Call) -> str:
    """What is told, where it is written out; "" for what is put together at run time."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


@cache
def templates() -> tuple[str, ...]:
    """Every template of a finding, and the sentences of the site checker's rules."""
    told = [template_of(call) for _, call in tellings()]
    return tuple(dict.fromkeys((*filter(None, told), *(inspect.getdoc(rule) or "" for rule in RULES))))


def without_template() -> tuple[str, ...]:
    """The calls that tell something put together at run time, by their places."""
    return tuple(f"{file.relative_to(ROOT)}:{call.lineno}" for file, call in tellings() if not template_of(call))


def bare_sentences(*places: str) -> tuple[str, ...]:
    """The sentences in modules of findings that are not told, by their places."""
    return tuple(
        f"{file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
        for file in sources(*(places or FINDING))
        for node in _bare(parsed(file))
    )


def bare_in(source: str) -> tuple[str, ...]:
    """The same of a text."""
    return tuple(ast.unparse(node) for node in _bare(ast.parse(source)))


def _bare(module: ast.Module) -> Iterator[ast.expr]:
    silent = {id(inner) for node in ast.walk(module) for outer in _silent(node) for inner in ast.walk(outer)}
    for node in ast.walk(module):
        if id(node) not in silent and isinstance(node, ast.expr) and _is_sentence(node):
            yield node


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    """What is no finding: docstrings, patterns, what is compared, and what makers of the engine read."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Compare():
            yield node
        case ast.Raise(exc=ast.Call(func=ast.Name(id="TypeError" | "AssertionError"))):
            yield node
        case ast.Call() if is_call(node, "told", "compile", "search", "match", "fullmatch"):
            yield node
        case ast.Call(func=ast.Attribute(attr="split")):
            yield node
        case ast.Dict():
            yield from (key for key in node.keys if key is not None)
        case ast.JoinedStr():
            yield from node.values


def _is_sentence(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str() as text):
            return text.strip().count(" ") >= SENTENCES and not text.startswith("foyer ")  # no command
        case ast.JoinedStr(values=values):
            text = "".join(part.value for part in values if isinstance(part, ast.Constant) and isinstance(part.value, str))
            return text.count(" ") >= SENTENCES
    return False


def placeholders(template: str) -> list[tuple[str, str, str]]:
    """The values of a template with how they are written, in the order of their names."""
    parts = string.Formatter().parse(template)
    return sorted({(name, form or "", turn or "") for _, name, form, turn in parts if name is not None})
