"""Publishing: what waits, what is chosen of it, what it comes to, and releasing it. Going back to an old release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from flask import Response, flash, request

from metadata.errors import MetadataError
from metadata.migrate.errors import MigrationRefused
from metadata.model import KINDS, ComponentId
from metadata.store import Change, Difference, EditedMeanwhile, NoSuchRelease, StoreError, compare
from runtime.errors import AccessDenied, PageNotFound
from runtime.studio.bench import Item
from runtime.studio.desk import Desk, Leaf, open_desk
from runtime.studio.editing import shown
from runtime.studio.places import Called, place_of
from runtime.studio.signing import sign_off
from runtime.studio.trial import Trial, try_components, try_items

MOST_CHANGES = 60
LONG_TEXT = 12
"""Lines of a text, before and after together, from which on those alone are shown that differ."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A component that waits to be published, with what differs and who changed it."""

    item: Item
    leaf: Leaf
    value: str
    chosen: bool
    lines: tuple[DiffLine, ...]
    moment: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One property that differs, as it was and as it is. `sign` is +, - or ~."""

    path: str
    sign: str
    before: str
    after: str


def publish() -> Response:
    """All that waits, chosen, with its checks and the plan of the database."""
    desk = open_desk()
    items = pending(desk)
    return publish_page(desk, items, trial=None if desk.bench.checked else Trial((), late=True))


def submit_publish() -> Response:
    """Release what was chosen, or show what another choice comes to."""
    desk = open_desk()
    if not desk.reach.publishes:
        raise AccessDenied
    picked = set(request.form.getlist("chosen"))
    waiting = pending(desk)
    chosen = tuple(item for item in waiting if value_of(item) in picked)
    if request.form.get("do") == "check":
        return publish_page(desk, chosen)
    if len(chosen) != len(picked):
        return publish_page(desk, chosen, refused=desk.say("studio.changed_meanwhile"), status=409)
    if not chosen:
        return publish_page(desk, chosen, refused=desk.say("studio.nothing_chosen"), status=422)
    if request.form.get("do") == "sign":
        return sign_off(desk, chosen)
    return release(desk, chosen)


def release(desk: Desk, chosen: tuple[Item, ...]) -> Response:
    """Release these drafts, or say why they cannot be."""
    trial = try_items(desk, chosen)
    if trial.errors:
        return publish_page(desk, chosen, trial=trial, refused=desk.say("studio.refused"), status=422)
    if trial.needs_second and desk.author in desk.store.makers(item.id for item in chosen):
        return publish_page(desk, chosen, trial=trial, refused=desk.say("studio.second_person"), status=422)
    desk.prove()
    note = request.form.get("note", "").strip()
    try:
        published = desk.store.publish_some(
            {item.id: item.head.number for item in chosen}, desk.author, note, allow_destructive=allowed()
        )
    except EditedMeanwhile:
        return publish_page(desk.fresh(), (), refused=desk.say("studio.changed_meanwhile"), status=409)
    except (MetadataError, MigrationRefused, StoreError) as error:
        return publish_page(desk, chosen, trial=trial, refused=desk.refusal(error), status=422)
    desk.note("publish", "release", published.release, note=note, components=[str(item.id) for item in chosen])
    flash(desk.say("studio.published", release=published.release), "good")
    return desk.go("publish")


def allowed() -> bool:
    """Did the person say that values may be lost?"""
    return request.form.get("destructive") == "yes"


def pending(desk: Desk) -> tuple[Item, ...]:
    """What waits and may be worked on."""
    return tuple(item for item in desk.bench.waiting if desk.reach.covers(item.id))


def publish_page(
    desk: Desk, chosen: tuple[Item, ...], *, trial: Trial | None = None, refused: str = "", status: int = 200
) -> Response:
    """The page with everything that waits."""
    waiting = pending(desk)
    picked = {item.id for item in chosen}
    found = trial or (try_items(desk, chosen) if chosen else Trial(()))
    return desk.page(
        "publish.html",
        title=desk.say("studio.publish_title", release=desk.bench.standing.release + 1),
        here="publish",
        status=status,
        waiting=lines_of(desk, waiting, picked),
        chosen=len(picked),
        trial=found,
        refused=refused,
        note=request.form.get("note", ""),
        others=len(desk.bench.waiting) - len(waiting),
    )


def lines_of(desk: Desk, waiting: Iterable[Item], picked: set[ComponentId]) -> list[Waiting]:
    """What waits, each with its differences."""
    items = tuple(waiting)
    old = desk.store.data(item.before.id for item in items if item.before is not None)
    found = []
    for item in items:
        before = {item.id: old[item.before.id]} if item.before is not None else {}
        after = {} if item.head.deleted else {item.id: item.data}
        lines = tuple(line for difference in compare(before, after) for line in diff_lines(difference, desk.property))
        moment = desk.formats.moment(item.head.created_at)
        found.append(Waiting(item, desk.leaf(item), value_of(item), item.id in picked, lines, moment))
    return found


def diff_lines(difference: Difference, called: Called) -> tuple[DiffLine, ...]:
    """The differences of one component as lines, each with its place in words; what went is named as it was."""
    model = KINDS[difference.component.kind].model
    return tuple(
        diff_line(change, place_of(model, difference.old if change.after is None else difference.new, change.path, called))
        for change in difference.changes[:MOST_CHANGES]
    )


def diff_line(change: Change, place: str) -> DiffLine:
    """One difference as a line."""
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    before, after = shown(change.before), shown(change.after)
    if before.count("\n") + after.count("\n") > LONG_TEXT:
        before, after = _differing(before.splitlines(), after.splitlines())
    return DiffLine(place, sign, before, after)


def _differing(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines of a long text that are there before or after alone, and how many more there are."""
    taken, added = [], []
    for tag, low, high, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            taken += before[low:high]
            added += after[first:last]
    return _first(taken), _first(added)


