"""The secret key of an installation that was given none: made once, kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "secret_key"


def secret_key(given: str, data_dir: Path) -> str:
    """The given key, or the one kept in the data folder, made there on first use. Raises OSError where it cannot be."""
    if given:
        return given
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / NAME
    try:
        # Two processes may start at once: one makes the file, both read it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()
