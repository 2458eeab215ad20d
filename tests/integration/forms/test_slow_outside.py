"""An outside system that takes its time: nobody waits but who asked."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from metadata.model import WriteThrough
from runtime.database import BUSY_TIMEOUT_MS, hurried, make_engine, writing
from runtime.forms.ports import Accepted
from runtime.identity.tables import sessions
from support.pottery import hidden

PATIENCE_SECONDS = 60.0
NEW = "/firings/new"


def takes_once(pottery, ready):
    """Let the oven take what it is asked once something is so, which it waits for and says whether it came."""

    def ask(*_):
        assert ready()
        return Accepted()

    pottery.oven.asks, pottery.oven.ask = True, ask


def filled(browser):
    return {**hidden(browser.get(NEW).text), "title": "Bowls"}


def test_two_people_who_send_at_once_are_both_served(pottery):
    both = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    takes_once(pottery, lambda: both.wait() in (0, 1))
    posts = [(browser, filled(browser)) for browser in (pottery.as_("ada"), pottery.as_("ben"))]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda post: post[0].client.post(NEW, data=post[1]), posts))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(pottery.rows("firing")) == 2


def test_pages_are_read_while_somebody_waits_even_in_sessions_long_unused(pottery):
    asked, read = threading.Event(), threading.Event()
    takes_once(pottery, lambda: asked.set() or read.wait(PATIENCE_SECONDS))
    writer, reader = pottery.as_("ada"), pottery.as_("ben")
    fields = filled(writer)
    with pottery.engine.begin() as connection:
        hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        connection.execute(sa.update(sessions).values(seen_at=hour_ago).where(sessions.c.contact_id == pottery.ids["ben"]))
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(writer.client.post, NEW, data=fields)
        assert asked.wait(PATIENCE_SECONDS)
        try:
            answer = reader.get("/firings")
            read_meanwhile = not sending.done()
        finally:
            read.set()
        assert sending.result().status_code == 303
    assert (answer.status_code, read_meanwhile) == (200, True)


def test_who_is_in_a_hurry_gives_up_soon_and_the_next_one_waits_as_ever(sqlite_url):
    engine, other = make_engine(sqlite_url, pool_size=1), make_engine(sqlite_url)
    with writing(other).begin():
        start = time.monotonic()
        with pytest.raises(sa.exc.OperationalError), hurried(writing(engine), 50).begin():
            pass
        assert time.monotonic() - start < BUSY_TIMEOUT_MS / 1000 / 4
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == BUSY_TIMEOUT_MS
    for one in (engine, other):
        one.dispose()


def test_a_writer_waits_longer_than_an_outside_system_may_take():
    assert WriteThrough.__dataclass_fields__["timeout"].metadata["max"] < BUSY_TIMEOUT_MS / 1000
