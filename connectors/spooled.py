"""Pages of rows that are read before any of them is stored: in memory while they are few, in a temporary file beyond that."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from typing import Any

from connectors.protocol import Record

IN_MEMORY = 8_000_000
"""Bytes."""
Page = tuple[str, list[Record], list[tuple[Any, ...]], frozenset[str]]
"""The map, its records, the keys of rows that are gone, and which of those have only left the filter."""


class Spool:
    """Pages in the order in which they were kept, and in the other one. The file has no name and is nobody else's."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the spool
        self._places: list[int] = []

    def keep(self, page: Page) -> None:
        """Put a page behind the others."""
        self._places.append(self._file.seek(0, 2) or self._file.tell())
        pickle.dump(page, self._file, pickle.HIGHEST_PROTOCOL)

    def pages(self, *, last_first: bool = False) -> Iterator[Page]:
        """The pages, as often as they are asked for."""
        for place in reversed(self._places) if last_first else self._places:
            self._file.seek(place)
            yield pickle.load(self._file)

    def __bool__(self) -> bool:
        return bool(self._places)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *gone_wrong: object) -> None:
        self._file.close()
