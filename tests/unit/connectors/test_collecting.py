"""The collector of cycles rests while a load passes rows, and is as before when the last load has ended."""

import gc

import pytest

from connectors.collecting import SELDOM, seldom_collected


@pytest.fixture(autouse=True)
def usual():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_it_rests_until_the_last_of_several_loads_has_ended():
    first, second = seldom_collected(), seldom_collected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == (SELDOM, 10, 10)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


def test_a_load_that_fails_leaves_it_as_it_was():
    with pytest.raises(KeyError), seldom_collected():
        raise KeyError
    assert gc.get_threshold() == (700, 10, 10)


def test_who_lets_it_rest_longer_is_not_overruled():
    gc.set_threshold(2 * SELDOM, 10, 10)
    with seldom_collected():
        assert gc.get_threshold() == (2 * SELDOM, 10, 10)
