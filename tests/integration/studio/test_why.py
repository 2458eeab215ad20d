"""The explainer in the studio: for those who work on security, in full, and an answer kept as a permission test."""

from dataclasses import replace

from metadata.model import EntityPermission, Expectation, PermissionTest, WebRole
from metadata.store import MetadataStore
from support.marina import BOOKING
from support.studio import Maker, open_studio, words

QUESTION = "why?who=alice%40sail.example&action=write&entity=booking&record=M-2"


def test_the_answer_is_told_to_those_who_work_on_security_alone(site, maker):
    site.book("M-2", "bob")
    assert Maker(site.stranger()).get(QUESTION).status_code == 302
    assert [maker(name).get(QUESTION).status_code for name in ("alice", "carol", "bob")] == [403] * 3
    said = words(maker("dora").get(QUESTION))
    assert "No alice@sail.example write booking M-2" in said
    assert "my-bookings (contact) counts, and does not reach this row booking M-2, skipper -> contact Bob" in said
    assert "The smallest change that makes it a yes: own-bookings: add the privilege write" in said


def test_an_answer_is_kept_as_an_expectation_once(site, maker):
    site.book("M-1")
    dora = maker("dora")
    asked = "why?who=alice%40sail.example&action=read&entity=booking&record=M-1&attribute=note"
    for _ in range(2):
        answer = dora.send("why", dora.form(asked, "csrf_token"), ("do", "keep"))
        assert answer.location.endswith("/studio/edit/permission_test/alice.sail.example-recorded")
    kept = [item for item in MetadataStore(site.engine).drafts().values() if isinstance(item, PermissionTest)]
    expected = Expectation(entity="booking", record="M-1", attribute="note", allowed=False)
    assert [(item.who, item.expects) for item in kept] == [("alice@sail.example", (expected,))]


def test_what_is_not_there_is_said_and_markup_stays_text(site, maker):
    dora = maker("dora")
    for asked, said in (
        ("why?who=zoe&entity=booking", "There is no contact, or several, with the e-mail zoe"),
        ("why?who=anonymous&entity=bookin", "There is no entity bookin"),
        ("why?who=anonymous&entity=booking&record=%3Cb%3E", "There is no record <b>"),
        ("why?who=anonymous&entity=booking&attribute=x", "There is no attribute x"),
    ):
        answer = dora.get(asked)
        assert answer.status_code == 422
        assert said in words(answer)
        assert "<b>" not in answer.text.partition("error-summary")[2].partition("</div>")[0].replace("&lt;b&gt;", "")


def test_what_may_be_asked_is_said_in_the_language_of_the_person(maker):
    page = maker("dora").browser.get("/sv-SE/studio/why")
    assert '<option value="append_to">kopplas till</option>' in page.text


def test_of_several_roles_the_one_that_gives_least_is_offered(database_url, tmp_path):
    """The names are in the other order: it is what a role reaches that counts."""
    roles = (WebRole(key="admiral"), WebRole(key="zz-cleaner"))
    rights = (
        EntityPermission(key="fleet", entity="extra", scope="global", privileges=("read", "write"), roles=("admiral",)),
        EntityPermission(key="bookings-too", entity="booking", scope="global", privileges=("read",), roles=("admiral",)),
        EntityPermission(key="sweeping", entity="extra", scope="global", privileges=("read",), roles=("zz-cleaner",)),
    )
    with open_studio(database_url, tmp_path, *roles, *rights) as site:
        said = words(Maker.of(site, "dora").get("why?who=erin%40marina.example&action=read&entity=extra"))
    assert "The smallest change that makes it a yes: give the person the web role zz-cleaner" in said


def test_the_classes_of_what_is_asked_about_are_told(database_url, tmp_path):
    classes = {"note": "personal", "fee": "confidential"}
    attributes = tuple(replace(one, classification=classes.get(one.key, "")) for one in BOOKING.attributes)
    with open_studio(database_url, tmp_path, replace(BOOKING, attributes=attributes)) as site:
        site.book("M-1")
        dora = Maker.of(site, "dora")
        asked = "why?who=alice%40sail.example&action=read&entity=booking&record=M-1"
        assert "Classification fee Confidential" in words(dora.get(asked))  # she reads no note
        assert "Classification note Personal" in words(dora.get(f"{asked}&attribute=note"))
        assert "Classification" not in words(dora.get(f"{asked}&attribute=boat"))
