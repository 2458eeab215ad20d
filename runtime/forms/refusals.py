"""What records and outside systems refuse, as faults of the form's fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runtime.forms.bound import add_fault
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.forms.ports import Refusal
from runtime.records.errors import Denied, Invalid

SENTENCES: Mapping[str, str] = {
    "required": "form.required",
    "taken": "form.not_unique",
    "option": "form.unknown_choice",
    "target": "form.unknown_record",
    "immutable": "form.immutable",
    "pattern": "form.not_pattern",
    "too_large": "form.too_big",
    "too_many": "form.too_many_rows",
}


def lay_out(form: BaseForm, refused: Invalid | Denied | Refusal, labels: Mapping[str, str]) -> tuple[Fault, ...]:
    """Lay each fault at its field; given back are those of the form as a whole or of attributes that it does not ask for."""
    return tuple(fault for key, fault in faults_of(refused, labels) if not (key and add_fault(form, key, fault)))


def faults_of(refused: Invalid | Denied | Refusal, labels: Mapping[str, str]) -> Iterable[tuple[str, Fault]]:
    """Attribute keys and faults; the key is empty for the record as a whole."""
    if isinstance(refused, Refusal):
        yield refused.attribute, Fault(refused.text, (), refused.message)
    elif isinstance(refused, Denied):
        key = "form.may_not_choose" if refused.side else "form.may_not_save"
        yield refused.attribute, Fault(key, (("label", labels.get(refused.attribute, refused.attribute)),))
    else:
        for key, code in refused.codes.items():
            yield key, _of_code(code, labels.get(key, key))


def _of_code(code: str, label: str) -> Fault:
    return Fault(SENTENCES.get(code, "form.not_usable" if label else "form.not_possible"), (("label", label),))
