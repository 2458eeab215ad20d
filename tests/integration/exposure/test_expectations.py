"""Permission tests: what is expected of people and records by name is asked at every release."""

from dataclasses import replace

import pytest

from metadata.checks import check
from metadata.errors import MetadataError
from metadata.model import (
    AttributeMap,
    Connection,
    EntityPermission,
    Expectation,
    PermissionTest,
    SiteSetting,
    TableMap,
    component_id,
)
from metadata.store import MetadataStore
from runtime.exposure.expectations import outcomes, principal_of
from runtime.exposure.explained import tell, why_rows
from runtime.exposure.flips import Question
from runtime.guards import GUARDS
from support.marina import MARINA
from support.marina_site import open_marina


def expect(record="", action="read", attribute="", entity="booking", allowed=True):
    return Expectation(entity=entity, record=record, action=action, attribute=attribute, allowed=allowed)


def case(key, who, *expects, roles=()):
    return PermissionTest(key=key, site="marina", who=who, roles=roles, expects=expects)


RIGHT = (
    case(
        "alice",
        "alice@sail.example",
        expect("M-1"),
        expect("M-1", "write", "fee"),
        expect("M-2"),
        expect("M-2", "write", allowed=False),
        expect("M-3", allowed=False),
        expect("M-1", attribute="fee"),
        expect("M-1", attribute="note", allowed=False),
        expect("", "create"),
        expect("", "create", entity="berth", allowed=False),
    ),
    case("carol", "carol@row.example", expect("M-1", allowed=False), expect("M-3")),
    case("dora", "dora@marina.example", expect("M-3", attribute="note"), expect("M-1", "delete", allowed=False)),
    case("erin", "erin@marina.example", expect("M-1", allowed=False)),
    case("erin-as-master", "erin@marina.example", expect("M-1"), roles=("master",)),
    case("nobody", "anonymous", expect("M-1", allowed=False)),
    case("gone", "zoe@marina.example", expect("M-1")),
    case("missing", "alice@sail.example", expect("M-99")),
)


@pytest.fixture
def marina(database_url, tmp_path):
    with open_marina(database_url, tmp_path) as site:
        for number, skipper in (("M-1", "alice"), ("M-2", "bob"), ("M-3", "carol")):
            site.book(number, skipper)
        yield site


def states(marina, *tests):
    site = replace(marina.snapshot.sites["marina"], tests={item.key: item for item in tests})
    with marina.engine.connect() as connection:
        return [(item.test.key, item.place, item.state, item.said) for item in outcomes(connection, marina.snapshot, site)]


def test_every_expectation_gets_the_engines_answer(marina):
    found = states(marina, *RIGHT)
    assert {(key, state) for key, _, state, _ in found if state != "passed"} == {("gone", "skipped"), ("missing", "skipped")}
    turned = [replace(item, expects=tuple(replace(one, allowed=not one.allowed) for one in item.expects)) for item in RIGHT[:6]]
    failed = states(marina, *turned)
    assert {state for _, _, state, _ in failed} == {"failed"}
    said = {(key, place): text for key, place, _, text in failed}
    assert "own-bookings" in said["alice", 2]
    assert "my-bookings does not reach the record" in said["alice", 3]


def test_a_release_that_breaks_an_expectation_is_refused(marina):
    store = MetadataStore(marina.engine, GUARDS)
    release = store.publish("ann", components=RIGHT).release
    wider = EntityPermission(key="wide", entity="booking", scope="global", privileges=("read",), roles=("skipper",))
    with pytest.raises(MetadataError) as refused:
        store.publish("ann", components=(wider,))
    said = str(refused.value)
    assert "expects.4: permission_test marina/alice: alice@sail.example should not be allowed to read booking M-3" in said
    assert ", but is: wide lets it." in said
    assert store.current_release() == release
    told = store.publish("ann", components=(wider, SiteSetting(key="publish/guards", value="warn")))
    assert (told.release, {problem.severity for problem in told.warnings}) == (release + 1, {"warning"})


