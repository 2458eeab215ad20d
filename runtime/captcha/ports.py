"""The port of captcha providers: what goes into a page, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Outcome = Literal["passed", "failed", "unanswered"]
"""`unanswered`: whoever decides could not be asked; nothing is let through."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a page with the captcha may load scripts and frames from, besides its own host."""

    scripts: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a page shows: the theme's template for it, and the values that the template knows as `view.values`."""

    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    sources: Sources = Sources()


@dataclass(frozen=True, slots=True)
class Setup:
    """What a provider is made with: the site's public key, the installation's secret at the provider and another address to
    verify at ("" for the provider's own), the key that signs, and what the challenge is for."""

    site_key: str
    secret: str
    verify_url: str
    signing_key: str
    purpose: str


class Captcha(Protocol):
    """Asks, and tells whether an answer is right. One is made for each request that needs it."""

    def challenge(self) -> Challenge:
        """A new challenge."""
        ...

    def judge(self, posted: Mapping[str, str], address: str) -> Outcome:
        """What becomes of a posted form, sent from a network address. May wait for another system."""
        ...

    def mark(self, posted: Mapping[str, str]) -> str:
        """What makes a right answer one that counts once; "" where the provider itself sees to that."""
        ...


Make = Callable[[Setup], Captcha]
