"""The pages that show: the overview, a kind, what a search finds, where a component is used, the history, the shortcuts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice

from flask import Response, flash, make_response, redirect, request

from metadata.errors import MetadataError
from metadata.migrate.errors import MigrationRefused
from metadata.model import KINDS
from metadata.store import NoSuchRelease, Revision, Sketch, compare
from runtime.errors import AccessDenied, BadRequest, PageNotFound
from runtime.frames import SCHEMES
from runtime.security import local_path
from runtime.studio.bench import Item
from runtime.studio.desk import ICONS, Desk, Leaf, open_desk
from runtime.studio.editing import number_of
from runtime.studio.finding import people_of, records_of
from runtime.studio.first_steps import first_steps
from runtime.studio.releasing import DiffLine, diff_lines
from runtime.studio.routes import ROOT
from runtime.studio.turning import turned
from runtime.studio.uses import uses_of, uses_of_attributes

FOUND = 50
NEWEST = 10
RELEASES = 100
REVISIONS = 100
YEAR = 31_536_000
SHORTCUTS = (
    ("Ctrl K", "palette"),
    ("/", "search"),
    ("?", "keys"),
    ("Ctrl S", "save"),
    ("G H", "home"),
    ("G P", "publish"),
    ("G R", "history"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One revision in the history of a component, with what it changed; `release` is the first that held it."""

    revision: Revision
    moment: str
    lines: tuple[DiffLine, ...]
    in_force: bool
    release: int | None


def home() -> Response:
    """The overview: what is served, what waits, what is wrong, what was changed last."""
    desk = open_desk()
    releases = desk.store.releases()[:1]
    changed = islice((item for item in desk.bench.newest if desk.reach.covers(item.id)), NEWEST)
    wrong = [desk.leaf(item) for item in desk.bench.wrong if desk.reach.covers(item.id)]
    return desk.page(
        "home.html",
        title=desk.say("studio.overview"),
        steps=first_steps(desk),
        release=releases[0] if releases else None,
        released=desk.formats.moment(releases[0].created_at) if releases else "",
        waiting=[desk.leaf(item) for item in desk.bench.waiting if desk.reach.covers(item.id)],
        wrong=wrong,
        changed=[(desk.leaf(item), item.head, desk.formats.moment(item.head.created_at)) for item in changed],
    )


def of_kind(kind: str) -> Response:
    """All components of a kind, or those that a word finds."""
    desk = open_desk()
    if kind not in KINDS:
        raise PageNotFound
    if kind not in desk.reach.kinds:
        raise AccessDenied
    words = request.args.get("q", "").strip()
    found = turned(matching(desk, desk.within(kind), words), desk.url("kind", kind), {"q": words})
    return desk.page(
        "kind.html",
        title=desk.kind_label(kind, several=True),
        kind=kind,
        words=words,
        gone=[] if words else desk.gone(kind),
        found=found,
        leaves=[(desk.leaf(item), item.head, desk.formats.moment(item.head.created_at)) for item in found.lines],
    )


def find() -> Response:
    """What a search finds, components, rows and people, and what can be done; as JSON for the palette."""
    desk = open_desk()
    words = request.args.get("q", "").strip()
    found = [desk.leaf(item) for item in search(desk, words)] if words else list(recent(desk))
    records, people = records_of(desk, words), people_of(desk, words)
    if request.args.get("as") == "json":
        components = [
            {"label": leaf.label, "kind": desk.kind_label(leaf.kind), "url": leaf.url, "icon": leaf.icon, "state": leaf.state}
            for leaf in found[:20]
        ]
        rows = {"records": list(map(asdict, records)), "people": list(map(asdict, people))}
        response = make_response({"components": components, **rows, "actions": actions(desk, words)})
        response.headers["Cache-Control"] = "no-store"
        return response
    return desk.page(
        "find.html",
        title=desk.say("studio.search"),
        words=words,
        leaves=found,
        groups=(("records", records), ("people", people)),
        actions=actions(desk, words),
    )


def search(desk: Desk, words: str) -> list[Item]:
    """Components whose name, key or kind holds all the words, the nearest first."""
    return matching(desk, [item for kind in desk.reach.kinds for item in desk.within(kind)], words)[:FOUND]


def matching(desk: Desk, items: list[Item] | tuple[Item, ...], words: str) -> list[Item]:
    """The items that hold all the words."""
    wanted = words.casefold().split()
    if not wanted:
        return list(items)
    ranked = []
    for item in items:
        label = desk.label(item).casefold()
        text = f"{label} {item.id.key.casefold()} {item.id.kind} {desk.kind_label(item.id.kind).casefold()}"
        if all(word in text for word in wanted):
            ranked.append((_farness(label, item.id.key.casefold(), wanted), len(label), item.id, item))
    return [item for *_, item in sorted(ranked, key=lambda found: found[:3])]


def _farness(label: str, key: str, wanted: list[str]) -> int:
    """How far a component is from the words: those of this very name first, those found by their key or kind alone last."""
    words = " ".join(wanted)
    if words in (label, key):
        return 0
    if label.startswith(words):
        return 1
    if words in label:
        return 2
    return 3 if key.startswith(wanted[0]) else 4


def recent(desk: Desk) -> list[Leaf]:
    """What was opened last."""
    return list(desk.recent(None))