def test_an_expectation_of_an_attribute_that_is_not_there_is_told():
    wrong = case("x", "anonymous", expect(attribute="feee"), expect(action="delete", attribute="fee"))
    found = check({component_id(item): item for item in (*MARINA, replace(wrong, site=""))})
    assert [(one.code, one.position.path) for one in found if "permission_test" in one.component] == [
        ("unknown-attribute", "expects.0.attribute"),
        ("expectation", "expects.1.attribute"),
    ]


def test_nobody_and_a_role_act_for_no_account():
    tests = [replace(case(who, who, expect(), roles=()), site="", account="row") for who in ("anonymous", "signed-in")]
    found = check({component_id(item): item for item in (*MARINA, *tests)})
    assert [(one.code, one.position.path) for one in found if "permission_test" in one.component] == [
        ("expectation", "account")
    ] * 2


def test_an_account_that_a_person_does_not_act_for_is_left_out_and_the_own_one_is_asked(marina):
    own, other, unheard = (replace(RIGHT[0], key=name, account=name) for name in ("sail", "row", "nowhere"))
    found = states(marina, own, other, unheard)
    assert {(key, state) for key, _, state, _ in found} == {("sail", "passed"), ("row", "skipped"), ("nowhere", "skipped")}
    assert {text for key, _, _, text in found if key == "row"} == {
        "There is no contact, or several, with the e-mail alice@sail.example who may act for one account row."
    }


def test_the_answer_names_the_way_the_condition_and_a_change_that_turns_it_round(marina):
    site = marina.snapshot.sites["marina"]
    with marina.engine.connect() as connection:
        alice = principal_of(connection, marina.snapshot, site, "alice@sail.example")
        told = tell(connection, marina.snapshot, alice, Question("booking", "write", "M-2"))
        empty = list(why_rows(connection, marina.snapshot, alice, site.lists["bookings"]))
        erin = principal_of(connection, marina.snapshot, site, "erin@marina.example")
        denied = list(why_rows(connection, marina.snapshot, erin, site.lists["bookings"]))
    lines = {line.part.permission: line for line in told.lines}
    assert told.told.allowed is False
    assert lines["my-bookings"].way == ("booking M-2", "skipper -> contact Bob")
    assert lines["my-bookings"].predicate.startswith("booking.skipper = :p_contact")
    assert told.change.said == "own-bookings: add the privilege write"
    assert {item.view: (item.rows, item.within_reach, item.shown) for item in empty}["bookings-all"] == (3, 2, 2)
    assert {item.why for item in denied} == {"no permission lets this person read booking"}


OUTSIDE = (
    Connection(key="outside", connector="memory", settings=(("name", "nowhere"),)),
    TableMap(
        key="berths",
        connection="outside",
        entity="berth",
        table="place",
        integration_key=("number",),
        attributes=(AttributeMap(attribute="number", column="no"),),
    ),
)


def test_an_empty_list_says_whether_the_permission_the_filter_or_a_first_synchronisation_is_why(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *OUTSIDE) as marina:
        site = marina.snapshot.sites["marina"]

        def why(name, key):
            with marina.engine.connect() as connection:
                who = principal_of(connection, marina.snapshot, site, name)
                return {item.view: item.why for item in why_rows(connection, marina.snapshot, who, site.lists[key])}

        carol = "carol@row.example"
        assert why(carol, "berths") == {"berths-all": "there are no rows, because their first synchronisation has not finished"}
        assert set(why(carol, "bookings").values()) == {"there are no rows"}, "of these nothing is brought"
        marina.book("M-1", "alice")
        assert "the permissions that count reach none of them" in why(carol, "bookings")["bookings-all"]
        marina.book("M-2", "carol")
        said = why(carol, "bookings")
        assert said["bookings-all"] == "1 of 2 rows are shown"
        assert said["bookings-moored"] == "the view's filter leaves none of the 1 row within reach"
        marina.add("berth", number="A1")
        assert why(carol, "berths") == {"berths-all": "1 of 1 rows are shown"}
        assert why("erin@marina.example", "berths") == {"berths-all": "no permission lets this person read berth"}
