"""The browser of the browser tests: Debian's Chromium or an installed Chrome, never one that Playwright downloads."""

import os
import shutil

from support.services import Unavailable

PATIENCE_MS = 30_000
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str:
    """The path of the browser to run: FOYER_TEST_BROWSER, else the first one on the PATH."""
    named = os.environ.get("FOYER_TEST_BROWSER")
    for name in [named] if named else NAMES:
        if path := shutil.which(name):
            return path
    if named:
        raise Unavailable(f"FOYER_TEST_BROWSER is {named}, which is no program")
    raise Unavailable("no Chromium or Chrome on the PATH (apt-get install chromium), and FOYER_TEST_BROWSER is not set")
