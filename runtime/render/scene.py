"""What the renderer needs to know of a request. `runtime.context.RequestContext` fits it."""

from __future__ import annotations

from typing import Protocol

from metadata.snapshot import CompiledSite, Snapshot


class Viewer(Protocol):
    """The person as far as pages show them; `runtime.access.Principal` fits."""

    @property
    def kind(self) -> str:
        """anonymous, contact or system."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """Keys of the web roles."""
        ...

    @property
    def name(self) -> str:
        """Full name, "" for nobody."""
        ...


class Scene(Protocol):
    """One request, pinned to one snapshot."""

    @property
    def snapshot(self) -> Snapshot:
        """The metadata in force."""
        ...

    @property
    def site(self) -> CompiledSite:
        """The site that answers."""
        ...

    @property
    def principal(self) -> Viewer:
        """Who asks."""
        ...

    @property
    def language(self) -> str:
        """BCP 47 tag, one of the site's."""
        ...

    @property
    def csrf(self) -> str:
        """The token that every form carries."""
        ...


def prefix(site: CompiledSite, language: str) -> str:
    """The first part of every address in a language: "" for the site's default, else `/<tag>`."""
    return site.base if language == site.model.default_language else f"{site.base}/{language}"


def address(site: CompiledSite, language: str, path: str) -> str:
    """The address of a path of the site in a language: `/orders` or `/sv-SE/orders`; the root is `/` or `/sv-SE`."""
    start = prefix(site, language)
    return f"{start}{path}" if path != "/" or not start else start