def actions(desk: Desk, words: str) -> list[dict[str, str]]:
    """What can be done, by name: pages of the studio, and a new component of each kind."""
    known = [
        (desk.say("studio.publish"), desk.url("publish"), "send"),
        (desk.say("studio.history"), desk.url("history"), "clock-history"),
        (desk.say("studio.shortcuts"), desk.url("keys"), "question-circle"),
        (desk.say("studio.open_site"), desk.context.url("/"), "box-arrow-up-right"),
    ]
    known += [
        (desk.say(text), desk.url(path), icon)
        for path, text, icon, opens in (
            ("view", "studio.view_as", "eye", desk.reach.views_as),
            ("bisect", "studio.bisect", "signpost-split", desk.reach.bisects),
            ("pages", "studio.page_tree", "diagram-3", "page" in desk.reach.kinds),
            ("permissions", "studio.permissions", "shield-check", "entity_permission" in desk.reach.kinds),
            ("why", "studio.why_title", "question-circle", "entity_permission" in desk.reach.kinds),
        )
        if opens
    ]
    known += [(door.label, door.url, door.icon) for door in desk.doors]
    known += [
        (desk.say("studio.new_of", kind=desk.kind_label(kind)), desk.url("new", kind), ICONS.get(kind, "plus-lg"))
        for kind in desk.reach.kinds
        if kind != "site"
    ]
    wanted = words.casefold().split()
    found = [entry for entry in known if all(word in entry[0].casefold() for word in wanted)]
    return [{"label": label, "url": url, "icon": icon} for label, url, icon in found[:12]]


def uses(kind: str, key: str) -> Response:
    """Where a component is named, and where each attribute of an entity is."""
    desk = open_desk()
    item = desk.item(kind, key)
    parts = uses_of_attributes(desk.bench, key) if kind == "entity" else ()
    found = uses_of(desk.bench, item.id)
    return desk.page("uses.html", title=desk.say("studio.uses"), opened=item, item=item, tab="uses", uses=found, parts=parts)


def history() -> Response:
    """All releases."""
    desk = open_desk()
    found = [(release, desk.formats.moment(release.created_at)) for release in desk.store.releases()[:RELEASES]]
    return desk.page("history.html", title=desk.say("studio.history"), releases=found, current=desk.bench.standing.release)


def history_of(kind: str, key: str) -> Response:
    """The revisions of a component, each with what it changed."""
    desk = open_desk()
    return history_page(desk, desk.past(kind, key))


def history_page(desk: Desk, item: Item, *, refused: str = "", status: int = 200) -> Response:
    """The page of the revisions of a component."""
    revisions = desk.store.history(item.id)[: REVISIONS + 1]
    data = desk.store.data(revision.id for revision in revisions)
    steps, served = [], item.before.id if item.before else 0
    for place, revision in enumerate(revisions[:REVISIONS]):
        older = revisions[place + 1] if place + 1 < len(revisions) else None
        sides = ({item.id: data[side.id]} if side and data.get(side.id) else {} for side in (older, revision))
        lines = tuple(line for difference in compare(*sides) for line in diff_lines(difference, desk.property))
        newer = revisions[place - 1].first_release if place else None
        # Of the drafts that one release put an end to, it held the last.
        release = revision.first_release if revision.first_release != newer else None
        steps.append(Step(revision, desk.formats.moment(revision.created_at), lines, revision.id == served, release))
    return desk.page(
        "revisions.html",
        title=desk.say("studio.history"),
        status=status,
        opened=item,
        item=item,
        tab="history",
        steps=steps,
        refused=refused,
        uses=len(uses_of(desk.bench, item.id)),
    )


def restore(kind: str, key: str) -> Response:
    """An old revision as the draft, or, at once, the component as an old release held it."""
    desk = open_desk()
    item = desk.past(kind, key)
    if "release" in request.form:
        return go_back(desk, item, number_of(request.form["release"]))
    number = number_of(request.form.get("number", ""))
    found = next((revision for revision in desk.store.history(item.id) if revision.number == number), None)
    if found is None or found.deleted:
        raise PageNotFound
    desk.prove()
    data = desk.store.data([found.id])[found.id]
    desk.store.save((), desk.author, f"as in revision {number}", sketches=[Sketch(item.id, data)])
    desk.note("draft", kind, item.head.number + 1, component=str(item.id), restored=number)
    flash(desk.say("studio.restored", number=number), "good")
    return desk.go_to("edit", item.id)


def go_back(desk: Desk, item: Item, release: int) -> Response:
    """A new release in which one component is as an old one held it."""
    if not desk.reach.publishes:
        raise AccessDenied
    desk.prove()
    note = desk.say("studio.back_to", release=release)
    try:
        published = desk.store.rollback_component(item.id, release, desk.author, f"{item.id}: {note}")
    except NoSuchRelease:
        raise PageNotFound from None
    except (MetadataError, MigrationRefused) as error:
        return history_page(desk, item, refused=desk.refusal(error), status=422)
    desk.note("rollback", item.id.kind, published.release, component=str(item.id), release=release)
    flash(desk.say("studio.published", release=published.release), "good")
    return desk.go_to("history", item.id)


def keys() -> Response:
    """The keyboard shortcuts."""
    desk = open_desk()
    return desk.page("keys.html", title=desk.say("studio.shortcuts"), shortcuts=SHORTCUTS)


def scheme() -> Response:
    """Light, dark, or as the system has it, for this browser."""
    desk = open_desk()
    wanted = request.form.get("scheme", "")
    if wanted not in ("", *SCHEMES):
        raise BadRequest
    response = make_response(redirect(local_path(request.form.get("back", "")) or desk.context.url(f"{ROOT}/"), 303))
    secure = desk.context.services.config.public_url.startswith("https://")
    response.set_cookie("foyer_scheme", wanted, max_age=YEAR if wanted else 0, samesite="Lax", httponly=False, secure=secure)
    return response
