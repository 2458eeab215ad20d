"""What an editor posts, as the plain data of a component, right or wrong, and the moves within lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from metadata.schema.guard import DEPTH
from runtime.studio.scalars import FIXED, LISTS, SORTS, read_as, read_real, read_scalar, read_whole, read_yaml
from runtime.studio.shapes import Shape, shapes_of

FIELD = "p."
HERE = "~"
RAW = "~yaml"
SORT = "~as"
TYPED = "~is"
NOTHING = object()
Tree = dict[str, Any]


def read_form(model: Any, fields: Iterable[tuple[str, str]], *, keep_empty: bool = False) -> dict[str, Any]:
    """The plain data that the fields of an editor describe.

    With `keep_empty` an empty line of a list stays, because somebody has just added it.
    """
    return _part(model, _tree(fields), keep_empty)


def read_texts(fields: Iterable[tuple[str, str]], paths: Iterable[str]) -> dict[str, Any]:
    """What was posted of the texts at some paths of a component: the plain data of each, None for one that is taken away.

    A text of which nothing was posted is left out.
    """
    tree, found = _tree(fields), {}
    for path in paths:
        given: Any = tree
        for step in path.split("."):
            given = given.get(step) if isinstance(given, dict) else None
        if isinstance(given, dict):
            value = _text(None, given, keep_empty=False)
            found[path] = None if value is NOTHING else value
    return found


def _tree(fields: Iterable[tuple[str, str]]) -> Tree:
    """The fields by the parts of their names; of one name, all values in their order."""
    root: Tree = {}
    for name, value in fields:
        if not name.startswith(FIELD):
            continue
        *above, last = name.removeprefix(FIELD).split(".")
        if len(above) >= DEPTH:  # no editor has such a field
            continue
        place = root
        for step in above:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                break
        else:
            values = place.setdefault(last, [])
            if isinstance(values, list):
                values.append(value.replace("\r\n", "\n").replace("\r", "\n"))
    return root


def _part(model: Any, tree: Tree, keep_empty: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for shape in shapes_of(model):
        value = _value(shape, tree.get(shape.name), keep_empty)
        if value is not NOTHING:
            found[shape.name] = value
    return found


def _value(shape: Shape, given: Any, keep_empty: bool) -> Any:
    if given is None:
        return NOTHING
    if isinstance(given, dict) and RAW in given:
        data, told = read_yaml(_last(given[RAW]))
        value = _last(given[RAW]) if told else data
        return NOTHING if value is None else value
    value = _READERS[shape.form](shape, given, keep_empty)
    return NOTHING if value is NOTHING or (not shape.required and value == shape.default) else value


def _scalar(shape: Shape, given: Any, keep_empty: bool) -> Any:
    """A value of the sort that was chosen for it; by itself it is read as YAML."""
    if not isinstance(given, dict):
        return _line(shape, given, keep_empty)
    sort, typed = _last(given.get(SORT)), given.get(TYPED)
    text = "\n".join(map(str, typed)) if sort in LISTS and isinstance(typed, list) else _last(typed)
    return read_as(sort if sort in SORTS else "text", text) if text or sort in FIXED else NOTHING


def _line(shape: Shape, given: Any, keep_empty: bool) -> Any:
    text = _last(given)
    return _ONE[shape.form](text) if text else NOTHING


def _flag(shape: Shape, given: Any, keep_empty: bool) -> Any:
    text = _last(given)
    return text == "true" if text else NOTHING


def _text(shape: Shape | None, given: Any, keep_empty: bool) -> Any:
    if not isinstance(given, dict):
        return NOTHING
    # A text that is empty on purpose is marked, for an empty input may also be a language without a text.
    empty = {tag.removeprefix(HERE): "" for tag in given if tag.startswith(HERE)}
    texts = {**empty, **{tag: text for tag, values in given.items() if not tag.startswith(HERE) and (text := _last(values))}}
    if set(texts) == {"any"} and texts["any"]:
        return texts["any"]
    return texts or NOTHING


def _marks(shape: Shape, given: Any, keep_empty: bool) -> Any:
    return [value for value in given if value] if isinstance(given, list) else NOTHING


def _words(shape: Shape, given: Any, keep_empty: bool) -> Any:
    if not isinstance(given, dict):
        return NOTHING
    lines = [_last(given[place]) for place in _places(given)]
    values = [_ONE[shape.item](line) for line in lines if line or keep_empty]
    return values or ([] if HERE in given else NOTHING)


def _pairs(shape: Shape, given: Any, keep_empty: bool) -> Any:
    if not isinstance(given, dict):
        return NOTHING
    # Pairs whose names the editor knows are posted by them; one that is left empty is not there.
    found: dict[str, Any] = {
        name: text for name, values in given.items() if name != HERE and isinstance(values, list) and (text := _last(values))
    }
    for place in _places(given):
        row = given[place]
        if isinstance(row, dict):
            name, value, sort = (_last(row.get(part)) for part in ("name", "value", SORT))
            if name or value or sort in FIXED or keep_empty:
                found[name] = read_as(sort, value) if sort in SORTS else _ONE[shape.item](value) if value else ""
    return found or ({} if HERE in given else NOTHING)


def _one_part(shape: Shape, given: Any, keep_empty: bool) -> Any:
    if not isinstance(given, dict) or HERE not in given:
        return NOTHING
    made = _part(shape.model, given, keep_empty)
    return made if made or shape.optional or shape.required else NOTHING


def _parts(shape: Shape, given: Any, keep_empty: bool) -> Any:
    if not isinstance(given, dict):
        return NOTHING
    items = [_part(shape.model, given[place], keep_empty) for place in _places(given) if isinstance(given[place], dict)]
    return items or ([] if HERE in given else NOTHING)


_ONE: Mapping[str, Callable[[str], Any]] = {"word": str, "whole": read_whole, "real": read_real, "scalar": read_scalar}
_READERS: Mapping[str, Callable[[Shape, Any, bool], Any]] = {
    **dict.fromkeys(("word", "whole", "real"), _line),
    "scalar": _scalar,
    "flag": _flag,
    "maybe": _flag,
    "text": _text,
    "marks": _marks,
    "words": _words,
    "pairs": _pairs,
    "part": _one_part,
    "parts": _parts,
}


def _places(given: Tree) -> list[str]:
    """The places of a list's items, in their order."""
    return sorted((key for key in given if key.isdecimal() and len(key) < 7), key=int)


