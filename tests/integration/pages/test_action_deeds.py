"""Buttons on a record page that mail, give commands to an outside system, and start tasks."""

import dataclasses
import datetime as dt
import threading
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from metadata.checks import check
from metadata.model import (
    ActionCall,
    ActionMail,
    ActionTask,
    AttributePermission,
    AttributeRight,
    Command,
    Connection,
    GivenValue,
    RecordAction,
    SetValue,
    Snippet,
    component_id,
)
from metadata.store import MetadataStore
from runtime.exposure.form_uses import read_uses
from runtime.jobs.doing import Office
from runtime.jobs.queue import MOST_ATTEMPTS, jobs, open_jobs, retry
from runtime.jobs.tasks import TaskRefused
from runtime.mail import MailFailed
from runtime.records import update
from runtime.records.tables import AUDIT
from runtime.sync.pool import Adapters
from support.collector import told
from support.logged import noted
from support.portal import Outbox
from support.pottery import POTTERY, form, hidden, make_pottery, text
from support.ruled import FIELDS, publish

PAGE = "/firings/F-0001"
SNIPPET = Snippet(key="mail-fired", site="pottery", value=text("{title} of {potter.full_name} is at {peak}.{risk} {Not one}"))
TELL = RecordAction(
    key="tell",
    mail=(ActionMail(to=("potter.email", "kiln_name"), subject=text("{number} is fired"), snippet="mail-fired"),),
)
FIRE = RecordAction(
    key="fire",
    values=(SetValue(attribute="note", value="fired"),),
    call=(
        ActionCall(
            connection="oven",
            command="fire",
            values=(GivenValue(name="number", value="number"), GivenValue(name="heat", value="peak * 1.5")),
        ),
    ),
    task=(ActionTask(task="stamp", values=(GivenValue(name="word", value="concat(note, '!')"),)),),
)


class Oven:
    """A service that notes what it is told, and answers as a test says."""

    def __init__(self):
        self.told, self.status, self.traces = [], 204, []

    def __call__(self, environ, start_response):
        asked = Request(environ)
        body = asked.get_data(as_text=True)
        self.traces.append(asked.headers.get("traceparent"))
        self.told.append((asked.method, asked.environ["REQUEST_URI"], body, asked.headers["Idempotency-Key"]))
        return Response("", self.status)(environ, start_response)


@contextmanager
def running(service):
    server = make_server("127.0.0.1", 0, service, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/kilns/"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def oven():
    return Oven()


@pytest.fixture
def pottery(database_url, tmp_path, oven):
    made = make_pottery(database_url, tmp_path)
    with running(oven) as address:
        commands = (Command(key="fire", path="firings/{number}/fire"),)
        connection = Connection(key="oven", connector="odata", settings=(("url", address),), commands=commands)
        reading = dataclasses.replace(form("firing-read", "firing", *FIELDS[:2]), actions=(TELL, FIRE))
        publish(made, SNIPPET, connection, reading)
        owned = {"potter": made.ids["ada"], "studio": made.ids["clay"], "kiln_name": "kiln@clay.example"}
        made.add("firing", number="F-0001", title="Bowls", peak=1000, **owned)
        yield made
    made.engine.dispose()


def question(browser, key):
    return hidden(browser.get(f"{PAGE}?do={key}").text)


def press(browser, key, fields=None):
    return browser.client.post(f"{PAGE}?do={key}", data=fields or question(browser, key))


def office(pottery, mailer=None, **tasks):
    holder = MetadataStore(pottery.engine)
    snapshot = holder.publish("tester", components=()).snapshot
    return Office(pottery.engine, lambda: snapshot, mailer or Outbox(), Adapters(), tasks.get)


def owed(pottery):
    with pottery.engine.connect() as connection:
        return open_jobs(connection)


def later(minutes=0):
    return dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)


def test_a_mail_goes_to_addresses_that_the_person_may_read_and_is_owed_once(pottery):
    browser, mailer = pottery.as_("ada"), Outbox()
    fields = question(browser, "tell")
    assert [press(browser, "tell", fields).status_code for _ in range(2)] == [303, 303]
    assert [job.kind for job in owed(pottery)] == ["mail", "mail"]
    desk = office(pottery, mailer)
    assert [desk.work(later()) for _ in range(3)] == [True, True, False]
    assert {message.to for message in mailer.sent} == {"ada@clay.example", "kiln@clay.example"}
    assert {message.subject for message in mailer.sent} == {"F-0001 is fired"}
    assert mailer.sent[0].text == "Bowls of Ada is at 1,000. {Not one}"
    assert owed(pottery) == ()
    with pottery.engine.connect() as connection:
        acts = connection.execute(sa.select(AUDIT.c.changes).where(AUDIT.c.privilege == "action")).scalars().all()
        left = connection.execute(sa.select(jobs.c.payload)).scalars().all()
    assert acts == ['{"action": "tell", "owed": ["mail", "mail"]}']
    assert left == ["{}", "{}"]
    assert press(browser, "tell").status_code == 303
    assert len(owed(pottery)) == 2


