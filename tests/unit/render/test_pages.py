"""Whole pages: the frame around them, what each person sees of it, and what no page may hold."""

import re
from dataclasses import replace

import pytest

from metadata.model import Page, SiteMarker
from metadata.text import Text
from runtime.render import Action, Crumb, Frame, Message, PageHead, State
from support.scenes import NOBODY, Somebody, renderer, visit

HEAD = PageHead(
    title="<Thing> 1",
    crumbs=(Crumb("Home", "/"), Crumb("<Thing> 1")),
    facts=("first & second",),
    actions=(Action("Print", "/p"), Action("Copy", "/c"), Action("Change", "/e", "pencil", "primary")),
)


def page(seen=None, template="page.html", **values):
    return renderer().page(seen or visit(), template, **{"head": HEAD, "parts": [], **values})


def nav(html):
    found = re.search(r'<nav class="site-nav".*?</nav>', html, re.DOTALL)
    return found[0] if found else ""


def identity(template, **values):
    return renderer().page(visit(principal=NOBODY, frame=Frame(path="/signin")), f"identity/{template}.html", **values)


EVERY_PAGE = {
    "page": lambda: page(),
    "signin": lambda: identity("signin"),
    "signin refused": lambda: identity("signin", email='"><b>', failure="It is wrong.", next="/things"),
    "invitation": lambda: identity("invitation", code="abc", failure="Wrong."),
    "invitation password": lambda: identity(
        "invitation_password", name="Jo", email="jo@x.example", code="abc", errors={"password": "Longer."}
    ),
    "forgot": lambda: identity("forgot"),
    "forgot sent": lambda: identity("forgot_sent", email="jo@x.example", minutes=30),
    "code": lambda: identity("code", method="mail", days=30, failure="Wrong.", next='"><b>'),
    "second factor": lambda: page(
        template="identity/second_factor.html", factor=None, required=True, errors={"password": "No."}
    ),
    "second factor set-up": lambda: page(
        template="identity/second_factor_setup.html", method="app", address="otpauth://x", picture="", key="AB", errors={}
    ),
    "recovery codes": lambda: page(template="identity/recovery_codes.html", codes=("AB-CD",), turned_on=True),
    "reset": lambda: identity("reset", token="abc", errors={}),
    "reset expired": lambda: identity("reset", token="", expired=True),
    "error": lambda: page(template="errors/error.html", status=500, sentence="Broken.", error_id="7F3K", time="10:44"),
    "refused": lambda: page(template="errors/error.html", status=400, sentence="Odd."),
    "not found": lambda: page(template="errors/not_found.html"),
    "denied": lambda: page(template="errors/denied.html"),
}


@pytest.fixture(params=EVERY_PAGE)
def any_page(request):
    return EVERY_PAGE[request.param]()


def test_no_page_has_script_or_style_of_its_own(any_page):
    assert re.findall(r"<script(?![^>]*\bsrc=)", any_page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", any_page) == []


def test_every_icon_of_a_page_is_in_its_sprite_and_no_other(any_page):
    assert set(re.findall(r'href="#i-([^"]+)"', any_page)) == set(re.findall(r'<symbol id="i-([^"]+)"', any_page))


def test_every_page_names_its_language_and_has_one_heading_and_one_main(any_page):
    assert '<html lang="en-GB" dir="ltr"' in any_page
    assert any_page.count("<h1") == 1
    assert len(re.findall(r"<main\b", any_page)) == 1
    assert re.search(r"<title>[^<–]+– Tools &amp; Co</title>", any_page)


def test_every_page_can_skip_to_its_content(any_page):
    assert any_page.index('<a class="skip" href="#main">') < any_page.index('id="main"')


def test_every_form_that_posts_carries_the_token(any_page):
    forms = re.findall(r'<form[^>]*method="post".*?</form>', any_page, re.DOTALL)
    assert [form for form in forms if 'name="csrf_token" value="token-of-the-page"' not in form] == []


def test_every_label_belongs_to_a_control_and_no_id_is_there_twice(any_page):
    ids = re.findall(r'\bid="([^"]+)"', any_page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label[^>]*\bfor="([^"]+)"', any_page)) <= set(ids)
    described = re.findall(r'aria-describedby="([^"]+)"', any_page)
    assert {name for names in described for name in names.split()} <= set(ids)


def test_what_is_typed_is_kept_and_escaped():
    assert 'value="&#34;&gt;&lt;b&gt;"' in identity("signin", email='"><b>', failure="No.")


def test_a_page_with_an_error_says_so_in_its_title():
    assert "<title>Error: Sign in –" in identity("signin", failure="No.")
    assert "<title>Error: &lt;Thing&gt; 1 –" in page(head=replace(HEAD, failed=True))


def test_the_head_is_escaped():
    assert "<Thing>" not in page()
    assert "first &amp; second" in page()


def test_on_a_phone_the_primary_action_and_one_more_stay():
    html = page()
    assert html.count('class="btn btn-secondary hide-phone"') == 1
    assert 'aria-label="More actions"' in html
    assert html.index(">Copy</a>") < html.index("Change</a>")


def test_the_menu_holds_what_the_roles_may_open():
    seen = visit()
    assert "Secret" not in nav(page(seen))
    assert "Secret" in nav(page(replace(seen, principal=Somebody(roles=frozenset({"boss"})))))
    assert "Secret" not in nav(page(seen))


