"""What a table map's designer asks of the outside system: the columns of its table, and a few rows as the map would take them.

Only a connection as it is published is opened, so that a draft leads no credentials to another address. Rows of ours are those
that the person at the studio may read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from connectors.adapters import open_adapter
from connectors.errors import ConnectorError, first_line
from connectors.protocol import Adapter
from connectors.sampling import SampleRow, bare_map, columns_outside, sample_in, sample_out
from connectors.tablemap import CompiledMap, compiled_map
from metadata.errors import MetadataError
from metadata.model import Connection, TableMap
from runtime.records.ask import ListAsk
from runtime.records.errors import Denied
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, plan_entity
from runtime.studio.bench import Item
from runtime.studio.desk import Desk
from runtime.studio.viewing.eyes import drafted

MOST = 5
"""Rows of a sample."""
LONG, SHORT = 300.0, 15.0
"""Seconds for which columns are remembered, and for which a failure is, or a sample."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the outside said, or why it said nothing: columns with their types, or rows of a sample."""

    columns: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[SampleRow, ...] = ()
    problem: str = ""


def columns_of(desk: Desk, item: Item) -> Heard:
    """The columns of the table that a draft names; of one that is not written down yet none."""
    connection, table = _published(desk, item.data), str(item.data.get("table") or "")
    if isinstance(connection, str):
        return Heard(problem=connection)
    entity = next(iter(desk.context.snapshot.entities.values()))
    model = TableMap(key=item.id.key, connection=connection.key, entity="", table=table, integration_key=(), attributes=())

    def ask(adapter: Adapter) -> Heard:
        found = columns_outside(adapter, bare_map(connection, entity, model))
        problem = "" if found else desk.say("studio.no_table_outside", name=table)
        return Heard({name: words for name, (_, words) in found.items()}, problem=problem)

    return _heard(desk, connection, ("columns", connection, table), ask) if table else Heard()


def sample_of(desk: Desk, item: Item) -> Heard:
    """A few rows as the draft of a map would take them, and rows of ours as it would send them."""
    connection = _published(desk, item.data)
    if isinstance(connection, str):
        return Heard(problem=connection)
    try:
        found = drafted(desk.context)
    except MetadataError:
        return Heard(problem=desk.say("studio.mend_first_rows"))
    if item.id in found.as_served or item.id.key not in found.snapshot.table_maps:
        return Heard(problem=desk.say("studio.mend_first_rows"))
    table_map = compiled_map(found.snapshot, item.id.key)

    def ask(adapter: Adapter) -> Heard:
        return Heard(rows=sample_in(table_map, adapter, MOST))

    heard = _heard(desk, connection, ("rows", connection, repr(table_map.model)), ask)
    return heard if heard.problem or heard.rows else Heard(rows=sample_out(table_map, _ours(desk, table_map), MOST))


def ask_again(desk: Desk, item: Item) -> None:
    """Forget what was heard from the connection of a map."""
    connection = _published(desk, item.data)
    desk.context.services.outside.forget(lambda asked: isinstance(asked, tuple) and asked[1] == connection)


def _published(desk: Desk, data: Mapping[str, Any]) -> Connection | str:
    """The connection of a map as it is published, or why it is not asked."""
    key = str(data.get("connection") or "")
    if not key:
        return desk.say("studio.no_connection")
    served = desk.context.snapshot.connections.get(key)
    draft = desk.bench.find("connection", key, "")
    if served is None or draft is None or draft.waits:
        return desk.say("studio.publish_connection", name=desk.label(draft) if draft else key)
    return served


def _heard(desk: Desk, connection: Connection, asked: Any, ask: Callable[[Adapter], Heard]) -> Heard:
    def hear() -> Heard:
        try:
            with closing(open_adapter(connection)) as adapter:
                return ask(adapter)
        except ConnectorError as fault:
            return Heard(problem=first_line(fault))

    desk.context.lease.rest()
    found: Heard = desk.context.services.outside.recall(
        asked, hear, lambda heard: LONG if heard.columns and not heard.problem else SHORT
    )
    return found


def _ours(desk: Desk, table_map: CompiledMap) -> Iterator[Mapping[str, Any]]:
    """Rows of the entity that the person may read, as they are published: lookups as their labels."""
    context, entity = desk.context, table_map.entity.key
    if entity not in context.snapshot.entities:
        return
    names = tuple(name for name in table_map.entity.attributes if name in context.snapshot.entities[entity].attributes)
    try:
        plan = plan_entity(context.snapshot, context.principal, entity, ListOptions(extra=names))
    except Denied:
        return
    for row in fetch_list(context.reader, plan, context.principal, ListAsk("", page_size=MOST * 4)).rows:
        yield {path: row[column.label_index or column.index] for path, column in plan.extra.items()}
