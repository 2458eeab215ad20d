"""Questions about random worlds: the engine, the explainer and a plain reading of the rules agree on each, and the change that
the explainer names turns the answer round.

FOYER_TEST_QUESTIONS says how many questions are asked at least.
"""

import os
import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from metadata.compiler import compile_snapshot
from metadata.model.base import PRIVILEGES
from runtime.access import access_for
from runtime.exposure.flips import Question, components_after, smallest
from runtime.records import fetch_record
from runtime.records.reasons import explain
from support.inhabited import inhabited, principal_of
from support.worlds import ALL, OWN, ROLES, worlds

QUESTIONS = int(os.environ.get("FOYER_TEST_QUESTIONS", "2000"))
PEOPLE, OF_ONE, WORLDS = (1, 40, 2) if QUESTIONS <= 10_000 else (12, 250, 6)
"""Most people of a world who ask, most questions of each, and how many times as many worlds may be drawn as these would need:
small ones have few. Many questions are many of the same world: making one takes as long as a hundred answers."""
FLIPS = 3
RIGHTS = {"read": "read", "create": "create", "write": "update"}

pytestmark = [
    pytest.mark.timeout(0 if QUESTIONS > 100_000 else 900),
    pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning"),
]


def engine_reaches(connection, snapshot, principal, question):
    """The rows of which the predicate of the records layer says yes: one statement for all questions that differ in the row."""
    access = access_for(snapshot, principal, question.entity, question.privilege)
    if not access.allowed:
        return frozenset()
    table = snapshot.entities[question.entity].table
    reached = access.predicate(table, (question.attribute,) if question.attribute else ())
    return frozenset(connection.execute(select(table.c.id).where(reached), dict(principal.binds)).scalars())


def rules_say(world, question, row):
    allowed = world.may(question.entity, question.privilege, row)
    if question.attribute and question.privilege in RIGHTS:
        return allowed and question.attribute in world.rights(question.entity, RIGHTS[question.privilege])
    return allowed


def people(world, chance):
    """The world as its own person sees it, then as others do: everybody there is and a stranger, with all sets of web roles."""
    held = [frozenset(chosen) for many in range(len(ROLES) + 1) for chosen in combinations(ROLES, many)]
    others = [
        replace(world, roles=roles, contact=contact, account=world.rows["contact"][contact]["account"] if contact else None)
        for contact in (None, *world.rows["contact"])
        for roles in held
    ]
    others.remove(world)
    return [world, *chance.sample(others, min(PEOPLE - 1, len(others)))]


def questions(world, chance):
    """Some of all that can be asked of the rows of a world."""
    found = []
    for entity in ALL:
        keys = [attribute.key for attribute in world.entities[entity].attributes] if entity in OWN else []
        for row in world.rows[entity]:
            for privilege in PRIVILEGES:
                for key in ("", *(keys if privilege in RIGHTS else ())):
                    found.append((Question(entity, privilege, str(row), key), row))
    return chance.sample(found, min(OF_ONE, len(found)))


def test_engine_explainer_and_rules_agree(engine):
    asked = [0, 0]

    @settings(
        max_examples=max(1, WORLDS * QUESTIONS // (PEOPLE * OF_ONE)),
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds(), st.integers(0, 2**32))
    def agree(found, seed):
        if asked[0] >= QUESTIONS:
            return
        drawn, components = found
        chance = random.Random(seed)
        with inhabited(engine, drawn, components) as (snapshot, connection, _):
            for world in people(drawn, chance):
                ask(snapshot, connection, components, world, chance)

    def ask(snapshot, connection, components, world, chance):
        principal = principal_of(world)
        reached = {}
        for number, (question, row) in enumerate(questions(world, chance)):
            told = explain(
                connection, snapshot, principal, question.entity, question.privilege, question.key, question.attribute
            )
            asks = (question.entity, question.privilege, question.attribute)
            if asks not in reached:
                reached[asks] = engine_reaches(connection, snapshot, principal, question)
            says = row in reached[asks]
            assert (told.allowed, rules_say(world, question, row)) == (says, says), question
            if question.privilege == "read" and not question.attribute:
                record = fetch_record(connection, snapshot, principal, question.entity, "id", row, ())
                assert (record is not None) == says, question
            asked[0] += 1
            if number < FLIPS:
                change = smallest(connection, snapshot, principal, question, told)
                if change is None:
                    assert (says, principal.roles & set(ROLES)) == (False, set()), question
                    continue
                asked[1] += 1
                after = compile_snapshot(components_after(components, change))
                person = principal if change.roles is None else replace(principal, roles=change.roles)
                assert (row in engine_reaches(connection, after, person, question)) is not says, (question, change.said)

    agree()
    assert asked[0] >= QUESTIONS
    assert asked[1] > 0
