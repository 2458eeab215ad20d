"""`foyer sync accept`: a table outside whose columns have changed is taken as it is."""

from __future__ import annotations

import click

from connectors.drift import DRIFTED, take_as_it_is
from connectors.errors import ConnectorError
from runtime.cli.output import Report, reporting
from runtime.cli.sync_maps import chosen_maps, open_sync
from runtime.sync.homes import home_of
from runtime.sync.letters import retry_letters
from runtime.sync.pool import Adapters


@click.command("accept")
@click.argument("table_map", metavar="MAP")
@reporting
def accept(table_map: str) -> Report:
    """Take a table whose columns have changed as it is now; rows that were kept aside for that are tried again."""
    installation, snapshot = open_sync()
    (chosen,) = chosen_maps(snapshot, (table_map,))
    home, adapters = home_of(installation.engine, snapshot), Adapters()
    try:
        lines = take_as_it_is(home, adapters.of(chosen.connection), chosen)
    except ConnectorError as fault:
        raise click.ClickException(str(fault)) from None
    finally:
        adapters.close()
    done = retry_letters(home, [chosen], (DRIFTED,))
    said = lines or ("There was no difference.",)
    told = f"{chosen.key} goes on; {done.taken} rows that were kept aside are in now, {done.left} are left."
    return Report((*said, told), {"map": chosen.key, "changes": list(lines), "taken": done.taken, "left": done.left})


COMMANDS = (accept,)
