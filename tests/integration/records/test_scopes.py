"""Scopes beyond the usual: lookups to several entities, parents over N:N links, chains with a link that does not count."""

import pytest

from metadata.model import WebRole
from runtime.records import Denied, associate, create, fetch_list, plan_entity
from support.cast import SITE, permission, stage_for

READ = ("read",)
MORE = (
    *(WebRole(key=key, site=SITE) for key in ("of-account", "of-contact", "sailor", "stranded", "half")),
    permission("about-account", "boat", "account", via="about", roles=("of-account",), privileges=READ),
    permission("about-group", "boat", "account", via="about", subsidiaries=True, roles=("of-account",), privileges=READ),
    permission("about-contact", "boat", "contact", via="about", roles=("of-contact",), privileges=READ),
    permission("myself", "contact", "self", roles=("sailor",), privileges=READ),
    permission("crewed", "boat", "parent", relationship="crew", parent="myself", roles=("sailor", "half"), privileges=READ),
    permission("off", "contact", "global", roles=("stranded",), privileges=READ, active=False),
    permission("under-off", "boat", "parent", relationship="crew", parent="off", roles=("stranded",), privileges=READ),
)


@pytest.fixture
def stage(database_url):
    """A boat about each of the two rows with the id of Alice's account, and boats with and without her in the crew."""
    stage = stage_for(database_url, *MORE)
    assert stage.contacts["alice"] == stage.accounts["acme"], "else the two would not be mistaken for each other"
    with stage.transaction() as connection:
        for name, about in (
            ("person", ("contact", stage.contacts["alice"])),
            ("firm", ("account", stage.accounts["acme"])),
            ("below", ("account", stage.accounts["acme north"])),
            ("other", ("contact", stage.contacts["carol"])),
        ):
            create(connection, stage.snapshot, stage.system, "boat", {"name": name, "about": about})
        for boat, sailor in ((1, "alice"), (2, "carol")):
            associate(connection, stage.snapshot, stage.system, "boat", boat, "crew", stage.contacts[sailor])
    yield stage
    stage.engine.dispose()


def boats(stage, *roles):
    principal = stage.person("alice", *roles)
    with stage.engine.connect() as connection:
        return fetch_list(connection, plan_entity(stage.snapshot, principal, "boat"), principal).ids


def test_a_lookup_to_several_entities_must_name_the_one_of_the_scope(stage):
    assert boats(stage, "of-account") == [2, 3]
    assert boats(stage, "of-contact") == [1]


def test_a_parent_over_a_link_is_one_that_is_linked(stage):
    assert boats(stage, "sailor") == [1]


@pytest.mark.parametrize("role", ["stranded", "half"])
def test_a_chain_with_a_link_that_is_not_active_or_not_ones_own_gives_nothing(stage, role):
    with pytest.raises(Denied):
        boats(stage, role)
