"""The steps of a designer on the plain data of a component, right or wrong: add, move, take away, group.

In: the data, which are changed, an act and a path of keys such as `tabs.0.sections.1.fields.2`. Out: the path of the part
that is to be looked at next. A path that leads nowhere changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runtime.studio.posted import move as move_item
from runtime.studio.shapes import Shape, shapes_of

GROUPS = ("all", "any")
ACTS = ("add", "put", "drop", "up", "down", "move", "condition", "group", "flip")
DEEPEST = 12
_WORD = re.compile(r"[^a-z0-9]+")


def found_at(data: Any, path: str) -> Any:
    """What stands at a path; None for nothing."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdecimal() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def model_at(model: Any, path: str) -> Any:
    """The model of the part at a path; None where no part can be."""
    for step in path.split(".") if path else ():
        if step.isdecimal():
            continue
        shape = _shape(model, step)
        if shape is None or shape.model is None:
            return None
        model = shape.model
    return model


def take(data: dict[str, Any], act: str, what: str, model: Any, word: str = "") -> str:
    """Do a step. `what` is a path, for `move` two of them with `>` between; `word` is what is added."""
    if what.count(".") > DEEPEST * 2:
        return ""
    match act:
        case "add":
            return _add(data, what, word, model) if word else move_item(data, "add", what, model)
        case "put":
            return _put(data, what, model)
        case "move":
            return _move(data, *what.partition(">")[::2])
        case "up" | "down":
            return _shift(data, act, what, model)
        case "drop":
            return _drop(data, what, model)
        case "condition" | "group":
            return _condition(data, act, what)
    return _flip(data, what)


def word_of(text: str) -> str:
    """A key made of what people call a thing."""
    return _WORD.sub("_", text.casefold().replace("ß", "ss")).strip("_")[:40] or "part"


def _shape(model: Any, name: str) -> Shape | None:
    return next((shape for shape in shapes_of(model) if shape.name == name), None)


def _add(data: dict[str, Any], path: str, word: str, model: Any) -> str:
    """A new item of a list, at a place or at the end."""
    above, _, last = path.rpartition(".")
    place = int(last) if last.isdecimal() and len(last) < 6 else None
    name = path if place is None else above
    part = model_at(model, name)
    items = _list(data, name) if part is not None else None
    if items is None:
        return ""
    item = _item(part, word, [str(other.get("key", "")) for other in items if isinstance(other, dict)])
    place = len(items) if place is None else min(place, len(items))
    items.insert(place, item)
    return f"{name}.{place}"


def _item(part: Any, word: str, keys: list[str]) -> dict[str, Any]:
    """A new part that is about a word: an attribute, or something that gets its key from it."""
    names = {shape.name for shape in shapes_of(part)}
    if "attribute" in names:
        return {"attribute": word}
    if "blocks" not in names and {"multistep_form", "snippet"} <= names:
        type_, _, key = word.partition("/")
        return {"type": type_, **({"web_template" if type_ == "component" else type_: key} if key else {})}
    if "new_window" in names:
        return {"page": word}
    if "related" in names:
        relationship, _, view = word.partition("/")
        return {"related": {"relationship": relationship, "view": view}} if view else {"label": word}
    start, number = word_of(word), 1
    key = start
    while key in keys:
        number += 1
        key = f"{start}_{number}"
    found: dict[str, Any] = {"key": key}
    if word != key and "label" in names:
        found["label"] = word
    return found


def _put(data: dict[str, Any], path: str, model: Any) -> str:
    """A part that was not there, empty."""
    above, _, name = path.rpartition(".")
    holder = found_at(data, above)
    if model_at(model, path) is None or not isinstance(holder, dict):
        return ""
    holder.setdefault(name, {})
    return path


def _list(data: dict[str, Any], path: str) -> list[Any] | None:
    """The list at a path, with all that leads to it, made where it is not there."""
    here: Any = data
    steps = path.split(".")
    for number, step in enumerate(steps):
        last = number + 1 == len(steps)
        if isinstance(here, dict):
            as_list = last or steps[number + 1].isdecimal()
            if here.get(step) is None:
                here[step] = [] if as_list else {}
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) <= len(here):
            if int(step) == len(here):
                here.append({"key": "main"} if steps[number - 1] == "tabs" else {})
            here = here[int(step)]
        else:
            return None
    return here if isinstance(here, list) else None


