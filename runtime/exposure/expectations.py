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
from runtime.access import Person, Principal
from runtime.exposure.lock import severity_for
from runtime.identity.roles import roles_of
from runtime.records.people import find_contacts_by_email
from runtime.records.reasons import Explanation, explain

CODE = "permission-test"
NOBODY = "anonymous"


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
        principal = principal_of(connection, snapshot, site, test.who, test.roles)
        for place, item in enumerate(test.expects):
            if principal is None:
                yield Outcome(test, place, "skipped", f"There is no contact, or several, with the e-mail {test.who}.")
            else:
                yield _outcome(connection, snapshot, principal, (test, place, item))


def principal_of(
    connection: Connection, snapshot: Snapshot, site: CompiledSite, who: str, roles: tuple[str, ...] = ()
) -> Principal | None:
    """The person with an e-mail, or nobody signed in; None where there is no such person, or not one alone."""
    if who == NOBODY:
        return Principal.anonymous(snapshot, site.key)
    found = find_contacts_by_email(connection, snapshot, who)
    if len(found) != 1:
        return None
    one = found[0]
    held = roles or roles_of(connection, one.contact, site.key)
    return Principal.signed_in(
        snapshot, site.key, Person(one.contact, one.account, one.company, one.name, one.language, one.time_zone), held
    )


def expectation_problems(connection: Connection, snapshot: Snapshot) -> Iterator[Problem]:
    """The expectations that do not hold."""
    for site in snapshot.sites.values():
        failed = (found.problem for found in outcomes(connection, snapshot, site) if found.state == "failed")
        yield from (replace(problem, severity=severity_for(site)) for problem in failed)


def _outcome(
    connection: Connection, snapshot: Snapshot, principal: Principal, what: tuple[PermissionTest, int, Expectation]
) -> Outcome:
    test, place, item = what
    action: Any = item.action
    try:
        with connection.begin_nested():
            told = explain(connection, snapshot, principal, item.entity, action, item.record, item.attribute)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return Outcome(test, place, "skipped", f"The database does not have what is asked of {item.entity} yet.")
    named = f"{item.entity}{f'.{item.attribute}' if item.attribute else ''} {item.record or '(any)'}"
    if not told.found:
        return Outcome(test, place, "skipped", f"There is no {item.entity} {item.record}.")
    verb = "may" if item.allowed else "may not"
    if told.allowed == item.allowed:
        return Outcome(test, place, "passed", f"{test.who} {verb} {item.action} {named}.")
    wanted = "should be allowed to" if item.allowed else "should not be allowed to"
    is_so = "is not" if item.allowed else "is"
    return Outcome(test, place, "failed", f"{test.who} {wanted} {item.action} {named}, but {is_so}: {_why(told)}.")


def _why(told: Explanation) -> str:
    reaching = [part.permission for part in told.parts if not part.lacks and part.covers and part.reaches is not False]
    if told.allowed:
        return f"{', '.join(reaching)} {'let' if len(reaching) > 1 else 'lets'} it"
    near = [f"{part.permission} {_lack(part)}" for part in told.parts[:3]]
    return "; ".join(near) or "no permission of the site is on this entity"


def _lack(part: Any) -> str:
    if part.lacks:
        return f"does not count, {part.lacks}"
    return "does not open the attribute" if not part.covers else "does not reach the record"
