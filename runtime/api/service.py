"""One call answered: which resource its path means, and what its method does there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from runtime.access import access_of
from runtime.api.bodies import Bound, Draft, locate_in, read_draft, read_object, typed, writable
from runtime.api.calls import TEXT, Answer, Call, Caller, tag
from runtime.api.faults import ApiFault, bad, fault_of, missing, not_enabled, not_offered, text_fault, wrong_method
from runtime.api.groups import groups
from runtime.api.keys import find_row, id_of, key_values, row_of
from runtime.api.model import EntitySet, service_description, visible
from runtime.api.openapi import openapi
from runtime.api.reading import (
    FIRST,
    Beginning,
    collection,
    columns_for,
    is_among,
    number_of,
    plan_for,
    single,
)
from runtime.api.tracking import tracked
from runtime.api.writing import change, insert, link, remove, unlink
from runtime.odata.addresses import Segment, read_address
from runtime.odata.description import MEDIA_TYPE
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.odata.options import Options, options_of, read_options
from runtime.pages.files import held_file
from runtime.records.errors import Refused
from runtime.records.lists import fetch_row
from runtime.records.plan import Selected

OF_ONE = frozenset({"$select", "$expand", "$format"})
OF_COUNT = frozenset({"$filter", "$search"})
READ_ONLY = "ReadOnlyToken"
NO_OPTIONS: frozenset[str] = frozenset()
REPRESENTATION = "return=representation"
Rest = Sequence[Segment]


def respond(caller: Caller, call: Call) -> Answer:
    """The answer to a call, a refusal among them. What is nobody's fault but ours is raised."""
    try:
        return answer(caller, call)
    except (SyntaxFault, NotOffered) as fault:
        return refusal(caller, text_fault(fault))
    except Refused as error:
        return refusal(caller, fault_of(error))
    except ApiFault as fault:
        return refusal(caller, fault)


def refusal(caller: Caller | None, fault: ApiFault) -> Answer:
    """What a fault is told as; its cause too, where the site has it so."""
    error: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault.target:
        error["target"] = fault.target
    if fault.details:
        error["details"] = [
            {"code": code, "target": name, "message": f"{name or 'row'}: {code}"} for name, code in fault.details.items()
        ]
    if caller is not None and caller.site.settings.get("api/inner_error") == "true" and fault.__cause__ is not None:
        error["innererror"] = {"type": type(fault.__cause__).__name__, "message": str(fault.__cause__)}
    return Answer(fault.status, {"error": error}, dict(fault.headers))


def answer(caller: Caller, call: Call) -> Answer:
    """The answer to a call. Raises ApiFault, SyntaxFault, NotOffered and what the records room refuses."""
    if caller.reading and call.method != "GET":
        raise ApiFault(403, READ_ONLY, "The token of this program is for reading only.")
    path = referred(call, call.path)
    segments = read_address(path.strip("/"))
    if not segments:
        return _service(caller, call)
    first, rest = segments[0], segments[1:]
    if first.name == "$metadata" and not rest:
        _only(call, "GET")
        _options(call, NO_OPTIONS)
        text = service_description(caller.snapshot, caller.principal.standing, caller.offer)
        return Answer(body=text, media_type=MEDIA_TYPE)
    if first.name == "$openapi" and not rest:
        _only(call, "GET")
        return Answer(body=openapi(caller), media_type="application/json")
    if first.name == "$token" and not rest:
        _only(call, "GET")
        return Answer(body={"header": "X-CSRFToken", "token": caller.context.csrf})
    if first.name.startswith("$"):
        raise not_offered(first.name)
    entity_set = caller.offer.set(first.name)
    if first.key:
        return _row(caller, call, entity_set, first, rest)
    return _rows(caller, call, entity_set, rest, None)


def referred(call: Call, path: str) -> str:
    """A path with the address of an earlier row of the same batch instead of its $id."""
    name, slash, rest = path.removeprefix("/").partition("/")
    known = call.references.get(name.removeprefix("$")) if name.startswith("$") else None
    return path if known is None else f"{known}{slash}{rest}"


def _service(caller: Caller, call: Call) -> Answer:
    """The service document: the entity sets that the caller may read."""
    _only(call, "GET")
    _options(call, frozenset({"$format"}))
    sets = visible(caller.snapshot, caller.principal.standing, caller.offer)
    value = [{"name": one.name, "kind": "EntitySet", "url": one.name} for one in sets]
    return Answer(body={"@odata.context": f"{caller.root}/$metadata", "value": value})


