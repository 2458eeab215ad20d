"""How far a grant reaches, in words that hang on metadata's meaning and not on the names of permissions."""

from __future__ import annotations

from metadata.model import EntityPermission
from metadata.snapshot import CompiledSite
from runtime.access.grants import PROFILE, Grant

ALL = "global"
OWN = "self"


def scope_text(site: CompiledSite, grant: Grant) -> str:
    """The scope of a grant: `global`, `contact:owner`, `account:customer+below`, `parent:ticket[contact:owner]`."""
    if grant.permission == PROFILE:
        return OWN
    permission = site.permissions.get(grant.permission)
    return ALL if permission is None else _text(site, permission, ())


def reaches_anyway(site: CompiledSite, grant: Grant) -> bool:
    """Whether a grant reaches rows for somebody who has none: the way of its parents ends at all rows."""
    above, known = site.permissions.get(grant.permission), set[str]()
    while above is not None and above.scope == "parent" and above.key not in known:
        known.add(above.key)
        above = site.permissions.get(above.parent)
    return grant.reach is None or (above is not None and above.scope == ALL)


def _text(site: CompiledSite, permission: EntityPermission, above: tuple[str, ...]) -> str:
    if permission.scope == "parent":
        parent = site.permissions.get(permission.parent)
        inner = "" if parent is None or parent.key in above else _text(site, parent, (*above, permission.key))
        return f"parent:{permission.relationship}>{parent.entity if parent else ''}[{inner}]"
    via = f":{permission.via}" if permission.via else ""
    return f"{permission.scope}{via}{'+below' if permission.subsidiaries else ''}"
