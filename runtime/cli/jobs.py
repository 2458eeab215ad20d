"""`foyer jobs`: what actions owe and is not done yet."""

from __future__ import annotations

import click
from sqlalchemy import Engine

from metadata.text import counted
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.database import writing
from runtime.identity.sessions import utc_now
from runtime.jobs.queue import Job, open_jobs, retry
from runtime.tables import create_engine_tables


@click.group("jobs")
def command() -> None:
    """List the mails, commands and tasks of actions that are not done yet; have parked ones tried again."""


@command.command("list")
@reporting
def list_jobs() -> Report:
    """List what is not done, parked jobs first; what they say is not shown."""
    with _engine().connect() as connection:
        found = open_jobs(connection)
    data = [
        {"id": one.id, "kind": one.kind, "state": one.state, "entity": one.entity, "record": one.record, "reason": one.reason}
        for one in found
    ]
    return Report(tuple(_line(one) for one in found) or ("Nothing is owed.",), {"jobs": data})


def _engine() -> Engine:
    engine = open_installation().engine
    create_engine_tables(engine)
    return engine


def _line(job: Job) -> str:
    tries = counted(job.attempts, "try", "tries")
    return f"{job.id}  {job.state} {job.kind} for {job.entity} {job.record}, {tries}. {job.reason}".rstrip()


@command.command("retry")
@click.argument("number", type=click.IntRange(1, 2**62), metavar="NUMBER")
@reporting
def try_again(number: int) -> Report:
    """Have a job tried again by the worker, at once."""
    with writing(_engine()).begin() as connection:
        done = retry(connection, number, utc_now())
    if not done:
        return Report((f"There is no job {number} to be done; foyer jobs list lists them.",), {"job": number}, ok=False)
    return Report((f"Job {number} is tried again.",), {"job": number})
