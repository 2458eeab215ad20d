"""The cast of the access tests: Alice and Bob of one account, Dave of its subsidiary, Carol of another, Erin, nobody."""

from dataclasses import dataclass
from typing import Any

from metadata.compiler import compile_snapshot
from metadata.model import (
    AlternateKey,
    Attribute,
    AttributePermission,
    AttributeRight,
    Block,
    Choice,
    Entity,
    EntityPermission,
    Filter,
    Form,
    FormField,
    ManyToMany,
    Option,
    Page,
    Section,
    Site,
    Sort,
    Tab,
    View,
    ViewColumn,
    WebRole,
)
from metadata.text import Text
from runtime.access import Person, Principal
from runtime.database import make_engine, writing
from runtime.records.bulk import SqlRowStore
from runtime.records.tables import TABLES

SITE = "s"
ALL = ("read", "write", "create", "delete", "append", "append_to")


def permission(key, entity, scope, *, roles=("member",), privileges=ALL, **more):
    return EntityPermission(
        key=key, site=SITE, entity=entity, scope=scope, roles=tuple(roles), privileges=tuple(privileges), **more
    )


def field(key):
    return FormField(attribute=key)


DECLARED = (
    Site(key=SITE),
    *(WebRole(key=key, site=SITE) for key in ("member", "clerk", "reader", "keeper")),
    WebRole(key="visitor", site=SITE, default="anonymous"),
    WebRole(key="everybody", site=SITE, default="authenticated"),
    Choice(key="state", options=(Option(value="new"), Option(value="done"))),
    Entity(key="contact", attributes=(Attribute(key="phone", type="phone"), Attribute(key="note", type="text"))),
    Entity(
        key="boat",
        primary_name="number",
        attributes=(
            Attribute(key="number", type="auto_number", format="B-{number:03}"),
            Attribute(key="name", type="text", required="required", max_length=10),
            Attribute(key="secret", type="text"),
            Attribute(key="price", type="money", min=0),
            Attribute(key="built", type="date"),
            Attribute(key="state", type="choice", choice="state", default="new"),
            Attribute(key="tags", type="choices", choice="state"),
            Attribute(key="hull", type="text", immutable=True),
            Attribute(key="owner", type="lookup", target="contact"),
            Attribute(key="customer", type="lookup", target="account"),
            Attribute(key="about", type="lookup", targets=("contact", "account")),
        ),
        keys=(AlternateKey(key="number", attributes=("number",)),),
        many_to_many=(ManyToMany(key="crew", target="contact"),),
    ),
    Entity(
        key="trip",
        primary_name="name",
        attributes=(
            Attribute(key="name", type="text"),
            Attribute(key="boat", type="lookup", target="boat", on_delete="cascade"),
        ),
    ),
    Entity(
        key="stop",
        primary_name="name",
        attributes=(Attribute(key="name", type="text"), Attribute(key="trip", type="lookup", target="trip", on_delete="clear")),
    ),
    View(
        key="boats",
        entity="boat",
        columns=tuple(
            ViewColumn(attribute=key)
            for key in ("number", "name", "price", "owner", "customer", "customer.name", "secret", "state")
        ),
        sort=(Sort(attribute="name"),),
    ),
    View(
        key="my-boats",
        entity="boat",
        columns=(ViewColumn(attribute="name"),),
        filter=Filter(attribute="owner", value="@contact"),
    ),
    View(
        key="old-boats",
        entity="boat",
        columns=(ViewColumn(attribute="name"),),
        filter=Filter(attribute="built", operator="lt", value="@today-30d"),
    ),
    View(key="trips", entity="trip", columns=(ViewColumn(attribute="name"), ViewColumn(attribute="boat.name"))),
    permission("accounts", "account", "account", privileges=("read", "append_to")),
    permission("contacts", "contact", "account", via="account", privileges=("read", "append_to")),
    permission("boats", "boat", "account", via="customer"),
    permission("trips", "trip", "parent", relationship="boat", parent="boats"),
    permission("stops", "stop", "parent", relationship="trip", parent="trips"),
    permission("all-boats", "boat", "global", roles=("clerk",)),
    permission("all-accounts", "account", "global", roles=("clerk",)),
    permission("group-boats", "boat", "account", via="customer", subsidiaries=True, roles=("reader",), privileges=("read",)),
    permission("own-boats", "boat", "contact", via="owner", roles=("keeper",), privileges=("read", "write")),
    permission("public", "stop", "global", roles=("visitor",), privileges=("read",)),
    AttributePermission(
        key="no-secret",
        site=SITE,
        entity="boat",
        roles=("member", "reader", "keeper"),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="secret"),),
    ),
    Form(
        key="profile",
        entity="contact",
        tabs=(Tab(sections=(Section(fields=tuple(field(key) for key in ("full_name", "phone", "email", "account"))),)),),
    ),
    Page(key="profile", site=SITE, label=Text.of("Profile"), partial_url="/", blocks=(Block(type="profile", form="profile"),)),
)


@dataclass
class Stage:
    """A database with the cast in it."""

    snapshot: Any
    engine: Any
    alice: Principal
    bob: Principal
    carol: Principal
    dave: Principal
    erin: Principal
    nobody: Principal
    system: Principal
    accounts: dict[str, int]
    contacts: dict[str, int]

    def transaction(self):
        return writing(self.engine).begin()

    def person(self, name, *roles):
        account = {"alice": "acme", "bob": "acme", "carol": "other", "dave": "acme north", "erin": "other"}[name]
        return Principal.signed_in(self.snapshot, SITE, Person(self.contacts[name], self.accounts[account]), roles)


def stage_for(url, *more, without=()):
    """The cast in a fresh database; `more` components are added, those with keys in `without` are left out."""
    components = [item for item in DECLARED if getattr(item, "key", "") not in without or isinstance(item, Entity)]
    snapshot = compile_snapshot((*components, *more))
    engine = make_engine(url)
    system = Principal.system("system")
    with writing(engine).begin() as connection:
        snapshot.tables.create_all(connection)
        TABLES.create_all(connection)
        store = SqlRowStore(connection, snapshot, system)
        names = ("acme", "other")
        accounts = dict(zip(names, store.upsert("account", ("name",), [{"name": name} for name in names]).ids, strict=True))
        north = [{"name": "acme north", "parent_account": accounts["acme"]}]
        accounts["acme north"] = store.upsert("account", ("name",), north).ids[0]
        people = {"alice": "acme", "bob": "acme", "carol": "other", "dave": "acme north", "erin": "other"}
        rows = [{"full_name": name, "account": accounts[account]} for name, account in people.items()]
        contacts = dict(zip(people, store.upsert("contact", ("full_name",), rows).ids, strict=True))
    nobody = Principal.anonymous(snapshot, SITE)
    stage = Stage(snapshot, engine, nobody, nobody, nobody, nobody, nobody, nobody, system, accounts, contacts)
    stage.alice, stage.bob, stage.carol, stage.dave = (stage.person(n, "member") for n in ("alice", "bob", "carol", "dave"))
    stage.erin = stage.person("erin", "clerk")
    return stage
