"""Where an upload is kept while it is read: memory at first, a temporary file beyond that, nothing beyond the limit."""

from __future__ import annotations

import hashlib
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Spooled = tempfile.SpooledTemporaryFile[bytes]
else:
    Spooled = tempfile.SpooledTemporaryFile

IN_MEMORY = 262_144


class Spool(Spooled):
    """An upload on its way in. What is beyond `most` bytes is counted and let go, so that the rest of its form survives.

    One that is not `named` is the empty part that a browser sends for a chooser that was left alone.
    """

    def __init__(self, most: int, *, named: bool = True) -> None:
        super().__init__(max_size=IN_MEMORY, mode="w+b")
        self.most = most
        self.named = named
        self.size = 0
        self._digest = hashlib.sha256()

    @property
    def too_large(self) -> bool:
        """More was sent than is kept; what was kept is gone as well."""
        return self.size > self.most

    @property
    def sha256(self) -> str:
        """The digest of all that was written."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Take the next bytes."""
        before, self.size = self.too_large, self.size + len(data)
        if self.too_large:
            if not before:
                self.seek(0)
                self.truncate()
            return len(data)
        self._digest.update(data)
        return super().write(data)
