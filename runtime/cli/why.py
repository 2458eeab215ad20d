"""`foyer why`: what a person may do with the rows of an entity, and which permission decides it."""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

import click

from metadata.model.base import Privilege
from metadata.schema.faults import did_you_mean
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Person as Actor
from runtime.access import Principal
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, find_person, find_site, open_portal
from runtime.identity.roles import roles_of
from runtime.records.people import Person
from runtime.records.reasons import Explanation, Part, explain

PRIVILEGES = get_args(Privilege)
NOBODY = "anonymous"


@click.command("why")
@click.argument("person")
@click.argument("privilege", type=click.Choice(PRIVILEGES))
@click.argument("entity")
@click.argument("key", default="")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def command(person: str, privilege: Privilege, entity: str, key: str, site: str) -> Report:
    """Tell why PERSON (an e-mail, or anonymous) may or may not do something with the rows of ENTITY, or with the one KEY.

    KEY is what the row is called, or its id.
    """
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        if entity not in portal.snapshot.entities:
            raise NotFound(f"there is no entity {entity}.{did_you_mean(entity, portal.snapshot.entities)}")
        with portal.engine.connect() as connection:
            principal = Principal.anonymous(portal.snapshot, found.key)
            if person != NOBODY:
                who = find_person(connection, portal.snapshot, person)
                principal = _principal(portal.snapshot, found, who, roles_of(connection, who.contact, found.key))
            told = explain(connection, portal.snapshot, principal, entity, privilege, key)
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    if not told.found:
        sentence = f"there is no {entity} called {key}, nor one with that id"
        return Report((sentence,), {"error": sentence}, ok=False)
    return _report(principal, privilege, f"{entity} {key}".strip(), told)


def _principal(snapshot: Snapshot, site: CompiledSite, who: Person, roles: frozenset[str]) -> Principal:
    actor = Actor(who.contact, who.account, who.company, who.name, who.language, who.time_zone)
    return Principal.signed_in(snapshot, site.key, actor, roles)


def _report(principal: Principal, privilege: str, what: str, told: Explanation) -> Report:
    who = principal.name or ("somebody who is not signed in" if principal.contact is None else "the contact")
    lines = [
        f"{'Yes' if told.allowed else 'No'}: {who} {'may' if told.allowed else 'may not'} {privilege} {what}.",
        f"Web roles: {', '.join(sorted(principal.roles)) or 'none'}.",
    ]
    lines += [_line(part) for part in told.parts] or ["No permission of the site is on this entity."]
    if told.allowed and privilege in ("read", "write", "create"):
        lines.append(f"Attributes: {', '.join(sorted(told.attributes)) or 'none'}.")
    parts = [asdict(part) for part in told.parts]
    data = {"allowed": told.allowed, "roles": sorted(principal.roles), "permissions": parts}
    return Report(tuple(lines), {**data, "attributes": sorted(told.attributes)})


def _line(part: Part) -> str:
    scope = f" ({part.scope})" if part.scope else ""
    if part.lacks:
        return f"  {part.permission}{scope}: does not count, {part.lacks}"
    if part.reaches is None:
        return f"  {part.permission}{scope}: counts"
    return f"  {part.permission}{scope}: counts, and {'reaches' if part.reaches else 'does not reach'} this row"
