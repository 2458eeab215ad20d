"""`foyer diff`: what differs between two states of the metadata."""

from __future__ import annotations

import click

from runtime.cli.changes import of_differences
from runtime.cli.installation import open_installation
from runtime.cli.options import Folder
from runtime.cli.options import delete as delete_option
from runtime.cli.output import Report, reporting
from runtime.exchange.intake import take_in


@click.command("diff")
@click.argument("sides", nargs=-1, type=Folder(), metavar="[DIR | RELEASE [RELEASE]]")
@delete_option
@reporting
def command(sides: tuple[str, ...], *, delete: bool) -> Report:
    """Say what differs, per component and property.

    Without arguments: the drafts from the current release. DIR: a folder from what was saved last. RELEASE: the current
    release from that one. Two releases: the second from the first.
    """
    store = open_installation().store
    if len(sides) > 2 or (len(sides) == 2 and not all(map(_is_release, sides))):
        raise click.UsageError("Name one folder, one release or two releases.")
    if not sides:
        return of_differences(store.diff())
    if not _is_release(sides[0]):
        before = store.readable()
        return of_differences(take_in(sides[0], before, delete=delete).differences(before))
    last = int(sides[1]) if len(sides) == 2 else store.current_release()
    return of_differences(store.diff(int(sides[0]), last))


def _is_release(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
