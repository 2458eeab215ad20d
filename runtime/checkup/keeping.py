"""What is kept and how: components that nothing names, settings that invite misuse, permissions of strangers."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import leaves
from metadata.told import Called, all_of, told
from runtime.checkup.findings import Finding, Ground
from runtime.exposure.standings import ANONYMOUS
from runtime.identity.settings import settings_for

NAMED = ("view", "form", "list", "chart", "multistep_form", "search", "choice", "web_template", "page_template", "web_link_set")
"""Kinds that serve only where something names them."""
SHORTEST_PASSWORD, LEAST_STRENGTH = 12, 3
MOST_ATTEMPTS = 20
LONGEST_SESSION = 24 * 7
WRITING = ("write", "create", "delete")


def unused(ground: Ground) -> Iterator[Finding]:
    """Everything that serves only where it is named is named somewhere."""
    named = {
        (leaf.rules["ref"], leaf.value)
        for component in ground.components.values()
        for leaf in leaves(component)
        if leaf.rules.get("ref") and isinstance(leaf.value, str)
    }
    templates = "\n".join(
        template.source for template in ground.site.web_templates.values() if isinstance(getattr(template, "source", None), str)
    )
    for name in sorted(ground.own):
        if name.kind in NAMED and (name.kind, name.key) not in named and name.key not in templates:
            message = told("Nothing names this {kind}.", kind=Called(name.kind.replace("_", " "), "kind"))
            yield Finding("warning", name.kind, name.key, "", message, told("Use it, or take it out."))
    held = {role for permission in ground.site.permissions.values() for role in permission.roles}
    held |= {role for rule in ground.site.access_rules for role in rule.roles}
    for key, role in sorted(ground.site.roles.items()):
        if key not in held and not role.default and not role.studio and not role.preview:
            message = told("No permission, no page access rule and no right of the studio is given to this web role.")
            yield Finding("warning", "web_role", key, "", message, told("Give it a permission, or take it out."))


def insecure_settings(ground: Ground) -> Iterator[Finding]:
    """The settings of sign-ins are not weaker than they are without being set."""
    chosen = settings_for(ground.snapshot, ground.site)
    weak = (
        (
            "password_min_length",
            chosen.password_min_length < SHORTEST_PASSWORD,
            told("at least {number}", number=SHORTEST_PASSWORD),
        ),
        (
            "password_strength",
            chosen.password_strength < LEAST_STRENGTH,
            told("at least {number}", number=LEAST_STRENGTH),
        ),
        (
            "lockout_attempts",
            chosen.lockout_attempts > MOST_ATTEMPTS,
            told("at most {number}", number=MOST_ATTEMPTS),
        ),
        (
            "session_hours",
            chosen.session_hours > LONGEST_SESSION,
            told("at most {number}", number=LONGEST_SESSION),
        ),
    )
    for name, is_weak, wanted in weak:
        if is_weak:
            message = told(
                "identity/{name} is {value}, which makes it easy to get in as somebody else.",
                name=name,
                value=getattr(chosen, name),
            )
            yield Finding(
                "warning", "site_setting", f"identity/{name}", "value", message, told("Set it to {wanted}.", wanted=wanted)
            )
    if ground.site.settings.get("api/inner_error") == "true":
        message = told("Programs are told the inside of errors.")
        yield Finding(
            "warning", "site_setting", "api/inner_error", "value", message, told("Set it to false once the fault is found.")
        )


def strangers_who_write(ground: Ground) -> Iterator[Finding]:
    """Nobody changes or deletes rows without having signed in; making rows is up to the site."""
    strangers = _strangers(ground)
    for key, permission in sorted(ground.site.permissions.items()):
        held = set(permission.roles) & strangers
        given = [privilege for privilege in WRITING if privilege in permission.privileges and privilege != "create"]
        if held and given and permission.active:
            message = told(
                "Whoever is not signed in may {privileges} rows of {entity}.",
                privileges=all_of(given),
                entity=permission.entity,
            )
            yield Finding(
                "error", "entity_permission", key, "privileges", message, told("Take these privileges, or the web role, away.")
            )


def strangers_who_read(ground: Ground) -> Iterator[Finding]:
    """What people who are not signed in may read is signed off by an exposure lock."""
    if ground.site.locks:
        return
    for key, permission in sorted(ground.site.permissions.items()):
        held = sorted(set(permission.roles) & _strangers(ground))
        if permission.active and held and "read" in permission.privileges:
            message = told("Everybody on the internet may read rows of {entity}.", entity=permission.entity)
            mend = told("Take the web role {role} away, or sign it off: foyer exposure --write.", role=held[0])
            yield Finding("warning", "entity_permission", key, "roles", message, mend)


def _strangers(ground: Ground) -> frozenset[str]:
    """The web roles of people who are not signed in."""
    return next(who.standing[2] for who in ground.people if who.name == ANONYMOUS)


RULES = (unused, insecure_settings, strangers_who_write, strangers_who_read)
