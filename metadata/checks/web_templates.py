"""Rules on web templates: their texts, what they name, the values that they are given, and where they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from metadata.checks.filters import fault_in_value, takes
from metadata.checks.world import PathError, World, repeated
from metadata.errors import Problem
from metadata.model import Chart, Component, Filter, Page, PageTemplate, Site, TemplateParameter, View, WebTemplate
from metadata.schema.faults import did_you_mean, shown
from metadata.templates import OBJECTS, QuerySpec, read
from metadata.told import Called, told
from metadata.types import TYPES

DEEPEST = 8
TYPES_OF = {"text": str, "integer": int, "decimal": (int, float), "boolean": bool}


def at_line(world: World, template: WebTemplate, line: int, code: str, message: str) -> Problem:
    """A finding in a line of a template's text; where the text is a block, that is a line of the file."""
    found = world.problem(template, "source", code, message)
    place = found.position
    if place.line and "\n" in template.source:
        return replace(found, position=replace(place, line=place.line + line))
    return found if place.line else replace(found, message=told("Line {line}: {message}", line=line, message=message))


def texts(world: World) -> Iterator[Problem]:
    """The text of a template can be read, and it uses what the language has."""
    for template in world.all(WebTemplate):
        for fault in read(template.source).faults:
            yield at_line(world, template, fault.line, fault.code, fault.message)


def names(world: World) -> Iterator[Problem]:
    """A name in a template is a parameter, its own or of one that it extends, or is set by it."""
    for template in world.all(WebTemplate):
        known = {item.key for one in lineage(world, template) for item in one.parameters}
        for name, line in read(template.source).names:
            if name not in known:
                message = told(
                    "There is no {name} here; declare it among the parameters.{hint}",
                    name=shown(name),
                    hint=did_you_mean(name, known),
                )
                yield at_line(world, template, line, "unknown-name", message)


def found(world: World, template: WebTemplate, key: str) -> WebTemplate | None:
    """Another template of the same site."""
    other = world.find("web_template", key, template.site)
    return other if isinstance(other, WebTemplate) else None


def lineage(world: World, template: WebTemplate) -> list[WebTemplate]:
    """A template and those that it extends, each once."""
    chain: list[WebTemplate] = []
    current: WebTemplate | None = template
    while current is not None and current not in chain:
        chain.append(current)
        above = read(current.source).extends
        current = found(world, template, above[0][1]) if above else None
    return chain


def uses(world: World) -> Iterator[Problem]:
    """Templates that are included or extended are there, get the values that they need, and never lead back."""
    for template in world.all(WebTemplate):
        text = read(template.source)
        for line, key in ((item.line, item.key) for item in text.includes):
            yield from missing(world, template, line, key)
        for line, key in text.extends:
            yield from missing(world, template, line, key)
        for item in text.includes:
            other = found(world, template, item.key)
            if other is not None:
                for fault in faults_in_values(other, item.constants, item.names):
                    yield at_line(world, template, item.line, "template-parameter", fault)
        fault = fault_in_depth(world, template)
        if fault:
            yield at_line(world, template, 1, "template-cycle", fault)


def missing(world: World, template: WebTemplate, line: int, key: str) -> Iterator[Problem]:
    """The problem of a template that is not there."""
    if found(world, template, key) is None:
        known = world.keys.get(("web_template", template.site), frozenset())
        yield at_line(
            world,
            template,
            line,
            "unknown-template",
            told("There is no web_template {template}.{hint}", template=shown(key), hint=did_you_mean(key, known)),
        )


def fault_in_depth(world: World, template: WebTemplate) -> str:
    """Whether the templates that one uses lead back to it, or too deep. Each template is looked at once per level."""
    level = {template.key}
    for _ in range(DEEPEST):
        level = {key for one in level for key in used_by(world, template, one)}
        if template.key in level:
            return told("The template uses itself, directly or through others; remove an include or extends.")
    return told("Templates use each other more than {deepest} deep.", deepest=DEEPEST) if level else ""


def used_by(world: World, template: WebTemplate, key: str) -> frozenset[str]:
    """The keys of the templates that one of the same site uses."""
    one = found(world, template, key)
    text = read(one.source) if one else None
    return frozenset([item.key for item in text.includes] + [above for _, above in text.extends]) if text else frozenset()


