"""The environment in which templates of makers are read and compiled, with the names that they know."""

from __future__ import annotations

from typing import Any

from jinja2 import ChainableUndefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from metadata.templates.parsing import MakersParser, called

OBJECTS = frozenset(
    ("user", "page", "request", "settings", "snippets", "sitemarkers", "weblinks", "sitemap", "entities", "language")
)
FUNCTIONS = frozenset(("range", "super"))
FILTERS = frozenset(
    "upper lower capitalize trim length first last default truncate round int abs join number urlencode".split()  # noqa: SIM905
)
TESTS = frozenset("defined undefined none even odd divisibleby string number".split())  # noqa: SIM905
LONGEST_SOURCE = 64_000
ESCAPED = 6


class Guarding(NodeTransformer):
    """Puts loops and joined texts under the eye of the environment, which counts them."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        """A loop counts what each of its rounds writes."""
        self.generic_visit(node)
        written = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        written += ESCAPED * sum(len(str(item.value)) for item in node.find_all(nodes.Const))
        node.iter = called("rounds", node.lineno, [node.iter, nodes.Const(written)])
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Call:
        """A text that is put together has a largest length."""
        self.generic_visit(node)
        return called("joined", node.lineno, list(node.nodes))


class MakersEnvironment(ImmutableSandboxedEnvironment):
    """Reads and compiles; it has the names of filters, which a runtime replaces by what does the work."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, **options: Any) -> None:
        super().__init__(autoescape=True, undefined=ChainableUndefined, trim_blocks=True, optimized=False, **options)
        self.globals.clear()
        self.filters = dict.fromkeys(FILTERS, unfilled)
        self.tests = {name: test for name, test in self.tests.items() if name in TESTS}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return MakersParser(self, source, name, filename).parse()

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        return str(super()._generate(Guarding().visit(source), name, filename, defer_init))


def unfilled(value: Any, *given: Any) -> Any:
    """What stands for a filter where templates are read only. Raises TypeError."""
    raise TypeError("templates are not rendered here")
