#!/bin/sh
# Lints, checks the format and the types of everything there is; all of it runs, then it fails if any part did.
set -u
cd "$(dirname "$0")/.."
bin=${FOYER_VENV:-.venv}/bin

packages=""
for folder in metadata runtime connectors themes; do
  if [ -n "$(find "$folder" -name '*.py' -print -quit 2>/dev/null)" ]; then packages="$packages $folder"; fi
done
templates=""
for folder in runtime themes metadata; do
  if [ -n "$(find "$folder" -name '*.html' -print -quit 2>/dev/null)" ]; then templates="$templates $folder"; fi
done

failed=0
check() {
  printf '== %s\n' "$1"
  shift
  "$@" || failed=1
}

check "ruff" "$bin/ruff" check .
check "format" "$bin/ruff" format --check .
# shellcheck disable=SC2086 # the lists are words
check "types" "$bin/mypy" $packages tests/support benchmarks
if [ -n "$templates" ]; then
  # shellcheck disable=SC2086
  check "templates" "$bin/djlint" $templates --lint --quiet
fi
exit "$failed"
