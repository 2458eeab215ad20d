"""Rules on table maps that are stored together."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Connection, TableMap
from metadata.told import told


def groups(world: World) -> Iterator[Problem]:
    """Maps of a group come in, from one database whose triggers or log tell their changes; one map alone is no group."""
    connectors = {connection.key: connection.connector for connection in world.all(Connection)}
    grouped = [owner for owner in world.all(TableMap) if owner.group]
    for owner in grouped:
        others = [other for other in grouped if other.group == owner.group and other.key != owner.key]
        fault = _fault(owner, connectors.get(owner.connection, ""), others)
        if fault:
            yield world.problem(owner, "group", "table-map", fault)


def _fault(owner: TableMap, connector: str, others: list[TableMap]) -> str:
    elsewhere = next((other for other in others if other.connection != owner.connection), None)
    if connector and connector != "sql":
        return told(
            "group is for connector sql, and {connection} is {connector}; leave it out.",
            connection=owner.connection,
            connector=connector,
        )
    if not owner.tracking:
        return told("Maps of a group need tracking: triggers or log, and this one has none; name one of them, or no group.")
    if all(item.direction == "out" for item in owner.attributes):
        return told("No attribute of this map comes in, so that there is nothing to store together; leave group out.")
    if elsewhere is not None:
        return told(
            "{map} is in the group {group} too, and is a map of {connection};"
            " one transaction changes one database: name another group.",
            map=elsewhere.key,
            group=owner.group,
            connection=elsewhere.connection,
        )
    if not others:
        return told(
            "No other map is in the group {group}; give those that belong together the same word, or leave it out.",
            group=owner.group,
        )
    return ""


RULES = (groups,)
