"""What webhooks send away and what memberships give is held by the exposure lock, as what people reach is."""

from dataclasses import replace

import pytest

from metadata.compiler import compile_snapshot
from metadata.model import (
    Argument,
    Attribute,
    Choice,
    Entity,
    EntityPermission,
    Filter,
    Form,
    FurtherAccounts,
    ListComponent,
    ManyToMany,
    Onwards,
    Option,
    RecordAction,
    RowAction,
    SetValue,
    Webhook,
    WebRole,
)
from runtime.exposure.lock import comparison, lock_problems, signed_off
from support.marina import MARINA

HOOK = Webhook(
    key="harbour",
    site="marina",
    entity="berth",
    events=("changed",),
    condition=Filter(attribute="number", operator="eq", value="7"),
    attributes=("number",),
    roles=("teller",),
    address="https://harbour.example/told",
    secret="${HARBOUR_SECRET}",
)
TELLER = WebRole(key="teller", site="marina")
BERTHS = EntityPermission(
    key="told-berths", site="marina", entity="berth", scope="global", privileges=("read",), roles=("teller",)
)
BOOKINGS = EntityPermission(
    key="told-bookings",
    site="marina",
    entity="booking",
    scope="account",
    via="customer",
    privileges=("read",),
    roles=("teller",),
)
WORKS = Choice(key="works", options=(Option(value="skipper"), Option(value="other")))
MEMBER = Entity(
    key="member",
    attributes=(
        Attribute(key="contact", type="lookup", target="contact"),
        Attribute(key="account", type="lookup", target="account"),
        Attribute(key="other", type="lookup", target="account"),
        Attribute(key="works_as", type="choice", choice="works"),
        Attribute(key="holds", type="boolean"),
    ),
)
FURTHER = FurtherAccounts(entity="member", role="works_as", active="holds")
CONTACT = Entity(key="contact", further_accounts=FURTHER)
BY_LINK = Entity(
    key="contact",
    many_to_many=(ManyToMany(key="fleets", target="account"),),
    further_accounts=FurtherAccounts(relationship="fleets"),
)
ENROLLING = EntityPermission(
    key="enrol", site="marina", entity="member", scope="global", privileges=("create",), roles=("skipper",)
)
MEMBERS = (WORKS, MEMBER, CONTACT)


def compiled(*components):
    components = (TELLER, *components)
    known = {(type(one), one.key) for one in components}
    snapshot = compile_snapshot((*(one for one in MARINA if (type(one), one.key) not in known), *components))
    return snapshot, snapshot.sites["marina"]


def lines(*components):
    return signed_off(*compiled(*components)).lines.splitlines()


def told(before, after):
    """The lines that are new when one set of components takes the place of another, as the release is refused by them."""
    snapshot, site = compiled(*after, signed_off(*compiled(*before)))
    found = [str(item) for item in comparison(snapshot, site).new]
    refused = [problem.message for problem in lock_problems(snapshot) if problem.severity == "error"]
    assert bool(found) == bool(refused)
    assert all(any(line in message for message in refused) for line in found[:5])
    return found


def test_what_a_webhook_sends_is_a_line_for_each_attribute_and_event():
    found = [line for line in lines(BERTHS, HOOK) if line.startswith("(outside)")]

    assert found == [
        "(outside)  berth.*  read  webhook:changed>https://harbour.example/told  global where number eq 7",
        "(outside)  berth.number  read  webhook:changed>https://harbour.example/told  global where number eq 7",
    ]


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (replace(HOOK, attributes=("number", "depth")), "berth.depth  read  webhook:changed>"),
        (replace(HOOK, events=("changed", "created")), "berth.number  read  webhook:created>"),
        (replace(HOOK, events=("changed", "deleted")), "berth.id  read  webhook:deleted>"),
        (replace(HOOK, condition=None), "berth.number  read  webhook:changed>https://harbour.example/told  global"),
        (replace(HOOK, address="https://elsewhere.example"), "berth.number  read  webhook:changed>https://elsewhere.example"),
    ],
    ids=["attribute", "event", "deletions", "condition", "address"],
)
def test_a_webhook_that_tells_more_or_tells_another_is_told(after, line):
    assert any(line in found for found in told((BERTHS, HOOK), (BERTHS, after)))


def booked(**more):
    form = next(one for one in MARINA if isinstance(one, Form) and one.key == "booking-edit")
    return replace(form, **more)


