#!/bin/sh
# Sees to a browser for the browser tests: the one that is there, else Debian's Chromium where it may be installed, without
# its windows and menus where that is a package of its own.
# Fails only where FOYER_REQUIRE names the browser; elsewhere the tests that need one skip and say so.
set -eu

for name in "${FOYER_TEST_BROWSER-}" chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  echo "Installing chromium for the browser tests ..." >&2
  as_root apt-get update -qq || true
  for package in chromium-headless-shell chromium; do
    if as_root apt-get install -y -qq --no-install-recommends "$package" >&2; then exit 0; fi
  done
fi

echo "No Chromium here, and none could be installed: browser tests are skipped." >&2
echo "To run them: sudo apt-get install -y --no-install-recommends chromium, or FOYER_TEST_BROWSER=/path/to/chrome." >&2
case ",${FOYER_REQUIRE-}," in *,browser,*) exit 1 ;; esac
