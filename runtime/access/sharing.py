"""What a link that somebody shares is narrowed to, and the rows that it is for.

A link grants nothing: it takes away. Whoever opens it acts with the rights that its maker has at that moment, and of those with
the ones alone that the metadata lets the maker share, on the rows and attributes of the link alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    Column("pressing", Text, nullable=False, default=""),
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
    """The shape of a link, on which the text of statements depends: an entity, what may be read, what may be changed, and the
    actions of forms that may be pressed, each as `form/action`.

    While one of them is, it is `pressed`, and what may be changed are the attributes that it sets, and nothing else.
    """

    entity: str
    reading: frozenset[str]
    writing: frozenset[str] = frozenset()
    pressing: frozenset[str] = frozenset()
    pressed: str = ""
    sets: frozenset[str] = frozenset()

    def attributes(self, privilege: str) -> frozenset[str]:
        """What the link leaves of the attributes for a privilege; nothing for all that it does not know."""
        return {"read": self.reading, "write": self.sets if self.pressed else self.writing}.get(privilege, frozenset())

    def within(self, other: Share) -> Share:
        """Both at once, while nothing is pressed."""
        if self.entity != other.entity:
            return Share(self.entity, frozenset())
        return Share(self.entity, self.reading & other.reading, self.writing & other.writing, self.pressing & other.pressing)

    def while_pressed(self, action: str, sets: frozenset[str]) -> Share:
        """The same while an action is pressed that sets these attributes. Raises ValueError for one that it does not let."""
        if action not in self.pressing:
            raise ValueError(action)
        return replace(self, pressed=action, sets=sets)


def shareable(permission: EntityPermission, privilege: str, share: Share) -> frozenset[str]:
    """The attributes that a permission lets its holders share; for an action that is pressed those that it sets."""
    if share.pressed and privilege == "write":
        return share.sets if share.pressed in shared_names(permission) else frozenset()
    return frozenset({"read": permission.share_read, "write": permission.share_write}.get(privilege, ()))


def shared_names(permission: EntityPermission) -> frozenset[str]:
    """The actions of forms that a permission lets its holders share, each as `form/action`."""
    return frozenset(f"{one.form}/{one.action}" for one in permission.share_actions)


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
