"""Rules on table maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.checks.values import fault_in
from metadata.checks.world import PathError, World, repeated, targets_of
from metadata.connector_settings import CONNECTOR_SETTINGS, SECRETS, is_written_out, missing_in, names_of
from metadata.errors import Problem
from metadata.model import AttributeMap, Connection, Filter, TableMap, Webhook
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_KEYS
from metadata.told import Called, all_of, told
from metadata.types import TYPES

SEARCHING = frozenset({"contains", "starts_with", "ends_with", "between"})
"""Operators that a condition on what goes out does not have."""
STREAMS = frozenset({"nats", "rabbitmq", "redis", "webhook"})
"""Connectors through which rows come and go as events."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """An attribute map with its table map and place."""

    owner: TableMap
    item: AttributeMap
    path: str


def mapped(world: World) -> Iterator[Mapped]:
    """Every attribute map of an entity that is known."""
    for owner in world.all(TableMap):
        for index, item in enumerate(owner.attributes):
            if owner.entity in world.entities:
                yield Mapped(owner, item, f"attributes.{index}")


def integration_keys(world: World) -> Iterator[Problem]:
    """Rows are matched by attributes that come from outside."""
    for owner in world.all(TableMap):
        if not owner.integration_key:
            yield world.problem(owner, "integration_key", "integration-key", told("Name the attributes that match both sides."))
        known = {item.attribute for item in owner.attributes if item.column or item.lookup_columns or item.default is not None}
        for index, key in enumerate(owner.integration_key):
            if key not in known:
                message = told(
                    "{attribute} is in the integration key but is not mapped; add an attribute map for it.", attribute=key
                )
                yield world.problem(owner, f"integration_key.{index}", "integration-key", message)


def attributes(world: World) -> Iterator[Problem]:
    """An attribute is mapped once, from somewhere, and is not one that the engine keeps."""
    for owner in world.all(TableMap):
        keys = [item.attribute for item in owner.attributes]
        for index in repeated(keys):
            message = told("{attribute} is mapped twice; remove one.", attribute=keys[index])
            yield world.problem(owner, f"attributes.{index}.attribute", "duplicate-key", message)
    for found in mapped(world):
        if not found.item.column and not found.item.lookup_columns and found.item.default is None:
            message = told("{attribute} has neither a column nor a default.", attribute=found.item.attribute)
            yield world.problem(found.owner, found.path, "attribute-map", message)
        if found.item.attribute in RESERVED_KEYS and found.item.direction != "out":
            message = told(
                "{attribute} is kept by the engine and cannot come from outside; make the direction out.",
                attribute=found.item.attribute,
            )
            yield world.problem(found.owner, f"{found.path}.attribute", "attribute-map", message)


def files(world: World) -> Iterator[Problem]:
    """Files do not travel: an outside system has no content that a column could carry."""
    for found in mapped(world):
        attribute = world.attribute(found.owner.entity, found.item.attribute)
        if attribute is not None and attribute.type in TYPES and TYPES[attribute.type].is_file:
            message = told(
                "{attribute} is of type {type}, which is not synchronised; remove it from the map.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
            yield world.problem(found.owner, f"{found.path}.attribute", "attribute-map", message)


def values(world: World) -> Iterator[Problem]:
    """Inside values and defaults are values of the attribute."""
    for found in mapped(world):
        attribute = world.attribute(found.owner.entity, found.item.attribute)
        # What a lookup converts is matched with its target's key, not with the attribute itself.
        if attribute is None or attribute.type == "lookup":
            continue
        inside = [(f"values.{index}.inside", pair.inside) for index, pair in enumerate(found.item.values)]
        for path, value in (*inside, ("default", found.item.default)):
            fault = fault_in(world, attribute, value) if value is not None else ""
            if fault:
                yield world.problem(found.owner, f"{found.path}.{path}", "value", fault)


def reversible(world: World) -> Iterator[Problem]:
    """Of what goes both ways each value has one outside; where several mean the same, one of them is lost on the way back."""
    for found in mapped(world):
        inside = [str(pair.inside) for pair in found.item.values]
        for index in repeated(inside) if found.item.direction == "both" else ():
            first = found.item.values[inside.index(inside[index])].outside
            message = told(
                "{value} stands for several outside values; {outside!r} goes out, whichever came.",
                value=inside[index],
                outside=first,
            )
            yield world.warning(found.owner, f"{found.path}.values.{index}", "not-reversible", message)


def lookups(world: World) -> Iterator[Problem]:
    """A lookup is matched by attributes that its target has, one for each outside column."""
    for found in mapped(world):
        attribute = world.attribute(found.owner.entity, found.item.attribute)
        if attribute is None:
            continue
        targets = [target for target in targets_of(attribute) if target in world.entities]
        if found.item.lookup_key and attribute.type != "lookup":
            message = told(
                "{attribute} is of type {type}; lookup_key is for lookups.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
            yield world.problem(found.owner, f"{found.path}.lookup_key", "lookup-key", message)
        for index, key in enumerate(found.item.lookup_key):
            for target in targets:
                try:
                    world.resolve(target, key)
                except PathError as wrong:
                    yield world.problem(found.owner, f"{found.path}.lookup_key.{index}", wrong.code, wrong.message)
        fault = fault_in_columns(world, found, targets)
        if fault:
            yield world.problem(found.owner, found.path, "lookup-key", fault)


def fault_in_columns(world: World, found: Mapped, targets: list[str]) -> str:
    """Why the outside columns of a lookup cannot be matched with its key."""
    item = found.item
    if item.lookup_columns and len(item.lookup_columns) != len(item.lookup_key):
        return told(
            "lookup_columns are {columns}, but lookup_key has {attributes}; pair them.",
            columns=len(item.lookup_columns),
            attributes=len(item.lookup_key),
        )
    if len(item.lookup_key) > 1 and not item.lookup_columns:
        return told("A lookup by several attributes needs lookup_columns: one for each.")
    keyed = all(world.entities[target].model.keys for target in targets)
    if targets and item.column and not item.lookup_key and not keyed:
        return told("Name the attributes of {entities} that match the outside value as lookup_key.", entities=all_of(targets))
    return ""


def write_throughs(world: World) -> Iterator[Problem]:
    """A write-through tells an answer by values only where there is a column for it."""
    for owner in world.all(TableMap):
        through = owner.write_through
        if through and not through.status_column and (through.accepted or through.refused):
            message = told("accepted and refused are values of the status_column; name it.")
            yield world.problem(owner, "write_through.status_column", "write-through", message)


def messages(world: World) -> Iterator[Problem]:
    """The reason of a refusal comes from a column and goes into an attribute that holds text."""
    for owner in world.all(TableMap):
        through = owner.write_through
        if not through or not through.message_attribute:
            continue
        path = "write_through.message_attribute"
        attribute = world.attribute(owner.entity, through.message_attribute)
        if attribute is not None and attribute.type not in ("text", "long_text"):
            message = told(
                "{attribute} is of type {type}; the reason of a refusal needs text or long_text.",
                attribute=attribute.key,
                type=Called(attribute.type, "type"),
            )
            yield world.problem(owner, path, "write-through", message)
        if not through.message_column:
            message = told("message_attribute takes the value of the message_column; name it.")
            yield world.problem(owner, path, "write-through", message)


def overlaps(world: World) -> Iterator[Problem]:
    """What is read again is told by a change column, in a database."""
    for owner in world.all(TableMap):
        if owner.overlap and not owner.change_column:
            message = told("overlap says how late a change value may appear; name the change_column.")
            yield world.problem(owner, "overlap", "table-map", message)


def deltas(world: World) -> Iterator[Problem]:
    """Delta links are spoken by one kind of connection, and overlap by another."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    for owner in world.all(TableMap):
        connector = connectors.get(owner.connection, "")
        if owner.delta and connector and connector != "odata":
            message = told(
                "delta is for connector odata, and {connection} is {connector}; name a change_column instead.",
                connection=owner.connection,
                connector=connector,
            )
            yield world.problem(owner, "delta", "table-map", message)
        if owner.overlap and connector == "odata":
            message = told("overlap is for connector sql; leave it out, or let delta tell what has changed.")
            yield world.problem(owner, "overlap", "table-map", message)


