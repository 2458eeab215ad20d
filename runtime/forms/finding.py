"""Rows that lookups may point at, found by records under the person's permissions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.forms.fields import Chosen, Finder
from runtime.forms.rules import Rules
from runtime.records.errors import BadAsk, Denied
from runtime.records.lookups import Belonging, Offer, offer, resolve_offer


def make_finder(
    connection: Callable[[], Connection], snapshot: Snapshot, principal: Principal, write: Callable[[Any], str]
) -> Finder:
    """A finder for one request; a row that was looked up is remembered until its end.

    `connection` gives the connection to read on by then; `write` makes a figure a text.
    """
    known: dict[tuple[str, str, int, Belonging | None], Chosen | None] = {}
    offered: dict[tuple[tuple[str, ...], str, str, int, Belonging | None], Sequence[Chosen]] = {}

    def find(rules: Rules, text: str, limit: int) -> Sequence[Chosen]:
        key = (rules.attribute.targets, rules.field.view, text, limit, belonging(rules))
        if key not in offered:
            offered[key] = search(rules, text, limit)
        return offered[key]

    def search(rules: Rules, text: str, limit: int) -> Sequence[Chosen]:
        found: list[Chosen] = []
        for entity in rules.attribute.targets:
            with suppress(Denied, BadAsk):
                view = view_of(snapshot, rules, entity)
                rows = offer(connection(), snapshot, principal, entity, view=view, q=text, limit=limit, within=belonging(rules))
                found.extend(chosen(row, rules, entity, write) for row in rows)
        return found[:limit]

    def get(rules: Rules, entity: str, id: int) -> Chosen | None:
        target = entity or next(iter(rules.attribute.targets), "")
        if target not in rules.attribute.targets or (len(rules.attribute.targets) > 1 and not entity):
            return None
        key = (target, view_of(snapshot, rules, target), id, belonging(rules))
        if key not in known:
            known[key] = None
            with suppress(Denied):
                row = resolve_offer(connection(), snapshot, principal, target, id, view=key[1], within=key[3])
                known[key] = None if row is None else chosen(row, rules, target, write)
        return known[key]

    return Finder(find, get)


def belonging(rules: Rules) -> Belonging | None:
    """The row that those offered must belong to, and by which path."""
    return None if rules.within is None else (rules.field.narrowed_path, rules.within)


def view_of(snapshot: Snapshot, rules: Rules, entity: str) -> str:
    """The view that limits a lookup; only for the entity that it is a view of."""
    view = snapshot.views.get(rules.field.view)
    return view.key if view is not None and view.entity == entity else ""


def chosen(row: Offer, rules: Rules, entity: str, write: Callable[[Any], str]) -> Chosen:
    """An offer of records as forms know it."""
    label = str(row.id) if row.label is None else write(row.label)
    second = "" if row.second is None else write(row.second)
    return Chosen(row.id, label, second, entity if rules.attribute.model.targets else "")
