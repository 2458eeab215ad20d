"""Webhooks that go out: owed with the change, signed, limited by rights, tried again, and never sent into a private network."""

import datetime as dt
import json
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from connectors.errors import Fatal, Retriable
from connectors.webhook.sending import Message, is_public, send
from metadata.checks import check
from metadata.model import EntityPermission, Filter, Webhook, component_id
from runtime.cli.webhooks import command
from runtime.database import writing
from runtime.jobs.doing import Office, hands_of
from runtime.jobs.lanes import HANDS, Lanes
from runtime.jobs.queue import jobs, messages, replay
from runtime.sync.pool import Adapters
from support.gallery import make_gallery
from support.harbour import eventually
from support.portal import Outbox

NEW, OLD, OTHER = (
    "whsec_" + "bmV3IHNlY3JldCBvZiBob29r",
    "whsec_" + "b2xkIHNlY3JldCBvZiBob29r",
    "whsec_" + "YW5vdGhlciBzZWNyZXQgYWx0",
)
HERE = frozenset({"127.0.0.1"})


class Ear:
    """A receiver that keeps what it is sent, and answers what it is told."""

    def __init__(self):
        self.heard, self.answers = [], []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers), body))
                status, headers = ear.answers.pop(0) if ear.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?of=gallery"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def verified(self, secret, which=-1):
        headers, body = self.heard[which]
        return Receiver(secret).verify(body, {name.lower(): value for name, value in headers.items()})


@pytest.fixture
def ear(monkeypatch):
    made = Ear()
    monkeypatch.setenv("EAR_URL", made.url)
    monkeypatch.setenv("EAR_SECRET", f"{NEW} {OLD}")
    yield made
    made.server.shutdown()
    made.server.server_close()


def hook(key="works", **more):
    given = {"roles": ("visitor",), "attributes": ("title", "secret"), **more}
    return Webhook(key=key, entity="work", address="${EAR_URL}", secret="${EAR_SECRET}", **given)


@pytest.fixture
def gallery_with(database_url, tmp_path, ear):
    made = []

    def make(*components):
        made.append(make_gallery(database_url, tmp_path, *components))
        return made[0]

    yield make
    for one in made:
        one.engine.dispose()


def office(gallery, private=HERE):
    return Office(gallery.engine, gallery.services.snapshots.current, Outbox(), Adapters(), private=private)


def owed(gallery):
    with gallery.engine.connect() as connection:
        return messages(connection, 100)


def later(minutes=0):
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)


def test_a_message_is_signed_with_both_secrets_and_has_what_the_role_may_read(gallery_with, ear):
    gallery = gallery_with(hook(), hook("own", roles=("artist",)))
    ada = gallery.as_("ada")
    ada.send("/works/new", title="Sea", secret=(b"hush hush", "hush.txt"))
    (job,) = owed(gallery)  # artists read their own works, and a webhook has none
    assert office(gallery).work(later())
    for secret in (NEW, OLD):
        said = ear.verified(secret)
    with pytest.raises(WebhookVerificationError):
        ear.verified(OTHER)
    assert (said["type"], said["data"]) == ("work.created", {"id": 1, "version": 1, "title": "Sea"})
    assert ear.heard[0][0]["webhook-id"] == job.key
    ada.send("/works/Sea/edit", title="Sky")
    assert office(gallery).work(later())
    assert (ear.verified(NEW)["type"], ear.verified(NEW)["data"]["title"]) == ("work.changed", "Sky")
    assert not office(gallery).work(later())


def test_only_what_holds_is_told_and_nothing_of_a_change_that_was_refused(gallery_with, ear):
    gallery = gallery_with(
        hook(events=("created", "deleted"), condition=Filter(attribute="title", operator="eq", value="Sea")),
        EntityPermission(key="gone", entity="work", scope="global", roles=("artist",), privileges=("read", "delete")),
    )
    ada = gallery.as_("ada")
    for title in ("Sky", "Sea", "Sea", ""):  # the second Sea is refused for its name, the last for want of one
        ada.send("/works/new", title=title)
    (job,) = owed(gallery)
    assert json.loads(job.payload["body"])["data"]["title"] == "Sea"


