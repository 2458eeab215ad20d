"""A request below `/studio/as/`: who may look, as whom, what is asked of the site, and what is noted of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Request, Response, session

from metadata.errors import MetadataError
from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import NoSuchRelease
from runtime.access import Person, Principal
from runtime.context import PageView, RequestContext
from runtime.errors import AccessDenied, LookingOnly, PageNotFound
from runtime.identity.roles import roles_for
from runtime.languages import language_tags, prefix_of
from runtime.pages.in_place import CHOSEN, RIGHT, RIGHTS, ROOM
from runtime.records.audit import record_act
from runtime.records.memberships import accounts_for
from runtime.records.people import load_person
from runtime.studio.rights import reach_of
from runtime.studio.viewing.drafts import DraftSnapshot
from runtime.studio.viewing.guise import DRAFT, Guise
from runtime.studio.viewing.lease import LookingLease
from runtime.studio.viewing.samples import SAMPLE, show_sample

SEEN = ("root", "page", "lookup.offer")
SAFE = ("GET", "HEAD")


def look_through(asked: Request, held: Any, guise: Guise, show: PageView) -> Response | None:
    """Let the rest of a request see another principal, snapshot and connection; the answer, for a sample of a component.

    Raises SignInNeeded, AccessDenied without the right, LookingOnly for what would be done, PageNotFound for nobody.
    """
    own: RequestContext = held.foyer
    own.lease.prove()
    reach = reach_of(own)
    # An earlier release may have granted more than is granted now; who publishes could bring it back anyway.
    if not reach.views_as or (guise.release is not None and not reach.publishes):
        raise AccessDenied
    sample = asked.path.startswith(SAMPLE)
    if asked.method not in SAFE or (asked.endpoint not in SEEN and not sample):
        raise LookingOnly
    context = _disguised(own, asked, guise)
    if own.services.notebook.is_new(own.principal.contact, guise):
        facts: dict[str, object] = {"as": guise.who, "state": guise.state, "path": asked.path[:500]}
        if guise.acting is not None:
            facts["account"] = guise.acting
        with own.lease.transaction() as connection:
            record_act(
                connection, own.principal, "view_as", guise.kind, int(guise.key) if guise.kind == "contact" else 0, facts
            )
    if guise.state == DRAFT and reach.has(RIGHT) and session.get(CHOSEN):
        asked.environ[ROOM], asked.environ[RIGHTS] = own.prefix, reach.rights
    own.lease.rest()
    held.lease, held.foyer = context.lease, context
    return show_sample(context, asked.path, show) if sample else None


def drafted(context: RequestContext) -> DraftSnapshot:
    """The drafts of this moment, compiled. Raises MetadataError where not even what is served compiles."""
    workshop = context.services.workshop
    return context.services.drafts.compiled(workshop.bench(), workshop.store, context.snapshot)


def _disguised(own: RequestContext, asked: Request, guise: Guise) -> RequestContext:
    try:
        snapshot = _looked_at(own, guise)
    except (MetadataError, NoSuchRelease) as error:
        raise PageNotFound from error
    return disguised(own, asked, guise, own.services.drafts.seen(guise, snapshot))


def _looked_at(own: RequestContext, guise: Guise) -> Snapshot:
    if guise.state == DRAFT:
        return drafted(own).snapshot
    if guise.release is None:
        return own.snapshot
    return own.services.drafts.earlier(guise.release, own.snapshot.release, own.services.workshop.store)


def disguised(own: RequestContext, asked: Request, guise: Guise, snapshot: Snapshot) -> RequestContext:
    """What a request sees through the eyes of a guise on a snapshot, read only.

    Raises PageNotFound for a site, contact or role that there is not.
    """
    site = snapshot.sites.get(own.site.key)
    if site is None:
        raise PageNotFound
    language = language_tags(snapshot, site).get(
        str(asked.environ.get("foyer.language", "")).lower(), site.model.default_language
    )
    named = guise.kind == "contact"
    person = load_person(own.connection, own.snapshot, int(guise.key), guise.acting) if named else None
    if guise.kind == "contact" and (person is None or not person.active):
        raise PageNotFound
    principal = principal_of(own, snapshot, site, guise, language)
    return replace(
        own,
        snapshot=snapshot,
        site=site,
        principal=replace(principal, read_only=True),
        language=language,
        prefix=prefix_of(site, language),
        lease=LookingLease(own.services.doors, own.services.engine, snapshot, own.snapshot),
        session_id=None,
        account_name=person.account_name if person else "",
        account_number=person.account_number if person else "",
        several_accounts=named and len(accounts_for(own.connection, own.snapshot, int(guise.key))) > 1,
    )


def principal_of(own: RequestContext, snapshot: Snapshot, site: CompiledSite, guise: Guise, language: str) -> Principal:
    """Somebody whose eyes or rights are asked for. Raises PageNotFound for a contact, account or role that there is not."""
    match guise.kind:
        case "anonymous":
            return Principal.anonymous(snapshot, site.key, language=language)
        case "role":
            role = site.roles.get(guise.key)
            if role is None:
                raise PageNotFound
            name = role.label.in_language(language, site.model.default_language) or role.key
            if role.default == "anonymous":
                return replace(Principal.anonymous(snapshot, site.key, language=language), name=name)
            return Principal.signed_in(snapshot, site.key, Person(0, name=name, language=language), {role.key})
    acting = guise.acting
    found = load_person(own.connection, own.snapshot, int(guise.key), acting)
    if found is None:
        raise PageNotFound
    person = Person(
        found.contact, found.account, found.company, found.name, found.language or language, found.time_zone, acting
    )
    roles = roles_for(own.connection, own.snapshot, found.contact, site.key, acting)
    return Principal.signed_in(snapshot, site.key, person, roles)
