"""What a start leaves for later: modules that are loaded when they are first needed, and the collector's first rounds."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Later:
    """Stands for the function `module:function`, whose module is loaded when it is first called.

    For what a process may never be asked for. Raises ImportError, AttributeError at the call where there is no such function.
    """

    def __init__(self, name: str) -> None:
        self._module, _, self.__name__ = name.partition(":")
        self._found: Callable[..., Any] | None = None

    @property
    def found(self) -> Callable[..., Any]:
        """The function itself."""
        if self._found is None:
            with collector_at_rest():
                self._found = getattr(importlib.import_module(self._module), self.__name__)
        return self._found

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the function gives back."""
        return self.found(*given, **named)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Load modules without looking for cycles meanwhile: a tenth of a start went there, and nothing was found."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
