"""Requests of programs: the web API with all its options, feeds, what lookups offer, and files by their addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from metadata.model import ApiEntity, Attribute
from runtime.canary.asking import Ask, pairs
from runtime.canary.ground import MISSING, Ground
from runtime.canary.marks import WORD

ROOT = "/_api"
FIGURES = ("integer", "decimal", "money")
OFFERED = "a look-up that offers the same rows"
TOLD = "a property of another row that stands alike to the person"


def api_asks(ground: Ground) -> Iterator[Ask]:
    """Every entity set with every option, by attributes that are offered and that are not, for own rows and others."""
    for path in (ROOT, f"{ROOT}/", f"{ROOT}/$metadata", f"{ROOT}/openapi.json", f"{ROOT}/nothing"):
        yield Ask("api", path)
    for model in ground.site.api_entities.values():
        if model.active and model.entity in ground.snapshot.entities:
            yield from _set(ground, model)


def _set(ground: Ground, model: ApiEntity) -> Iterator[Ask]:
    path, about = f"{ROOT}/{model.set_name}", f"api {model.key}"
    attributes = [one for one in ground.snapshot.entities[model.entity].model.attributes if not one.formula]
    names = [_name(one) for one in attributes]
    ways = [one.key for one in attributes if one.type == "lookup"] + list(model.relationships)
    for query in _queries(ground, model, attributes, ways):
        yield Ask("api", path, pairs(query), about=about)
    yield Ask("api", f"{path}/$count", about=about)
    for term in _terms(ground, model.entity, attributes):
        yield Ask("api", path, pairs([("$filter", term), ("$count", "true")]), about=about)
        yield Ask("api", f"{path}/$count", pairs([("$filter", term)]), about=about)
    for row in ground.tried(model.entity):
        one = f"{path}({row})"
        yield Ask("api", one, about=about)
        yield Ask("api", one, headers=(("If-None-Match", 'W/"1"'),), about=about)
        yield Ask("api", one, headers=(("If-None-Match", "*"),), about=about)
        yield Ask("api", f"{one}/$ref", about=about)
        yield Ask("api", one, pairs([("$expand", ",".join(ways[:8]))]), about=about)
        stands = ground.stands(model.entity, row)
        for name in (*names, *(f"{way}{part}" for way in ways for part in ("", "/$ref", "/$count"))):
            yield Ask("api", f"{one}/{name}", about=about, alike=(TOLD, f"{model.key} {stands} {name}"))
    for key in ground.snapshot.entities[model.entity].model.keys:
        yield from _by_key(ground, model, path, key.attributes)
    yield from _batch(ground, model)


def _queries(ground: Ground, model: ApiEntity, attributes: list[Attribute], ways: list[str]) -> Iterator[list[tuple[str, str]]]:
    yield []
    yield [("$count", "true"), ("$top", "1")]
    yield [("$top", "2"), ("$skip", "2")]
    for word in (WORD, *ground.words[:6]):
        yield [("$search", word), ("$count", "true")]
    for one in attributes:
        name = _name(one)
        yield [("$select", name)]
        yield [("$orderby", f"{name} desc"), ("$select", "id")]
        yield [("$orderby", name), ("$top", "3")]
        yield [("$apply", f"groupby(({name}),aggregate($count as n))")]
        if one.type in FIGURES:
            for method in ("sum", "average", "min", "max"):
                yield [("$apply", f"aggregate({name} with {method} as n)")]
        yield [("$apply", f"aggregate({name} with countdistinct as n)")]
    yield [("$apply", "aggregate($count as n)")]
    for way in ways:
        target = _target(ground, model, way)
        yield [("$expand", way)]
        yield [("$expand", f"{way}($expand=*)")]
        yield [("$expand", f"{way}($count=true;$top=1)")]
        yield [("$filter", f"{way}/any()"), ("$count", "true")]
        for inner in ground.snapshot.entities[target].model.attributes if target else ():
            name = _name(inner)
            yield [("$expand", f"{way}($select={name})")]
            yield [("$expand", f"{way}($orderby={name} desc)")]
            yield [("$orderby", f"{way}/{name}")]
            yield [("$apply", f"groupby(({way}/{name}),aggregate($count as n))")]
            for value in ground.hidden_values(target, inner.key, 1):
                term = _literal(inner, value)
                if term:
                    yield [("$filter", f"{way}/{name} eq {term}"), ("$count", "true")]
                    yield [("$filter", f"{way}/any(x:x/{name} eq {term})"), ("$count", "true")]
                    yield [("$expand", f"{way}($filter={name} eq {term};$count=true)")]


def _target(ground: Ground, model: ApiEntity, way: str) -> str:
    entity = ground.snapshot.entities[model.entity]
    if way in entity.relationships:
        return entity.relationships[way].entity
    return entity.attributes[way].targets[0] if way in entity.attributes and entity.attributes[way].targets else ""


def _terms(ground: Ground, entity: str, attributes: list[Attribute]) -> list[str]:
    """Conditions that hold for what the person may not see."""
    found = []
    for one in attributes:
        name = _name(one)
        found.append(f"{name} ne null")
        for value in ground.hidden_values(entity, one.key):
            literal = _literal(one, value)
            if literal:
                found.append(f"{name} eq {literal}")
                found.append(f"{name} gt {literal}")
            if literal.startswith("'"):
                found.append(f"contains({name},{literal})")
                found.append(f"startswith({name},{literal[:6]}')")
    return found


def _literal(attribute: Attribute, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, int | Decimal | dt.date):
        return str(value)
    return ""


def _name(attribute: Attribute) -> str:
    return f"_{attribute.key}_value" if attribute.type == "lookup" else attribute.key


def _by_key(ground: Ground, model: ApiEntity, path: str, key: tuple[str, ...]) -> Iterator[Ask]:
    for row in (*ground.own(model.entity, 1), *ground.foreign(model.entity)):
        values = [(name, ground.value(model.entity, row, name)) for name in key]
        if all(isinstance(value, str) for _, value in values):
            named = ",".join(f"{name}='{value}'" for name, value in values)
            yield Ask("api", f"{path}({named})", about=f"api {model.key}")


def _batch(ground: Ground, model: ApiEntity) -> Iterator[Ask]:
    rows = [*ground.own(model.entity, 1), *ground.foreign(model.entity, 2), MISSING]
    requests = [{"id": str(number), "method": "GET", "url": f"{model.set_name}({row})"} for number, row in enumerate(rows)]
    yield Ask("api", f"{ROOT}/$batch", method="POST", json={"requests": requests}, about=f"api {model.key}")


def feed_asks(ground: Ground) -> Iterator[Ask]:
    """Every feed, offered or not, with every option."""
    for model in ground.site.lists.values():
        path = f"/_feed/{model.key}"
        entity = ground.snapshot.views[model.views[0]].entity
        yield Ask("feeds", path, about=f"feed {model.key}")
        yield Ask("feeds", f"{path}/$metadata", about=f"feed {model.key}")
        if not model.feed:
            continue
        columns = [column.attribute for key in model.views for column in ground.snapshot.views[key].columns]
        keys = [one.key for one in ground.snapshot.entities[entity].model.attributes]
        for name in dict.fromkeys([*columns, *keys]):
            flat = name.replace(".", "_")
            yield Ask("feeds", path, pairs([("$orderby", f"{flat} desc")]), about=f"feed {model.key}")
            yield Ask("feeds", path, pairs([("$select", flat)]), about=f"feed {model.key}")
            found = ground.attribute(entity, name)
            for value in ground.hidden_values(found[0], found[1].key, 1) if found else ():
                literal = _literal(found[1], value) if found else ""
                if literal:
                    query = pairs([("$filter", f"{flat} eq {literal}"), ("$count", "true")])
                    yield Ask("feeds", path, query, about=f"feed {model.key}")
        yield Ask("feeds", path, pairs([("$count", "true"), ("$top", "1")]), about=f"feed {model.key}")
        yield from (Ask("feeds", path, pairs([("$view", key)]), about=f"feed {model.key}") for key in model.views)


def lookup_asks(ground: Ground) -> Iterator[Ask]:
    """What lookups of all forms offer, for words and rows of others."""
    for form in ground.snapshot.forms.values():
        attributes = ground.snapshot.entities[form.entity].attributes
        fields = [one for tab in form.tabs for section in tab.sections for one in section.fields]
        for field in fields:
            attribute = attributes.get(field.attribute)
            if attribute is None or not attribute.targets:
                continue
            path, about = f"/_lookup/{form.key}/{field.attribute}", f"lookup {form.key}.{field.attribute}"
            words = [WORD, *(word for target in attribute.targets for word in _names(ground, target))]
            same = f"{attribute.targets} {field.view} {field.narrowed_by} {field.narrowed_path}"
            yield Ask("lookups", path, about=about)
            yield Ask("lookups", path, headers=(("Accept", "text/html"),), about=about, alike=(OFFERED, f"{same} text/html"))
            yield Ask("lookups", f"{path}/new", about=about)
            for word in words:
                yield Ask("lookups", path, pairs([("q", word)]), about=about, alike=(OFFERED, f"{same} {word}"))
            for target in attribute.targets:
                for row in ground.tried(target):
                    yield Ask("lookups", path, pairs([("row", row)]), about=about)
            if field.narrowed_by:
                for row in (*ground.tried("contact"), *ground.tried("account")):
                    within = f"{field.narrowed_by}:{row}"
                    yield Ask("lookups", path, pairs([("within", within)]), about=about, alike=(OFFERED, f"{same} {within}"))


def _names(ground: Ground, entity: str) -> list[str]:
    """Words of hidden rows, in all their attributes."""
    found = []
    for attribute in ground.snapshot.entities[entity].model.attributes:
        for value in ground.hidden_values(entity, attribute.key, 1):
            if isinstance(value, str) and value.startswith("zq"):
                found.append(value.split()[0])
    return found[:6]


def file_asks(ground: Ground) -> Iterator[Ask]:
    """Files at their addresses, whole, in part and made small; and under the name of another."""
    for cell, (_, word) in ground.planted.files.items():
        if cell.row not in ground.tried(cell.entity):
            continue
        image = ground.snapshot.entities[cell.entity].attributes[cell.attribute].type.name == "image"
        path = f"/_files/{cell.entity}/{cell.row}/{cell.attribute}/{quote(word)}.{'png' if image else 'txt'}"
        about = f"file {cell.entity}.{cell.attribute}"
        yield Ask("files", path, about=about)
        yield Ask("files", path, headers=(("Range", "bytes=0-9"),), about=about)
        yield Ask("files", path, headers=(("If-None-Match", "*"),), about=about)
        if image:
            yield from (Ask("files", path, pairs([("width", width)]), about=about) for width in (40, 80, 160, 320))
        yield Ask("files", path.replace(word, "other"), about=about)
