"""Rules on what a list does with many rows at once: actions, and rows from files."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.forms import fields
from metadata.checks.lists import entity_of
from metadata.checks.values import fault_in
from metadata.checks.world import EntityFacts, World, repeated
from metadata.errors import Problem
from metadata.model import BulkAction, Form, ListComponent, ListImport, SetValue, TableMap
from metadata.schema.faults import did_you_mean
from metadata.system import RESERVED_KEYS
from metadata.told import Called, told

NEVER_SET = ("auto_number", "file", "image")
WORDS = ("@contact.",)


def bulk_actions(world: World) -> Iterator[Problem]:
    """What is done with many rows has a name of its own, and values where it sets some."""
    for item in world.all(ListComponent):
        for index in repeated([action.key for action in item.bulk]):
            message = told("The action {action} is there twice; give one another key.", action=item.bulk[index].key)
            yield world.problem(item, f"bulk.{index}.key", "duplicate-key", message)
        for index, action in enumerate(item.bulk):
            fault = fault_in_action(action)
            if fault:
                yield world.problem(item, f"bulk.{index}.values", "bulk-action", fault)
        if item.bulk and item.map is not None:
            yield world.problem(
                item, "bulk", "bulk-action", told("A list of places shows no rows to be marked; remove bulk or map.")
            )


def bulk_values(world: World) -> Iterator[Problem]:
    """What many rows are set to are values that their attributes can have."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        for index, action in enumerate(item.bulk):
            for place, given in enumerate(action.values if entity else ()):
                name, fault = fault_in_value(world, entity, given)
                if fault:
                    yield world.problem(item, f"bulk.{index}.values.{place}.{name}", "bulk-action", fault)


def fault_in_action(action: BulkAction) -> str:
    """What is wrong with the values of an action as a whole."""
    if action.type == "delete":
        return told("Deleting sets nothing; remove values.") if action.values else ""
    return fault_in_values(action.values)


def fault_in_values(values: tuple[SetValue, ...]) -> str:
    """What is wrong with the values that an action writes, taken together."""
    attributes = [given.attribute for given in values]
    if not attributes:
        return told("Say what is set: values, each with an attribute and a value.")
    twice = next((attributes[index] for index in repeated(attributes)), "")
    return told("{attribute} is set twice; remove one.", attribute=twice) if twice else ""


def fault_in_value(world: World, entity: str, given: SetValue) -> tuple[str, str]:
    """What is wrong with one value, and where."""
    own = world.entities[entity].attributes
    attribute = own.get(given.attribute)
    if attribute is None:
        return (
            "attribute",
            told(
                "The entity {entity} has no attribute {attribute!r}.{hint}",
                entity=entity,
                attribute=given.attribute[:80],
                hint=did_you_mean(given.attribute, own),
            ),
        )
    if attribute.key in RESERVED_KEYS or attribute.type in NEVER_SET or attribute.formula:
        return "attribute", told("{attribute} is not written by people, so no action can set it.", attribute=attribute.key)
    if attribute.immutable:
        return "attribute", told(
            "{attribute} is immutable, so no row that is there can get another value.", attribute=attribute.key
        )
    if attribute.type == "lookup" and attribute.targets:
        return "attribute", told(
            "{attribute} points at rows of several entities, which no value here can name.", attribute=attribute.key
        )
    if given.value is None:
        fault = (
            told("{attribute} is required and cannot be cleared.", attribute=attribute.key)
            if attribute.required == "required"
            else ""
        )
        return "value", fault
    return "value", fault_in(world, attribute, given.value, WORDS)


def imports(world: World) -> Iterator[Problem]:
    """What a list takes from files is asked for by its form, and a row that is there is told by a key."""
    for item in world.all(ListComponent):
        entity = entity_of(world, item)
        form = world.find("form", item.imports.form) if item.imports else None
        if item.imports is None or not entity or not isinstance(form, Form):
            continue
        for path, fault in faults_in_import(world, world.entities[entity], form, item.imports):
            yield world.problem(item, f"imports.{path}", "import", fault)


def faults_in_import(world: World, entity: EntityFacts, form: Form, given: ListImport) -> Iterator[tuple[str, str]]:
    """What is wrong with how rows are taken from files, and where."""
    if form.entity != entity.key:
        yield (
            "form",
            told(
                "The form {form} is of {entity}, but the rows are of {rows_entity}.",
                form=form.key,
                entity=form.entity,
                rows_entity=entity.key,
            ),
        )
        return
    through = next((one for one in world.all(TableMap) if one.entity == entity.key and one.write_through), None)
    if through is not None:
        yield (
            "form",
            told(
                "Each new {entity} is asked about outside by the table map {map}, which no file can wait for.",
                entity=entity.key,
                map=through.key,
            ),
        )
    asked = {field.attribute for _, field in fields(form) if not field.read_only and not field.hidden}
    for index, key in enumerate(given.attributes):
        attribute = entity.attributes.get(key)
        if key not in asked and key != given.key:
            hint = did_you_mean(key, asked)
            yield (
                f"attributes.{index}",
                told("The form {form} does not ask for {attribute!r}.{hint}", form=form.key, attribute=key[:80], hint=hint),
            )
        elif attribute is not None and attribute.type in ("file", "image"):
            yield (
                f"attributes.{index}",
                told(
                    "{attribute} is of type {type}, which no cell of a table can hold.",
                    attribute=key,
                    type=Called(attribute.type, "type"),
                ),
            )
    if given.key and given.key not in telling(entity):
        known = did_you_mean(given.key, telling(entity)) or told(
            " It has: {keys}.", keys=", ".join(telling(entity)) or told("none")
        )
        yield (
            "key",
            told(
                "{attribute} alone is no key of {entity}, so it cannot tell one row.{known}",
                attribute=given.key[:80],
                entity=entity.key,
                known=known,
            ),
        )


def telling(entity: EntityFacts) -> list[str]:
    """The attributes that tell a row by themselves, in a cell of a table."""
    alone = {key.attributes[0] for key in entity.model.keys if len(key.attributes) == 1}
    numbered = {key for key, attribute in entity.attributes.items() if attribute.type == "auto_number"}
    return sorted(key for key in alone | numbered if key in entity.attributes and entity.attributes[key].type != "lookup")


RULES = (bulk_actions, bulk_values, imports)
