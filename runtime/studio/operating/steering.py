"""What an operator does to a map as a whole: pause, resume, run, load again, read again, take a changed table, undo a batch."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, request

from connectors.drift import DRIFTED, take_as_it_is
from connectors.errors import ConnectorError, first_line
from connectors.reverting import CannotRevert, revert
from connectors.tablemap import CompiledMap
from runtime.errors import BadRequest
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import (
    connection_label,
    given,
    home,
    map_label,
    map_labels,
    map_of,
    note,
    open_floor,
    served,
    who,
)
from runtime.studio.operating.watching import map_page
from runtime.sync import steering
from runtime.sync.letters import retry_letters
from runtime.sync.pool import Adapters

SHOWN_OBSTACLES = 20
FOR_THE_WORKER = ("run",)
"""Acts that a worker has to come round for."""


def steer(key: str) -> Response:
    """Do what a button says; the page of the map again, or the overview where the button was there."""
    desk = open_floor()
    table_map = map_of(desk, key)
    act = request.form.get("do", "")
    if act not in ACTS:
        raise BadRequest
    try:
        said = ACTS[act](desk, table_map)
    except (steering.NotPossible, ConnectorError) as fault:
        return map_page(desk, key, refused=first_line(fault), status=422)
    except CannotRevert as fault:
        details = tuple(f"{item.entity} {item.record_id}: {item.reason}" for item in fault.obstacles[:SHOWN_OBSTACLES])
        return map_page(desk, key, refused=str(fault), details=details, status=409)
    note(desk, act, key)
    flash(said, "warn" if act in FOR_THE_WORKER and table_map.connection.key not in served(desk) else "good")
    return desk.go("sync") if request.form.get("from") == "overview" else desk.go("sync", "map", key)


def _pause(desk: Desk, table_map: CompiledMap) -> str:
    steering.pause(home(desk), table_map, who(desk))
    return desk.say("studio.sync_paused", map=map_labels(desk, table_map.unit))


def _resume(desk: Desk, table_map: CompiledMap) -> str:
    steering.resume(home(desk), table_map)
    return desk.say("studio.sync_resumed", map=map_labels(desk, table_map.unit))


def _run(desk: Desk, table_map: CompiledMap) -> str:
    steering.ask_for_run(home(desk), table_map)
    if table_map.connection.key in served(desk):
        return desk.say("studio.sync_asked", map=map_label(desk, table_map.key))
    return desk.say(
        "studio.sync_asked_nobody",
        map=map_label(desk, table_map.key),
        connection=connection_label(desk, table_map.connection.key),
    )


def _load(desk: Desk, table_map: CompiledMap) -> str:
    steering.load_again(home(desk), (table_map,))
    return desk.say("studio.sync_loads", map=map_label(desk, table_map.key))


def _read(desk: Desk, table_map: CompiledMap) -> str:
    steering.read_again(home(desk), table_map, given("column"), given("low"), given("high"))
    return desk.say("studio.sync_reads", map=map_label(desk, table_map.key))


def _accept(desk: Desk, table_map: CompiledMap) -> str:
    ours, adapters = home(desk), Adapters()
    try:
        lines = take_as_it_is(ours, adapters.of(table_map.connection), table_map)
    finally:
        adapters.close()
    retry_letters(ours, (table_map,), (DRIFTED,))
    return desk.say("studio.sync_accepted", map=map_label(desk, table_map.key), changes="; ".join(lines) or "–")


def _revert(desk: Desk, table_map: CompiledMap) -> str:
    number = given("batch")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise BadRequest
    done = revert(home(desk), int(number))
    return desk.say("studio.sync_reverted", number=done.id)


ACTS: dict[str, Callable[[Desk, CompiledMap], str]] = {
    "pause": _pause,
    "resume": _resume,
    "run": _run,
    "load": _load,
    "read": _read,
    "accept": _accept,
    "revert": _revert,
}
