"""`foyer people`: contacts made by hand, their web roles, barring them from signing in, and erasing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click
from sqlalchemy import Connection

from metadata.snapshot import CompiledSite
from metadata.text import counted
from runtime.access import Principal
from runtime.access.principal import grantable_roles
from runtime.cli import options
from runtime.cli.erasing import facts_of_erasure, told_of_erasure
from runtime.cli.options import author as author_option
from runtime.cli.output import Report, reporting
from runtime.cli.persons import (
    NotFound,
    Unusable,
    account_id,
    find_person,
    find_site,
    new_address,
    note_act,
    open_portal,
    person_of,
    tell_of_change,
)
from runtime.database import writing
from runtime.erasing import erase, plan_erasure
from runtime.identity.invitations import revoke_invitations
from runtime.identity.logins import clear_attempts, set_disabled
from runtime.identity.roles import UnknownRoles, grant_roles, require_roles, revoke_roles, roles_of
from runtime.identity.second_factor import turn_off
from runtime.identity.sessions import revoke_all
from runtime.identity.tables import second_factors
from runtime.identity.telling import FACTOR_OFF
from runtime.jobs.webhooks import owe_webhooks
from runtime.records.audit import AUDITED
from runtime.records.errors import Invalid
from runtime.records.people import Person
from runtime.records.write import create
from runtime.sync.listener import keep_outbox

SYSTEM = Principal.system("admin")
LISTENERS = AUDITED.plus(keep_outbox, owe_webhooks)
NO_FACTOR_ANY_MORE = "has no second factor any more, and no session"
NOTHING_TO_LOCK = "has no sign-in yet, so nothing is locked"
TOLD = {NO_FACTOR_ANY_MORE: FACTOR_OFF}
"""Of what a person is told by mail, by what was done."""
Change = Callable[[Connection, Person, CompiledSite], str]


@click.group("people")
def command() -> None:
    """Add people, give and take web roles, lock and unlock, sign out, reset a second factor, erase.

    It counts from the person's next request.
    """


def _change(
    email: str, site: str, change: Change, act: str = "", author: str = "", given: Mapping[str, Any] | None = None
) -> Report:
    """Do it, with a line of the audit trail where it is an act; `author` is who runs the command."""
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        with writing(portal.engine).begin() as connection:
            person = find_person(connection, portal.snapshot, email)
            done = change(connection, person, found)
            if act:
                note_act(connection, act, person.contact, author, **(given or {}))
            roles = sorted(roles_of(connection, person.contact, found.key))
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    except UnknownRoles as error:
        there = ", ".join(sorted(grantable_roles(portal.snapshot, found.key)))
        sentence = f"the site has no web role to give named {error}; there are {there}"
        return Report((sentence,), {"error": sentence}, ok=False)
    if done in TOLD:
        tell_of_change(portal, found, person, TOLD[done])
    name = person.name or email
    line = f"{name} has {', '.join(roles) or 'no roles of their own'} on {found.key}"
    said = (f"{name} {done}",) if done else ()
    return Report((*said, line), {"contact": person.contact, "site": found.key, "roles": roles, "done": done})


@command.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What the person is called.")
@click.option("--account", type=options.NAME, default="", help="Number or name of the account that the person belongs to.")
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
@options.site
@reporting
def show(email: str, site: str) -> Report:
    """Say which web roles the contact has."""
    return _change(email, site, lambda connection, person, found: "")


@command.command("grant")
@click.argument("email")
@click.argument("roles", nargs=-1, required=True)
@options.site
@author_option
@reporting
def grant(email: str, roles: tuple[str, ...], site: str, author: str) -> Report:
    """Give the contact web roles."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        grant_roles(connection, person.contact, found.key, require_roles(found, roles))
        return ""

    return _change(email, site, change, "roles", author, {"given": sorted(roles), "taken": []})


@command.command("revoke")
@click.argument("email")
@click.argument("roles", nargs=-1, required=True)
@options.site
@author_option
@reporting
def revoke(email: str, roles: tuple[str, ...], site: str, author: str) -> Report:
    """Take web roles from the contact."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        revoke_roles(connection, person.contact, found.key, roles)
        return ""

    return _change(email, site, change, "roles", author, {"given": [], "taken": sorted(roles)})


@command.command("lock")
@click.argument("email")
@options.site
@author_option
@reporting
def lock(email: str, site: str, author: str) -> Report:
    """Bar the contact from signing in, end its sessions everywhere, and its invitations to the site."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = set_disabled(connection, person.contact, disabled=True)
        ended = revoke_invitations(connection, person.contact, found.key)
        locked = "may not sign in any more" if had else NOTHING_TO_LOCK
        return f"{locked}; an invitation that was sent works no longer" if ended else locked

    return _change(email, site, change, "lock", author)


@command.command("unlock")
@click.argument("email")
@options.site
@author_option
@reporting
def unlock(email: str, site: str, author: str) -> Report:
    """Let the contact sign in again, also after too many wrong passwords or codes."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = set_disabled(connection, person.contact, disabled=False)
        clear_attempts(connection, person.contact)
        clear_attempts(connection, person.contact, second_factors)
        return "may sign in again" if had else "has no sign-in; foyer invite sends an invitation"

    return _change(email, site, change, "unlock", author)


@command.command("erase")
@click.argument("email", default="")
@click.option("--contact", type=click.IntRange(1, 2**62), help="Number of the contact, where no e-mail names it any more.")
@click.option("--apply", "apply", is_flag=True, help="Do it. Without, it is counted what would be done.")
@author_option
@reporting
def erase_person(email: str, contact: int | None, apply: bool, author: str) -> Report:
    """Erase one person: values, sign-in, what they kept, and their values in the audit trail. It cannot be undone.

    The contact stays without a name, and so does what names it. Without --apply nothing is changed.
    """
    if bool(email) == (contact is not None):
        sentence = "name the person by an e-mail, or by --contact and a number"
        return Report((sentence,), {"error": sentence}, ok=False)
    portal = open_portal()
    try:
        with writing(portal.engine).begin() as connection:
            found = (
                find_person(connection, portal.snapshot, email) if email else person_of(connection, portal.snapshot, contact)
            )
            if apply:
                done = erase(connection, portal.snapshot, SYSTEM, found.contact, listeners=LISTENERS, by=author)
            else:
                done = plan_erasure(connection, portal.snapshot, found.contact)
    except (NotFound, Unusable) as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    return Report(tuple(told_of_erasure(done, done_already=apply)), facts_of_erasure(done, applied=apply))


@command.command("reset-second-factor")
@click.argument("email")
@options.site
@author_option
@reporting
def reset_second_factor(email: str, site: str, author: str) -> Report:
    """Take the contact's second factor away, as where the phone is lost, and end all its sessions. The contact is told."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        had = turn_off(connection, person.contact)
        revoke_all(connection, person.contact)
        done = "reset" if had else "reset, where there was none"
        note_act(connection, "second_factor", person.contact, author, second_factor=done)
        return NO_FACTOR_ANY_MORE if had else "had no second factor; all sessions are ended"

    return _change(email, site, change)


@command.command("signout")
@click.argument("email")
@options.site
@author_option
@reporting
def signout(email: str, site: str, author: str) -> Report:
    """End all sessions of the contact."""

    def change(connection: Connection, person: Person, found: CompiledSite) -> str:
        ended = revoke_all(connection, person.contact)
        return f"is signed out of {counted(ended, 'session')}" if ended else "had no session"

    return _change(email, site, change, "sign_out", author)
