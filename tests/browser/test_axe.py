"""axe finds what is wrong with a page, also under the policy that Foyer's own pages are served with."""

import pytest

from support.axe import assert_no_axe_violations

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'"
PAGE = "<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1>{}</main>"


def show(page, body):
    headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
    page.route("http://foyer.test/", lambda route: route.fulfill(body=PAGE.format(body), headers=headers))
    page.goto("http://foyer.test/")


def test_a_sound_page_passes(page):
    show(page, "<label>Name <input name=name></label>")
    assert_no_axe_violations(page)


def test_an_input_without_a_label_is_found(page):
    show(page, "<input name=name>")
    with pytest.raises(AssertionError, match="label"):
        assert_no_axe_violations(page)