@pytest.mark.parametrize(
    ("onwards", "line"),
    [
        (Onwards(url="https://pay.example/x", query=(Argument(name="what", value="fee"),)), "onwards>https://pay.example/x"),
        (Onwards(url="https://pay.example/", query=(Argument(name="no", value="number"),)), "booking.number  read"),
    ],
    ids=["another host", "another attribute"],
)
def test_what_an_address_outside_gets_after_saving_is_told(onwards, line):
    before = Onwards(url="https://pay.example/", query=(Argument(name="what", value="fee"),))

    assert any(line in found for found in told((booked(onwards=before),), (booked(onwards=onwards),)))
    assert told((booked(),), (booked(onwards=before),))


def test_an_action_that_is_put_on_the_rows_of_a_list_is_told():
    act = RecordAction(key="free", values=(SetValue(attribute="fee", value=0),))
    listed = next(one for one in MARINA if isinstance(one, ListComponent) and one.key == "bookings")
    row = RowAction(type="action", form="booking-edit", action="free")
    found = told((booked(actions=(act,)),), (booked(actions=(act,)), replace(listed, actions=(*listed.actions, row))))

    assert any("booking.fee  write  page:bookings/list:bookings/action:free" in line for line in found)


def test_a_new_webhook_and_one_that_is_switched_on_are_told():
    assert told((BERTHS,), (BERTHS, HOOK))
    assert told((BERTHS, replace(HOOK, active=False)), (BERTHS, HOOK))


def test_a_permission_that_gives_a_webhook_more_is_told():
    shut = replace(BERTHS, active=False)
    bookings = replace(HOOK, entity="booking", condition=None, attributes=("fee",))

    assert any(found.startswith("(outside)  berth.number") for found in told((shut, HOOK), (BERTHS, HOOK)))
    assert not any(line.startswith("(outside)") for line in lines(BOOKINGS, bookings)), "nobody's rows are the outside's"
    everything = replace(BOOKINGS, scope="global", via="")
    assert any(found.startswith("(outside)  booking.fee") for found in told((BOOKINGS, bookings), (everything, bookings)))


def test_a_webhook_that_tells_less_is_not_told_of():
    narrower = replace(HOOK, attributes=(), key="renamed")

    assert told((BERTHS, replace(HOOK, condition=None)), (BERTHS, HOOK)) == []
    assert told((BERTHS, HOOK), (BERTHS, narrower)) == []


def test_memberships_and_the_roles_that_they_give_are_lines():
    found = [line for line in lines(*MEMBERS) if "membership:" in line]

    assert found == [
        "(signed-in)  -  open  membership:member.contact>account  -",
        "(signed-in)  -  open  membership:member.contact>account/role:skipper  -",
    ]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ((), MEMBERS, "membership:member.contact>account  -"),
        ((), (BY_LINK,), "membership:contact.fleets/roles of the contact"),
        (
            MEMBERS,
            (replace(WORKS, options=(*WORKS.options, Option(value="master"))), MEMBER, CONTACT),
            "(signed-in)  -  open  membership:member.contact>account/role:master",
        ),
        (
            MEMBERS,
            (WORKS, MEMBER, replace(CONTACT, further_accounts=replace(FURTHER, active=""))),
            "membership:member.contact>account/never switched off",
        ),
        (
            MEMBERS,
            (WORKS, MEMBER, replace(CONTACT, further_accounts=replace(FURTHER, role=""))),
            "membership:member.contact>account/roles of the contact",
        ),
        (
            MEMBERS,
            (WORKS, MEMBER, replace(CONTACT, further_accounts=replace(FURTHER, account="other"))),
            "membership:member.contact>other",
        ),
        (MEMBERS, (*MEMBERS, ENROLLING), "skipper  member.works_as  create  membership:member.contact>account  global"),
    ],
    ids=["memberships", "by a relationship", "a role", "never off", "own roles", "other accounts", "who may make them"],
)
def test_memberships_that_give_more_are_told(before, after, line):
    assert any(line in found for found in told(before, after))


def test_memberships_that_give_less_are_not_told_of():
    plain = (WORKS, MEMBER, replace(CONTACT, further_accounts=replace(FURTHER, active="")))
    fewer = (replace(WORKS, options=(Option(value="other"),)), MEMBER, CONTACT)

    assert told(plain, MEMBERS) == []
    assert told(MEMBERS, fewer) == []
