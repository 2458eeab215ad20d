"""A purchase order added to a new order and taken from it again, at a desk, on a phone, and without scripts."""

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.screens import sideways

PDF = {"name": "Our order 4711.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
PAGE = {"name": "page.pdf", "mimeType": "application/pdf", "buffer": b"<!doctype html><script>alert(1)</script>"}
DOCUMENT = "Your purchase order"


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_new_order_keeps_its_document_from_step_to_step(at_desk, width, scripts):
    page = at_desk("rita", width, java_script_enabled=scripts)
    page.goto("/orders/new?restart=1")
    again = page.get_by_role("button", name="Start over")
    if again.count():
        with page.expect_navigation():
            again.click()
    page.get_by_label(DOCUMENT).set_input_files(PAGE)
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".error-summary")).to_contain_text("page.pdf is not of a kind that is taken here")
    page.get_by_label(DOCUMENT).set_input_files(PDF)
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".file-held")).to_contain_text("Our order 4711.pdf")
    assert sideways(page) <= 0
    if scripts:
        assert_no_axe_violations(page)
    page.get_by_label("Remove Our order 4711.pdf").check()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".file-held")).to_have_count(0)
