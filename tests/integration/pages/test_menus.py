"""What a menu offers: pages that one may read, and of those with lists alone the ones whose rows one may read."""

import pytest

from metadata.model import EntityPermission
from support.marina_site import open_marina

OFFICE = EntityPermission(key="berths", entity="berth", scope="global", privileges=("read",), roles=("master",))


@pytest.fixture
def site(database_url, tmp_path):
    with open_marina(database_url, tmp_path, OFFICE) as opened:
        yield opened


def test_a_page_of_rows_that_somebody_may_not_read_is_not_in_the_menu_and_answers_at_its_address(site):
    skipper = site.as_("alice")
    shown = skipper.get("/").text.partition('<nav class="site-nav"')[2].partition("</nav>")[0]
    assert 'href="/bookings"' in shown
    assert 'href="/berths"' not in shown
    page = skipper.get("/berths")
    assert (page.status_code, "Berths are for the harbour office." in page.text) == (200, True)
