"""What completes an input in which something is named: keys, with what people call them."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import Attribute, Entity
from metadata.text import in_words
from runtime.render.icons import shapes
from runtime.studio.desk import Desk
from runtime.studio.entries import ICONS
from runtime.studio.places import STEP

OFFERED = 2_000


def offer(desk: Desk, name: str) -> Iterator[tuple[str, str]]:
    """The words that complete an input, with what people call them.

    `name` is `icons`, `kind-` with a kind for its components, `attributes-` with an entity for its attributes and
    paths, or `own-` with one for its attributes alone.
    """
    if name == ICONS:
        return ((icon, "") for icon in shapes())
    source, _, about = name.partition("-")
    if source == "kind":
        items = (item for item in desk.bench.by_kind.get(about, ()) if item.id.site in ("", desk.reach.site))
        found = {item.id.key: desk.label(item) for item in items}
        if about == "entity":  # those of the engine are no components until something is added to them
            found = {**{key: label_of(desk, facts.model) for key, facts in desk.bench.entities.items()}, **found}
        return iter(list(found.items())[:OFFERED])
    if source == "own":
        facts = desk.bench.entities.get(about)
        return iter(
            [(key, label_of(desk, attribute)) for key, attribute in (facts.attributes if facts else {}).items()][:OFFERED]
        )
    return iter(_paths_from(desk, about)[:OFFERED])


def _paths_from(desk: Desk, entity: str) -> list[tuple[str, str]]:
    """The attributes of an entity, and those of what its lookups lead to."""
    entities = desk.bench.entities
    facts = entities.get(entity)
    own = facts.attributes if facts else {}
    found = [(key, label_of(desk, attribute)) for key, attribute in own.items()]
    for key, attribute in own.items():
        far = entities.get(attribute.target) if attribute.target else None
        label = label_of(desk, attribute)
        found += [
            (f"{key}.{name}", f"{label}{STEP}{label_of(desk, beyond)}")
            for name, beyond in (far.attributes.items() if far else ())
        ]
    return found


def label_of(desk: Desk, named: Attribute | Entity) -> str:
    """What people call an attribute or an entity; its key in words where it has no label."""
    label = named.label.in_language(desk.context.language, desk.context.site.model.default_language)
    return label or in_words(named.key)
