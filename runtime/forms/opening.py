"""What a form holds when it is opened, and what is written besides what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from metadata.expressions.entities import formula_in
from metadata.expressions.grammar import parse
from metadata.expressions.tree import names
from metadata.model import Form, FormField
from metadata.snapshot import CompiledAttribute, Snapshot
from runtime.access import Principal, access_of
from runtime.forms.builder import form_fields
from runtime.forms.conduct import rule_plan
from runtime.forms.words import Words, WordsRow, contact_paths, is_query
from runtime.records.defaults import expressed
from runtime.records.details import fetch_record
from runtime.records.entered import EnteredRow, outcome
from runtime.records.proof import Reader
from runtime.records.reach import Reach

ACCOUNT = "account"


def words_given(snapshot: Snapshot, form: Form) -> tuple[Any, ...]:
    """Everything on a form that may be a word."""

    def make() -> tuple[Any, ...]:
        attributes = snapshot.entities[form.entity].attributes
        defaults = (attributes[f.attribute].model.default for f in form_fields(form) if f.attribute in attributes)
        given = (*(value for f in form_fields(form) for value in (f.prepopulate, f.set_on_save)), *defaults)
        return (*(word for value in given for word in _words_in(value)), *rule_plan(snapshot, form).words)

    return snapshot.derive(("form words", form.key), make)


def contact_asked(snapshot: Snapshot, form: Form) -> tuple[str, ...]:
    """The paths of the person's own contact that a form's words need."""
    return snapshot.derive(("form contact", form.key), lambda: contact_paths(words_given(snapshot, form)))


def _words_in(given: Any) -> Iterable[Any]:
    text = formula_in(given)
    return (given,) if text is None else [name.path for name in names(parse(text))]


def query_names(snapshot: Snapshot, form: Form) -> frozenset[str]:
    """The arguments of the address that a form takes."""
    return snapshot.derive(
        ("form arguments", form.key),
        lambda: frozenset(value.partition(".")[2] for value in words_given(snapshot, form) if is_query(value)),
    )


def contact_values(reader: Reader, snapshot: Snapshot, principal: Principal, given: Iterable[Any]) -> Mapping[str, Any]:
    """The values of the person's own contact that words need, as far as the person may read them."""
    return contact_known(reader, snapshot, principal, contact_paths(given))


def contact_known(reader: Reader, snapshot: Snapshot, principal: Principal, paths: tuple[str, ...]) -> Mapping[str, Any]:
    """The values of the person's own contact by path, as far as the person may read them."""
    if not paths or principal.contact is None:
        return {}
    if paths == (ACCOUNT,) and _account_is_known(snapshot, principal):
        return {ACCOUNT: principal.account}
    record = fetch_record(reader, snapshot, principal, "contact", "id", principal.contact, paths)
    return record.values if record is not None else {}


def _account_is_known(snapshot: Snapshot, principal: Principal) -> bool:
    """Whether the row of the person would say what their arrival has said already."""
    if principal.account is None or principal.acting is not None:
        return False
    standing = principal.standing
    return snapshot.derive(
        ("own account", standing), lambda: access_of(snapshot, standing, "contact", "read").reaches_own(ACCOUNT)
    )


def opening_values(snapshot: Snapshot, form: Form, words: Words) -> dict[str, Any]:
    """The values of an empty form: what each field is prepopulated with, else the attribute's default, unless that
    asks about the record."""
    found: dict[str, Any] = {}
    waiting = expressed(snapshot, snapshot.entities[form.entity]).waiting
    for attribute, field in _declared(snapshot, form):
        given = field.prepopulate
        if given is None and attribute.key not in waiting:
            given = attribute.model.default
        value = _opened(snapshot, form, words, given, attribute)
        if value is not None:
            found.setdefault(attribute.key, value)
    return found


def kept_values(snapshot: Snapshot, form: Form, words: Words) -> dict[str, Any]:
    """What the fields of an empty form keep while its rules hide or lock them: what they open with, less what comes from the
    address, which the person could change."""
    from_address = {field.attribute for _, field in _declared(snapshot, form) if is_query(field.prepopulate)}
    return {key: value for key, value in opening_values(snapshot, form, words).items() if key not in from_address}


def set_values(snapshot: Snapshot, form: Form, words: Words, given: Mapping[str, Any], reach: Reach) -> dict[str, Any]:
    """All values to write: those given, with those that are set whatever was posted in their place, in the form's order.

    `@record.<path>` and the names of an expression are values of the record itself, as they are by then.
    """
    values = dict(given)
    own = words.about(lambda path: reach.value(form.entity, values, path))
    for attribute, field in _declared(snapshot, form):
        if field.set_on_save is not None:
            text = formula_in(field.set_on_save)
            if text is None:
                values[attribute.key] = own.value(field.set_on_save, attribute.model)
            else:
                row = EnteredRow(snapshot, reach, form.entity, values, WordsRow(snapshot, words).value)
                values[attribute.key] = outcome(snapshot, form.entity, text, attribute.model, row)
    return values


def _opened(snapshot: Snapshot, form: Form, words: Words, given: Any, attribute: CompiledAttribute) -> Any:
    text = formula_in(given)
    if text is None:
        return words.value(given, attribute.model)
    return outcome(snapshot, form.entity, text, attribute.model, WordsRow(snapshot, words))


def fixed_values(snapshot: Snapshot, form: Form, words: Words) -> dict[str, Any]:
    """What a new record takes from fields that are shown or hidden but not asked for: what they were prepopulated with.

    A value out of the address is left out, because the person could change it.
    """
    return {
        attribute.key: _opened(snapshot, form, words, field.prepopulate, attribute)
        for attribute, field in _declared(snapshot, form)
        if field.prepopulate is not None and (field.read_only or field.hidden) and not is_query(field.prepopulate)
    }


def _declared(snapshot: Snapshot, form: Form) -> tuple[tuple[CompiledAttribute, FormField], ...]:
    def make() -> tuple[tuple[CompiledAttribute, FormField], ...]:
        attributes = snapshot.entities[form.entity].attributes
        pairs = ((attributes.get(field.attribute), field) for field in form_fields(form))
        return tuple((attribute, field) for attribute, field in pairs if attribute is not None and not attribute.system)

    return snapshot.derive(("form fields", form.key), make)
