"""`foyer publish [DIR]`: drafts become a release; with a folder, its metadata does, in one transaction."""

from __future__ import annotations

import click

from metadata.compiler import compile_snapshot
from metadata.store import Components, MetadataStore
from runtime.cli import options
from runtime.cli.changes import of_published
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.exchange.intake import take_in
from runtime.exchange.looks import require_looks


@click.command("publish")
@click.argument("folder", type=options.Folder(), metavar="[DIR]", required=False)
@options.delete
@options.allow_destructive
@click.option("--dry-run", is_flag=True, help="Say what people would gain and lose by it, and change nothing.")
@click.option("--approved-by", default="", help="Who else has seen it, where a second person must.")
@options.note
@options.author
@reporting
def command(
    folder: str | None, *, delete: bool, allow_destructive: bool, dry_run: bool, approved_by: str, note: str, author: str
) -> Report:
    """Release what has been saved, after importing a folder where one is named. What does not compile is not released."""
    store = open_installation().store
    if folder is None:
        if delete:
            raise click.UsageError("--delete needs a folder.")
        working = store.working()
        warnings = require_looks(working) if not dry_run else ()
        refused = _radius(store, working, (author, approved_by), dry_run=dry_run)
        if refused is not None:
            return refused
        return of_published(store.publish(author, _note(note, approved_by), allow_destructive=allow_destructive), warnings)
    intake = take_in(folder, store.readable(), delete=delete, drafts=dry_run)
    refused = _radius(store, intake.result, (author, approved_by), dry_run=dry_run)
    if refused is not None:
        return refused
    published = store.publish(
        author,
        _note(note, approved_by),
        components=intake.components,
        delete=intake.delete,
        contents=intake.contents,
        allow_destructive=allow_destructive,
    )
    return of_published(published, intake.warnings)


def _note(note: str, approved_by: str) -> str:
    return f"{note} (approved by {approved_by})".strip() if approved_by else note


def _radius(store: MetadataStore, components: Components, people: tuple[str, str], *, dry_run: bool) -> Report | None:
    """What the release comes to, where that is asked or a second person is missing; None where it may be made."""
    from runtime.exposure.blast import SETTING, blasts

    after = compile_snapshot(components.values())
    if not dry_run and not any(SETTING in site.settings for site in after.sites.values()):
        return None
    released = store.released()
    before = compile_snapshot(released.values()) if released else None
    with store.engine.connect() as connection:
        found = blasts(connection, before, after)
    lines = tuple(f"{one.site}: {line}" for one in found for line in one.lines)
    data = {"sites": {one.site: {"changes": list(one.lines), "second_person": one.needs_second} for one in found}}
    author, approved_by = people
    if dry_run:
        return Report((*lines, "Nothing is changed.") if lines else ("Nobody would gain or lose anything.",), data)
    if any(one.needs_second for one in found) and approved_by in ("", author):
        said = "Somebody gains so many rows that a second person must approve: pass --approved-by NAME, not the author's own."
        return Report((*lines, said), {**data, "error": said}, ok=False)
    return None
