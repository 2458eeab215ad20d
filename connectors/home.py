"""Our side, as the runtime hands it over: how to begin a transaction, how to reach rows in it, what time it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from connectors.port import RowStore
from connectors.tablemap import CompiledMap


def utc_now() -> dt.datetime:
    """Now, with its zone."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Home:
    """`begin` opens a transaction that writes and commits at its end; `read` a connection that only reads,
    where each statement sees what is committed when it begins.

    `release` is the number of the metadata that is at work.
    """

    begin: Callable[[], AbstractContextManager[Connection]]
    read: Callable[[], AbstractContextManager[Connection]]
    rows: Callable[[Connection], RowStore]
    now: Callable[[], dt.datetime] = utc_now
    release: int = 0


@runtime_checkable
class AtHome(Protocol):
    """An adapter that reads what was stored on our side."""

    def come_home(self, home: Home) -> None:
        """Our side, before the first call."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's work for one map."""

    connection: Connection
    rows: RowStore
    table_map: CompiledMap
    now: dt.datetime
