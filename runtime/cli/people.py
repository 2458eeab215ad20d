"""`foyer people`: contacts made by hand, the web roles of people, and barring them from signing in."""

from __future__ import annotations

from collections.abc import Callable

import click
from sqlalchemy import Connection

from metadata.snapshot import CompiledSite
from runtime.access import Principal
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, Unusable, account_id, find_person, find_site, new_address, open_portal
from runtime.database import writing
from runtime.identity.logins import set_disabled
from runtime.identity.roles import UnknownRoles, grant_roles, require_roles, revoke_roles, roles_of
from runtime.identity.second_factor import turn_off
from runtime.identity.sessions import revoke_all
from runtime.jobs.webhooks import owe_webhooks
from runtime.records.audit import AUDITED, record_act
from runtime.records.errors import Invalid
from runtime.records.people import Person
from runtime.records.write import create
from runtime.sync.listener import keep_outbox

SYSTEM = Principal.system("admin")
LISTENERS = AUDITED.plus(keep_outbox, owe_webhooks)
NOTHING_TO_LOCK = "has no sign-in yet, so nothing is locked: an invitation that was sent still works"
Change = Callable[[Connection, Person, CompiledSite], str]


@click.group("people")
def command() -> None:
    """Add people, give and take web roles, lock and unlock, sign out, reset a second factor.

    It counts from the person's next request.
    """


def _change(email: str, site: str, change: Change) -> Report:
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        with writing(portal.engine).begin() as connection:
            person = find_person(connection, portal.snapshot, email)
            done = change(connection, person, found)
            roles = sorted(roles_of(connection, person.contact, found.key))
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    except UnknownRoles as error:
        sentence = f"the site has no web role to give named {error}; there are {', '.join(sorted(found.roles))}"
        return Report((sentence,), {"error": sentence}, ok=False)
    name = person.name or email
    line = f"{name} has {', '.join(roles) or 'no roles of their own'} on {found.key}"
    said = (f"{name} {done}",) if done else ()
    return Report((*said, line), {"contact": person.contact, "site": found.key, "roles": roles, "done": done})


@command.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What the person is called.")
@click.option("--account", default="", help="Number or name of the account that the person belongs to.")
@reporting
def add(email: str, name: str, account: str) -> Report:
    """Make a contact, who can be invited then: for a portal whose contacts come from no ERP."""
    portal = open_portal()
    try:
        with writing(portal.engine).begin() as connection:
            address = new_address(connection, portal.snapshot, email)
            values = {"full_name": name.strip(), "email": address, "account": account_id(connection, portal.snapshot, account)}
            made = create(connection, portal.snapshot, SYSTEM, "contact", values, listeners=LISTENERS)
    except (NotFound, Unusable) as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    except Invalid as error:
        sentence = f"the contact cannot be saved: {error}"
        return Report((sentence,), {"error": sentence, "codes": error.codes}, ok=False)
    return Report((f"{name} is contact {made.id}; foyer invite {email} sends an invitation",), {"contact": made.id})


@command.command("show")
@click.argument("email")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def show(email: str, site: str) -> Report:
    """Say which web roles the contact has."""
    return _change(email, site, lambda connection, person, found: "")


@command.command("grant")
@click.argument("email")
@click.argument("roles", nargs=-1, required=True)
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def grant(email: str, roles: tuple[str, ...], site: str) -> Report:
    """Give the contact web roles."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        grant_roles(connection, person.contact, found.key, require_roles(found, roles))
        return ""

    return _change(email, site, change)


@command.command("revoke")
@click.argument("email")
@click.argument("roles", nargs=-1, required=True)
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def revoke(email: str, roles: tuple[str, ...], site: str) -> Report:
    """Take web roles from the contact."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        revoke_roles(connection, person.contact, found.key, roles)
        return ""

    return _change(email, site, change)


@command.command("lock")
@click.argument("email")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def lock(email: str, site: str) -> Report:
    """Bar the contact from signing in, and end its sessions everywhere."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = set_disabled(connection, person.contact, disabled=True)
        return "may not sign in any more" if had else NOTHING_TO_LOCK

    return _change(email, site, change)


@command.command("unlock")
@click.argument("email")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def unlock(email: str, site: str) -> Report:
    """Let the contact sign in again."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = set_disabled(connection, person.contact, disabled=False)
        return "may sign in again" if had else "has no sign-in; foyer invite sends an invitation"

    return _change(email, site, change)


@command.command("reset-second-factor")
@click.argument("email")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def reset_second_factor(email: str, site: str) -> Report:
    """Take the contact's second factor away, as where the phone is lost, and end all its sessions."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = turn_off(connection, person.contact)
        revoke_all(connection, person.contact)
        facts = {"second_factor": "reset" if had else "reset, where there was none"}
        record_act(connection, SYSTEM, "second_factor", "contact", person.contact, facts)
        return "has no second factor any more, and no session" if had else "had no second factor; all sessions are ended"

    return _change(email, site, change)


@command.command("signout")
@click.argument("email")
@click.option("--site", default="", help="Site; may be left out where there is one.")
@reporting
def signout(email: str, site: str) -> Report:
    """End all sessions of the contact."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        ended = revoke_all(connection, person.contact)
        return f"is signed out of {ended} session{'s' if ended > 1 else ''}" if ended else "had no session"

    return _change(email, site, change)
