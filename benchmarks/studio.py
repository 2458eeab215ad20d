"""`studio`: every page of the studio of a large site after somebody's change, and how soon a preview shows a change."""

from __future__ import annotations

import gzip
import os
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from sqlalchemy import Engine, insert
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter
from werkzeug.test import run_wsgi_app

from benchmarks.data import environment, folder, fresh_postgres
from benchmarks.large import Size, grown, large_site, marked
from benchmarks.load import Ask
from benchmarks.processor import environ_of
from benchmarks.report import Table, whole
from benchmarks.rows import STAMP, STAMP_COLUMNS, STAMPS
from benchmarks.visitors import SITE, foyer_cookie
from metadata.model import Component
from metadata.snapshot import Snapshot
from metadata.store import MetadataStore
from runtime.database import make_engine
from runtime.records.tables import AUDIT
from runtime.tables import create_engine_tables
from runtime.wsgi import make_app

START = "/studio/"
LOOKING = "/studio/as/"
MOST_MS, MOST_BYTES = 300, 300_000
LINK = re.compile(r'(?:href|src|data-url|hx-get)="([^"]+)"')
WHO = 1
AT_ONCE = 5_000
ROWS = 10
"""So many entities have a row, so that their lists have headings."""
PREVIEWED = "/studio/as/draft/role-buyer/s0/p{number}"


