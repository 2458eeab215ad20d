"""Jinja's parser with the tags `query`, `chart` and `include` of this language, which become calls of the environment."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, nodes
from jinja2.parser import Parser

from metadata.templates.specs import Condition, QuerySpec
from metadata.told import told

OPERATORS = {"eq": "eq", "ne": "ne", "lt": "lt", "lteq": "le", "gt": "gt", "gteq": "ge"}
MOST_ROWS = 200
CLAUSES = ("columns", "where", "order", "limit")


class MakersParser(Parser):
    """Reads the text of a template. Raises TemplateSyntaxError."""

    def __init__(self, environment: Environment, source: str, name: str | None = None, filename: str | None = None) -> None:
        super().__init__(environment, source, name, filename)
        self.extensions["query"] = lambda _: self.parse_query()
        self.extensions["chart"] = lambda _: self.parse_chart()

    def parse_include(self) -> Any:
        """`include "key" name=value ...`: another template with these parameters and the objects, nothing else."""
        line = next(self.stream).lineno
        key = self.stream.expect("string").value
        given: list[nodes.Keyword] = []
        while self.stream.current.type != "block_end":
            self.stream.skip_if("comma")
            name = self.stream.expect("name")
            self.stream.expect("assign")
            if name.value in {item.key for item in given}:
                self.fail(told("The parameter {parameter} is given twice.", parameter=name.value), name.lineno)
            given.append(nodes.Keyword(name.value, self.parse_expression(), lineno=name.lineno))
        return nodes.Output([called("included", line, [nodes.Const(key)], given)], lineno=line)

    def parse_extends(self) -> nodes.Extends:
        """`extends "key"`: the key is written out."""
        node = nodes.Extends(lineno=next(self.stream).lineno)
        token = self.stream.expect("string")
        node.template = nodes.Const(token.value, lineno=token.lineno)
        return node

    def parse_chart(self) -> nodes.Output:
        """`chart "key"`: a chart of the site; the key is written out."""
        line = next(self.stream).lineno
        key = self.stream.expect("string").value
        return nodes.Output([called("charted", line, [nodes.Const(key)])], lineno=line)

    def parse_query(self) -> nodes.Assign:
        """`query rows = entity "key" columns "a, b.c" where a == 1 and b.c != x order "-a" limit 10`, or of a view."""
        line = next(self.stream).lineno
        target = self.stream.expect("name").value
        self.stream.expect("assign")
        source = self.stream.expect("name")
        if source.value not in ("entity", "view"):
            self.fail(told('After = stands entity "key" or view "key".'), source.lineno)
        found: dict[str, Any] = {source.value: self.stream.expect("string").value}
        given: list[nodes.Expr] = []
        while self.stream.current.type != "block_end":
            clause = self.stream.expect("name")
            if clause.value not in CLAUSES or clause.value in found:
                self.fail(
                    told("A query has {clauses}, each once; not {word!r} here.", clauses=", ".join(CLAUSES), word=clause.value),
                    clause.lineno,
                )
            found[clause.value] = self.clause(clause.value, given)
        found["conditions"] = found.pop("where", ())
        spec = QuerySpec(**found)
        call = called("queried", line, [nodes.Const(spec.constant()), *given])
        return nodes.Assign(nodes.Name(target, "store", lineno=line), call, lineno=line)

    def clause(self, name: str, given: list[nodes.Expr]) -> Any:
        """The value of a clause of a query; expressions that are worked out later are added to `given`."""
        if name == "where":
            return tuple(self.condition(part, given) for part in conjuncts(self.parse_expression()))
        if name == "limit":
            token = self.stream.expect("integer")
            rows = int(token.value)
            if not 1 <= rows <= MOST_ROWS:
                self.fail(told("A query gives 1 to {most} rows.", most=MOST_ROWS), token.lineno)
            return rows
        words = [word.strip() for word in self.stream.expect("string").value.split(",") if word.strip()]
        return tuple((word.removeprefix("-"), word.startswith("-")) for word in words) if name == "order" else tuple(words)

    def condition(self, part: nodes.Expr, given: list[nodes.Expr]) -> Condition:
        """One comparison of an attribute path with something."""
        operand = part.ops[0] if isinstance(part, nodes.Compare) and len(part.ops) == 1 else None
        path = path_of(part.expr) if isinstance(part, nodes.Compare) else ""
        if operand is None or not path or operand.op not in OPERATORS:
            self.fail(told("A condition compares a path with a value: a.b == 1; several are joined by and."), part.lineno)
        operator = OPERATORS[operand.op]
        if isinstance(operand.expr, nodes.Const):
            return Condition(path, operator, operand.expr.value)
        given.append(operand.expr)
        return Condition(path, operator, place=len(given) - 1)


def called(name: str, line: int, arguments: list[Any], given: list[nodes.Keyword] | None = None) -> nodes.Call:
    """A call of a method of the environment with the context and some arguments."""
    function = nodes.EnvironmentAttribute(name, lineno=line)
    return nodes.Call(function, [nodes.ContextReference(lineno=line), *arguments], given or [], None, None, lineno=line)


def conjuncts(expression: nodes.Expr) -> list[nodes.Expr]:
    """The parts that are joined by and."""
    if isinstance(expression, nodes.And):
        return [*conjuncts(expression.left), *conjuncts(expression.right)]
    return [expression]


def path_of(expression: nodes.Expr) -> str:
    """The attribute path that an expression spells; "" where it is none."""
    if isinstance(expression, nodes.Name):
        return expression.name
    if isinstance(expression, nodes.Getattr):
        above = path_of(expression.node)
        return f"{above}.{expression.attr}" if above else ""
    return ""
