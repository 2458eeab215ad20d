"""Alerts at work: every second the rules are looked at, and who is to be told is told once.

What fires is written down, pauses the map and owes its messages in one transaction, so that a worker that dies in the
middle has told nobody, or everybody.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from connectors import checkpoint as checkpoints
from connectors import tally
from connectors.alerts import Finding, clear, fire, standing
from connectors.errors import first_line
from connectors.tablemap import compiled_map
from metadata.model import SyncAlert
from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Principal
from runtime.database import writing
from runtime.identity.mails import address_of, site_name
from runtime.identity.tables import contact_roles
from runtime.jobs.queue import MAIL, POST, Job, owe
from runtime.records.bulk import SqlRowStore
from runtime.render.texts import texts
from runtime.sync.homes import ORIGIN
from runtime.sync.rules import findings, said

log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0
FORGET_SECONDS = 600.0


@dataclass(slots=True)
class Watch:
    """Looks at the rules of the newest release. `public_url` is where people reach the sites."""

    engine: Engine
    newest: Callable[[], Snapshot]
    public_url: str
    _forgot: dt.datetime | None = None

    def look(self, now: dt.datetime) -> int:
        """Look once; how many alerts have fired. Raises SQLAlchemyError."""
        snapshot = self.newest()
        with self.engine.connect() as connection:
            found = {item.name: item for item in findings(connection, snapshot, now)}
            known = standing(connection)
        over = known - found.keys()
        new = [found[name] for name in sorted(found.keys() - known)]
        fired = 0
        if over or new:
            with writing(self.engine).begin() as connection:
                if over:
                    clear(connection, over, now)
                for finding in new:
                    fired += self._fire(connection, snapshot, finding, now)
        self._forget(now)
        return fired

    def _fire(self, connection: Connection, snapshot: Snapshot, finding: Finding, now: dt.datetime) -> int:
        site = snapshot.sites[finding.site]
        rule = site.sync_alerts[finding.rule]
        number = fire(connection, finding, rule.pause, now)
        if number is None:  # another worker was quicker
            return 0
        if rule.pause and checkpoints.read_checkpoint(connection, finding.map).paused_at is None:
            checkpoints.pause(connection, compiled_map(snapshot, finding.map).unit, now, f"alert {rule.key}")
        self._mail(connection, snapshot, (site, rule, finding), number, now)
        if rule.webhook:
            body = {"alert": rule.key, "map": finding.map, "fired_at": now.isoformat(), "paused": rule.pause, **finding.facts}
            payload = {"url": rule.webhook, "secret": rule.secret, "body": body}
            owe(connection, Job(f"alert:{number}:post", POST, site.key, None, "", 0, payload), now)
        log.warning("alert", extra={"action": "sync_alert", "rule": rule.key, "map": finding.map, "alert": number})
        return 1

    def _mail(
        self,
        connection: Connection,
        snapshot: Snapshot,
        of: tuple[CompiledSite, SyncAlert, Finding],
        number: int,
        now: dt.datetime,
    ) -> None:
        site, rule, finding = of
        for contact, email, wanted in _people(connection, snapshot, site, rule):
            language = wanted if wanted in site.model.languages else site.model.default_language
            say = texts(snapshot, site, language)
            link = f"{address_of(self.public_url, site, language)}/studio/sync/map/{finding.map}"
            name = rule.label.in_language(language, site.model.default_language) or rule.key
            called = _called(snapshot, finding.map, language, site)
            subject = say("mail.alert.subject", site=site_name(site, language), alert=name, map=called)
            text = say("mail.alert.body", alert=name, map=called, reason=said(say, finding.facts), link=link)
            payload = {"to": email, "subject": subject, "text": text}
            owe(connection, Job(f"alert:{number}:{contact}", MAIL, site.key, None, "", 0, payload), now)

    def _forget(self, now: dt.datetime) -> None:
        if self._forgot is None or (now - self._forgot).total_seconds() > FORGET_SECONDS:
            self._forgot = now
            with writing(self.engine).begin() as connection:
                tally.forget_minutes(connection, now)


def _called(snapshot: Snapshot, table_map: str, language: str, site: CompiledSite) -> str:
    """What people call a table map."""
    found = snapshot.table_maps.get(table_map)
    return (found.label.in_language(language, site.model.default_language) if found else "") or table_map


def keep_watch(watch: Watch, stop: threading.Event) -> None:
    """Look at the rules every second until told to stop. A database that does not answer is asked again."""
    while not stop.is_set():
        try:
            watch.look(dt.datetime.now(dt.UTC))
        except SQLAlchemyError as error:
            log.warning("alerts wait: %s", first_line(error), extra={"action": "sync_alerts_failed"})
        stop.wait(EVERY_SECONDS)


def _people(
    connection: Connection, snapshot: Snapshot, site: CompiledSite, rule: SyncAlert
) -> list[tuple[int, str, str | None]]:
    """The active contacts who hold one of the rule's roles, with their addresses and languages."""
    if not rule.roles:
        return []
    held = (contact_roles.c.site == site.key, contact_roles.c.role.in_(rule.roles))
    holders = sorted(set(connection.scalars(select(contact_roles.c.contact_id).where(*held))))
    rows = SqlRowStore(connection, snapshot, Principal.system(ORIGIN)).read("contact", holders, ("email", "active", "language"))
    return [(row["id"], row["email"], row["language"]) for row in rows if row["email"] and row["active"]]
