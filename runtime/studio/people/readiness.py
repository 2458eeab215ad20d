"""Can this person sign in and see something? Each step of the way, with what is missing: of the explainer's own parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from metadata.model.base import PRIVILEGES
from runtime.access import Person as Subject
from runtime.access import Principal, access_for
from runtime.exposure.explained import why_rows
from runtime.identity.invitations import lacks_of
from runtime.identity.settings import roles_with_second_factor, settings_for
from runtime.identity.standings import Standing, needs_factor
from runtime.records.people import Person
from runtime.sitemap import readable_pages
from runtime.studio.desk import Desk

LISTS = 8
"""As many lists are looked at for rows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has to be so. `mend` is an address where it can be mended."""

    state: Literal["ok", "warn", "fail"]
    said: str
    mend: str = ""


def readiness(desk: Desk, person: Person, standing: Standing) -> tuple[Step, ...]:
    """Every step, those that are in order too."""
    return (*_signing_in(desk, person, standing), *_seeing(desk, person, standing))


def _signing_in(desk: Desk, person: Person, standing: Standing) -> Iterator[Step]:
    say, context = desk.say, desk.context
    yield Step("ok", say("studio.ready_active")) if person.active else Step("fail", say("studio.ready_inactive"))
    chosen = settings_for(context.snapshot, context.site)
    if standing.barred:
        yield Step("fail", say("studio.ready_barred"))
    elif standing.locked_until:
        yield Step("warn", say("studio.ready_locked", when=desk.formats.moment(standing.locked_until)))
    elif standing.signs_in:
        usable = standing.providers or chosen.passwords
        yield Step("ok", say("studio.ready_login")) if usable else Step("fail", say("studio.ready_no_passwords"))
    elif standing.invited_until:
        yield Step("warn", say("studio.ready_invited", when=desk.formats.moment(standing.invited_until)))
    else:
        lacks = [code for code in lacks_of(context.connection, context.snapshot, context.site, person) if code != "inactive"]
        for code in lacks:
            yield Step("fail", say(f"studio.ready_lacks.{code}"))
        if not lacks:
            yield Step("fail", say("studio.ready_no_login"))
    needing = roles_with_second_factor(context.snapshot, context.site)
    if standing.signs_in and needs_factor(context.site, needing, standing):
        yield Step("warn", say("studio.ready_factor"))


def _seeing(desk: Desk, person: Person, standing: Standing) -> Iterator[Step]:
    say, context = desk.say, desk.context
    principal = principal_of(desk, person, standing)
    if not standing.roles:
        yield Step("warn", say("studio.ready_no_roles"))
    if person.account is None and _of_account(desk, principal):
        yield Step("warn", say("studio.ready_no_account"))
    pages = len(readable_pages(context.snapshot, context.site, principal.roles))
    yield Step("ok" if pages else "fail", say("studio.ready_pages", count=pages))
    entities = [key for key in context.snapshot.entities if access_for(context.snapshot, principal, key, "read").allowed]
    if not entities:
        yield Step("fail", say("studio.ready_no_rights"), desk.url("permissions"))
        return
    yield Step("ok", say("studio.ready_rights", count=len(entities)))
    yield _rows(desk, principal)


def principal_of(desk: Desk, person: Person, standing: Standing) -> Principal:
    """The person as they would come, signed in."""
    context = desk.context
    subject = Subject(person.contact, person.account, person.company, person.name, person.language, person.time_zone)
    return Principal.signed_in(context.snapshot, context.site.key, subject, standing.roles & context.site.roles.keys())


def _of_account(desk: Desk, principal: Principal) -> bool:
    """Does any permission that counts for the person go by the account?"""
    permissions = desk.context.site.permissions
    counted = (
        grant.permission
        for entity in desk.context.snapshot.entities
        for privilege in PRIVILEGES
        for grant in access_for(desk.context.snapshot, principal, entity, privilege).grants
    )
    return any(key in permissions and permissions[key].scope == "account" for key in counted)


def _rows(desk: Desk, principal: Principal) -> Step:
    """The first list of the site that shows the person a row, or why the first ones show none."""
    say, context = desk.say, desk.context
    reasons = []
    looked = 0
    for key in sorted(context.site.lists):
        model = context.site.lists[key]
        entities = {context.snapshot.views[view].entity for view in model.views}
        if not any(access_for(context.snapshot, principal, entity, "read").allowed for entity in entities):
            continue
        for found in why_rows(context.connection, context.snapshot, principal, model):
            if found.shown:
                return Step("ok", say("studio.ready_rows", list=key, count=found.shown))
            reasons.append(f"{key}: {found.why}")
        looked += 1
        if looked == LISTS:
            break
    return Step("warn", f"{say('studio.ready_no_rows')} {'; '.join(dict.fromkeys(reasons))}".strip())
