"""What is measured besides pages: p99 by size, statements, start and memory, and the release of a large site."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from sqlalchemy import event

from benchmarks.data import environment, folder, fresh_postgres, prepared
from benchmarks.load import Ask, drive
from benchmarks.pages import Effort, first_order
from benchmarks.report import Table
from benchmarks.rows import DEEP, MEASURED, Scale
from benchmarks.servers import Load, children, foyer, processor_seconds, resident_mb
from benchmarks.visitors import foyer_cookie
from metadata.model import Attribute, Component, Entity, Language, Site, Text, View, ViewColumn
from metadata.store import MetadataStore
from runtime.app import create_app
from runtime.config import Config
from runtime.database import make_engine
from runtime.records.prepared import Prepared

SMALL = 10_000
DEEP_PAGE = 200
WARM_SECONDS = 3


def scale(kind: str, rows: int, effort: Effort, load: Load) -> Table:
    """p99 of the first page and of a deep page at 10,000 orders and at `rows`, in rounds that take turns.

    Each size goes first as often as the other. What only the first answers meet (connections, statements not yet prepared
    on each of them, plans not yet settled) is over before anything is measured.
    """
    table = Table(f"p99 by size, {kind}", ("page", f"{SMALL:,} ms", f"{rows:,} ms", "ratio"))
    small, large = prepared(kind, Scale(SMALL)), prepared(kind, Scale(rows))
    with foyer(small, load) as first, foyer(large, load) as second:
        for name, path, contact in (
            ("first page", "/orders", MEASURED),
            (f"page {DEEP_PAGE}", f"/orders?page={DEEP_PAGE}", DEEP),
        ):
            asks = [Ask(server.url + path, foyer_cookie(url, contact)) for server, url in ((first, small), (second, large))]
            slowest: dict[Ask, list[float]] = {ask: [] for ask in asks}
            for ask in asks:
                drive(ask, WARM_SECONDS, load.connections)
            for turn in range(effort.rounds):
                for ask in asks[:: 1 if turn % 2 else -1]:
                    slowest[ask].append(drive(ask, effort.seconds, load.connections).p99)
            few, many = (statistics.median(slowest[ask]) for ask in asks)
            table.add((name, f"{few:.1f}", f"{many:.1f}", f"{many / few:.2f}"))
    return table


def statements(kind: str) -> Table:
    """How many statements a page costs, counted at the database driver's door."""
    url = prepared(kind, Scale(SMALL))
    app = create_app(Config.from_environment(environment(url)))
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": foyer_cookie(url, MEASURED)}
    order = first_order(lambda path: client.get(path, headers=headers).text)
    table = Table(f"statements, {kind}", ("page", "statements"))
    for name, path in (("list", "/orders"), ("list, page 20", "/orders?page=20"), ("detail with lines", f"/orders/{order}")):
        client.get(path, headers=headers)
        with _counted(app.extensions["foyer"].engine) as counted:
            client.get(path, headers=headers)
        table.add((name, str(len(counted))))
    return table


class _counted:
    """Collects what runs through the engine and through prepared statements."""

    def __init__(self, engine: object) -> None:
        self._engine, self._rows, self.found = engine, Prepared.rows, list[str]()

    def __enter__(self) -> list[str]:
        rows, found = self._rows, self.found

        def counting(prepared: Prepared, connection: object, values: object) -> object:
            found.append(prepared.sql)
            return rows(prepared, connection, values)  # type: ignore[arg-type]

        Prepared.rows = counting  # type: ignore[method-assign, assignment]
        event.listen(self._engine, "before_cursor_execute", self._note)
        return found

    def _note(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self.found.append(statement)

    def __exit__(self, *error: object) -> None:
        Prepared.rows = self._rows  # type: ignore[method-assign]
        event.remove(self._engine, "before_cursor_execute", self._note)


def start(kind: str, times: int) -> Table:
    """From starting `foyer serve` to its first answer with a snapshot, also in processor time, which a busy machine hardly
    changes, and the memory of its worker."""
    url = prepared(kind, Scale(SMALL))
    seconds, processor, idle, warm = [], [], [], []
    for _ in range(times):
        with foyer(url, Load(), ready="/readyz") as server:
            seconds.append(server.seconds)
            processor.append(sum(map(processor_seconds, (server.pid, *children(server.pid)))))
            idle.append(max(resident_mb(child) for child in children(server.pid)))
            ask = Ask(f"{server.url}/orders", foyer_cookie(url, MEASURED))
            drive(ask, 2, 8)
            warm.append(max(resident_mb(child) for child in children(server.pid)))
    table = Table(f"start, {kind}", ("seconds min", "median", "max", "processor s", "idle MB per worker", "after load MB"))
    figures = (min(seconds), statistics.median(seconds), max(seconds), statistics.median(processor))
    table.add((*(f"{figure:.2f}" for figure in figures), f"{max(idle):.0f}", f"{max(warm):.0f}"))
    return table


def publish(kind: str, entities: int) -> Table:
    """A first release of a site with many entities, with its tables, then a second that changes one label."""
    file = folder() / "publish.db"
    file.unlink(missing_ok=True)
    url = fresh_postgres("foyer_bench_publish") if kind == "postgresql" else f"sqlite:///{file}"
    engine = make_engine(url)
    table = Table(f"publish, {kind}, {entities:,} entities", ("release", "seconds"))
    try:
        store = MetadataStore(engine)
        store.create()
        for name, components in (("first, tables made", site(entities)), ("one label changed", one_changed())):
            begun = time.perf_counter()
            store.publish("benchmark", components=tuple(components))
            table.add((name, f"{time.perf_counter() - begun:.2f}"))
    finally:
        engine.dispose()
    return table


def site(entities: int) -> Iterator[Component]:
    """A site of many entities, each with eight attributes, a look-up to the one before, and a view."""
    yield Language(key="en-US", label=Text.of("English"))
    yield Site(key="large", label=Text.of("Large"), languages=("en-US",))
    for number in range(entities):
        yield entity(number, f"Entity {number}")
        columns = tuple(ViewColumn(attribute=key) for key in ("name", "a1", "a2", "a3"))
        yield View(key=f"view-{number}", entity=f"e{number}", label=Text.of("All"), columns=columns)


def one_changed() -> Iterator[Component]:
    """The first entity with another label."""
    yield entity(0, "Changed")


def entity(number: int, label: str) -> Entity:
    """One of the many entities."""
    kinds = ("text", "integer", "date", "boolean", "text", "integer")
    attributes = [Attribute(key="name", type="text", label=Text.of("Name"))]
    attributes += [Attribute(key=f"a{place}", type=kind, label=Text.of(f"A{place}")) for place, kind in enumerate(kinds)]
    if number:
        attributes.append(Attribute(key="before", type="lookup", target=f"e{number - 1}", relationship="next"))
    return Entity(
        key=f"e{number}", label=Text.of(label), plural=Text.of(label), primary_name="name", attributes=tuple(attributes)
    )
