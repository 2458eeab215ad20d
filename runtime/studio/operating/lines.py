"""Maps as lines of the overview: state, lag, rate, queues, errors by class, progress; in statements that no row adds to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.home import utc_now
from connectors.pace import Loading
from connectors.tablemap import compiled_map
from connectors.tally import minute_of, rows_by_minute
from runtime.pages.content import words_of
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import class_word, duration, map_label, map_labels, number, reading, since
from runtime.sync.letters import count_letters
from runtime.sync.state import MapState, map_states

HOUR = dt.timedelta(hours=1)
BINS, BIN_MINUTES = 12, 5
HEIGHT, STEP, TOP = 24, 8, 2
TONES = {
    "current": "good",
    "loading": "info",
    "never": "neutral",
    "waiting": "warn",
    "failed": "bad",
    "gap": "bad",
    "paused": "neutral",
}


@dataclass(frozen=True, slots=True)
class Class:
    """How many rows wait with a reason of one class."""

    way: str
    code: str
    word: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class Load:
    """A long run under way: how much of it is done, and how long the rest takes."""

    done: str
    total: str
    percent: int
    part: str
    pace: str
    left: str


@dataclass(frozen=True, slots=True)
class Line:
    """One map, in words."""

    key: str
    label: str
    url: str
    connection: str
    entity: str
    direction: str
    group: str
    state: str
    word: str
    tone: str
    lag: str
    behind: str
    pace: str
    spark: str
    owed: str
    owed_age: str
    refused: int
    refused_age: str
    classes: tuple[Class, ...]
    conflicts: int
    success: str
    delivered: str
    problem: str
    paused_by: str
    again: str
    load: Load | None


def lines_of(desk: Desk, only: str = "") -> list[Line]:
    """All active maps, or one of them."""
    connection, now = reading(desk), utc_now()
    states = [state for state in map_states(connection, desk.context.snapshot) if not only or state.map == only]
    letters, moved = count_letters(connection), rows_by_minute(connection, now - HOUR)
    return [_line(desk, state, letters.get(state.map, {}), moved.get(state.map, {}), now) for state in states]


def _line(
    desk: Desk, state: MapState, letters: Mapping[tuple[str, str], int], moved: Mapping[int, int], now: dt.datetime
) -> Line:
    table_map = compiled_map(desk.context.snapshot, state.map)
    entity = table_map.entity
    url = desk.url("sync", "map", state.map)
    return Line(
        key=state.map,
        label=map_label(desk, state.map),
        url=url,
        connection=state.connection,
        entity=words_of(desk.context, entity.model.label) or entity.key,
        direction=desk.say(f"studio.sync_way.{state.direction}"),
        group=desk.say("studio.sync_group", group=state.group, maps=map_labels(desk, table_map.unit)) if state.group else "",
        state=state.state,
        word=desk.say(f"studio.sync_state.{state.state}"),
        tone=TONES[state.state],
        lag=since(desk, state.succeeded_at) or "–",
        behind=number(desk, state.behind),
        pace=desk.say("studio.sync_per_hour", number=sum(moved.values())),
        spark=_spark(moved, now),
        owed=number(desk, state.owed),
        owed_age=since(desk, state.owed_since),
        refused=state.rejects + state.parked,
        refused_age=since(desk, state.refused_since),
        classes=tuple(
            Class(way, code, class_word(desk, code), number(desk, count), f"{url}/rows?way={way}&code={code}")
            for (way, code), count in letters.items()
        ),
        conflicts=state.conflicts,
        success=desk.formats.moment(state.succeeded_at) if state.succeeded_at else "",
        delivered=desk.formats.moment(state.delivered_at) if state.delivered_at else "",
        problem=state.problem,
        paused_by=state.paused_by,
        again=duration(desk, (state.retry_at - now).total_seconds()) if state.retry_at and state.retry_at > now else "",
        load=_load(desk, state),
    )


def _load(desk: Desk, state: MapState) -> Load | None:
    """How a load goes that has begun, its second pass included."""
    at = state.loading
    if at is None or not state.rows_done or at.total is None:
        return None
    part = desk.say(f"studio.sync_pass.{'second' if at.second else 'first'}") if state.passes > 1 else ""
    return Load(
        number(desk, at.done),
        number(desk, at.total),
        round(100 * at.share),
        part,
        desk.say("studio.sync_per_minute", number=round(at.pace * 60)) if at.pace else "",
        _left(desk, at),
    )


def _left(desk: Desk, at: Loading) -> str:
    """How long the rest of a load takes, as far as that is known."""
    if at.seconds is None or at.least is None or at.most is None:
        return ""
    least, most = duration(desk, at.least), duration(desk, at.most)
    if least == most:
        return desk.say("studio.sync_left", time=least)
    return desk.say("studio.sync_left_between", least=least, most=most)


def _spark(moved: Mapping[int, int], now: dt.datetime) -> str:
    """A line over the last hour as the path of a picture; empty where nothing moved."""
    last = minute_of(now)
    sums = [0] * BINS
    for minute, count in moved.items():
        place = BINS - 1 - (last - minute) // BIN_MINUTES
        if 0 <= place < BINS:
            sums[place] += count
    most = max(sums)
    if not most:
        return ""
    points = (f"{at * STEP} {HEIGHT - TOP - round((HEIGHT - 2 * TOP) * count / most)}" for at, count in enumerate(sums))
    return "M" + " L".join(points)
