"""What the accounts that people act for besides their own come from: an N:N relationship, or an entity of memberships."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import EntityFacts, World, targets_of
from metadata.errors import Problem
from metadata.model import Entity, FurtherAccounts
from metadata.schema.faults import did_you_mean
from metadata.told import Called, one_of, told

CODE = "further-accounts"
PATH = "further_accounts"
ROLE_TYPES = ("text", "choice")


def further_accounts(world: World) -> Iterator[Problem]:
    """Further accounts are the contact's, and lead from contacts to accounts in one of two ways."""
    for entity in world.all(Entity):
        declared = entity.further_accounts
        if declared is None:
            continue
        if entity.key != "contact":
            message = told("Only the entity contact has further accounts; say there where they come from.")
            yield world.problem(entity, PATH, CODE, message)
        elif bool(declared.relationship) == bool(declared.entity):
            message = told("Name either the N:N relationship of the contact with account, or the entity of memberships.")
            yield world.problem(entity, PATH, CODE, message)
        elif declared.relationship:
            yield from _relationship(world, entity, declared)
        elif declared.entity in world.entities:
            yield from _memberships(world, entity, declared, world.entities[declared.entity])


def _relationship(world: World, entity: Entity, declared: FurtherAccounts) -> Iterator[Problem]:
    links = world.entities["contact"].links
    good = {key for key, link in links.items() if link.entity == "account" and link.form == "N:N"}
    if declared.relationship not in good:
        message = told("The contact has no N:N relationship {relationship} with account.", relationship=declared.relationship)
        yield world.problem(entity, f"{PATH}.relationship", CODE, message + did_you_mean(declared.relationship, good))
    for name in ("role", "active"):
        if getattr(declared, name):
            message = told("A relationship has no {property}; memberships that do are rows of an entity.", property=name)
            yield world.problem(entity, f"{PATH}.{name}", CODE, message)


def _memberships(world: World, entity: Entity, declared: FurtherAccounts, facts: EntityFacts) -> Iterator[Problem]:
    for name in ("contact", "account"):
        key = getattr(declared, name)
        found = facts.attributes.get(key)
        if found is None or found.type != "lookup" or targets_of(found) != (name,):
            good = [one.key for one in facts.attributes.values() if one.type == "lookup" and targets_of(one) == (name,)]
            message = told(
                "{entity} has no lookup {attribute} to {target} alone.{hint}",
                entity=facts.key,
                attribute=key,
                target=name,
                hint=did_you_mean(key, good),
            )
            yield world.problem(entity, f"{PATH}.{name}", CODE, message)
    for name, types in (("role", ROLE_TYPES), ("active", ("boolean",))):
        key = getattr(declared, name)
        found = facts.attributes.get(key)
        if key and (found is None or found.type not in types or found.formula):
            message = told(
                "{entity} has no attribute {attribute} of its own that is {types}.",
                entity=facts.key,
                attribute=key,
                types=one_of(Called(kind, "type") for kind in types),
            )
            yield world.problem(entity, f"{PATH}.{name}", CODE, message)


RULES = (further_accounts,)
