"""The seed of all that tests draw by chance: the same in each run, so that a run fails for what was changed and not by luck."""

import os
import random
from collections.abc import Iterator

import pytest

VARIABLE = "FOYER_TEST_SEED"
USUAL = 1


def seed() -> int:
    """The seed of this run: the number in FOYER_TEST_SEED, or one that nobody chose where that says `random`.

    Raises:
        pytest.UsageError: the variable holds something else.
    """
    given = os.environ.get(VARIABLE) or str(USUAL)
    if given == "random":
        # The processes that this one starts draw from the same seed.
        given = os.environ[VARIABLE] = str(random.SystemRandom().randrange(2**32))
    if not given.isdecimal():
        raise pytest.UsageError(f"{VARIABLE} is {given!r}: give a number, or `random`")
    return int(given)


def seed_lines(failed: bool) -> Iterator[str]:
    """What to say of the seed after a run."""
    if failed or seed() != USUAL:
        yield f"Chance was drawn from seed {seed()}: {VARIABLE}={seed()} draws the same again, {VARIABLE}=random anew."