def test_the_menu_marks_the_page_that_one_is_on_or_under():
    def marked(path):
        html = nav(page(visit(frame=Frame(path=path))))
        return re.findall(r'<a href="([^"]*)" aria-current="page"', html)

    assert marked("/things") == ["/things"]
    assert marked("/things/12/lines") == ["/things"]
    assert marked("/") == ["/"]
    assert marked("/thingsome") == []
    assert marked("/terms") == ["/terms"]


def test_the_menu_speaks_the_language_and_stays_in_it():
    html = nav(page(visit(language="sv-SE")))
    assert '<a href="/sv-SE/things">Saker</a>' in html
    assert 'aria-label="Huvudmeny"' in html


def test_an_address_outside_opens_a_window_and_says_so():
    assert re.search(
        r'<a href="https://shop.example" target="_blank" rel="noopener">Shop.*\(opens in a new window\)', nav(page())
    )


def test_a_page_of_one_record_is_no_menu_entry():
    more = Page(key="one", site="main", label=Text.of("One"), parent="things", record_entity="account")
    assert "{" not in nav(page(visit(more)))


def test_every_language_of_the_site_leads_to_the_same_page():
    html = page(visit(frame=Frame(path="/things", query="q=a&page=2")))
    assert '<a href="/sv-SE/things?q=a&amp;page=2" lang="sv-SE"' in html
    assert re.search(r'<a href="/things\?q=a&amp;page=2" lang="en-GB" hreflang="en-GB" aria-current="true">', html)


def test_a_language_from_right_to_left_turns_the_page():
    html = page(visit(language="ar"))
    assert '<html lang="ar" dir="rtl">' in html
    assert "bootstrap.rtl.min.css" in html


def test_the_person_can_sign_out_and_nobody_can_sign_in():
    assert 'action="/signout"' in page()
    assert ">JL</span>" in page()
    anonymous = page(visit(principal=NOBODY))
    assert 'action="/signout"' not in anonymous
    assert 'href="/signin"' in anonymous


def test_the_header_says_for_whom_one_acts():
    html = page(visit(frame=Frame(account="A & B", account_number="100482")))
    assert "<bdi>A &amp; B</bdi>" in html
    assert "Account 100482" in html
    assert "account-name" not in page()


def test_the_scheme_is_the_persons_or_the_systems():
    assert 'data-bs-theme="dark"' in page(visit(frame=Frame(scheme="dark")))
    assert "data-bs-theme" not in page()


def test_messages_are_said_aloud_once():
    message = Message("3 copied <b>", detail="2 replaced", undo=Action("Undo", "/undo"))
    html = page(visit(frame=Frame(messages=(message, Message("Failed", tone="bad")))))
    assert 'aria-live="polite"' in html
    assert "3 copied &lt;b&gt;" in html
    assert 'class="notice notice-bad"' in html


@pytest.mark.parametrize("kind", ["empty", "filtered", "denied", "not_synced", "not_found", "failed", "done"])
def test_every_state_has_a_figure_a_heading_and_a_way_on(kind):
    state = State(kind, "None <yet>", "Text.", Action("Go", "/go", kind="primary"), ref="Error 1")
    html = str(renderer().wardrobe(visit()).templates.get_template("macros.html").module.state(state))
    assert 'class="icon"' in html
    assert "<h2>None &lt;yet&gt;</h2>" in html
    assert '<a class="btn btn-primary" href="/go">Go</a>' in html


def test_a_fragment_brings_its_icons_and_a_block_leaves_them_to_the_page():
    seen = visit()
    own = renderer()
    template = own.wardrobe(seen).templates.from_string('{{ icon("truck") }}{{ csrf }}')
    assert '<symbol id="i-truck"' in own.fragment(seen, template)
    assert "<symbol" not in own.block(seen, template)
    around = own.wardrobe(seen).templates.from_string('{% extends "layout.html" %}{% block content %}{{ part }}{% endblock %}')
    assert '<symbol id="i-truck"' in own.page(seen, around, part=own.block(seen, template))


def test_an_icon_that_metadata_made_up_draws_nothing():
    assert renderer().wardrobe(visit()).templates.from_string('{{ icon("no <such>") }}').render() == ""


def test_static_addresses_lead_to_files_and_never_out_of_the_theme():
    own = renderer()
    html = page()
    for owner, path in re.findall(r'"/_static/([a-z]+)/([^"?]+)\?v=[0-9a-f]{10}"', html):
        assert own.asset(owner, path) is not None
    assert own.asset("base", "../theme.yaml") is None
    assert own.asset("..", "base/theme.yaml") is None
    assert own.asset("base", "css") is None
    assert own.asset("base", "css/none.css") is None
    assert own.asset("base", "a\0b") is None


def test_the_tokens_of_a_site_are_one_sheet_after_the_themes():
    seen = visit()
    sheet = renderer().tokens(seen.snapshot, "main")
    assert sheet is not None
    assert page(seen).index("css/print.css") < page(seen).index(sheet.url)
    assert renderer().tokens(seen.snapshot, "other") is None


def test_a_person_is_led_to_their_password_and_their_sessions_in_the_menu_and_on_a_phone():
    html = page()
    for address, said in (("/password/change", "Change the password"), ("/sessions", "Where you are signed in")):
        assert len(re.findall(rf'<a href="{address}">.*?{said}</a>', html)) == 2
    assert "/password/change" not in page(visit(principal=NOBODY))


def test_the_profile_is_linked_where_the_site_has_one():
    assert "Your profile" not in page()
    profile = Page(key="me", site="main", label=Text.of("Me"), parent="home", partial_url="me")
    marked = page(visit(profile, SiteMarker(key="profile", site="main", page="me")))
    assert len(re.findall(r'<a href="/me">.*?Your profile</a>', marked)) == 2
