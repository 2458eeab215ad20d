"""A stylesheet that a site has besides its theme's, at an address that changes with its text."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class SiteSheet:
    """A stylesheet of a site: its kind, which is a part of its address, its name there, and its text."""

    kind: str
    name: str
    text: str

    @classmethod
    def of(cls, kind: str, site: str, text: str) -> SiteSheet:
        """The sheet of a site with this text, under a name that changes with it."""
        return cls(kind, f"{site}-{sha256(text.encode()).hexdigest()[:12]}.css", text)

    @property
    def url(self) -> str:
        """The address."""
        return f"/_static/_{self.kind}/{self.name}"

    @property
    def seen_url(self) -> str:
        """The address below that of a guise, where the sheet of a draft is."""
        return f"/_sample/{self.kind}/{self.name}"
