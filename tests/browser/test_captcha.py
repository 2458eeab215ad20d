"""A captcha in a browser: a script does the work, without it a sum is asked; found by axe to be in order."""

import pytest
from playwright.sync_api import expect

from support.axe import assert_no_axe_violations
from support.enquiries import ASK, ASK_IN_STEPS, enquiries, in_steps
from support.marina_site import served
from support.pottery import make_pottery


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captcha")
    pottery = make_pottery(f"sqlite:///{folder}/pottery.db", folder, *enquiries(), *in_steps())
    with served(pottery.app) as url:
        yield url
    pottery.engine.dispose()


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("path", [ASK, ASK_IN_STEPS])
def test_a_person_gets_through_with_and_without_script(address, browser, path, width, script):
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 740}, locale="en-US", java_script_enabled=script
    )
    page = context.new_page()
    page.goto(path)
    page.get_by_label("Subject").fill("Porcelain?")
    if path == ASK_IN_STEPS:
        page.get_by_role("button", name="Next").click()
        page.get_by_label("Your email").fill("passer@by.example")
    question = page.get_by_label("What is")
    if script:
        expect(page.get_by_text("You are not asked anything")).to_be_visible()
        expect(question).to_be_hidden()
        assert_no_axe_violations(page)
    else:
        said = page.locator("label[for=captcha]").inner_text()
        first, second = (int(word.rstrip("?")) for word in said.split() if word.rstrip("?").isdecimal())
        question.fill(str(first + second))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save" if path == ASK else "Send").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    context.close()
