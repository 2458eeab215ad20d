"""Rules on publishing states: each that is named is there, and each transition is somebody's."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Component, Page, PageAccessRule, PublishingState, TransitionRule, WebFile
from metadata.schema.faults import did_you_mean
from metadata.told import told

ALWAYS_THERE = ("draft", "published")


def names(world: World) -> Iterator[Problem]:
    """The states that every site has are not declared again."""
    for state in world.all(PublishingState):
        if state.key in ALWAYS_THERE:
            message = told("Every site has the state {state}; give this one another key.", state=state.key)
            yield world.problem(state, "key", "publishing-state", message)


def known(world: World) -> Iterator[Problem]:
    """A state that something names is one of its site."""
    named: list[tuple[Component, str, str]] = [(page, "state", page.state) for page in world.all(Page)]
    named += [(file, "state", file.state) for file in world.all(WebFile)]
    named += [(rule, "state", rule.state) for rule in world.all(PageAccessRule) if rule.state]
    for move in world.all(TransitionRule):
        named += [(move, "before", move.before), (move, "after", move.after)]
    for component, path, state in named:
        site = getattr(component, "site", "")
        there = (*ALWAYS_THERE, *(one.key for one in world.all(PublishingState) if one.site == site))
        if state not in there:
            message = told(
                "There is no publishing state {state!r} on this site.{hint}", state=state[:80], hint=did_you_mean(state, there)
            )
            yield world.problem(component, path, "publishing-state", message)


def moves(world: World) -> Iterator[Problem]:
    """A transition leads elsewhere, and somebody may take it."""
    for move in world.all(TransitionRule):
        if move.before == move.after:
            yield world.problem(move, "after", "publishing-state", told("The transition leads to the state that it begins in."))
        if not move.roles:
            yield world.problem(move, "roles", "publishing-state", told("Nobody may take this transition; name a web role."))


RULES = (names, known, moves)
