"""What is kept and how: components that nothing names, settings that invite misuse, permissions of strangers."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import leaves
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
            message = f"Nothing names this {name.kind.replace('_', ' ')}."
            yield Finding("warning", name.kind, name.key, "", message, "Use it, or take it out.")
    held = {role for permission in ground.site.permissions.values() for role in permission.roles}
    held |= {role for rule in ground.site.access_rules for role in rule.roles}
    for key, role in sorted(ground.site.roles.items()):
        if key not in held and not role.default and not role.studio and not role.preview:
            message = "No permission, no page access rule and no right of the studio is given to this web role."
            yield Finding("warning", "web_role", key, "", message, "Give it a permission, or take it out.")


def insecure_settings(ground: Ground) -> Iterator[Finding]:
    """The settings of sign-ins are not weaker than they are without being set."""
    chosen = settings_for(ground.snapshot, ground.site)
    weak = (
        ("password_min_length", chosen.password_min_length < SHORTEST_PASSWORD, f"at least {SHORTEST_PASSWORD}"),
        ("password_strength", chosen.password_strength < LEAST_STRENGTH, f"at least {LEAST_STRENGTH}"),
        ("lockout_attempts", chosen.lockout_attempts > MOST_ATTEMPTS, f"at most {MOST_ATTEMPTS}"),
        ("session_hours", chosen.session_hours > LONGEST_SESSION, f"at most {LONGEST_SESSION}"),
    )
    for name, is_weak, wanted in weak:
        if is_weak:
            message = f"identity/{name} is {getattr(chosen, name)}, which makes it easy to get in as somebody else."
            yield Finding("warning", "site_setting", f"identity/{name}", "value", message, f"Set it to {wanted}.")
    if ground.site.settings.get("api/inner_error") == "true":
        message = "Programs are told the inside of errors."
        yield Finding(
            "warning", "site_setting", "api/inner_error", "value", message, "Set it to false once the fault is found."
        )


def strangers_who_write(ground: Ground) -> Iterator[Finding]:
    """Nobody changes or deletes rows without having signed in; making rows is up to the site."""
    strangers = next(who.standing[2] for who in ground.people if who.name == ANONYMOUS)
    for key, permission in sorted(ground.site.permissions.items()):
        held = set(permission.roles) & strangers
        given = [privilege for privilege in WRITING if privilege in permission.privileges and privilege != "create"]
        if held and given and permission.active:
            message = f"Whoever is not signed in may {' and '.join(given)} rows of {permission.entity}."
            yield Finding(
                "error", "entity_permission", key, "privileges", message, "Take these privileges, or the web role, away."
            )


RULES = (unused, insecure_settings, strangers_who_write)
