"""Leaks planted into the engine, each as a small patch: what the canary crawler must find."""

import hashlib
import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import flask
import pytest

from metadata.files import read_folder
from runtime.access import Principal, access_of
from runtime.access.attributes import RIGHTS
from runtime.api.calls import Answer, Caller
from runtime.canary.worlds import release
from runtime.context import RequestContext
from runtime.errors import AccessDenied
from runtime.forms import drafts
from runtime.pages.part import BlockAsk
from runtime.records.plan import ListPlan, plan_list
from runtime.records.source import Source

SITE = Path(__file__).parent / "aviary.yaml"
Patch = pytest.MonkeyPatch


def above(principal: Principal) -> Principal:
    """The same person with every right."""
    return replace(principal, kind="system")


def raised(value: Any) -> Any:
    """An argument as if the person had every right."""
    match value:
        case Principal():
            return above(value)
        case RequestContext():
            return replace(value, principal=above(value.principal))
        case Caller():
            return replace(value, principal=above(value.principal), context=raised(value.context))
        case BlockAsk():
            return replace(value, context=raised(value.context))
        case ListPlan() if value.view:
            nobody = Principal("system", value.standing[1], roles=value.standing[2])
            return plan_list(value.snapshot, nobody, value.view, value.options)
    return value


def elevated(*names: str) -> Callable[[Patch], None]:
    """Functions, as `module:name`, that forget who asks."""

    def plant(patch: Patch) -> None:
        for name in names:
            module, _, function = name.partition(":")
            real = getattr(importlib.import_module(module), function)
            patch.setattr(f"{module}.{function}", _raising(real))

    return plant


def pages(*names: str) -> Callable[[Patch], None]:
    """The same, in modules of the pages."""
    return elevated(*(f"runtime.pages.{name}" for name in names))


def _raising(real: Any) -> Any:
    @wraps(real)
    def call(*given: Any, **named: Any) -> Any:
        return real(*(raised(one) for one in given), **{name: raised(value) for name, value in named.items()})

    return call


def open_access(*modules: str) -> Callable[[Patch], None]:
    """Modules that ask for access and are told that everything is allowed."""

    def plant(patch: Patch) -> None:
        for module in modules:
            known = importlib.import_module(module)
            if hasattr(known, "access_for"):
                patch.setattr(known, "access_for", lambda snapshot, principal, *rest: _all(snapshot, principal.standing, *rest))
            if hasattr(known, "access_of"):
                patch.setattr(known, "access_of", _all)

    return plant


def _all(snapshot: Any, standing: Any, *rest: Any) -> Any:
    return access_of(snapshot, ("system", standing[1], standing[2]), *rest)


def sort_by_anything(patch: Patch) -> None:
    patch.setattr("runtime.records.ask._sort", lambda plan, raw: ((raw.removeprefix("-"), raw.startswith("-")),) if raw else ())
    patch.setattr("runtime.records.statement.sort_column", lambda plan, source, path: source.rows.c[path.partition(".")[0]])


def labels_of_everything(patch: Patch) -> None:
    real = Source._access

    def access(self: Source, entity: str) -> Any:
        return real(self, entity) if entity == self.entity.key else _all(self.snapshot, self.standing, entity, "read")

    patch.setattr(Source, "_access", access)


def every_attribute(patch: Patch) -> None:
    patch.setattr(
        "runtime.access.grants.attributes_for",
        lambda site, roles, entity, privilege: frozenset(entity.attributes) if privilege in RIGHTS else frozenset(),
    )


def told_apart(patch: Patch) -> None:
    """A record that may not be read answers otherwise than one that is not there."""
    module = importlib.import_module("runtime.pages.nesting")
    real = module.fetch_record

    def fetch(*given: Any) -> Any:
        found = real(*given)
        if found is None and real(*(raised(one) for one in given)) is not None:
            raise AccessDenied
        return found

    patch.setattr(module, "fetch_record", fetch)


def named_in_redirect(patch: Patch) -> None:
    """A record that may not be read leads to a page that is told its name."""
    module = importlib.import_module("runtime.routes")
    real = module.serve_path

    def serve(context: Any, path: str, show: Any) -> Any:
        try:
            return real(context, path, show)
        except Exception:
            parts = path.strip("/").split("/")
            nesting = importlib.import_module("runtime.pages.nesting")
            everything = raised(context)
            place = (everything.reader, everything.snapshot, everything.principal, "bird", "ring", parts[-1], ("song",))
            found = nesting.fetch_record(*place) if parts[0] == "birds" and len(parts) > 1 else None
            if found is None:
                raise
            return module.redirect(f"/birds?q={found.values['song']}")

    patch.setattr(module, "serve_path", serve)


