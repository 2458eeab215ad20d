"""What must not be waited for, on threads of its own; its lines in the log tell for which request it is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from connectors.origin import origin_text
from connectors.steps import owed_step

P = ParamSpec("P")
T = TypeVar("T")


class Aside(ThreadPoolExecutor):
    """Threads that do what they are given as a step of the trace of whoever gives it. Nothing else of a request goes along."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done."""
        origin = origin_text()

        def work() -> T:
            with owed_step((origin,), "aside", {}):
                return fn(*args, **kwargs)

        return super().submit(work)
