"""The reference of the metadata language, written from the models themselves: an index, and a page for each kind.

Written anew by `python -m metadata.reference docs`.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from metadata.model import KINDS, Kind
from metadata.schema import part_of, schema_for
from metadata.schema.build import hints
from metadata.text import Text
from metadata.types import TYPES

INDEX = "metadata.md"
FOLDER = "metadata"
EXAMPLES = "example"
PARTS = "parts"

HEAD = """\
# The metadata language

Every component is one YAML document that begins with `kind:` and `key:`. These pages are made by `metadata.reference` from
the same models that read the files; the names of properties, their rules and their help are those of the program.

A *text* is a string for all languages, or a mapping of language tags, where `any` stands for all others:
`{any: Hello, sv-SE: Hej}`. A long text of several lines lies in a file beside the component: `{file: home.text.md}`.
An *attribute path* goes over lookups with dots, such as `account.name`. A *scalar* is a text, a number, true, false or
an ISO date, or a list of these. Plain words such as `no`, `010` and `2024-01-01` are texts; only `true`, `false`, `null`
and decimal numbers are not. Components of a site may leave `site:` out where there is one site only.

The examples of all pages are one site, a library of tools, in [docs/example](example/site.yaml):

```sh
foyer check docs/example
```
"""

PARTS_HEAD = """\
# Parts of several kinds

What is made of the same parts in several [kinds of components](../metadata.md).
"""

WORDS: dict[Any, str] = {
    str: "word",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Text: "text",
    Any: "scalar",
}


def reference(docs: Path) -> dict[str, str]:
    """All pages as Markdown by their paths below the folder `docs`, in which the examples lie."""
    kinds = sorted(KINDS.values(), key=lambda kind: kind.name)
    places = places_of_parts(kinds)
    shared = [part for part, place in places.items() if place == PARTS]
    found = {INDEX: index(kinds)}
    for kind in kinds:
        own = [part for part, place in places.items() if place == kind.name]
        example = (docs / EXAMPLES / f"{kind.name}.yaml").read_text(encoding="utf-8")
        found[f"{FOLDER}/{kind.name}.md"] = page(of_kind(kind, own, example, places))
    found[f"{FOLDER}/{PARTS}.md"] = page((PARTS_HEAD, *of_parts(shared, PARTS, places)))
    return found


def write(docs: Path) -> None:
    """Writes the pages into the folder; those of kinds that there are no longer are removed."""
    pages = reference(docs)
    for old in (docs / FOLDER).glob("*.md"):
        if f"{FOLDER}/{old.name}" not in pages:
            old.unlink()
    (docs / FOLDER).mkdir(exist_ok=True)
    for name, text in pages.items():
        (docs / name).write_text(text, encoding="utf-8")


def page(sections: Any) -> str:
    """Sections as one page."""
    return "\n".join(sections).rstrip() + "\n"


def index(kinds: list[Kind]) -> str:
    """The page that leads to the others."""
    rows = [f"| [{kind.name}]({FOLDER}/{kind.name}.md) | {owner(kind)} | {first_sentence(kind)} |" for kind in kinds]
    head = "## Kinds\n\n| kind | belongs to | what it is |\n| --- | --- | --- |\n"
    more = f"\n\n[Parts of several kinds]({FOLDER}/{PARTS}.md), such as conditions, have a page of their own.\n"
    return page((HEAD, head + "\n".join(rows) + more, *of_types()))


def first_sentence(kind: Kind) -> str:
    """What a kind is, in a sentence."""
    return sentences(kind.model).split("\n\n")[0].replace(f" Kind `{kind.name}`.", "").replace("|", chr(92) + "|")


def owner(kind: Kind) -> str:
    """Whose components of a kind are."""
    return "one site" if kind.of_site else "the installation"


def of_kind(kind: Kind, parts: list[Any], example: str, places: Mapping[Any, str]) -> Iterator[str]:
    """The sections of a kind's page."""
    folder = f"sites/<site>/{kind.folder}/" if kind.of_site else "sites/<site>/" if kind.name == "site" else f"{kind.folder}/"
    what = sentences(kind.model).replace(f" Kind `{kind.name}`.", "").removesuffix(f"\n\nKind `{kind.name}`.")
    yield f"# {kind.name}\n\n{what}\n"
    yield f"Belongs to {owner(kind)}; exported to `{folder}`. All kinds are in the [index](../{INDEX}).\n"
    yield table(kind.model, kind.name, places)
    yield f"## Example\n\n```yaml\n{example.rstrip()}\n```\n"
    yield from of_parts(parts, kind.name, places)