@dataclass(eq=False)
class Answers:
    """What one address of a studio gave: milliseconds of wall and processor, with a bench made anew and again, and the size."""

    path: str
    status: int = 0
    size: int = 0
    page: bool = True
    fresh: list[tuple[float, float]] = field(default_factory=list)
    again: list[tuple[float, float]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Is it slower, or larger, than a page of the studio may be?"""
        return self.status >= 400 or (self.page and (self.size > MOST_BYTES or self.processor(fresh=True) > MOST_MS))

    def wall(self, *, fresh: bool) -> float:
        """The median of the milliseconds that somebody waits."""
        return statistics.median(wall for wall, _ in (self.fresh if fresh else self.again))

    def processor(self, *, fresh: bool) -> float:
        """The median of the milliseconds of the processor."""
        return statistics.median(spent for _, spent in (self.fresh if fresh else self.again))


@dataclass(frozen=True)
class House:
    """The studio of a large site in this process, with somebody who may do everything there."""

    app: Flask
    engine: Engine
    cookie: str
    store: MetadataStore

    def get(self, path: str) -> tuple[int, str, float, float]:
        """Status, text, milliseconds of wall and of the processor."""
        environ = environ_of(Ask(path, self.cookie))
        begun, spent = time.perf_counter(), time.process_time()
        parts, status, _ = run_wsgi_app(self.app, environ)
        body = b"".join(parts)
        wall, processor = time.perf_counter() - begun, time.process_time() - spent
        return int(status[:3]), body.decode(errors="replace"), wall * 1000, processor * 1000

    def change(self, number: int, label: str) -> None:
        """Somebody saves a draft of a view, after which everything that is known of drafts is made anew."""
        self.save(marked(number, label))

    def save(self, component: Component) -> None:
        """Somebody saves a draft."""
        self.store.save((component,), "benchmark")


def studio(kind: str, size: Size, each: int, rounds: int) -> list[Table]:
    """The slowest and largest pages, and the previews."""
    house, entities = open_house(kind, size), size.entities
    try:
        found = crawled(house, each)
        for turn in range(rounds):
            for number, answers in enumerate(found):
                house.change(entities - 1, f"Turn {turn} {number}")
                answers.fresh.append(house.get(answers.path)[2:])
                answers.again.append(house.get(answers.path)[2:])
        return [_pages(kind, size, found), _previews(kind, house, size)]
    finally:
        house.engine.dispose()


def open_house(kind: str, size: Size) -> House:
    """Make the site in an empty database, with a maker signed in; the application is begun as a server begins it."""
    file = folder() / "studio.db"
    for name in (file, file.with_name("studio.db-wal"), file.with_name("studio.db-shm")):
        name.unlink(missing_ok=True)
    url = fresh_postgres("foyer_bench_studio") if kind == "postgresql" else f"sqlite:///{file}"
    engine = make_engine(url)
    store = MetadataStore(engine)
    store.create()
    snapshot = store.publish("benchmark", components=tuple(large_site(size))).snapshot
    create_engine_tables(engine)
    _somebody(engine, snapshot)
    _rows(engine, snapshot, size)
    os.environ.update(environment(url, FOYER_PUBLIC_URL="http://127.0.0.1", FOYER_LOG_LEVEL="WARNING"))
    return House(make_app(), engine, foyer_cookie(url, WHO), store)


def _somebody(engine: Engine, snapshot: Snapshot) -> None:
    stamps = dict(zip(STAMP_COLUMNS, STAMPS, strict=True))
    values = {"id": WHO, "full_name": "Maker", "email": "maker@bench.example", "active": True, **stamps}
    with engine.begin() as connection:
        connection.execute(insert(snapshot.entities["contact"].table).values(**values))
        for number in range(ROWS):
            connection.execute(insert(snapshot.entities[f"e{number}"].table).values(name="One", **stamps))


def _rows(engine: Engine, snapshot: Snapshot, size: Size) -> None:
    """Contacts, and what the trail says of them."""
    stamps = dict(zip(STAMP_COLUMNS, STAMPS, strict=True))
    numbers = range(WHO + 1, WHO + 1 + size.contacts)
    people = [
        {"id": number, "full_name": f"Person {number}", "email": f"p{number}@bench.example", "active": True, **stamps}
        for number in numbers
    ]
    told = {"at": STAMP, "contact": WHO, "site": SITE, "origin": "portal", "privilege": "write", "entity": "contact"}
    changes = '{"full_name":["Before","After"]}'
    acts = [{**told, "row": 1 + number % (size.contacts + 1), "changes": changes} for number in range(size.audit)]
    with engine.begin() as connection:
        for table, rows in ((snapshot.entities["contact"].table, people), (AUDIT, acts)):
            for start in range(0, len(rows), AT_ONCE):
                connection.execute(insert(table), rows[start : start + AT_ONCE])


def crawled(house: House, each: int) -> list[Answers]:
    """The addresses that links lead to from the first page, of every kind of address as many as asked for."""
    adapter = house.app.url_map.bind("127.0.0.1")
    waiting, seen, taken = [START], {START}, defaultdict[tuple[str, ...], int](int)
    found = []
    while waiting:
        path = waiting.pop(0)
        sort = _sort(adapter, path)
        if taken[sort] >= each:
            continue
        status, text, _, _ = house.get(path)
        taken[sort] += 1
        found.append(Answers(path, status, len(gzip.compress(text.encode())), text.startswith("<!doctype html>")))
        for link in _links(text):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


def _links(text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        path = unescape(link).partition("#")[0].removeprefix("http://127.0.0.1")
        if path.startswith(START) and not path.startswith(LOOKING):
            yield path


def _sort(adapter: MapAdapter, path: str) -> tuple[str, ...]:
    """What addresses of one sort have in common: the page, the kind of component, the names of what is asked."""
    parts = urlsplit(path)
    try:
        endpoint, values = adapter.match(parts.path)
    except HTTPException as error:
        endpoint, values = str(error.code), {}
    return str(endpoint), str(values.get("kind", "")), *sorted({name for name, _ in parse_qsl(parts.query)})


def _pages(kind: str, size: Size, found: list[Answers]) -> Table:
    over = sum(answers.over for answers in found)
    title = f"studio, {kind}, {size.name}: {len(found)} addresses, {over} over {MOST_MS} ms or {MOST_BYTES // 1000} KB"
    table = Table(title, ("page", "status", "after a change: cpu ms", "wall ms", "again: cpu ms", "wall ms ", "KB compressed"))
    shown = sorted(found, key=lambda answers: -answers.processor(fresh=True))
    chosen = dict.fromkeys(
        [*shown[:15], *sorted(found, key=lambda answers: -answers.size)[:5], *(one for one in found if one.over)]
    )
    for answers in chosen:
        figures = [whole(of(fresh=fresh)) for fresh in (True, False) for of in (answers.processor, answers.wall)]
        table.add((answers.path[:90], str(answers.status), *figures, f"{answers.size / 1000:.0f}"))
    return table


def _previews(kind: str, house: House, size: Size) -> Table:
    """From saving a draft to the page that shows it: of views, and of entities, whose tables change."""
    table = Table(f"preview after a change, {kind}", ("draft", "cpu ms", "wall ms"))
    for turn in range(ROWS):
        label, of_view = f"Headed {turn}", turn < ROWS // 2
        draft = marked(turn, label) if of_view else grown(turn, label, size)
        begun, spent = time.perf_counter(), time.process_time()
        house.save(draft)
        status, text, _, _ = house.get(PREVIEWED.format(number=turn))
        wall, processor = time.perf_counter() - begun, time.process_time() - spent
        if status != 200 or label not in text:
            raise RuntimeError(f"the preview of {draft.key} answered {status} without the change")
        table.add((draft.key, whole(processor * 1000), whole(wall * 1000)))
    return table
