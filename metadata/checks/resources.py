"""Rules on the resources of connections of kind rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.model import Connection, Resource, ResourceRequest, TableMap
from metadata.schema.faults import did_you_mean
from metadata.told import told

REST = "rest"
COUNTED = ("page", "offset", "cursor")
"""Ways of paging that ask by a parameter."""
TOLD = ("cursor", "next_link")
"""Ways of paging whose next place stands in the answer."""
PLACE = re.compile(r"\{([^{}]*)\}")


def owners(world: World) -> Iterator[Problem]:
    """Resources are for one kind of connection, which is nothing without them."""
    for connection in world.all(Connection):
        if connection.resources and connection.connector != REST:
            message = told(
                "resources are for connector rest, and {connection} is {connector}; remove them.",
                connection=connection.key,
                connector=connection.connector,
            )
            yield world.problem(connection, "resources", "resource", message)
        if connection.connector == REST and not connection.resources:
            yield world.problem(connection, "resources", "resource", told("Declare the resources whose rows table maps take."))
        for index in repeated([resource.key for resource in connection.resources]):
            message = told(
                "The resource {resource} is there twice; give one another key.", resource=connection.resources[index].key
            )
            yield world.problem(connection, f"resources.{index}.key", "duplicate-key", message)


def shapes(world: World) -> Iterator[Problem]:
    """A resource says all that its way of paging and its requests need."""
    for connection in world.all(Connection):
        for index, resource in enumerate(connection.resources):
            for place, message in (*_paging(resource), *_addresses(resource), *_bodies(resource)):
                yield world.problem(connection, f"resources.{index}.{place}", "resource", message)


def _paging(resource: Resource) -> Iterator[tuple[str, str]]:
    if resource.paging in COUNTED and not resource.parameter:
        yield "parameter", told("Paging by {paging} asks by a parameter; name it.", paging=resource.paging)
    if resource.paging in TOLD and not resource.next:
        yield (
            "next",
            told(
                "Paging by {paging} needs next: where the answer says how to go on, such as /meta/next.", paging=resource.paging
            ),
        )
    for name in ("rows", "row", "next", "message"):
        pointer = getattr(resource, name)
        if pointer and not pointer.startswith("/"):
            yield name, told("{pointer!r} is no JSON pointer; it begins with /.", pointer=pointer[:60])
    if not resource.row_key:
        yield "row_key", told("Name the columns that name a row.")


def _addresses(resource: Resource) -> Iterator[tuple[str, str]]:
    requests = [(name, getattr(resource, name)) for name in ("create", "update", "delete")]
    paths = [("path", resource.path), ("one", resource.one), *((f"{name}.path", one.path) for name, one in requests if one)]
    for place, path in paths:
        if "://" in path or path.startswith("/"):
            yield place, told("An address is below the connection's url: without a host and without a slash at its beginning.")
        if place in ("path", "create.path"):
            continue
        for name in PLACE.findall(path):
            if name not in resource.row_key:
                hint = did_you_mean(name, resource.row_key)
                yield place, told("{{{column}}} is no column of row_key.{hint}", column=name[:60], hint=hint)


def _bodies(resource: Resource) -> Iterator[tuple[str, str]]:
    for name in ("create", "update", "delete"):
        request: ResourceRequest | None = getattr(resource, name)
        if request is None or not request.body:
            continue
        try:
            json.loads(request.body)
        except ValueError as error:
            yield f"{name}.body", told("The body is no JSON: {error}.", error=error)


def maps(world: World) -> Iterator[Problem]:
    """A map's table is a resource that can do what the map wants of it."""
    resources = {connection.key: connection for connection in world.all(Connection) if connection.connector == REST}
    for owner in world.all(TableMap):
        connection = resources.get(owner.connection)
        if connection is None:
            continue
        named = {resource.key: resource for resource in connection.resources}
        resource = named.get(owner.table)
        if resource is None:
            hint = did_you_mean(owner.table, named)
            message = told(
                "The connection {connection} declares no resource {resource!r}.{hint}",
                connection=connection.key,
                resource=owner.table[:80],
                hint=hint,
            )
            yield world.problem(owner, "table", "resource", message)
            continue
        if owner.change_column and not resource.changed_since:
            message = told(
                "{resource} does not say by which parameter changes are asked for; give it changed_since.",
                resource=resource.key,
            )
            yield world.problem(owner, "change_column", "resource", message)
        if any(item.direction != "in" for item in owner.attributes) and resource.update is None:
            message = told(
                "{resource} does not say how a row is changed; give it update, or let nothing go out.", resource=resource.key
            )
            yield world.problem(owner, "attributes", "resource", message)


RULES = (owners, shapes, maps)
