"""The address of an installation while it runs on a port of its own choice, such as a demo: kept in its data folder."""

from __future__ import annotations

from pathlib import Path

NAME = "public_url"


def keep_address(data_dir: Path, url: str) -> None:
    """Keep the address for commands on the same folder, whose links then lead to what runs. Raises OSError."""
    (data_dir / NAME).write_text(f"{url}\n", encoding="utf-8")


def forget_address(data_dir: Path) -> None:
    """It runs no longer."""
    (data_dir / NAME).unlink(missing_ok=True)


def kept_address(data_dir: Path) -> str:
    """The address that was kept; "" where nothing runs there."""
    try:
        return (data_dir / NAME).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
