"""Components that say what programs may reach."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop

SET_NAME = r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEntity:
    """What of an entity programs may reach at /_api/. Kind `api_entity`.

    An entity without one is not there for programs, and neither is an attribute or relationship that is not listed. What
    each person may do with it is decided by entity and attribute permissions, as everywhere.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    entity: str = prop(help="Entity.", ref="entity")
    name: str = prop("", "Name of the entity set in addresses; the entity's key where missing.", pattern=SET_NAME)
    attributes: tuple[str, ...] = prop(help="Attributes that programs may name; id is always there.", attribute="self")
    relationships: tuple[str, ...] = prop((), "1:N and N:N relationships that programs may follow and link by.")
    active: bool = prop(True, "An inactive one opens nothing.")

    @property
    def set_name(self) -> str:
        """The name of the entity set."""
        return self.name or self.entity