def _move(data: dict[str, Any], start: str, end: str) -> str:
    """An item to another place, also of another list of the same name. The place is that after it was taken out."""
    (above, _, place), (wanted, _, target) = start.rpartition("."), end.rpartition(".")
    items, others = found_at(data, above), found_at(data, wanted)
    if not isinstance(items, list) or not place.isdecimal() or int(place) >= len(items) or not target.isdecimal():
        return ""
    rest, _, name = wanted.rpartition(".")
    if above.rpartition(".")[2] != name:
        return ""
    if others is None and isinstance(holder := found_at(data, rest), dict):
        others = holder[name] = []
    if not isinstance(others, list):
        return ""
    item = items.pop(int(place))
    at = min(int(target), len(others))
    others.insert(at, item)
    return f"{wanted}.{at}"


def _shift(data: dict[str, Any], act: str, path: str, model: Any) -> str:
    """One place up or down; at the edge of a section a field goes on in the next one."""
    above, _, last = path.rpartition(".")
    items = found_at(data, above)
    if isinstance(items, list) and last.isdecimal() and int(last) < len(items):
        edge = int(last) == (0 if act == "up" else len(items) - 1)
        if edge and above.endswith(".fields"):
            lists = list(_field_lists(data))
            place = lists.index(above) + (-1 if act == "up" else 1) if above in lists else -1
            if 0 <= place < len(lists):
                there = found_at(data, lists[place]) or []
                return _move(data, path, f"{lists[place]}.{len(there) if act == 'up' else 0}")
    return move_item(data, act, path, model)


def _field_lists(data: Mapping[str, Any]) -> Iterator[str]:
    for tab, given in enumerate(data.get("tabs") or ()):
        for section, one in enumerate((given.get("sections") if isinstance(given, dict) else None) or ()):
            if isinstance(one, dict) and not one.get("related"):
                yield f"tabs.{tab}.sections.{section}.fields"


def _drop(data: dict[str, Any], path: str, model: Any) -> str:
    """Take a part away; a group of conditions that is left without any goes with it."""
    found = move_item(data, "drop", path, model)
    while path.startswith("filter"):
        path = path.rpartition(".")[0]
        group = found_at(data, path)
        if isinstance(group, dict) and path and not any(group.get(name) for name in (*GROUPS, "attribute")):
            above, _, last = path.rpartition(".")
            holder = found_at(data, above)
            if isinstance(holder, list):
                holder.pop(int(last))
            elif isinstance(holder, dict):
                holder.pop(last, None)
            found = ""
        if not path:
            break
    return found if found_at(data, found) is not None else ""


def _condition(data: dict[str, Any], act: str, path: str) -> str:
    """A new condition or group within a group; a condition that stands alone becomes the first of one."""
    if path != "filter" and not path.startswith("filter."):
        return ""
    group = found_at(data, path)
    if group is None and path == "filter":
        group = data["filter"] = {"all": []}
    if not isinstance(group, dict):
        return ""
    name = next((name for name in GROUPS if isinstance(group.get(name), list)), "")
    if not name:
        alone = dict(group)
        group.clear()
        name = "all"
        group[name] = [alone] if alone else []
    items = group[name]
    items.append({"attribute": ""} if act == "condition" else {"any" if name == "all" else "all": [{"attribute": ""}]})
    made = f"{path}.{name}.{len(items) - 1}"
    return made if act == "condition" else f"{made}.{'any' if name == 'all' else 'all'}.0"


def _flip(data: dict[str, Any], path: str) -> str:
    """All of a group's conditions instead of any, or the other way round."""
    group = found_at(data, path)
    if not path.startswith("filter") or not isinstance(group, dict):
        return ""
    for name, other in zip(GROUPS, reversed(GROUPS), strict=True):
        if name in group:
            group[other] = group.pop(name)
            break
    return path
