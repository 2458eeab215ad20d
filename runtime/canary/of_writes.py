"""Requests that write: what forms send, and the same bent to what the person may not: rows of others, lookups to them,
attributes that are not asked for, old versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, unquote

from metadata.model import ApiEntity, Attribute
from runtime.canary.asking import Ask, Pairs
from runtime.canary.ground import MISSING, Ground
from runtime.canary.marks import WORD, Cell
from runtime.canary.of_programs import ROOT

LEFT, MARKED = ("csrf_token",), ("row", "rows")
IF_MATCH = (("If-Match", "*"),)
MOST_BUTTONS = 6
IDENTITY = (
    "/signout",
    "/sessions",
    "/signin",
    "/password",
    "/logins",
    "/second-factor",
    "/passkeys",
    "/accounts",
    "/access-requests",
    "/shares",
    "/my-data",
    "/email",
    "/consent",
    "/register",
    "/invitation",
)
"""What changes how the person who asks is signed in himself; bent to others it is sent by `of_people`."""
_ID = re.compile(r"(?:(\w+):)?(\d+)")


@dataclass
class SentForm:
    """A form of a page that writes: where it goes, what stands in it, which of it is a lookup, its buttons."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    plain: bool = False

    @property
    def pressed(self) -> list[tuple[str, str]]:
        """What the button gives that sends the form as a whole: nothing where it has no name."""
        return [] if self.plain else self.buttons[:1]


class FormReader(HTMLParser):
    """The forms of a page that write."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SentForm] = []
        self._form: SentForm | None = None
        self._hidden = 0
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their inputs."""
        given = {name: value or "" for name, value in attrs}
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "text")
        if tag == "template":
            self._hidden += 1
        if self._hidden:
            return
        if tag == "form":
            self._form = SentForm(given.get("action", "")) if given.get("method", "").lower() == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "button" and name:
            self._form.buttons.append((name, value))
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._form.plain = True
        elif tag == "select":
            self._select = name
            self._form.fields.append((name, ""))
        elif tag == "option" and self._select and ("selected" in given or not self._form.fields[-1][1]):
            self._form.fields[-1] = (self._select, value)
        elif tag == "textarea":
            self._area = name
            self._form.fields.append((name, ""))
        elif tag == "input" and kind == "file":
            self._form.files.append(name)
        elif tag == "input" and name and name not in LEFT and kind not in ("submit", "button", "image"):
            if kind in ("checkbox", "radio") and "checked" not in given and name not in MARKED:
                return
            self._form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        """Something is whole."""
        if tag == "template":
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        """What stands in a text box."""
        if self._area is not None and self._form is not None and not self._hidden:
            name, value = self._form.fields[-1]
            self._form.fields[-1] = (name, value + data)


def bent(ground: Ground, path: str, query: Pairs, raw: str) -> Iterator[Ask]:
    """What the forms of a page send, as they are and bent."""
    reader = FormReader()
    reader.feed(raw)
    for form in reader.forms:
        action = unquote(form.action.partition("?")[0]) or path
        if action.startswith(IDENTITY):
            continue
        asked = _query(form.action) if "?" in form.action else query
        about = f"form at {_shape(action)}"
        # What is bent is sent first, while the record is as somebody else left it.
        yield from (_sent(action, asked, [*fields, *form.pressed], about) for fields in _bends(ground, form))
        yield _sent(action, asked, [*form.fields, *form.pressed], about)
        yield from (_sent(action, asked, [*form.fields, button], about) for button in form.buttons[:MOST_BUTTONS])
        for name in form.files:
            body = ("\n".join(_file(ground))).encode()
            yield Ask("writes", action, asked, "POST", tuple(form.fields), about="import", file=(name, "rows.csv", body))


def _bends(ground: Ground, form: SentForm) -> Iterator[list[tuple[str, str]]]:
    """The fields with a row of somebody else in the place of one's own, with an old version, and with more than was asked."""
    for at, (name, value) in enumerate(form.fields):
        if name in ("_version", "version"):
            yield [*form.fields[:at], (name, "0"), *form.fields[at + 1 :]]
            yield [_stale(*one) for one in form.fields]
            continue
        for other in _others(ground, name, value):
            yield [*form.fields[:at], (name, other), *form.fields[at + 1 :]]
    named = {name for name, _ in form.fields}
    for entity in ground.snapshot.entities.values():
        keys = {one.key for one in entity.model.attributes}
        if len(keys & named) >= 2:
            more = [(one.key, _foreign_value(ground, one)) for one in entity.model.attributes if one.key not in named]
            yield [*form.fields, *((key, value) for key, value in more if value)]


def _stale(name: str, value: str) -> tuple[str, str]:
    """A field as somebody sends it who began before all that is there, and has typed something else: both sides are told."""
    if name in ("_version", "version"):
        return name, "0"
    return name, "{}" if name == "_base" else f"{WORD} {WORD}" if WORD in value and not name.startswith("_") else value


