"""Who may do what, decided from metadata and roles, told as SQL predicates.

In come a snapshot and a principal; out comes an `Access`: the union of the principal's grants for one privilege on one
entity. Denied is what nobody has granted. Scopes are closed: what reaches a row is decided in this room alone.
"""

from runtime.access.grants import Access, Grant, access_for, access_of
from runtime.access.principal import Person, Principal, Standing

__all__ = ["Access", "Grant", "Person", "Principal", "Standing", "access_for", "access_of"]
