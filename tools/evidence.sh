#!/bin/sh
# Runs the tests by which docs/security.md, docs/threat-model.md and docs/asvs.md show what they claim, or those of the pages that
# PAGES names; of some claims alone with -k and words of them. Arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
named=$(mktemp)
trap 'rm -f "$named"' EXIT
# shellcheck disable=SC2086 # several pages
grep -oh '\[[^]]*\](\.\./tests/[^)]*\.py)' ${PAGES:-docs/security.md docs/threat-model.md docs/asvs.md} |
  sed 's/^\[\(.*\)\](\.\.\/\(.*\))$/\2::test_\1/' | tr ' ' '_' | sort -u > "$named"
"${FOYER_VENV:-.venv}/bin/python" -m pytest -n "${FOYER_TEST_PROCESSES:-2}" --dist loadscope "@$named" "$@"
