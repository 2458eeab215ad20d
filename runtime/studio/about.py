"""Which entity a component is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metadata.model import ComponentId
from runtime.studio.bench import Bench


def entity_of(bench: Bench, name: ComponentId, data: Mapping[str, Any]) -> str:
    """The entity that a component is about: its own, or that of the view whose rows it shows; "" for none."""
    match name.kind:
        case "entity":
            return name.key
        case "list":
            views = data.get("views")
            return _of_view(bench, name.site, views[0]) if isinstance(views, list) and views else ""
        case "chart":
            return _of_view(bench, name.site, data.get("view"))
    return str(data.get("entity") or "")


def entity_at(data: Any, path: str) -> str:
    """The entity that the part of a component's data around a path names, the nearest one; "" for none."""
    found = ""
    for step in path.split("."):
        if isinstance(data, list):
            data = data[int(step)] if step.isdecimal() and int(step) < len(data) else None
        elif isinstance(data, Mapping):
            found = str(data.get("entity") or found)
            data = data.get(step)
        else:
            break
    return found


def _of_view(bench: Bench, site: str, key: Any) -> str:
    view = bench.find("view", str(key or ""), site)
    return str(view.data.get("entity") or "") if view else ""