def _rows(caller: Caller, call: Call, entity_set: EntitySet, rest: Rest, start: Beginning | None) -> Answer:
    """A collection: all rows of an entity set, or those related to one."""
    if not rest:
        if call.method == "POST":
            return _create(caller, call, entity_set, start)
        _only(call, "GET", "POST")
        options = options_of(call.arguments)
        found = tracked(caller, call, entity_set, options, related=start is not None)
        if found is not None:
            return found
        if options.apply:
            if start is not None:
                raise not_offered("$apply on related rows", "$apply")
            return Answer(body=groups(caller, entity_set, options))
        return Answer(body=collection(caller, entity_set, options, start))
    if rest[0].name == "$count" and len(rest) == 1:
        _only(call, "GET")
        return Answer(body=str(number_of(caller, entity_set, _options(call, OF_COUNT), start)), media_type=TEXT)
    if rest[0].name == "$ref" and len(rest) == 1 and start is not None:
        return _references(caller, call, entity_set, start)
    if rest[0].name.startswith("$"):
        raise not_offered(f"{rest[0].name} of a collection")
    raise missing()


def _row(caller: Caller, call: Call, entity_set: EntitySet, segment: Segment, rest: Rest) -> Answer:
    """A row, or what is below it."""
    row = find_row(caller, entity_set, segment)
    if row is None and not (call.method == "PATCH" and not rest):
        raise missing("There is no such row.")
    if row is None:
        return _upsert(caller, call, entity_set, segment)
    return _below(caller, call, entity_set, row, rest)


def _below(caller: Caller, call: Call, entity_set: EntitySet, row: int, rest: Rest) -> Answer:
    if not rest:
        return _one(caller, call, entity_set, row)
    first = rest[0]
    if first.name == "$ref" and len(rest) == 1:
        _only(call, "GET")
        _existing(caller, entity_set, row, ())
        return Answer(body={"@odata.context": f"{caller.root}/$metadata#$ref", "@odata.id": _address(caller, entity_set, row)})
    if first.name.startswith("$"):
        raise not_offered(f"{first.name} of a row")
    way = entity_set.navigations.get(first.name)
    if way is not None:
        return _way(caller, call, Beginning(entity_set, row, way), first, rest[1:])
    if first.name not in entity_set.properties:
        raise entity_set.no_property(first.name)
    if first.key:
        raise bad(f"{first.name} has no key.")
    return _value(caller, call, entity_set, row, first.name, rest[1:])


def _one(caller: Caller, call: Call, entity_set: EntitySet, row: int) -> Answer:
    match call.method:
        case "GET":
            return _shown(caller, call, entity_set, row)
        case "PATCH":
            return _change(caller, call, entity_set, row)
        case "DELETE":
            _options(call, NO_OPTIONS)
            remove(caller, entity_set, row, call.versions("if-match"))
            return Answer(204)
        case "PUT":
            raise not_offered("replacing a whole row; change what is to be changed with PATCH")
    raise wrong_method("GET", "PATCH", "DELETE")


def _shown(caller: Caller, call: Call, entity_set: EntitySet, row: int) -> Answer:
    found = single(caller, entity_set, row, _options(call, OF_ONE))
    if found is None:
        raise missing("There is no such row.")
    body, version, lasting = found
    known = call.versions("if-none-match")
    if known is not None and lasting and (not known or version in known):
        return Answer(304, headers={"ETag": tag(version)})
    return Answer(body=body, headers={"ETag": tag(version)})


def _create(caller: Caller, call: Call, entity_set: EntitySet, start: Beginning | None = None) -> Answer:
    """A new row, related to the one that the collection is of."""
    options = _options(call, OF_ONE)
    draft = read_draft(caller, entity_set, read_object(call), new=True, locate=_locate(caller, call))
    if start is not None:
        found = start.way.relationship
        if found is None or found.link is not None:
            raise not_offered(f"making rows of {start.way.name} here; make them in {entity_set.name} and link them")
        _existing(caller, start.set, start.id, ())
        several = entity_set.entity.attributes[found.attribute].polymorphic
        draft.values[found.attribute] = (start.set.entity.key, start.id) if several else start.id
    return _made(caller, call, entity_set, insert(caller, draft), options)


