#!/bin/sh
# Known weaknesses of the versions in constraints.txt (or of the file that is named), as the index of packages tells them.
# pip-audit lives in an environment of its own, so that it asks for nothing of ours. Without the index it says that it was skipped.
set -eu
cd "$(dirname "$0")/.."
file=${1:-constraints.txt}
venv="${FOYER_VENV:-.venv}-audit"
python="${PYTHON:-python3}"
if ! "$python" -c 'import urllib.request; urllib.request.urlopen("https://pypi.org/pypi/pip/json", timeout=10)' 2>/dev/null; then
  echo "audit skipped: https://pypi.org does not answer"
  exit 0
fi
[ -x "$venv/bin/pip-audit" ] || { "$python" -m venv "$venv" && "$venv/bin/pip" install --quiet "pip-audit>=2.9,<3"; }
said=$(mktemp)
trap 'rm -f "$said" "$said.log"' EXIT
code=0
"$venv/bin/pip-audit" --requirement "$file" --no-deps --disable-pip --progress-spinner off >"$said" 2>"$said.log" || code=$?
# Findings and faults end with the same code. What was found is a table; of a fault there is its last line.
if [ "$code" != 0 ] && ! [ -s "$said" ]; then
  echo "audit skipped: the index could not be asked: $(tail -n 1 "$said.log" | cut -c 1-200)"
  exit 0
fi
# A mirror may have the packages and not what is known of them: pip-audit calls that no weakness found.
pinned=$(grep -c == "$file") unknown=$(grep -c "could not be audited" "$said") || :
if [ "$unknown" -ge "$pinned" ]; then
  echo "audit skipped: the index tells nothing of any of the $pinned packages"
  exit 0
fi
cat "$said.log" "$said"
[ "$unknown" = 0 ] || echo "not audited: $unknown of $pinned packages, of which the index tells nothing"
exit "$code"
