"""The window through which somebody sees the site as another one does: beside an editor, and on a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response, make_response, redirect, request, session
from markupsafe import escape

from metadata.errors import MetadataError
from runtime.errors import AccessDenied, BadRequest, PageNotFound
from runtime.records.memberships import accounts_for
from runtime.records.people import Person, find_people, load_person
from runtime.security import local_path
from runtime.studio.bench import Item
from runtime.studio.desk import Desk, open_desk
from runtime.studio.viewing.eyes import drafted
from runtime.studio.viewing.guise import DRAFT, Guise, read_state, read_who, release_of
from runtime.studio.viewing.samples import KINDS as SAMPLED
from runtime.studio.viewing.samples import sample_path

CHOSEN = "studio_as"
WIDTHS = ("phone", "tablet", "desktop")
FOUND = 8
RELEASES = 50
"""Releases to choose from."""
PAGES = 40
"""Pages to choose from beside the look of a site."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One whose eyes may be chosen: as it stands in addresses, a name, and what tells people of the same name apart."""

    who: str
    name: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What is seen: as whom, where, how wide; `places` are the addresses to choose from, by what they are called.

    `as_served` is the number of drafts that are wrong, and seen as they are served; `late` says that it is not known yet;
    `kept` is what else the address says.
    """

    seen_as: Somebody
    state: str
    width: str
    source: str
    here: str
    places: tuple[tuple[str, str], ...] = ()
    as_served: int = 0
    late: bool = False
    kept: str = ""

    @property
    def release(self) -> int | None:
        """The earlier release that is looked at."""
        return release_of(self.state)


def view() -> Response:
    """The site through the eyes that were chosen, whole."""
    desk = open_desk()
    _may(desk)
    path = local_path(request.args.get("path", "/")) or "/"
    state = read_state(request.args.get("state", DRAFT)) or DRAFT
    releases = desk.store.releases() if desk.reach.publishes else ()
    if release_of(state) not in {None, *(release.id for release in releases)}:
        raise PageNotFound
    window = window_at(desk, ((desk.say("studio.whole_site"), path),), state)
    window = replace(window, kept=f"&{urlencode({'path': path, 'state': state})}")
    words = request.args.get("q", "").strip()
    return desk.page(
        "view.html",
        title=desk.say("studio.view_as"),
        window=window,
        path=path,
        words=words,
        back=local_path(request.args.get("back", "")),
        people=tuple(people(desk, words)),
        roles=tuple(roles(desk)),
        accounts=tuple(accounts(desk, window.seen_as)),
        releases=tuple((release, desk.formats.moment(release.created_at)) for release in releases[:RELEASES]),
    )


def wrong_drafts() -> Response:
    """How many drafts are seen as they are served, for a page that did not wait for it."""
    desk = open_desk()
    _may(desk)
    try:
        wrong = len(drafted(desk.context).as_served)
    except MetadataError:
        wrong = 0
    said = escape(desk.say("studio.as_served", count=wrong)) if wrong else ""
    response = make_response(f'<div class="as-banner" role="status">{said}</div>' if said else "")
    response.headers["Cache-Control"] = "no-store"
    return response


def look() -> Response:
    """Choose through whose eyes the site is seen from now on in this browser, and go back to where that was done."""
    desk = open_desk()
    _may(desk)
    who = request.form.get("who", "")
    if read_who(who) is None:
        raise BadRequest
    session[CHOSEN] = who
    return make_response(redirect(local_path(request.form.get("back", "")) or desk.url("view"), 303))


def look_as_holder(desk: Desk, role: str) -> None:
    """See the site as somebody with a role from now on, unless other eyes were chosen or the person holds it."""
    if CHOSEN not in session and role not in desk.context.principal.roles:
        session[CHOSEN] = f"role-{role}"


def window_of(desk: Desk, item: Item) -> Window | None:
    """The window beside the editor of a component; None where there is nothing to see, or the person may not."""
    if not desk.reach.views_as or item.head.deleted:
        return None
    places = tuple(_places(desk, item))
    return window_at(desk, places, DRAFT) if places else None


def people(desk: Desk, words: str) -> Iterator[Somebody]:
    """Contacts that the words find."""
    for person in find_people(desk.context.connection, desk.context.snapshot, words, FOUND):
        yield Somebody(f"contact-{person.contact}", person.name or person.email, person.account_name or person.email)


def roles(desk: Desk) -> Iterator[Somebody]:
    """Nobody, and each role of the site, drafts included, of somebody without rows."""
    yield Somebody("anonymous", desk.say("studio.nobody"))
    for item in desk.bench.by_kind["web_role"]:
        if item.id.site in ("", desk.reach.site):
            yield Somebody(f"role-{item.id.key}", desk.label(item), desk.kind_label("web_role"))


def accounts(desk: Desk, seen_as: Somebody) -> Iterator[Somebody]:
    """The accounts that the contact whose eyes were chosen may act for; none for whoever has but one."""
    guise = read_who(seen_as.who)
    if guise is None or guise.kind != "contact":
        return
    found = accounts_for(desk.context.connection, desk.context.snapshot, int(guise.key))
    for one in found if len(found) > 1 else ():
        yield Somebody(replace(guise, acting=None if one.own else one.id).who, one.name or one.number)


def _name(desk: Desk, person: Person) -> str:
    """What a contact is called, with the account that it acts for where there are several."""
    context, name = desk.context, person.name or person.email
    if len(accounts_for(context.connection, context.snapshot, person.contact)) < 2:
        return name
    return desk.say("studio.name_for", name=name, account=person.account_name or person.account_number)


def _may(desk: Desk) -> None:
    if not desk.reach.views_as:
        raise AccessDenied


def window_at(desk: Desk, places: tuple[tuple[str, str], ...], state: str) -> Window:
    """The window on a state of the site through the eyes that were chosen, at the place that is asked for or the first one."""
    seen_as = _chosen(desk)
    wanted = request.args.get("place", "")
    path = next((path for _, path in places if path == wanted), places[0][1])
    guise = read_who(seen_as.who, state) or Guise(state, "anonymous")
    width = request.args.get("width", "")
    return Window(
        seen_as,
        state,
        width if width in WIDTHS else WIDTHS[-1],
        f"{guise.base}{desk.context.prefix}{path}",
        request.path,
        places,
        *_wrong(desk, state),
    )


def _wrong(desk: Desk, state: str) -> tuple[int, bool]:
    """How many drafts are seen as they are served, and whether that is still to be asked for.

    Compiling a large site takes a while, and whoever edits does not wait for it.
    """
    if state != DRAFT:
        return 0, False
    services = desk.context.services
    if not desk.bench.checked:
        known = services.drafts.known(desk.bench)
        return (len(known.as_served), False) if known else (0, True)
    try:
        return len(drafted(desk.context).as_served), False
    except MetadataError:
        return 0, False


def _chosen(desk: Desk) -> Somebody:
    """Whom this browser looks as: at first the person itself."""
    context = desk.context
    guise = read_who(str(session.get(CHOSEN, "")))
    if guise is not None and guise.kind == "contact":
        person = load_person(context.connection, context.snapshot, int(guise.key), guise.acting)
        if person is not None and person.active:
            return Somebody(guise.who, _name(desk, person), person.account_name or person.email)
    elif guise is not None:
        known = {somebody.who: somebody for somebody in roles(desk)}
        if guise.who in known:
            return known[guise.who]
    return Somebody(f"contact-{context.principal.contact}", context.principal.name or desk.say("studio.yourself"))


def _places(desk: Desk, item: Item) -> Iterator[tuple[str, str]]:
    """Where a component can be seen: a page at its address, others by themselves and on the pages that name them."""
    kind, key = item.id.kind, item.id.key
    if kind in ("site", "style_sheet"):
        site = key if kind == "site" else item.id.site
        pages = [item for item in desk.bench.by_kind["page"] if item.id.site in ("", site)]
        pages.sort(key=lambda page: (bool(page.data.get("parent")), bool(page.data.get("record_entity")), page.id.key))
        yield from ((desk.label(page), sample_path("page", page.id.key)) for page in pages[:PAGES])
        return
    if kind == "page":
        yield desk.label(item), sample_path(kind, key)
        return
    if kind in SAMPLED and kind != "form":
        yield desk.say("studio.by_itself"), sample_path(kind, key)
    if kind == "entity":
        views = (view for view in desk.bench.by_kind["view"] if view.data.get("entity") == key)
        yield from ((desk.label(view), sample_path("view", view.id.key)) for view in views)
        return
    named = {kind: {key}}
    if kind == "view":
        named["list"] = {found.id.key for found in desk.bench.by_kind["list"] if key in (found.data.get("views") or ())}
    for page in desk.bench.by_kind["page"]:
        if page.id.site in ("", desk.reach.site) and any(
            reference in named.get(other, ()) for _, other, reference in page.references
        ):
            yield desk.label(page), sample_path("page", page.id.key)
    if kind == "form":
        yield desk.say("studio.by_itself"), sample_path(kind, key)
