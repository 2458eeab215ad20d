"""Options that several commands share."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from metadata.model import KINDS, ComponentId

author = click.option("--author", envvar=["FOYER_AUTHOR", "USER"], default="command line", help="Who makes the change.")
approved_by = click.option("--approved-by", default="", help="Who else has seen it, where a second person must.")
note = click.option("--note", default="", help="Why the change is made.")
allow_destructive = click.option(
    "--allow-destructive", is_flag=True, help="Change tables also where values are lost, and drop what nothing names."
)
delete = click.option("--delete", is_flag=True, help="Delete components that the folder does not have.")


class Folder(click.Path):
    """A folder that is named: an empty name, such as that of an unset variable, is not the folder one stands in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it is given. Raises click.BadParameter."""
        return super().convert(value, param, ctx) if value else self.fail("the name is empty.", param, ctx)


class Name(click.types.StringParamType):
    """A name that may be left out, but is not empty where it is given: an unset variable does not mean all there are."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name as it is given. Raises click.BadParameter."""
        given = ctx is None or param is None or ctx.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
        if given and not value:
            self.fail("the name is empty; leave the option out, or name one.", param, ctx)
        return super().convert(value, param, ctx)


NAME = Name()

site = click.option("--site", type=NAME, default="", help="Site; may be left out where there is one.")


def parse_component(text: str) -> ComponentId:
    """A component from `kind key`, `kind site/key` or the same with a colon. Raises click.BadParameter."""
    kind, _, rest = text.replace(":", " ", 1).strip().partition(" ")
    # The name of a site has no slash; a key may have some, such as that of a site setting.
    of_site = kind in KINDS and KINDS[kind].of_site and "/" in rest
    site, key = rest.strip().split("/", 1) if of_site else ("", rest.strip())
    if kind not in KINDS or not key:
        raise click.BadParameter(f"{text!r} is no component; write its kind and key, such as 'view mine' or 'page site/home'.")
    return ComponentId(kind, key, site)
