"""An entity and those that it is related with, as a drawing: boxes and lines with places worked out here."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.studio.desk import Desk

WIDTH, BOX, HIGH, GAP = 640, 190, 44, 14
MOST = 24


@dataclass(frozen=True, slots=True)
class Box:
    """An entity: where it stands, what it is called, and where its designer is, "" for one of the engine."""

    x: int
    y: int
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """A relationship: from where to where, what it is called, and how many there are at its ends."""

    x1: int
    y1: int
    x2: int
    y2: int
    label: str
    form: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """The drawing: its size, the entity in the middle, the others and the lines; `left` is how many found no room."""

    height: int
    middle: Box
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    left: int = 0
    width: int = WIDTH
    box: int = BOX
    high: int = HIGH


def diagram(desk: Desk, entity: str) -> Diagram | None:
    """The drawing of an entity that is known; lookups lead to the left, what points here or is linked stands on the right."""
    facts = desk.bench.entities.get(entity)
    if facts is None:
        return None
    links = [(name, link) for name, link in facts.links.items()]
    known = {name for name, _ in links}
    out = [
        (key, attribute.target)
        for key, attribute in facts.attributes.items()
        if attribute.type == "lookup" and attribute.target and key not in known and key not in ("created_by", "changed_by")
    ]
    left = out[: MOST // 2]
    right = [(name, link.entity, link.form) for name, link in links if link.form != "lookup"][: MOST // 2]
    rows = max(len(left), len(right), 1)
    height = rows * (HIGH + GAP) + GAP
    middle = Box((WIDTH - BOX) // 2, (height - HIGH) // 2, _label(desk, entity), "")
    centre = height // 2
    boxes, lines = [], []
    for place, (name, target) in enumerate(left):
        y = _y(place, len(left), height)
        boxes.append(Box(0, y, _label(desk, target), _url(desk, target)))
        lines.append(Line(BOX, y + HIGH // 2, middle.x, centre, name, "N:1"))
    for place, (name, target, form) in enumerate(right):
        y = _y(place, len(right), height)
        boxes.append(Box(WIDTH - BOX, y, _label(desk, target), _url(desk, target)))
        lines.append(Line(middle.x + BOX, centre, WIDTH - BOX, y + HIGH // 2, name, form))
    return Diagram(height, middle, tuple(boxes), tuple(lines), len(out) + len(links) - len(left) - len(right))


def _y(place: int, many: int, height: int) -> int:
    return (height - many * (HIGH + GAP) + GAP) // 2 + place * (HIGH + GAP)


def _label(desk: Desk, entity: str) -> str:
    item = desk.bench.find("entity", entity, "")
    return desk.label(item) if item else entity.replace("_", " ").capitalize()


def _url(desk: Desk, entity: str) -> str:
    item = desk.bench.find("entity", entity, "")
    return desk.address("design", item.id) if item and not item.head.deleted else ""
