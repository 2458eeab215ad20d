"""Which time zones there are."""

from __future__ import annotations

import re
import zoneinfo

from metadata.schema.faults import did_you_mean, shown
from metadata.told import told

USUAL = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*")
"""Names as they are listed; the zone's folder has other files beside them."""


def is_time_zone(name: str) -> bool:
    """Is there such a zone? One that is there is opened, since a list of all reads six hundred files at every start."""
    if not USUAL.fullmatch(name):
        return name in zoneinfo.available_timezones()
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return name in zoneinfo.available_timezones()
    return True


def no_time_zone(name: str) -> str:
    """That there is no such zone, with one that may be meant."""
    return told(
        "There is no time zone {zone}.{hint}", zone=shown(name), hint=did_you_mean(name, zoneinfo.available_timezones())
    )
