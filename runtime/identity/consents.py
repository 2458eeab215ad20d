"""Who has accepted which terms of a site, when, in which words."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import Connection, insert, select, update

from metadata.model import Terms
from metadata.schedule import begins
from metadata.snapshot import CompiledSite
from runtime.identity.sessions import utc_now
from runtime.identity.tables import consents, sessions


def terms_due(site: CompiledSite, at: dt.datetime | None = None) -> Terms | None:
    """The terms that people must have accepted at a moment (now); None where there are none, or none yet.

    Their `published` is the version that a consent names.
    """
    terms = site.model.terms
    if terms is None or begins(terms.published, site.model.time_zone) > (at or utc_now()):
        return None
    return terms


def has_accepted(connection: Connection, contact: int, site: str, version: str) -> bool:
    """Whether a contact has accepted this version."""
    where = (consents.c.contact_id == contact, consents.c.site == site, consents.c.version == version)
    return connection.execute(select(consents.c.id).where(*where).limit(1)).first() is not None


def accepted_by(connection: Connection, site: CompiledSite, contact: int) -> str:
    """The version of the terms due now, if a contact has accepted it; else ""."""
    terms = terms_due(site)
    return terms.published if terms is not None and has_accepted(connection, contact, site.key, terms.published) else ""


def accept(connection: Connection, contact: int, site: str, version: str, language: str, words: str) -> None:
    """Write down that a contact accepts a version in a language; `words` are those it was shown, kept as a hash.

    What was accepted before is not written down again.
    """
    if not has_accepted(connection, contact, site, version):
        values = {
            "contact_id": contact,
            "site": site,
            "version": version,
            "language": language,
            "words_hash": hashlib.sha256(words.encode()).hexdigest() if words else "",
            "accepted_at": utc_now(),
        }
        connection.execute(insert(consents).values(values))
    mine = (sessions.c.contact_id == contact, sessions.c.site == site)
    connection.execute(update(sessions).where(*mine).values(terms=version))
