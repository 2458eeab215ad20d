#!/bin/sh
# Writes constraints.txt anew: installs the newest versions that setup.cfg allows in a throw-away environment and notes them.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check -e '.[mysql,test,e2e,dev,nightly]'
{
  sed -n '/^#/p' constraints.txt
  "$scratch/venv/bin/pip" freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' | sort -f
} > "$scratch/constraints.txt"
cp "$scratch/constraints.txt" constraints.txt
