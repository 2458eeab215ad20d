"""Components that tell outside systems of changes."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, Filter, prop

EVENTS = ("created", "changed", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Messages to an address of an outside system when rows change, signed as Standard Webhooks. Kind `webhook`.

    A message has what its roles may read of the row, in the moment of the change, and nothing where they may not read it.
    """

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    entity: str = prop(help="Entity whose rows are told of.", ref="entity")
    events: tuple[str, ...] = prop(
        ("created", "changed"),
        "What is told: created, changed, deleted. A deleted row is told of by its id alone, to roles that may read all rows.",
    )
    condition: Filter | None = prop(
        None, "Rows that are told of; all where missing. Compares attributes of the row itself with values."
    )
    attributes: tuple[str, ...] = prop((), "Attributes in the message besides id and version.", attribute="self")
    roles: tuple[str, ...] = prop(help="Web roles in whose name rows are read: what they may read of all rows.", ref="web_role")
    address: str = prop(
        help="Address, https, or ${NAME} of the environment variable that has it.",
        pattern=r"^(https?://[\x21-\x7e]+|\$\{[A-Za-z_][A-Za-z0-9_]*\})$",
    )
    secret: str = prop(
        help="${NAME} of the environment variable with the secret, or with the new and the old one with a blank between.",
        pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
        secret=True,
    )
    active: bool = prop(True, "Whether changes are told.")
