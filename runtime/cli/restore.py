"""`foyer restore`: an installation made of a backup again."""

from __future__ import annotations

import os
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from metadata.text import counted
from runtime.backup import BackupRefused
from runtime.backup.kept_aside import Fault, RulesBroken
from runtime.backup.restoring import Checked, check, rehearse, restore
from runtime.cli.backup import told_of
from runtime.cli.installation import configured, make_folder
from runtime.cli.output import Report, reporting
from runtime.database import make_engine
from runtime.files.places import make_store
from runtime.files.store import StoreFailed

OTHER_KEY = (
    "warning: the secret key is not the one that the backup was made with: second factors cannot be read, "
    "and links and sessions count no more. Set FOYER_SECRET_KEY to the key of that time, or name it in FOYER_OLD_SECRET_KEYS."
)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--replace", is_flag=True, help="Delete the installation that is in the database, and put the backup in its place."
)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Only look whether the backup is whole and can be restored; it is tried in a throw-away database.",
)
@click.option(
    "--aside",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rows break a rule of their table, restore the rest, and keep them in this new file as lines of JSON.",
)
@reporting
def command(file: Path, *, replace: bool, only_check: bool, aside: Path | None) -> Report:
    """Restore FILE into an empty database of either kind, and its files into their store: all of it or nothing."""
    if only_check and aside is not None:
        said = "--check tells which rows --aside would leave out, and keeps none: give one of the two."
        return Report((said,), {"error": said}, ok=False)
    try:
        checked, faults = _check(file) if only_check else _restore(file, aside, replace=replace)
    except RulesBroken as error:
        return Report((str(error),), {"error": str(error), "faults": [fault.data for fault in error.faults]}, ok=False)
    except (BackupRefused, StoreFailed) as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    head, end = checked.head, checked.end
    done = "is whole" if only_check else "is restored"
    lines = [
        f"{file} {done}: {counted(sum(checked.rows.values()), 'row')} of {counted(len(checked.rows), 'table')}, "
        f"{counted(end['files'], 'file')}, "
        f"made by version {head['version']} at {head['made_at']}, release {head['release']}."
    ]
    lines += [] if checked.same_key else [OTHER_KEY]
    lines += told_of(end["lost"], "was lost before the backup was made")
    lines += _told_aside(faults, aside)
    data = {"file": str(file), "rows": checked.rows, "files": end["files"], "same_key": checked.same_key, "lost": end["lost"]}
    data["faults"] = [fault.data for fault in faults]
    return Report(tuple(lines), {**data, "made_at": head["made_at"], "release": head["release"], "version": head["version"]})


def _told_aside(faults: tuple[Fault, ...], aside: Path | None) -> list[str]:
    """What is not restored, and where it is."""
    if not faults:
        return []
    number = counted(sum(fault.rows for fault in faults), "row")
    return [
        f"warning: {number} not restored but kept in {aside}: keep that file as safe as the backup.",
        *(f"warning: {fault}" for fault in faults),
    ]


def _check(file: Path) -> tuple[Checked, tuple[Fault, ...]]:
    config = configured()
    checked = check(file, config.secret_key, *config.old_secret_keys)
    rehearse(file, checked, strict=make_url(config.database_url).get_backend_name() == "postgresql")
    return checked, ()


def _restore(file: Path, aside: Path | None, *, replace: bool) -> tuple[Checked, tuple[Fault, ...]]:
    config = configured(os.environ)
    checked = check(file, config.secret_key, *config.old_secret_keys)
    make_folder(config.database_url)
    engine = make_engine(config.database_url, pool_size=config.pool_size)
    try:
        store = make_store(config.files_url, config.files_folder)
        faults = restore(engine, store, file, checked, replace=replace, aside=aside)
    finally:
        engine.dispose()
    return checked, faults
