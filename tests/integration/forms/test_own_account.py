"""A person's own account as a form's words give it: known from their arrival where their row would say the same, else read."""

from dataclasses import replace

import pytest

from metadata.model import AttributePermission, AttributeRight, EntityPermission
from runtime.forms.opening import contact_values
from runtime.records.details import fetch_record
from support.cast import SITE, permission, stage_for
from support.statements import counting, note_statements

WORDS = ("@contact.account", "@today", "plain")
READ = ("read",)
WITHOUT_PROFILE = ("contacts", "profile")


def contacts(scope: str, **more: object) -> EntityPermission:
    return permission("contacts-read", "contact", scope, privileges=READ, **more)


GRANTS = {
    "all contacts": ((contacts("global"),), True),
    "themselves": ((contacts("self"),), True),
    "themselves, told as a contact": ((contacts("contact"),), True),
    "their account's": ((contacts("account", via="account"),), True),
    "their account's and below": ((contacts("account", via="account", subsidiaries=True),), False),
    "those of another look-up": ((contacts("account", via="company"),), False),
    "nobody": ((), False),
    "somebody else's right": ((contacts("global", roles=("clerk",)),), False),
    "the account hidden": (
        (
            contacts("self"),
            AttributePermission(
                key="no-account",
                site=SITE,
                entity="contact",
                roles=("member",),
                others=READ,
                attributes=(AttributeRight(attribute="account"),),
            ),
        ),
        False,
    ),
}


@pytest.mark.parametrize("grants", GRANTS)
def test_the_own_account_is_what_the_row_says_as_far_as_it_may_be_read(database_url, grants):
    components, known = GRANTS[grants]
    stage = stage_for(database_url, *components, without=WITHOUT_PROFILE)
    seen = []
    note_statements(stage.engine, seen)
    stage.engine.dispose()
    elsewhere = replace(stage.alice, account=stage.accounts["other"], acting=stage.accounts["other"])
    with stage.engine.connect() as connection:
        for person in (stage.alice, stage.carol, stage.erin, elsewhere):
            row = fetch_record(connection, stage.snapshot, person, "contact", "id", person.contact, ("account",))
            with counting(seen) as statements:
                given = contact_values(connection, stage.snapshot, person, WORDS)
            assert given == ({} if row is None else row.values), person
            if person is stage.alice and row is not None:
                assert len(statements) == (0 if known else 1), statements
    stage.engine.dispose()
