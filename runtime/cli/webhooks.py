"""`foyer webhooks`: what was told to outside systems, and what is to be told again."""

from __future__ import annotations

import click

from metadata.text import counted
from runtime.cli.installation import open_installation
from runtime.cli.output import Report, reporting
from runtime.database import writing
from runtime.identity.sessions import utc_now
from runtime.jobs.queue import Job, messages, replay
from runtime.tables import create_engine_tables


@click.group("webhooks")
def command() -> None:
    """List the messages of webhooks of the last 30 days; have any of them sent again."""


@command.command("log")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, help="How many, newest first.")
@reporting
def log(most: int) -> Report:
    """List messages, newest first: those that were sent, wait, or are parked; what they say is not shown."""
    engine = open_installation().engine
    create_engine_tables(engine)
    with engine.connect() as connection:
        found = messages(connection, most)
    data = [
        {
            "id": one.id,
            "webhook_id": one.key,
            "webhook": one.payload.get("webhook", ""),
            "state": one.state,
            "entity": one.entity,
            "record": one.record,
            "attempts": one.attempts,
            "reason": one.reason,
        }
        for one in found
    ]
    return Report(tuple(map(_line, found)) or ("Nothing was told.",), {"messages": data})


@command.command("replay")
@click.argument("number", type=click.IntRange(1, 2**62), metavar="NUMBER")
@reporting
def again(number: int) -> Report:
    """Have a message sent again by the worker, at once, with the same id."""
    with writing(open_installation().engine).begin() as connection:
        done = replay(connection, number, utc_now())
    if not done:
        return Report((f"There is no message {number}; foyer webhooks log lists them.",), {"message": number}, ok=False)
    return Report((f"Message {number} is sent again.",), {"message": number})


def _line(job: Job) -> str:
    webhook = job.payload.get("webhook", "")
    tries = counted(job.attempts, "try", "tries")
    return f"{job.id}  {job.state} {webhook} of {job.entity} {job.record}, {tries}. {job.reason}".rstrip()
