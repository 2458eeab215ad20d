"""Rules on where the record of a form comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.checks.pages import ancestors, of_sites
from metadata.checks.world import PathError, World, targets_of
from metadata.errors import Problem
from metadata.model import Block, Form, Page, RecordSource
from metadata.told import told

CONTACT = "@contact."


def sources(world: World) -> Iterator[Problem]:
    """A form's record source gives records of the form's entity."""
    for pages in of_sites(world).values():
        for page in pages.values():
            for index, block in enumerate(page.blocks):
                if block.record is not None:
                    place, fault = fault_in_source(world, pages, page, block, block.record)
                    if fault:
                        yield world.problem(page, f"blocks.{index}.record{place}", "record-source", fault)


def removals(world: World) -> Iterator[Problem]:
    """A record is deleted by a form that changes it."""
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            if block.removal is not None and (block.type != "form" or block.mode != "edit"):
                message = told("Only a form in mode edit has a button that deletes its record; remove removal.")
                yield world.problem(page, f"blocks.{index}.removal", "removal", message)


def fault_in_source(world: World, pages: Mapping[str, Page], page: Page, block: Block, source: RecordSource) -> tuple[str, str]:
    """What is wrong with a record source, and where in it."""
    if block.type != "form" or block.mode == "insert":
        return "", told("Only a form in mode read or edit takes its record from somewhere; remove record.")
    if source.path and source.source != "related":
        return ".path", told("A path is for the source related; remove it, or change the source.")
    if source.create and (source.source != "related" or block.mode != "edit"):
        return ".create", told("A record is created only by a form in mode edit over the source related.")
    form = world.find("form", block.form)
    if not isinstance(form, Form) or source.source == "query":
        return "", ""
    if source.source != "related":
        fault = told(
            "The form {form} shows {entity}, and the record is a {source}.",
            form=block.form,
            entity=form.entity,
            source=source.source,
        )
        return ".source", "" if form.entity == source.source else fault
    return ".path", fault_in_path(world, pages, page, form.entity, source.path)


def fault_in_path(world: World, pages: Mapping[str, Page], page: Page, entity: str, path: str) -> str:
    """Why a path does not lead to records of an entity."""
    owners = [above.record_entity for above in (page, *ancestors(pages, page)) if above.record_entity]
    start = "contact" if path.startswith(CONTACT) else next(iter(owners), "")
    if not path:
        return told("The source related needs a path of lookups that leads to the record.")
    if not start:
        return told(
            "The page shows no record to follow {path} from; give it record_entity, or begin the path with @contact.",
            path=path[:80],
        )
    if start not in world.entities or entity not in world.entities:
        return ""
    try:
        end = world.resolve(start, path.removeprefix(CONTACT))
    except PathError as wrong:
        return wrong.message
    if entity in targets_of(end):
        return ""
    return told("{path} does not lead to {entity}, which the form shows.", path=path[:80], entity=entity)


RULES = (sources, removals)
