"""Which alerts hold: the rules of a release looked at over the states of the maps, in statements that no row adds to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from connectors.alerts import Finding
from connectors.tally import errors_since
from metadata.model import SyncAlert
from metadata.snapshot import Snapshot
from runtime.render.spans import span
from runtime.render.texts import Texts
from runtime.sync.state import MapState, map_states

Errors = Mapping[tuple[str, str], int]


def rules_of(snapshot: Snapshot) -> tuple[SyncAlert, ...]:
    """The active alerts of all sites."""

    def make() -> tuple[SyncAlert, ...]:
        return tuple(rule for site in snapshot.sites.values() for rule in site.sync_alerts.values() if rule.active)

    return snapshot.derive("runtime.sync.rules", make)


def findings(connection: Connection, snapshot: Snapshot, now: dt.datetime) -> list[Finding]:
    """Every rule that holds for a map now."""
    rules = rules_of(snapshot)
    if not rules:
        return []
    states = map_states(connection, snapshot)
    spans = {rule.minutes for rule in rules if rule.when == "errors"}
    errors = {minutes: errors_since(connection, now - dt.timedelta(minutes=minutes)) for minutes in spans}
    found = []
    for rule in rules:
        for state in states:
            if _watches(rule, state):
                facts = _facts(rule, state, errors.get(rule.minutes, {}), now)
                found += [Finding(rule.site, rule.key, state.map, {"when": rule.when, **facts})] if facts is not None else []
    return found


def said(say: Texts, facts: Mapping[str, Any]) -> str:
    """How a rule holds, in words."""
    parameters: dict[str, Any] = {name: facts[name] for name in ("count", "code", "minutes") if name in facts}
    if "seconds" in facts:
        parameters["time"] = span(say, facts["seconds"])
    when = "errors_of" if facts["when"] == "errors" and facts.get("code") else facts["when"]
    return say(f"studio.sync_alert.{when}", **parameters)


def _watches(rule: SyncAlert, state: MapState) -> bool:
    if rule.connection and state.connection != rule.connection:
        return False
    return not rule.maps or state.map in rule.maps


def _facts(rule: SyncAlert, state: MapState, errors: Errors, now: dt.datetime) -> dict[str, Any] | None:
    """What a rule has found, None where it does not hold."""
    if rule.when == "gap":
        return {} if state.state == "gap" else None
    if rule.when == "errors":
        number = sum(count for (name, code), count in errors.items() if name == state.map and rule.code in ("", code))
        return {"count": number, "code": rule.code, "minutes": f"{rule.minutes:g}"} if number >= rule.count else None
    longest = max((_age(moment, now) for moment in _since(rule, state)), default=0.0)
    return {"seconds": round(longest)} if longest > rule.seconds else None


def _since(rule: SyncAlert, state: MapState) -> Iterator[dt.datetime]:
    """The moments from which a rule counts."""
    found = {
        "lag": (state.succeeded_at, state.owed_since),
        "no_success": (state.succeeded_at or state.began_at,),
        "dead_letter": (state.refused_since,),
    }[rule.when]
    yield from (moment for moment in found if moment is not None)


def _age(moment: dt.datetime, now: dt.datetime) -> float:
    return (now - moment).total_seconds()
