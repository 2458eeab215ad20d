"""The fields of an editor, from the model of a kind and plain data that may be wrong: what the templates draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from babel.core import Locale, UnknownLocaleError

from metadata.files.emit import emit
from metadata.types import TYPES
from runtime.studio.places import title_of
from runtime.studio.posted import FIELD, HERE, RAW, SORT, TYPED
from runtime.studio.scalars import SORTS, show_as, show_scalar, sort_of
from runtime.studio.sentences import ENGLISH, Speech
from runtime.studio.shapes import Shape, fits, shapes_of

FIRST = 4
FIXED = ("key", "site")
ICON, ICONS = "icon", "icons"
"""The property that names an icon, and the source that completes it."""
SEVERAL = ("in", "not_in", "between")
SORT_CHOICES = tuple((sort, sort) for sort in SORTS)


@dataclass(frozen=True, slots=True)
class Line:
    """One input: the name under which it is posted, what stands in it, and what may stand in it."""

    name: str
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    language: str = ""
    checked: tuple[str, ...] = ()
    second: str = ""
    offered: tuple[tuple[str, str], ...] = ()

    @property
    def chosen(self) -> tuple[str, ...]:
        """What of the values that are offered stands in it; as many as it has lines."""
        return tuple(line for line in self.value.split("\n") if line)

    @property
    def spoken(self) -> str:
        """The language in its own words, with its tag; the tag alone where nobody speaks it."""
        try:
            named = Locale.parse(self.language, sep="-").get_language_name()
        except (ValueError, UnknownLocaleError):
            named = None
        return f"{named[:1].upper()}{named[1:]} · {self.language}" if named else self.language


@dataclass(frozen=True, slots=True)
class Part:
    """One item of a list of parts, or a part by itself: its path, its title and its entries."""

    path: str
    title: str
    entries: tuple[Entry, ...]
    problems: int = 0
    errors: tuple[str, ...] = ()
    open: bool = False

    @property
    def main(self) -> tuple[Entry, ...]:
        """What is shown at once."""
        return tuple(entry for entry in self.entries if entry.main)

    @property
    def more(self) -> tuple[Entry, ...]:
        """What is folded away, because nothing is set there."""
        return tuple(entry for entry in self.entries if not entry.main)


@dataclass(frozen=True, slots=True)
class Entry:
    """One property: its label and help, how it is edited, its inputs or parts, and what is wrong with it."""

    path: str
    shape: Shape
    form: str
    lines: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    errors: tuple[str, ...] = ()
    main: bool = True
    there: bool = True
    help: str = ""
    label: str = ""

    @property
    def id(self) -> str:
        """Its id in the page."""
        return id_of(self.path)


def _none(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What entries need to know besides the data: problems by path, languages, where names are completed from.

    `sources` names a list of words by property; the others are known from the rules of the model. `kinds` are the types of the
    entity's attributes; `values` gives the codes and labels that the value of an attribute, or beside one, may be.
    """

    problems: Mapping[str, Sequence[str]]
    languages: Sequence[str]
    entity: str = ""
    focus: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    sources: Mapping[str, str] = field(default_factory=dict)
    values: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] = _none
    speech: Speech = ENGLISH
    part: str = ""
    """The entity that the part of the component names in which the entries stand."""


def id_of(path: str) -> str:
    """The id of the field at a path of keys."""
    return f"f-{path}" if path else "main"


def entries_of(model: Any, data: Mapping[str, Any], around: Surroundings, above: str = "") -> tuple[Entry, ...]:
    """The entries of a component, or of a part of one."""
    entries = _entries(model, data, around, above)
    return tuple(replace(entry, help=around.speech.sentence(entry.shape.help)) for entry in entries)


def _entries(model: Any, data: Mapping[str, Any], around: Surroundings, above: str) -> Iterator[Entry]:
    for number, shape in enumerate(shapes_of(model)):
        if not above and shape.name in FIXED:
            continue
        path = f"{above}{shape.name}"
        value = data.get(shape.name)
        main = not above or shape.required or shape.name in data or number < FIRST or _below(path, around.problems)
        if shape.form == "scalar" and (value is None or fits(shape, value)):
            errors = tuple(around.problems.get(path, ()))
            sort = sort_of(value) if shape.name in data else _begins(data, around)
            line = _sorted(f"{FIELD}{path}.{TYPED}", value, sort, second=f"{FIELD}{path}.{SORT}")
            line = replace(line, offered=_offered(shape, data, around, line))
            yield Entry(path, shape, "scalar", (line,), (), errors, main, there=shape.name in data)
        else:
            yield _entry(shape, path, value, around, main=main)


