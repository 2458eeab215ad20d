"""A crawl in several processes: each has two worlds of its own, and takes the next person who has not asked."""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from runtime.canary.crawl import Crawler, Outcome, Terms, Turn, crawl
from runtime.canary.worlds import worlds

_WORK: list[tuple[Crawler, ExitStack]] = []
"""What a process of ours works with; it is there as long as the process."""


def crawl_together(folder: Path, terms: Terms, processes: int, say: Callable[[str], None] = lambda line: None) -> Outcome:
    """Ask as everybody on every site of what was released into a folder, in as many processes as there is work for."""
    until = terms.until
    with worlds(folder) as (near, far):
        turns = Crawler(near, far, terms).turns()
        if min(processes, len(turns)) < 2:
            return crawl(near, far, terms, say)
    outcome = Outcome()
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(turns)), fresh, _opened, (folder, terms)) as pool:
        waiting = {}
        for place, turn in enumerate(turns):
            after = math.ceil((len(turns) - place) / processes)
            waiting[pool.submit(_taken, turn, until, after)] = turn
        for one in as_completed(waiting):
            outcome.take(one.result())
            say(waiting[one].said(outcome))
            if terms.is_enough(outcome):
                pool.shutdown(cancel_futures=True)
                return outcome
    return outcome


def _opened(folder: Path, terms: Terms) -> None:
    stack = ExitStack()
    near, far = stack.enter_context(worlds(folder, next(_unused(folder))))
    _WORK.append((Crawler(near, far, terms), stack))


def _unused(folder: Path) -> Iterator[str]:
    """Names that no other process has taken: whoever makes the folder has it."""
    for number in count(1):
        try:
            (folder / f"process-{number}").mkdir()
        except FileExistsError:
            continue
        yield f"process-{number}/"


def _taken(turn: Turn, until: float, after: int) -> Outcome:
    outcome = Outcome()
    share = time.monotonic() + (until - time.monotonic()) / after
    _WORK[0][0].take(turn, outcome, share)
    return outcome
