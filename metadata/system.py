"""The entities and attributes that every installation has, and how declared ones extend them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from metadata.model import Attribute, Component, Entity
from metadata.text import Text

RESERVED_ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(key="id", type="lookup", label=Text.of({"en": "Key", "sv": "Nyckel", "nl": "Sleutel"})),
    Attribute(key="version", type="integer", label=Text.of({"en": "Version", "sv": "Version", "nl": "Versie"})),
    Attribute(key="created_at", type="datetime", label=Text.of({"en": "Created", "sv": "Skapad", "nl": "Gemaakt"})),
    Attribute(
        key="created_by",
        type="lookup",
        target="contact",
        label=Text.of({"en": "Created by", "sv": "Skapad av", "nl": "Gemaakt door"}),
    ),
    Attribute(
        key="created_from",
        type="text",
        max_length=20,
        label=Text.of({"en": "Created from", "sv": "Skapad från", "nl": "Gemaakt vanuit"}),
    ),
    Attribute(key="changed_at", type="datetime", label=Text.of({"en": "Changed", "sv": "Ändrad", "nl": "Gewijzigd"})),
    Attribute(
        key="changed_by",
        type="lookup",
        target="contact",
        label=Text.of({"en": "Changed by", "sv": "Ändrad av", "nl": "Gewijzigd door"}),
    ),
    Attribute(
        key="changed_from",
        type="text",
        max_length=20,
        label=Text.of({"en": "Changed from", "sv": "Ändrad från", "nl": "Gewijzigd vanuit"}),
    ),
)

RESERVED_KEYS = frozenset(attribute.key for attribute in RESERVED_ATTRIBUTES)

SYSTEM_ENTITIES: tuple[Entity, ...] = (
    Entity(
        key="company",
        label=Text.of({"en": "Company", "sv": "Bolag", "nl": "Bedrijf"}),
        plural=Text.of({"en": "Companies", "sv": "Bolag", "nl": "Bedrijven"}),
        primary_name="name",
        attributes=(
            Attribute(key="code", type="text", max_length=40, label=Text.of({"en": "Code", "sv": "Kod", "nl": "Code"})),
            Attribute(key="name", type="text", label=Text.of({"en": "Name", "sv": "Namn", "nl": "Naam"})),
            Attribute(
                key="currency",
                type="text",
                max_length=3,
                label=Text.of({"en": "Currency", "sv": "Valuta", "nl": "Valuta"}),
            ),
        ),
    ),
    Entity(
        key="account",
        label=Text.of({"en": "Account", "sv": "Konto", "nl": "Account"}),
        plural=Text.of({"en": "Accounts", "sv": "Konton", "nl": "Accounts"}),
        primary_name="name",
        attributes=(
            Attribute(
                key="number",
                type="text",
                max_length=60,
                label=Text.of({"en": "Number", "sv": "Nummer", "nl": "Nummer"}),
            ),
            Attribute(key="name", type="text", label=Text.of({"en": "Name", "sv": "Namn", "nl": "Naam"})),
            Attribute(
                key="parent_account",
                type="lookup",
                target="account",
                on_delete="clear",
                label=Text.of({"en": "Parent account", "sv": "Överordnat konto", "nl": "Bovenliggend account"}),
            ),
            Attribute(
                key="company",
                type="lookup",
                target="company",
                label=Text.of({"en": "Company", "sv": "Bolag", "nl": "Bedrijf"}),
            ),
        ),
    ),
    Entity(
        key="contact",
        label=Text.of({"en": "Contact", "sv": "Kontakt", "nl": "Contact"}),
        plural=Text.of({"en": "Contacts", "sv": "Kontakter", "nl": "Contacten"}),
        primary_name="full_name",
        attributes=(
            Attribute(key="full_name", type="text", label=Text.of({"en": "Name", "sv": "Namn", "nl": "Naam"})),
            Attribute(key="email", type="email", label=Text.of({"en": "E-mail", "sv": "E-post", "nl": "E-mail"})),
            Attribute(
                key="account",
                type="lookup",
                target="account",
                label=Text.of({"en": "Account", "sv": "Konto", "nl": "Account"}),
            ),
            Attribute(
                key="company",
                type="lookup",
                target="company",
                label=Text.of({"en": "Company", "sv": "Bolag", "nl": "Bedrijf"}),
            ),
            Attribute(
                key="language",
                values="languages",
                type="text",
                max_length=20,
                label=Text.of({"en": "Language", "sv": "Språk", "nl": "Taal"}),
            ),
            Attribute(
                key="time_zone",
                values="time_zones",
                type="text",
                max_length=60,
                label=Text.of({"en": "Time zone", "sv": "Tidszon", "nl": "Tijdzone"}),
            ),
            Attribute(
                key="active",
                type="boolean",
                default=True,
                label=Text.of({"en": "Active", "sv": "Aktiv", "nl": "Actief"}),
            ),
        ),
    ),
)


def _extended(declared: Entity, system: Entity) -> Entity:
    known = {attribute.key for attribute in declared.attributes}
    return replace(
        declared,
        label=declared.label or system.label,
        plural=declared.plural or system.plural,
        primary_name=declared.primary_name or system.primary_name,
        attributes=(*declared.attributes, *(extra for extra in system.attributes if extra.key not in known)),
    )


def complete(components: Iterable[Component]) -> tuple[Component, ...]:
    """The components with the system entities added, or extended by the attributes that the engine needs of them."""
    given = tuple(components)
    declared = {component.key for component in given if isinstance(component, Entity)}
    by_key = {system.key: system for system in SYSTEM_ENTITIES}
    extended = (
        _extended(component, by_key[component.key]) if isinstance(component, Entity) and component.key in by_key else component
        for component in given
    )
    return (*extended, *(system for system in SYSTEM_ENTITIES if system.key not in declared))
