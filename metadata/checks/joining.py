"""What registration asks people and gives them."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Joining, Site, WebRole
from metadata.schema.faults import did_you_mean
from metadata.told import told

CODE = "registration"
ASKED = frozenset({"text", "phone", "url"})
NEVER = frozenset({"email", "account", "company", "active"})
BY_THEMSELVES = ("request", "open")


def joining(world: World) -> Iterator[Problem]:
    """Registration asks for texts of the contact, finds accounts by a text, and gives nobody the studio."""
    for site in world.all(Site):
        declared = site.joining
        if site.registration in BY_THEMSELVES and declared is None:
            message = told(
                "Registration is {registration}; say under joining what people are asked and given.",
                registration=site.registration,
            )
            yield world.problem(site, "joining", CODE, message)
        if declared is not None:
            yield from _asked(world, site, declared)
            yield from _account(world, site, declared)
            yield from _roles(world, site, declared)


def _asked(world: World, site: Site, declared: Joining) -> Iterator[Problem]:
    attributes = world.entities["contact"].attributes
    for index, key in enumerate(declared.attributes):
        found = attributes.get(key)
        if found is None:
            message = told("A contact has no attribute {attribute}.{hint}", attribute=key, hint=did_you_mean(key, attributes))
            yield world.problem(site, f"joining.attributes.{index}", CODE, message)
        elif found.type not in ASKED or found.formula or found.values or key in NEVER:
            message = told("{attribute} cannot be asked for: only texts, phone numbers and addresses can.", attribute=key)
            yield world.problem(site, f"joining.attributes.{index}", CODE, message)


def _account(world: World, site: Site, declared: Joining) -> Iterator[Problem]:
    if declared.account == "none":
        return
    found = world.entities["account"].attributes.get(declared.account_attribute)
    if found is None or found.type != "text" or found.formula:
        message = told("Name the text attribute of the account that holds the {account}.", account=declared.account)
        yield world.problem(site, "joining.account_attribute", CODE, message)


def _roles(world: World, site: Site, declared: Joining) -> Iterator[Problem]:
    roles = {role.key: role for role in world.all(WebRole) if role.site == site.key}
    for name in ("roles", "approvers"):
        for index, key in enumerate(getattr(declared, name)):
            role = roles.get(key)
            if role is not None and role.default:
                message = (
                    told("{role} is held by everybody; leave it out.", role=key)
                    if name == "roles"
                    else told("{role} is held by everybody.", role=key)
                )
                yield world.problem(site, f"joining.{name}.{index}", CODE, message)
            elif role is not None and role.studio and name == "roles":
                message = told("{role} opens the studio; give it to people one by one.", role=key)
                yield world.problem(site, f"joining.roles.{index}", CODE, message)
    if site.registration == "request" and not declared.approvers:
        message = told("Nobody may approve; name a web role.")
        yield world.problem(site, "joining.approvers", CODE, message)


RULES = (joining,)
