"""Loadings of the pottery's kilns: a shelf is chosen among those of the kiln."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from metadata.model import (
    AlternateKey,
    Attribute,
    Block,
    Entity,
    EntityPermission,
    Form,
    FormField,
    Page,
    Section,
    Tab,
)
from metadata.text import Text
from support.pottery import Pottery, make_pottery

SHELF = Entity(
    key="shelf",
    primary_name="name",
    attributes=(
        Attribute(key="name", type="text"),
        Attribute(key="kiln", type="lookup", target="kiln"),
    ),
)
LOADING = Entity(
    key="loading",
    primary_name="note",
    attributes=(
        Attribute(key="note", type="text"),
        Attribute(key="kiln", type="lookup", target="kiln"),
        Attribute(key="shelf", type="lookup", target="shelf"),
    ),
    keys=(AlternateKey(key="note", attributes=("note",)),),
)


def form(**more: Any) -> Form:
    """The form of a loading; `more` is said of its shelf."""
    shelf = FormField(**{"attribute": "shelf", "narrowed_by": "kiln", "narrowed_path": "kiln", "style": "dropdown", **more})
    fields = (FormField(attribute="note"), FormField(attribute="kiln", style="dropdown"), shelf)
    return Form(key="load", entity="loading", tabs=(Tab(sections=(Section(fields=fields),)),))


def page(key: str, mode: str, **more: Any) -> Page:
    return Page(key=key, label=Text.of(key), partial_url=key, blocks=(Block(type="form", form="load", mode=mode),), **more)


def rights(entity: str, *privileges: str) -> EntityPermission:
    return EntityPermission(key=f"all-{entity}", entity=entity, scope="global", roles=("potter",), privileges=privileges)


EXTRA = (
    SHELF,
    LOADING,
    page("load", "insert", parent="home"),
    Page(key="loadings", label=Text.of("Loadings"), partial_url="loadings", parent="home"),
    replace(page("loading", "edit", parent="loadings"), partial_url="", record_entity="loading"),
    rights("shelf", "read", "append_to"),
    rights("loading", "read", "write", "create", "append"),
)


def make_shelves(database_url: str, folder: Path, style: str) -> Pottery:
    """Three shelves: top and bottom of Big Bertha, and the only one of Little Bert."""
    made = make_pottery(database_url, folder, *EXTRA, form(style=style))
    for name, kiln in (("top", "Big Bertha"), ("bottom", "Big Bertha"), ("only", "Little Bert")):
        made.ids[name] = made.add("shelf", name=name, kiln=made.ids[kiln])
    return made
