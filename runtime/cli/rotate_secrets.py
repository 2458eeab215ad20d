"""`foyer rotate-secrets`: what the old secret keys sealed, sealed with the new one."""

from __future__ import annotations

import click

from metadata.text import counted
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.database import writing
from runtime.identity.rotating import rotate
from runtime.tables import create_engine_tables


@click.command("rotate-secrets")
@reporting
def command() -> Report:
    """Seal with FOYER_SECRET_KEY whatever the keys in FOYER_OLD_SECRET_KEYS have sealed. Nobody is signed out."""
    found = open_installation()
    create_engine_tables(found.engine)
    config = found.config
    with writing(found.engine).begin() as connection:
        rotated = rotate(connection, config.secret_key, config.old_secret_keys)
    lines = [f"{counted(rotated.done, 'second factor is', 'second factors are')} sealed with the secret key of now."]
    lines += [
        f"The second factor of contact {contact} was sealed with a key that is not named: add it to FOYER_OLD_SECRET_KEYS, "
        "or take the second factor away with foyer people reset-second-factor."
        for contact in rotated.closed
    ]
    return Report(tuple(lines), {"rotated": rotated.done, "closed": rotated.closed}, ok=not rotated.closed)