def of_parts(parts: list[Any], place: str, places: Mapping[Any, str]) -> Iterator[str]:
    """The sections of parts on the page `place`."""
    for part in parts:
        yield f"## {part.__name__}\n\n{sentences(part)}\n"
        yield table(part, place, places)


def of_types() -> Iterator[str]:
    """The section on attribute types."""
    yield "## Attribute types\n\n| type | compared with contains | has an order | number |\n| --- | --- | --- | --- |"
    for row in TYPES.values():
        yield f"| `{row.name}` | {yes(row.textual)} | {yes(row.ordered)} | {yes(row.numeric)} |"


def yes(value: bool) -> str:
    """A cell that says yes or nothing."""
    return "yes" if value else ""


def places_of_parts(kinds: list[Kind]) -> dict[Any, str]:
    """The page of each part: that of the kind that is made of it, or that of the parts of several kinds."""
    holders: dict[Any, list[str]] = {}
    for kind in kinds:
        parts: dict[Any, None] = {}
        collect(kind.model, parts)
        for part in parts:
            holders.setdefault(part, []).append(kind.name)
    return {part: names[0] if len(names) == 1 else PARTS for part, names in holders.items()}


def collect(model: Any, parts: dict[Any, None]) -> None:
    """Adds the dataclasses inside a model to `parts`, those inside them likewise."""
    for hint in hints(model).values():
        part = part_of(hint)
        if part and part is not Text and part not in parts:
            parts[part] = None
            collect(part, parts)


def sentences(model: Any) -> str:
    """The docstring of a model as paragraphs of Markdown."""
    paragraphs = (model.__doc__ or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def table(model: Any, place: str, places: Mapping[Any, str]) -> str:
    """The properties of a model, one row each, as they stand on the page `place`."""
    annotations = hints(model)
    links = {part: f"{'' if there == place else f'{there}.md'}#{part.__name__.lower()}" for part, there in places.items()}
    rows = [row(field, annotations[field.name], default_of(model, field), links) for field in dataclasses.fields(model)]
    return "\n".join(("| property | value | default | meaning |", "| --- | --- | --- | --- |", *rows)) + "\n"


def row(field: dataclasses.Field[Any], hint: Any, default: str, links: Mapping[Any, str]) -> str:
    """One property as a row of a table."""
    cells = (f"`{field.name}`", f"{value_of(hint, field.metadata, links)}", default, field.metadata.get("help", ""))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def default_of(model: Any, field: dataclasses.Field[Any]) -> str:
    """How the default of a property is written."""
    if field.default is dataclasses.MISSING:
        return "**required**"
    value = field.default
    if value is None or value in ("", ()) or isinstance(value, Text) or dataclasses.is_dataclass(value):
        return ""
    return f"`{plain(schema_for(model).fields[field.name].serialize(field.name, {field.name: value}))}`"


def plain(value: Any) -> str:
    """A simple value as YAML writes it on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(plain, value))}]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def value_of(hint: Any, rules: Mapping[str, Any], links: Mapping[Any, str]) -> str:
    """What a property takes, in words, with `links` to its parts."""
    if get_origin(hint) in (Union, types.UnionType):
        return value_of(next(arm for arm in get_args(hint) if arm is not types.NoneType), rules, links)
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if get_origin(item) is tuple:
            return f"mapping of names to {value_of(get_args(item)[1], {}, links)}"
        return f"list of {value_of(item, rules, links)}"
    if hint in WORDS:
        return with_rules(WORDS[hint], rules)
    return f"[{hint.__name__}]({links[hint]})"


def with_rules(word: str, rules: Mapping[str, Any]) -> str:
    """A simple value with what limits it."""
    if rules.get("ref"):
        return f"key of [{rules['ref']}]({rules['ref']}.md)"
    if rules.get("choices"):
        return f"{' '.join(f'`{choice}`' for choice in rules['choices'] if choice)}"
    if rules.get("attribute"):
        return "attribute path"
    low, high = rules.get("min"), rules.get("max")
    limits = [f"from {low}"] * (low is not None) + [f"to {high}"] * (high is not None)
    pattern = [f"matching `{rules['pattern']}`"] if rules.get("pattern") else []
    long = ["long"] if rules.get("long") else []
    return " ".join((*long, word, *limits, *pattern))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) == 2 else sys.exit("say where: python -m metadata.reference docs"))
