"""Who asks: nobody, somebody without a role, one of each role, two roles together, somebody without an account, a sibling,
and somebody who acts for another's account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from metadata.model.base import PRIVILEGES
from metadata.snapshot import CompiledSite, Snapshot
from runtime.canary.ground import Ground
from runtime.canary.judge import Asker, Judge
from runtime.canary.kept_people import held_link
from runtime.canary.seeding import Planted

ANONYMOUS = "anonymous"
WRITES = ("create", "write")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with roles; `place` is who he is among the siblings, or nobody at all. `acting` for another's account."""

    place: str
    roles: tuple[str, ...] = ()
    acting: bool = False

    @property
    def name(self) -> str:
        """What findings call him."""
        if self.place == ANONYMOUS:
            return self.place
        roles = " and ".join(self.roles) or "no role"
        if self.acting:
            return f"{roles} (for a further account)"
        return roles if self.place == "own" else f"{roles} ({self.place})"

    def asker(self, snapshot: Snapshot, site: CompiledSite, planted: Planted) -> Asker:
        """The same for the judge: default roles included, and for a further account those that count there."""
        kind = "anonymous" if self.place == ANONYMOUS else "authenticated"
        held = frozenset(self.roles) | {key for key, role in site.roles.items() if role.default == kind}
        contact = planted.people.get(self.place)
        account = planted.rows["contact"][contact].get("account") if contact is not None else None
        asker = Asker(contact, account, held, held_link(site, planted, self.place))
        return _elsewhere(Judge(snapshot, site, planted.rows, planted.links, asker)) if self.acting else asker


def _elsewhere(judge: Judge) -> Asker:
    """The same person acting for the first account that is not his own."""
    asker, declared = judge.asker, judge.snapshot.entities["contact"].model.further_accounts
    account = min(judge.acts_for - {asker.account}, default=asker.account)
    if declared is None or not declared.role or account == asker.account:
        return replace(asker, account=account)
    given = {
        str(one.get(declared.role))
        for one in judge.rows[declared.entity].values()
        if (one.get(declared.contact), one.get(declared.account)) == (asker.contact, account)
        and (not declared.active or one.get(declared.active) is not False)
    }
    roles = judge.site.roles
    everybody = {key for key, role in roles.items() if role.default == "authenticated"}
    return replace(
        asker, account=account, roles=frozenset(everybody | (given & {key for key in roles if not roles[key].default}))
    )


Sight = tuple[Any, ...]


def sight(ground: Ground) -> Sight:
    """All that a person sees and may do, in a form in which two can be compared: rows with their attributes, pages, rooms."""
    judge, roles = ground.judge, [ground.site.roles[key] for key in ground.judge.asker.roles if key in ground.site.roles]
    joining = ground.site.model.joining
    may = [
        (entity, row, privilege, judge.cells(entity, row, privilege) if privilege in WRITES else ())
        for entity, rows in judge.rows.items()
        for row in rows
        for privilege in PRIVILEGES
        if judge.may(entity, privilege, row)
    ]
    return (
        judge.asker.contact,
        judge.asker.account,
        frozenset(ground.seen.items()),
        frozenset(may),
        frozenset(key for key, node in ground.site.pages.items() if judge.opens(node)),
        frozenset((role.queries, *sorted(role.studio)) for role in roles if role.queries or role.studio),
        joining is not None and bool(judge.asker.roles & set(joining.approvers)),
    )


def visitors(snapshot: Snapshot, site: CompiledSite) -> Iterator[Visitor]:
    """All of them, those first who are likeliest to find something."""
    roles = sorted(key for key, role in site.roles.items() if not role.default)
    yield Visitor(ANONYMOUS)
    yield Visitor("own")
    yield from (Visitor("own", (role,)) for role in roles)
    yield from (Visitor("stranger", (role,)) for role in roles)
    further = snapshot.entities["contact"].model.further_accounts
    if further is not None:
        yield from (Visitor("own", held, acting=True) for held in ([()] if further.role else [(role,) for role in roles]))
    yield from (Visitor("own", (near, far)) for place, near in enumerate(roles) for far in roles[place + 1 :])
    yield from (Visitor("loner", (role,)) for role in roles)
    yield from (Visitor("parent", (role,)) for role in roles)
