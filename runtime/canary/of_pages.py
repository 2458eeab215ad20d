"""Requests for pages: each page for each record, and each option of the lists and searches on it."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import Block, ListComponent, ListFilter, Search
from metadata.snapshot import PageNode
from runtime.canary.asking import Ask, pairs
from runtime.canary.ground import Ground, said
from runtime.canary.marks import WORD
from runtime.sitemap import file_path

FIXED = ("/robots.txt", "/sitemap.xml", "/signin", "/studio/", "/metrics")
ALIKE = ("list", "search")
MOST_WORDS = 6
ON_PAGES = "the same list on another page"


def page_asks(ground: Ground) -> Iterator[Ask]:
    """Every page for own records, those of others, and none."""
    for path in FIXED:
        yield Ask("pages", path)
    for node, path in ground.pages():
        yield Ask("pages", path, about=f"page {node.page.key}", closed=not ground.judge.opens(node))
    for file in ground.site.web_files.values():
        yield Ask("pages", file_path(ground.site, file), about=f"web file {file.key}")


def list_asks(ground: Ground) -> Iterator[Ask]:
    """Every option of the lists and searches on pages, also those that are not offered."""
    for node, path in places(ground):
        number = 0
        for block in node.page.blocks:
            if block.type not in ALIKE:
                continue
            number += 1
            prefix = "" if number == 1 else f"{number}."
            for options in _options(ground, block):
                query = pairs([(f"{prefix}{name}", value) for name, value in options])
                about = f"{block.type} {block.list or block.search}"
                yield Ask("lists", path, query, about=about, alike=(ON_PAGES, f"{about} {options}"))


def places(ground: Ground) -> Iterator[tuple[PageNode, str]]:
    """Each page once, with a record of one's own where it is about one."""
    known: set[str] = set()
    for node, path in ground.pages():
        if node.page.key not in known:
            known.add(node.page.key)
            yield node, path


def _options(ground: Ground, block: Block) -> Iterator[list[tuple[str, str]]]:
    if block.type == "search":
        for word in (WORD, *ground.words[: 3 * MOST_WORDS]):
            yield [("q", word)]
        yield from _facets(ground, ground.site.searches[block.search])
        return
    model = ground.site.lists[block.list]
    entity = ground.snapshot.views[model.views[0]].entity
    paths = _paths(ground, model, entity)
    for sort in paths:
        yield [("sort", sort)]
        yield [("sort", f"-{sort}"), ("page", "2")]
    words = [WORD, *_words(ground, entity), *ground.words[:MOST_WORDS]]
    for word in dict.fromkeys(words):
        yield [("q", word)]
    for item in model.filters:
        yield from _filter(ground, entity, item)
    for form in ("csv", "xlsx") if model.export else ():
        yield [("export", form)]
        for sort in paths if form == "csv" else ():  # a workbook has the rows of the other file
            yield [("export", form), ("sort", f"-{sort}")]
        for word in words[:4]:
            yield [("export", form), ("q", word)]
    for view in model.views[1:]:
        yield [("view", view)]
        yield from ([("view", view), ("sort", f"-{sort}")] for sort in paths[:6])
    for layout in ("table", "calendar", "board", "cards"):
        yield [("layout", layout)]
    if model.calendar is not None:
        found = ground.attribute(entity, model.calendar.start)
        days = [said(day)[:10] for day in ground.sample_values(*_end(found))] if found else []
        yield from ([("layout", "calendar"), ("span", span), ("on", day)] for day in days for span in ("month", "day"))
    yield from ([("scope", scope)] for scope in ("mine", "company"))
    done = ["delete"] if any(action.type == "delete" for action in model.actions) else []
    done += [action.action for action in model.actions if action.type == "action"]
    name = ground.snapshot.entities[entity].primary_name.key
    for key in [str(ground.value(entity, row, name) or row) for row in ground.tried(entity)] if done else ():
        yield from ([("delete", key) if deed == "delete" else ("act", f"{deed}.{key}")] for deed in done)
    if model.map is not None:
        yield [("near", "59,18"), ("within", "100")]
    yield [("page", "2")]


def _facets(ground: Ground, search: Search) -> Iterator[list[tuple[str, str]]]:
    """The found rows of each type alone, with its facets, and each of these with a value or two."""
    for item in search.entities:
        alone = [("q", WORD), ("type", item.entity)]
        yield alone
        for facet in item.facets:
            for value in ground.sample_values(item.entity, facet.attribute):
                text = said(value)[: {"year": 4, "month": 7}.get(facet.by)]
                yield [*alone, (f"f.{facet.attribute}", text)]


def _end(found: tuple[str, object]) -> tuple[str, str]:
    entity, attribute = found
    return entity, str(getattr(attribute, "key", ""))


def _paths(ground: Ground, model: ListComponent, entity: str) -> list[str]:
    """All attributes of the entity, and all paths that its views name."""
    own = [one.key for one in ground.snapshot.entities[entity].model.attributes]
    shown = [column.attribute for key in model.views for column in ground.snapshot.views[key].columns]
    return list(dict.fromkeys([*own, *shown, "created_by", "id"]))


def _words(ground: Ground, entity: str) -> list[str]:
    attributes = ground.snapshot.entities[entity].model.attributes
    found = [said(value) for one in attributes for value in ground.hidden_values(entity, one.key, 1)]
    return [value.split()[0] for value in found if value.startswith("zq")][:MOST_WORDS]


def _filter(ground: Ground, entity: str, item: ListFilter) -> Iterator[list[tuple[str, str]]]:
    name = f"f.{item.key}"
    for condition in item.conditions:
        yield [(name, condition.key)]
    found = ground.attribute(entity, item.attribute) if item.attribute else None
    if found is None:
        return
    for value in ground.sample_values(found[0], found[1].key):
        text = said(value)[:10] if found[1].type == "datetime" else said(value).split()[0] if said(value) else ""
        yield [(name, text)]
        if found[1].type in ("integer", "decimal", "money", "date", "datetime"):
            yield [(f"{name}.from", text)]
            yield [(f"{name}.to", text)]
