"""Several sites in one database."""

import dataclasses

import pytest

from metadata.model import Page, Redirect, Site, WebRole
from support.portal import SITE, components, make_portal, text

ANNEX = (
    Site(key="annex", label=text("Annex"), languages=("en-US",), hosts=("annex.example",)),
    WebRole(key="guest", site="annex", default="anonymous"),
    Page(key="home", site="annex", label=text("Annex"), partial_url="/"),
    Page(key="moorings", site="annex", label=text("Moorings"), parent="home", partial_url="moorings"),
    Redirect(key="old", site="annex", source="/old", page="moorings"),
)


@pytest.fixture
def portal(database_url, tmp_path):
    """The small portal with the annex beside it."""
    of_portal = (dataclasses.replace(item, site=SITE) if hasattr(item, "site") else item for item in components())
    made = make_portal(database_url, tmp_path, metadata=(*of_portal, *ANNEX))
    yield made
    made.engine.dispose()


def test_two_sites_of_one_database_are_told_apart_by_host(portal):
    browser = portal.browser()
    annex = {"base_url": "http://annex.example"}
    assert "<h1>moorings</h1>" in browser.get("/moorings", **annex).text
    assert browser.get("/moorings").status_code == 404
    assert "<h1>news</h1>" in browser.get("/news").text
    assert browser.get("/news", **annex).status_code == 404
    assert browser.get("/old/", **annex).location.endswith("/moorings")
    assert browser.get("/old").status_code == 404
