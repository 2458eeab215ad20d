"""What actions do besides writing values: they send mails, give commands to outside systems, start tasks."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, ENTITY_KEY, prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenValue:
    """A value that an action gives away under a name."""

    name: str = prop(help="Name.", pattern=ENTITY_KEY)
    value: str = prop(help="Expression over the record, such as number, kiln.name or 'text'.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionMail:
    """A mail that an action sends, to addresses that the person may read."""

    to: tuple[str, ...] = prop(help="Paths from the record to addresses, such as owner.email.")
    subject: Text = prop(help="Subject; {number} and {owner.name} stand for values of the record.")
    snippet: str = prop(help="Snippet with the text, in which they stand too.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """A command of a connection that an action sends."""

    connection: str = prop(help="Connection.", ref="connection")
    command: str = prop(help="One of the commands that the connection allows.")
    values: tuple[GivenValue, ...] = prop((), "What goes with it: those that its path names there, the others in its body.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTask:
    """A task of an installed package that an action starts."""

    task: str = prop(help="Its name: that of an entry point of the group foyer.tasks.", pattern=COMPONENT_KEY)
    values: tuple[GivenValue, ...] = prop((), "What it is given.")