def faults_in_values(template: WebTemplate, values: Mapping[str, object], given: frozenset[str]) -> Iterator[str]:
    """What is wrong with the values for a template's parameters; of those only in `given` the names alone are known."""
    declared = {item.key: item for item in template.parameters}
    for name in sorted(given - declared.keys()):
        yield told(
            "The web_template {template} has no parameter {parameter}.{hint}",
            template=template.key,
            parameter=shown(name),
            hint=did_you_mean(name, declared),
        )
    for name, parameter in declared.items():
        if parameter.required and name not in given:
            yield told("The web_template {template} needs the parameter {parameter}.", template=template.key, parameter=name)
        elif name in values and not fits(parameter, values[name]):
            yield told(
                "The parameter {parameter} is of type {type}; {value} is not.",
                parameter=name,
                type=parameter.type,
                value=shown(values[name]),
            )


def fits(parameter: TemplateParameter, value: object) -> bool:
    """Whether a value is of the type of a parameter."""
    kind = TYPES_OF.get(parameter.type, object)
    return isinstance(value, kind) and isinstance(value, bool) == (parameter.type == "boolean")  # type: ignore[arg-type]


def parameters(world: World) -> Iterator[Problem]:
    """Parameters differ in their names, which the engine does not use, and their defaults are of their types."""
    for template in world.all(WebTemplate):
        seen: set[str] = {"loop", "range", "super", *OBJECTS}
        for index, item in enumerate(template.parameters):
            if item.key in seen:
                yield world.problem(
                    template, f"parameters.{index}.key", "template-parameter", told("The name is taken already.")
                )
            seen.add(item.key)
            if item.default is not None and not fits(item, item.default):
                message = told("{value} is not of type {type}.", value=shown(item.default), type=item.type)
                yield world.problem(template, f"parameters.{index}.default", "template-parameter", message)
        if template.media_type != "text/html" and not template.bare:
            message = told("A template of {media_type} stands alone; add bare: true.", media_type=template.media_type)
            yield world.problem(template, "media_type", "template-media", message)


def queries(world: World) -> Iterator[Problem]:
    """A query names an entity or view that there is, attributes that it has, and comparisons that suit them."""
    for template in world.all(WebTemplate):
        for line, spec in read(template.source).queries:
            for code, fault in faults_in_query(world, template, spec):
                yield at_line(world, template, line, code, fault)


