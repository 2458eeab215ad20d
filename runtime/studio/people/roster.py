"""The people of a site: searched, by how they stand, a page at a time. Contacts are read with the rights of who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request

from runtime.errors import AccessDenied, BadRequest, OutOfReach
from runtime.identity.settings import roles_with_second_factor
from runtime.identity.standings import STATES, Standing, ids_in, needs_factor, standings
from runtime.records.roster import Member, Wanted, find_member, find_members
from runtime.studio.desk import Desk, open_desk
from runtime.studio.rights import PEOPLE

PAGE = 50
MOST_PAGES = 200
LONGEST_WORDS = 200
Mark = tuple[str, str]
"""A text's key and the tone it is shown in."""


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the list: with the marks of how it stands, and when it was last here."""

    member: Member
    standing: Standing
    marks: tuple[Mark, ...]
    roles: tuple[str, ...]
    seen: str
    url: str


def people_desk() -> Desk:
    """The desk of somebody who may look after people. Raises SignInNeeded, AccessDenied."""
    desk = open_desk()
    if not desk.reach.has(PEOPLE):
        raise AccessDenied
    return desk


def member_of(desk: Desk, contact: int) -> Member:
    """A contact within reach. Raises PageNotFound for missing and for not permitted, alike."""
    found = find_member(desk.context.connection, desk.context.snapshot, desk.context.principal, contact)
    if found is None:
        raise OutOfReach
    return found


def tends(desk: Desk, roles: frozenset[str]) -> bool:
    """May this person act on somebody with these web roles, or give and take them? Nobody helps others, or themselves, to
    rights in the studio that they do not hold."""
    given = {right for key in roles if key in desk.context.site.roles for right in desk.context.site.roles[key].studio}
    return given <= desk.reach.rights


def people() -> Response:
    """The list, found by words and by a state."""
    desk = people_desk()
    words = request.args.get("q", "").strip()[:LONGEST_WORDS]
    state = request.args.get("state", "")
    if (state and state not in STATES) or "\x00" in words:
        raise BadRequest
    number = _number(request.args.get("page", "1"))
    context = desk.context
    needing = roles_with_second_factor(context.snapshot, context.site)
    within, without = ids_in(context.site, needing, state) if state else ((), ())
    wanted = Wanted(words, within, without, (number - 1) * PAGE, PAGE + 1)
    found = find_members(context.connection, context.snapshot, context.principal, wanted)
    lines = tuple(_lines(desk, found[:PAGE], needing))
    return desk.page(
        "people.html",
        title=desk.say("studio.people"),
        lines=lines,
        words=words,
        state=state,
        states=STATES,
        earlier=_address(desk, words, state, number - 1) if number > 1 else "",
        later=_address(desk, words, state, number + 1) if len(found) > PAGE and number < MOST_PAGES else "",
    )


def marks_of(desk: Desk, member: Member, standing: Standing, needing: frozenset[str]) -> Iterator[Mark]:
    """How somebody stands, in a few words."""
    if not member.active:
        yield "studio.people_inactive", "bad status-square"
    if standing.closed:
        yield "studio.people_closed", "warn"
    if standing.barred:
        yield "studio.people_barred", "bad status-square"
    elif standing.locked_until:
        yield "studio.people_locked", "warn"
    elif standing.signs_in:
        yield "studio.people_active", "good"
    else:
        yield "studio.people_none", "neutral status-open"
    if standing.invited_until:
        yield "studio.people_invited", "info"
    if standing.signs_in and needs_factor(desk.context.site, needing, standing):
        yield "studio.people_factor", "warn"


def _lines(desk: Desk, members: tuple[Member, ...], needing: frozenset[str]) -> Iterator[Line]:
    held = standings(desk.context.connection, desk.context.site, (member.contact for member in members))
    for member in members:
        standing = held[member.contact]
        seen = desk.formats.moment(standing.seen_at) if standing.seen_at else ""
        marks = tuple(marks_of(desk, member, standing, needing))
        roles = tuple(label_of(desk, key) for key in sorted(standing.roles))
        yield Line(member, standing, marks, roles, seen, desk.url("people", str(member.contact)))


def label_of(desk: Desk, key: str) -> str:
    """What a web role is called."""
    role = desk.context.site.roles.get(key)
    label = role.label.in_language(desk.context.language, desk.context.site.model.default_language) if role else ""
    return label or key


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= number <= MOST_PAGES:
        raise BadRequest
    return number


def _address(desk: Desk, words: str, state: str, number: int) -> str:
    given = {"q": words, "state": state, "page": number if number > 1 else ""}
    return f"{desk.url('people')}?{urlencode({name: value for name, value in given.items() if value})}"
