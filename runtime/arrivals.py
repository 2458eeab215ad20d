"""How a request begins: which site, who asks, in which language, on which snapshot."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from flask import Request, session
from sqlalchemy.exc import InterfaceError, OperationalError

from metadata.snapshot import CompiledSite, Snapshot
from metadata.store import LATEST_RELEASE
from runtime.access import Principal
from runtime.access.principal import Person as Actor
from runtime.context import Lease, RequestContext, Stages
from runtime.errors import SiteNotFound
from runtime.identity.sessions import Arrival, LiveSession, is_stale, load_arrival, touch
from runtime.identity.settings import settings_for
from runtime.identity.views.answers import COOKIE_TOKEN
from runtime.languages import language_tags, prefix_of
from runtime.services import Services

TOUCH_PATIENCE_MS = 100
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Arriving:
    """What is at hand before anything was looked up."""

    request: Request
    services: Services
    lease: Lease
    stages: Stages
    request_id: str


def request_id_of(header: str) -> str:
    """The id that a proxy gave the request, if it is one; else a new one."""
    return header if _REQUEST_ID.fullmatch(header) else secrets.token_hex(8)


def host_of(request: Request) -> str:
    """The host name that was asked for, without its port; "" for one that is none."""
    return request.host.partition("]")[0].lstrip("[") if request.host.startswith("[") else request.host.partition(":")[0]


def welcome(arriving: Arriving) -> RequestContext:
    """The context of a request. Raises SiteNotFound, NothingPublished, and OperationalError when the database is away."""
    with arriving.stages.measure("session"):
        snapshot = arriving.services.snapshots.current()
        site = _site(snapshot, arriving.request)
        arrival = _arrival(arriving, snapshot, site)
    if arrival.release != snapshot.release:
        with arriving.stages.measure("snapshot"):
            snapshot = arriving.services.snapshots.at_least(arrival.release)
            site = _site(snapshot, arriving.request)
    language = _language(arriving.request, snapshot, site)
    return RequestContext(
        snapshot=snapshot,
        site=site,
        principal=_principal(snapshot, site, arrival.session, language),
        language=language,
        prefix=prefix_of(site, language),
        request_id=arriving.request_id,
        lease=arriving.lease,
        stages=arriving.stages,
        services=arriving.services,
        session_id=arrival.session.id if arrival.session else None,
        remembered=arrival.session.remember if arrival.session else False,
        account_name=arrival.session.person.account_name if arrival.session else "",
        account_number=arrival.session.person.account_number if arrival.session else "",
    )


def _site(snapshot: Snapshot, request: Request) -> CompiledSite:
    site = snapshot.site_for(host_of(request))
    if site is None:
        raise SiteNotFound
    return site


def _arrival(arriving: Arriving, snapshot: Snapshot, site: CompiledSite) -> Arrival:
    token = str(session.get(COOKIE_TOKEN, ""))
    try:
        arrival = load_arrival(arriving.lease.connection, snapshot, site.key, token, LATEST_RELEASE)
    except (OperationalError, InterfaceError):
        # A pooled connection may have died meanwhile; asking at each checkout would cost every request a round trip.
        arriving.lease.discard()
        arrival = load_arrival(arriving.lease.connection, snapshot, site.key, token, LATEST_RELEASE)
    if arrival.session is not None and is_stale(arrival.session):
        _touch(arriving, snapshot, site, arrival.session)
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
        return Principal.anonymous(snapshot, site.key, language=language, time_zone=site.model.time_zone)
    person = found.person
    actor = Actor(
        person.contact,
        person.account,
        person.company,
        person.name,
        person.language or language,
        person.time_zone or site.model.time_zone,
    )
    return Principal.signed_in(snapshot, site.key, actor, found.roles)


def _language(request: Request, snapshot: Snapshot, site: CompiledSite) -> str:
    """The address decides; without a language part it is the site's default."""
    asked = str(request.environ.get("foyer.language", ""))
    return language_tags(snapshot, site).get(asked.lower(), site.model.default_language)
