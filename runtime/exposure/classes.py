"""By what attributes of a class are reached: the exposures of those whose values need that much protection."""

from __future__ import annotations

from collections.abc import Iterable

from metadata.snapshot import Snapshot
from runtime.exposure.walk import Exposure

WHOLE = "*"


def attributes_of_class(snapshot: Snapshot, classed: str) -> frozenset[str]:
    """The attributes that metadata put into a class, as exposures name them: `entity.attribute`."""
    return frozenset(
        f"{entity.key}.{attribute.key}"
        for entity in snapshot.entities.values()
        for attribute in entity.model.attributes
        if attribute.classification == classed
    )


def reaching(found: Iterable[Exposure], named: frozenset[str]) -> tuple[Exposure, ...]:
    """Those exposures that reach one of some attributes, or whole rows that have one."""
    whole = {f"{name.partition('.')[0]}.{WHOLE}" for name in named}
    return tuple(item for item in found if item.attribute in named or item.attribute in whole)