def _last(values: Any) -> str:
    return str(values[-1]) if isinstance(values, list) and values else ""


def move(data: dict[str, Any], act: str, path: str, model: Any) -> str:
    """Do to the data what a button of a list asks for; back comes the path of the item that is to be looked at next.

    `act` is add, drop, up or down. A path that leads nowhere changes nothing.
    """
    shape, holder = _holder(data, path, model)
    if shape is None or holder is None:
        return ""
    *_, last = path.split(".")
    if act == "add":
        return _add(shape, holder, path)
    if not last.isdecimal():
        if act == "drop":
            holder.pop(shape.name, None)
        return path
    return _shift(shape, holder, act, path)


def _add(shape: Shape, holder: dict[str, Any], path: str) -> str:
    if shape.form == "part":
        holder[shape.name] = {}
        return path
    if shape.form == "pairs":
        pairs = holder.setdefault(shape.name, {})
        pairs.setdefault("", "")
        return f"{path}.{len(pairs) - 1}"
    items = holder.setdefault(shape.name, [])
    items.append({} if shape.form == "parts" else "")
    return f"{path}.{len(items) - 1}"


def _shift(shape: Shape, holder: dict[str, Any], act: str, path: str) -> str:
    above, _, last = path.rpartition(".")
    values = holder.get(shape.name)
    items = list(values.items()) if isinstance(values, dict) else values
    place = int(last)
    if not isinstance(items, list) or place >= len(items):
        return ""
    item = items.pop(place)
    if act != "drop":
        place = max(0, min(len(items), place + (-1 if act == "up" else 1)))
        items.insert(place, item)
    if not items:
        holder.pop(shape.name)
        return above
    holder[shape.name] = dict(items) if isinstance(values, dict) else items
    return f"{above}.{min(place, len(items) - 1)}"


def _holder(data: dict[str, Any], path: str, model: Any) -> tuple[Shape | None, dict[str, Any] | None]:
    """The property that a path names, or whose item it names, and the data that hold it."""
    steps = path.split(".")
    holder: Any = data
    while steps:
        shape = next((found for found in shapes_of(model) if found.name == steps[0]), None)
        below = steps[1:]
        if shape is None or not isinstance(holder, dict):
            return None, None
        if not below or (len(below) == 1 and below[0].isdecimal()):
            return shape, holder
        if shape.model is None:
            return None, None
        holder, model = holder.get(shape.name), shape.model
        if isinstance(holder, list):
            place = int(below[0]) if below[0].isdecimal() else -1
            holder = holder[place] if 0 <= place < len(holder) else None
            below = below[1:]
        steps = below
    return None, None
