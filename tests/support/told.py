"""The studio of a marina whose two webhooks were told of two changes: what operators find in the log of messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metadata.model import Webhook, WebRole
from runtime.access import Principal
from runtime.database import writing
from runtime.identity.roles import grant_roles
from runtime.jobs.queue import claim, finish, park
from runtime.jobs.webhooks import owe_webhooks
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.tables import create_engine_tables
from support.marina_site import Marina
from support.studio import open_studio

ADDRESS = "https://hooks.example/in?token=SECRET-TOKEN"
HOOKS = tuple(
    Webhook(key=key, entity="booking", roles=("master",), address=ADDRESS, secret="${HOOK_SECRET}", attributes=attributes)
    for key, attributes in (("office", ("number", "boat")), ("office-2", ()))
)


@contextmanager
def open_told(database_url: str, folder: Path) -> Iterator[Marina]:
    """The first message was sent, the second given up, the others wait. Erin operates and nothing else."""
    with open_studio(database_url, folder, WebRole(key="operator", studio=("operate",)), *HOOKS) as opened:
        create_engine_tables(opened.engine)
        with opened.engine.begin() as connection:
            grant_roles(connection, opened.people["erin"], "marina", ("operator",))
        for number in ("B1", "B2"):
            record = opened.book(number)
            with opened.engine.begin() as connection:
                person, listeners = Principal.system("portal"), Listeners((owe_webhooks,))
                values = {"boat": f"<b>{number}</b>"}
                update(connection, opened.snapshot, person, "booking", record, 1, values, listeners=listeners)
        now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
        with writing(opened.engine).begin() as connection:
            for done in (True, False):
                job = claim(connection, now)
                assert job is not None
                if done:
                    finish(connection, job, now)
                else:
                    park(connection, job, "the receiver says that it is gone (410)")
        yield opened
