"""The ERP's command line and its loop: take what is new at once, move the rest on at every tick."""

import contextlib
import json
import logging
import os
import random
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.sample_erp import intake, lifecycle
from connectors.sample_erp.database import create_tables, open_database
from connectors.sample_erp.odata.faults import ASKS, KINDS
from connectors.sample_erp.odata.server import FAULTS, serving
from connectors.sample_erp.odata.service import Service
from connectors.sample_erp.schema import TABLES
from connectors.sample_erp.seed.fill import fill
from connectors.sample_erp.seed.world import SIZES, Size

LOG = logging.getLogger("sample_erp")
POLL_SECONDS = 0.02
RETRY_SECONDS = 1.0
DEFAULT_DATABASE = "sqlite:///sample-erp.db"
CLIENT = "portal"
SECRET_VARIABLE = "SAMPLE_ERP_SECRET"  # noqa: S105 - where it is found


@dataclass(frozen=True)
class Pace:
    """How often orders move on, and how many at a time; no ticks at all when `tick` is 0."""

    tick: float
    speed: int


def utc_now() -> datetime:
    """Now, as the tables keep it: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def prepare(engine: Engine, size: Size) -> bool:
    """Create and fill an empty database, all or nothing; False when there was something in it already."""
    with engine.begin() as conn:
        empty = create_tables(conn)
        if empty:
            fill(conn, size, utc_now())
    return empty


def first_line(error: Exception) -> str:
    """What went wrong, without the statement that SQLAlchemy adds below it."""
    return str(error).partition("\n")[0]


def run(engine: Engine, pace: Pace, stop: threading.Event) -> None:
    """Work until told to stop. A database error is logged and tried again: new orders wait in their table."""
    rng = random.Random()  # noqa: S311 - which order moves is no secret
    next_tick = time.monotonic() + pace.tick
    while not stop.is_set():
        pause = POLL_SECONDS
        try:
            intake.take_waiting(engine, utc_now())
            if pace.tick and time.monotonic() >= next_tick:
                next_tick = time.monotonic() + pace.tick
                with engine.begin() as conn:
                    lifecycle.advance(conn, utc_now(), rng, pace.speed)
        except SQLAlchemyError as error:
            LOG.error("database error, trying again: %s", first_line(error))
            pause = RETRY_SECONDS
        stop.wait(pause)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop


def _size(seed: str, customers: int | None, orders: int | None) -> Size:
    """The named size, with what was asked for otherwise."""
    size = SIZES[seed]
    if customers is not None:
        size = replace(size, customers=customers, contacts=customers * 3)
    return size if orders is None else replace(size, orders=orders)


def _open_prepared(database: str, size: Size) -> Engine:
    """Open the database and fill it when it is empty; what is wrong with the URL is said in one line."""
    started = time.monotonic()
    try:
        engine = open_database(database)
        filled = prepare(engine, size)
    except (SQLAlchemyError, ImportError, OSError, ValueError) as error:
        raise click.ClickException(f"--database: {first_line(error)}") from error
    if filled:
        click.echo(f"Sample ERP: {size.orders} orders made up in {time.monotonic() - started:.1f} s.")
    return engine


_database = click.option(
    "--database", default=DEFAULT_DATABASE, show_default=True, help="SQLAlchemy URL: SQLite or PostgreSQL."
)
_seed = click.option("--seed", type=click.Choice(list(SIZES)), default="demo", show_default=True,
                     help="What an empty database is filled with.")  # fmt: skip
_customers = click.option("--customers", type=click.IntRange(min=3), help="Other number of customers than the seed's.")
_orders = click.option("--orders", type=click.IntRange(min=3), help="Other number of orders than the seed's.")


@click.group()
def main() -> None:
    """The back office of Veldhuis Parts, a wholesaler that does not exist."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")


@main.command()
@_database
@_seed
@_customers
@_orders
def init(database: str, seed: str, customers: int | None, orders: int | None) -> None:
    """Create and fill an empty database; one with anything in it stays as it is."""
    _open_prepared(database, _size(seed, customers, orders)).dispose()


@main.command()
@_database
@_seed
@_customers
@_orders
@click.option("--tick", type=click.FloatRange(min=0), default=10.0, show_default=True,
              help="Seconds between two rounds of moving orders on; 0 never moves any.")  # fmt: skip
@click.option("--speed", type=click.IntRange(min=1), default=3, show_default=True,
              help="How many orders move in each round.")  # fmt: skip
@click.option("--odata-port", type=click.IntRange(0, 65535),
              help="Speak OData on this port of this machine too; 0 for any that is free.")  # fmt: skip
def serve(
    database: str, seed: str, customers: int | None, orders: int | None, tick: float, speed: int, odata_port: int | None
) -> None:
    """Run the ERP on its database until SIGTERM, filling the database first when it is empty.

    Over OData the client is "portal", and its secret what SAMPLE_ERP_SECRET says; without it nobody is asked who he is.
    """
    stop = stop_on_signals()
    engine = _open_prepared(database, _size(seed, customers, orders))
    with contextlib.ExitStack() as stack:
        if odata_port is not None:
            click.echo(f"Sample ERP: OData at {stack.enter_context(_odata(engine, odata_port))}/data/")
        click.echo("Sample ERP: ready.")
        run(engine, Pace(tick, speed), stop)
    engine.dispose()


@contextlib.contextmanager
def _odata(engine: Engine, port: int) -> Iterator[str]:
    """The ERP's service; a port that is taken is told in one line."""
    secret = os.environ.get(SECRET_VARIABLE)
    service = Service(engine, TABLES, {CLIENT: secret} if secret else {})
    with contextlib.ExitStack() as stack:
        try:
            address = stack.enter_context(serving(service, port))
        except OSError as error:
            raise click.ClickException(f"--odata-port: {error.strerror}") from error
        yield address


@main.command(help="Have something go wrong with the OData of an ERP that runs.\n\n"
              + "\n\n".join(f"{kind}: {what}." for kind, what in KINDS.items()) + "\n\nnone: all is well again.")  # fmt: skip
@click.argument("kind", type=click.Choice([*KINDS, "none"]))
@click.option("--url", required=True, help="Where it answers, such as http://127.0.0.1:8100.")
@click.option("--times", type=click.IntRange(min=1), help="For so many requests; else until none.")
@click.option("--seconds", type=click.FloatRange(min=0), default=1.0, show_default=True, help="For slow and throttle.")
@click.option("--asks", type=click.Choice(ASKS), default="all", show_default=True, help="The requests that meet it.")
def fault(kind: str, url: str, times: int | None, seconds: float, asks: str) -> None:
    """Switch a fault on, or all of them off."""
    given: dict[str, Any] = {"kind": kind, "times": times, "seconds": seconds, "asks": asks}
    body, method = (None, "DELETE") if kind == "none" else (json.dumps(given).encode(), "POST")
    request = urllib.request.Request(url.rstrip("/") + FAULTS, body, method=method)  # noqa: S310 - the ERP's own address
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
            on = [found["kind"] for found in json.load(answer)["faults"]]
    except (urllib.error.URLError, ValueError, OSError) as error:
        raise click.ClickException(f"--url: {error}") from error
    click.echo(f"On now: {', '.join(on) or 'nothing'}.")
