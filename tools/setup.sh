#!/bin/sh
# Makes the virtual environment and installs Foyer with the extras named in $1 ("test,e2e"); does nothing when it stands.
# FOYER_VENV: where (default .venv). PYTHON: the interpreter to build it from (default python3).
set -eu
cd "$(dirname "$0")/.."
venv=${FOYER_VENV:-.venv}
extras=${1-}
python=${PYTHON:-python3}

inputs=$(cat setup.cfg pyproject.toml constraints.txt | cksum | cut -d' ' -f1)
stamp=$venv/.installed-$extras
is_current() { [ -f "$1" ] && [ "$(cat "$1")" = "$inputs" ]; }

if [ -x "$venv/bin/python" ] && [ -x "$venv/bin/foyer" ]; then
  if is_current "$stamp"; then exit 0; fi
  # Any set of extras holds the core.
  if [ -z "$extras" ]; then
    for other in "$venv"/.installed-*; do
      if is_current "$other"; then exit 0; fi
    done
  fi
fi

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_apt() {
  command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

make_venv() {
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$python" -m venv "$venv"
  elif "$python" -c 'import venv' 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
    # Debian takes ensurepip out of its Python; a pip that is there can fill the environment from outside.
    "$python" -m venv --without-pip "$venv"
    "$python" -m pip --python "$venv/bin/python" install -q pip
  elif command -v virtualenv >/dev/null 2>&1; then
    virtualenv -q -p "$python" "$venv"
  else
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if ! can_apt; then
      say "Python cannot make a virtual environment here. On Debian or Ubuntu run:"
      say "    sudo apt-get install -y $package"
      say "then the same command again. (With uv on the PATH nothing else is needed.)"
      exit 1
    fi
    say "Installing $package, which Python needs to make a virtual environment ..."
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "$package" >&2
    "$python" -m venv "$venv"
  fi
}

# Installers warn of much that a user can do nothing about; what they said is shown when they fail.
logged() {
  if ! "$@" > "$log" 2>&1; then
    cat "$log" >&2
    say "The packages could not be installed; the reason stands above. Mend it and run the same command again."
    exit 1
  fi
}

if ! command -v "$python" >/dev/null 2>&1; then
  say "Foyer needs Python 3.11 or newer, and $python is not on the PATH."
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  say "Foyer needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Name another one with PYTHON=..."
  exit 1
fi

say "Installing Foyer into $venv${extras:+ with $extras} ..."
rm -f "$venv"/.installed-*
target=.${extras:+[$extras]}
log=$venv/install.log
if command -v uv >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] || uv venv -q -p "$python" "$venv"
  logged uv pip install -q --python "$venv/bin/python" -c constraints.txt -e "$target"
else
  "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv
  logged "$venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e "$target"
fi
printf '%s\n' "$inputs" > "$stamp"