def test_what_fails_is_sent_again_under_its_id_then_parked_and_replayed(gallery_with, ear, tmp_path, database_url):
    gallery = gallery_with(hook())
    gallery.as_("ada").send("/works/new", title="Sea")
    ear.answers = [(500, {}), (302, {"Location": "http://127.0.0.1:1/"}), (503, {"Retry-After": "600"})]
    now = later()
    assert office(gallery).work(now)
    assert not office(gallery).work(now)
    for minutes in (1, 3):
        assert office(gallery).work(later(minutes))
    assert not office(gallery).work(later(10))
    assert "503" in owed(gallery)[0].reason
    assert office(gallery).work(later(14))
    assert len({(headers["webhook-id"], body) for headers, body in ear.heard}) == 1
    assert (owed(gallery)[0].state, len(ear.heard)) == ("done", 4)
    with writing(gallery.engine).begin() as connection:
        assert replay(connection, owed(gallery)[0].id, later())
    ear.answers = [(410, {})]
    assert office(gallery).work(later(20))
    assert (owed(gallery)[0].state, "410" in owed(gallery)[0].reason) == ("parked", True)
    environ = {"FOYER_DATABASE_URL": database_url, "FOYER_DATA_DIR": str(tmp_path)}
    told = CliRunner().invoke(command, ["log"], env=environ)
    assert (told.exit_code, "parked works of work 1" in told.stdout, "Sea" in told.stdout) == (0, True, False)
    assert CliRunner().invoke(command, ["replay", str(owed(gallery)[0].id)], env=environ).exit_code == 0
    assert CliRunner().invoke(command, ["replay", "4711"], env=environ).exit_code == 1
    assert office(gallery).work(later(30))
    assert len({(headers["webhook-id"], body) for headers, body in ear.heard}) == 1


def test_no_message_goes_into_a_private_network_unless_the_operator_names_the_host(gallery_with, ear, monkeypatch):
    gallery = gallery_with(hook())
    gallery.as_("ada").send("/works/new", title="Sea")
    assert office(gallery, frozenset()).work(later())
    assert (owed(gallery)[0].state, ear.heard) == ("parked", [])
    asked = []

    def resolve(host, port, **more):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("93.184.215.14", "10.0.0.7")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Fatal, match="private network"):
        send("https://hook.example/x", Message("evt_1", b"{}"), [b"0" * 16], 0.0)
    for address in ("http://hook.example/", "ftp://hook.example/", "https://user:word@hook.example/", "https:///x", "/x"):
        with pytest.raises(Fatal):
            send(address, Message("evt_1", b"{}"), [b"0" * 16], 0.0)
    assert asked == ["hook.example"]


