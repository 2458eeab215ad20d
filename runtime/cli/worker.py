"""`foyer worker`: keeps rows in step with outside systems until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import threading

import click

from connectors.history import Run
from metadata.snapshot import Snapshot
from runtime.cli.installation import open_installation
from runtime.errors import NothingPublished
from runtime.files.places import make_store
from runtime.housekeeping import keep_tidy
from runtime.identity.sessions import utc_now
from runtime.jobs.doing import Office, hands_of
from runtime.logs import configure_logs
from runtime.mail import make_mailer
from runtime.snapshots import SnapshotHolder
from runtime.sync.alerting import Watch, keep_watch
from runtime.sync.pool import Adapters
from runtime.sync.worker import Worker
from runtime.tables import create_engine_tables
from runtime.traces.asked import begin_traces

log = logging.getLogger("foyer.worker")


@click.command("worker")
def command() -> None:
    """Run the table maps at their intervals, deliver what is owed and do the jobs of actions, until SIGTERM; tidy up hourly."""
    stop = _stop_on_signals()
    installation = open_installation()
    configure_logs(installation.config.log_level)
    begin_traces(os.environ)
    create_engine_tables(installation.engine)
    holder = SnapshotHolder(installation.engine)
    first = _first_release(holder, stop)
    if first is not None:
        log.info("worker started", extra={"action": "worker_started", "release": first.release})
        config = installation.config
        store = make_store(config.files_url, config.files_folder)
        kept = (installation.engine, stop, utc_now, store, holder.refresh, config.audit_days)
        tidying = threading.Thread(target=keep_tidy, args=kept, name="housekeeping")
        tidying.start()
        mailer = make_mailer(config.smtp_url, config.mail_folder, config.mail_from)
        office = Office(installation.engine, holder.refresh, mailer, Adapters(), private=config.webhook_hosts)
        hands = hands_of(office, stop)
        for hand in hands:
            hand.start()
        watch = Watch(installation.engine, holder.refresh, config.public_url)
        watching = threading.Thread(target=keep_watch, args=(watch, stop), name="alerts")
        watching.start()
        try:
            Worker(installation.engine, holder.refresh, stop, _tell).run()
        finally:
            stop.set()
            tidying.join()
            for hand in hands:
                hand.join()
            watching.join()
            office.adapters.close()
    log.info("worker stopped", extra={"action": "worker_stopped"})


def _first_release(holder: SnapshotHolder, stop: threading.Event) -> Snapshot | None:
    """The snapshot to begin with; waits for the first release."""
    while not stop.is_set():
        try:
            return holder.refresh()
        except NothingPublished:
            stop.wait(1.0)
    return None


def _tell(run: Run) -> None:
    if run.outcome != "done":
        log.warning("%s: %s", run.map, run.message, extra={"action": "sync_run", "map": run.map, "outcome": run.outcome})
    elif run.counts.inserted or run.counts.updated or run.counts.deleted or run.counts.rejected:
        log.info("%s", summary(run), extra={"action": "sync_run", "map": run.map})


def summary(run: Run) -> str:
    """A run in a line."""
    counts, seconds = run.counts, max((run.finished_at - run.started_at).total_seconds(), 0.001)
    parts = [f"{counts.inserted} new", f"{counts.updated} changed"]
    parts += [f"{counts.deleted} deleted"] * bool(counts.deleted) + [f"{counts.rejected} rejected"] * bool(counts.rejected)
    return f"{run.map}: {', '.join(parts)} of {counts.taken} in {seconds:.1f} s"


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
