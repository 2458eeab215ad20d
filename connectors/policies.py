"""What happens to outside values that do not fit: explicit policies per map and attribute, and what they change. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from connectors.converting import KEEP, Convert, empty
from connectors.errors import RecordRejected
from metadata.model import AttributeMap, TableMap

REJECT = "reject"
NEAREST = frozenset({"truncate", "clamp", "round"})
STEPS = 3
"""How many times in a row a value is brought closer: what the attribute's type holds may still be above its max."""
Mend = Callable[[Any, RecordRejected], tuple[Any, str]]
"""A value that was refused, and why, to what is taken in its place and by which policy; raises what cannot be mended."""
_CODES = {"value_map": "missing", "length": "too_long", "range": "out_of_range", "scale": "too_precise"}


class Adjusted(NamedTuple):
    """A value that was not taken as it came: `was` outside, `became` ours; `code` says why, `policy` how."""

    attribute: str
    code: str
    policy: str
    was: Any
    became: Any


def policies_of(item: AttributeMap, model: TableMap) -> dict[str, str]:
    """The policy for each code of a refusal: the attribute's own, else its map's."""
    return {code: getattr(item, name) or getattr(model, name) for code, name in _CODES.items()}


def mender(item: AttributeMap, policies: Mapping[str, str], plain: Convert, wanted: bool) -> Mend | None:
    """How values of an attribute are mended; None where whatever does not fit is refused.

    `plain` converts a value that the value map has passed. A mended value must fit too: one that was rounded may still be out
    of range. Where the attribute is `wanted`, a default of none does not help.
    """
    if all(policy == REJECT for policy in policies.values()):
        return None

    def mend(value: Any, fault: RecordRejected) -> tuple[Any, str]:
        mended: list[str] = []
        while True:
            policy = policies.get(fault.code, REJECT)
            if policy == "keep" and not wanted:
                return KEEP, policy
            again = policy in mended and (policy not in NEAREST or len(mended) > STEPS)
            if again or policy in (REJECT, "keep") or (policy in NEAREST and fault.nearest is None):
                raise fault
            mended.append(policy)
            candidate = fault.nearest if policy in NEAREST else value if policy == "pass" else item.default
            if empty(candidate) and wanted:
                raise fault
            try:
                return (None if empty(candidate) else plain(candidate)), ", ".join(dict.fromkeys(mended))
            except RecordRejected as next_fault:
                fault = next_fault

    return mend