def outgoing(world: World) -> Iterator[Problem]:
    """What goes out is told by the row's own values alone: it is asked while a change is written, of one row in memory."""
    for owner in world.all(TableMap):
        if owner.outgoing and owner.write_through:
            message = told("A map with write_through asks about every new record; leave outgoing out, or write_through.")
            yield world.problem(owner, "outgoing", "write-through", message)
        yield from _of_one_row(world, owner, "outgoing", owner.outgoing)
    for hook in world.all(Webhook):
        yield from _of_one_row(world, hook, "condition", hook.condition)


def _of_one_row(world: World, owner: TableMap | Webhook, name: str, condition: Filter | None) -> Iterator[Problem]:
    for path, part in _comparisons(name, condition):
        words = part.value if isinstance(part.value, (list, tuple)) else (part.value,)
        if "." in part.attribute:
            message = told(
                "{attribute} is a path; {property} compares attributes of {entity} itself.",
                attribute=part.attribute,
                property=name,
                entity=owner.entity,
            )
            yield world.problem(owner, f"{path}.attribute", "filter", message)
        if part.operator in SEARCHING:
            message = told(
                "{operator} is for lists; {property} knows eq, ne, lt, le, gt, ge, in, not_in, empty, not_empty.",
                operator=part.operator,
                property=name,
            )
            yield world.problem(owner, f"{path}.operator", "filter", message)
        if any(isinstance(word, str) and word.startswith("@") for word in words):
            message = told(
                "Words of a request are for lists; {property} compares with values, since nobody asks when rows go out.",
                property=name,
            )
            yield world.problem(owner, f"{path}.value", "filter", message)


