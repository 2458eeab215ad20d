"""Compiled templates of this process, by their source: a new snapshot, or another site, need not compile them anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from types import CodeType
from typing import Any

from jinja2 import Environment, Template, nodes

MOST = 500
"""As many sources are remembered, those of late; what a snapshot holds it keeps besides."""


class Remembered:
    """What was made of the keys asked for of late. Safe between threads; two that ask at once may both make it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` gave back for the key, now or before."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()
        with self._lock:
            self._made[key] = made
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        return made


_REMEMBERED = Remembered()


class CodeSharing(Environment):
    """An environment that shares compiled code with all others of its `stage`, which must have the same options, filters
    and tests; globals may differ, since code asks for them as it runs."""

    stage = ""

    def compile(  # type: ignore[override]
        self, source: str | nodes.Template, name: str | None = None, filename: str | None = None, *given: Any, **named: Any
    ) -> str | CodeType:
        """The code of a source; of a tree, or as text, it is made anew."""

        def make() -> str | CodeType:
            code: str | CodeType = super(CodeSharing, self).compile(source, name, filename, *given, **named)
            return code

        if given or named or not isinstance(source, str):
            return make()
        made: str | CodeType = self.once("code", source, make, name, filename)
        return made

    def once(self, purpose: str, source: str, make: Callable[[], Any], *more: Hashable) -> Any:
        """What is made of a source for a purpose, which may depend on nothing but the source and `more`."""
        return _REMEMBERED.get((self.stage, purpose, blake2b(source.encode("utf-8", "surrogatepass")).digest(), *more), make)

    def code_of(self, source: str | nodes.Template) -> CodeType:
        """The code of a source or a tree that has no name."""
        code: CodeType = self.compile(source)  # type: ignore[assignment]
        return code

    def of_code(self, code: CodeType) -> Template:
        """The template of a compiled tree or string."""
        return self.template_class.from_code(self, code, self.make_globals(None))
