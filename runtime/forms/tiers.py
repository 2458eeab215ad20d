"""Values that come in tiers, such as a price by quantity: of the rows related to a record, the one that is reached counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.ask import ListAsk
from runtime.records.errors import Denied
from runtime.records.lists import fetch_list
from runtime.records.plan import ListOptions, Near, plan_entity

MOST_TIERS = 200


@dataclass(frozen=True, slots=True)
class TierPath:
    """A path `lookup.relationship.value`: the lookup on the line, the 1:N relationship of its target, the rows' attribute."""

    lookup: str
    target: str
    relationship: str
    entity: str
    value: str


def tier_path(snapshot: Snapshot, entity: str, path: str) -> TierPath | None:
    """The parts of such a path; None for a path of another form."""
    parts = path.split(".")
    attribute = snapshot.entities[entity].attributes.get(parts[0])
    if len(parts) != 3 or attribute is None or len(attribute.targets) != 1:
        return None
    target = attribute.targets[0]
    relationship = snapshot.entities[target].relationships.get(parts[1])
    if relationship is None or parts[2] not in snapshot.entities[relationship.entity].attributes:
        return None
    return TierPath(parts[0], target, parts[1], relationship.entity, parts[2])


class Tiers:
    """Reads the tiers of a record once, under the person's own permission."""

    def __init__(self, connection: Callable[[], Connection], snapshot: Snapshot, principal: Principal) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._principal = principal
        self._known: dict[tuple[TierPath, str, int], tuple[tuple[Any, Any], ...]] = {}

    def value(self, path: TierPath, tier: str, values: Mapping[str, Any], reached: Decimal) -> Any:
        """The value of the highest tier that `reached` reaches; None where there is none."""
        record = values.get(path.lookup)
        if not isinstance(record, int):
            return None
        key = (path, tier, record)
        if key not in self._known:
            self._known[key] = self._read(path, tier, record)
        reachable = [(step or Decimal(0), value) for step, value in self._known[key] if (step or 0) <= reached]
        return max(reachable, key=lambda pair: pair[0])[1] if reachable else None

    def _read(self, path: TierPath, tier: str, record: int) -> tuple[tuple[Any, Any], ...]:
        options = ListOptions(extra=(path.value, tier), near=Near(path.target, path.relationship))
        try:
            plan = plan_entity(self._snapshot, self._principal, path.entity, options)
        except Denied:
            return ()
        value, step = plan.column(path.value), plan.column(tier)
        if value is None or step is None:
            return ()
        page = fetch_list(self._connection(), plan, self._principal, ListAsk(plan.view, page_size=MOST_TIERS), near=record)
        return tuple((row[step.index], row[value.index]) for row in page.rows)
