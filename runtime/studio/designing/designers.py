"""Which kinds have a designer, what each shows on its canvas rather than in the panel of a part, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.studio.designing.canvas import Canvas
from runtime.studio.designing.diagram import diagram
from runtime.studio.designing.flow import flow_of
from runtime.studio.designing.look import look_of
from runtime.studio.designing.maps import pairs_of
from runtime.studio.designing.steps import GROUPS, is_filter
from runtime.studio.offering import label_of
from runtime.studio.trial import Trial, try_items

More = Callable[[Canvas], Mapping[str, Any]]


def _nothing(canvas: Canvas) -> Mapping[str, Any]:
    return {}


def _of_entity(canvas: Canvas) -> Mapping[str, Any]:
    """The drawing, and what publishing this, with the drafts that it stands on, would change in the database; of a large site
    that is left to Publish."""
    known = canvas.item.waits and canvas.desk.bench.checked
    trial: Trial | None = try_items(canvas.desk, canvas.desk.bench.waiting_with(canvas.item.id)) if known else None
    return {"drawing": diagram(canvas.desk, canvas.entity), "trial": trial}


@dataclass(frozen=True, slots=True)
class Designer:
    """A designer: its template, the properties that its canvas shows (as paths without places), what its template is given
    besides, by property the list of words that completes it, and the step that Enter takes in an input of the canvas."""

    template: str
    shown: frozenset[str]
    more: More = _nothing
    sources: Mapping[str, str] = field(default_factory=dict)
    on_enter: str = "set"

    def words(self, more: Mapping[str, Any]) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The words of its own lists, from what its template is given."""
        return {name: words for name, words in (more.get("words") or {}).items() if name in self.sources.values()}

    def apart(self, model: Any, path: str) -> bool:
        """Is the property at a path shown on the canvas, and therefore not in the panel of its part?"""
        steps = [step for step in path.split(".") if not step.isdecimal()]
        within = is_filter(model, path.rpartition(".")[0]) and steps[-1] in GROUPS
        return within or ".".join(steps) in self.shown


def _of_look(canvas: Canvas) -> Mapping[str, Any]:
    return {"look": look_of(canvas)}


def _of_flow(canvas: Canvas) -> Mapping[str, Any]:
    flow = flow_of(canvas)
    keys = ((str(step.get("key") or ""), canvas.text(step.get("label"))) for step in canvas.parts("steps"))
    return {"flow": flow, "words": {"steps": tuple(keys), LINKS: _links(canvas)}}


def _of_form(canvas: Canvas) -> Mapping[str, Any]:
    return {"words": {LINKS: _links(canvas)}}


def _links(canvas: Canvas) -> tuple[tuple[str, str], ...]:
    """The relationships of the entity with rows of others, and what those are called."""
    entities = canvas.desk.bench.entities
    links = canvas.facts.links if canvas.facts else {}
    return tuple((name, label_of(canvas.desk, entities[link.entity].model)) for name, link in links.items())


def _of_map(canvas: Canvas) -> Mapping[str, Any]:
    pairs = pairs_of(canvas)
    return {"pairs": pairs, "words": pairs.words}


def _designer(name: str, shown: str, more: More = _nothing, **sources: str) -> Designer:
    return Designer(f"studio/design_{name}.html", frozenset(shown.split()), more, sources, ON_ENTER.get(name, "set"))


LINKS = "links"
"""The source that completes the name of a relationship."""
ON_ENTER = {"entity": "add:attributes", "map": "add:attributes", "site": "pairs:tokens"}
"""Of a designer without inputs on its canvas: nothing is done."""
_COLUMNS = ("column", "lookup_columns", "change_column", "identity_column", "effective_from", "effective_to")


DESIGNERS: Mapping[str, Designer] = {
    "view": _designer("view", "columns sort filter"),
    "form": _designer("form", "tabs tabs.sections tabs.sections.fields tabs.sections.related", _of_form, relationship=LINKS),
    "entity": _designer("entity", "attributes keys many_to_many", _of_entity),
    "page": _designer("page", "blocks"),
    "web_link_set": _designer("menu", "links links.links"),
    "list": _designer("list", "views columns filters actions bulk messages layouts map calendar board cards"),
    "multistep_form": _designer(
        "multistep", "steps steps.condition", _of_flow, next="steps", otherwise="steps", relationship=LINKS
    ),
    "chart": _designer("chart", "type view group aggregate attribute"),
    "site": _designer("site", "theme tokens logo blocks", _of_look),
    "table_map": _designer("map", "attributes integration_key", _of_map, **dict.fromkeys(_COLUMNS, "columns")),
}
