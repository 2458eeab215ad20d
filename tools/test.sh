#!/bin/sh
# Runs the tests: all but the browser's in two processes, and the browser's beside them in one, for those wait for a page
# most of the time. In the order of the folders: neighbours are of one kind of site, which is made once, and at the end stand
# the shortest, so that neither process waits long for the other. Arguments go to pytest both times. What the browser's say
# is shown when the others are through; with FOYER_TEST_PROCESSES=1 nothing runs beside anything. Fails when either run
# fails; a run that finds no test has not failed.
set -u
cd "$(dirname "$0")/.."
pytest="${FOYER_VENV:-.venv}/bin/python -m pytest"
processes=${FOYER_TEST_PROCESSES:-2}

failed=0
judge() {
  if [ "$1" != 0 ] && [ "$1" != 5 ]; then failed=$1; fi
}

beside=
said=$(mktemp)
leave() {
  if [ -n "$beside" ]; then kill "$beside" 2>/dev/null; fi
  rm -f "$said"
}
trap leave EXIT
trap 'exit 130' INT TERM

if [ -d tests/browser ] && [ "$processes" != 1 ]; then
  if [ -t 1 ]; then export PY_COLORS=1; fi
  $pytest tests/browser -p no:xdist "$@" > "$said" 2>&1 &
  beside=$!
fi
$pytest --ignore=tests/browser -n "$processes" --dist loadscope --no-loadscope-reorder "$@"
judge $?
if [ -n "$beside" ]; then
  wait "$beside"
  judge $?
  beside=
  cat "$said"
elif [ -d tests/browser ]; then
  $pytest tests/browser -p no:xdist "$@"
  judge $?
fi
exit "$failed"
