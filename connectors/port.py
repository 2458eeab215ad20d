"""The rows door that the runtime gives to connectors, so that they never touch a business table.

An implementation works on the caller's connection, inside the caller's transaction, and commits nothing. Values are typed
as `metadata.types.TYPES` says (Decimal, date, aware datetime, str, int, bool, uuid, tuple for choices); a lookup is the
id of its target, a polymorphic lookup is `(entity key, id)`, and None is "no value".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did. `ids` are the rows' ids in the order in which the rows were given."""

    inserted: int
    updated: int
    unchanged: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a bulk load did: numbers only, since a load may have millions of rows."""

    inserted: int
    updated: int
    unchanged: int


class Image(NamedTuple):
    """One row before a change: `operation` is insert, update or delete, `version` that of the row afterwards.

    `before` are the attributes that were changed, as they were; all of a row that was deleted; none of a new one.
    """

    entity: str
    id: int
    operation: str
    version: int
    before: Mapping[str, Any]


class RowStore(Protocol):
    """Rows by entity and integration key. Every method may raise KeyError for an entity or attribute that is not there."""

    def check(self, entity: str, row: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with the values of a row, as a code by attribute; empty where they may be stored.

        Codes: unknown attributes raise KeyError; type, required, too_long, too_small, too_large, pattern, option, scale,
        target.
        """
        ...

    def upsert(
        self,
        entity: str,
        integration_key: tuple[str, ...],
        rows: Sequence[Mapping[str, Any]],
        origin: str = "sync",
        images: list[Image] | None = None,
    ) -> Upserted:
        """Insert or update rows by their integration key.

        All rows have the same attributes. A row whose values are those already stored is not touched and its version does
        not grow. Of rows with one key the last one counts. `origin` is written to created_from and changed_from. Every
        attribute of the integration key must have a value. The key may be `("id",)`, for rows that are
        there. What is changed is added to `images`, as it was.
        """
        ...

    def resolve(self, entity: str, key_attributes: tuple[str, ...], values: set[Key], held: bool = False) -> dict[Key, int]:
        """The ids of the rows with these values; values without a row, or with several, are left out.

        An attribute may be a path over lookups.
        Where they are to be `held` nobody else changes these rows until the transaction ends.
        """
        ...

    def shared(self, entity: str, key_attributes: tuple[str, ...], values: set[Key]) -> set[Key]:
        """Those of the values that several rows have, so that none of them is meant."""
        ...

    def natural_key(self, entity: str, id: int, key_attributes: tuple[str, ...]) -> Key | None:
        """The values of these attributes, or paths over lookups, of one row; None where it is not there."""
        ...

    def delete(self, entity: str, ids: Iterable[int], images: list[Image] | None = None) -> int:
        """Delete rows with what hangs on them by cascade; the number deleted. A restricted row raises `RowsInUse`.

        Whatever goes or is changed thereby is added to `images`, as it was.
        """
        ...

    def restore(self, image: Image) -> None:
        """Have a row that was deleted there again, under the id and with the values that it had."""
        ...

    def read(self, entity: str, ids: Iterable[int], attributes: Sequence[str]) -> list[dict[str, Any]]:
        """The rows with these ids, in the order of their ids: the attributes asked for, and always `id` and `version`."""
        ...

    def values(
        self, entity: str, key_attributes: tuple[str, ...], keys: set[Key], attributes: Sequence[str]
    ) -> dict[Key, tuple[Any, ...]]:
        """The values of these attributes of the rows with these keys; keys without a row, or with several, are left out."""
        ...

    def scan(self, entity: str, attributes: Sequence[str], after: int, limit: int) -> list[dict[str, Any]]:
        """So many rows after this id, in the order of their ids: the attributes asked for, and always `id` and `version`."""
        ...

    def owned(self, entity: str, lookup: str, target: int) -> tuple[int, ...]:
        """The ids of the rows whose lookup points at this id, in their order."""
        ...

    def bulk_load(
        self, entity: str, integration_key: tuple[str, ...], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> Loaded:
        """Upsert any number of rows from an iterator with flat memory; values in the order of `columns` (attributes)."""
        ...


class RowsInUse(Exception):
    """Rows cannot be deleted because other rows point at them."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        super().__init__(f"rows of {entity} are still pointed at")
