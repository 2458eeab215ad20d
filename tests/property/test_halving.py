"""Where good turns to bad is found, and the fewest that are bad together, whatever cannot be judged."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.bisect.halving import fewest, turn_of


@given(st.data(), st.integers(2, 200))
def test_the_turn_is_found_in_few_questions(data, count):
    first_bad = data.draw(st.integers(1, count - 1))
    unclear = data.draw(st.sets(st.integers(1, count - 2), max_size=3)) if count > 2 else set()
    asked = []

    def judge(release):
        asked.append(release)
        return "skip" if release in unclear else "bad" if release >= first_bad else "good"

    turn = turn_of(range(count), judge)
    assert turn.good < turn.bad
    assert turn.good < first_bad <= turn.bad
    assert set(turn.between) == set(range(turn.good + 1, turn.bad))
    assert set(turn.between) <= unclear
    assert len(asked) == len(set(asked)) <= count.bit_length() + len(unclear) * 2
    assert not {0, count - 1} & set(asked)


@given(st.data(), st.integers(1, 40))
def test_the_fewest_that_are_bad_together_are_found(data, count):
    parts = tuple(range(count))
    guilty = data.draw(st.sets(st.sampled_from(parts), min_size=1, max_size=4))
    needed = data.draw(st.dictionaries(st.sampled_from(parts), st.sampled_from(parts), max_size=3))

    def judge(some):
        if any(part in some and needs not in some for part, needs in needed.items()):
            return "skip"
        return "bad" if guilty <= set(some) else "good"

    found = fewest(parts, judge)
    assert judge(found) == "bad"
    assert all(judge([part for part in found if part != left]) != "bad" for left in found)
    if not needed:
        assert set(found) == guilty
