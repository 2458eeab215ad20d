"""Forms begun and not yet sent: what was typed, the step, and the key under which it is sent outside.

Every statement names the owner, so that nobody reaches another person's draft. Times are given by the caller.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Column, Connection, Index, MetaData, Row, String, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from metadata.types import KEY_TYPE, UtcDateTime

METADATA = MetaData()
LARGEST_DRAFT = 2_000_000
LARGEST_OF_STRANGER = 200_000
"""Letters of what somebody who is not signed in enters, who may be anybody and come back under another address."""
STRANGER_DAYS = 7
"""For how long that is kept at most, as the browser forgets it when it is closed."""
NOBODY = OWN_ACCOUNT = 0
PLAIN, AUTO, OVER = "form:", "auto:", "over:"
DAYS, SETTING = 30, "forms/kept_days"
"""For how long what was typed in a plain form is kept, where the site does not say."""
_KEY = re.compile("[0-9a-f]{32}")

drafts = Table(
    "foyer_draft",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("contact_id", KEY_TYPE, nullable=False),
    Column("site", String(120), nullable=False),
    Column("form", String(160), nullable=False),
    Column("definition", String(64), nullable=False, default=""),
    Column("step", String(120), nullable=False, default=""),
    Column("data", Text, nullable=False),
    Column("attempt", String(32), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime()),
    Column("record_id", KEY_TYPE),
    Column("account_id", KEY_TYPE, nullable=False, default=0),
    Column("visitor", String(32), nullable=False, default=""),
    Index("ix_foyer_draft_owner", "contact_id", "site", "form", "changed_at"),
)


class DraftTooLarge(Exception):
    """More was typed than a form may hold."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose draft, of which form. `form` is the key of a multistep form, `form:<key>` of a plain one that
    is sent, `auto:<key>:<place>` of what was typed in one, or `over:<block>:<place>` of what was sent once the session had
    ended. `acting` is the account where it is not the contact's own.
    `visitor` is what tells the browser of somebody who is not signed in, or not any more, from others."""

    contact: int
    site: str
    form: str
    acting: int | None = None
    visitor: str = ""

    @property
    def plain(self) -> bool:
        """Whether it is a plain form, whose draft is made when it is sent."""
        return self.form.startswith(PLAIN)


@dataclass(frozen=True, slots=True)
class Draft:
    """One form begun. `attempt` is the key of the next sending; `record` the record that came of it."""

    id: str
    owner: Owner
    definition: str
    step: str
    attempt: str
    created_at: dt.datetime
    changed_at: dt.datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False
    record: int | None = None

    def with_step(self, key: str, value: Any) -> Draft:
        """The draft with what was typed in one step."""
        return replace(self, data={**self.data, key: value})


def kept_days(settings: Mapping[str, str]) -> int:
    """For how many days a site keeps what was typed."""
    given = settings.get(SETTING, "").strip()
    return int(given) if given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= 365 else DAYS


def new_key() -> str:
    """A key that nobody has used."""
    return uuid.uuid4().hex


def fresh(owner: Owner, key: str, now: dt.datetime, definition: str = "") -> Draft:
    """A draft that is not stored yet, with the id that its page carries, or a new one where that is none."""
    return Draft(key if _KEY.fullmatch(key) else new_key(), owner, definition, "", new_key(), now, now)


def begin(connection: Connection, draft: Draft) -> Draft:
    """Store a fresh draft. One of the same id stays as it is and is given back; the id of a stranger's is not taken."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    connection.execute(
        insert(drafts)
        .values(
            id=draft.id,
            contact_id=draft.owner.contact,
            account_id=draft.owner.acting or OWN_ACCOUNT,
            visitor=draft.owner.visitor,
            site=draft.owner.site,
            form=draft.owner.form,
            definition=draft.definition,
            step=draft.step,
            data=_text(draft),
            attempt=draft.attempt,
            created_at=draft.created_at,
            changed_at=draft.changed_at,
        )
        .on_conflict_do_nothing()
    )
    return find(connection, draft.owner, draft.id) or begin(connection, replace(draft, id=new_key()))


def latest(connection: Connection, owner: Owner) -> Draft | None:
    """The owner's unfinished draft that was touched last."""
    rows = connection.execute(
        select(drafts)
        .where(*_owned(owner), drafts.c.finished_at.is_(None))
        .order_by(drafts.c.changed_at.desc(), drafts.c.id)
        .limit(1)
    )
    return _draft(rows.first(), owner)