def faults_in_query(world: World, template: WebTemplate, spec: QuerySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with a query."""
    view = world.find("view", spec.view) if spec.view else None
    if spec.view and not isinstance(view, View):
        known = world.keys.get(("view", ""), frozenset())
        yield (
            "unknown-reference",
            told("There is no view {view}.{hint}", view=shown(spec.view), hint=did_you_mean(spec.view, known)),
        )
        return
    entity = view.entity if isinstance(view, View) else spec.entity
    if entity not in world.entities:
        yield (
            "unknown-entity",
            told("There is no entity {entity}.{hint}", entity=shown(entity), hint=did_you_mean(entity, world.entities)),
        )
        return
    if spec.entity and not spec.columns:
        yield "template-query", told('Say which attributes are wanted: columns "a, b.c".')
    for path in dict.fromkeys((*spec.columns, *(item.path for item in spec.conditions), *(path for path, _ in spec.order))):
        try:
            world.resolve(entity, path)
        except PathError as error:
            yield error.code, error.message
    yield from faults_in_comparisons(world, template, entity, spec)


def faults_in_comparisons(world: World, template: Component, entity: str, spec: QuerySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the conditions and the order of a query."""
    for item in spec.conditions:
        attribute = world.attribute(entity, item.path)
        if attribute is None or attribute.type not in TYPES:
            continue
        if not takes(item.operator, TYPES[attribute.type]):
            yield (
                "operator",
                told(
                    "{operator} cannot compare {attribute}, which is of type {type}.",
                    operator=item.operator,
                    attribute=item.path,
                    type=Called(attribute.type, "type"),
                ),
            )
        elif item.place is None:
            fault = fault_in_value(world, attribute, Filter(attribute=item.path, operator=item.operator, value=item.value))
            if fault:
                yield "value", fault
    for path, _ in spec.order:
        attribute = world.attribute(entity, path)
        if attribute is not None and attribute.type in TYPES and not TYPES[attribute.type].ordered:
            yield (
                "sort",
                told("{attribute} is of type {type}, which has no order.", attribute=path, type=Called(attribute.type, "type")),
            )
        elif spec.entity and path not in spec.columns:
            yield "sort", told("Rows are ordered by what is asked for; add {attribute} to the columns.", attribute=path)


def charts(world: World) -> Iterator[Problem]:
    """A chart that a template draws is one of its site, and stands on a page of HTML."""
    for template in world.all(WebTemplate):
        for line, key in read(template.source).charts:
            if world.find("chart", key, template.site) is None:
                known = [item.key for item in world.all(Chart) if item.site == template.site]
                message = told(
                    "There is no chart {chart} in the site {site}.{hint}",
                    chart=shown(key),
                    site=template.site,
                    hint=did_you_mean(key, known),
                )
                yield at_line(world, template, line, "unknown-reference", message)
            elif template.bare:
                message = told("A template that is bare draws no charts: they need the styles of the page around them.")
                yield at_line(world, template, line, "template-place", message)


def places(world: World) -> Iterator[Problem]:
    """Where a template is used it gets the values that it needs, and a page has one way to be shown."""
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            template = world.find("web_template", block.web_template, page.site) if block.web_template else None
            if not isinstance(template, WebTemplate):
                if block.parameters:
                    message = told("Parameters are for a block of type component.")
                    yield world.problem(page, f"blocks.{index}.parameters", "block", message)
                continue
            values = dict(block.parameters)
            for fault in faults_in_values(template, values, frozenset(values)):
                yield world.problem(page, f"blocks.{index}.parameters", "template-parameter", fault)
            if template.bare:
                message = told(
                    "The web_template {template} is bare: it is a whole page, not a part of one.", template=template.key
                )
                yield world.problem(page, f"blocks.{index}.web_template", "template-place", message)
        chosen = world.find("page_template", page.template, page.site) if page.template else None
        if isinstance(chosen, PageTemplate) and chosen.web_template and page.blocks:
            message = told(
                "The page template {page_template} shows a web_template in the place of blocks; remove them.",
                page_template=chosen.key,
            )
            yield world.problem(page, "blocks", "template-place", message)


def whole(world: World) -> Iterator[Problem]:
    """What is a page, a header or a footer by itself needs no values; a header or footer is a part of a page."""
    for item in world.all(PageTemplate):
        if bool(item.template) == bool(item.web_template):
            yield world.problem(item, "template", "template-place", told("Give either template or web_template."))
        yield from alone(world, item, "web_template", item.site)
    for site in world.all(Site):
        for name in ("header", "footer"):
            yield from alone(world, site, name, site.key)
        for index, one in enumerate(site.blocks):
            yield from _alone(
                world, site, world.find("web_template", one.web_template, site.key), f"blocks.{index}.web_template"
            )
        for index in repeated([one.block for one in site.blocks]):
            message = told("The block {block} is filled twice; remove one.", block=site.blocks[index].block)
            yield world.problem(site, f"blocks.{index}.block", "duplicate-key", message)


def alone(world: World, component: Component, name: str, site: str) -> Iterator[Problem]:
    """The problems of a template that is used where it is given nothing."""
    template = world.find("web_template", getattr(component, name), site) if getattr(component, name) else None
    yield from _alone(world, component, template, name)


def _alone(world: World, component: Component, template: Component | None, name: str) -> Iterator[Problem]:
    if isinstance(template, WebTemplate):
        for fault in faults_in_values(template, {}, frozenset()):
            yield world.problem(component, name, "template-parameter", fault)
        if template.bare and isinstance(component, Site):
            message = told("The web_template {template} is bare: it is a whole page, not a part of one.", template=template.key)
            yield world.problem(component, name, "template-place", message)


RULES = (texts, names, uses, parameters, queries, charts, places, whole)
