"""Duplicates: contacts with the same e-mail, and two contacts made one after a look at everything that would move."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, request

from runtime.errors import AccessDenied, BadRequest
from runtime.identity.joining import join_sign_ins
from runtime.identity.standings import Standing, standings
from runtime.records.audit import record_act
from runtime.records.errors import Denied, Refused
from runtime.records.joining import MOST_ROWS, Reference, join_rows, move_references, references
from runtime.records.people import load_person
from runtime.records.roster import Member, Wanted, find_members, members_by_email
from runtime.refused import keep_denied
from runtime.studio.desk import Desk
from runtime.studio.people.roster import member_of, people_desk, tends

MOST = 200
FOUND = 8
CONTACT = "contact"
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Moved:
    """A line of the plan: what names the contact that goes, by entity and attribute, and how many rows do."""

    label: str
    name: str
    count: int


def duplicates() -> Response:
    """Contacts that share an e-mail, together."""
    desk = people_desk()
    context = desk.context
    groups: dict[str, list[Member]] = {}
    for member in members_by_email(context.connection, context.snapshot, context.principal, MOST):
        groups.setdefault(member.email.lower(), []).append(member)
    return desk.page("duplicates.html", title=desk.say("studio.people_duplicates"), groups=groups)


def join(contact: int) -> Response:
    """Choose the other contact, and see what merging would do."""
    desk = people_desk()
    other = request.args.get("other", "")
    if other and not (other.isascii() and other.isdigit() and len(other) < 19):
        raise BadRequest
    return join_page(desk, contact, int(other) if other else None)


def submit_join(contact: int) -> Response:
    """Merge: 303 to the contact that is kept; 409 where other rows name the one that goes than were shown; 422 refused.

    Of more rows than are moved at once some are moved, and the page goes on with the rest.
    """
    desk = people_desk()
    given = {name: request.form.get(name, "") for name in ("other", "count")}
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in given.values()):
        raise BadRequest
    other = int(given["other"])
    member_of(desk, contact)
    gone = member_of(desk, other)
    if other == contact:
        raise BadRequest
    try:
        if _merge(desk, contact, gone, int(given["count"])):
            return join_page(desk, contact, other, going=True)
    except Changed:
        return join_page(desk, contact, other, refused=desk.say("studio.changed_meanwhile"), status=409)
    except Denied as error:
        keep_denied(desk.context, error)
        said = desk.say("studio.people_may_not", what=error.detail or CONTACT)
        return join_page(desk, contact, other, refused=said, status=422)
    except Refused as error:
        return join_page(desk, contact, other, refused=str(error), status=422)
    flash(desk.say("studio.people_merged", name=gone.name or gone.email), "good")
    return desk.go("people", str(contact))


def _merge(desk: Desk, contact: int, gone: Member, shown: int) -> bool:
    """One turn of merging, in one transaction; is there more to do? Raises AccessDenied, Changed, Denied, Refused."""
    context, other = desk.context, gone.contact
    snapshot, principal, listeners = context.snapshot, context.principal, context.services.listeners
    with context.lease.transaction() as connection:
        held = standings(connection, context.site, (contact, other))
        if not all(tends(desk, standing.roles) for standing in held.values()) or other == principal.contact:
            raise AccessDenied
        named = references(connection, snapshot, CONTACT, other)
        if (count := sum(reference.count for reference in named)) != shown:
            raise Changed
        facts = {"merged": other, "name": gone.name, "email": gone.email}
        if count > MOST_ROWS:
            moved = move_references(
                connection, snapshot, principal, CONTACT, contact, other, most=MOST_ROWS, listeners=listeners
            )
            record_act(connection, principal, "merge_part", CONTACT, contact, {**facts, "moved": moved, "left": count - moved})
            return True
        persons = [load_person(connection, snapshot, one) for one in (contact, other)]
        accounts = {person.account if person else UNKNOWN for person in persons}
        join_rows(connection, snapshot, principal, CONTACT, contact, other, listeners=listeners)
        join_sign_ins(connection, contact, other, same_account=len(accounts) == 1 and UNKNOWN not in accounts)
        record_act(connection, principal, "merge", CONTACT, contact, {**facts, "moved": _facts(named)})
    return False


class Changed(Exception):
    """Other rows name the contact than when the plan was shown."""


def join_page(
    desk: Desk, contact: int, other: int | None, *, refused: str = "", going: bool = False, status: int = 200
) -> Response:
    """The page with the search and, once the other is chosen, the plan. Raises PageNotFound."""
    kept = member_of(desk, contact)
    context = desk.context
    words = request.args.get("q", "").strip()[:200]
    found: tuple[Member, ...] = ()
    if other is None and words:
        found = find_members(context.connection, context.snapshot, context.principal, Wanted(words, limit=FOUND))
    gone = member_of(desk, other) if other is not None and other != contact else None
    named = references(context.connection, context.snapshot, CONTACT, gone.contact) if gone else ()
    held: dict[int, Standing] = dict(standings(context.connection, context.site, (contact, gone.contact))) if gone else {}
    return desk.page(
        "join.html",
        title=desk.say("studio.people_merge"),
        status=status,
        kept=kept,
        gone=gone,
        words=words,
        found=tuple(member for member in found if member.contact != contact),
        moved=tuple(_moved(desk, reference) for reference in named),
        count=sum(reference.count for reference in named),
        held=held,
        open=all(tends(desk, standing.roles) for standing in held.values()),
        refused=refused,
        going=going,
        most=MOST_ROWS,
        url=desk.url("people", str(contact), "merge"),
    )


def _moved(desk: Desk, reference: Reference) -> Moved:
    entity = desk.context.snapshot.entities[reference.entity]
    label = entity.model.label.in_language(desk.context.language, desk.context.site.model.default_language)
    return Moved(label or reference.entity, reference.name, reference.count)


def _facts(named: tuple[Reference, ...]) -> dict[str, int]:
    return {f"{reference.entity}.{reference.name}": reference.count for reference in named}
