"""The environment that renders web templates: what metadata.templates reads, with limits and with nothing of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from decimal import Decimal
from typing import Any, Protocol

from jinja2 import FunctionLoader, Undefined
from jinja2.runtime import BlockReference, Context, LoopContext
from markupsafe import Markup

from metadata.model import WebTemplate
from metadata.templates import MakersEnvironment, QuerySpec, read
from runtime.pages.templating.budget import Budget, TemplateStopped
from runtime.pages.templating.filters import items_of, make_filters, number_of
from runtime.pages.templating.values import Cell, DataView, html_of, plain, together

LONGEST_RANGE = 1000
LOOP = frozenset(("index", "index0", "first", "last", "length", "revindex", "revindex0"))
Granted = Callable[..., Any]


class Run(Protocol):
    """One rendering: its allowance, the objects that templates see, and who asks for rows."""

    @property
    def budget(self) -> Budget:
        """What is left."""
        ...

    @property
    def objects(self) -> Mapping[str, Any]:
        """The objects by name."""
        ...

    def rows(self, spec: QuerySpec, given: tuple[Any, ...]) -> Any:
        """The rows of a query."""
        ...

    def chart(self, key: str) -> Markup:
        """A chart of the site as HTML."""
        ...

    def number(self, value: Any) -> str:
        """A number as the page's language writes it."""
        ...


RUN: ContextVar[Run] = ContextVar("web template run")


def granted(function: Granted) -> Granted:
    """Marks a function that templates may call."""
    function.foyer_granted = True  # type: ignore[attr-defined]
    return function


@granted
def numbers(*given: Any) -> range:
    """The numbers of a loop."""
    found = range(*(int(number_of(value)) for value in given))
    if len(found) > LONGEST_RANGE:
        raise TemplateStopped(f"a range has more than {LONGEST_RANGE} numbers")
    return found


class WebEnvironment(MakersEnvironment):
    """The web templates of one site. `included`, `queried`, `charted`, `rounds` and `joined` are what its tags become."""

    def __init__(self, templates: Mapping[str, WebTemplate]) -> None:
        sources = {key: template.source for key, template in templates.items() if not read(template.source).faults}
        super().__init__(loader=FunctionLoader(sources.get), finalize=self.written, cache_size=-1, auto_reload=False)
        self.templates = templates
        self.globals["range"] = numbers
        self.filters.update(make_filters(lambda: RUN.get().budget.tick(), lambda value: RUN.get().number(value)))

    def draw(self, key: str, given: Mapping[str, Any]) -> str:
        """The text of a template with values for its parameters. Raises what templates raise."""
        return self.get_template(key).render({**RUN.get().objects, **self.defaults(key), **given})

    def defaults(self, key: str) -> dict[str, Any]:
        """The values of parameters that are not given: of the template, and of those that it extends."""
        found: dict[str, Any] = {}
        while key in self.templates:
            template = self.templates[key]
            found = {item.key: item.default for item in template.parameters} | found
            above = read(template.source).extends
            key = above[0][1] if above else ""
        return found

    def written(self, value: Any) -> str:
        """What an expression writes."""
        text = html_of(value)
        run = RUN.get(None)
        if run is not None:
            run.budget.write(len(text))
        return text

    @granted
    def included(self, context: Context, key: str, **given: Any) -> Markup:
        """Another template, which sees the objects and what it is given."""
        budget = RUN.get().budget
        budget.enter(len(self.templates[key].source))
        text = self.draw(key, given)
        budget.leave()
        return Markup(text)  # noqa: S704 - the template escapes

    @granted
    def queried(self, context: Context, spec: tuple[Any, ...], *given: Any) -> Any:
        """The rows of a query tag."""
        values = tuple(None if isinstance(value, Undefined) else plain(value) for value in given)
        return RUN.get().rows(QuerySpec.of(spec), values)

    @granted
    def charted(self, context: Context, key: str) -> Markup:
        """A chart, with its table."""
        run = RUN.get()
        run.budget.query()
        return run.chart(key)

    @granted
    def rounds(self, context: Context, items: Any, letters: int) -> Iterator[Any]:
        """The items of a loop, counted."""
        budget = RUN.get().budget
        for item in () if items is None or isinstance(items, Undefined) else items_of(items):
            budget.round(letters)
            yield item

    @granted
    def joined(self, context: Context, *values: Any) -> str:
        """Texts put together."""
        RUN.get().budget.tick()
        return together(values)

    def is_safe_callable(self, obj: Any) -> bool:
        """Blocks above, and what is granted."""
        return isinstance(obj, BlockReference) or getattr(obj, "foyer_granted", False) is True

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Numbers are reckoned with, and stay of a size; a power is none of the operators."""
        RUN.get().budget.tick()
        if operator == "**":
            raise TemplateStopped("there are no powers")
        one, two = number_of(left), number_of(right)
        if isinstance(one, Decimal) != isinstance(two, Decimal):
            one, two = Decimal(str(one)), Decimal(str(two))
        return number_of(self.binop_table[operator](one, two))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A named value of a view; nothing of Python has a name here."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A named value of a view, or an item by its number."""
        if isinstance(obj, Undefined):
            return obj
        try:
            return self._found(obj, argument)
        except (KeyError, IndexError):
            return self.undefined(name=str(argument)[:60])

    def _found(self, obj: Any, argument: Any) -> Any:
        wanted = plain(argument)
        if isinstance(obj, DataView) and isinstance(wanted, str):
            RUN.get().budget.tick()
            return obj.get(wanted)
        if isinstance(obj, LoopContext) and wanted in LOOP:
            return getattr(obj, wanted)
        if isinstance(wanted, int) and not isinstance(obj, str | Cell | LoopContext):
            return items_of(obj)[wanted]
        raise KeyError(argument)
