"""Environment variables that metadata names as ${NAME}: any but those that hold secrets of the installation itself.

Who may write metadata says where such a value is sent to; the installation's own secrets go nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
IN_A_FILE = "_FILE"
OWN_SECRETS = frozenset(
    f"FOYER_{name}"
    for name in (
        "DATABASE_URL",
        "SECRET_KEY",
        "OLD_SECRET_KEYS",
        "SMTP_URL",
        "THROTTLE_URL",
        "METRICS_TOKEN",
        "CAPTCHA_SECRET",
        "FILES_URL",
    )
)
OF_LIBRARIES = ("AWS_", "PGPASS")
"""Beginnings of the names by which libraries find what lets them in elsewhere."""


def is_own(name: str) -> bool:
    """Whether a variable is the installation's own, so that metadata may not name it."""
    plain = name.upper()
    return plain.removesuffix(IN_A_FILE) in OWN_SECRETS or plain.startswith(OF_LIBRARIES)


def value_of(name: str, environment: Mapping[str, str]) -> str | None:
    """What a variable holds, or the file that NAME_FILE names, without blanks around it; None where neither is set.

    Raises OSError and UnicodeDecodeError where the file cannot be read.
    """
    if name in environment:
        return environment[name]
    file = environment.get(f"{name}{IN_A_FILE}")
    return None if file is None else Path(file).read_text(encoding="utf-8").strip()


def named_in(text: str) -> tuple[str, ...]:
    """The names of the variables in a text."""
    return tuple(VARIABLE.findall(text))