def test_an_address_and_a_value_that_the_person_may_not_read_are_not_mailed(pottery):
    hidden_from_potters = AttributePermission(
        key="approval",
        entity="firing",
        roles=("potter",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="kiln_name"), AttributeRight(attribute="peak")),
    )
    publish(pottery, hidden_from_potters)
    mailer = Outbox()
    assert press(pottery.as_("ada"), "tell").status_code == 303
    desk = office(pottery, mailer)
    assert [desk.work(later()) for _ in range(2)] == [True, False]
    assert [(message.to, message.text) for message in mailer.sent] == [("ada@clay.example", "Bowls of Ada is at . {Not one}")]


def test_a_mail_that_cannot_go_waits_and_is_parked_after_the_last_try(pottery):
    press(pottery.as_("ada"), "tell")
    desk = office(pottery, Outbox(broken=True))
    for turn in range(2 * MOST_ATTEMPTS):
        assert desk.work(later(120 * turn))
    assert not desk.work(later(100_000))
    found = owed(pottery)
    assert {(job.state, job.reason, job.attempts) for job in found} == {("parked", "the server is away", MOST_ATTEMPTS)}
    with pottery.engine.begin() as connection:
        assert retry(connection, found[0].id, later())
    desk = office(pottery)
    assert [desk.work(later(1)) for _ in range(2)] == [True, False]


def test_a_command_goes_out_by_its_name_and_a_task_runs_with_the_rights_of_who_took_the_action(pottery, oven):
    def stamp(work):
        assert work.principal.contact == pottery.ids["ada"]
        row = work.record
        update(work.connection, work.snapshot, work.principal, work.entity, row, 2, {"risk": work.values["word"]})

    assert press(pottery.as_("ada"), "fire").status_code == 303
    desk = office(pottery, stamp=stamp)
    assert [desk.work(later()) for _ in range(3)] == [True, True, False]
    ((method, address, body, key),) = oven.told
    assert (method, address, body) == ("POST", "/kilns/firings/F-0001/fire", '{"heat": 1500}')
    assert len(key) > 30
    (row,) = pottery.rows("firing")
    assert (row["note"], row["risk"], row["version"]) == ("fired", "fired!", 3)
    assert owed(pottery) == ()


def test_what_is_refused_outside_is_parked_and_what_may_succeed_is_sent_again_under_its_key(pottery, oven):
    def refuse(work):
        raise TaskRefused("no stamp left")

    press(pottery.as_("ada"), "fire")
    oven.status = 500
    desk = office(pottery, stamp=refuse)
    while desk.work(later()):
        pass
    assert {(job.kind, job.state) for job in owed(pottery)} == {("call", "waiting"), ("task", "parked")}
    oven.status = 409
    assert desk.work(later(10))
    assert {job.state for job in owed(pottery)} == {"parked"}
    assert {job.reason for job in owed(pottery) if job.kind == "task"} == {"no stamp left"}
    assert len({told[3] for told in oven.told}) == 1


def test_what_is_done_of_a_request_later_is_a_step_of_its_trace(pottery, oven):
    trace, asked = "4bf92f3577b34da6a3ce929d0e0e4736", "request-of-ada"
    browser = pottery.as_("ada")
    fields = question(browser, "fire")
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Request-ID": asked}
    with noted("foyer.access") as said:
        assert browser.client.post(f"{PAGE}?do=fire", data=fields, headers=headers).headers["X-Request-ID"] == asked
        assert browser.client.get(PAGE).status_code == 200
    assert [line["trace_id"] == trace for line in said] == [True, False]
    with noted("runtime.jobs.doing") as done:
        while office(pottery, stamp=lambda work: None).work(later()):
            pass
    assert [(line["kind"], line["request"], line["trace_id"]) for line in done] == [
        ("call", asked, trace),
        ("task", asked, trace),
    ]
    assert len({line["span_id"] for line in (said[0], *done)}) == 3
    assert oven.traces == [f"00-{trace}-{done[0]['span_id']}-01"]


