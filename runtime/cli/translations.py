"""`foyer translations`: the texts of a site as a file for translators, and back."""

from __future__ import annotations

from pathlib import Path

import click

from metadata.model import Site
from metadata.store import Components
from metadata.text import counted
from runtime.cli import options
from runtime.cli.changes import of_differences, of_published, of_saved
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.translating.catalogues import NoCatalogue, Read, read, written
from runtime.translating.phrases import count, own, phrases_of, site_of, tongues_of, translated
from runtime.translating.taking import take

site_option = click.option("--site", "key", type=options.NAME, default="", help="Whose texts, where there are several sites.")


@click.group("translations")
def command() -> None:
    """Texts of a site for translators, as PO files."""


@command.command("status")
@site_option
@reporting
def status(key: str) -> Report:
    """Say for each language of the site how much is translated, drafts included."""
    components, site = _found(open_installation().store.readable(), key)
    told = {tag: count(phrases_of(components, tongues_of(site, tag))) for tag in translated(site)}
    lines = tuple(f"{tag}: {done} of {counted(total, 'text')}" for tag, (done, total) in told.items())
    data = {tag: {"translated": done, "texts": total} for tag, (done, total) in told.items()}
    return Report(lines or (f"{site.key or 'The site'} has one language.",), {"languages": data})


@command.command("export")
@click.argument("file", type=options.Folder(dir_okay=False, writable=True), metavar="FILE")
@click.option("--language", required=True, help="Translated into this language of the site, such as sv-SE.")
@click.option("--missing", is_flag=True, help="Only what is not translated yet.")
@site_option
@reporting
def export(file: str, *, language: str, missing: bool, key: str) -> Report:
    """Write the texts of the site, drafts included, to a PO file."""
    components, site = _found(open_installation().store.readable(), key)
    tongues = tongues_of(site, _offered(site, language))
    phrases = tuple(phrase for phrase in phrases_of(components, tongues) if not (missing and phrase.translation))
    Path(file).write_bytes(written(phrases, tongues, site.key))
    done, total = count(phrases)
    return Report(
        (f"{counted(total, 'text')}, {done} of them translated, written to {file}.",), {"texts": total, "translated": done}
    )


@command.command("import")
@click.argument("file", type=options.Folder(dir_okay=False, exists=True), metavar="FILE")
@click.option("--language", default="", help="The language, where the file does not say it.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--publish", is_flag=True, help="Release it at once.")
@site_option
@options.note
@options.author
@reporting
def import_(file: str, *, language: str, dry_run: bool, publish: bool, key: str, note: str, author: str) -> Report:
    """Save the translations of a PO file as drafts. What says something else by now, or is gone, is told and left."""
    store = open_installation().store
    components, site = _found(store.readable(), key)
    found = _read(Path(file))
    tongues = tongues_of(site, _offered(site, language or found.language))
    taken = take(components, tongues, found.entries)
    told = tuple(f"left, its text has changed since or is gone: {context}" for context in taken.outdated)
    told += (f"{found.unsure} texts are marked as unsure (fuzzy) and left.",) if found.unsure else ()
    if dry_run:
        report = of_differences(taken.changes, "Nothing is changed; it would be:")
    elif publish:
        report = of_published(store.publish(author, note, components=taken.components))
    else:
        report = of_saved(store.save(taken.components, author, note))
    data = {**report.data, "texts": taken.texts, "outdated": list(taken.outdated), "unsure": found.unsure}
    return Report((*told, *report.lines), data)


def _found(components: Components, key: str) -> tuple[Components, Site]:
    try:
        site = site_of(components, key)
    except LookupError as fault:
        said = f"There is no site {key}." if key else f"There are several sites; choose one with --site: {fault.args[0]}."
        raise click.ClickException(said) from None
    return own(components, site.key), site


def _offered(site: Site, language: str) -> str:
    offered = translated(site)
    if language not in offered:
        known = ", ".join(offered) or "none besides its own"
        raise click.ClickException(
            f"The site is not translated into {language or 'a language that is not named'}; it has {known}."
        )
    return language


def _read(file: Path) -> Read:
    try:
        return read(file.read_bytes())
    except NoCatalogue as fault:
        raise click.ClickException(str(fault)) from None
