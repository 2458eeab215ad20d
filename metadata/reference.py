"""The reference of the metadata language, written from the models themselves."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from metadata.model import KINDS, Kind
from metadata.schema import part_of, schema_for
from metadata.schema.build import hints
from metadata.text import Text
from metadata.types import TYPES

HEAD = """\
# The metadata language

Every component is one YAML document that begins with `kind:` and `key:`. This page is made by `metadata.reference` from
the same models that read the files; the names of properties, their rules and their help are those of the program.

A *text* is a string for all languages, or a mapping of language tags, where `any` stands for all others:
`{any: Hello, sv-SE: Hej}`. A long text of several lines lies in a file beside the component: `{file: home.text.md}`.
An *attribute path* goes over lookups with dots, such as `account.name`. A *scalar* is a text, a number, true, false or
an ISO date, or a list of these. Plain words such as `no`, `010` and `2024-01-01` are texts; only `true`, `false`, `null`
and decimal numbers are not. Components of a site may leave `site:` out where there is one site only.
"""

WORDS: dict[Any, str] = {
    str: "word",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Text: "text",
    Any: "scalar",
}


def reference() -> str:
    """The page docs/metadata.md as Markdown."""
    kinds = sorted(KINDS.values(), key=lambda kind: kind.name)
    parts: dict[Any, None] = {}
    sections = [section for kind in kinds for section in of_kind(kind, parts)]
    shared = [section for part in sorted(parts, key=lambda part: part.__name__) for section in of_part(part)]
    index = ", ".join(f"[{kind.name}](#{kind.name})" for kind in kinds)
    return "\n".join((HEAD, f"Kinds: {index}.\n", *sections, "## Parts\n", *shared, *of_types())).rstrip() + "\n"


def of_kind(kind: Kind, parts: dict[Any, None]) -> Iterator[str]:
    """The section of a kind; the parts that it is made of are added to `parts`."""
    collect(kind.model, parts)
    owner = "one site" if kind.of_site else "the installation"
    folder = f"sites/<site>/{kind.folder}/" if kind.of_site else "sites/<site>/" if kind.name == "site" else f"{kind.folder}/"
    yield f"## {kind.name}\n\n{sentences(kind.model)}\n\nBelongs to {owner}; exported to `{folder}`.\n"
    yield table(kind.model)


def of_part(part: Any) -> Iterator[str]:
    """The section of a part."""
    yield f"### {part.__name__}\n\n{sentences(part)}\n"
    yield table(part)


def of_types() -> Iterator[str]:
    """The section on attribute types."""
    yield "## Attribute types\n\n| type | compared with contains | has an order | number |\n| --- | --- | --- | --- |"
    for row in TYPES.values():
        yield f"| `{row.name}` | {yes(row.textual)} | {yes(row.ordered)} | {yes(row.numeric)} |"


def yes(value: bool) -> str:
    """A cell that says yes or nothing."""
    return "yes" if value else ""


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


def table(model: Any) -> str:
    """The properties of a model, one row each."""
    annotations = hints(model)
    rows = [row(field, annotations[field.name], default_of(model, field)) for field in dataclasses.fields(model)]
    return "\n".join(("| property | value | default | meaning |", "| --- | --- | --- | --- |", *rows)) + "\n"


def row(field: dataclasses.Field[Any], hint: Any, default: str) -> str:
    """One property as a row of a table."""
    cells = (f"`{field.name}`", f"{value_of(hint, field.metadata)}", default, field.metadata.get("help", ""))
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


def value_of(hint: Any, rules: Mapping[str, Any]) -> str:
    """What a property takes, in words."""
    if get_origin(hint) in (Union, types.UnionType):
        return value_of(next(arm for arm in get_args(hint) if arm is not types.NoneType), rules)
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if get_origin(item) is tuple:
            return f"mapping of names to {value_of(get_args(item)[1], {})}"
        return f"list of {value_of(item, rules)}"
    if hint in WORDS:
        return with_rules(WORDS[hint], rules)
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def with_rules(word: str, rules: Mapping[str, Any]) -> str:
    """A simple value with what limits it."""
    if rules.get("ref"):
        return f"key of [{rules['ref']}](#{rules['ref']})"
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
    print(reference(), end="")
