"""The text of a template to what it uses and what is wrong with it by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes

from metadata.schema.faults import did_you_mean
from metadata.templates.faults import TemplateFault
from metadata.templates.scripts import script_faults
from metadata.templates.specs import QuerySpec
from metadata.templates.syntax import FILTERS, FUNCTIONS, LONGEST_SOURCE, OBJECTS, TESTS, MakersEnvironment
from metadata.told import all_of, told

DEEPEST = 12
ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Pos,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.For,
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Block,
    nodes.Extends,
    nodes.Call,
    nodes.Keyword,
    nodes.EnvironmentAttribute,
    nodes.ContextReference,
)
_LANGUAGE = MakersEnvironment()


@dataclass(frozen=True, slots=True)
class Included:
    """An include: the line, the key, the names given, and the values of those that are written out."""

    line: int
    key: str
    names: frozenset[str]
    constants: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """What a template uses. `names` are those that it neither sets nor has from the engine, by their first line."""

    faults: tuple[TemplateFault, ...] = ()
    includes: tuple[Included, ...] = ()
    extends: tuple[tuple[int, str], ...] = ()
    queries: tuple[tuple[int, QuerySpec], ...] = ()
    charts: tuple[tuple[int, str], ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    arguments: frozenset[str] = frozenset()


@lru_cache(maxsize=512)
def read(source: str) -> ReadTemplate:
    """A text as it was read. Nothing is raised: what is wrong is in `faults`."""
    if len(source) > LONGEST_SOURCE:
        return failed(
            1,
            told("The template is longer than {most:,} letters; split it with include.", most=LONGEST_SOURCE),
        )
    try:
        return understood(source)
    except TemplateSyntaxError as error:
        return failed(error.lineno, error.message or told("It cannot be read."))
    except (RecursionError, SyntaxError, ValueError, MemoryError):
        return failed(1, told("An expression is nested too deeply, or a number is too large."))


def understood(source: str) -> ReadTemplate:
    """What a text says. Raises TemplateSyntaxError, and what Python raises for what is too large or too deep."""
    tree = _LANGUAGE.parse(source)
    found = (*forbidden(tree), *script_faults(tree))
    calls: list[Any] = [node for node in tree.find_all(nodes.Call) if isinstance(node.node, nodes.EnvironmentAttribute)]
    extends: list[Any] = list(tree.find_all(nodes.Extends))
    if not found:
        _LANGUAGE.compile(source)
    return ReadTemplate(
        found,
        tuple(included(call) for call in calls if call.node.name == "included"),
        tuple((node.lineno, node.template.value) for node in extends),
        tuple((call.lineno, QuerySpec.of(call.args[1].value)) for call in calls if call.node.name == "queried"),
        tuple((call.lineno, call.args[1].value) for call in calls if call.node.name == "charted"),
        tuple(free_names(tree)),
        frozenset(query_arguments(tree)),
    )


def failed(line: int, message: str) -> ReadTemplate:
    """A text that could not be read."""
    return ReadTemplate(
        (TemplateFault(line, "template-syntax", message if message.endswith(".") else told("{message}.", message=message)),)
    )


def included(call: Any) -> Included:
    """What an include says."""
    constants = {item.key: item.value.value for item in call.kwargs if isinstance(item.value, nodes.Const)}
    return Included(call.lineno, call.args[1].value, frozenset(item.key for item in call.kwargs), constants)


def walk(node: nodes.Node, depth: int = 0) -> Iterator[tuple[nodes.Node, int]]:
    """Every node below and with one, and how many statements it is within."""
    waiting = [(node, depth)]
    while waiting:
        current, level = waiting.pop()
        yield current, level
        inner = level + isinstance(current, nodes.If | nodes.For | nodes.Block | nodes.AssignBlock)
        waiting.extend((child, inner) for child in current.iter_child_nodes())


def forbidden(tree: nodes.Template) -> Iterator[TemplateFault]:
    """What the language of Jinja has and this one has not."""
    for node, depth in walk(tree):
        message = fault_in(node)
        if depth > DEEPEST:
            yield TemplateFault(
                node.lineno,
                "template-forbidden",
                told("Tags are nested more than {most} deep; use include.", most=DEEPEST),
            )
            return
        if message:
            code = "unknown-filter" if isinstance(node, nodes.Filter | nodes.Test) else "template-forbidden"
            yield TemplateFault(node.lineno, code, message)


def fault_in(node: nodes.Node) -> str:
    """Why a node may not be used; "" where it may."""
    match node:
        case nodes.Filter(name=name) if node.node is None or name not in FILTERS:
            return told("There is no filter {filter!r}.{hint}", filter=name[:60], hint=did_you_mean(name, FILTERS))
        case nodes.Test(name=name) if name not in TESTS:
            return told("There is no test {test!r}.{hint}", test=name[:60], hint=did_you_mean(name, TESTS))
        case nodes.Call():
            return fault_in_call(node)
        case nodes.Filter() | nodes.Test() if node.dyn_args is not None or node.dyn_kwargs is not None:
            return told("Arguments are written out one by one.")
        case nodes.List() if not all(isinstance(item, nodes.Const) for item in node.items):
            return told("A list has values that are written out.")
        case nodes.For() if node.recursive or not isinstance(node.target, nodes.Name):
            return told("A loop has one name and is not recursive.")
        case nodes.Assign() | nodes.AssignBlock() if not isinstance(node.target, nodes.Name):
            return told("One name is set at a time.")
        case nodes.AssignBlock() if node.filter is not None:
            return told("A block that is set has no filter.")
        case nodes.Name(name=name, ctx="store") if name in OBJECTS | FUNCTIONS | {"loop"} or name.startswith("_"):
            return told("The name {name} belongs to the engine; choose another.", name=name[:60])
        case nodes.Getattr(attr=name) if name.startswith("_"):
            return told("Names do not begin with _ here.")
    return "" if isinstance(node, ALLOWED) else told("{element} is not part of this language.", element=type(node).__name__)


def fault_in_call(node: nodes.Call) -> str:
    """Why a call may not be made: the engine's own functions are all that can be called."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return told("Arguments are written out one by one.")
    if isinstance(node.node, nodes.EnvironmentAttribute):
        return ""
    if isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS:
        return ""
    return told("Nothing can be called but {functions}.", functions=all_of(sorted(FUNCTIONS)))


def free_names(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """The names that a template uses and neither sets nor has from the engine, each with its first line."""
    names = list(tree.find_all(nodes.Name))
    known = {node.name for node in names if node.ctx == "store"} | OBJECTS | FUNCTIONS | {"loop"}
    first: dict[str, int] = {}
    for node in names:
        if node.name not in known:
            first[node.name] = min(node.lineno, first.get(node.name, node.lineno))
    yield from sorted(first.items())


def query_arguments(tree: nodes.Template) -> Iterator[str]:
    """The arguments of the address that a template reads: x of `request.query.x` and of `request.query["x"]`."""
    found: list[Any] = list(tree.find_all((nodes.Getattr, nodes.Getitem)))
    for node in found:
        above = node.node
        if isinstance(above, nodes.Getattr) and above.attr == "query" and isinstance(above.node, nodes.Name):
            name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
            if above.node.name == "request" and isinstance(name, str):
                yield name
