"""The `foyer` command. Its commands are loaded when they are run, so that the command itself starts at once."""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any, NoReturn

import click

from runtime.cli.commands import COMMANDS, module_of
from runtime.loading import collector_at_rest

LONGEST = 1000


def shortened(message: str) -> str:
    """A message without the middle of what somebody passed at great length."""
    return message if len(message) <= LONGEST else f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}"


class Commands(click.Group):
    """A group that knows the names of its commands, and loads the one that is asked for. Exit code 0 or 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as listed in `runtime.cli.commands`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        with collector_at_rest():
            command: click.Command = importlib.import_module(module_of(cmd_name)).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for. Raises NoSuchCommand, which names those that are much like it."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and leave with 0 or 1."""
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.ClickException as error:
            said = io.StringIO()
            error.show(said)
            click.echo(shortened(said.getvalue()), nl=False, err=True)
            code = 1
        except (click.Abort, KeyboardInterrupt):
            click.echo("Stopped.", err=True)
            code = 1
        sys.exit(1 if code else 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="foyer", message="Foyer %(version)s")
def main() -> None:
    """Foyer: customer portals from metadata. Settings are environment variables; see `foyer doctor`."""


__all__ = ["main"]
