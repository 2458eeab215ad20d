"""Addresses of a site: pages, records, languages, redirects, who may read what."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from metadata.model import Page
from support.portal import CAST, HARBOUR, make_portal, text


def heading(answer):
    return answer.text.partition("<h1>")[2].partition("</h1>")[0]


def test_health_needs_no_database(local_portal):
    local_portal.engine.dispose()
    assert local_portal.browser().get("/healthz").json == {"status": "ok"}


def test_readiness_names_the_release(portal):
    answer = portal.browser().get("/readyz")
    assert (answer.status_code, answer.json["database"], answer.json["release"]) == (200, "ok", 1)


def test_a_process_without_the_theme_of_a_release_goes_on_with_the_one_before_and_says_so(tmp_path, caplog):
    portal = make_portal(f"sqlite:///{tmp_path}/portal.db", tmp_path)
    browser = portal.browser()
    assert browser.get("/").status_code == 200
    portal.publish(replace(HARBOUR, theme="elsewhere"))
    assert (browser.get("/").status_code, browser.get("/signin").status_code) == (200, 200)
    assert browser.get("/readyz").json["failure"]["release"] == 2
    assert [record.reason for record in caplog.records if hasattr(record, "reason")] == [
        "theme: site portal: there is no theme elsewhere [theme]"
    ]
    portal.engine.dispose()


@pytest.mark.parametrize("path", ["/news", "/news/", "/NEWS"])
def test_a_page_answers_with_and_without_a_slash_at_its_end(local_portal, path):
    answer = local_portal.browser().get(path)
    assert (answer.status_code, heading(answer)) == (200, "news")


def test_the_root_is_a_page(local_portal):
    assert heading(local_portal.browser().get("/")) == "home"


@pytest.mark.parametrize(("path", "key"), [("/people/17", "17"), ("/people/SO%20%C3%A9/", "SO é"), ("/people/Upper", "Upper")])
def test_a_record_page_gets_the_keys_of_its_address(local_portal, path, key):
    answer = local_portal.browser().get(path)
    assert heading(answer) == "person"
    assert f"</h1>{key} nobody" in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/news/more", "/people/1/2", "/news//", "/club//boats", "/%2e%2e/news"])
def test_an_unknown_address_shows_the_not_found_page_with_404(local_portal, path):
    answer = local_portal.browser().get(path)
    assert (answer.status_code, heading(answer)) == (404, "lost")


def test_slashes_are_not_merged_into_another_address(local_portal):
    answer = local_portal.browser().get("/", environ_overrides={"PATH_INFO": "//elsewhere.example/news"})
    assert (answer.status_code, answer.location) == (404, None)


def test_a_page_in_another_language_has_its_tag_first(local_portal):
    browser = local_portal.browser()
    assert browser.get("/news").text.endswith("en-US")
    assert browser.get("/sv-SE/news").text.endswith("sv-SE")
    assert heading(browser.get("/sv-SE")) == "home"
    assert heading(browser.get("/sv-SE/")) == "home"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/sv/news", "/sv-SE/news"),
        ("/SV-se/news?a=1", "/sv-SE/news?a=1"),
        ("/en-US/news", "/news"),
        ("/en", "/"),
        ("/sv", "/sv-SE"),
        ("/en//evil.example", "/evil.example"),
    ],
)
def test_other_ways_to_write_a_language_lead_to_the_one_address(local_portal, path, target):
    answer = local_portal.browser().get(path)
    assert (answer.status_code, answer.location) == (302, target)


@pytest.mark.parametrize(
    ("path", "status", "target"),
    [
        ("/old-news", 301, "/news"),
        ("/old-news/", 301, "/news"),
        ("/Old-News?page=2", 301, "/news?page=2"),
        ("/headline", 302, "/news"),
        ("/sv-SE/headline", 302, "/sv-SE/news"),
        ("/away", 302, "https://elsewhere.example/there"),
    ],
)
def test_redirects_lead_to_pages_markers_and_outside(local_portal, path, status, target):
    answer = local_portal.browser().get(path)
    assert (answer.status_code, answer.location) == (status, target)


@pytest.mark.parametrize(
    ("name", "club", "boats", "vault"),
    [
        ("alice", 200, 200, 403),
        ("carol", 200, 200, 200),
        ("erin", 200, 200, 200),
        (None, 302, 302, 302),
    ],
)
def test_who_may_read_a_branch_may_read_what_is_below_it(portal, name, club, boats, vault):
    browser = portal.signed_in(name) if name else portal.browser()
    found = [browser.get(path).status_code for path in ("/club", "/club/boats", "/club/vault")]
    assert found == [club, boats, vault]


def test_a_page_that_others_may_read_shows_the_access_denied_page(local_portal):
    answer = local_portal.signed_in("alice").get("/club/vault")
    assert (answer.status_code, heading(answer)) == (403, "refused")


def test_signing_in_leads_back_to_the_page_that_was_wanted(portal):
    browser = portal.browser()
    refused = browser.get("/club/boats?sort=name")
    assert (refused.status_code, refused.location) == (302, "/signin?next=/club/boats%3Fsort%3Dname")
    answer = browser.sign_in(CAST["carol"][0], next="/club/boats?sort=name")
    assert (answer.status_code, answer.location) == (303, "/club/boats?sort=name")
    assert heading(browser.get(answer.location)) == "boats"


def test_an_address_with_blanks_and_letters_survives_signing_in(local_portal):
    browser = local_portal.browser()
    refused = browser.get("/club/boats/", query_string={"q": "a b é&x"})
    wanted = parse_qs(urlsplit(refused.location).query)["next"][0]
    answer = browser.sign_in(CAST["carol"][0], next=wanted)
    assert answer.location == wanted
    assert browser.get(wanted).request.args["q"] == "a b é&x"


def test_a_draft_is_not_there_but_for_those_who_preview(portal):
    assert portal.signed_in("carol").get("/draft").status_code == 404
    portal.grant("carol", "previewer")
    assert heading(portal.signed_in("carol").get("/draft")) == "draft"


def test_the_menu_leaves_out_what_may_not_be_read(local_portal):
    assert 'href="/club"' not in local_portal.browser().get("/password/forgot").text
    assert 'href="/sv-SE/club"' in local_portal.signed_in("carol").get("/sv-SE/sessions").text


def test_a_new_release_shows_on_the_next_request(portal):
    browser = portal.browser()
    assert browser.get("/fresh").status_code == 404
    portal.publish(Page(key="fresh", site="portal", parent="home", partial_url="fresh", label=text("Fresh")))
    assert heading(browser.get("/fresh")) == "fresh"


def test_a_page_takes_get_and_post_only(local_portal):
    browser = local_portal.browser()
    answer = browser.client.put("/news", headers={"X-CSRFToken": browser.token()})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_connections_that_died_meanwhile_are_replaced_without_an_error(pg_url, tmp_path):
    portal = make_portal(pg_url, tmp_path)
    browser = portal.signed_in("carol")
    other = sa.create_engine(portal.services.config.database_url, poolclass=sa.pool.NullPool)
    with other.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert browser.get("/news").status_code == 200
    portal.engine.dispose()
