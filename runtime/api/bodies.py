"""JSON bodies to drafts of rows: values by attribute, what is bound by address, and rows within rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from runtime.api.calls import Call, Caller
from runtime.api.faults import ApiFault, bad, not_enabled, not_offered, text_fault
from runtime.api.model import EntitySet, Navigation, Property
from runtime.odata.addresses import Segment, read_address
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.values import KEY, read_json
from runtime.passing import passing

BIND = "@odata.bind"
DEEPEST = 5
MOST_ROWS = 200
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json(?:;.*)?", re.IGNORECASE)

Bound = tuple[EntitySet, Segment]
Locate = Callable[[str], Bound]


@passing
class Draft:
    """A row as a body describes it. `bound` are addresses by navigation property, `within` rows to be made with it."""

    set: EntitySet
    values: dict[str, Any]
    bound: list[tuple[Navigation, Bound]]
    within: list[tuple[Navigation, Draft]]

    @property
    def rows(self) -> int:
        """How many rows it describes."""
        return 1 + sum(draft.rows for _, draft in self.within) + len(self.bound)


def read_object(call: Call) -> dict[str, Any]:
    """The JSON object of a call. Raises ApiFault."""
    kind = call.headers.get("content-type", "")
    if not _JSON.fullmatch(kind.strip()):
        raise ApiFault(415, "UnsupportedMediaType", "Send JSON, with the header Content-Type: application/json.")
    found = loads(call.body) if call.data is None else call.data
    if not isinstance(found, dict):
        raise bad("The body is no JSON object.")
    return found


def loads(body: bytes) -> Any:
    """The value of a JSON text; numbers with a point are exact. Raises ApiFault."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise bad("The body is no JSON.") from error


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def read_draft(
    caller: Caller, entity_set: EntitySet, found: Mapping[str, Any], *, new: bool, locate: Locate, depth: int = 0
) -> Draft:
    """A row from a JSON object. Raises ApiFault for names that are not there or not enabled, and for values of other types."""
    if depth > DEEPEST:
        raise bad(f"Rows are nested at most {DEEPEST} deep.")
    draft = Draft(entity_set, {}, [], [])
    for name, value in found.items():
        if name.endswith(BIND):
            _bind(draft, name.removesuffix(BIND), value, locate)
        elif "@" in name:
            continue  # what says something of the answer that it was taken from
        elif name in entity_set.navigations:
            _nest(caller, draft, entity_set.navigations[name], value, new=new, locate=locate, depth=depth)
        elif new and value is None and _takes_none(entity_set.properties.get(name)):
            continue  # client libraries name all that a new row has not yet, what the server gives it too
        else:
            key = writable(entity_set, name)
            draft.values[key] = typed(entity_set, name, value)
    if draft.rows > MOST_ROWS:
        raise bad(f"At most {MOST_ROWS} rows can be saved at once.")
    return draft


def writable(entity_set: EntitySet, name: str) -> str:
    """The attribute of a name that a value may be given for. Raises ApiFault."""
    found = entity_set.properties.get(name)
    if found is None:
        if any(one.part != "value" and one.attribute.key == name for one in entity_set.properties.values()):
            raise bad(f"{name} leads to a row: give its address in {name}{BIND}.", name)
        raise entity_set.no_property(name)
    if _kept(found):
        raise bad(f"{name} is kept by the server and cannot be given.", name)
    if found.part != "value":
        raise bad(f"{name} is set by its navigation property: {found.attribute.key}{BIND}.", name)
    if found.attribute.type.is_file:
        raise not_offered(f"uploading {name}", name)
    return found.attribute.key


def _takes_none(found: Property | None) -> bool:
    """Whether a property is there and no value can be given for it under its name."""
    return found is not None and (_kept(found) or found.part != "value" or found.attribute.type.is_file)


def _kept(found: Property) -> bool:
    """Whether the server gives the value."""
    return found.name == KEY or found.attribute.system or found.attribute.calculated


def typed(entity_set: EntitySet, name: str, value: Any) -> Any:
    """A value of a property. Raises ApiFault."""
    attribute = entity_set.properties[name].attribute
    try:
        return read_json(attribute.type.name, value)
    except ValueError as error:
        raise bad(f"{name} is {error}.", name) from error


def _bind(draft: Draft, name: str, value: Any, locate: Locate) -> None:
    way = draft.set.navigations.get(name)
    if way is None:
        if name in draft.set.entity.attributes or name in draft.set.entity.relationships:
            raise not_enabled(name, draft.set.name)
        raise draft.set.no_property(name)
    if way.many != isinstance(value, list):
        raise bad(f"{name}{BIND} takes {'a list of addresses' if way.many else 'one address'}.", name)
    if value is None and not way.many:
        draft.values[way.attribute] = None
        return
    for address in value if isinstance(value, list) else [value]:
        draft.bound.append((way, _located(way, address, locate)))


def _located(way: Navigation, address: Any, locate: Locate) -> Bound:
    if not isinstance(address, str):
        raise bad(f"{way.name} is bound to an address such as /people(1).", way.name)
    target = locate(address)
    if target[0].entity.key != way.entity:
        raise bad(f"{way.name} does not lead to {target[0].name}.", way.name)
    return target


def _nest(caller: Caller, draft: Draft, way: Navigation, value: Any, *, new: bool, locate: Locate, depth: int) -> None:
    if not way.many and value is None:
        draft.values[way.attribute] = None
        return
    if way.many != isinstance(value, list) or not all(isinstance(item, dict) for item in (value if way.many else [value])):
        raise bad(f"{way.name} takes {'a list of objects' if way.many else 'an object'}.", way.name)
    target = caller.offer.by_entity[way.entity]
    for item in value if way.many else [value]:
        address = item.get("@odata.id", item.get("@id"))
        if address is not None:
            draft.bound.append((way, _located(way, address, locate)))
        elif new:
            inner = read_draft(caller, target, item, new=True, locate=locate, depth=depth + 1)
            draft.within.append((way, inner))
        else:
            raise not_offered(f"changing {way.name} within a change; change its rows by themselves", way.name)


def locate_in(caller: Caller, address: str) -> Bound:
    """The entity set and the key that an address names: absolute, or below the root of the service. Raises ApiFault."""
    text = address.strip()
    path = text.removeprefix(caller.root) if text.startswith(caller.root) else text
    if "://" in path:
        raise bad(f"{address[:80]!r} is no address of this service.")
    local = caller.context.url("/_api")
    path = path.removeprefix(local) if path.startswith(local) else path
    try:
        segments = read_address(unquote(path.strip("/")))
    except (SyntaxFault, NotOffered) as fault:
        raise text_fault(fault) from fault
    if len(segments) != 1 or not segments[0].key:
        raise bad(f"{address[:80]!r} names no row; write such as /people(1).")
    return caller.offer.set(segments[0].name), segments[0]
