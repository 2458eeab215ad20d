"""What alerts of synchronisation must be besides well-formed."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import SyncAlert, TableMap, WebRole
from metadata.told import told

LASTING = ("lag", "no_success", "dead_letter")
BETWEEN_PULLS = 10.0
"""Seconds beyond its interval for which a map that is in order may say nothing new: a pull takes time, and a quiet one is not
written down at once."""


def alerts(world: World) -> Iterator[Problem]:
    """An alert says how long or how many, watches maps of its connection, and tells people who are given a role one by one."""
    for alert in world.all(SyncAlert):
        if alert.when in LASTING and not alert.seconds:
            yield world.problem(
                alert, "seconds", "alert", told("{when} needs the seconds after which people are told.", when=alert.when)
            )
        if alert.when == "errors" and not alert.minutes:
            yield world.problem(alert, "minutes", "alert", told("errors needs the minutes within which they are counted."))
        if alert.code and alert.when != "errors":
            yield world.problem(alert, "code", "alert", told("A class of errors is for `when: errors`; remove it."))
        yield from _maps(world, alert)
        yield from _pulls(world, alert)
        yield from _told(world, alert)


def _maps(world: World, alert: SyncAlert) -> Iterator[Problem]:
    for index, key in enumerate(alert.maps):
        found = world.find("table_map", key)
        if isinstance(found, TableMap) and alert.connection and found.connection != alert.connection:
            message = told(
                "{map} is a map of {own_connection}, not of {alert_connection}; leave one of the two out.",
                map=key,
                own_connection=found.connection,
                alert_connection=alert.connection,
            )
            yield world.problem(alert, f"maps.{index}", "alert", message)


def _pulls(world: World, alert: SyncAlert) -> Iterator[Problem]:
    """What holds between any two pulls would be told, and be over, with each of them."""
    if alert.when not in ("lag", "no_success") or not alert.seconds:
        return
    watched = [item for item in world.all(TableMap) if _watches(alert, item)]
    slowest = max(watched, key=lambda item: item.interval, default=None)
    if slowest is not None and alert.seconds < slowest.interval + BETWEEN_PULLS:
        least = f"{slowest.interval + BETWEEN_PULLS:g}"
        message = told(
            "{map} is pulled every {interval:g} seconds, so this would be told between any two pulls;"
            " say {seconds} seconds or more, or name maps that are pulled more often.",
            map=slowest.key,
            interval=slowest.interval,
            seconds=least,
        )
        # no error: releases of before have such alerts, and are to be served
        yield world.warning(alert, "seconds", "always-late", message)


def _watches(alert: SyncAlert, table_map: TableMap) -> bool:
    if not table_map.active or all(item.direction == "out" for item in table_map.attributes):
        return False
    return table_map.key in alert.maps or (not alert.maps and alert.connection in ("", table_map.connection))


def _told(world: World, alert: SyncAlert) -> Iterator[Problem]:
    for index, key in enumerate(alert.roles):
        role = world.find("web_role", key, alert.site)
        if isinstance(role, WebRole) and role.default:
            message = told(
                "The role {role} is held by everybody who is {who}; name one that is given to people one by one.",
                role=key,
                who=role.default,
            )
            yield world.problem(alert, f"roles.{index}", "alert", message)
    if alert.webhook and not alert.secret:
        message = told("A message is signed, so that its receiver knows whom it is from; name the secret as ${{NAME}}.")
        yield world.problem(alert, "secret", "alert", message)


RULES = (alerts,)