def _first(lines: list[str]) -> str:
    return "\n".join([*lines[:MOST_CHANGES], *([f"… +{len(lines) - MOST_CHANGES}"] if len(lines) > MOST_CHANGES else [])])


def value_of(item: Item) -> str:
    """How a form names a draft that was looked at: its address and the number of its revision."""
    return f"{item.id.kind}|{item.id.site}|{item.id.key}|{item.head.number}"


def go_back(release: int) -> Response:
    """What going back to an old release would change, before it is done."""
    desk = open_desk()
    return go_back_page(desk, release)


def submit_go_back(release: int) -> Response:
    """A new release with what an old one held. What waits keeps waiting."""
    desk = open_desk()
    if not desk.reach.publishes or not all(desk.reach.covers(found.component) for found in way_back(desk, release)):
        raise AccessDenied
    trial = try_components(desk, desk.store.released(release))
    if trial.errors:
        return go_back_page(desk, release, refused=desk.say("studio.refused"), status=422)
    desk.prove()
    note = request.form.get("note", "").strip() or desk.say("studio.back_to", release=release)
    try:
        published = desk.store.rollback(release, desk.author, note, allow_destructive=allowed())
    except (MetadataError, MigrationRefused, StoreError) as error:
        return go_back_page(desk, release, refused=desk.refusal(error), status=422)
    desk.note("rollback", "release", published.release, note=note, release=release)
    flash(desk.say("studio.published", release=published.release), "good")
    return desk.go("history")


def way_back(desk: Desk, release: int) -> tuple[Difference, ...]:
    """What differs between the current release and an old one. Raises PageNotFound where there is none."""
    try:
        return desk.store.diff(desk.bench.standing.release, release)
    except NoSuchRelease:
        raise PageNotFound from None


def go_back_page(desk: Desk, release: int, *, refused: str = "", status: int = 200) -> Response:
    """The page that asks before going back."""
    found = way_back(desk, release)
    components: Mapping[Any, Any] = {}
    try:
        components = desk.store.released(release)
        trial = try_components(desk, components)
    except MetadataError as error:
        trial = Trial(error.problems)
    return desk.page(
        "rollback.html",
        title=desk.say("studio.back_to", release=release),
        status=status,
        release=release,
        differences=[(difference, diff_lines(difference, desk.property)) for difference in found],
        reachable=desk.reach.publishes and all(desk.reach.covers(difference.component) for difference in found),
        trial=trial,
        refused=refused,
    )
