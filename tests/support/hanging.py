"""Works of the gallery with sketches, several files each: taken by the forms of a work, no more than three of a work."""

from pathlib import Path
from typing import Any

from metadata.model import (
    ApiEntity,
    Attribute,
    Block,
    Component,
    Entity,
    EntityPermission,
    Form,
    FormField,
    RelatedList,
    Section,
    Tab,
    View,
    ViewColumn,
)
from support.gallery import MINE, Gallery, make_gallery, page, text

MOST = 3
SKETCH = Entity(
    key="sketch",
    primary_name="name",
    attributes=(
        Attribute(key="work", type="lookup", target="work", relationship="sketches", on_delete="cascade", max_count=MOST),
        Attribute(key="name", type="text", required="required", max_length=12),
        Attribute(key="scan", type="file", accept=("application/pdf", "text/plain"), max_size=5000, label=text("Scan")),
    ),
)


def sketches(**more: Any) -> RelatedList:
    declared: dict[str, Any] = {"relationship": "sketches", "view": "sketches", "upload": "scan", "label": text("Sketches")}
    return RelatedList(**{**declared, **more})


def hanging(key: str, *fields: FormField, **more: Any) -> Form:
    """A form of a work that takes sketches."""
    sections = (Section(fields=(FormField(attribute="title"), *fields)), Section(related=sketches(**more)))
    return Form(key=key, entity="work", success_page="hung", tabs=(Tab(sections=sections),))


def hanging_components(*privileges: str, **more: Any) -> tuple[Component, ...]:
    granted: Any = privileges or ("read", "write", "create", "append", "delete")
    return (
        SKETCH,
        View(key="sketches", entity="sketch", columns=(ViewColumn(attribute="name"), ViewColumn(attribute="scan"))),
        hanging("hang-new", FormField(attribute="paper"), MINE, **more),
        hanging("hang-edit", **more),
        hanging("hang-read", **more),
        page("hang", Block(type="form", form="hang-new", mode="insert"), parent="works"),
        page("hung", Block(type="form", form="hang-read"), parent="hall", partial_url="", record_entity="work"),
        page("hall", parent="home"),
        page("rehang", Block(type="form", form="hang-edit", mode="edit"), parent="hung"),
        EntityPermission(
            key="sketches",
            entity="sketch",
            scope="parent",
            relationship="work",
            parent="mine",
            roles=("artist",),
            privileges=granted,
        ),
        ApiEntity(key="works", entity="work", attributes=("title",)),
        ApiEntity(key="sketches", entity="sketch", attributes=("work", "name")),
    )


def make_hanging(database_url: str, folder: Path, *privileges: str, others: tuple[Component, ...] = (), **more: Any) -> Gallery:
    """The gallery with sketches and no works."""
    return make_gallery(database_url, folder, *hanging_components(*privileges, **more), *others)
