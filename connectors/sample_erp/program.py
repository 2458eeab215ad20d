"""The ERP's command line and its loop: take what is new at once, move the rest on at every tick."""

import logging
import random
import signal
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.sample_erp import intake, lifecycle
from connectors.sample_erp.database import create_tables, open_database
from connectors.sample_erp.seed.fill import fill
from connectors.sample_erp.seed.world import SIZES, Size

LOG = logging.getLogger("sample_erp")
POLL_SECONDS = 0.02
RETRY_SECONDS = 1.0
DEFAULT_DATABASE = "sqlite:///sample-erp.db"


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
def serve(database: str, seed: str, customers: int | None, orders: int | None, tick: float, speed: int) -> None:
    """Run the ERP on its database until SIGTERM, filling the database first when it is empty."""
    stop = stop_on_signals()
    engine = _open_prepared(database, _size(seed, customers, orders))
    click.echo("Sample ERP: ready.")
    run(engine, Pace(tick, speed), stop)
    engine.dispose()