def _made(caller: Caller, call: Call, entity_set: EntitySet, row: int, options: Options) -> Answer:
    """The answer for a row that was made: where it is, and what it is if that is preferred and may be read."""
    address = _address(caller, entity_set, row)
    headers = {"Location": address, "OData-EntityId": address, "entityid": str(row)}
    readable = access_of(caller.snapshot, caller.principal.standing, entity_set.entity.key, "read").allowed
    if call.prefers(REPRESENTATION) and readable:
        found = single(caller, entity_set, row, options)
        if found is not None:
            return Answer(201, found[0], {**headers, "ETag": tag(found[1]), "Preference-Applied": REPRESENTATION})
    return Answer(204, headers=headers)


def _change(caller: Caller, call: Call, entity_set: EntitySet, row: int) -> Answer:
    options = _options(call, OF_ONE)
    if call.versions("if-none-match") == frozenset():
        raise ApiFault(412, "PreconditionFailed", "There is such a row already.")
    draft = read_draft(caller, entity_set, read_object(call), new=False, locate=_locate(caller, call))
    return _changed(caller, call, entity_set, row, draft, options)


def _changed(caller: Caller, call: Call, entity_set: EntitySet, row: int, draft: Draft, options: Options) -> Answer:
    version = change(caller, entity_set, row, draft, call.versions("if-match"))
    headers = {"ETag": tag(version), "OData-EntityId": _address(caller, entity_set, row), "entityid": str(row)}
    if call.prefers(REPRESENTATION):
        found = single(caller, entity_set, row, options)
        if found is not None:
            return Answer(200, found[0], {**headers, "ETag": tag(found[1]), "Preference-Applied": REPRESENTATION})
    return Answer(204, headers=headers)


def _upsert(caller: Caller, call: Call, entity_set: EntitySet, segment: Segment) -> Answer:
    """A row that an alternate key names and that is not there is made, unless only a change was wanted."""
    options = _options(call, OF_ONE)
    if call.versions("if-match") is not None or id_of(entity_set, segment) is not None:
        raise missing("There is no such row.")
    draft = read_draft(caller, entity_set, read_object(call), new=True, locate=_locate(caller, call))
    draft.values.update(key_values(entity_set, segment))
    return _made(caller, call, entity_set, insert(caller, draft), options)


def _way(caller: Caller, call: Call, start: Beginning, segment: Segment, rest: Rest) -> Answer:
    """What a navigation property leads to."""
    target = caller.offer.by_entity[start.way.entity]
    reference = bool(rest) and rest[0].name == "$ref" and len(rest) == 1
    if start.way.many and segment.key:
        if reference and call.method == "DELETE":
            unlink(caller, start.set, start.id, start.way, (target, segment))
            return Answer(204)
        _existing(caller, start.set, start.id, ())
        far = row_of(caller, (target, segment))
        if not is_among(caller, start, far):
            raise missing("There is no such row.")
        return _below(caller, call, target, far, rest)
    if segment.key:
        raise bad(f"{segment.name} leads to one row and takes no key.")
    if start.way.many:
        if call.method == "GET":
            _existing(caller, start.set, start.id, ())
        return _rows(caller, call, target, rest, start)
    if reference and call.method in ("PUT", "DELETE"):
        return _reference(caller, call, start)
    far_row = _reached(caller, start, target)
    if far_row is None and not rest and call.method == "GET":
        return Answer(204)
    if far_row is None:
        raise missing("There is no such row.")
    if reference:
        _only(call, "GET", "PUT", "DELETE")
        address = _address(caller, target, far_row)
        return Answer(body={"@odata.context": f"{caller.root}/$metadata#$ref", "@odata.id": address})
    return _below(caller, call, target, far_row, rest)


def _reached(caller: Caller, start: Beginning, target: EntitySet) -> int | None:
    """The row that a lookup leads to, if it may be read. Raises ApiFault."""
    way, entity_set = start.way, start.set
    standing = caller.principal.standing
    if way.attribute not in access_of(caller.snapshot, standing, entity_set.entity.key, "read").attributes:
        raise not_enabled(way.name, entity_set.name)
    target.readable(caller.snapshot, standing)
    several = entity_set.entity.attributes[way.attribute].polymorphic
    wanted = (Selected(way.attribute, "reached"), *((Selected(way.attribute, "entity"),) if several else ()))
    found = _existing(caller, entity_set, start.id, wanted)
    if several and found[FIRST + 1] != way.entity:
        return None
    reached: int | None = found[FIRST]
    return reached


