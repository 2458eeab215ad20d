"""Rules on web files: where they stand, and that nothing else answers there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.checks.pages import ENGINE, ILLEGAL, ancestors, of_sites
from metadata.checks.world import World
from metadata.errors import Problem
from metadata.media import UNKNOWN, media_type_of
from metadata.model import Page, Redirect, WebFile
from metadata.schema.faults import shown
from metadata.told import told


def segments(world: World) -> Iterator[Problem]:
    """The part of the address of a web file can stand in one."""
    for file in world.all(WebFile):
        part = file.partial_url
        if part in (".", "..") or ILLEGAL & set(part) or any(letter.isspace() for letter in part):
            message = told(
                "{part} cannot be a part of an address; leave out / ? # ! %, spaces and lone dots.", part=shown(part)
            )
            yield world.problem(file, "partial_url", "segment", message)
        elif part.startswith("_"):
            message = told("Parts of addresses that begin with _ belong to the engine; choose another.")
            yield world.problem(file, "partial_url", "segment", message)


def addresses(world: World) -> Iterator[Problem]:
    """Nothing else answers at the address of a web file: no page, no other file, no redirect, not the engine."""
    for site, pages in of_sites(world).items():
        taken = _taken(world, site, pages)
        for file in sorted((file for file in world.all(WebFile) if file.site == site), key=lambda file: file.key):
            place = _address(pages, file.parent, file.partial_url)
            other = taken.setdefault(place, told("The web file {file}", file=file.key)) if place else ""
            if other and other != told("The web file {file}", file=file.key):
                message = told(
                    "{other} answers at {place} already; give one of them another address.", other=other, place=place
                )
                yield world.problem(file, "partial_url", "same-address", message)
            elif place and place.split("/")[1] in ENGINE:
                message = told("The engine itself answers at /{place}; choose another partial_url.", place=place.split("/")[1])
                yield world.problem(file, "partial_url", "same-address", message)


def parents(world: World) -> Iterator[Problem]:
    """A web file has one address: it is below no page whose address names a record."""
    for site, pages in of_sites(world).items():
        for file in world.all(WebFile):
            above = pages.get(file.parent)
            if file.site != site or above is None:
                continue
            record = next((page.key for page in (above, *ancestors(pages, above)) if page.record_entity), "")
            if record:
                message = told(
                    "It would have an address for each record of the page {page};"
                    " put it below another page, or keep the file in an attribute of the record.",
                    page=record,
                )
                yield world.problem(file, "parent", "web-file-parent", message)


def types(world: World) -> Iterator[Problem]:
    """It is known what a web file is."""
    for file in world.all(WebFile):
        if not file.media_type and media_type_of(file.partial_url) == UNKNOWN:
            message = told(
                "The ending of {address} does not say what it is, so it is downloaded; give media_type.",
                address=shown(file.partial_url),
            )
            yield world.warning(file, "partial_url", "media-type", message)


def _taken(world: World, site: str, pages: Mapping[str, Page]) -> dict[str, str]:
    """What answers at addresses of a site besides web files."""
    taken = {
        _address(pages, page.parent, page.partial_url): told("The page {page}", page=key)
        for key, page in pages.items()
        if page.partial_url
    }
    for redirect in world.all(Redirect):
        if redirect.site == site:
            taken[redirect.source.rstrip("/").lower()] = told("The redirect {redirect}", redirect=redirect.key)
    return taken


def _address(pages: Mapping[str, Page], parent: str, part: str) -> str:
    """The address of what is below a page, in small letters; "" below a page that is not there."""
    above = pages.get(parent)
    if above is None:
        return ""
    lineage = [page for page in (above, *ancestors(pages, above)) if page.parent]
    return "/".join(("", *(page.partial_url for page in reversed(lineage)), part)).lower()


RULES = (segments, addresses, parents, types)
