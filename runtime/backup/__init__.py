"""Backups: all that an installation keeps, in one file that either kind of database can be made of again.

In: a database and a store of files. Out: an archive (`archive`) with the rows of every table of Foyer's (`tables`, `rows`) as
one moment saw them, and the contents of files. Whole tables are copied as they are, for nobody's eyes; the command line alone
comes here. No key is in an archive: the secret key must be kept beside it.
"""

from __future__ import annotations


class BackupRefused(Exception):
    """A backup cannot be made, read or restored here; the message says why and what to do."""
