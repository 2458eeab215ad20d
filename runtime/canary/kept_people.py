"""What the engine keeps of people around their sign-in, marked as rows are: where they are signed in, what happened with it,
what they did for their account, what they shared and accepted, and who asks to be let in."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Callable, Iterator
from hashlib import blake2s
from typing import Any

import sqlalchemy as sa

from metadata.model import EntityPermission
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access.sharing import link_rows, links
from runtime.canary.judge import Asker, Held, Judge
from runtime.canary.marks import Cell, Marks
from runtime.canary.seeding import STAMP, Planted
from runtime.identity import tables
from runtime.identity.tokens import digest
from runtime.records.tables import AUDIT

SESSION, BROWSER, LOGIN, PASSKEY = "a session", "a known browser", "a login elsewhere", "a passkey"
TOKEN, EVENT, TERMS, LINK = "a token", "what happened with a sign-in", "accepted terms", "a shared link"
DOING, REQUEST = "what was done", "a request for access"
OWN_KINDS = (SESSION, BROWSER, LOGIN, PASSKEY, TOKEN, EVENT, TERMS)
KINDS = (*OWN_KINDS, LINK, DOING, REQUEST)
DAY = dt.timedelta(days=1)
REQUESTS = (1, 2)
MAKER, OTHER_MAKER = "stranger", "own"


def plan_people(snapshot: Snapshot, planted: Planted, marks: Marks) -> None:
    """A word for each thing that is kept: one of each kind for each person, what each did to rows of his own and of the person
    who mostly asks, a link for each permission that lets rows be shared, and two requests for access."""
    cells = [Cell(kind, contact, "") for contact in planted.people.values() for kind in OWN_KINDS]
    for name, contact in planted.people.items():
        rows = {(entity, _first(planted, entity, owner)) for entity in snapshot.entities for owner in (OTHER_MAKER, name)}
        cells += [Cell(DOING, contact, f"{entity} {row}") for entity, row in sorted(rows, key=str) if row is not None]
        for site in snapshot.sites.values():
            cells += [Cell(LINK, contact, one.key) for one in shared(site) if _first(planted, one.entity, name) is not None]
    cells += [Cell(REQUEST, number, part) for number in REQUESTS for part in ("name", "email")]
    planted.kept |= {cell: marks.word(cell) for cell in cells}


def shared(site: CompiledSite) -> list[EntityPermission]:
    """The permissions that let rows be shared by links."""
    return [one for one in site.permissions.values() if one.active and one.share_read]


def held_link(site: CompiledSite, planted: Planted, place: str) -> tuple[Held, ...]:
    """The links of somebody else whose secrets a person has: whoever has one comes by it with what its maker may share."""
    name = MAKER if place != MAKER else OTHER_MAKER
    defaults = {key for key, role in site.roles.items() if role.default == "authenticated"}
    contact = planted.people[name]
    maker = Asker(contact, planted.rows["contact"][contact].get("account"), frozenset({*makers_roles(site), *defaults}))
    found = ((one, _first(planted, one.entity, name)) for one in shared(site))
    return tuple(Held(maker, one.key, row) for one, row in found if row is not None)


def makers_roles(site: CompiledSite) -> frozenset[str]:
    """The roles of those who make links."""
    return frozenset(role for one in shared(site) for role in one.roles)


def is_known_of_people(planted: Planted, judge: Judge, cell: Cell) -> bool:
    """Whether the asker may learn of it: what is his own, what was done for his account or has a history that he may see, and
    requests where he approves them."""
    if cell.entity == REQUEST:
        joining = judge.site.model.joining
        return joining is not None and bool(judge.asker.roles & set(joining.approvers))
    if cell.entity == DOING:
        entity, _, row = cell.attribute.rpartition(" ")
        account = planted.rows["contact"].get(cell.row, {}).get("account")
        mine = account is not None and account == judge.asker.account
        return mine or (int(row) in judge.rows[entity] and judge.may(entity, "history", int(row)))
    return cell.row == judge.asker.contact


def secret_of(cell: Cell) -> str:
    """The secret of a planted link."""
    return blake2s(str(cell).encode(), digest_size=16).hexdigest()


def number_of(planted: Planted, cell: Cell) -> int:
    """The id of what is kept, alike in both worlds."""
    return list(planted.kept).index(cell) + 1


def keep_people(connection: sa.Connection, site: CompiledSite, planted: Planted) -> None:
    """Store what was planned."""
    numbers = {cell: number for number, cell in enumerate(planted.kept, 1)}
    for cell, word in planted.kept.items():
        if cell.entity in MAKES:
            table, values = MAKES[cell.entity]
            made = {"id": numbers[cell], "contact_id": cell.row, **values(site, planted, cell, word)}
            connection.execute(sa.insert(table).values(**{key: value for key, value in made.items() if key in table.c}))
        elif cell.entity in (EVENT, DOING):
            connection.execute(sa.insert(AUDIT).values(id=numbers[cell], **_noted(site, planted, cell, word)))
        elif cell.entity == LINK and cell.attribute in site.permissions:
            _keep_link(connection, site, planted, cell, numbers[cell], word)
    for contact in planted.people.values():
        held = [{"contact_id": contact, "site": site.key, "role": role} for role in sorted(makers_roles(site))]
        if held:
            connection.execute(sa.insert(tables.contact_roles), held)
    if site.model.registration == "request":
        connection.execute(sa.insert(tables.registrations), list(_requests(site, planted)))


def _times(planted: Planted) -> dict[str, Any]:
    return {"created_at": planted.at, "seen_at": planted.at, "used_at": planted.at, "expires_at": planted.at + DAY}


def _session(site: CompiledSite, planted: Planted, cell: Cell, word: str) -> dict[str, Any]:
    return {**_times(planted), "token_hash": digest(str(cell)), "site": site.key, "device": word, "name": word}


def _login(site: CompiledSite, planted: Planted, cell: Cell, word: str) -> dict[str, Any]:
    return {**_times(planted), "issuer": "https://elsewhere.example", "subject": str(cell.row), "name": word}


def _passkey(site: CompiledSite, planted: Planted, cell: Cell, word: str) -> dict[str, Any]:
    return {**_times(planted), "credential_hash": digest(str(cell)), "credential": "", "public_key": "", "name": word}


def _consent(site: CompiledSite, planted: Planted, cell: Cell, word: str) -> dict[str, Any]:
    return {"site": site.key, "version": word, "accepted_at": planted.at}


MAKES: dict[str, tuple[sa.Table, Callable[[CompiledSite, Planted, Cell, str], dict[str, Any]]]] = {
    SESSION: (tables.sessions, _session),
    BROWSER: (tables.browsers, _session),
    TOKEN: (tables.api_tokens, _session),
    LOGIN: (tables.external_logins, _login),
    PASSKEY: (tables.passkeys, _passkey),
    TERMS: (tables.consents, _consent),
}


def _noted(site: CompiledSite, planted: Planted, cell: Cell, word: str) -> dict[str, Any]:
    """An entry of the trail. What was done has no text of its own; so the word decides when it was."""
    if cell.entity == EVENT:
        changes = json.dumps({"device": word})
        told = {"entity": "contact", "row": cell.row, "privilege": "sign_in", "changes": changes, "contact": cell.row}
        return {"at": planted.at, "site": site.key, "origin": "portal", **told}
    entity, _, row = cell.attribute.rpartition(" ")
    at = STAMP + dt.timedelta(minutes=zlib.crc32(word.encode()) % 100_000)
    account = planted.rows["contact"].get(cell.row, {}).get("account")
    told = {"entity": entity, "row": int(row), "privilege": "write", "changes": "{}", "contact": cell.row, "account": account}
    return {"at": at, "site": site.key, "origin": "portal", **told}


def _keep_link(connection: sa.Connection, site: CompiledSite, planted: Planted, cell: Cell, number: int, word: str) -> None:
    permission = site.permissions[cell.attribute]
    name = next(key for key, contact in planted.people.items() if contact == cell.row)
    row = _first(planted, permission.entity, name)
    values: dict[str, Any] = {"id": number, "contact_id": cell.row, "token_hash": digest(secret_of(cell)), "name": word}
    values |= {"reading": "\n".join(sorted(permission.share_read)), "writing": "\n".join(sorted(permission.share_write))}
    values |= {"site": site.key, "entity": permission.entity, "created_at": planted.at, "expires_at": planted.at + DAY}
    connection.execute(sa.insert(links).values(**values))
    if row is not None:
        connection.execute(sa.insert(link_rows).values(share_id=number, row_id=row))


def _requests(site: CompiledSite, planted: Planted) -> Iterator[dict[str, Any]]:
    for number in REQUESTS:
        name, email = (planted.kept[Cell(REQUEST, number, part)] for part in ("name", "email"))
        values: dict[str, Any] = {"id": number, "token_hash": digest(email), "site": site.key}
        values |= {"email": f"{email}@canary.example", "answers": json.dumps({"full_name": name}), "state": "waiting"}
        yield {**values, "created_at": planted.at, "expires_at": planted.at + DAY}


def _first(planted: Planted, entity: str, name: str) -> int | None:
    """The first row of somebody; it is one that stays, whatever of others is taken away."""
    return next((row for (key, row), owner in planted.owners.items() if key == entity and owner == name), None)
