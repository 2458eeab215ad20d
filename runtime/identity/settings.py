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
    """Whole numbers, each the site setting `identity/<name>`; what is no number in its range keeps its default.

    With `passwords` 0 people sign in with other providers only; with `passkeys` 1 a passkey stands for password and second
    step.
    """

    lockout_attempts: int = 5
    lockout_minutes: int = 15
    attempts_per_minute: int = 20
    session_hours: int = 12
    remember_days: int = 30
    password_min_length: int = 12
    password_strength: int = 3
    reset_minutes: int = 60
    invitation_days: int = 14
    second_factor_days: int = 30
    recent_proof_minutes: int = 30
    passwords: int = 1
    passkeys: int = 0

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

    @property
    def known_browser(self) -> dt.timedelta:
        """How long a browser that a person has marked as known is asked for no code; nothing where none is to be known."""
        return dt.timedelta(days=self.second_factor_days)

    def lifetime(self, remember: bool) -> dt.timedelta:
        """How long a session lives after it was last seen."""
        return (
            dt.timedelta(days=self.remember_days) if remember and self.remember_days else dt.timedelta(hours=self.session_hours)
        )


SETTING_NAMES = tuple(f"{PREFIX}{field.name}" for field in dataclasses.fields(IdentitySettings))
SECOND_FACTOR_ROLES = f"{PREFIX}second_factor_roles"
USER_NAME = f"{PREFIX}user_name"
LEAST = {"password_strength": 0, "remember_days": 0, "second_factor_days": 0, "passwords": 0, "passkeys": 0}
HIGHEST = 100_000
LONGEST = 10


def parse_settings(settings: Mapping[str, str]) -> IdentitySettings:
    """The settings that a site gives, the default for the others."""
    names = (field.name for field in dataclasses.fields(IdentitySettings))
    given = {name: settings.get(PREFIX + name, "").strip() for name in names}
    numbers = {name: int(text) for name, text in given.items() if text.isascii() and text.isdigit() and len(text) < LONGEST}
    return IdentitySettings(**{name: number for name, number in numbers.items() if LEAST.get(name, 1) <= number <= HIGHEST})


def parse_roles(settings: Mapping[str, str]) -> frozenset[str]:
    """The web roles that the site asks a second factor of: their keys, with blanks or commas between."""
    return frozenset(settings.get(SECOND_FACTOR_ROLES, "").replace(",", " ").split())


def roles_with_second_factor(snapshot: Snapshot, site: CompiledSite) -> frozenset[str]:
    """Those of a site, read once per snapshot."""
    return snapshot.derive(("second_factor_roles", site.key), lambda: parse_roles(site.settings))


def user_name_of(snapshot: Snapshot, site: CompiledSite) -> str:
    """The attribute of contacts by which people of a site may sign in beside their e-mail; "" where there is none."""
    named = site.settings.get(USER_NAME, "").strip()
    return named if named in snapshot.entities["contact"].attributes else ""


def settings_for(snapshot: Snapshot, site: CompiledSite) -> IdentitySettings:
    """The settings of a site, read once per snapshot."""
    return snapshot.derive(("identity_settings", site.key), lambda: parse_settings(site.settings))
