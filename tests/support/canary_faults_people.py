"""Leaks planted around the sign-in: on pages of one's own, in shared links, in requests for access; and in sentences."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from runtime.access import Principal, access_of
from runtime.canary.seeding import SIBLINGS
from runtime.identity.moving import is_free
from runtime.records.memberships import AccountChoice
from runtime.records.source import Source
from support.canary_faults import Fault, Patch, above, elevated, raised


class _Anything:
    """A column that is equal to whatever it is compared with."""

    def __eq__(self, other: object) -> Any:
        return sa.true()

    __hash__ = None  # type: ignore[assignment]


def doings_of_all(patch: Patch) -> None:
    """The doings of an account without the condition that they are of the account."""
    module = importlib.import_module("runtime.records.doings")
    columns = {column.key: column for column in module.AUDIT.c} | {"account": _Anything()}
    patch.setattr(module, "AUDIT", SimpleNamespace(c=SimpleNamespace(**columns)))


def of_the_next(function: str, place: int) -> Callable[[Patch], None]:
    """A function that is asked for the contact after the one that was named, at a place of its arguments."""

    def plant(patch: Patch) -> None:
        module, _, name = function.partition(":")
        real = getattr(importlib.import_module(module), name)

        @wraps(real)
        def call(*given: Any) -> Any:
            return real(*given[:place], _next(given[place]), *given[place + 1 :])

        patch.setattr(f"{module}.{name}", call)

    return plant


def _next(who: Any) -> Any:
    return replace(who, contact=(who.contact or 0) + 1) if isinstance(who, Principal) else who + 1


def accounts_of_all(patch: Patch) -> None:
    """The switcher offers every account."""
    module = importlib.import_module("runtime.identity.views.accounts")

    def everyone(connection: Any, snapshot: Any, contact: int) -> Any:
        table = snapshot.entities["account"].table
        return tuple(AccountChoice(row.id, row.name or "", "", False) for row in connection.execute(sa.select(table)))

    patch.setattr(module, "accounts_for", everyone)


def rows_beside_a_link(patch: Patch) -> None:
    """A link that gives the rows after its own too, whoever made it."""
    module = importlib.import_module("runtime.sharing.views")
    real = module._records

    def records(context: Any, who: Any, link: Any) -> Any:
        return real(context, above(replace(who, share=None)), replace(link, rows=(*link.rows, *(row + 1 for row in link.rows))))

    patch.setattr(module, "_records", records)


def attributes_beside_a_link(patch: Patch) -> None:
    """A link that gives all attributes of its rows."""
    module = importlib.import_module("runtime.sharing.views")
    real = module.come_by

    def come_by(connection: Any, snapshot: Any, site: Any, number: int) -> Any:
        found = real(connection, snapshot, site, number)
        if found is None:
            return None
        share = replace(found[1].share, reading=frozenset(snapshot.entities[found[1].share.entity].attributes))
        return above(replace(found[0], share=None)), replace(found[1], share=share)

    patch.setattr(module, "come_by", come_by)


def links_that_nobody_opened(patch: Patch) -> None:
    patch.setattr("runtime.sharing.views._is_open", lambda number: True)


def links_to_any_row(patch: Patch) -> None:
    elevated("runtime.sharing.views:fetch_record")(patch)


def requests_for_all(patch: Patch) -> None:
    module = importlib.import_module("runtime.identity.views.requests")
    patch.setattr(module, "_declared", lambda context: context.site.model.joining)


def known_addresses(name: str) -> Callable[[Patch], None]:
    """A page that refuses the address of somebody who is known."""

    def plant(patch: Patch) -> None:
        module = importlib.import_module(name)
        real = module.wanted_address

        def wanted(snapshot: Any, text: str) -> str:
            email = real(snapshot, text)
            context = module.current()
            return str(email) if is_free(context.connection, snapshot, 0, email) else ""

        patch.setattr(module, "wanted_address", wanted)

    return plant


def sessions_of_anybody(patch: Patch) -> None:
    module = importlib.import_module("runtime.identity.sessions")

    def revoke(connection: Any, contact: int, session: int) -> bool:
        return bool(module._revoke(connection, [module.sessions.c.id == session]))

    patch.setattr("runtime.identity.views.sessions.revoke", revoke)


def links_of_anybody_end(patch: Patch) -> None:
    module = importlib.import_module("runtime.sharing.links")

    def revoke(connection: Any, contact: int, number: int) -> bool:
        ended = module.update(module.links).where(module.links.c.id == number)
        return bool(connection.execute(ended.values(revoked_at=module.utc_now())).rowcount)

    patch.setattr("runtime.sharing.views.revoke", revoke)


def passkeys_of_anybody_go(patch: Patch) -> None:
    module = importlib.import_module("runtime.identity.passkeys")

    def remove(connection: Any, contact: int, number: int) -> bool:
        gone = module.delete(module.passkeys).where(module.passkeys.c.id == number)
        return bool(connection.execute(gone).rowcount)

    patch.setattr("runtime.identity.views.passkeys.remove_passkey", remove)


def forbidden_in_conditions(patch: Patch) -> None:
    """A condition of the web API by an attribute that the person may not read; what is shown stays as it is."""
    module = importlib.import_module("runtime.api.conditions")
    source = importlib.import_module("runtime.records.source")
    real, real_access, real_trace = module.Conditions.path, Source._access, source.trace

    def path(self: Any, node: Any) -> Any:
        caller, self.caller = self.caller, raised(self.caller)
        try:
            return real(self, node)
        finally:
            self.caller = caller

    def access(self: Source, entity: str) -> Any:
        found = real_access(self, entity)
        every = access_of(self.snapshot, ("system", *self.standing[1:3]), entity, "read").attributes
        return replace(found, attributes=every, grants=tuple(replace(grant, attributes=every) for grant in found.grants))

    def traced(snapshot: Any, standing: Any, *rest: Any) -> Any:
        return real_trace(snapshot, ("system", *standing[1:3]), *rest)

    patch.setattr(module.Conditions, "path", path)
    patch.setattr(source, "trace", traced)
    patch.setattr(Source, "_access", access)


def account_of_before(patch: Patch) -> None:
    """Who acts for a further account keeps the rows of the own one."""
    real: Any = Principal.binds

    def binds(self: Principal) -> Any:
        found = real.fget(self)
        return found if self.acting is None else {**found, "p_account": OWN_ACCOUNT}

    patch.setattr(Principal, "binds", property(binds))


SECURITY = "runtime.identity.views.security"
OWN_ACCOUNT = [one.name for one in SIBLINGS if one.account == one.name].index("own") + 1
"""The id that the account of whoever asks has among those that are planted."""
PEOPLE_FAULTS = (
    Fault("the doings of all accounts", doings_of_all, "people"),
    Fault("the data of the next contact", of_the_next(f"{SECURITY}:own_data", 2), "people"),
    Fault("what happened with the sign-in of another", of_the_next(f"{SECURITY}:events_of", 2), "people"),
    Fault("the sessions of another", of_the_next("runtime.identity.views.sessions:list_sessions", 1), "people"),
    Fault("the browsers of another", of_the_next(f"{SECURITY}:list_browsers", 1), "people"),
    Fault("the terms that another accepted", of_the_next(f"{SECURITY}:consents_of", 2), "people"),
    Fault("the passkeys of another", of_the_next("runtime.identity.views.passkeys:list_passkeys", 1), "people"),
    Fault("the other logins of another", of_the_next("runtime.identity.views.logins:list_external", 1), "people"),
    Fault("the links of another", of_the_next("runtime.sharing.views:list_links", 2), "people"),
    Fault("the switcher offers all accounts", accounts_of_all, "people"),
    Fault("a link gives rows beside its own", rows_beside_a_link, "people"),
    Fault("a link gives all attributes", attributes_beside_a_link, "people"),
    Fault("links need no secret", links_that_nobody_opened, "people"),
    Fault("a new link asks for any row", links_to_any_row, "people"),
    Fault("requests for access before all", requests_for_all, "people"),
    Fault("registering tells whose address is known", known_addresses("runtime.identity.views.registration"), "people"),
    Fault("a new address tells whose it is", known_addresses("runtime.identity.views.email"), "people"),
    Fault("any account may be acted for", accounts_of_all, "writes"),
    Fault("anybody ends any session", sessions_of_anybody, "writes"),
    Fault("anybody ends any link", links_of_anybody_end, "writes"),
    Fault("anybody takes away any passkey", passkeys_of_anybody_go, "writes"),
    Fault("anybody decides on access", requests_for_all, "writes"),
    Fault("a look-up names a row that may not be read", elevated("runtime.forms.finding:resolve_offer"), "writes"),
    Fault("a conflict names who may not be named", elevated("runtime.pages.form_conflict:record_by_id"), "writes"),
    Fault("an import tells which names there are", elevated("runtime.pages.import_rows:Naming"), "imports"),
    Fault("a condition by what may not be read", forbidden_in_conditions, "api"),
    Fault("who acts for another account sees the own", account_of_before, "feeds", ("warden (for a further account)",)),
)
