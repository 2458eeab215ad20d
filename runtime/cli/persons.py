"""What the commands about people share: the published metadata, a site, a contact by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal
from runtime.cli.installation import open_installation
from runtime.config import Config
from runtime.errors import NothingPublished
from runtime.forms.parse import coerce
from runtime.identity.sessions import utc_now
from runtime.identity.telling import change_mail
from runtime.mail import deliver, make_mailer
from runtime.records.audit import record_act
from runtime.records.memberships import may_act_for
from runtime.records.people import Person, find_accounts, find_contacts_by_email, load_person
from runtime.snapshots import SnapshotHolder
from runtime.tables import create_engine_tables


class NotFound(Exception):
    """What the command names is not there, or there are several of it."""


class Unusable(Exception):
    """A contact cannot be made with this e-mail."""


@dataclass(frozen=True, slots=True)
class OpenPortal:
    """An installation with its newest release."""

    config: Config
    engine: Engine
    snapshot: Snapshot


def open_portal() -> OpenPortal:
    """The installation of the environment. Raises OSError with a sentence where nothing has been published."""
    installation = open_installation()
    create_engine_tables(installation.engine)
    try:
        snapshot = SnapshotHolder(installation.engine).current()
    except NothingPublished:
        raise OSError("Nothing has been published yet; run foyer publish first.") from None
    return OpenPortal(installation.config, installation.engine, snapshot)


def tell_of_change(portal: OpenPortal, site: CompiledSite, person: Person, change: str) -> None:
    """Mail a person one of the changes to the ways they sign in, once it is saved; nothing to one without an e-mail."""
    if person.email:
        mailer = make_mailer(portal.config.smtp_url, portal.config.mail_folder, portal.config.mail_from)
        deliver(mailer, change_mail(portal.snapshot, site, person, change, utc_now()))


def find_site(snapshot: Snapshot, key: str) -> CompiledSite:
    """The site of a key; the only one where none is named. Raises NotFound."""
    if key and key in snapshot.sites:
        return snapshot.sites[key]
    if not key and len(snapshot.sites) == 1:
        return next(iter(snapshot.sites.values()))
    known = ", ".join(sorted(snapshot.sites))
    if not known:
        raise NotFound("no site has been published yet; foyer publish DIR releases a folder that has one")
    raise NotFound(f"there is no site {key}; there are {known}" if key else f"name one with --site: {known}")


def find_person(connection: Connection, snapshot: Snapshot, email: str) -> Person:
    """The contact with an e-mail. Raises NotFound for none and for several."""
    found = find_contacts_by_email(connection, snapshot, email)
    if not found:
        raise NotFound(f"no contact has the e-mail {email}; contacts come from the ERP or by foyer people add")
    if len(found) > 1:
        ids = ", ".join(str(person.contact) for person in found)
        raise NotFound(f"{len(found)} contacts have the e-mail {email} (ids {ids}); it must be one person's alone")
    return found[0]


def person_of(connection: Connection, snapshot: Snapshot, contact: int | None) -> Person:
    """The contact with a number. Raises NotFound."""
    found = load_person(connection, snapshot, contact) if contact is not None else None
    if found is None:
        raise NotFound(f"no contact has the number {contact}; it stands at the end of the person's address in the studio")
    return found


def new_address(connection: Connection, snapshot: Snapshot, email: str) -> str:
    """The e-mail for a contact to be made. Raises Unusable for what is no address, and where a contact has it."""
    address = coerce(email, snapshot.entities["contact"].attributes["email"].model)
    if address is None:
        raise Unusable(f"{email} is not an e-mail address")
    for person in find_contacts_by_email(connection, snapshot, address):
        raise Unusable(f"{person.name or 'a contact'} has the e-mail {email} already (id {person.contact})")
    return str(address)


def note_act(connection: Connection, act: str, contact: int, author: str, **facts: Any) -> None:
    """Write into the audit trail what a command did about a person; `author` is who ran it."""
    record_act(connection, Principal.system("admin"), act, "contact", contact, {**facts, "by": author})


def account_id(connection: Connection, snapshot: Snapshot, account: str) -> int | None:
    """The id of the account with a number or name; None for "". Raises NotFound for none and for several."""
    if not account:
        return None
    found = find_accounts(connection, snapshot, Principal.system("admin"), account)
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'no'} accounts have the number or name {account}")
    return found[0]


def acting_for(connection: Connection, snapshot: Snapshot, person: Person, account: str) -> int | None:
    """The further account that a person is to act for; None for the contact's own. Raises NotFound."""
    found = account_id(connection, snapshot, account)
    if found is None or found == person.account:
        return None
    if not may_act_for(connection, snapshot, person.contact, found):
        raise NotFound(f"{person.name or 'the contact'} may not act for the account {account}")
    return found
