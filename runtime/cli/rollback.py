"""`foyer rollback RELEASE`: a new release with what an old one held."""

from __future__ import annotations

import click

from runtime.cli import options
from runtime.cli.changes import of_published
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.exchange.looks import require_looks


@click.command("rollback")
@click.argument("release", type=click.IntRange(1, 2**62), metavar="RELEASE")
@click.option("--component", help="Only this component, such as 'view mine' or 'page site/home'.")
@options.allow_destructive
@options.note
@options.author
@reporting
def command(release: int, *, component: str | None, allow_destructive: bool, note: str, author: str) -> Report:
    """Go back to an old release: all of it, or one component. What was released since stays in the history."""
    name = options.parse_component(component) if component is not None else None
    store = open_installation().store
    why = note or f"Back to release {release}"
    old = store.released(release)
    if name is None:
        require_looks(old)
        return of_published(store.rollback(release, author, why, allow_destructive=allow_destructive))
    kept = {key: item for key, item in store.released().items() if key != name}
    require_looks(kept | ({name: old[name]} if name in old else {}))
    return of_published(store.rollback_component(name, release, author, why, allow_destructive=allow_destructive))
