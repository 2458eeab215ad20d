"""The secret key of an installation that was given none: made once, kept in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

NAME = "secret_key"


def secret_key(given: str, data_dir: Path) -> str:
    """The given key, or the one kept in the data folder, made there on first use. Raises OSError where it cannot be."""
    if given:
        return given
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / NAME
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Write a new key, unless another process is quicker: whoever reads finds the whole of one key or no file."""
    handle, whole = tempfile.mkstemp(dir=path.parent, prefix=f"{NAME}.")  # readable by its owner only
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(whole, path)
    finally:
        os.unlink(whole)
