"""The people of the demo: who they are in the ERP, and the web roles that they get."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "correct-horse-battery"  # noqa: S105 - everybody may know the demo's password: it is printed
OTHERS_ROLES = ("authorized-user",)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a part to play."""

    email: str
    roles: tuple[str, ...]
    part: str


CAST: tuple[Member, ...] = (
    Member("admin@veldhuis.example", ("administrator",), "Administrator: sees all companies' data"),
    Member("rita@nordiccycle.example", ("customer-representative",), "Customer representative of X"),
    Member("jane@nordiccycle.example", ("authorized-user",), "Authorized user of X"),
    Member("sam@nordiccycle.example", ("authorized-user",), "Authorized user of X"),
    Member("may@kettingkast.example", (), "Contact of Y without a role"),
    Member("dave@nordiccycle-malmo.example", ("authorized-user",), "Authorized user of a subsidiary of X"),
)
