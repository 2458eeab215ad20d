"""Doing what is owed: of each lane one job after the other, each told at the end whether it is done, waits, or is parked."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connectors.commands import send_command
from connectors.errors import ConnectorError, Retriable, first_line
from connectors.steps import Fact, owed_step
from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.access.principal import Person as Actor
from runtime.database import writing
from runtime.identity.roles import roles_for
from runtime.jobs.lanes import HANDS, Lanes
from runtime.jobs.posting import post
from runtime.jobs.queue import CALL, HOOK, MAIL, POST, Job, claim, finish, park, put_off
from runtime.jobs.tasks import Task, TaskRefused, TaskWork, find_task
from runtime.jobs.webhooks import deliver
from runtime.mail import MailMessage
from runtime.mail.message import Mailer, MailFailed
from runtime.records.people import load_person
from runtime.sync.pool import Adapters

log = logging.getLogger(__name__)
REST_SECONDS = 2.0
DONE, WAITS, PARKED = "done", "waits", "parked"


class _Parked(Exception):
    """The job cannot be done as it is."""


@dataclass(frozen=True, slots=True)
class Office:
    """What jobs are done with. `newest` gives the newest release, `tasks` finds a task by its name, `private` are hosts
    that webhooks may reach in a private network."""

    engine: Engine
    newest: Callable[[], Snapshot]
    mailer: Mailer
    adapters: Adapters
    tasks: Callable[[str], Task | None] = find_task
    private: frozenset[str] = frozenset()
    lanes: Lanes = field(default_factory=Lanes)

    def work(self, now: dt.datetime) -> bool:
        """Do the job that is due longest, of a lane in which nobody else is at work. False where none is due. Raises
        SQLAlchemyError."""
        with self.lanes.choosing:
            with writing(self.engine).begin() as connection:
                job = claim(connection, now, self.lanes.closed(now))
            if job is None:
                return False
            self.lanes.take(job.lane)
        facts: dict[str, Fact] = {"foyer.job.kind": job.kind, "foyer.job.attempts": job.attempts}
        with self.lanes.doing(job.lane, now) as failing, owed_step((job.origin,), f"job {job.kind}", facts) as told:
            outcome = self._work(job, now)
            told.note({"foyer.job.outcome": outcome})
            if outcome != DONE:
                told.fail(outcome)
            failing.failed = outcome == WAITS
        return True

    def _work(self, job: Job, now: dt.datetime) -> str:
        """Do it, and write down what became of it, which is given back in a word. Raises SQLAlchemyError."""
        facts = {"action": "job", "job": job.id, "kind": job.kind}
        try:
            self._do(job, now)
        except _Parked as fault:
            log.warning("job parked: %s", fault, extra=facts)
            with writing(self.engine).begin() as connection:
                park(connection, job, str(fault))
            return PARKED
        except (MailFailed, Retriable) as fault:
            self._later(job, str(fault), now, fault.after if isinstance(fault, Retriable) else 1.0)
            return WAITS
        except ConnectorError as fault:
            log.warning("job parked: %s", fault, extra=facts)
            with writing(self.engine).begin() as connection:
                park(connection, job, str(fault))
            return PARKED
        except SQLAlchemyError as fault:
            self._later(job, first_line(fault), now)
            return WAITS
        except Exception as fault:  # a task is code of others: whatever it raises, the next jobs must be done
            log.exception("a job failed", extra=facts)
            self._later(job, type(fault).__name__, now)
            return WAITS
        log.info("job done", extra=facts)
        return DONE

    def _do(self, job: Job, now: dt.datetime) -> None:
        """Do it, outside of any transaction where others are asked."""
        if job.kind == MAIL:
            self.mailer.send(MailMessage(**job.payload))
        elif job.kind == CALL:
            self._call(job)
        elif job.kind == HOOK:
            deliver(self.newest(), job, now, self.private)
        elif job.kind == POST:
            post(job.payload, job.key, now.timestamp(), self.private)
        else:
            with writing(self.engine).begin() as connection:
                self._task(connection, job)
                finish(connection, job, now)
            return
        with writing(self.engine).begin() as connection:
            finish(connection, job, now)

    def _call(self, job: Job) -> None:
        connection = self.newest().connections.get(job.payload["connection"])
        command = next((one for one in connection.commands if one.key == job.payload["command"]), None) if connection else None
        if connection is None or command is None or not connection.active:
            raise _Parked("the connection or its command is there no more, or inactive")
        send_command(self.adapters.of(connection), command, job.payload["values"], job.key)

    def _task(self, connection: Connection, job: Job) -> None:
        task = self.tasks(job.payload["task"])
        if task is None:
            raise _Parked(f"no installed package offers a task {job.payload['task']}")
        snapshot = self.newest()
        principal = self._actor(connection, snapshot, job)
        try:
            task(TaskWork(connection, snapshot, principal, job.entity, job.record, job.payload["values"], job.key))
        except TaskRefused as refused:
            raise _Parked(str(refused)) from refused

    def _actor(self, connection: Connection, snapshot: Snapshot, job: Job) -> Principal:
        """Who took the action, as they are by now."""
        if job.site not in snapshot.sites:
            raise _Parked(f"there is no site {job.site} any more")
        if job.contact is None:
            return Principal.anonymous(snapshot, job.site)
        person = load_person(connection, snapshot, job.contact, job.acting)
        if person is None or not person.active:
            raise _Parked("who took the action is there no more, or inactive, or may not act for the account any more")
        actor = Actor(
            person.contact, person.account, person.company, person.name, person.language, person.time_zone, job.acting
        )
        roles = roles_for(connection, snapshot, person.contact, job.site, job.acting)
        return Principal.signed_in(snapshot, job.site, actor, roles)

    def _later(self, job: Job, reason: str, now: dt.datetime, after: float = 1.0) -> None:
        log.warning("job waits: %s", reason, extra={"action": "job", "job": job.id, "kind": job.kind})
        with writing(self.engine).begin() as connection:
            put_off(connection, job, reason, now, after)


def hands_of(office: Office, stop: threading.Event) -> tuple[threading.Thread, ...]:
    """The threads that do jobs as they become due until told to stop, not begun yet."""
    return tuple(threading.Thread(target=_keep_working, args=(office, stop), name=f"jobs-{place}") for place in range(HANDS))


def _keep_working(office: Office, stop: threading.Event) -> None:
    """A database that does not answer is asked again after a rest."""
    while not stop.is_set():
        try:
            if office.work(dt.datetime.now(dt.UTC)):
                continue
        except SQLAlchemyError as error:
            log.warning("the database does not answer: %s", first_line(error), extra={"action": "job_database"})
        stop.wait(REST_SECONDS)
