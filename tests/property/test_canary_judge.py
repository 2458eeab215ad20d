"""What the canary crawler takes for permitted is what the plain model of the rules says, in random worlds."""

from hypothesis import given, settings

from metadata.compiler import compile_snapshot
from metadata.model.base import PRIVILEGES
from runtime.canary.judge import Asker, Judge
from support.worlds import SITE, worlds


@settings(max_examples=12, deadline=None)
@given(worlds())
def test_the_judge_and_the_plain_model_agree(drawn):
    world, components = drawn
    snapshot = compile_snapshot(components)
    judge = Judge(snapshot, snapshot.sites[SITE], world.rows, world.links, Asker(world.contact, world.account, world.roles))

    for entity, rows in world.rows.items():
        for row in rows:
            for privilege in PRIVILEGES:
                assert judge.may(entity, privilege, row) == world.may(entity, privilege, row), (entity, privilege, row)
            declared = {attribute.key for attribute in world.entities[entity].attributes} if entity in world.entities else set()
            expected = world.rights(entity, "read") if world.may(entity, "read", row) else set()
            assert judge.cells(entity, row) & declared == expected, (entity, row)