def test_the_connection_goes_to_the_address_that_was_looked_at(ear, monkeypatch):
    real, asked = socket.getaddrinfo, []

    def rebinding(host, port, *args, **more):
        asked.append(host)
        return real("127.0.0.1" if host == "ear.example" and len(asked) == 1 else host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    address = ear.url.replace("127.0.0.1", "ear.example")
    assert send(address, Message("evt_1", b"{}"), [b"0" * 16], 0.0, frozenset({"ear.example"})) == 204
    assert asked.count("ear.example") == 1
    assert ear.heard[0][0]["Host"].startswith("ear.example:")
    ear.server.server_close()
    with pytest.raises(Retriable):
        send("https://127.0.0.1:1/", Message("evt_1", b"{}"), [b"0" * 16], 0.0, HERE)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_addresses_in_whatever_disguise_are_taken_by_what_they_are(address, public):
    assert is_public(address) is public


def test_a_webhook_that_cannot_be_is_told_with_its_place(gallery_with):
    gallery = gallery_with()
    path = Filter(attribute="artist.full_name", operator="eq", value="Ada")
    wrong = hook(events=("made",), roles=(), condition=path)
    found = {
        problem.position.path: problem.message for problem in check({**gallery.snapshot.components, component_id(wrong): wrong})
    }
    assert {"events.0", "roles", "condition.attribute"} <= found.keys()


class Held(Ear):
    """A receiver that answers when it is let."""

    def __init__(self):
        super().__init__()
        self.let, self.within, self.most = threading.Event(), 0, 0
        handler, told, counting = self.server.RequestHandlerClass, self, threading.Lock()
        answer = handler.do_POST

        def when_let(self):
            with counting:
                told.within += 1
                told.most = max(told.most, told.within)
            assert told.let.wait(30)
            with counting:
                told.within -= 1
            answer(self)

        handler.do_POST = when_let


@pytest.fixture
def held(monkeypatch):
    made = Held()
    monkeypatch.setenv("HELD_URL", made.url)
    yield made
    made.let.set()
    made.server.shutdown()
    made.server.server_close()


def working(office):
    stop = threading.Event()
    hands = hands_of(office, stop)
    for hand in hands:
        hand.start()

    def end():
        stop.set()
        for hand in hands:
            hand.join(30)

    return end


def test_a_receiver_that_does_not_answer_holds_up_its_own_messages_alone(gallery_with, ear, held):
    slow = [replace(hook(f"slow-{place}"), address="${HELD_URL}") for place in range(HANDS - 1)]
    gallery = gallery_with(*slow, hook())
    ada = gallery.as_("ada")
    desk = office(gallery)
    for title in ("Sea", "Sky", "Sun"):
        ada.send("/works/new", title=title)
    end = working(desk)
    try:
        assert eventually(lambda: len(ear.heard) == 3)
        assert [json.loads(body)["data"]["title"] for _, body in ear.heard] == ["Sea", "Sky", "Sun"]
        assert held.within < HANDS
        held.let.set()
        assert eventually(lambda: [job.state for job in owed(gallery)] == ["done"] * 3 * HANDS)
    finally:
        held.let.set()
        end()
    for place in range(HANDS - 1):  # each receiver is told in the order of what happened
        told = [job for job in owed(gallery) if job.payload["webhook"] == f"slow-{place}"]
        assert [json.loads(job.payload["body"])["data"]["title"] for job in told] == ["Sun", "Sky", "Sea"]
    assert len({headers["webhook-id"] for headers, _ in held.heard}) == 3 * (HANDS - 1)


def test_one_receiver_has_one_message_at_a_time(gallery_with, held):
    gallery = gallery_with(replace(hook(), address="${HELD_URL}"))
    ada = gallery.as_("ada")
    for title in ("Sea", "Sky", "Sun"):
        ada.send("/works/new", title=title)
    end = working(office(gallery))
    try:
        assert eventually(lambda: held.within == 1)
        held.let.set()
        assert eventually(lambda: [job.state for job in owed(gallery)] == ["done"] * 3)
    finally:
        held.let.set()
        end()
    assert held.most == 1
    assert [json.loads(body)["data"]["title"] for _, body in held.heard] == ["Sea", "Sky", "Sun"]


def test_a_receiver_that_was_slow_and_failed_rests_and_its_messages_keep_their_tries(gallery_with, ear):
    gallery = gallery_with(hook())
    ada = gallery.as_("ada")
    for title in ("Sea", "Sky"):
        ada.send("/works/new", title=title)
    ear.answers = [(500, {})]
    desk = replace(office(gallery), lanes=Lanes(slow_seconds=0.0))
    assert desk.work(later())
    assert not desk.work(later())
    assert [job.attempts for job in owed(gallery)] == [0, 1]
    assert desk.work(later(1))
    assert desk.work(later(1))
    assert [(job.state, job.attempts) for job in owed(gallery)] == [("done", 1), ("done", 2)]


def test_messages_that_a_version_before_has_owed_are_sent(gallery_with, ear):
    gallery = gallery_with(hook())
    ada = gallery.as_("ada")
    for title in ("Sea", "Sky", "Sun"):
        ada.send("/works/new", title=title)
    with writing(gallery.engine).begin() as connection:
        connection.execute(jobs.update().values(lane=None))
    end = working(office(gallery))
    try:
        assert eventually(lambda: [job.state for job in owed(gallery)] == ["done"] * 3)
    finally:
        end()
    assert len(ear.heard) == 3
