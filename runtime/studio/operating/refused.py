"""Rows that one side would not take, as a list: by way and class of the reason, tried again or given up together."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, flash, request

from connectors.tablemap import CompiledMap
from runtime.errors import BadRequest
from runtime.studio.desk import Desk
from runtime.studio.operating.floor import class_word, given, home, map_label, map_of, note, number, open_floor, reading, since
from runtime.studio.operating.lines import Class
from runtime.sync.letters import IN, OUT, Letter, count_letters, discard_letters, page_of_letters, retry_letters

AT_ONCE = 50
MOST = 20_000
"""Rows that are tried again in one request; more are left to the command."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that waits."""

    name: str
    url: str
    key: str
    word: str
    reason: str
    age: str
    attempts: int
    again: bool
    behind: int


def refused_rows(key: str) -> Response:
    """The rows of a map that wait."""
    return _page(open_floor(), key)


def submit_refused_rows(key: str) -> Response:
    """Try again, or give up, all rows of a way and class."""
    desk = open_floor()
    table_map = map_of(desk, key)
    way, code, act = given("way"), given("code"), given("do")
    if way not in (IN, OUT) or act not in ("retry", "discard"):
        raise BadRequest
    counted = count_letters(reading(desk)).get(key, {})
    waiting = sum(count for (of, each), count in counted.items() if of == way and code in ("", each))
    if act == "retry":
        if waiting > MOST:
            return _page(
                desk, key, refused=desk.say("studio.sync_too_many", map=map_label(desk, key), number=waiting), status=422
            )
        done = retry_letters(home(desk), (table_map,), (code,) if code else (), way)
        flash(desk.say("studio.sync_retried", taken=done.taken, left=done.left, released=done.released), "good")
    else:
        if given("sure") != "yes":
            return _page(desk, key, refused=desk.say("studio.sync_not_sure"), status=422)
        lost = discard_letters(home(desk), table_map, way, code)
        flash(desk.say("studio.sync_discarded", count=lost), "good")
    note(desk, f"{act}_all", key, way=way, code=code, count=waiting)
    return desk.go("sync", "map", key, "rows")


def _page(desk: Desk, key: str, *, refused: str = "", status: int = 200) -> Response:
    table_map = map_of(desk, key)
    connection = reading(desk)
    counted = count_letters(connection).get(key, {})
    ways = {way: sum(count for (of, _), count in counted.items() if of == way) for way in (IN, OUT)}
    way = given("way") if given("way") in ways else IN if ways[IN] or not ways[OUT] else OUT
    code = given("code")
    found = page_of_letters(connection, table_map, way, code, given("after"), AT_ONCE + 1)
    url = desk.url("sync", "map", key, "rows")
    more = f"{url}?way={way}&code={quote(code)}&after={quote(found[AT_ONCE - 1].name)}" if len(found) > AT_ONCE else ""
    return desk.page(
        "sync_rows.html",
        title=desk.say("studio.sync_rows_of", map=map_label(desk, key)),
        status=status,
        map=table_map,
        name=map_label(desk, key),
        url=url,
        ways=[(each, desk.say(f"studio.sync_rows_{each}"), number(desk, count)) for each, count in ways.items() if count],
        way=way,
        code=code,
        classes=_classes(desk, url, way, counted),
        chosen=sum(count for (of, each), count in counted.items() if of == way and code in ("", each)),
        rows=[_row(desk, table_map, letter) for letter in found[:AT_ONCE]],
        more=more,
        refused=refused,
        code_words=class_word(desk, code) if code else desk.say("studio.sync_any_class"),
        posted=request.method == "POST",
    )


def _classes(desk: Desk, url: str, way: str, counted: dict[tuple[str, str], int]) -> list[Class]:
    return [
        Class(of, code, class_word(desk, code), number(desk, count), f"{url}?way={of}&code={quote(code)}")
        for (of, code), count in counted.items()
        if of == way
    ]


def _row(desk: Desk, table_map: CompiledMap, letter: Letter) -> Refused:
    key = letter.name.partition("/")[2] if letter.owed is None else _key_of(letter)
    return Refused(
        letter.name,
        f"{desk.url('sync', 'row')}?name={quote(letter.name, safe='')}",
        key,
        class_word(desk, letter.code),
        letter.reason,
        since(desk, letter.since),
        letter.attempts,
        not letter.permanent,
        letter.behind,
    )


def _key_of(letter: Letter) -> str:
    """The key outside that a change of ours names, or the record that is new there."""
    owed = letter.owed
    if owed is None:
        return letter.name
    return ", ".join(str(value) for value in owed.payload.get("key", {}).values()) or f"{owed.entity} {owed.record_id}"
