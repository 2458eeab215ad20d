"""Publishing states of a site, and who may bring a page from one to another."""

from dataclasses import replace

import pytest

from metadata.checks import check
from metadata.model import Page, PublishingState, TransitionRule, WebRole, component_id
from metadata.store import MetadataStore
from runtime.identity.roles import grant_roles
from support.marina import MARINA, text
from support.marina_site import open_marina


def page(key, parent="home", **more):
    return Page(key=key, label=text(key.capitalize()), parent=parent, partial_url=key, **more)


def rule(before, after, *roles, label="Go"):
    return TransitionRule(key=f"{before}-{after}", label=text(label), before=before, after=after, roles=roles)


STATES = (
    PublishingState(key="review", label=text({"en": "In review", "sv": "Granskas"})),
    PublishingState(key="archived", label=text("Archived"), visible=True),
)
EXTRA = (
    WebRole(key="writer", preview=True),
    WebRole(key="editor", preview=True),
    *STATES,
    rule("draft", "review", "writer", "editor", label="Send to review"),
    rule("review", "published", "editor", label="Publish"),
    rule("published", "archived", "editor", label="Archive"),
    page("sketch", state="draft"),
    page("old", state="archived"),
    page("checked", state="review"),
)


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, *EXTRA) as marina:
        with marina.engine.begin() as connection:
            grant_roles(connection, marina.people["bob"], "marina", ("writer",))
            grant_roles(connection, marina.people["carol"], "marina", ("editor",))
        yield marina


def move(browser, key, before, after, **more):
    browser.get("/")
    return browser.post(f"/_pages/{key}/state", {"before": before, "to": after, "back": f"/{key}", **more})


def state_of(site, key):
    return next(
        item for item in MetadataStore(site.engine).released().values() if isinstance(item, Page) and item.key == key
    ).state


def test_visitors_see_pages_in_a_visible_state_only(site):
    found = [site.stranger().get(path).status_code for path in ("/sketch", "/checked", "/old")]
    assert found == [404, 404, 200]
    assert "In review: visitors do not see this page." in site.as_("bob").get("/checked").text
    assert "Granskas: besökare" in site.as_("bob").get("/sv-SE/checked").text


def test_a_page_goes_the_way_that_the_rules_allow_and_shows_it_on_the_next_request(site):
    writer, editor = site.as_("bob"), site.as_("carol")
    assert "Send to review</button>" in writer.get("/sketch").text
    sent = move(writer, "sketch", "draft", "review")
    assert (sent.status_code, sent.location) == (303, "/sketch")
    assert "</button>" not in writer.get("/sketch").text.partition("<main")[2].partition("</main>")[0]
    assert "Publish</button>" in editor.get("/sketch").text
    assert site.stranger().get("/sketch").status_code == 404
    assert move(editor, "sketch", "review", "published").status_code == 303
    assert site.stranger().get("/sketch").status_code == 200
    assert "Archive</button>" in editor.get("/sketch").text
    assert "Archive" not in site.stranger().get("/sketch").text
    author = MetadataStore(site.engine).releases()[0]
    assert (author.author.startswith("Carol"), author.note) == (True, "page sketch: review to published")


@pytest.mark.parametrize(
    ("name", "key", "before", "after", "status"),
    [
        ("bob", "checked", "review", "published", 403),
        ("bob", "sketch", "draft", "published", 403),
        ("carol", "sketch", "draft", "nowhere", 422),
        ("carol", "sketch", "", "review", 409),
        ("carol", "sketch", "review", "published", 409),
        ("carol", "nothing", "draft", "review", 404),
        ("alice", "sketch", "draft", "review", 404),
    ],
)
def test_who_is_not_allowed_changes_nothing(site, name, key, before, after, status):
    assert move(site.as_(name), key, before, after).status_code == status
    assert (state_of(site, "sketch"), state_of(site, "checked")) == ("draft", "review")


def test_a_stranger_and_a_post_without_a_token_change_nothing(site):
    assert site.stranger().client.post("/_pages/sketch/state", data={"before": "draft", "to": "review"}).status_code == 400
    assert site.as_("bob").client.post("/_pages/sketch/state", data={"before": "draft", "to": "review"}).status_code == 400
    assert state_of(site, "sketch") == "draft"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
def test_one_is_never_led_to_another_site(site, back):
    assert move(site.as_("bob"), "sketch", "draft", "review", back=back).location == "/"


def test_what_others_have_saved_and_not_released_stays_so(site):
    store = MetadataStore(site.engine)
    sketch = next(item for item in store.working().values() if isinstance(item, Page) and item.key == "sketch")
    other = next(item for item in store.working().values() if isinstance(item, Page) and item.key == "old")
    store.save((replace(other, label=text("Older")),), "somebody")
    assert move(site.as_("bob"), "sketch", "draft", "review").status_code == 303
    assert [item.label.in_language("en", "en") for item in store.drafts().values()] == ["Older"]
    assert "Older" not in site.stranger().get("/old").text
    store.save((replace(sketch, label=text("Sketched"), state="review"),), "somebody")
    assert move(site.as_("carol"), "sketch", "review", "published").status_code == 409
    assert state_of(site, "sketch") == "review"


@pytest.mark.parametrize(
    ("component", "said"),
    [
        (page("lost", state="reviewed"), "There is no publishing state 'reviewed' on this site. Did you mean 'review'?"),
        (rule("draft", "printed", "editor"), "There is no publishing state 'printed' on this site."),
        (rule("draft", "draft", "editor"), "The transition leads to the state that it begins in."),
        (rule("draft", "archived"), "Nobody may take this transition; name a web role."),
        (PublishingState(key="draft", label=text("Mine")), "Every site has the state draft; give this one another key."),
    ],
)
def test_states_that_cannot_be_are_refused(component, said):
    components = {component_id(item): item for item in (*MARINA, *EXTRA, component)}
    assert said in [problem.message for problem in check(components)]
