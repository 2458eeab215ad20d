"""A loop over rows compiled to one Python function: what a theme writes as a loop of a template, at the speed of f-strings.

Simple loops only: text, values as they are, and conditions on them. Whatever else a theme writes stays a template.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType

from jinja2 import Environment, Template, nodes

from runtime.render.code import CodeSharing
from runtime.render.icons import USE

ROWS = "rows"
BODY = "body"

Loop = Callable[..., list[str]]

_COMPARISONS: dict[str, type[ast.cmpop]] = {"in": ast.In, "notin": ast.NotIn, "eq": ast.Eq, "ne": ast.NotEq}


class NotSimple(Exception):
    """The loop does something that only a template can do."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A template that prints `body` in the place of its loop over `rows`; `loop(rows, *given)` makes the
    body, a text per row.

    `loop` is None where the template has no such loop or it is not simple; then the template is whole. `draws` says that the
    loop has icons of its own.
    """

    template: Template
    loop: Loop | None = None
    draws: bool = True


def part(environment: CodeSharing, source: str, *given: str) -> Parted:
    """A template parted from its loop over `rows`, which prints HTML as it is and knows the names in `given` besides."""
    code, loop, draws = environment.once("part", source, lambda: _parted(environment, source, given), given)
    return Parted(environment.of_code(code), loop, draws)


def _parted(environment: CodeSharing, source: str, given: tuple[str, ...]) -> tuple[CodeType, Loop | None, bool]:
    tree = environment.parse(source)
    loops = [found for found in tree.find_all(nodes.For) if isinstance(found.iter, nodes.Name) and found.iter.name == ROWS]
    try:
        loop = _function(loops[0], given) if len(loops) == 1 else None
    except NotSimple:
        loop = None
    if loop is None:
        return environment.code_of(source), None, True
    _replace(tree, loops[0], environment)
    draws = any(USE in text.data for text in loops[0].find_all(nodes.TemplateData))
    return environment.code_of(tree), loop, draws


def _replace(tree: nodes.Template, loop: nodes.For, environment: Environment) -> None:
    printed = nodes.Output([nodes.Name(BODY, "load", lineno=loop.lineno)], lineno=loop.lineno)
    printed.set_environment(environment)
    for node in (tree, *tree.find_all(nodes.Node)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and any(item is loop for item in body):
            body[:] = [printed if item is loop else item for item in body]


def _function(loop: nodes.For, given: Iterable[str]) -> Loop:
    """Python's own tree, not text: nothing that a template holds is ever read as code."""
    targets = loop.target.items if isinstance(loop.target, nodes.Tuple) else [loop.target]
    columns = [item.name for item in targets if isinstance(item, nodes.Name)]
    if len(columns) != len(targets) or loop.else_ or loop.test or loop.recursive:
        raise NotSimple
    names = {name: f"v_{name}" for name in (*given, *columns)}
    row = _joined(loop.body, names)
    each = ast.comprehension(
        target=ast.Tuple([ast.Name(names[name], ast.Store()) for name in columns], ast.Store()),
        iter=ast.Name(ROWS, ast.Load()),
        ifs=[],
        is_async=0,
    )
    arguments = ast.arguments(
        posonlyargs=[ast.arg(name) for name in (ROWS, *(names[name] for name in given))],
        args=[],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, ast.ListComp(row, [each]))))
    made: Loop = eval(compile(tree, "<rows>", "eval"), {"__builtins__": {}})  # noqa: S307 - a tree of names and constants
    return made


def _joined(body: Iterable[nodes.Node], names: dict[str, str]) -> ast.expr:
    values: list[ast.expr] = []
    for node in body:
        match node:
            case nodes.Output():
                values += [_printed(piece, names) for piece in node.nodes]
            case nodes.If():
                values.append(_formatted(_condition(node, names)))
            case _:
                raise NotSimple
    return ast.JoinedStr(values)


def _printed(node: nodes.Expr, names: dict[str, str]) -> ast.expr:
    return ast.Constant(node.data) if isinstance(node, nodes.TemplateData) else _formatted(_value(node, names))


def _formatted(value: ast.expr) -> ast.expr:
    return ast.FormattedValue(value, conversion=-1)


def _condition(node: nodes.If, names: dict[str, str]) -> ast.expr:
    otherwise = _joined(node.else_, names)
    for other in reversed(node.elif_):
        otherwise = ast.IfExp(_value(other.test, names), _joined(other.body, names), otherwise)
    return ast.IfExp(_value(node.test, names), _joined(node.body, names), otherwise)


def _value(node: nodes.Node, names: dict[str, str]) -> ast.expr:
    match node:
        case nodes.Name() if node.name in names:
            return ast.Name(names[node.name], ast.Load())
        case nodes.Const():
            return ast.Constant(node.value)
        case nodes.Getitem() if isinstance(node.arg, nodes.Const):
            return ast.Subscript(_value(node.node, names), ast.Constant(node.arg.value), ast.Load())
        case nodes.Or():
            return ast.BoolOp(ast.Or(), [_value(node.left, names), _value(node.right, names)])
        case nodes.And():
            return ast.BoolOp(ast.And(), [_value(node.left, names), _value(node.right, names)])
        case nodes.Not():
            return ast.UnaryOp(ast.Not(), _value(node.node, names))
        case nodes.CondExpr() if node.expr2 is not None:
            return ast.IfExp(_value(node.test, names), _value(node.expr1, names), _value(node.expr2, names))
        case nodes.Compare() if len(node.ops) == 1 and node.ops[0].op in _COMPARISONS:
            compared = _COMPARISONS[node.ops[0].op]()
            return ast.Compare(_value(node.expr, names), [compared], [_value(node.ops[0].expr, names)])
    raise NotSimple
