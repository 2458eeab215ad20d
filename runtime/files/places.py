"""Which store an installation has, from its settings."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from runtime.files.s3 import S3Store
from runtime.files.store import FolderStore, Store

S3 = "s3"


def make_store(url: str, folder: Path) -> Store:
    """The S3-compatible store that the address names; without one the folder. Opens no connection yet."""
    return S3Store(url) if url else FolderStore(folder)


def read_files_url(value: str) -> str:
    """The address of a store, as it was given. Raises ValueError where it is none."""
    parts = urlsplit(value)
    if parts.scheme != S3 or not parts.netloc or "@" in parts.netloc:
        raise ValueError("must be s3://bucket/prefix, with ?endpoint=https://host where it is not Amazon's")
    return value
