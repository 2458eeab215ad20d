"""`foyer why`: what a person may do with the rows of an entity, and which permission decides it; why a list is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from metadata.model.base import PRIVILEGES
from metadata.schema.faults import did_you_mean
from metadata.snapshot import CompiledSite
from metadata.text import counted
from runtime.access import Principal
from runtime.cli import options
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, OpenPortal, acting_for, find_person, find_site, open_portal
from runtime.exposure.expectations import NOBODY, principal_of
from runtime.exposure.explained import Line, Told, tell, why_rows
from runtime.exposure.flips import Question

LIST = "list"
DOING = {"history": "see the history of", "append": "link others to", "append_to": "be linked to"}


@click.command("why")
@click.argument("person")
@click.argument("action", type=click.Choice((*PRIVILEGES, LIST)))
@click.argument("entity")
@click.argument("key", default="")
@click.argument("attribute", default="")
@click.option("--account", default="", help="One of the person's further accounts that is acted for, by its number or name.")
@options.site
@reporting
def command(person: str, action: Any, entity: str, key: str, attribute: str, account: str, site: str) -> Report:
    """Tell why PERSON (an e-mail, or anonymous) may or may not do something with the rows of ENTITY, or with the one KEY, or
    there with one ATTRIBUTE; and what smallest change would turn the answer round.

    KEY is what the row is called, an alternate key, or its id. With the action list, ENTITY is a list, and what keeps rows from
    being in it is told.
    """
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        _require(portal, found, action, entity, attribute)
        with portal.engine.connect() as connection:
            acting = None
            if person != NOBODY:
                acting = acting_for(connection, portal.snapshot, find_person(connection, portal.snapshot, person), account)
            elif account:
                raise NotFound("nobody who is not signed in acts for an account; leave --account out")
            principal = principal_of(connection, portal.snapshot, found, person, acting=acting)
            if principal is None:
                raise NotFound(f"no contact has the e-mail {person}")
            if action == LIST:
                rows = tuple(why_rows(connection, portal.snapshot, principal, found.lists[entity]))
                lines = tuple(f"View {item.view}: {counted(item.shown, 'row')}; {item.why}." for item in rows)
                return Report(lines, {"views": [asdict(item) for item in rows]})
            told = tell(connection, portal.snapshot, principal, Question(entity, action, key, attribute))
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    if not told.told.found:
        sentence = f"there is no {entity} called {key}, nor one with that id"
        return Report((sentence,), {"error": sentence}, ok=False)
    return _report(principal, told)


def _require(portal: OpenPortal, site: CompiledSite, action: str, entity: str, attribute: str) -> None:
    known: Any = site.lists if action == LIST else portal.snapshot.entities
    if entity not in known:
        what = "list" if action == LIST else "entity"
        raise NotFound(f"there is no {what} {entity}.{_called(portal, entity, known) or did_you_mean(entity, known)}")
    if attribute and attribute not in portal.snapshot.entities[entity].attributes:
        there = portal.snapshot.entities[entity].attributes
        raise NotFound(f"there is no attribute {attribute} of {entity}.{did_you_mean(attribute, there)}")


def _called(portal: OpenPortal, name: str, known: Mapping[str, Any]) -> str:
    """The keys of entities that people call so."""
    found = [
        key
        for key, entity in portal.snapshot.entities.items()
        if key in known
        for text in (entity.model.label, entity.model.plural)
        if name.casefold() in (word.casefold() for word in dict(text.values).values())
    ]
    return f" Did you mean {', '.join(map(repr, dict.fromkeys(found)))}?" if found else ""


def _report(principal: Principal, told: Told) -> Report:
    question = told.question
    who = principal.name or ("somebody who is not signed in" if principal.contact is None else "the contact")
    what = f"{question.entity}{f'.{question.attribute}' if question.attribute else ''} {question.key}".strip()
    allowed, doing = told.told.allowed, DOING.get(question.privilege, question.privilege)
    lines = [
        f"{'Yes' if allowed else 'No'}: {who} {'may' if allowed else 'may not'} {doing} {what}.",
        f"Web roles: {', '.join(sorted(principal.roles)) or 'none'}.",
    ]
    lines += [text for line in told.lines for text in _lines(line)] or ["No permission of the site is on this entity."]
    if allowed and question.privilege in ("read", "write", "create"):
        lines.append(f"Attributes: {', '.join(sorted(told.told.attributes)) or 'none'}.")
    if told.classes:
        lines.append(f"Classes: {', '.join(f'{name} is {classed}' for name, classed in told.classes)}.")
    turned = "no" if allowed else "yes"
    if told.change is not None:
        lines.append(f"The smallest change that makes it a {turned}: {told.change.said}.")
    return Report(tuple(lines), {"roles": sorted(principal.roles), **told.as_data()})


def _lines(line: Line) -> list[str]:
    scope = f" ({line.part.scope})" if line.part.scope else ""
    said = [f"  {line.part.permission}{scope}: {line.state}"]
    if line.way:
        said.append(f"    way: {', '.join(line.way)}")
    if line.predicate:
        said.append(f"    condition: {line.predicate}")
    return said
