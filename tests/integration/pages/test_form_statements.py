"""What saving a form costs the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from metadata.model import EntityPermission, Form, FormField, Section, Tab
from runtime.records.tables import AUDIT
from support.marina_site import Marina, open_marina
from support.pottery import hidden

NEW = "/bookings/new"
FIELDS = (
    FormField(attribute="number"),
    FormField(attribute="boat"),
    FormField(attribute="skipper", hidden=True, set_on_save="@contact"),
)
RIGHTS = (
    EntityPermission(
        key="my-bookings",
        entity="booking",
        scope="contact",
        via="skipper",
        privileges=("read", "write", "create", "append"),
        roles=("skipper",),
    ),
    EntityPermission(
        key="people", entity="contact", scope="account", via="account", privileges=("read", "append_to"), roles=("skipper",)
    ),
)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Marina]:
    """The marina, where skippers book for themselves."""
    form = Form(key="booking-edit", entity="booking", tabs=(Tab(sections=(Section(fields=FIELDS),)),))
    with open_marina(database_url, tmp_path, form, *RIGHTS) as opened:
        yield opened


def booked(site):
    of_bookings = sa.select(sa.func.count()).select_from(AUDIT).where(AUDIT.c.entity == "booking")
    with site.engine.connect() as connection:
        rows = connection.scalar(sa.select(sa.func.count()).select_from(site.snapshot.entities["booking"].table))
        return [rows, connection.scalar(of_bookings)]


def test_a_saved_form_costs_who_asks_the_row_and_its_audit(site):
    browser = site.as_("alice")
    data = {**hidden(browser.get(NEW).text), "boat": "Tern"}
    assert browser.client.post(NEW, data={**data, "number": "B-1"}).status_code == 303
    with site.counting() as statements:
        assert browser.client.post(NEW, data={**data, "number": "B-2"}).status_code == 303
    # The row's own statement asks who it is; PostgreSQL's writes the audit too, and is its own transaction.
    assert len(statements) == (1 if site.engine.dialect.name == "postgresql" else 2), statements
    assert booked(site) == [2, 2]


def test_a_refused_form_leaves_no_row_and_no_audit(site):
    browser = site.as_("alice")
    data = {**hidden(browser.get(NEW).text), "number": "B-1"}
    assert [browser.client.post(NEW, data=data).status_code for _ in range(2)] == [303, 422]
    assert booked(site) == [1, 1]
