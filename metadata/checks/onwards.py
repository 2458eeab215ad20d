"""Rules on how people are led on: there is a page or an address, and what goes into it can be told of the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from metadata.checks.formulas import faults, read
from metadata.checks.lists import entity_of
from metadata.checks.world import World, repeated
from metadata.errors import Problem
from metadata.expressions.tree import aggregates
from metadata.model import Component, Form, ListComponent, MultistepForm, Onwards, Page
from metadata.schema.faults import shown
from metadata.told import told

OUTSIDE = ("https://", "http://", "/")


@dataclass(frozen=True, slots=True)
class Led:
    """A place of metadata that leads on: whose it is, its entity and page, and the relationships whose rows are known there."""

    owner: Component
    path: str
    entity: str
    page: str
    onwards: Onwards
    lines: frozenset[str] = frozenset()


def places(world: World) -> Iterator[Led]:
    """Every place that leads on by more than a page."""
    for form in world.all(Form):
        if form.onwards is not None:
            yield Led(form, "onwards", form.entity, form.success_page, form.onwards)
        for index, action in enumerate(form.actions):
            if action.onwards is not None:
                yield Led(form, f"actions.{index}.onwards", form.entity, action.page, action.onwards)
    for multi in world.all(MultistepForm):
        if multi.onwards is not None:
            yield Led(multi, "onwards", multi.entity, multi.success_page, multi.onwards)
        lines = frozenset(step.relationship for step in multi.steps if step.type == "lines")
        for index, step in enumerate(multi.steps):
            if step.onwards is not None:
                yield Led(multi, f"steps.{index}.onwards", multi.entity, step.page, step.onwards, lines)
    for item in world.all(ListComponent):
        for index, row in enumerate(item.actions):
            if row.onwards is not None:
                yield Led(item, f"actions.{index}.onwards", entity_of(world, item), row.page, row.onwards)
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            if block.removal is not None and block.removal.onwards is not None:
                form = world.find("form", block.form)
                entity = form.entity if isinstance(form, Form) else ""
                yield Led(page, f"blocks.{index}.removal.onwards", entity, block.removal.page, block.removal.onwards)


def ways(world: World) -> Iterator[Problem]:
    """People are led to a page or to an address, and to one of them only."""
    for led in places(world):
        if bool(led.page) == bool(led.onwards.url):
            message = told("Name either a page or, in onwards, a url: that is where people are led.")
            yield world.problem(led.owner, led.path, "onwards", message)
        elif led.onwards.url and not led.onwards.url.startswith(OUTSIDE):
            message = told("{url} is no page that people can be led to; begin it with https://.", url=shown(led.onwards.url))
            yield world.problem(led.owner, f"{led.path}.url", "onwards", message)


def given(world: World) -> Iterator[Problem]:
    """What an address is given has a name of its own, and can be told of the record."""
    for led in places(world):
        names = [item.name for item in led.onwards.query]
        for index in repeated(names):
            message = told("{name} is given twice; remove one.", name=names[index])
            yield world.problem(led.owner, f"{led.path}.query.{index}.name", "onwards", message)
        for index, item in enumerate(led.onwards.query if led.entity in world.entities else ()):
            found = read(world, led.entity, item.value)
            place = f"{led.path}.query.{index}.value"
            for fault in found.faults:
                yield world.problem(led.owner, place, "formula", faults(fault, item.value))
            for one in aggregates(found.node) if found.node is not None else ():
                if one.relationship not in led.lines:
                    message = told(
                        "A record page reads no rows of {relationship}; a calculated attribute can be worked out of them.",
                        relationship=one.relationship,
                    )
                    yield world.problem(led.owner, place, "formula", message)


RULES = (ways, given)
