"""The browser of the browser tests: Debian's Chromium or an installed Chrome, never one that Playwright downloads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from support.services import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_MS = 30_000
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The shell first: it is the same browser without windows, menus and bars, which take a third of the tests' time to draw."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


def find_browser() -> str:
    """The path of the browser to run: FOYER_TEST_BROWSER, else the first one on the PATH."""
    named = os.environ.get("FOYER_TEST_BROWSER")
    for name in [named] if named else NAMES:
        if path := shutil.which(name):
            return path
    if named:
        raise Unavailable(f"FOYER_TEST_BROWSER is {named}, which is no program")
    raise Unavailable("no Chromium or Chrome on the PATH (apt-get install chromium), and FOYER_TEST_BROWSER is not set")


def with_device(page: Page) -> Callable[[bool], object]:
    """Give the browser a device for passkeys, whose owner confirms everything until the function says that they do not."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    found = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": True}})
    cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": found["authenticatorId"], "enabled": True})
    return lambda verified: cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": found["authenticatorId"], "isUserVerified": verified}
    )
