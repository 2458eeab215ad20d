"""Rules on small pictures: a width is given where there is a picture, and is one that a picture can have."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.media import PICTURES, media_type_of
from metadata.model import Component, Form, FormField, ListComponent, Page, View, WebFile
from metadata.model.base import NARROWEST, WIDEST
from metadata.schema.faults import shown
from metadata.told import Called, told

Given = Iterator[tuple[Component, str, int]]


def widths(world: World) -> Iterator[Problem]:
    """A width is neither a speck nor a poster."""
    for component, path, width in _given(world):
        if width and not NARROWEST <= width <= WIDEST:
            message = told(
                "{width} is no width of a small picture; give one from {narrowest} to {widest} pixels.",
                width=width,
                narrowest=NARROWEST,
                widest=WIDEST,
            )
            yield world.problem(component, path, "thumbnail", message)


def attributes(world: World) -> Iterator[Problem]:
    """A width of a column or a field is one of an image."""
    named: list[tuple[View | Form, str, str, int]] = [
        (view, f"columns.{index}", column.attribute, column.thumbnail)
        for view in world.all(View)
        for index, column in enumerate(view.columns)
    ]
    named += [(form, path, field.attribute, field.thumbnail) for form in world.all(Form) for path, field in _fields(form)]
    for component, path, name, width in named:
        found = world.attribute(component.entity, name) if width and component.entity in world.entities else None
        if found is not None and found.type != "image":
            message = told(
                "{attribute} is of type {type}; only an image has a width to be shown at. Remove thumbnail.",
                attribute=shown(name),
                type=Called(found.type, "type"),
            )
            yield world.problem(component, f"{path}.thumbnail", "thumbnail", message)


def cards(world: World) -> Iterator[Problem]:
    """A width of cards is one of their picture."""
    for item in world.all(ListComponent):
        if item.cards and item.cards.thumbnail and not item.cards.picture:
            yield world.problem(item, "cards.thumbnail", "thumbnail", told("The cards have no picture; name one."))


def web_files(world: World) -> Iterator[Problem]:
    """Small pictures are made of web files that are pictures."""
    for file in world.all(WebFile):
        kind = _kind(file)
        if file.thumbnails and kind not in PICTURES:
            message = told("It is {media_type}, of which no small picture can be made; remove thumbnails.", media_type=kind)
            yield world.problem(file, "thumbnails", "thumbnail", message)


def tiles(world: World) -> Iterator[Problem]:
    """The picture of a tile is one, and has a width only where there is a small one to be made of it."""
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            for number, tile in enumerate(block.tiles):
                path = f"blocks.{index}.tiles.{number}"
                file = world.find("web_file", tile.picture, page.site) if tile.picture else None
                if tile.thumbnail and not tile.picture:
                    message = told("The tile has no picture; name a web file, or remove thumbnail.")
                    yield world.problem(page, f"{path}.thumbnail", "thumbnail", message)
                if not isinstance(file, WebFile):
                    continue
                if not _kind(file).startswith("image/"):
                    message = told(
                        "The web file {file} is {media_type}, no picture; name another.", file=file.key, media_type=_kind(file)
                    )
                    yield world.problem(page, f"{path}.picture", "thumbnail", message)
                elif tile.thumbnail and _kind(file) not in PICTURES:
                    message = told("Of {media_type} no small picture can be made; remove thumbnail.", media_type=_kind(file))
                    yield world.problem(page, f"{path}.thumbnail", "thumbnail", message)


def _given(world: World) -> Given:
    for view in world.all(View):
        yield from ((view, f"columns.{index}.thumbnail", column.thumbnail) for index, column in enumerate(view.columns))
    for form in world.all(Form):
        yield from ((form, f"{path}.thumbnail", field.thumbnail) for path, field in _fields(form))
    for item in world.all(ListComponent):
        if item.cards:
            yield item, "cards.thumbnail", item.cards.thumbnail
    for file in world.all(WebFile):
        # Zero, which elsewhere stands for none, is here a width like any other.
        yield from ((file, f"thumbnails.{index}", width or -1) for index, width in enumerate(file.thumbnails))
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            for number, tile in enumerate(block.tiles):
                yield page, f"blocks.{index}.tiles.{number}.thumbnail", tile.thumbnail


def _fields(form: Form) -> Iterator[tuple[str, FormField]]:
    yield from ((f"summary.{index}", field) for index, field in enumerate(form.summary))
    for number, tab in enumerate(form.tabs):
        for place, section in enumerate(tab.sections):
            for index, field in enumerate(section.fields):
                yield f"tabs.{number}.sections.{place}.fields.{index}", field


def _kind(file: WebFile) -> str:
    return file.media_type or media_type_of(file.partial_url)


RULES = (widths, attributes, cards, web_files, tiles)
