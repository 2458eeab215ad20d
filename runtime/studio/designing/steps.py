"""The steps of a designer on the plain data of a component, right or wrong: add, move, take away, group.

In: the data, which are changed, an act and a path of keys such as `tabs.0.sections.1.fields.2`. Out: the path of the part
that is to be looked at next. A path that leads nowhere changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from metadata.model.base import Filter
from runtime.studio.posted import move as move_item
from runtime.studio.shapes import Shape, shapes_of

GROUPS = ("all", "any")
ACTS = ("add", "put", "drop", "up", "down", "move", "condition", "group", "flip", "toggle", "value", "pair")
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


def pair_all(data: dict[str, Any], path: str, given: Mapping[str, str], model: Any) -> None:
    """Pairs of a property get these values; one without a value goes."""
    for name, value in given.items():
        _pair(data, f"{path}.{name}", value.strip(), model)


def take(data: dict[str, Any], act: str, what: str, model: Any, word: str = "") -> str:
    """Do a step. `what` is a path, for `move` two of them with `>` between; `word` is what is added."""
    if what.count(".") > DEEPEST * 2:
        return ""
    match act:
        case "add":
            return _add(data, what, word, model) if word else move_item(data, "add", what, model)
        case "toggle":
            return _toggle(data, what, word, model)
        case "value":
            return _value(data, what, word, model)
        case "pair":
            return _pair(data, what, word, model)
        case "put":
            return _put(data, what, model)
        case "move":
            return _move(data, *what.partition(">")[::2])
        case "up" | "down":
            return _shift(data, act, what, model)
        case "drop":
            return _drop(data, what, model)
        case "condition" | "group":
            return _condition(data, act, what, model)
    return _flip(data, what, model)


def word_of(text: str) -> str:
    """A key made of what people call a thing."""
    return _WORD.sub("_", text.casefold().replace("ß", "ss")).strip("_")[:40] or "part"


def is_filter(model: Any, path: str) -> bool:
    """Is the part at a path a condition on rows, or a group of them?"""
    return bool(path) and model_at(model, path) is Filter


def _shape(model: Any, name: str) -> Shape | None:
    return next((shape for shape in shapes_of(model) if shape.name == name), None)


def _shape_at(model: Any, path: str) -> Shape | None:
    """What the property at a path takes; None where there is none."""
    above, _, name = path.rpartition(".")
    holder = model_at(model, above)
    return _shape(holder, name) if holder is not None else None


def _toggle(data: dict[str, Any], path: str, word: str, model: Any) -> str:
    """A word of a list of words is added at its end, or taken away where it is there; what is true or false is turned round."""
    shape, (above, _, name) = _shape_at(model, path), path.rpartition(".")
    holder = found_at(data, above)
    if shape is None or not isinstance(holder, dict):
        return ""
    if shape.form == "flag":
        turned = not holder.get(name, shape.default)
        holder.pop(name, None)
        if turned != shape.default:
            holder[name] = turned
    elif shape.form in ("words", "marks") and word:
        given = holder.get(name)
        words = [one for one in given if one != word] if isinstance(given, list) else []
        if not isinstance(given, list) or word not in given:
            words.append(word)
        holder.pop(name, None)
        if words:
            holder[name] = words
    return above


def _value(data: dict[str, Any], path: str, word: str, model: Any) -> str:
    """A property gets a word as its value; without one it is left out, and so it is as its default."""
    shape, (above, _, name) = _shape_at(model, path), path.rpartition(".")
    holder = found_at(data, above)
    if shape is None or shape.form != "word" or not isinstance(holder, dict):
        return ""
    choices = shape.rules.get("choices")
    if word and choices and word not in choices:
        return above
    holder.pop(name, None)
    if word and word != shape.default:
        holder[name] = word
    return above


def _pair(data: dict[str, Any], path: str, word: str, model: Any) -> str:
    """One pair of a property gets a word as its value; without one it goes, and with the last one the property."""
    above, _, name = path.rpartition(".")
    shape, (holder_path, _, property_) = _shape_at(model, above), above.rpartition(".")
    holder = found_at(data, holder_path)
    if shape is None or shape.form != "pairs" or not name or not isinstance(holder, dict):
        return ""
    given = holder.get(property_)
    pairs = {**(given if isinstance(given, dict) else {}), name: word}
    pairs = {key: value for key, value in pairs.items() if key != name or word}
    holder.pop(property_, None)
    if pairs:
        holder[property_] = pairs
    return holder_path


def _add(data: dict[str, Any], path: str, word: str, model: Any) -> str:
    """A new item of a list, at a place or at the end."""
    above, _, last = path.rpartition(".")
    place = int(last) if last.isdecimal() and len(last) < 6 else None
    name = path if place is None else above
    part, shape = model_at(model, name), _shape_at(model, name)
    words = shape is not None and shape.form == "words"
    items = _list(data, name) if part is not None or words else None
    if items is None:
        return ""
    if words:
        items.insert(len(items) if place is None else min(place, len(items)), word)
        return above.rpartition(".")[0] if place is not None else name.rpartition(".")[0]
    item = _item(part, word, [str(other.get("key", "")) for other in items if isinstance(other, dict)])
    place = len(items) if place is None else min(place, len(items))
    items.insert(place, item)
    return f"{name}.{place}"


def _item(part: Any, word: str, keys: list[str]) -> dict[str, Any]:
    """A new part that is about a word: an attribute, a type, or something that gets its key from it.

    What stands behind a slash goes along: an outside column, the component that a block or step shows, a related view.
    """
    shapes = {shape.name: shape for shape in shapes_of(part)}
    first, _, rest = word.partition("/")
    if "column" in shapes and "attribute" in shapes:
        return {name: given for name, given in (("attribute", first), ("column", rest)) if given}
    if "attribute" in shapes:
        key = {"key": _unused(word_of(word), keys)} if "key" in shapes else {}
        return {**key, "attribute": word}
    if "blocks" not in shapes and shapes.keys() >= {"multistep_form", "snippet"}:
        name = "web_template" if first == "component" else first
        shown = [rest] if name in shapes and shapes[name].form == "words" else rest
        return {"type": first, **({name: shown} if rest else {})}
    if "refuse" in shapes:  # a rule of a form, about what it does to a field
        return {first: [{"attribute": rest} if shapes[first].model else rest]} if first in shapes and rest else {}
    if shapes.keys() == {"block", "web_template"}:
        return {"block": word}
    if "new_window" in shapes:
        return {"page": word}
    if "related" in shapes:
        return {"related": {"relationship": first, "view": rest}} if rest else {"label": word}
    if "type" in shapes and first in shapes["type"].rules.get("choices", ()):
        return _typed(shapes, first, rest, keys)
    found = {"key": _unused(word_of(word), keys)}
    if word != found["key"] and "label" in shapes:
        found["label"] = word
    return found


def _typed(shapes: Mapping[str, Shape], type_: str, about: str, keys: list[str]) -> dict[str, Any]:
    """A new part of a type, about a component where the part has a property for it."""
    if type_ == "action" and "form" in shapes:
        form, _, action = about.partition("/")
        return {"type": type_, "form": form, "action": action}
    key = {"key": _unused(word_of(about or type_), keys)} if "key" in shapes else {}
    return {**key, "type": type_, **({type_: about} if about and type_ in shapes else {})}


def _unused(start: str, keys: list[str]) -> str:
    """A key that no other part has."""
    key, number = start, 1
    while key in keys:
        number += 1
        key = f"{start}_{number}"
    return key


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
    inside = is_filter(model, path)
    while inside:
        path = path.rpartition(".")[0]
        if not is_filter(model, path):
            break
        group = found_at(data, path)
        if isinstance(group, dict) and not any(group.get(name) for name in (*GROUPS, "attribute")):
            _without(data, path)
            found = ""
    return found if found_at(data, found) is not None else ""


def _without(data: dict[str, Any], path: str) -> None:
    above, _, last = path.rpartition(".")
    holder = found_at(data, above)
    if isinstance(holder, list):
        holder.pop(int(last))
    elif isinstance(holder, dict):
        holder.pop(last, None)


def _condition(data: dict[str, Any], act: str, path: str, model: Any) -> str:
    """A new condition or group within a group; a condition that stands alone becomes the first of one."""
    if not is_filter(model, path):
        return ""
    group, (above, _, last) = found_at(data, path), path.rpartition(".")
    holder = found_at(data, above)
    if group is None and isinstance(holder, dict):
        group = holder[last] = {"all": []}
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


def _flip(data: dict[str, Any], path: str, model: Any) -> str:
    """All of a group's conditions instead of any, or the other way round."""
    group = found_at(data, path)
    if not is_filter(model, path) or not isinstance(group, dict):
        return ""
    for name, other in zip(GROUPS, reversed(GROUPS), strict=True):
        if name in group:
            group[other] = group.pop(name)
            break
    return path
