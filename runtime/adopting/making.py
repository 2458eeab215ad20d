"""Entities, choices and table maps of the drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from metadata.model import AlternateKey, Attribute, AttributeMap, Choice, Component, Entity, Option, TableMap, ValueMap
from metadata.text import Text
from runtime.adopting import naming
from runtime.adopting.drafts import Draft, Held, Pointing
from runtime.adopting.findings import LEFT_OUT, NOTE, Notes, why
from runtime.adopting.known import World

SECONDS_BETWEEN_PULLS = 60.0
"""Since nothing tells yet which rows have changed, every pull looks at all of them."""
MAY_BE_BLANK = ("text", "long_text", "choice")
"""Types whose columns may hold an empty text, which is no value here, although they are never null."""
NAMING = ("name", "full_name", "title", "label", "subject", "description")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How tables are adopted: through which connection, whether changes go back, and for which site there are pages."""

    connection: str
    both_ways: bool = False
    site: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute with its map: the column or the foreign key that it came of."""

    attribute: Attribute
    mapped: AttributeMap


@dataclass(frozen=True, slots=True)
class Made:
    """A table as components; `added` are its new attributes, in the order of its columns. `numbered` says that the outside
    gives new rows their key, so that none can be made here."""

    draft: Draft
    entity: Entity
    table_map: TableMap
    added: tuple[Part, ...]
    choices: tuple[Choice, ...]
    numbered: bool

    @property
    def components(self) -> tuple[Component, ...]:
        """What is to be saved."""
        return (*self.choices, self.entity, self.table_map)


def make_table(draft: Draft, wanted: Wanted, world: World, notes: Notes) -> Made:
    """The components of a table: new ones, or those that there are with what is new."""
    choices: list[Choice] = []
    ways = "both" if wanted.both_ways and not _clock_in_key(draft) else "in"
    if draft.known is not None:
        ways = "both" if any(item.direction == "both" for item in draft.known.table_map.attributes) else "in"
    added = tuple(_parts(draft, ways, world, choices))
    numbered = any(draft.columns[name].column.given for name in draft.row_key if name in draft.columns)
    if draft.known is not None:
        entity = replace(draft.known.entity, attributes=(*draft.known.entity.attributes, *(part.attribute for part in added)))
        maps = (*draft.known.table_map.attributes, *(part.mapped for part in added))
        return Made(draft, entity, replace(draft.known.table_map, attributes=maps), added, tuple(choices), numbered)
    entity = Entity(
        key=draft.entity,
        label=Text.of(naming.words(draft.table.name.rpartition(".")[2])),
        description=Text.of(draft.table.comment),
        primary_name=_primary_name(draft, added),
        attributes=tuple(part.attribute for part in added),
        keys=tuple(_keys(draft, notes)),
    )
    return Made(draft, entity, _map(draft, wanted, world, added), added, tuple(choices), numbered)


def _clock_in_key(draft: Draft) -> bool:
    """Whether the key has a moment or a time: databases write them down in too many ways to be asked for by them."""
    return any(draft.columns[name].column.kind in ("datetime", "time") for name in draft.row_key if name in draft.columns)


def _parts(draft: Draft, ways: str, world: World, choices: list[Choice]) -> Iterator[Part]:
    for column in draft.table.columns:
        for item in draft.pointing:
            if item.instead and item.link.columns[0] == column.name:
                yield _lookup(draft, item, ways, world)
        held = draft.columns.get(column.name)
        if held is not None and held.key:
            yield _plain(draft, held, ways, world, choices)
    for item in draft.pointing:
        if not item.instead:
            yield _lookup(draft, item, "in", world)


def _plain(draft: Draft, held: Held, ways: str, world: World, choices: list[Choice]) -> Part:
    column, fitted = held.column, held.fitted
    in_key = column.name in draft.row_key
    needed = column.needed and not column.computed and fitted.type not in MAY_BE_BLANK
    choice = ""
    if fitted.type == "choice":
        choice = naming.free(f"{draft.entity}_{held.key}", world.taken("choice"))
        world.taken("choice").add(choice)
        options = (Option(value=code, label=Text.of("" if code == value else value)) for code, value in fitted.options)
        choices.append(Choice(key=choice, options=tuple(options)))
    attribute = Attribute(
        key=held.key,
        type=fitted.type,
        label=Text.of(_told(held.key, column.name)),
        description=Text.of(column.comment),
        required="required" if needed else "optional",
        max_length=fitted.max_length,
        scale=fitted.scale if fitted.type == "decimal" else None,
        choice=choice,
    )
    one_way = ways == "in" or fitted.one_way or column.computed or (in_key and column.given)
    differs = any(code != value for code, value in fitted.options)
    mapped = AttributeMap(
        attribute=held.key,
        column=column.name,
        direction="in" if one_way else "both",
        values=tuple(ValueMap(outside=value, inside=code) for code, value in fitted.options) if differs else (),
        too_precise="round" if fitted.rounds else "",
    )
    return Part(attribute, mapped)


def _lookup(draft: Draft, item: Pointing, ways: str, world: World) -> Part:
    link = item.link
    columns = [draft.columns[name].column for name in link.columns if name in draft.columns]
    comment = next((column.comment for column in columns if column.comment), "")
    computed = any(column.computed for column in columns)
    attribute = Attribute(
        key=item.key,
        type="lookup",
        description=Text.of(comment),
        target=item.target.entity,
        relationship=world.relationship(item.target.entity, naming.free(f"{draft.entity}_{item.key}", ())),
        on_delete=link.on_delete,
    )
    several = len(link.columns) > 1
    mapped = AttributeMap(
        attribute=item.key,
        column="" if several else link.columns[0],
        direction="in" if computed else ways,
        lookup_key=item.paths,
        lookup_columns=link.columns if several else (),
    )
    return Part(attribute, mapped)


def _told(key: str, name: str) -> str:
    """A label, where the key in words is not what the outside says."""
    return "" if key == naming.plain(name) else naming.words(name)


def _attributes(draft: Draft, columns: tuple[str, ...]) -> tuple[str, ...] | None:
    """The attributes that hold these columns; None where one is not adopted."""
    found = [draft.attribute_of(name) for name in columns]
    return None if None in found else tuple(dict.fromkeys(name for name in found if name))


def _keys(draft: Draft, notes: Notes) -> Iterator[AlternateKey]:
    """The key that tells rows apart, and the others that hold as well."""
    others = [key for key in draft.table.keys if set(key) != set(draft.row_key)]
    seen: set[tuple[str, ...]] = set()
    for columns in (draft.row_key, *others):
        attributes = _attributes(draft, columns)
        if attributes is None or any(name in draft.columns and draft.columns[name].fitted.rounds for name in columns):
            said = why("key_in_part")
            notes.add(draft.table.name, ", ".join(columns), LEFT_OUT, said)
        elif attributes not in seen:
            seen.add(attributes)
            yield AlternateKey(key="key" if len(seen) == 1 else f"key_{len(seen)}", attributes=attributes)


def _primary_name(draft: Draft, parts: tuple[Part, ...]) -> str:
    """The attribute that names a row: a text that is called so, else one that is a key alone, else the first that is no part of
    a key, else the first one."""
    texts = [part.attribute.key for part in parts if part.attribute.type == "text"]
    called = [key for name in NAMING for key in texts if key == name or key.endswith(f"_{name}")]
    alone = [draft.attribute_of(key[0]) for key in draft.table.keys if len(key) == 1]
    in_keys = {draft.attribute_of(name) for key in draft.table.keys for name in key}
    keyed, free = (key for key in texts if key in alone), (key for key in texts if key not in in_keys)
    return next(iter([*called, *keyed, *free, *texts]), "")


def _map(draft: Draft, wanted: Wanted, world: World, added: tuple[Part, ...]) -> TableMap:
    name = f"{naming.plain(wanted.connection) or 'outside'}-{draft.entity}".replace("_", "-").lstrip("-")
    key = naming.free(name, world.taken("table_map"), "-")
    world.taken("table_map").add(key)
    return TableMap(
        key=key,
        label=Text.of(naming.words(draft.table.name.rpartition(".")[2])),
        connection=wanted.connection,
        entity=draft.entity,
        table=draft.table.name,
        integration_key=_attributes(draft, draft.row_key) or (),
        attributes=tuple(part.mapped for part in added),
        delete="delete",
        interval=SECONDS_BETWEEN_PULLS,
    )


def tell_map(made: Made, wanted: Wanted, notes: Notes) -> None:
    """What is to be known of a new table map."""
    name, both = made.draft.table.name, any(part.mapped.direction == "both" for part in made.added)
    if wanted.both_ways and not both:
        notes.add(name, "", NOTE, why("only_in"))
    if both and made.numbered:
        notes.add(
            name,
            ", ".join(made.draft.row_key),
            NOTE,
            why("numbered"),
        )
