"""Whether components fit together: one short function per rule, and all of them run.

A rule takes the `World` and yields problems; `RULES` lists them all. Codes are stable. Warnings do not stop a release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from metadata.checks import (
    action_deeds,
    alerts,
    api_entities,
    attributes,
    charts,
    default_formulas,
    filters,
    form_formulas,
    form_rules,
    forms,
    formulas,
    further_accounts,
    identity,
    indexes,
    joining,
    layouts,
    leaving,
    lists,
    many_rows,
    multistep,
    onwards,
    pages,
    patterns,
    permissions,
    record_actions,
    record_sources,
    references,
    resources,
    row_actions,
    schedules,
    searches,
    settings,
    sites,
    states,
    style_sheets,
    sync,
    sync_additive,
    sync_groups,
    sync_policies,
    thumbnails,
    uploads,
    variables,
    web_files,
    web_templates,
    webhooks,
)
from metadata.checks.world import Where, World
from metadata.errors import Problem
from metadata.model import Component, ComponentId

Rule = Callable[[World], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *references.RULES,
    *attributes.RULES,
    *indexes.RULES,
    *formulas.RULES,
    *default_formulas.RULES,
    *form_formulas.RULES,
    *form_rules.RULES,
    *filters.RULES,
    *patterns.RULES,
    *lists.RULES,
    *many_rows.RULES,
    *layouts.RULES,
    *charts.RULES,
    *forms.RULES,
    *multistep.RULES,
    *sites.RULES,
    *pages.RULES,
    *schedules.RULES,
    *states.RULES,
    *record_actions.RULES,
    *row_actions.RULES,
    *action_deeds.RULES,
    *onwards.RULES,
    *record_sources.RULES,
    *permissions.RULES,
    *identity.RULES,
    *further_accounts.RULES,
    *joining.RULES,
    *webhooks.RULES,
    *searches.RULES,
    *api_entities.RULES,
    *settings.RULES,
    *sync.RULES,
    *alerts.RULES,
    *resources.RULES,
    *leaving.RULES,
    *sync_additive.RULES,
    *sync_groups.RULES,
    *sync_policies.RULES,
    *thumbnails.RULES,
    *uploads.RULES,
    *variables.RULES,
    *web_files.RULES,
    *web_templates.RULES,
    *style_sheets.RULES,
)


def check(
    components: Mapping[ComponentId, Component], positions: Mapping[ComponentId, Where] | None = None
) -> tuple[Problem, ...]:
    """Everything wrong between components, in the order of places. `positions` are those of a `Reading`."""
    world = World(components, positions or {})
    return tuple(sorted({problem for rule in RULES for problem in rule(world)}))


def outcomes(
    components: Mapping[ComponentId, Component], positions: Mapping[ComponentId, Where] | None = None
) -> tuple[tuple[str, str, tuple[Problem, ...]], ...]:
    """Every rule by its name, with its sentence and what it finds, in the order of `RULES`."""
    world = World(components, positions or {})
    return tuple(
        (f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}", rule.__doc__ or "", tuple(sorted(set(rule(world)))))
        for rule in RULES
    )


__all__ = ["RULES", "Rule", "World", "check", "outcomes"]
