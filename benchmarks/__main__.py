"""`python -m benchmarks`: measure, print a table, and with --json one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from benchmarks import measures
from benchmarks.differences import compared, rejected
from benchmarks.drain import WAYS as TO
from benchmarks.drain import drain
from benchmarks.large import Size
from benchmarks.latency import WAYS, latency
from benchmarks.pages import Effort, compare
from benchmarks.processor import processor_time
from benchmarks.questions import WideScale, ask_all
from benchmarks.questions import export as exported
from benchmarks.report import Table
from benchmarks.rows import Scale
from benchmarks.servers import Load
from benchmarks.soak import soak
from benchmarks.studio import studio
from benchmarks.sync import load as initial_load

KINDS = ("postgresql", "sqlite")
FORMS = ("csv", "xlsx")
Command = Callable[..., Any]


def sized(command: Command) -> Command:
    """The options that say how much there is and how long it takes."""
    for option in (
        click.option("--rows", default=1_000_000, show_default=True, help="Orders in the database."),
        click.option("--seconds", default=5.0, show_default=True, help="Length of a round."),
        click.option("--rounds", default=5, show_default=True, help="Rounds of each side, in turn."),
        click.option("--connections", default=8, show_default=True, help="Connections that ask at once."),
        click.option("--threads", default=8, show_default=True, help="Threads of each server."),
        click.option("--database", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS, show_default=True),
    ):
        command = option(command)
    return command


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def main() -> None:
    """Measure the engine: speed, start, memory, statements, releases, loads."""


@main.command()
@sized
@click.option("--only", default="", help="Only pages with this in their name: list, detail, form POST.")
@as_json
def pages(
    rows: int, seconds: float, rounds: int, connections: int, threads: int, kinds: tuple[str, ...], *, only: str, as_json: bool
) -> None:
    """The engine's pages beside the same written by hand."""
    load = Load(threads=threads, connections=connections)
    show([compare(kind, Scale(rows), Effort(seconds, rounds), load, only) for kind in kinds], as_json=as_json)


database = click.option("--database", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS, show_default=True)


