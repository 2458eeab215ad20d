"""Who there can be on a site: everybody, whoever is signed in, each web role, and two roles together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from metadata.snapshot import CompiledSite, Snapshot
from runtime.access import Standing
from runtime.access.principal import default_roles, grantable_roles

ANONYMOUS = "(anonymous)"
SIGNED_IN = "(signed-in)"


@dataclass(frozen=True, slots=True)
class Who:
    """People with the same rights. `parts` are the names of those whose rights they have in any case."""

    name: str
    standing: Standing
    parts: tuple[str, ...] = ()


def singles(snapshot: Snapshot, site: CompiledSite) -> Iterator[Who]:
    """Somebody who is not signed in, somebody who is and holds no role, and one for each role that can be given."""
    signed_in = default_roles(snapshot, site.key, "authenticated")
    yield Who(ANONYMOUS, ("anonymous", site.key, default_roles(snapshot, site.key, "anonymous")))
    yield Who(SIGNED_IN, ("contact", site.key, signed_in))
    for role in sorted(grantable_roles(snapshot, site.key)):
        yield Who(role, ("contact", site.key, signed_in | {role}), (SIGNED_IN,))


def pairs(snapshot: Snapshot, site: CompiledSite) -> Iterator[Who]:
    """Two roles together: one may open the rows, the other the attribute or the page.

    What three roles reach, two of them reach as far as rows and attributes go: a grant is one role's, and an attribute is
    opened by one role's permission.
    """
    signed_in = default_roles(snapshot, site.key, "authenticated")
    for near, far in combinations(sorted(grantable_roles(snapshot, site.key)), 2):
        yield Who(f"{near}+{far}", ("contact", site.key, signed_in | {near, far}), (SIGNED_IN, near, far))
