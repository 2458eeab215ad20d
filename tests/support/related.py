"""A firing with the pieces that are in it, as notes in time, and the glazes that are tried in it."""

import dataclasses
from pathlib import Path
from typing import Any

from metadata.model import Component, EntityPermission, Form, FormField, ManyToMany, RelatedList, Section, Tab, View, ViewColumn
from support.pottery import FIRING, Pottery, form, make_pottery, text
from support.ruled import publish

FAR: dict[str, Any] = {"relationship": "samples", "view": "glazes", "link_view": "glazes", "unlink": True}


def reading(pieces: dict[str, Any], samples: dict[str, Any]) -> Form:
    """The page's form, with two related lists."""
    lists = (
        RelatedList(view="pieces", label=text("Pieces"), **pieces),
        RelatedList(label=text("Samples"), **{**FAR, **samples}),
    )
    sections = (Section(fields=(FormField(attribute="title"),)), *(Section(related=item) for item in lists))
    return Form(key="firing-read", entity="firing", tabs=(Tab(sections=sections),))


def related_components(pieces: dict[str, Any] | None = None, samples: dict[str, Any] | None = None) -> tuple[Component, ...]:
    """What has to be published besides the pottery."""
    doing = {"create_form": "piece-new", "edit_form": "piece-edit", "delete": True}
    fields = tuple(FormField(attribute=key) for key in ("title", "glaze", "coats", "firing"))
    return (
        dataclasses.replace(FIRING, many_to_many=(ManyToMany(key="samples", target="glaze"),)),
        View(
            key="pieces",
            entity="piece",
            columns=(
                ViewColumn(attribute="title"),
                ViewColumn(attribute="coats"),
                ViewColumn(attribute="created_at"),
                ViewColumn(attribute="created_by"),
            ),
        ),
        View(key="glazes", entity="glaze", columns=(ViewColumn(attribute="name"), ViewColumn(attribute="price"))),
        form("piece-new", "piece", *fields, label=text("New piece")),
        form("piece-edit", "piece", *fields, label=text("Piece")),
        reading(doing if pieces is None else pieces, samples or {}),
        EntityPermission(
            key="pieces",
            entity="piece",
            scope="parent",
            relationship="firing",
            parent="mine",
            roles=("potter",),
            privileges=("read", "write", "create", "append", "delete"),
        ),
    )


def related_pottery(database_url: str, folder: Path, **lists: dict[str, Any]) -> Pottery:
    """The pottery with a firing of Ada's and one of Cleo's."""
    pottery = make_pottery(database_url, folder)
    publish(pottery, *related_components(**lists))
    for number, who in (("F-0001", "ada"), ("F-0002", "cleo")):
        pottery.add("firing", number=number, title=f"Bowls of {who}", potter=pottery.ids[who])
    return pottery
