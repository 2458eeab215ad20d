"""`python -m benchmarks`: measure, print a table, and with --json one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from benchmarks import measures
from benchmarks.pages import Effort, compare
from benchmarks.processor import processor_time
from benchmarks.report import Table
from benchmarks.rows import Scale
from benchmarks.servers import Load
from benchmarks.sync import load as initial_load

KINDS = ("postgresql", "sqlite")
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


@main.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Rows outside.")
@as_json
def load(rows: int, *, as_json: bool) -> None:
    """The initial synchronisation of a table between two PostgreSQL databases."""
    show([initial_load(rows)], as_json=as_json)


def show(tables: list[Table], *, as_json: bool) -> None:
    """Print tables."""
    if as_json:
        click.echo(json.dumps([table.data() for table in tables], indent=2, ensure_ascii=False))
    else:
        for table in tables:
            click.echo(table.text())


if __name__ == "__main__":
    main()
