"""What actions do besides writing values: they send mails, give commands to outside systems, start tasks, lead people on."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What an address is given under a name."""

    name: str = prop(help="Name in the address.", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}$")
    value: str = prop(help="Expression over the record, such as number, customer.code, id or 'portal'.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Onwards:
    """How people are led on afterwards, besides to which page: to an address outside, and with what in the address."""

    url: str = prop("", "Address outside the site in the place of a page, such as https://pay.example/check.")
    query: tuple[Argument, ...] = prop(
        (), "What the address is given of the record, as far as the person may read it. An own page gets what it knows."
    )
    keep_query: bool = prop(False, "It is given what stands in the address that the person comes from, too.")
