"""In which order the fields of a form are settled by its rules: none before those that its rules ask about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter

from metadata.model import Form, FormRule

NamesIn = Callable[[str], Iterable[str]]


class RuleCircle(Exception):
    """Rules of which each waits for the other. `fields` are on the way around, in order."""

    def __init__(self, fields: Iterable[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(", ".join(self.fields))


def settling_order(form: Form, names_in: NamesIn) -> tuple[str, ...]:
    """The fields that rules show, lock or fill in, in the order in which that can be told; `names_in` gives the paths that an
    expression uses. Raises RuleCircle."""
    needs: dict[str, dict[str, None]] = {}
    for rule in form.rules:
        asked = _first_parts(names_in(rule.when))
        for name in rule.show:
            _need(needs, name, asked)
        for name in rule.lock:
            _need(needs, name, [other for other in asked if other != name])
        for given in rule.default:
            value = _first_parts(names_in(given.value))
            _need(needs, given.attribute, [other for other in (*asked, *value) if other != given.attribute])
    sorter = TopologicalSorter(needs)
    try:
        return tuple(name for name in sorter.static_order() if name in needs)
    except CycleError as circle:
        raise RuleCircle(reversed(circle.args[1])) from None


def governed(rule: FormRule) -> tuple[tuple[str, str], ...]:
    """Every field that a rule names, with the path of keys to it within the rule."""
    lists = (("show", rule.show), ("require", rule.require), ("lock", rule.lock))
    named = [(f"{key}.{index}", name) for key, fields in lists for index, name in enumerate(fields)]
    named += [(f"default.{index}.attribute", given.attribute) for index, given in enumerate(rule.default)]
    return (*named, *((("at", rule.at),) if rule.at else ()))


def _need(needs: dict[str, dict[str, None]], name: str, others: Iterable[str]) -> None:
    needs.setdefault(name, {}).update(dict.fromkeys(others))


def _first_parts(paths: Iterable[str]) -> list[str]:
    return [path.partition(".")[0] for path in paths if not path.startswith("@")]
