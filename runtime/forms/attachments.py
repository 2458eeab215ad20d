"""What a file input says: what it takes, why an upload was refused. Pure."""

from __future__ import annotations

from runtime.files.kinds import ENDINGS, accepted_by, endings_said
from runtime.files.sizes import size_said
from runtime.forms.faults import Fault, Say
from runtime.forms.numbers import locale_for
from runtime.forms.rules import Rules

REFUSED = "!"
REMOVE = "__remove"
_CODES = frozenset(
    {
        "too_large",
        "wrong_type",
        "broken",
        "too_many_pixels",
        "empty",
        "too_many",
        "not_kept",
        "infected",
        "not_scanned",
        "several",
    },
)
LONGEST_NAME = 120


def refused_text(code: str, name: str) -> str:
    """What is posted for an upload that was refused."""
    return f"{REFUSED}{code}:{name}"


def refused_fault(rules: Rules, most: int, text: str) -> Fault:
    """Why an upload was refused, from what is posted for it."""
    code, _, name = text.removeprefix(REFUSED).partition(":")
    values = (("name", name[:LONGEST_NAME]), ("limit", limit_said(rules, most)), ("kinds", kinds_said(rules)))
    return Fault(f"form.file_{code}", values) if code in _CODES else Fault("form.file_gone")


def limit(rules: Rules, most: int) -> int:
    """The largest file that is taken, where the installation takes `most` bytes."""
    return min(rules.attribute.model.max_size or most, most)


def limit_said(rules: Rules, most: int) -> str:
    """The largest file in words."""
    return size_said(limit(rules, most), str(locale_for(rules.language)))


def kinds(rules: Rules) -> tuple[str, ...]:
    """The media types that are taken."""
    return accepted_by(rules.attribute.model.type, rules.attribute.model.accept)


def kinds_said(rules: Rules) -> str:
    """The kinds of files that are taken, as people know them."""
    return endings_said(kinds(rules))


def accept_attribute(rules: Rules) -> str:
    """What the browser's own chooser offers: media types, and endings for those that it may not know."""
    found = kinds(rules)
    return ",".join((*found, *(ending for kind in found for ending in ENDINGS.get(kind, ()))))


def file_hint(rules: Rules, most: int, say: Say) -> str:
    """What may be chosen, after the field's own hint."""
    told = say("form.file_hint", kinds=kinds_said(rules), limit=limit_said(rules, most))
    return f"{rules.hint} {told}".strip()
