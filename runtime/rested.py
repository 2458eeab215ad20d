"""Connections of a pool that are asked whether they still live once they have rested, and not each time they are used.

A connection that was in use a moment ago is almost surely alive. Asking it costs a round trip to the database, which is as
much as a small statement.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

REST_SECONDS = 1.0
"""After so long in the pool a connection is asked; one that dies sooner fails the statement that it is used for."""
_SINCE = "foyer_rests_since"


def ask_after_rest(engine: Engine) -> None:
    """Have an engine's pool ask connections that have rested, and open all anew where one is dead."""

    def rest(raw: Any, record: Any) -> None:
        record.info[_SINCE] = time.monotonic()

    def ask(raw: Any, record: Any, proxy: Any) -> None:
        since = record.info.get(_SINCE)
        if since is None or time.monotonic() - since < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", ask)
