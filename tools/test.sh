#!/bin/sh
# Runs the tests: all but the browser's in two processes, then the browser's in one, where a second would only slow it.
# In the order of the folders: neighbours are of one kind of site, which is made once, and at the end stand the shortest, so
# that neither process waits long for the other. Arguments go to pytest both times. Fails when either run fails; a run that
# finds no test has not failed.
set -u
cd "$(dirname "$0")/.."
pytest="${FOYER_VENV:-.venv}/bin/python -m pytest"

failed=0
run() {
  "$@"
  code=$?
  if [ "$code" != 0 ] && [ "$code" != 5 ]; then failed=$code; fi
}

run $pytest --ignore=tests/browser -n "${FOYER_TEST_PROCESSES:-2}" --dist loadscope --no-loadscope-reorder "$@"
if [ -d tests/browser ]; then
  run $pytest tests/browser -p no:xdist "$@"
fi
exit "$failed"