def not_modified_for_all(patch: Patch) -> None:
    module = importlib.import_module("runtime.api.service")
    real = module._shown

    def shown(caller: Any, call: Any, entity_set: Any, row: int) -> Any:
        there = module.single(raised(caller), entity_set, row, module.Options())
        if there is not None and call.versions("if-none-match") is not None:
            return Answer(304)
        return real(caller, call, entity_set, row)

    patch.setattr(module, "_shown", shown)


def rows_found_for_all(patch: Patch) -> None:
    elevated("runtime.api.service:find_row")(patch)
    elevated("runtime.api.service:single")(patch)


def drafts_of_anybody(patch: Patch) -> None:
    patch.setattr(drafts, "_owned", lambda owner: (drafts.drafts.c.site == owner.site, drafts.drafts.c.form == owner.form))


def views_of_anybody(patch: Patch) -> None:
    module = importlib.import_module("runtime.records.saved")
    real = module.saved_of
    patch.setattr(module, "saved_of", lambda reader, owner: real(reader, replace(owner, contact=owner.contact + 1)))


def rows_kept_for_all(patch: Patch) -> None:
    """A page of a list that is kept for whoever asks next."""
    module = importlib.import_module("runtime.pages.lists")
    real, kept = module.fetch_list, {}

    def fetch(reader: Any, plan: Any, principal: Any, ask: Any, *rest: Any) -> Any:
        key = (id(plan.snapshot), plan.view, repr(ask))
        if key not in kept:
            kept[key] = real(reader, plan, principal, ask, *rest)
        return kept[key]

    patch.setattr(module, "fetch_list", fetch)


def every_page_open(patch: Patch) -> None:
    module = importlib.import_module("runtime.sitemap")
    patch.setattr(module, "_verdict", lambda node, rules, roles: module.Verdict.OPEN)


def small_pictures_for_all(patch: Patch) -> None:
    module = importlib.import_module("runtime.pages.files")
    real = module.held_file

    def held(context: Any, *given: Any) -> Any:
        flask = importlib.import_module("flask")
        return real(raised(context) if "width" in flask.request.args else context, *given)

    patch.setattr(module, "held_file", held)


def value_in_fault(patch: Patch) -> None:
    """The sentence about a row that cannot be deleted says what the row is."""
    pages("removal:fetch_record")(patch)


def in_swedish(name: str) -> Callable[[Patch], None]:
    """A function of the pages that forgets who asks in one language, which is not the first."""

    def plant(patch: Patch) -> None:
        module, _, function = f"runtime.pages.{name}".partition(":")
        real = getattr(importlib.import_module(module), function)
        raising = _raising(real)

        @wraps(real)
        def call(*given: Any, **named: Any) -> Any:
            swedish = flask.request.environ.get("foyer.language") == "sv-SE"
            return (raising if swedish else real)(*given, **named)

        patch.setattr(f"{module}.{function}", call)

    return plant


def facet_of_anything(patch: Patch) -> None:
    """A facet counts an attribute that may not be read, over the rows that may."""
    module = importlib.import_module("runtime.records.facets")

    class Unmasked(module.Source):  # type: ignore[name-defined, misc]
        def value(self, path: str) -> Any:
            return self.rows.c[path] if path == "temper" else super().value(path)

    elevated("runtime.pages.search_types:facets_of")(patch)
    patch.setattr(module, "Source", Unmasked)


def beside_the_page(leave: Callable[[str], None]) -> Callable[[Patch], None]:
    """A list whose page is right, and where something beside it is worked out of the rows of everybody."""

    def plant(patch: Patch) -> None:
        module = importlib.import_module("runtime.pages.lists")
        real = module.fetch_list

        def fetch(reader: Any, plan: Any, principal: Any, *rest: Any) -> Any:
            leave(repr(real(reader, raised(plan), raised(principal), *rest).rows))
            return real(reader, plan, principal, *rest)

        patch.setattr(module, "fetch_list", fetch)

    return plant


def in_a_header(rows: str) -> None:
    """A header that is of no standard tells how much there is."""
    flask.after_this_request(lambda answer: _with_header(answer, str(len(rows) + zlib.crc32(rows.encode()))))


def _with_header(answer: flask.Response, value: str) -> flask.Response:
    answer.headers["X-Rows"] = value
    return answer


def in_the_cookie(rows: str) -> None:
    """The cookie of the session, which is signed and not sealed, keeps what was looked at."""
    flask.session["looked_at"] = rows[-60:]