def _sorted(name: str, value: Any, sort: str, second: str = "") -> Line:
    """The input of a value that may be of several types, with the sort that it has now as what is checked."""
    return Line(name, "" if value is None else show_as(sort, value), SORT_CHOICES, checked=(sort,), second=second)


def _offered(shape: Shape, data: Mapping[str, Any], around: Surroundings, line: Line) -> tuple[tuple[str, str], ...]:
    """The values that there are to choose from, with what stands there now; none where they are not known."""
    if shape.name not in ("value", "default") or line.checked[0] not in ("text", "texts", "empty"):
        return ()
    known = dict(around.values(data))
    return tuple({**known, **{word: known.get(word, word) for word in line.chosen}}.items()) if known else ()


def _begins(data: Mapping[str, Any], around: Surroundings) -> str:
    """The sort as which a value begins beside these data."""
    several = data.get("operator") in SEVERAL
    if _counts(data, around):
        return "numbers" if several else "number"
    return "texts" if several else "text"


def _counts(data: Mapping[str, Any], around: Surroundings) -> bool:
    """Is a value beside these data likely to be a number: that of an attribute whose type says so, or of a filter on one?"""
    given = str(data.get("type") or around.kinds.get(str(data.get("attribute") or ""), ""))
    return given in TYPES and TYPES[given].numeric


def _entry(shape: Shape, path: str, value: Any, around: Surroundings, *, main: bool) -> Entry:
    errors = tuple(around.problems.get(path, ()))
    if value is not None and (not fits(shape, value) or (shape.form in ("words", "pairs") and _broken(value))):
        text = value if isinstance(value, str) else emit(value).decode() if isinstance(value, dict) else show_scalar(value)
        return Entry(path, shape, "yaml", (Line(f"{FIELD}{path}.{RAW}", text),), errors=errors)
    lines: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    match shape.form:
        case "part":
            given = value or {}
            parts = (_part(shape, path, given, around, title=""),) if value is not None or not shape.optional else ()
        case "parts":
            items = enumerate(value or ())
            parts = tuple(_part(shape, f"{path}.{place}", item, around, title=title_of(item, place)) for place, item in items)
        case _:
            lines = tuple(_lines(shape, path, value, around))
    return Entry(path, shape, _form(shape, lines), lines, parts, errors, main, there=value is not None)


def _form(shape: Shape, lines: Sequence[Line]) -> str:
    """How an entry is drawn: a text of several lines needs an area, for a browser takes line breaks out of an input."""
    long = bool(shape.rules.get("long") or shape.rules.get("code")) or any(
        "\n" in line.value or "\r" in line.value for line in lines
    )
    if shape.form == "word" and (shape.rules.get("choices") or _is_type(shape)):
        return "select"
    if shape.form in ("word", "whole", "real", "scalar"):
        return "area" if long else "line"
    if shape.form == "text" and long:
        return "areas"
    return "select" if shape.form == "maybe" else shape.form


def _is_type(shape: Shape) -> bool:
    """Is this the type of an attribute, of which there are those that the engine has and no others?"""
    return shape.name == "type" and not shape.rules.get("choices")


def _broken(value: Any) -> bool:
    """Does one of several words have a line break, which the input of a line cannot hold?"""
    words = [*value, *value.values()] if isinstance(value, dict) else value
    return any(isinstance(word, str) and ("\n" in word or "\r" in word) for word in words)


def _part(shape: Shape, path: str, data: Mapping[str, Any], around: Surroundings, *, title: str) -> Part:
    problems = sum(len(told) for place, told in around.problems.items() if place == path or place.startswith(f"{path}."))
    opened = bool(problems) or around.focus == path or around.focus.startswith(f"{path}.")
    own = data.get("entity")
    within = replace(around, part=own) if isinstance(own, str) and own else around
    entries = entries_of(shape.model, data, within, f"{path}.")
    return Part(path, title, entries, problems, tuple(around.problems.get(path, ())), opened)