def _others(ground: Ground, name: str, value: str) -> Iterator[str]:
    """Keys of rows of others that could stand where a key stands."""
    found = _ID.fullmatch(value)
    for entity in ground.snapshot.entities.values():
        attribute = entity.attributes.get(name.rpartition("-")[2])
        if attribute is None or not attribute.targets:
            continue
        for target in attribute.targets:
            for row in (*ground.barred(target), *ground.foreign(target, 1)):
                yield f"{target}:{row}" if attribute.polymorphic or (found and found[1]) else str(row)
    if found and name in ("row", "rows", "chosen", "id"):
        for known in ground.snapshot.entities:
            yield from (str(row) for row in (*ground.barred(known), *ground.foreign(known, 1)))


def _foreign_value(ground: Ground, attribute: Attribute) -> str:
    if attribute.type == "lookup":
        rows = ground.foreign(attribute.targets[0] if attribute.targets else attribute.target, 1)
        return str(rows[0]) if rows else ""
    if attribute.type in ("text", "long_text"):
        return ground.marks.word(Cell("typed", 0, attribute.key))
    return ""


def _file(ground: Ground) -> Iterator[str]:
    """Rows to import that name records of others by their keys and names."""
    for entity in ground.snapshot.entities.values():
        attributes = [one for one in entity.model.attributes if one.type in ("text", "lookup")]
        if not attributes or entity.key in ("account", "contact", "company"):
            continue
        yield ",".join(one.key for one in attributes)
        for row in ground.foreign(entity.key, 3):
            yield ",".join(str(ground.value(entity.key, row, one.key) or "") for one in attributes)
        return


def _sent(path: str, query: Pairs, fields: Iterable[tuple[str, str]], about: str) -> Ask:
    return Ask("writes", path, query, "POST", tuple(fields) or (("_", ""),), about=about)


def _query(address: str) -> Pairs:
    return tuple(parse_qsl(address.partition("?")[2], keep_blank_values=True))


def _shape(path: str) -> str:
    return re.sub(r"/[^/]*\d[^/]*", "/#", path)


def api_writes(ground: Ground) -> Iterator[Ask]:
    """Changes, new rows, links and deletions of one's own rows and of others', by the web API."""
    for model in ground.site.api_entities.values():
        if model.active and model.entity in ground.snapshot.entities:
            yield from _set(ground, model)


def _set(ground: Ground, model: ApiEntity) -> Iterator[Ask]:
    path, about = f"{ROOT}/{model.set_name}", f"api {model.key}"
    attributes = [one for one in ground.snapshot.entities[model.entity].model.attributes if not one.formula]
    texts = [one for one in attributes if one.type in ("text", "long_text")]
    lookups = [one for one in attributes if one.type == "lookup"]
    rows = [*ground.own(model.entity, 1), *ground.barred(model.entity), *ground.foreign(model.entity, 2), MISSING]
    for row in rows:
        one = f"{path}({row})"
        for attribute in texts:
            body: dict[str, Any] = {attribute.key: ground.marks.word(Cell("typed", 0, attribute.key))}
            yield Ask("writes", one, method="PATCH", json=body, headers=IF_MATCH, about=about)
        for attribute in lookups:
            yield from _pointing(ground, model, one, attribute, about)
        yield Ask("writes", one, method="PATCH", json={}, headers=(("If-Match", 'W/"99"'),), about=about)
        for name in model.relationships:
            yield Ask("writes", f"{one}/{name}/$ref", method="POST", json={"@odata.id": one[len(ROOT) + 1 :]}, about=about)
    body = {
        attribute.key: ground.marks.word(Cell("typed", 0, attribute.key))
        for attribute in texts
        if attribute.key in model.attributes
    }
    yield Ask("writes", path, method="POST", json=body, headers=(("Prefer", "return=representation"),), about=about)
    for key in ground.snapshot.entities[model.entity].model.keys:
        for row in ground.foreign(model.entity, 2):
            values = {name: ground.value(model.entity, row, name) for name in key.attributes}
            if all(isinstance(value, str) for value in values.values()):
                named = ",".join(f"{name}='{value}'" for name, value in values.items())
                yield Ask("writes", f"{path}({named})", method="PATCH", json={}, headers=IF_MATCH, about=about)
    calls = [{"id": str(row), "method": "DELETE", "url": f"{model.set_name}({row})"} for row in rows[1:]]
    yield Ask("writes", f"{ROOT}/$batch", method="POST", json={"requests": calls}, about=about)
    for row in reversed(rows):
        yield Ask("writes", f"{path}({row})", method="DELETE", headers=IF_MATCH, about=about)


def _pointing(ground: Ground, model: ApiEntity, one: str, attribute: Attribute, about: str) -> Iterator[Ask]:
    for target in attribute.targets or (attribute.target,):
        found = next((item for item in ground.site.api_entities.values() if item.entity == target and item.active), None)
        for row in (*ground.barred(target), *ground.foreign(target, 1)):
            if found is not None:
                body = {f"{attribute.key}@odata.bind": f"{found.set_name}({row})"}
                yield Ask("writes", one, method="PATCH", json=body, headers=IF_MATCH, about=about)
            pointer = {f"_{attribute.key}_value": row}
            yield Ask("writes", one, method="PATCH", json=pointer, headers=IF_MATCH, about=about)