def test_a_collector_is_told_of_what_is_done_of_a_request_later(pottery, oven):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    browser = pottery.as_("ada")
    fields = question(browser, "fire")
    with told() as collector, noted("runtime.jobs.doing") as done:
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        assert browser.client.post(f"{PAGE}?do=fire", data=fields, headers=headers).status_code == 303
        oven.status = 500
        while office(pottery, stamp=lambda work: None).work(later()):
            pass
        spans = [span for span in collector.spans() if span.kind != "internal"]
    assert {span.trace for span in spans} == {trace}
    (asked,) = [span for span in spans if span.kind == "server"]
    (call,), (task,) = [[span for span in spans if span.name == name] for name in ("job call", "job task")]
    (out,) = [span for span in spans if span.kind == "client"]
    assert (call.kind, call.above, task.above, out.above) == ("consumer", asked.span, asked.span, call.span)
    assert {call.span, task.span} == {line["span_id"] for line in done}
    assert (call.failed, call.facts["foyer.job.outcome"]) == (True, "waits")
    assert (task.failed, task.facts["foyer.job.outcome"], task.facts["db.statements"] > 0) == (False, "done", True)
    assert (out.name, out.failed, out.facts["http.response.status_code"]) == ("POST", True, 500)
    assert out.facts["server.address"] == "127.0.0.1"
    assert oven.traces == [f"00-{trace}-{out.span}-01"]
    assert [word for word in ("F-0001", "Bowls", "fired", "ada", "1500") if word in str(spans)] == []


def test_what_a_task_wrote_before_it_failed_is_undone(pottery):
    def stumble(work):
        update(work.connection, work.snapshot, work.principal, work.entity, work.record, 2, {"risk": "half"})
        raise MailFailed("later")

    press(pottery.as_("ada"), "fire")
    desk = office(pottery, stamp=stumble)
    while desk.work(later()):
        pass
    assert pottery.rows("firing")[0]["risk"] is None


def test_nothing_is_owed_of_a_write_that_is_refused(pottery):
    browser = pottery.as_("ada")
    fields = question(browser, "fire")
    pottery.change("firing", pottery.rows("firing")[0]["id"], peak=900)
    assert press(browser, "fire", fields).status_code == 409
    assert press(browser, "tell", {**question(browser, "tell"), "version": "1"}).status_code == 409
    assert owed(pottery) == ()


def test_what_an_action_sends_away_is_a_surface_of_its_attributes(pottery):
    snapshot = MetadataStore(pottery.engine).publish("tester", components=()).snapshot
    form = snapshot.forms["firing-read"]
    sent = {(use.surface.rpartition(":")[2], use.path) for use in read_uses(snapshot, form) if use.surface.count("/") == 2}
    assert {("tell/mail", "potter.email"), ("tell/mail", "potter.full_name"), ("tell/mail", "peak")} <= sent
    assert {("fire/call", "number"), ("fire/call", "peak"), ("fire/task", "note")} <= sent


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (RecordAction(key="a"), "Say what is set"),
        (dataclasses.replace(TELL, mail=(dataclasses.replace(TELL.mail[0], to=("potter.emial",)),)), "Did you mean 'email'?"),
        (dataclasses.replace(TELL, mail=(dataclasses.replace(TELL.mail[0], to=("peak",)),)), "holds no address"),
        (dataclasses.replace(TELL, mail=(dataclasses.replace(TELL.mail[0], snippet="mail-fried"),)), "Did you mean"),
        (dataclasses.replace(TELL, mail=(dataclasses.replace(TELL.mail[0], subject=text("{titel}")),)), "title"),
        (dataclasses.replace(FIRE, call=(dataclasses.replace(FIRE.call[0], command="fier"),)), "Did you mean 'fire'?"),
        (dataclasses.replace(FIRE, call=(dataclasses.replace(FIRE.call[0], values=()),)), "needs number"),
        (
            dataclasses.replace(FIRE, task=(ActionTask(task="stamp", values=(GivenValue(name="a", value="titel"),)),)),
            "Did you mean 'title'?",
        ),
    ],
)
def test_an_action_that_cannot_be_is_told_with_its_place(action, said):
    reading = dataclasses.replace(form("firing-read", "firing", *FIELDS[:2]), actions=(action,))
    commands = (Command(key="fire", path="firings/{number}/fire"),)
    connection = Connection(key="oven", connector="odata", settings=(("url", "http://x.example/"),), commands=commands)
    snippet = dataclasses.replace(SNIPPET, value=text("{title}"))
    components = {component_id(item): item for item in (*POTTERY, snippet, connection, reading)}
    found = [problem for problem in check(components) if problem.component == "form firing-read"]
    assert len(found) == 1, found
    assert said in found[0].message, found
    assert found[0].position.path.startswith("actions.0.")


@pytest.mark.parametrize("path", ["/orders", "https://elsewhere.example/", "a/../b", "a/{}", "a/{b!r}", "a/{b"])
def test_a_command_leads_below_its_connection(path):
    connection = Connection(
        key="oven", connector="odata", settings=(("url", "http://x.example/"),), commands=(Command(key="c", path=path),)
    )
    components = {component_id(item): item for item in (*POTTERY, connection)}
    assert [problem.code for problem in check(components)] == ["command"]