def _existing(caller: Caller, entity_set: EntitySet, row: int, wanted: tuple[Selected, ...]) -> tuple[Any, ...]:
    """A row with what is wanted of it. Raises ApiFault where it is not there or may not be read."""
    found = fetch_row(caller.reader, plan_for(caller, entity_set, wanted), caller.principal, row)
    if found is None:
        raise missing("There is no such row.")
    return found


def _references(caller: Caller, call: Call, target: EntitySet, start: Beginning) -> Answer:
    """The links of a way to many: read, added, taken away."""
    match call.method:
        case "GET":
            found = collection(caller, target, read_options(call.arguments, offered=frozenset({"$filter", "$top"})), start)
            value = [{"@odata.id": _address(caller, target, row["id"])} for row in found["value"]]
            return Answer(body={"@odata.context": f"{caller.root}/$metadata#Collection($ref)", "value": value})
        case "POST":
            link(caller, start.set, start.id, start.way, _referred_row(caller, call))
            return Answer(204)
        case "DELETE":
            address = dict(call.arguments).get("$id", "")
            unlink(caller, start.set, start.id, start.way, _located(caller, call, address) if address else None)
            return Answer(204)
    raise wrong_method("GET", "POST", "DELETE")


def _reference(caller: Caller, call: Call, start: Beginning) -> Answer:
    """The link of a way to one: set anew, or taken away."""
    if call.method == "PUT":
        link(caller, start.set, start.id, start.way, _referred_row(caller, call))
    else:
        unlink(caller, start.set, start.id, start.way, None)
    return Answer(204)


def _referred_row(caller: Caller, call: Call) -> Bound:
    found = read_object(call)
    address = found.get("@odata.id", found.get("@id"))
    if not isinstance(address, str):
        raise bad('Send the address of the row: {"@odata.id": "people(1)"}.')
    return _located(caller, call, address)


def _located(caller: Caller, call: Call, address: str) -> Bound:
    return locate_in(caller, referred(call, address))


def _locate(caller: Caller, call: Call) -> Any:
    return lambda address: _located(caller, call, address)


def _value(caller: Caller, call: Call, entity_set: EntitySet, row: int, name: str, rest: Rest) -> Answer:
    """The value of one property: read, set, made empty."""
    if call.method in ("PUT", "DELETE") and not rest:
        key = writable(entity_set, name)
        value = None
        if call.method == "PUT":
            body = read_object(call)
            if "value" not in body:
                raise bad('Send the value: {"value": ...}.', name)
            value = typed(entity_set, name, body["value"])
        return _changed(caller, call, entity_set, row, Draft(entity_set, {key: value}, [], []), Options())
    if len(rest) > 1 or (rest and rest[0].name != "$value"):
        raise not_offered(f"{rest[0].name} of a property")
    _only(call, "GET", *(() if rest else ("PUT", "DELETE")))
    options = Options(select=(name,))
    column = columns_for(caller, entity_set, options).properties[0]
    if rest and column.attribute.type.is_file:
        held = held_file(caller.context, entity_set.entity.key, str(row), column.attribute.key)
        if held is None:
            _existing(caller, entity_set, row, ())
            return Answer(204)
        return Answer(file=held)
    found = single(caller, entity_set, row, options)
    if found is None:
        raise missing("There is no such row.")
    value = found[0][name]
    if value is None:
        return Answer(204)
    if rest:
        return Answer(body=_plain(value), media_type=TEXT)
    context = f"{caller.root}/$metadata#{entity_set.name}({row})/{name}"
    return Answer(body={"@odata.context": context, "value": value}, headers={"ETag": tag(found[1])})


def _plain(value: Any) -> str:
    if isinstance(value, list):
        raise not_offered("several values as one text")
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _address(caller: Caller, entity_set: EntitySet, row: int) -> str:
    return f"{caller.root}/{entity_set.name}({row})"


def _options(call: Call, offered: frozenset[str]) -> Options:
    return read_options(call.arguments, offered=offered)


def _only(call: Call, *methods: str) -> None:
    """Raises ApiFault for another method than these."""
    if call.method not in methods:
        raise wrong_method(*methods)
