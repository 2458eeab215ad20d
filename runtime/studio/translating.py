"""The texts of the site for translators: how much is translated, PO files out, and back in as drafts after a look."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, flash, request

from metadata.model import ComponentId
from metadata.store import Components
from runtime import errands
from runtime.errors import AccessDenied, BadRequest, PageNotFound
from runtime.studio.desk import Desk, open_desk
from runtime.studio.exchanging import Line, line_of
from runtime.studio.rights import EXCHANGE
from runtime.translating.catalogues import LARGEST, NoCatalogue, Read, pieces, read
from runtime.translating.phrases import Phrase, Texts, Tongues, count, phrases_in, said_in, tongues_of, translated
from runtime.translating.taking import Taken, take

MOST_SHOWN = 200
KIND = "translations"


@dataclass(frozen=True, slots=True)
class Progress:
    """A language: its tag, its name, how many texts are translated, and how many there are."""

    tag: str
    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Look:
    """A file that was handed in: what it changes, what of it no longer fits, and how many texts it calls unsure."""

    tag: str
    taken: Taken
    unsure: int
    errand: str

    def lines(self, desk: Desk) -> tuple[Line, ...]:
        """The changes, for people."""
        return tuple(line_of(desk, change) for change in self.taken.changes[:MOST_SHOWN])


class Refusal(Exception):
    """The file is not taken in; carries what is said."""


def translations() -> Response:
    """How much is translated; with a language, what is missing in it."""
    desk = _desk()
    tag = request.args.get("language", "")
    if tag and tag not in translated(desk.context.site.model):
        raise BadRequest
    return _page(desk, tag=tag)


def translations_file(language: str) -> Response:
    """The PO file of a language, with the drafts; `missing` leaves out what is translated."""
    desk = _desk()
    if language not in translated(desk.context.site.model):
        raise PageNotFound
    tongues = _tongues(desk, language)
    missing = request.args.get("of") == "missing"
    phrases = (phrase for phrase in phrases_in(_said(desk), tongues) if not (missing and phrase.translation))
    response = Response(pieces(phrases, tongues, desk.reach.site), content_type="text/x-gettext-translation; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{desk.reach.site}-{language}.po"'
    return response


def submit_translations() -> Response:
    """Show what a file would change; then, on the second press, save it as drafts."""
    desk = _desk()
    try:
        if request.form.get("do") == "save":
            return _save(desk, request.form.get("errand", ""))
        return _look(desk)
    except Refusal as refusal:
        return _page(desk, refused=str(refusal), status=422)


def _desk() -> Desk:
    desk = open_desk()
    if not desk.reach.has(EXCHANGE):
        raise AccessDenied
    return desk


def _tongues(desk: Desk, language: str) -> Tongues:
    return tongues_of(desk.context.site.model, language)


def _components(desk: Desk) -> Components:
    """What the person may work on, with the drafts."""
    return {name: item for name, item in desk.readable().items() if desk.reach.covers(name)}


def _said(desk: Desk) -> dict[ComponentId, Texts]:
    """What the components say that the person may work on."""
    there = desk.bench.items
    return {
        name: desk.bench.said(name) if item is there[name].component else said_in(item)
        for name, item in _components(desk).items()
    }


def _look(desk: Desk) -> Response:
    uploaded = request.files.get("file")
    data = b""
    if uploaded is not None:
        with uploaded.stream as stream:
            data = stream.read(LARGEST + 1)
    tag, found = _read(desk, data)
    taken = take(_components(desk), _tongues(desk, tag), found.entries)
    held = {"po": base64.b64encode(data).decode()}
    with desk.context.lease.transaction() as connection:
        errand = errands.begin(connection, _owner(desk), held, {}, dt.datetime.now(dt.UTC))
    return _page(desk, look=Look(tag, taken, found.unsure, errand.id))


def _save(desk: Desk, key: str) -> Response:
    errand = errands.find(desk.context.connection, _owner(desk), key, dt.datetime.now(dt.UTC))
    if errand is None:
        raise Refusal(desk.say("studio.exchange_forgotten"))
    tag, found = _read(desk, base64.b64decode(errand.given["po"]))
    taken = take(_components(desk), _tongues(desk, tag), found.entries)
    desk.prove()
    saved = desk.store.save(taken.components, desk.author, f"translations {tag}")
    desk.note("import", "translations", 0, language=tag, components=[str(name) for name in saved])
    with desk.context.lease.transaction() as connection:
        errands.drop(connection, errand)
    flash(desk.say("studio.exchange_saved", count=len(saved)), "good")
    return desk.go("publish")


def _read(desk: Desk, data: bytes) -> tuple[str, Read]:
    """A file with the language that it is in. Raises Refusal."""
    try:
        found = read(data)
    except NoCatalogue as fault:
        raise Refusal(desk.say(f"studio.translations_{fault.key}")) from None
    if found.language not in translated(desk.context.site.model):
        raise Refusal(desk.say("studio.translations_language", language=found.language or "–"))
    if not (found.entries or found.unsure):
        raise Refusal(desk.say("studio.translations_empty"))
    return found.language, found


def _progress(desk: Desk, phrases: Mapping[str, list[Phrase]]) -> tuple[Progress, ...]:
    names = desk.context.snapshot.languages
    return tuple(
        Progress(tag, (names[tag].label.in_language(tag) if tag in names else "") or tag, *count(found))
        for tag, found in phrases.items()
    )


def _owner(desk: Desk) -> errands.Owner:
    return errands.Owner(int(desk.context.principal.contact or 0), desk.reach.site, KIND)


def _page(desk: Desk, *, tag: str = "", look: Look | None = None, refused: str = "", status: int = 200) -> Response:
    said = {} if look else _said(desk)
    tags = () if look else translated(desk.context.site.model)
    phrases = {other: list(phrases_in(said, _tongues(desk, other))) for other in tags}
    missing = [phrase for phrase in phrases[tag] if not phrase.translation] if tag else []
    return desk.page(
        "translations.html",
        title=desk.say("studio.translations"),
        status=status,
        languages=_progress(desk, phrases),
        tag=tag,
        missing=missing[:MOST_SHOWN],
        left=max(len(missing) - MOST_SHOWN, 0),
        look=look,
        most=LARGEST // 1_000_000,
        refused=refused,
    )
