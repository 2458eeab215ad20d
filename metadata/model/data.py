"""Components of the installation that say what data there is: entities, choices, languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.base import COMPONENT_KEY, ENTITY_KEY, OPTIONAL_KEY, prop
from metadata.text import Text

TONES = ("neutral", "info", "good", "warn", "bad")


CLASSES = ("public", "internal", "confidential", "personal")
"""What makers may say of an attribute's values; those without are not classed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A property of an entity, kept in a column of its table."""

    key: str = prop(help="Name of the attribute and of its column.", pattern=ENTITY_KEY)
    type: str = prop(help="Type of its values, such as text, money or lookup.")
    label: Text = prop(Text(), "Name that people read; the key in words where it is missing.")
    description: Text = prop(Text(), "One sentence for people who fill it in.")
    required: str = prop("optional", "Whether a value must be given.", choices=("optional", "recommended", "required"))
    max_length: int | None = prop(None, "Longest text, in characters.", min=1)
    min: Any = prop(None, "Smallest number or date.")
    max: Any = prop(None, "Largest number or date.")
    scale: int | None = prop(None, "Digits after the decimal point.", min=0, max=10)
    ungrouped: bool = prop(False, "A whole number is written without marks between its digits, as a year is: 1999, not 1,999.")
    pattern: str = prop("", "Regular expression that a text must match as a whole.")
    default: Any = prop(
        None,
        "Value of a new row where none is given: a literal, a word such as @today, @now or @contact.<attribute>, or after @= "
        "an expression over the row's other values, such as '@=add_days(ordered, 14)'.",
    )
    choice: str = prop("", "Choice that holds the allowed values.", ref="choice")
    values: str = prop(
        "", "Values of a text that the engine knows and offers to choose from.", choices=("", "languages", "time_zones")
    )
    target: str = prop("", "Entity that a lookup points at.", ref="entity")
    targets: tuple[str, ...] = prop((), "Entities that a polymorphic lookup may point at.", ref="entity")
    relationship: str = prop("", "Name of the 1:N relationship seen from the target; <entity>_<attribute> where missing.")
    on_delete: str = prop("restrict", "What deleting the target does to this row.", choices=("restrict", "cascade", "clear"))
    max_count: int | None = prop(
        None, "Most rows that may point by this lookup at one and the same row, such as the files of an order.", min=1
    )
    currency: str = prop("", "Currency of money: a code such as SEK, or the attribute that holds the code.")
    format: str = prop("", "Pattern of an auto-number, with one {number} such as SO-{number:06}.")
    gapless: bool = prop(
        False,
        "No auto-number is left out, not even for a row that was refused; on PostgreSQL people who save at once then wait for "
        "each other.",
    )
    immutable: bool = prop(False, "Fixed once the row has been saved.")
    classification: str = prop(
        "",
        "How much protection its values need. It grants and hides nothing: the exposure lock holds it, the explainer tells it, "
        "and the audit trail names it with changes, refusals and downloads, and with reads where audit/reads says so.",
        choices=("", *CLASSES),
    )
    formula: str = prop(
        "",
        "Expression that gives the value, such as quantity * price or count(lines, status = 'open'); the attribute is then "
        "worked out by the database whenever it is read, and nobody writes it.",
    )
    accept: tuple[str, ...] = prop(
        (), "Media types that a file or image may have, such as image/*; what cannot run script where missing."
    )
    max_size: int | None = prop(None, "Largest file, in bytes, up to what the installation takes.", min=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateKey:
    """Attributes whose values together name one row, unique in the table."""

    key: str = prop(help="Name of the key.", pattern=ENTITY_KEY)
    attributes: tuple[str, ...] = prop(help="Attributes of the key, in order.", attribute="self")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityIndex:
    """Attributes by whose values rows are found, and in whose order they stand, without reading the whole table."""

    attributes: tuple[str, ...] = prop(
        help="Attributes of the index, in order: those that are asked for by equality, then one of a range or an order.",
        attribute="self",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyToMany:
    """A named N:N link of this entity's rows with rows of another entity."""

    key: str = prop(help="Name of the relationship.", pattern=ENTITY_KEY)
    target: str = prop(help="The other entity.", ref="entity")
    label: Text = prop(Text(), "Name that people read.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherAccounts:
    """Where the accounts are that a contact may act for besides its own: an N:N relationship, or an entity of memberships."""

    relationship: str = prop("", "N:N relationship of the contact with account.", pattern=OPTIONAL_KEY)
    entity: str = prop("", "Entity whose rows are memberships, in the place of a relationship.", ref="entity")
    contact: str = prop("contact", "The membership's lookup to contact.", pattern=ENTITY_KEY)
    account: str = prop("account", "The membership's lookup to account.", pattern=ENTITY_KEY)
    role: str = prop(
        "",
        "The membership's attribute with the key of a web role, a row for each role. For such an account a person has these "
        "roles alone; without it, those that the contact was given.",
        pattern=OPTIONAL_KEY,
    )
    active: str = prop("", "The membership's yes or no that says whether it counts; no counts not.", pattern=OPTIONAL_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A declared business object. Rows live in a table of the same name.

    Every entity also has the attributes id, version, created_at, created_by, created_from, changed_at, changed_by and
    changed_from, which are kept by the engine and cannot be declared.
    """

    key: str = prop(help="Name of the entity and of its table.", pattern=ENTITY_KEY)
    label: Text = prop(Text(), "Name of one row.")
    plural: Text = prop(Text(), "Name of several rows.")
    description: Text = prop(Text(), "What it is, in a sentence.")
    primary_name: str = prop(
        "", "Attribute that names a row to people; also its human key in addresses where unique.", attribute="self"
    )
    attributes: tuple[Attribute, ...] = prop((), "The attributes.")
    keys: tuple[AlternateKey, ...] = prop((), "Alternate keys.")
    indexes: tuple[EntityIndex, ...] = prop(
        (),
        "Indexes besides those that keys, lookups, the order of views and permissions have anyway; foyer plan names what a "
        "page lacks.",
    )
    many_to_many: tuple[ManyToMany, ...] = prop((), "N:N relationships.")
    further_accounts: FurtherAccounts | None = prop(
        None, "Accounts that people act for besides their own, by turns (on the entity contact only)."
    )
    icon: str = prop("", "Name of an icon.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value of a choice."""

    value: str = prop(help="Stable code that is stored.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Name that people read.")
    tone: str = prop("", "Colour role of a status.", choices=("", *TONES))
    mark: str = prop("", "Shape of the status mark.", choices=("", "dot", "open", "part", "square"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A closed set of values with labels per language. The order of the options is their sort order in menus."""

    key: str = prop(help="Name of the choice.", pattern=ENTITY_KEY)
    label: Text = prop(Text(), "Name that people read.")
    options: tuple[Option, ...] = prop(help="The values.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language in which sites can be read. The key is its BCP 47 tag and the first part of its addresses."""

    key: str = prop(help="BCP 47 tag, such as sv-SE.", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    label: Text = prop(Text(), "Name of the language in the language itself.")
    fallback: str = prop("", "Language whose texts are shown where this one has none.", ref="language")
