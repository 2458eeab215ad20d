"""Taking an upload in: looked at, put down in the register as pending, kept in the store."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from metadata.media import PICTURES
from metadata.model import Attribute
from runtime.files import register
from runtime.files.kinds import ENDINGS, accepted_by, is_accepted, media_type
from runtime.files.labels import FileLabel
from runtime.files.names import clean_name, split
from runtime.files.pictures import fault_of
from runtime.files.register import Slot, Upload
from runtime.files.scanning import Scanner, ScannerDown
from runtime.files.spool import Spool
from runtime.files.store import Store, StoreFailed, new_key

log = logging.getLogger(__name__)
MOST_PENDING = 50
MOST_PENDING_OF_NOBODY = 500
Transaction = Callable[[], AbstractContextManager[Connection]]


class NotTaken(Exception):
    """The upload is refused; `code` says why.

    too_large, wrong_type, broken, too_many_pixels, empty, infected, not_scanned, too_many, not_kept.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Cellar:
    """Where uploads go: the store, the largest file that the installation takes, and what looks through them, if anything."""

    store: Store
    most: int
    scanner: Scanner | None = None

    def limit(self, attribute: Attribute) -> int:
        """The largest file that an attribute takes, in bytes."""
        return min(attribute.max_size or self.most, self.most)


def take(cellar: Cellar, transaction: Transaction, slot: Slot, attribute: Attribute, spool: Spool, name: str) -> Upload:
    """A pending file made of an upload. Raises NotTaken.

    The register comes first and is committed, so that no content lies in the store that the register does not know of.
    """
    label = look_at(cellar, attribute, spool, name)
    if cellar.scanner is not None:
        _have_scanned(cellar.scanner, spool, label)
    with transaction() as connection:
        most = MOST_PENDING_OF_NOBODY if slot.owner is None else MOST_PENDING
        if register.count_pending(connection, slot.owner) >= most:
            raise NotTaken("too_many")
        upload = register.enter(connection, slot, label, dt.datetime.now(dt.UTC))
    try:
        cellar.store.put(label.key, spool)  # type: ignore[arg-type]
    except StoreFailed as error:
        log.error("a file could not be kept: %s", error, extra={"action": "file_not_kept"})
        raise NotTaken("not_kept") from error
    return upload


def _have_scanned(scanner: Scanner, spool: Spool, label: FileLabel) -> None:
    """Raises NotTaken also where nothing is known: a scanner that is down must not open the door."""
    seen = {"sha256": label.sha256, "size": label.size}
    try:
        found = scanner.scan(spool)  # type: ignore[arg-type]
    except ScannerDown as error:
        log.error("a file could not be scanned: %s", error, extra={"action": "file_not_scanned", **seen})
        raise NotTaken("not_scanned") from error
    if found:
        log.warning("a file has a virus: %s", found[:200], extra={"action": "file_infected", **seen})
        raise NotTaken("infected")


def look_at(cellar: Cellar, attribute: Attribute, spool: Spool, name: str) -> FileLabel:
    """What an upload is, under a new key. Raises NotTaken where the attribute does not take it."""
    if spool.size > cellar.limit(attribute):
        raise NotTaken("too_large")
    if spool.size == 0:
        raise NotTaken("empty")
    kind = media_type(spool, split(clean_name(name))[1])  # type: ignore[arg-type]
    if not is_accepted(kind, accepted_by(attribute.type, attribute.accept)):
        raise NotTaken("wrong_type")
    if kind in PICTURES and (fault := fault_of(spool, kind)):  # type: ignore[arg-type]
        raise NotTaken(fault)
    return FileLabel(0, spool.size, kind, spool.sha256, new_key(), clean_name(name, ENDINGS.get(kind, ())))
