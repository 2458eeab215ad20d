"""Alerts in the studio: what has fired and stands, who has seen it, and the rules that watch."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash

from connectors.alerts import Alert, acknowledge, read_alerts
from connectors.home import utc_now
from runtime.errors import BadRequest
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import given, home, map_label, note, open_floor, reading, since, who
from runtime.sync.rules import rules_of, said


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert in words."""

    number: int
    rule: str
    map: str
    url: str
    said: str
    paused: bool
    moment: str
    age: str
    over: str
    seen_by: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and the address of its editor where the person may work on it."""

    name: str
    when: str
    url: str


def alerts() -> Response:
    """What has fired, what stands first, and the rules."""
    return _page(open_floor())


def submit_alerts() -> Response:
    """Somebody has seen an alert."""
    desk = open_floor()
    number = given("alert")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise BadRequest
    with home(desk).begin() as connection:
        done = acknowledge(connection, int(number), who(desk), utc_now())
    if done:
        note(desk, "acknowledge", "", alert=int(number))
        flash(desk.say("studio.sync_acknowledged"), "good")
        return desk.go("sync", "alerts")
    return _page(desk, refused=desk.say("studio.sync_acknowledged_already"), status=409)


def standing_alerts(desk: Desk, table_map: str = "") -> list[Fired]:
    """What stands, of one map where it is given."""
    return [_fired(desk, item) for item in read_alerts(reading(desk), table_map, open_only=True)]


def _page(desk: Desk, *, refused: str = "", status: int = 200) -> Response:
    found = [_fired(desk, item) for item in read_alerts(reading(desk))]
    rules = [rule for rule in rules_of(desk.context.snapshot) if rule.site == desk.context.site.key]
    editable = "sync_alert" in desk.reach.kinds
    return desk.page(
        "sync_alerts.html",
        title=desk.say("studio.sync_alerts"),
        status=status,
        alerts=found,
        rules=[
            Rule(_name(desk, rule.key), rule.when, desk.url("edit", "sync_alert", rule.key) if editable else "")
            for rule in rules
        ],
        new=desk.url("new", "sync_alert") if editable else "",
        refused=refused,
    )


def _fired(desk: Desk, item: Alert) -> Fired:
    return Fired(
        item.id,
        _name(desk, item.rule),
        map_label(desk, item.map),
        desk.url("sync", "map", item.map),
        said(desk.say, item.facts),
        item.paused,
        desk.formats.moment(item.fired_at),
        since(desk, item.fired_at),
        desk.formats.moment(item.cleared_at) if item.cleared_at else "",
        item.seen_by,
    )


def _name(desk: Desk, key: str) -> str:
    """What a rule is called, also one that is gone."""
    site = desk.context.site
    rule = site.sync_alerts.get(key)
    label = rule.label.in_language(desk.context.language, site.model.default_language) if rule else ""
    return label or key
