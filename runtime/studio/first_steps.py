"""What comes next on a site that has nothing yet: the way from an empty site to a page that a customer sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.system import SYSTEM_ENTITIES
from runtime.studio.bench import Item
from runtime.studio.desk import Desk
from runtime.studio.rights import ADOPTING

SYSTEM = frozenset(entity.key for entity in SYSTEM_ENTITIES)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step: what it is called, what it is for, where it is done, whether it is done, and `other`, another way to do it."""

    label: str
    more: str
    url: str
    done: bool = False
    other: tuple[str, str] = ("", "")


def first_steps(desk: Desk) -> tuple[FirstStep, ...]:
    """The steps that the person may do, until a list of the site is published; then nothing."""
    served = (name for name in desk.bench.standing.released if name.kind == "list" and name.site in ("", desk.reach.site))
    return tuple(_steps(desk)) if next(served, None) is None else ()


def _steps(desk: Desk) -> Iterator[FirstStep]:
    say, kinds = desk.say, desk.reach.kinds
    entities = [item for item in _there(desk, "entity") if item.id.key not in SYSTEM]
    if "site" in kinds:
        url = desk.url("design", "site", desk.reach.site)
        changed = any(item.head.number > 1 for item in _there(desk, "site"))
        yield FirstStep(say("studio.first_site"), say("studio.first_site_more"), url, changed)
    if "web_role" in kinds:
        made = any(not item.data.get("studio") for item in _there(desk, "web_role"))
        yield FirstStep(say("studio.first_role"), say("studio.first_role_more"), desk.url("new", "web_role"), made)
    if "entity" in kinds:
        other = (
            (say("studio.first_adopt"), desk.url("new", "connection")) if all(kind in kinds for kind in ADOPTING) else ("", "")
        )
        yield FirstStep(
            say("studio.first_entity"), say("studio.first_entity_more"), desk.url("new", "entity"), bool(entities), other
        )
    seen = {str(item.data.get("record_entity") or "") for item in _there(desk, "page")}
    shown = sorted((item for item in entities if desk.makes_screens(item)), key=lambda item: item.id.key not in seen)
    for item in shown[:1]:
        label = say("studio.first_pages", name=desk.label(item))
        url = desk.url("screens", item.id.key)
        yield FirstStep(label, say("studio.first_pages_more"), url, item.id.key in seen)
    if desk.reach.publishes:
        yield FirstStep(say("studio.first_publish"), say("studio.first_publish_more"), desk.url("publish"))
    if desk.reach.has("people"):
        yield FirstStep(say("studio.first_people"), say("studio.first_people_more"), desk.url("people"))


def _there(desk: Desk, kind: str) -> tuple[Item, ...]:
    """The components of a kind that the person may work on and that are not to be deleted."""
    return tuple(item for item in desk.within(kind) if not item.head.deleted)