def _comparisons(path: str, condition: Filter | None) -> Iterator[tuple[str, Filter]]:
    if condition is None:
        return
    if condition.attribute:
        yield path, condition
    for name in ("all", "any"):
        for index, part in enumerate(getattr(condition, name)):
            yield from _comparisons(f"{path}.{name}.{index}", part)


def constants(world: World) -> Iterator[Problem]:
    """A column has a constant or an attribute, not both."""
    for owner in world.all(TableMap):
        sent = {item.column for item in owner.attributes if item.direction != "in"}
        for column, _ in owner.constants:
            if column in sent:
                message = told(
                    "{column} takes the value of an attribute; remove it from the constants or from the attribute map.",
                    column=column,
                )
                yield world.problem(owner, f"constants.{column}", "table-map", message)


def streams(world: World) -> Iterator[Problem]:
    """A stream tells what happens: nobody answers, and nothing outside can be looked at."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    for owner in world.all(TableMap):
        connector = connectors.get(owner.connection, "")
        if connector not in STREAMS:
            continue
        if owner.write_through is not None:
            message = told(
                "Who publishes to {connector} gets no answer; leave write_through out: changes are queued anyway.",
                connector=connector,
            )
            yield world.problem(owner, "write_through", "table-map", message)
        out = [index for index, item in enumerate(owner.attributes) if item.direction != "in"]
        for index in out if connector == "webhook" else ():
            message = told("Webhooks only come in; make the direction in.")
            yield world.problem(owner, f"attributes.{index}.direction", "table-map", message)
        if owner.overlap:
            message = told(
                "overlap is for connector sql, and {connection} is {connector}; leave it out.",
                connection=owner.connection,
                connector=connector,
            )
            yield world.problem(owner, "overlap", "table-map", message)
    queues: dict[tuple[str, str], str] = {}
    for owner in world.all(TableMap):
        reads = any(item.direction != "out" for item in owner.attributes)
        if connectors.get(owner.connection) != "rabbitmq" or not reads:
            continue
        first = queues.setdefault((owner.connection, owner.table), owner.key)
        if first != owner.key:
            message = told(
                "The map {map} reads this queue already, and each message comes once; bind a queue for each map.", map=first
            )
            yield world.problem(owner, "table", "table-map", message)


def trackings(world: World) -> Iterator[Problem]:
    """One thing tells what changes, and triggers and logs are in databases."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    for owner in world.all(TableMap):
        connector = connectors.get(owner.connection, "")
        if owner.tracking and connector and connector != "sql":
            message = told(
                "tracking is for connector sql, and {connection} is {connector}; leave it out.",
                connection=owner.connection,
                connector=connector,
            )
            yield world.problem(owner, "tracking", "table-map", message)
        if owner.tracking and (owner.delta or owner.overlap):
            message = told("tracking tells each change once it is committed; leave delta and overlap out.")
            yield world.problem(owner, "tracking", "table-map", message)


