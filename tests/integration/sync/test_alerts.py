"""Alerts: a rule fires once while it holds, tells who it names, pauses where it says so, and clears when it is over."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors import checkpoint as checkpoints
from connectors.alerts import acknowledge, read_alerts
from connectors.errors import Fatal, Retriable
from connectors.home import utc_now
from connectors.webhook.signing import secrets_of, verify
from metadata.model import SyncAlert, Text
from metadata.snapshot import Snapshot
from runtime.identity.roles import grant_roles
from runtime.jobs.posting import post
from runtime.jobs.queue import jobs
from runtime.sync.alerting import Watch, keep_watch
from support.harbour import World, boat_row, eventually, harbour_row
from support.marina_site import Marina
from support.quay import open_quay, turned

UNKNOWN = SyncAlert(
    key="unknown",
    site="marina",
    label=Text.of({"en": "Unknown codes"}),
    when="errors",
    code="value_map",
    count=2,
    minutes=10,
    roles=("operator",),
    webhook="https://hooks.example/x",
    secret="${ALERTS_SECRET}",
    pause=True,
)
RULES = (
    UNKNOWN,
    SyncAlert(key="gap", site="marina", when="gap", maps=("harbours",)),
    SyncAlert(key="old", site="marina", when="lag", seconds=300),
    SyncAlert(key="stuck", site="marina", when="dead_letter", seconds=300),
    SyncAlert(key="silent", site="marina", when="no_success", seconds=600),
    SyncAlert(key="off", site="marina", when="lag", seconds=1, active=False),
)
HERE = frozenset({"127.0.0.1"})
Quay = tuple[Marina, World, Watch]


@pytest.fixture
def quay(database_url: str, tmp_path: Path) -> Iterator[Quay]:
    with open_quay(database_url, tmp_path, *RULES) as (site, world):
        world.put("harbour", harbour_row("GOT"))
        world.put("boat", {**boat_row(1), "berth": "A1"})
        turned(world)
        yield site, world, Watch(site.engine, lambda: site.snapshot, "https://marina.example")


def later(seconds: float) -> dt.datetime:
    return utc_now() + dt.timedelta(seconds=seconds)


def alerts(site: Marina, *, open_only: bool = True) -> list[tuple[str, str]]:
    with site.engine.connect() as connection:
        return sorted((item.rule, item.map) for item in read_alerts(connection, open_only=open_only))


def owed(site: Marina) -> list[tuple[str, dict[str, object]]]:
    with site.engine.connect() as connection:
        found = connection.execute(sa.select(jobs.c.kind, jobs.c.payload).order_by(jobs.c.id))
        return [(row.kind, json.loads(row.payload)) for row in found]


def refuse(world: World, *numbers: int) -> None:
    world.put("boat", *({**boat_row(number, state="?"), "berth": "A1"} for number in numbers))
    turned(world)


def test_errors_of_a_class_tell_people_and_a_webhook_pause_the_map_and_are_told_once(quay: Quay) -> None:
    site, world, watch = quay
    refuse(world, 2)
    assert watch.look(utc_now()) == 0, "one is not yet two"
    refuse(world, 3)
    assert watch.look(utc_now()) == 1
    assert alerts(site) == [("unknown", "boats")]
    assert world.checkpoint().paused_by == "alert unknown"
    (mail, message), (posted, hook) = owed(site)
    assert (mail, posted) == ("mail", "post")
    assert message["to"] == "erin@marina.example"
    assert "Unknown codes" in str(message["subject"])
    assert "2 errors of class value_map within 10 minutes" in str(message["text"])
    assert "https://marina.example/studio/sync/map/boats" in str(message["text"])
    assert hook["body"]["map"] == "boats"  # type: ignore[index]
    assert watch.look(utc_now()) == 0, "it stands and is not told again"
    assert len(owed(site)) == 2
    assert watch.look(later(11 * 60)) >= 1
    assert ("unknown", "boats") not in alerts(site), "the window is over"
    assert ("unknown", "boats") in alerts(site, open_only=False)


def test_nobody_without_the_role_or_inactive_is_told(quay: Quay) -> None:
    site, world, watch = quay
    with site.engine.begin() as connection:
        grant_roles(connection, site.people["bob"], "marina", ("operator",))
        contact = site.snapshot.entities["contact"].table
        connection.execute(sa.update(contact).where(contact.c.id == site.people["erin"]).values(active=False))
    refuse(world, 2, 3)
    watch.look(utc_now())
    assert [message["to"] for kind, message in owed(site) if kind == "mail"] == ["bob@sail.example"]


def test_lag_a_gap_an_old_refused_row_and_no_success_fire_and_clear(quay: Quay) -> None:
    site, world, watch = quay
    assert watch.look(later(200)) == 0
    assert watch.look(later(400)) == 2
    assert alerts(site) == [("old", "boats"), ("old", "harbours")]
    turned(world)
    watch.look(utc_now())
    assert alerts(site) == []
    refuse(world, 2)
    watch.look(later(320))
    assert ("stuck", "boats") in alerts(site)
    watch.look(later(700))
    assert ("silent", "harbours") in alerts(site)
    watch.look(utc_now())
    assert alerts(site) == []
    with world.now() as connection:
        checkpoints.fail(connection, "harbours", "gap: the slot is gone", utc_now(), None)
        checkpoints.fail(connection, "boats", "gap: the slot is gone", utc_now(), None)
    watch.look(utc_now())
    assert alerts(site) == [("gap", "harbours")], "the rule names one map"


def test_a_new_rule_is_in_effect_at_once_and_one_that_is_gone_clears(quay: Quay) -> None:
    site, world, _ = quay
    refuse(world, 2)
    marina = site.snapshot.sites["marina"]

    def released_with(*rules: SyncAlert) -> Snapshot:
        sites = {"marina": replace(marina, sync_alerts={rule.key: rule for rule in rules})}
        return replace(site.snapshot, sites=sites, _derived={})

    changed, none = released_with(replace(UNKNOWN, count=1)), released_with()
    released = [site.snapshot]
    stop = threading.Event()
    watching = threading.Thread(target=keep_watch, args=(Watch(site.engine, lambda: released[0], ""), stop))
    watching.start()
    try:
        released[0] = changed
        assert eventually(lambda: alerts(site) == [("unknown", "boats")], 5.0), "within five seconds"
        released[0] = none
        assert eventually(lambda: alerts(site) == [], 5.0)
    finally:
        stop.set()
        watching.join()


def test_who_has_seen_an_alert_is_kept_and_of_two_watches_one_tells(quay: Quay) -> None:
    site, world, watch = quay
    refuse(world, 2, 3)
    twin = Watch(site.engine, lambda: site.snapshot, "")
    assert watch.look(utc_now()) + twin.look(utc_now()) == 1
    with site.engine.begin() as connection:
        (alert,) = read_alerts(connection, open_only=True)
        assert acknowledge(connection, alert.id, "Erin (5)", utc_now())
        assert not acknowledge(connection, alert.id, "Bob (2)", utc_now())
        (alert,) = read_alerts(connection, open_only=True)
    assert alert.seen_by == "Erin (5)"


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it gets, and answers as it is told."""

    status = 204
    got: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def test_a_message_is_signed_and_a_refusal_waits_or_is_given_up() -> None:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    variables = {"ALERTS_URL": f"http://127.0.0.1:{server.server_port}/x", "ALERTS_SECRET": "a-secret-of-twenty-four"}
    payload = {"url": "${ALERTS_URL}", "secret": "${ALERTS_SECRET}", "body": {"map": "boats"}}
    now = utc_now().timestamp()
    try:
        post(payload, "alert:1:post", now, HERE, variables)
        headers, body = Receiver.got[-1]
        assert verify(secrets_of(variables["ALERTS_SECRET"]), headers, body, now) == "alert:1:post"
        assert json.loads(body) == {"map": "boats"}
        Receiver.status = 503
        with pytest.raises(Retriable):
            post(payload, "alert:1:post", now, HERE, variables)
        Receiver.status = 410
        with pytest.raises(Fatal):
            post(payload, "alert:1:post", now, HERE, variables)
        with pytest.raises(Fatal, match="FOYER_WEBHOOK_HOSTS"):
            post(payload, "alert:1:post", now, frozenset(), variables)
        with pytest.raises(Fatal, match="ALERTS_URL"):
            post(payload, "alert:1:post", now, HERE, {})
    finally:
        server.shutdown()
        server.server_close()
