"""What tests of reading in random worlds share: a view of everything, and what of it is out of reach."""

from typing import Any

from metadata.model import Entity, Filter, Sort, View, ViewColumn


def view_of(entity: Entity, filter: Filter | None = None, sort: tuple[Sort, ...] = ()) -> View:
    """A view of every attribute, and of the name of every row that a lookup leads to."""
    columns = [ViewColumn(attribute=a.key) for a in entity.attributes]
    columns += [
        ViewColumn(attribute=f"{a.key}.{name}")
        for a in entity.attributes
        if a.type == "lookup" and a.target
        for name in ("full_name" if a.target == "contact" else "name",)
    ]
    return View(key="v", entity=entity.key, columns=tuple(columns), filter=filter, sort=sort)


def hidden(world: Any, entity: str, path: str) -> bool:
    """Whether a path may not be read in a random world."""
    head, _, rest = path.partition(".")
    if head not in world.rights(entity, "read"):
        return True
    attribute = world.lookup(entity, head)
    return bool(rest) and (not world.grants(attribute.target, "read") or rest not in world.rights(attribute.target, "read"))
