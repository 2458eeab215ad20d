"""The site settings of identity, with defaults that are safe."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from metadata.snapshot import CompiledSite, Snapshot

PREFIX = "identity/"


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Whole numbers, each the site setting `identity/<name>`; what is no number in its range keeps its default."""

    lockout_attempts: int = 5
    lockout_minutes: int = 15
    attempts_per_minute: int = 20
    session_hours: int = 12
    remember_days: int = 30
    password_min_length: int = 8
    reset_minutes: int = 60
    invitation_days: int = 14

    @property
    def lockout(self) -> dt.timedelta:
        """How long sign-in stays locked after too many wrong passwords."""
        return dt.timedelta(minutes=self.lockout_minutes)

    @property
    def reset(self) -> dt.timedelta:
        """How long a token for a new password is good."""
        return dt.timedelta(minutes=self.reset_minutes)

    @property
    def invitation(self) -> dt.timedelta:
        """How long an invitation is good."""
        return dt.timedelta(days=self.invitation_days)

    def lifetime(self, remember: bool) -> dt.timedelta:
        """How long a session lives after it was last seen."""
        return dt.timedelta(days=self.remember_days) if remember else dt.timedelta(hours=self.session_hours)


SETTING_NAMES = tuple(f"{PREFIX}{field.name}" for field in dataclasses.fields(IdentitySettings))
HIGHEST = 100_000
LONGEST = 10


def parse_settings(settings: Mapping[str, str]) -> IdentitySettings:
    """The settings that a site gives, the default for the others."""
    names = (field.name for field in dataclasses.fields(IdentitySettings))
    given = {name: settings.get(PREFIX + name, "").strip() for name in names}
    numbers = {name: int(text) for name, text in given.items() if text.isascii() and text.isdigit() and len(text) < LONGEST}
    return IdentitySettings(**{name: number for name, number in numbers.items() if 1 <= number <= HIGHEST})


def settings_for(snapshot: Snapshot, site: CompiledSite) -> IdentitySettings:
    """The settings of a site, read once per snapshot."""
    return snapshot.derive(("identity_settings", site.key), lambda: parse_settings(site.settings))
