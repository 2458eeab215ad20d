"""Files that are imported: rows that name records of others in their look-ups, up to the report of what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import ListComponent
from runtime.canary.asking import Ask, Pairs
from runtime.canary.ground import Ground
from runtime.canary.of_pages import places

NOBODY = "nobody is called so"
MOST_VALUES = 3


def import_asks(ground: Ground) -> Iterator[Ask]:
    """A file for each list that takes one: sent, its columns matched, and checked; both worlds report the same faults."""
    for node, path in places(ground):
        number = 0
        for block in node.page.blocks:
            if block.type not in ("list", "search"):
                continue
            number += 1
            model = ground.site.lists.get(block.list)
            if model is not None and model.imports is not None:
                prefix = "" if number == 1 else f"{number}."
                yield from _of_list(ground, model, path, prefix, node.page.blocks.index(block))


def _of_list(ground: Ground, model: ListComponent, path: str, prefix: str, index: int) -> Iterator[Ask]:
    query: Pairs = ((f"{prefix}import", "new"),)
    block = ("block", str(index))
    for keys, lines in _files(ground, model):
        columns = [(f"column{place}", key) for place, key in enumerate(keys)]
        yield Ask(
            "imports",
            path,
            query,
            "POST",
            (block,),
            file=("file", "rows.csv", "\n".join((",".join(keys), *lines)).encode()),
            about=f"import {model.key}",
            then=((block, *columns, ("_action", "check")),),
        )


def _files(ground: Ground, model: ListComponent) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each look-up of the form, rows that name records of others by each text that could be their name."""
    given = model.imports
    form = ground.snapshot.forms[given.form] if given is not None else None
    if form is None or given is None:
        return
    entity = ground.snapshot.entities[form.entity]
    asked = [one.attribute for tab in form.tabs for section in tab.sections for one in section.fields]
    texts = [key for key in asked if key in entity.attributes and entity.attributes[key].type.name == "text"][:1]
    for key in dict.fromkeys(asked):
        attribute = entity.attributes.get(key)
        for target in attribute.targets if attribute is not None else ():
            name = ground.snapshot.entities[target].primary_name.key
            values = [str(one) for one in ground.hidden_values(target, name, MOST_VALUES)]
            named = [*(f"x{place}" for place in range(len(values) + 1))] if texts else [""] * (len(values) + 1)
            lines = tuple(",".join(filter(None, (own, value))) for own, value in zip(named, (*values, NOBODY), strict=True))
            if values:
                yield (*texts, key), lines
