"""CSDL: the description of entity types and sets in XML, put together from names and types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from runtime.odata.values import KEY, NUMBER

NAMESPACE = "Foyer"
MEDIA_TYPE = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class NavigationElement:
    """A navigation property: its name, the entity type it leads to, whether to many, and the other way back, if any."""

    name: str
    target: str
    many: bool
    partner: str = ""


def document(container: str, types: Sequence[str], sets: Sequence[str]) -> str:
    """The whole document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        f'<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">{"".join(types)}'
        f"<EntityContainer Name={quoteattr(container)}>{''.join(sets)}</EntityContainer>"
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def entity_type(
    name: str, properties: Sequence[tuple[str, str]], navigations: Sequence[NavigationElement] = (), keys: Sequence[str] = ()
) -> str:
    """An entity type with the key `id`; `properties` are names and types, `keys` elements of alternate keys."""
    columns = "".join(f"<Property Name={quoteattr(one)} Type={quoteattr(kind)}{_facets(kind)}/>" for one, kind in properties)
    ways = "".join(_navigation(one) for one in navigations)
    return (
        f'<EntityType Name={quoteattr(name)}><Key><PropertyRef Name="{KEY}"/></Key>'
        f'<Property Name="{KEY}" Type="{NUMBER}" Nullable="false"/>{columns}{ways}{"".join(keys)}</EntityType>'
    )


def entity_set(name: str, kind: str, bindings: Sequence[tuple[str, str]] = ()) -> str:
    """An entity set of an entity type; `bindings` are its navigation properties with the sets that they lead to."""
    opening = f"<EntitySet Name={quoteattr(name)} EntityType={quoteattr(f'{NAMESPACE}.{kind}')}"
    if not bindings:
        return f"{opening}/>"
    inner = "".join(
        f"<NavigationPropertyBinding Path={quoteattr(path)} Target={quoteattr(target)}/>" for path, target in bindings
    )
    return f"{opening}>{inner}</EntitySet>"


def _navigation(one: NavigationElement) -> str:
    kind = f"{NAMESPACE}.{one.target}"
    partner = f" Partner={quoteattr(one.partner)}" if one.partner else ""
    return (
        f"<NavigationProperty Name={quoteattr(one.name)} "
        f"Type={quoteattr(f'Collection({kind})' if one.many else kind)}{partner}/>"
    )


def _facets(kind: str) -> str:
    return ' Scale="variable"' if kind == "Edm.Decimal" else ""