def find(connection: Connection, owner: Owner, key: str) -> Draft | None:
    """The owner's draft of that id, finished or not."""
    rows = connection.execute(select(drafts).where(*_owned(owner), drafts.c.id == key[:32]))
    return _draft(rows.first(), owner)


def save(connection: Connection, draft: Draft, now: dt.datetime) -> None:
    """Store what was typed and the step, unless it has been sent meanwhile. Raises DraftTooLarge."""
    connection.execute(
        _this(draft).values(
            data=_text(draft),
            step=draft.step,
            definition=draft.definition,
            changed_at=now,
        )
    )


def renew_attempt(connection: Connection, draft: Draft) -> None:
    """Give the next sending a key of its own."""
    connection.execute(_this(draft).values(attempt=new_key()))


def claim(connection: Connection, draft: Draft, now: dt.datetime) -> bool:
    """Mark the draft as sent within this transaction; False where another request did so before."""
    return connection.execute(_this(draft).values(finished_at=now)).rowcount == 1


def record_made(connection: Connection, draft: Draft, record: int) -> None:
    """Remember the record that came of a draft."""
    connection.execute(update(drafts).where(drafts.c.id == draft.id).values(record_id=record))


def shown_as(connection: Connection, owner: Owner, forms: Collection[str], record: int, key: str) -> None:
    """Remember the key under which the owner was shown the record that came of one of these forms: it may get another one."""
    connection.execute(update(drafts).where(*_made(owner, forms), drafts.c.record_id == record).values(step=key[:120]))


def shown_before(connection: Connection, owner: Owner, forms: Collection[str], key: str) -> int | None:
    """The record that the owner made with one of these forms and was shown under this key."""
    found = select(drafts.c.record_id).where(*_made(owner, forms), drafts.c.step == key, drafts.c.record_id.is_not(None))
    return connection.execute(found.order_by(drafts.c.finished_at.desc()).limit(1)).scalar()


def drop_open(connection: Connection, owner: Owner) -> None:
    """Forget all unfinished drafts of the owner."""
    connection.execute(drafts.delete().where(*_owned(owner), drafts.c.finished_at.is_(None)))


def hand_over(connection: Connection, visitor: str, contact: int) -> None:
    """What a contact sent from a browser without being signed in any more is theirs wherever they are; what somebody else
    sent from there is forgotten."""
    waiting = (drafts.c.visitor == visitor, drafts.c.form.startswith(OVER, autoescape=True))
    connection.execute(drafts.delete().where(*waiting, drafts.c.contact_id != contact))
    connection.execute(update(drafts).where(*waiting, drafts.c.contact_id == contact).values(visitor=""))


def _made(owner: Owner, forms: Collection[str]) -> tuple[Any, ...]:
    """What the owner sent with one of these forms, for whichever account."""
    mine = (drafts.c.contact_id == owner.contact, drafts.c.site == owner.site)
    return (*mine, drafts.c.form.in_(forms), drafts.c.finished_at.is_not(None))


def _owned(owner: Owner) -> tuple[Any, ...]:
    return (
        drafts.c.contact_id == owner.contact,
        drafts.c.site == owner.site,
        drafts.c.form == owner.form,
        drafts.c.account_id == (owner.acting or OWN_ACCOUNT),
        drafts.c.visitor == owner.visitor,
    )


def _this(draft: Draft) -> Any:
    return update(drafts).where(*_owned(draft.owner), drafts.c.id == draft.id, drafts.c.finished_at.is_(None))


def _text(draft: Draft) -> str:
    text = json.dumps(draft.data, ensure_ascii=False, separators=(",", ":"))
    if len(text) > (LARGEST_OF_STRANGER if draft.owner.visitor else LARGEST_DRAFT):
        raise DraftTooLarge
    return text


def _draft(row: Row[Any] | None, owner: Owner) -> Draft | None:
    if row is None:
        return None
    return Draft(
        row.id,
        owner,
        row.definition,
        row.step,
        row.attempt,
        row.created_at,
        row.changed_at,
        json.loads(row.data),
        row.finished_at is not None,
        row.record_id,
    )
