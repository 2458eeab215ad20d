"""The names of site settings, with what their values may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import SiteSetting
from metadata.schema.faults import did_you_mean, shown


def is_count(value: str) -> bool:
    """A whole number from 1 to 100,000."""
    return value.strip().isascii() and value.strip().isdigit() and 1 <= int(value[:12]) <= 100_000


COUNT = (is_count, "a whole number from 1 to 100000")

SETTINGS: dict[str, tuple[Callable[[str], bool], str]] = {
    "identity/lockout_attempts": COUNT,
    "identity/lockout_minutes": COUNT,
    "identity/attempts_per_minute": COUNT,
    "identity/session_hours": COUNT,
    "identity/remember_days": COUNT,
    "identity/password_min_length": COUNT,
    "identity/reset_minutes": COUNT,
    "identity/invitation_days": COUNT,
}


def site_settings(world: World) -> Iterator[Problem]:
    """Settings have names that something reads, and values that it understands."""
    for setting in world.all(SiteSetting):
        if setting.key not in SETTINGS:
            message = f"Nothing reads a setting of this name.{did_you_mean(setting.key, SETTINGS)}"
            yield world.warning(setting, "key", "unknown-setting", message)
            continue
        accepts, what = SETTINGS[setting.key]
        if not accepts(setting.value):
            yield world.problem(setting, "value", "setting-value", f"{shown(setting.value)} is not {what}.")


RULES = (site_settings,)