def secrets(world: World) -> Iterator[Problem]:
    """A secret is named, and found where the process runs: what stands in metadata stands in exports and in the history."""
    for owner in world.all(Connection):
        for name, value in owner.settings:
            if is_written_out(name, value):
                what = (
                    told("{setting} is a secret", setting=name)
                    if name in SECRETS
                    else told("{setting} has a password in it", setting=name)
                )
                message = told("{what}; write ${{NAME}} and set the environment variable NAME, or NAME_FILE.", what=what)
                yield world.problem(owner, f"settings.{name}", "secret", message)


def connection_settings(world: World) -> Iterator[Problem]:
    """A connection has the settings that its connector knows, and those without which it cannot work once it is active."""
    for owner in world.all(Connection):
        if owner.connector not in CONNECTOR_SETTINGS:
            continue
        known = names_of(owner.connector)
        for name, value in owner.settings:
            if name not in known:
                message = told(
                    "There is no setting {setting} for {connector}.{hint}",
                    setting=name,
                    connector=owner.connector,
                    hint=did_you_mean(name, known),
                )
                yield world.problem(owner, f"settings.{name}", "connection", message)
            elif (allowed := _words_of(owner.connector, name)) and value not in allowed and "${" not in value:
                message = told("{setting} is one of {values}.", setting=name, values=", ".join(allowed))
                yield world.problem(owner, f"settings.{name}", "connection", message)
        for name in missing_in(owner.connector, dict(owner.settings)) if owner.active else ():
            message = told(
                "A connection with {connector} needs the setting {setting}; add it.", connector=owner.connector, setting=name
            )
            yield world.problem(owner, f"settings.{name}", "connection", message)


def _words_of(connector: str, name: str) -> tuple[str, ...]:
    """The words that a setting may be; none where it may be any text."""
    return next((setting.choices for setting in CONNECTOR_SETTINGS[connector] if setting.name == name), ())


def conflicts(world: World) -> Iterator[Problem]:
    """Only an attribute that goes both ways can be changed on both sides."""
    for found in mapped(world):
        if found.item.conflict and found.item.direction != "both":
            message = told(
                "{attribute} goes {direction} only; conflict is for the direction both.",
                attribute=found.item.attribute,
                direction=found.item.direction,
            )
            yield world.problem(found.owner, f"{found.path}.conflict", "attribute-map", message)


RULES = (
    integration_keys,
    attributes,
    files,
    values,
    reversible,
    lookups,
    write_throughs,
    messages,
    overlaps,
    deltas,
    outgoing,
    constants,
    streams,
    trackings,
    secrets,
    connection_settings,
    conflicts,
)
