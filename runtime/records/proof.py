"""What a request takes for granted until its first statement has proved it, in that statement.

In: a connection and a presumption. The first prepared statement selects the presumption's claim besides; where its row does
not say that the claim holds, or there is no row, whoever presumed is asked to make sure in a statement of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Dialect


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """An expression that is true exactly while something holds. It stands for itself in any select; its binds are given."""

    column: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Presumption:
    """A claim with the values of its binds. `make_sure` asks the ordinary way, and raises where it does not hold."""

    claim: Claim
    values: Mapping[str, Any]
    make_sure: Callable[[], None]


class Unproven(Protocol):
    """A connection whose use may rest on a presumption. Prepared statements prove it on the way."""

    @property
    def presumption(self) -> Presumption | None:
        """What is not proved yet; None once it is."""
        ...

    @property
    def dialect(self) -> Dialect:
        """The dialect of the connection."""
        ...

    @property
    def connection(self) -> Connection:
        """The connection, for any statement: what is not proved yet is proved first."""
        ...

    def bare(self) -> Connection:
        """The connection for the statement that proves."""
        ...

    def hold(self) -> None:
        """The claim was found true."""
        ...

    def prove(self) -> None:
        """Make sure of what is not proved yet. Raises what `make_sure` raises."""
        ...


Reader = Connection | Unproven
"""What a prepared statement is read on."""


def bare(reader: Reader) -> Connection:
    """The connection of a reader, whatever is proved: for what is undone where that does not hold."""
    return reader if isinstance(reader, Connection) else reader.bare()


def proven(reader: Reader) -> Connection:
    """The connection of a reader, for any statement: what is not proved yet is proved first."""
    return reader if isinstance(reader, Connection) else reader.connection
