"""`foyer import DIR`: a folder of metadata becomes drafts, all of it or nothing. Other forms have a word before their path."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from runtime.cli import options
from runtime.cli.changes import of_differences, of_published, of_saved
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.cli.second_person import approved_note, radius
from runtime.exchange.intake import take_in
from runtime.exchange.overrides import read_overrides

FOLDER = "folder"
SOURCES: dict[str, str] = {
    "dual-write": "runtime.cli.import_dual_write",
    "power-pages": "runtime.cli.import_power_pages",
}
"""What else can be imported: its word, and the module that is loaded when it is used."""


class Import(click.Group):
    """Without a word, what is imported is a folder of metadata; `./dual-write` is a folder of that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with the word for folders where there is none."""
        return super().parse_args(ctx, args if args and args[0] in (FOLDER, *SOURCES) else [FOLDER, *args])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The words."""
        return [FOLDER, *SOURCES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a word."""
        if cmd_name == FOLDER:
            return folder_command
        found: click.Command = importlib.import_module(SOURCES[cmd_name]).command
        return found


@click.group("import", cls=Import)
def command() -> None:
    """Save a folder of metadata as drafts, or make metadata of another form."""


@click.command(FOLDER, epilog="Other forms: foyer import dual-write PATH, foyer import power-pages PATH")
@click.argument("folder", type=options.Folder(), metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--publish", is_flag=True, help="Release it at once.")
@click.option("--overrides", type=options.Folder(dir_okay=False), metavar="FILE", help="What differs in this installation.")
@options.delete
@options.allow_destructive
@options.approved_by
@options.note
@options.author
@reporting
def folder_command(
    folder: str, *, dry_run: bool, publish: bool, delete: bool, overrides: str | None, **how: str | bool
) -> Report:
    """Save a folder of metadata as drafts: all of it, or nothing and every problem."""
    store = open_installation().store
    before = store.readable()
    over = read_overrides(Path(overrides).read_text(encoding="utf-8")) if overrides else None
    intake = take_in(folder, before, delete=delete, drafts=not publish, overrides=over)
    if dry_run:
        return of_differences(intake.differences(before), "Nothing is changed; it would be:")
    author, note, approved_by = str(how["author"]), str(how["note"]), str(how["approved_by"])
    if not publish:
        saved = store.save(intake.components, author, note, intake.delete, contents=intake.contents)
        return of_saved(saved, intake.warnings, intake.delete)
    refused = radius(store, intake.result, (author, approved_by))
    if refused is not None:
        return refused
    published = store.publish(
        author,
        approved_note(note, approved_by),
        components=intake.components,
        delete=intake.delete,
        contents=intake.contents,
        allow_destructive=bool(how["allow_destructive"]),
    )
    return of_published(published, intake.warnings)