def _lines(shape: Shape, path: str, value: Any, around: Surroundings) -> Iterator[Line]:
    name = f"{FIELD}{path}"
    source = _source(shape, around)
    match shape.form:
        case "text":
            texts = {"any": value} if isinstance(value, str) else dict(value or {})
            # With one language there is nothing to tell apart: a text for all of them is one for that.
            spoken = around.languages if len(around.languages) > 1 else ()
            tags = dict.fromkeys(("any", *(_tag(language, texts) for language in spoken), *texts))
            empty = f"{name}.{HERE}"
            for tag in tags:
                text = texts.get(tag, "")
                yield Line(f"{name}.{tag}", text, language=tag, second=f"{empty}{tag}" if tag in texts and not text else "")
        case "flag":
            checked = value if isinstance(value, bool) else shape.default
            yield Line(name, "true" if checked else "")
        case "maybe":
            say = around.speech.say
            options = (("", ""), ("true", say("value.yes")), ("false", say("value.no")))
            yield Line(name, {True: "true", False: "false"}.get(value, ""), options)
        case "marks":
            given = tuple(map(str, value or ()))
            known = dict.fromkeys((*shape.rules["choices"], *given))
            yield Line(name, options=_said(shape, known, around), checked=given)
        case "words":
            given = shape.default if value is None else value
            yield from (
                Line(f"{name}.{place}", _shown(shape.item, one), source=source) for place, one in enumerate(given or ())
            )
        case "pairs":
            for place, (key, one) in enumerate((value or {}).items()):
                sort = sort_of(one) if shape.item == "scalar" else ""
                shown = show_as(sort, one) if sort else _shown(shape.item, one)
                yield Line(
                    f"{name}.{place}", str(key), SORT_CHOICES if sort else (), checked=(sort,) if sort else (), second=shown
                )
        case _:
            yield Line(name, "" if value is None else _shown(shape.form, value), _options(shape, value, around), source)


def _tag(language: str, texts: Mapping[str, str]) -> str:
    """The tag under which a language has its text: its base's, where that is what somebody has written."""
    base = language.partition("-")[0]
    return base if base in texts and language not in texts else language


def _shown(form: str, value: Any) -> str:
    return show_scalar(value) if form == "scalar" else "" if value is None else str(value)


def _options(shape: Shape, value: Any, around: Surroundings) -> tuple[tuple[str, str], ...]:
    """The words to choose from; the default one is what stands there where nothing is chosen."""
    choices = TYPES if _is_type(shape) else shape.rules.get("choices")
    if not choices:
        return ()
    given = str(value) if value is not None else ""
    words = dict.fromkeys((*([""] if shape.required or "" in choices else []), *choices, *([given] if given else [])))
    return _said(shape, words, around)


def _said(shape: Shape, words: Iterable[str], around: Surroundings) -> tuple[tuple[str, str], ...]:
    """Words to choose from, each with what it is called."""
    if _is_type(shape):
        say = around.speech.say
        return tuple((word, say(key) if (key := f"studio.of_type.{word}") in say else word) for word in words)
    return tuple((word, around.speech.option(shape, word) if word else "") for word in words)


def _source(shape: Shape, around: Surroundings) -> str:
    """The name of the list that completes a word: the keys of a kind, the attributes of an entity, icons."""
    found = ""
    if shape.name in around.sources:
        found = around.sources[shape.name]
    elif shape.rules.get("ref"):
        found = f"kind-{shape.rules['ref']}"
    elif shape.rules.get("attribute"):
        found = attributes_source(shape, around.entity, around.part)
    elif shape.name == ICON:
        found = ICONS
    if found:
        around.used.add(found)
    return found


def attributes_source(shape: Shape, entity: str, part: str) -> str:
    """The list that completes an attribute: of the component's entity, or of the one that the part of it names."""
    if shape.rules["attribute"] == "part":
        return f"own-{part}" if part else ""
    return f"attributes-{entity}" if entity else ""


def _below(path: str, problems: Mapping[str, Sequence[str]]) -> bool:
    return any(place == path or place.startswith(f"{path}.") for place in problems)


def paths_of(entries: Sequence[Entry]) -> Iterator[str]:
    """The paths of all entries, those inside parts too, and of the parts."""
    for entry in entries:
        yield entry.path
        for part in entry.parts:
            yield part.path
            yield from paths_of(part.entries)
