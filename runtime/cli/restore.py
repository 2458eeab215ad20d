"""`foyer restore`: an installation made of a backup again."""

from __future__ import annotations

import os
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from metadata.text import counted
from runtime.backup import BackupRefused
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
@reporting
def command(file: Path, *, replace: bool, only_check: bool) -> Report:
    """Restore FILE into an empty database of either kind, and its files into their store: all of it or nothing."""
    try:
        checked = _check(file) if only_check else _restore(file, replace=replace)
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
    data = {"file": str(file), "rows": checked.rows, "files": end["files"], "same_key": checked.same_key, "lost": end["lost"]}
    return Report(tuple(lines), {**data, "made_at": head["made_at"], "release": head["release"], "version": head["version"]})


def _check(file: Path) -> Checked:
    config = configured()
    checked = check(file, config.secret_key, *config.old_secret_keys)
    rehearse(file, checked, strict=make_url(config.database_url).get_backend_name() == "postgresql")
    return checked


def _restore(file: Path, *, replace: bool) -> Checked:
    config = configured(os.environ)
    checked = check(file, config.secret_key, *config.old_secret_keys)
    make_folder(config.database_url)
    engine = make_engine(config.database_url, pool_size=config.pool_size)
    try:
        restore(engine, make_store(config.files_url, config.files_folder), file, checked, replace=replace)
    finally:
        engine.dispose()
    return checked
