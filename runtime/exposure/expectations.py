"""Permission tests: what is expected of people and records by name, asked of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from metadata.errors import Position, Problem
from metadata.model import Expectation, PermissionTest, component_id
from metadata.snapshot import CompiledSite, Snapshot
from metadata.told import joined, told
from runtime.access import Person, Principal
from runtime.exposure.lock import severity_for
from runtime.identity.roles import roles_for
from runtime.records.people import find_accounts, find_contacts_by_email, load_person
from runtime.records.reasons import Explanation, explain

CODE = "permission-test"
NOBODY = "anonymous"
SOMEBODY = "signed-in"
"""Somebody who is signed in and has no rows: what the roles of a test let them reach is what any holder reaches."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one expectation, with a sentence about it. `skipped` is about a person or record that is not there."""

    test: PermissionTest
    place: int
    state: Literal["passed", "failed", "skipped"]
    said: str

    @property
    def problem(self) -> Problem:
        """The outcome as what keeps a release from being made."""
        return Problem(Position(path=f"expects.{self.place}"), str(component_id(self.test)), CODE, self.said)


def outcomes(connection: Connection, snapshot: Snapshot, site: CompiledSite) -> Iterator[Outcome]:
    """What comes of every expectation of a site, test by test."""
    for test in sorted((item for item in site.tests.values() if item.active), key=lambda item: item.key):
        principal = _person_of(connection, snapshot, site, test)
        for place, item in enumerate(test.expects):
            if principal is None:
                yield Outcome(test, place, "skipped", _nobody(test))
            else:
                yield _outcome(connection, snapshot, principal, (test, place, item))


def principal_of(
    connection: Connection,
    snapshot: Snapshot,
    site: CompiledSite,
    who: str,
    roles: tuple[str, ...] = (),
    acting: int | None = None,
) -> Principal | None:
    """The person with an e-mail, nobody signed in, or somebody with the roles and no rows; None where there is no such person,
    or not one alone, or where they may not act for `acting`, a further account."""
    if who == NOBODY:
        return Principal.anonymous(snapshot, site.key)
    if who == SOMEBODY:
        return Principal.signed_in(snapshot, site.key, Person(0), roles)
    found = find_contacts_by_email(connection, snapshot, who)
    if len(found) != 1:
        return None
    one = found[0] if acting is None else load_person(connection, snapshot, found[0].contact, acting)
    if one is None:
        return None
    held = roles or roles_for(connection, snapshot, one.contact, site.key, acting)
    actor = Person(one.contact, one.account, one.company, one.name, one.language, one.time_zone, acting)
    return Principal.signed_in(snapshot, site.key, actor, held)


def principal_acting(
    connection: Connection,
    snapshot: Snapshot,
    site: CompiledSite,
    who: str,
    roles: tuple[str, ...] = (),
    account: str = "",
) -> Principal | None:
    """The person as they act for the account with a number or name, which may be their own; without one as `principal_of`.

    None also where there is no such account, or not one alone.
    """
    own = principal_of(connection, snapshot, site, who, roles)
    if not account or own is None:
        return own
    found = find_accounts(connection, snapshot, Principal.system("admin"), account)
    if len(found) != 1 or who in (NOBODY, SOMEBODY):
        return None
    return own if own.account == found[0] else principal_of(connection, snapshot, site, who, roles, found[0])


def expectation_problems(connection: Connection, snapshot: Snapshot) -> Iterator[Problem]:
    """The expectations that do not hold."""
    for site in snapshot.sites.values():
        failed = (found.problem for found in outcomes(connection, snapshot, site) if found.state == "failed")
        yield from (replace(problem, severity=severity_for(site)) for problem in failed)


def _person_of(connection: Connection, snapshot: Snapshot, site: CompiledSite, test: PermissionTest) -> Principal | None:
    try:
        with connection.begin_nested():
            return principal_acting(connection, snapshot, site, test.who, test.roles, test.account)
    except DBAPIError as error:  # the table of memberships comes with the release that is tried
        if error.connection_invalidated or not test.account:
            raise
        return None


def _nobody(test: PermissionTest) -> str:
    if not test.account:
        return told("There is no contact, or several, with the e-mail {who}.", who=test.who)
    return told(
        "There is no contact, or several, with the e-mail {who} who may act for one account {account}.",
        who=test.who,
        account=test.account,
    )


def _who(test: PermissionTest) -> str:
    who = told("{who} for {account}", who=test.who, account=test.account) if test.account else test.who
    return told("{who} with {roles}", who=who, roles=", ".join(test.roles)) if test.roles else who


def _outcome(
    connection: Connection, snapshot: Snapshot, principal: Principal, what: tuple[PermissionTest, int, Expectation]
) -> Outcome:
    test, place, item = what
    action: Any = item.action
    try:
        with connection.begin_nested():
            found = explain(connection, snapshot, principal, item.entity, action, item.record, item.attribute)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return Outcome(
            test, place, "skipped", told("The database does not have what is asked of {entity} yet.", entity=item.entity)
        )
    named = f"{item.entity}{f'.{item.attribute}' if item.attribute else ''} {item.record or '(any)'}"
    if not found.found:
        return Outcome(test, place, "skipped", told("There is no {entity} {record}.", entity=item.entity, record=item.record))
    who = _who(test)
    if found.allowed == item.allowed:
        holds = (
            told("{who} may {action} {record}.", who=who, action=item.action, record=named)
            if item.allowed
            else told("{who} may not {action} {record}.", who=who, action=item.action, record=named)
        )
        return Outcome(test, place, "passed", holds)
    said = (
        told(
            "{who} should be allowed to {action} {record}, but is not: {why}.",
            who=who,
            action=item.action,
            record=named,
            why=_why(found),
        )
        if item.allowed
        else told(
            "{who} should not be allowed to {action} {record}, but is: {why}.",
            who=who,
            action=item.action,
            record=named,
            why=_why(found),
        )
    )
    return Outcome(test, place, "failed", said)


def _why(found: Explanation) -> str:
    reaching = [part.permission for part in found.parts if not part.lacks and part.covers and part.reaches is not False]
    if found.allowed and len(reaching) > 1:
        return told("{permissions} let it", permissions=", ".join(reaching))
    if found.allowed:
        return told("{permission} lets it", permission=", ".join(reaching))
    near = [_lack(part) for part in found.parts[:3]]
    return joined(near, "; ") if near else told("no permission of the site is on this entity")


def _lack(part: Any) -> str:
    if part.lacks:
        return told("{permission} does not count, {reason}", permission=part.permission, reason=part.lacks)
    if not part.covers:
        return told("{permission} does not open the attribute", permission=part.permission)
    return told("{permission} does not reach the record", permission=part.permission)
