"""A URL rule that writes addresses only when asked to."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule


class PatientRule(Rule):
    """A rule whose way back, from values to an address, is compiled when it is first taken.

    Werkzeug compiles two functions for each rule, and hardly an address of the engine's is ever built that way.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: str) -> tuple[str, str]:
            if not made:
                made.append(super(PatientRule, self)._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build
