"""What a link that somebody shares is narrowed to, and the rows that it is for.

A link grants nothing: it takes away. Whoever opens it acts with the rights that its maker has at that moment, and of those with
the ones alone that the metadata lets the maker share, on the rows and attributes of the link alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    FromClause,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    literal_column,
    select,
)

from metadata.model import EntityPermission
from metadata.types import KEY_TYPE, UtcDateTime
from runtime.access.scopes import Predicate

METADATA = MetaData()
BIND = "p_share"

links = Table(
    "foyer_share",
    METADATA,
    Column("id", KEY_TYPE, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("contact_id", KEY_TYPE, nullable=False, index=True),
    Column("account_id", KEY_TYPE),
    Column("site", String(120), nullable=False),
    Column("above", KEY_TYPE, index=True),
    Column("entity", String(60), nullable=False),
    Column("reading", Text, nullable=False),
    Column("writing", Text, nullable=False, default=""),
    Column("name", String(200), nullable=False, default=""),
    Column("uses", Integer, nullable=False, default=0),
    Column("used", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("used_at", UtcDateTime()),
    Column("revoked_at", UtcDateTime()),
)

link_rows = Table(
    "foyer_share_row",
    METADATA,
    Column("share_id", KEY_TYPE, nullable=False),
    Column("row_id", KEY_TYPE, nullable=False),
    PrimaryKeyConstraint("share_id", "row_id"),
    Index("ix_foyer_share_row", "row_id"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """The shape of a link, on which the text of statements depends: an entity, what may be read, what may be changed."""

    entity: str
    reading: frozenset[str]
    writing: frozenset[str] = frozenset()

    def attributes(self, privilege: str) -> frozenset[str]:
        """What the link leaves of the attributes for a privilege; nothing for all that it does not know."""
        return {"read": self.reading, "write": self.writing}.get(privilege, frozenset())

    def within(self, other: Share) -> Share:
        """Both at once."""
        same = self.entity == other.entity
        reading, writing = self.reading & other.reading, self.writing & other.writing
        return Share(self.entity, reading if same else frozenset(), writing if same else frozenset())


def shareable(permission: EntityPermission, privilege: str) -> frozenset[str]:
    """The attributes that a permission lets its holders share."""
    return frozenset({"read": permission.share_read, "write": permission.share_write}.get(privilege, ()))


class Reaching(Protocol):
    """What tells whether a row is within reach."""

    def rows(self, rows: FromClause, *, many: bool = False) -> Predicate:
        """Whether a row of `rows` is; `many` as in `Reach.rows`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SharedReach:
    """The rows of a link that its maker reaches: the link is the bind `p_share`, so the text is the same for all of a shape."""

    maker: Reaching | None

    def rows(self, rows: FromClause, *, many: bool = False) -> Predicate:
        """Whether the maker reaches the row and it is one of a link that is not revoked; `many` as in `Reach.rows`."""
        held = link_rows.join(links, and_(links.c.id == link_rows.c.share_id, links.c.revoked_at.is_(None)))
        named = link_rows.c.share_id == bindparam(BIND, type_=KEY_TYPE)
        listed: Predicate
        if many:
            listed = rows.c["id"].in_(select(link_rows.c.row_id).select_from(held).where(named).correlate(None))
        else:
            one: Select[Any] = select(literal_column("1")).select_from(held).where(named, link_rows.c.row_id == rows.c["id"])
            listed = exists(one.correlate(rows))
        return listed if self.maker is None else and_(self.maker.rows(rows, many=many), listed)
