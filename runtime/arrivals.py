"""How a request begins: which site, who asks, in which language, on which snapshot."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from flask import Request
from sqlalchemy.exc import InterfaceError, OperationalError

from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import LATEST_RELEASE
from runtime.access import Principal
from runtime.access.principal import Person as Actor
from runtime.at_hand import the_session
from runtime.context import RequestContext, Stages
from runtime.errors import SiteNotFound
from runtime.identity.remembered import Known, arrival_claim, claim_values, still_holds
from runtime.identity.sessions import Arrival, LiveSession, is_stale, load_arrival, touch, utc_now
from runtime.identity.settings import settings_for
from runtime.identity.views.answers import COOKIE_TOKEN
from runtime.languages import language_tags, prefix_of
from runtime.lease import Lease
from runtime.passing import passing
from runtime.records.proof import Presumption
from runtime.services import Services

TOUCH_PATIENCE_MS = 100
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Changed(BaseException):
    """What a request took for granted no longer holds: it is to be started again.

    Not an Exception, so that nothing that copes with failures takes it for one.
    """


@passing
class Arriving:
    """What is at hand before anything was looked up. A `trusting` one may begin with what is remembered."""

    request: Request
    services: Services
    lease: Lease
    stages: Stages
    request_id: str
    trusting: bool = False


def request_id_of(header: str) -> str:
    """The id that a proxy gave the request, if it is one; else a new one."""
    return header if _REQUEST_ID.fullmatch(header) else os.urandom(8).hex()


def host_of(request: Request) -> str:
    """The host name that was asked for, without its port; "" for one that is none."""
    host = request.host
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def welcome(arriving: Arriving) -> RequestContext:
    """The context of a request. Raises SiteNotFound, NothingPublished, and OperationalError when the database is away.

    Who asks may be a presumption, which the lease proves before anything is read or answered, or raises Changed.
    """
    with arriving.stages.measure("session"):
        snapshot = arriving.services.snapshots.current()
        site = _site(snapshot, arriving.request)
        token = str(the_session().get(COOKIE_TOKEN, ""))
        known = arriving.services.arrivals.find(snapshot, site.key, token) if arriving.trusting and token else None
        if known is not None:
            _presume(arriving, snapshot, site, token, known)
            return _context(arriving, snapshot, site, known.session, known.principals)
        arrival = _arrival(arriving, snapshot, site, token)
    if arrival.release != snapshot.release:
        with arriving.stages.measure("snapshot"):
            snapshot = arriving.services.snapshots.at_least(arrival.release)
            site = _site(snapshot, arriving.request)
    arriving.services.arrivals.keep(snapshot, site.key, token, arrival)
    return _context(arriving, snapshot, site, arrival.session, {})


def _presume(arriving: Arriving, snapshot: Snapshot, site: CompiledSite, token: str, known: Known) -> None:
    """Take what is known for granted; whoever makes sure of it finds the same in the ordinary way, or raises Changed."""

    def make_sure() -> None:
        with arriving.stages.measure("session"):
            if still_holds(arriving.lease.connection, snapshot, LATEST_RELEASE, known):
                return
            found = _arrival(arriving, snapshot, site, token)
        arriving.services.arrivals.keep(snapshot, site.key, token, found)
        if not known.agrees(found):
            raise Changed

    claim = arrival_claim(snapshot, LATEST_RELEASE)
    arriving.lease.presume(Presumption(claim, claim_values(known), make_sure))


def _context(
    arriving: Arriving,
    snapshot: Snapshot,
    site: CompiledSite,
    found: LiveSession | None,
    principals: dict[str, Principal],
) -> RequestContext:
    language = _language(arriving.request, snapshot, site)
    principal = principals.get(language)
    if principal is None:
        principal = principals[language] = _principal(snapshot, site, found, language)
    return RequestContext(
        snapshot=snapshot,
        site=site,
        principal=principal,
        language=language,
        prefix=prefix_of(site, language),
        request_id=arriving.request_id,
        lease=arriving.lease,
        stages=arriving.stages,
        services=arriving.services,
        session_id=found.id if found else None,
        remembered=found.remember if found else False,
        account_name=found.person.account_name if found else "",
        account_number=found.person.account_number if found else "",
        several_accounts=found.several if found else False,
        terms=found.terms if found else "",
    )


def _site(snapshot: Snapshot, request: Request) -> CompiledSite:
    site = snapshot.site_for(host_of(request))
    if site is None:
        raise SiteNotFound
    return site


def _arrival(arriving: Arriving, snapshot: Snapshot, site: CompiledSite, token: str) -> Arrival:
    try:
        arrival = load_arrival(arriving.lease.connection, snapshot, site.key, token, LATEST_RELEASE)
    except (OperationalError, InterfaceError):
        # A pooled connection may have died meanwhile; asking at each checkout would cost every request a round trip.
        arriving.lease.discard()
        arrival = load_arrival(arriving.lease.connection, snapshot, site.key, token, LATEST_RELEASE)
    if arrival.session is not None and is_stale(arrival.session):
        _touch(arriving, snapshot, site, arrival.session)
        return replace(arrival, session=replace(arrival.session, seen_at=utc_now()))
    return arrival


def _touch(arriving: Arriving, snapshot: Snapshot, site: CompiledSite, found: LiveSession) -> None:
    """A busy database must not keep a page from being read because of a time stamp."""
    try:
        with arriving.lease.transaction(TOUCH_PATIENCE_MS) as connection:
            touch(connection, found.id, settings_for(snapshot, site).lifetime(found.remember))
    except OperationalError:
        arriving.lease.release()


def _principal(snapshot: Snapshot, site: CompiledSite, found: LiveSession | None, language: str) -> Principal:
    if found is None:
        return Principal.anonymous(snapshot, site.key, language=language)
    person = found.person
    actor = Actor(
        person.contact,
        person.account,
        person.company,
        person.name,
        person.language or language,
        person.time_zone,
        found.acting,
    )
    return Principal.signed_in(snapshot, site.key, actor, found.roles)


def _language(request: Request, snapshot: Snapshot, site: CompiledSite) -> str:
    """The address decides; without a language part it is the site's default."""
    asked = str(request.environ.get("foyer.language", ""))
    return language_tags(snapshot, site).get(asked.lower(), site.model.default_language)