@main.command()
@sized
@as_json
def scale(
    rows: int, seconds: float, rounds: int, connections: int, threads: int, kinds: tuple[str, ...], *, as_json: bool
) -> None:
    """The slowest hundredth of answers at 10,000 orders and at --rows."""
    load = Load(threads=threads, connections=connections)
    show([measures.scale(kind, rows, Effort(seconds, rounds), load) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--rows", default=10_000, show_default=True, help="Orders in the database.")
@click.option("--answers", default=1000, show_default=True, help="Answers of each side for a page.")
@click.option("--only", default="", help="Only pages with this in their name: list, detail, form POST.")
@database
@as_json
def cpu(rows: int, answers: int, only: str, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """Processor time of an answer, in this process, beside the same written by hand."""
    show([processor_time(kind, Scale(rows), answers, only) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Orders in the database.")
@click.option("--rounds", default=5, show_default=True, help="Answers of each side, in turn.")
@click.option("--only", default="", help="Only questions with this in their name.")
@database
@as_json
def questions(rows: int, rounds: int, only: str, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """Filters, sorting, rollups and search over all orders, beside the statements written by hand."""
    show([ask_all(kind, WideScale(rows), rounds, only) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Orders in the database.")
@click.option("--form", "forms", multiple=True, type=click.Choice(FORMS), default=FORMS[:1], show_default=True)
@database
@as_json
def export(rows: int, forms: tuple[str, ...], kinds: tuple[str, ...], *, as_json: bool) -> None:
    """All orders as a file: when it begins, how long it takes, and the memory of the worker."""
    show([exported(kind, WideScale(rows), form) for kind in kinds for form in forms], as_json=as_json)


@main.command()
@database
@as_json
def statements(kinds: tuple[str, ...], *, as_json: bool) -> None:
    """How many statements a page costs."""
    show([measures.statements(kind) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--times", default=5, show_default=True, help="How often it is started.")
@database
@as_json
def start(times: int, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """How long `foyer serve` takes to its first answer, and its memory."""
    show([measures.start(kind, times) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--entities", default=1000, show_default=True, help="Entities of the site.")
@database
@as_json
def publish(entities: int, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """How long the release of a large site takes."""
    show([measures.publish(kind, entities) for kind in kinds], as_json=as_json)


@main.command("studio")
@click.option("--entities", default=1000, show_default=True, help="Entities of the site.")
@click.option("--each", default=2, show_default=True, help="Addresses of each sort that are asked.")
@click.option("--rounds", default=3, show_default=True, help="How often each address is asked.")
@click.option("--attributes", default=0, show_default=True, help="Attributes of each entity, where more than eight.")
@click.option("--roles", default=0, show_default=True, help="Web roles beside the one that may do all.")
@click.option("--contacts", default=0, show_default=True, help="People beside the one who asks.")
@click.option("--audit", default=0, show_default=True, help="Rows of the audit trail.")
@database
@as_json
def studio_pages(each: int, rounds: int, kinds: tuple[str, ...], *, as_json: bool, **size: int) -> None:
    """The studio of a large site: every page after somebody's change, and how soon a preview shows it."""
    show([table for kind in kinds for table in studio(kind, Size(**size), each, rounds)], as_json=as_json)


@main.command("soak")
@click.option("--minutes", default=30.0, show_default=True, help="How long.")
@click.option("--between", default=3.0, show_default=True, help="Seconds between two kills, about.")
@database
@as_json
def soaked(minutes: float, between: float, kinds: tuple[str, ...], *, as_json: bool) -> None:
    """People read and write while worker processes are killed: no lost write, no wrong row, flat memory."""
    show([soak(kind, minutes, between) for kind in kinds], as_json=as_json)


@main.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Rows outside.")
@click.option("--dlt", default="", help="Interpreter that has dlt[postgres,sql_database], to load the same table with it.")
@as_json
def load(rows: int, dlt: str, *, as_json: bool) -> None:
    """The initial synchronisation of a table between two PostgreSQL databases."""
    show([initial_load(rows, dlt)], as_json=as_json)


@main.command("latency")
@click.option("--rate", default=1000, show_default=True, help="Changes in a second.")
@click.option("--seconds", default=30.0, show_default=True, help="For how long.")
@click.option("--together", default=1, show_default=True, help="Changes in one transaction.")
@click.option("--way", "ways", multiple=True, type=click.Choice(WAYS), default=WAYS[:2], show_default=True)
@click.option("--again", default=0, help="So many rows are there, and are read again meanwhile (foyer sync backfill).")
@as_json
def latencies(rate: int, seconds: float, together: int, ways: tuple[str, ...], again: int, *, as_json: bool) -> None:
    """From the commit of a change in a PostgreSQL database to its being visible in ours."""
    show([latency(way, rate, seconds, together, again) for way in ways], as_json=as_json)


@main.command("drain")
@click.option("--changes", default=2000, show_default=True, help="Changes of each kind that are owed.")
@click.option("--to", "ways", multiple=True, type=click.Choice(TO), default=TO, show_default=True)
@as_json
def drained(changes: int, ways: tuple[str, ...], *, as_json: bool) -> None:
    """What was owed to the outside during an outage goes there."""
    show([drain(way, changes) for way in ways], as_json=as_json)


@main.command("differences")
@click.option("--rows", default=1_000_000, show_default=True, help="Rows outside.")
@as_json
def differences(rows: int, *, as_json: bool) -> None:
    """Ten differences among the rows of both sides, found and mended."""
    show([compared(rows)], as_json=as_json)


@main.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Rows outside.")
@as_json
def rejects(rows: int, *, as_json: bool) -> None:
    """137 bad rows among those of a load, and trying them again."""
    show([rejected(rows)], as_json=as_json)


def show(tables: list[Table], *, as_json: bool) -> None:
    """Print tables."""
    if as_json:
        click.echo(json.dumps([table.data() for table in tables], indent=2, ensure_ascii=False))
    else:
        for table in tables:
            click.echo(table.text())


if __name__ == "__main__":
    main()