def in_a_digest(rows: str) -> None:
    """The page names what is hidden by a digest of it, such as the picture of an address: whoever can guess it knows it."""
    digest = hashlib.md5(rows.encode(), usedforsecurity=False).hexdigest()

    def signed(answer: flask.Response) -> flask.Response:
        if answer.mimetype == "text/html":
            answer.set_data(answer.get_data() + f"<!-- {digest} -->".encode())
        return answer

    flask.after_this_request(signed)


@dataclass(frozen=True)
class Fault:
    """A leak: how it is planted, and where it is to be found."""

    name: str
    plant: Callable[[Patch], None]
    surface: str
    who: tuple[str, ...] = ("warden",)


FAULTS = (
    Fault("the list forgets the person", pages("list_ready:plan_list", "lists:fetch_list"), "lists"),
    Fault("the export forgets the person", pages("export:follow"), "lists"),
    Fault("the feed forgets the person", pages("feed:plan_list", "feed:fetch_list"), "feeds"),
    Fault("a lookup offers rows of others", elevated("runtime.forms.finding:offer"), "lookups"),
    Fault(
        "the search finds rows of others", pages("search_types:plan_entity", "search:find_rows", "search:fetch_list"), "lists"
    ),
    Fault("a facet counts rows of others", pages("search_facets:fetch_facets"), "lists"),
    Fault("a facet of what may not be read", facet_of_anything, "lists"),
    Fault(
        "a chart counts rows of others",
        pages("charts:plan_list", "charts:fetch_figures"),
        "pages",
    ),
    Fault("a tile counts rows of others", pages("tiles:count_view"), "pages"),
    Fault("the board shows rows of others", pages("board:fetch_lanes"), "lists"),
    Fault(
        "a template asks as the engine",
        pages("templating.asking:plan_entity", "templating.asking:fetch_list"),
        "pages",
    ),
    Fault("a file is served by its id alone", pages("files:fetch_record"), "files"),
    Fault("small pictures are served to all", small_pictures_for_all, "files"),
    Fault("a record page shows any record", pages("nesting:fetch_record"), "pages"),
    Fault("403 for what is there, 404 for what is not", told_apart, "pages"),
    Fault("a record page shows any record in Swedish", in_swedish("nesting:fetch_record"), "languages"),
    Fault("a list forgets the person in Swedish", in_swedish("lists:fetch_list"), "languages"),
    Fault("a redirect names what is hidden", named_in_redirect, "pages"),
    Fault(
        "related rows are not filtered",
        pages("related:plan_list", "related:fetch_related"),
        "pages",
    ),
    Fault("labels of rows that may not be read", labels_of_everything, "lists"),
    Fault("a list is sorted by what may not be read", sort_by_anything, "lists"),
    Fault("attribute permissions are forgotten", every_attribute, "lists"),
    Fault("the history forgets attribute permissions", open_access("runtime.records.trail"), "links"),
    Fault("the draft of another is offered", drafts_of_anybody, "pages"),
    Fault("views of others are shown", views_of_anybody, "lists"),
    Fault("rows are kept for all people alike", rows_kept_for_all, "lists", ("warden", "warden (stranger)")),
    Fault("a header tells of rows of others", beside_the_page(in_a_header), "lists"),
    Fault("the cookie keeps rows of others", beside_the_page(in_the_cookie), "lists"),
    Fault("a digest of rows of others stands in the page", beside_the_page(in_a_digest), "lists"),
    Fault("page access rules are forgotten", every_page_open, "pages"),
    Fault("$count forgets the person", elevated("runtime.api.service:number_of"), "api"),
    Fault("$expand forgets the person", elevated("runtime.api.reading:_follow_one"), "api"),
    Fault("$apply forgets the person", elevated("runtime.api.service:groups"), "api"),
    Fault("the API gives a row by its id alone", rows_found_for_all, "api"),
    Fault("304 for what may not be read", not_modified_for_all, "api"),
    Fault("a question before deleting names any row", value_in_fault, "lists"),
    Fault("updates forget the person", open_access("runtime.records.write", "runtime.records.rows"), "writes"),
    Fault("deletions forget the person", open_access("runtime.records.remove", "runtime.records.rows"), "writes"),
    Fault("lookups may point at anything", open_access("runtime.records.links"), "writes"),
)


def release_aviary(folder: Path) -> None:
    """The site on which faults are planted, released into a folder."""
    reading = read_folder(SITE)
    release(reading.components, folder, reading.contents)
