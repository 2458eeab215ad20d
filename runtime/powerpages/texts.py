"""Web templates, page templates and snippets: Liquid that says the same here, and texts per language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from metadata.model import PageTemplate, Snippet, WebTemplate
from metadata.text import Text
from runtime.dualwrite.source import CONVERTED
from runtime.powerpages.liquid import translated
from runtime.powerpages.reading import Record
from runtime.powerpages.report import Making, slug
from runtime.powerpages.values import Names, Untold

OF_WEB_TEMPLATE = 756150001
NOT_EXPORTED = "its text is not in the export"
TRUTH = "an empty text counts as false here, and as true in Liquid"


@dataclass(frozen=True, slots=True)
class Tongue:
    """The languages of the site: codes by the ids of its records, and the one that it begins with."""

    codes: dict[str, str]
    default: str
    names: Names

    def of(self, record: Record) -> str:
        """The language of a record; "" for all."""
        for column in ("webpagelanguageid", "contentsnippetlanguageid", "websitelanguageid"):
            if found := self.codes.get(record.text(column).lower()):
                return found
        return record.language


def text_of(said: Iterable[tuple[str, Record]], pick: Callable[[Record], str]) -> Text:
    """A text per language of what records of one thing say."""
    return Text.of({tag or "any": found for tag, record in said if (found := pick(record))})


def make_templates(making: Making, tongue: Tongue) -> None:
    """Web templates whose text is there and says the same here; page templates that stand on them."""
    for record in making.export.of("webtemplate"):
        source = record.beside("source.html")
        if not record.active or source is None:
            making.by_hand(record, NOT_EXPORTED if record.active else "it is inactive")
            continue
        key = tongue.names.templates.get(record.name.lower(), "")
        try:
            made = translated(source, tongue.names)
        except Untold as fault:
            making.by_hand(record, str(fault))
            continue
        making.keys[record.id] = key
        making.add(WebTemplate(key=key, site=making.site, label=Text.of(record.name), source=made), record, noted(source))
    for record in making.export.of("pagetemplate"):
        template = making.keys.get(record.text("webtemplateid").lower(), "")
        if record.number("type") != OF_WEB_TEMPLATE or not template or not record.active:
            reason = "it stands on a page of the product" if record.text("rewriteurl") else "its web template is not made"
            making.by_hand(record, f"{reason}; its pages are shown by the theme")
            continue
        key = making.key("page_template", record)
        making.add(PageTemplate(key=key, site=making.site, label=Text.of(record.name), web_template=template), record)


def noted(source: str) -> tuple[str, ...]:
    """What is not quite the same about a text that was translated."""
    return (TRUTH,) if "{% if" in source or "{%if" in source or "{%- if" in source or "unless" in source else ()


def template_of(making: Making, tongue: Tongue, name: str, copies: list[tuple[str, Record, str]]) -> str:
    """A web template of a text in some languages, the site's first one for all others; "" where it cannot be said here."""
    parts: list[tuple[str, str]] = []
    for tag, record, copy in copies:
        try:
            parts.append((tag, translated(copy, tongue.names)))
        except Untold as fault:
            making.by_hand(record, f"its copy: {fault}")
    if not parts:
        return ""
    parts.sort(key=lambda part: part[0] == tongue.default)  # stable: what is left for all others comes last
    *others, (_, last) = parts
    source = last
    if others:
        told = "".join(
            f'{{% {"elif" if place else "if"} language == "{tag}" %}}{copy}' for place, (tag, copy) in enumerate(others)
        )
        source = f"{told}{{% else %}}{last}{{% endif %}}"
    key = making.free("web_template", name)
    making.add(WebTemplate(key=key, site=making.site, source=source), copies[0][1], noted(copies[0][2]))
    return key


def snippet_names(making: Making) -> dict[str, list[Record]]:
    """The records of each snippet: one for each language."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in making.export.of("contentsnippet"):
        found[record.name.strip().lower()].append(record)
    return found


def make_snippets(making: Making, tongue: Tongue) -> None:
    """Snippets of plain text; one with markup or Liquid is told, for a snippet is no template here."""
    for name, records in snippet_names(making).items():
        values: dict[str, str] = {}
        told: list[Record] = []
        for record in records:
            value = record.beside("value.html")
            value = record.text("value") if value is None else value.strip()
            if not value or not record.active:
                making.by_hand(record, NOT_EXPORTED if record.active else "it is inactive")
            elif "{%" in value or "{{" in value or "<" in value:
                making.by_hand(record, "it holds markup or Liquid: make a web template of it, and include that")
            else:
                values[tongue.of(record) or "any"] = value
                told.append(record)
        if told:
            key = tongue.names.snippets[name]
            making.add(Snippet(key=key, site=making.site, value=Text.of(values)), told[0])
            for record in told[1:]:
                making.tell(record, CONVERTED, made=f"snippet {making.site}/{key}")


def names_of(making: Making) -> Names:
    """What templates may name, with the keys that it has here."""
    templates = {
        record.name.lower(): making.free("web_template", record.name)
        for record in making.export.of("webtemplate")
        if record.active and record.beside("source.html") is not None
    }
    snippets = {name: making.free("snippet", slug(name)) for name in snippet_names(making)}
    menus = {record.name.lower(): making.key("web_link_set", record) for record in making.export.of("weblinkset")}
    return Names(templates, snippets, menus)
