"""`foyer history [COMPONENT]`: who changed what, when and why."""

from __future__ import annotations

import datetime as dt

import click

from metadata.store import Release, Revision
from runtime.cli.installation import open_installation
from runtime.cli.options import parse_component
from runtime.cli.output import Report, reporting


@click.command("history")
@click.argument("component", required=False, metavar="[COMPONENT]")
@reporting
def command(component: str | None) -> Report:
    """List the releases, or the revisions of a component such as 'view mine' or 'page site/home'; newest first."""
    name = parse_component(component) if component is not None else None
    store = open_installation().store
    if name is None:
        releases = store.releases()
        lines = tuple(map(_release_line, releases)) or ("Nothing has been published yet.",)
        return Report(lines, {"releases": [_stamp(r) | {"release": r.id, "based_on": r.based_on} for r in releases]})
    found = store.history(name)
    data = [_stamp(r) | {"revision": r.number, "deleted": r.deleted, "release": r.first_release, "hash": r.hash} for r in found]
    return Report(tuple(map(_revision_line, found)), {"component": str(name), "revisions": data})


def _stamp(item: Release | Revision) -> dict[str, object]:
    return {"author": item.author, "note": item.note, "created_at": item.created_at.isoformat()}


def _release_line(release: Release) -> str:
    return f"{release.id}  {_moment(release.created_at)}  {release.author}  {release.note}".rstrip()


def _revision_line(revision: Revision) -> str:
    state = f"release {revision.first_release}" if revision.first_release else "draft"
    gone = "  deleted" if revision.deleted else ""
    return f"{revision.number}  {_moment(revision.created_at)}  {state}  {revision.author}{gone}  {revision.note}".rstrip()


def _moment(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
