"""Two people at one component: what does not collide is merged, what does is shown side by side, nothing is lost."""

from metadata.store import MetadataStore
from support.studio import words


def draft(site, name):
    return {str(key): found for key, found in MetadataStore(site.engine).drafts().items()}[name]


def test_changes_of_two_are_brought_together_and_what_collides_is_asked(site, maker):
    dora, bob = maker("dora"), maker("bob")
    mine, theirs = dora.form("edit/view/extras", "base"), bob.form("edit/view/extras", "base")
    added = bob.send("edit/view/extras", theirs, ("do", "add:sort"))
    bob.send(
        "edit/view/extras",
        bob.form_in(added),
        p__sort__1__attribute="price",
        p__label__any="Bob's",
        p__columns__1__width="wide",
    )
    answer = dora.send("edit/view/extras", mine, p__label__any="Dora's", p__columns__0__width="narrow")
    assert answer.status_code == 409
    page = words(answer)
    assert "Bob" in page
    assert ("Dora's" in page, "Bob's" in page, "was Extras" in page) == (True, True, True)
    assert "Label was Extras" in page
    form = dora.form_in(answer, "mine")
    assert [value for name, value in form.fields if name == "path"] == ["label"]
    settled = dora.send("settle/view/extras", form, ("do", "settle"), choice__0="theirs", **{"choice.0": "theirs"})
    assert settled.status_code == 303
    view = draft(site, "view extras")
    assert view.label.in_language("en") == "Bob's"
    assert [column.width for column in view.columns] == ["narrow", "wide", ""]
    assert [sort.attribute for sort in view.sort] == ["title", "price"]


def test_what_does_not_collide_is_merged_and_said(site, maker):
    dora, bob = maker("dora"), maker("bob")
    mine, theirs = dora.form("edit/view/extras", "base"), bob.form("edit/view/extras", "base")
    assert bob.send("edit/view/extras", theirs, p__columns__2__wide_only="true").status_code == 303
    saved = dora.send("edit/view/extras", mine, p__label__any="All extras")
    assert saved.status_code == 303
    assert "had saved meanwhile; both changes are kept." in dora.get("edit/view/extras").text
    view = draft(site, "view extras")
    assert (view.label.in_language("en"), view.columns[2].wide_only) == ("All extras", True)


def test_a_choice_counts_only_for_what_was_seen_and_mine_can_be_dropped(site, maker):
    dora, bob = maker("dora"), maker("bob")
    mine = dora.form("edit/view/extras", "base")
    bob.edit("view/extras", p__label__any="Bob's")
    form = dora.form_in(dora.send("edit/view/extras", mine, p__label__any="Dora's"), "mine")
    bob.edit("view/extras", p__label__any="Bob's second")
    again = dora.send("settle/view/extras", form, ("do", "settle"))
    assert again.status_code == 409
    assert "Bob's second" in words(again)
    assert dora.send("settle/view/extras", form, ("do", "drop")).status_code == 303
    assert draft(site, "view extras").label.in_language("en") == "Bob's second"
    assert dora.send("settle/view/extras", form, ("do", "settle"), mine="[").status_code == 400
