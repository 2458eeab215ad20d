"""Rows of a file, saved one by one as if the person had entered each on the form that the list names.

A row is bound to the form's own class, settled by its rules, validated, completed and written through the records layer; what
the form would refuse is refused here, with the same words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict

from metadata.model import Form, ListImport
from metadata.text import in_words
from runtime.access import access_for
from runtime.context import RequestContext
from runtime.forms.bound import all_values, bind, inputs, posted_values
from runtime.forms.builder import FormAsk, asked_fields, form_class
from runtime.forms.conduct import EMPTY
from runtime.forms.faults import Fault, Unparsable
from runtime.forms.fields import BaseForm, Person
from runtime.forms.opening import fixed_values, opening_values, set_values
from runtime.forms.parse import Manner, parse_value
from runtime.forms.refusals import faults_of
from runtime.forms.rules import Rules, rules_for
from runtime.forms.words import Words
from runtime.importing.matching import Target
from runtime.importing.naming import Naming
from runtime.importing.written import NO, YES, Wording, posted
from runtime.pages.content import words_of
from runtime.pages.form import form_record_paths
from runtime.pages.form_lock import is_locked
from runtime.pages.form_rules import settle_new, settle_stored
from runtime.pages.form_sending import changed_values
from runtime.pages.form_setting import form_ask, person_of, words_of_request
from runtime.pages.speech import text_of
from runtime.records.details import Record, fetch_record
from runtime.records.errors import Conflict, Denied, Invalid, Missing
from runtime.records.reach import Reach
from runtime.records.write import create, update
from runtime.refused import keep_denied
from runtime.render import texts

Row = tuple[int, list[str]]
NEW, CHANGED, SAME, FAULTY = "new", "changed", "same", "faulty"


class RowRefused(Exception):
    """A row cannot be saved. Carries pairs of attribute ("" for the row as a whole) and fault."""

    def __init__(self, faults: Iterable[tuple[str, Fault]]) -> None:
        self.faults = tuple(faults)
        super().__init__(len(self.faults))


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are: attributes by their place, of `width` columns. `clears` says that an empty cell empties
    the attribute of a row that is there; else it leaves it alone. `manner` is how the texts are written."""

    width: int
    places: Mapping[int, str]
    clears: bool
    manner: Manner


@dataclass(slots=True)
class Tally:
    """What came of rows: how many of each kind, and for each faulty one its line, the column's label and the sentence."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[int, str, str]] = field(default_factory=list)


def import_targets(context: RequestContext, given: ListImport) -> tuple[Target, ...]:
    """The attributes that a file of this person may give, in the form's order, and the key first where no field asks for it."""
    form = context.snapshot.forms[given.form]
    attributes = context.snapshot.entities[form.entity].attributes
    found: dict[str, Target] = {}
    for wanted in _asks(context, form):
        for attribute, item in asked_fields(context.snapshot, wanted):
            if attribute.type.is_file or (given.attributes and attribute.key not in (*given.attributes, given.key)):
                continue
            rules = rules_for(context.snapshot, attribute, item, context.language)
            found.setdefault(attribute.key, Target(attribute, rules.label, rules))
    key = attributes.get(given.key)
    if key is None or key.key in found:
        return tuple(found.values())
    label = words_of(context, key.model.label) or in_words(key.key)
    return (Target(key, label), *found.values()) if found else ()


def may_import(context: RequestContext, given: ListImport | None) -> bool:
    """Whether the person could save any row of a file."""
    if given is None or not context.signed_in:
        return False
    form = context.snapshot.forms[given.form]
    if context.services.submission.concerns(context.snapshot, form.entity):
        return False
    return bool(import_targets(context, given))


def _asks(context: RequestContext, form: Form) -> tuple[FormAsk, ...]:
    """The form for new rows and for rows that are there, as far as the person may use it."""
    modes = (("insert", "create"), ("edit", "write"))
    return tuple(
        form_ask(context, form, mode)  # type: ignore[arg-type]
        for mode, privilege in modes
        if access_for(context.snapshot, context.principal, form.entity, privilege).allowed  # type: ignore[arg-type]
    )


class RowImport:
    """Saves rows of one file for one request."""

    def __init__(self, context: RequestContext, given: ListImport, columns: Columns) -> None:
        self._context = context
        self._form = context.snapshot.forms[given.form]
        self._columns = columns
        self._targets = {target.key: target for target in import_targets(context, given)}
        self._key = self._key_of(given)
        self._asks = {wanted.mode: wanted for wanted in _asks(context, self._form)}
        self._naming = Naming(context.snapshot, context.principal)
        self._wording = _wording(context)
        self._labels = {key: target.label for key, target in self._targets.items()}

    def save(self, connection: Connection, rows: Sequence[Row], first: Mapping[str, int]) -> Tally:
        """Save rows, each undone by itself where it is refused. `first` has the line that gives each value of the key first."""
        tally, say = Tally(), text_of(self._context)
        self._look_up(connection, rows)
        for number, cells in rows:
            try:
                tally.counts[self._save(connection, number, cells, first)] += 1
            except RowRefused as refused:
                tally.counts[FAULTY] += 1
                tally.errors += [(number, self._labels.get(key, ""), fault.sentence(say)) for key, fault in refused.faults]
        return tally

    def firsts(self, rows: Iterable[Row]) -> dict[str, int]:
        """The line that gives each value of the key first; nothing where no column gives the key."""
        found: dict[str, int] = {}
        for number, cells in rows:
            value = self._key_text(cells)
            if value:
                found.setdefault(value, number)
        return found

    def _save(self, connection: Connection, number: int, cells: Sequence[str], first: Mapping[str, int]) -> str:
        if len(cells) > self._columns.width:
            raise RowRefused([("", Fault("import.too_many_cells"))])
        told = self._key_text(cells)
        if told and first.get(told, number) != number:
            raise RowRefused([(self._key.key if self._key else "", Fault("import.twice", (("line", first[told]),)))])
        try:
            record = self._record(connection, told)
            return self._insert(connection, cells) if record is None else self._update(connection, cells, record)
        except Missing as gone:
            keep_denied(self._context, gone)
            raise RowRefused([("", Fault("bulk.gone"))]) from None
        except Conflict:
            raise RowRefused([("", Fault("error.conflict"))]) from None
        except (Denied, Invalid) as refused:
            keep_denied(self._context, refused)
            raise RowRefused(faults_of(refused, self._labels)) from None

    def _record(self, connection: Connection, told: str) -> Record | None:
        """The record that the key of a row tells, None for a new one."""
        if self._key is None or not told:
            return None
        try:
            value = parse_value(told, self._key.attribute.model, self._columns.manner)
        except Unparsable as wrong:
            raise RowRefused([(self._key.key, wrong.fault)]) from None
        paths = form_record_paths(self._context, self._form)
        context = self._context
        found = fetch_record(connection, context.snapshot, context.principal, self._form.entity, self._key.key, value, paths)
        if found is None and self._key.rules is None:
            raise RowRefused([(self._key.key, Fault("import.no_record", (("name", told),)))])
        return found

    def _insert(self, connection: Connection, cells: Sequence[str]) -> str:
        context, form = self._context, self._form
        wanted = self._asks.get("insert")
        if wanted is None:
            raise Denied(form.entity)
        given, unread = self._posted(wanted, cells, new=True)
        values = {key: value for key, value in self._opening.items() if key not in given}
        bound = bind(form_class(context.snapshot, wanted), self._person(), posted=given, values=values)
        settle_new(context, form, bound, self._words)
        _validate(bound, unread)
        entered = {key: value for key, value in all_values(bound).items() if value not in EMPTY}
        reach = Reach(lambda: connection, context.snapshot, context.principal)
        complete = set_values(context.snapshot, form, self._words, {**self._fixed, **entered}, reach)
        create(connection, context.snapshot, context.principal, form.entity, complete, listeners=context.listeners)
        return NEW

    def _update(self, connection: Connection, cells: Sequence[str], record: Record) -> str:
        context, form = self._context, self._form
        wanted = self._asks.get("edit")
        if wanted is None or "write" not in record.can:
            raise Denied(form.entity)
        if is_locked(context, form, record):
            own = form.locked_message.in_language(context.language)
            raise RowRefused([("", Fault("form.locked", (), own))])
        given, unread = self._posted(wanted, cells, new=False)
        bound = bind(form_class(context.snapshot, wanted), self._person(record.labels), posted=given, values=record.values)
        settle_stored(context, form, bound, record)
        _validate(bound, unread)
        values = changed_values(context, connection, form, self._words, record, posted_values(bound))
        if not values:
            return SAME
        update(
            connection,
            context.snapshot,
            context.principal,
            form.entity,
            record.id,
            record.version,
            values,
            listeners=context.listeners,
        )
        return CHANGED

    def _posted(self, wanted: FormAsk, cells: Sequence[str], *, new: bool) -> tuple[MultiDict[str, str], dict[str, Fault]]:
        """What a form would post for the cells of a row, and the faults of the cells for which it could post nothing."""
        asked = {attribute.key for attribute, _ in asked_fields(self._context.snapshot, wanted)}
        found: MultiDict[str, str] = MultiDict()
        unread: dict[str, Fault] = {}
        for place, key in self._columns.places.items():
            rules = self._targets[key].rules
            if rules is None or key not in asked:
                continue
            text = cells[place].strip() if place < len(cells) else ""
            if not text:
                if not new and self._columns.clears:
                    found.setlist(key, [""])
                continue
            try:
                if rules.attribute.type.name == "lookup":
                    found[key] = self._naming.posted(key, text)
                else:
                    found.setlist(key, posted(rules, text, self._columns.manner, self._wording))
            except Unparsable as wrong:
                unread[key] = wrong.fault
        return found, unread

    def _look_up(self, connection: Connection, rows: Sequence[Row]) -> None:
        lookups = {}
        for place, key in self._columns.places.items():
            rules = self._targets[key].rules
            if rules is not None and rules.attribute.type.name == "lookup":
                texts = [cells[place].strip() for _, cells in rows if place < len(cells)]
                lookups[key] = (rules, [text for text in texts if text])
        self._naming.look_up(connection, lookups)

    def _key_of(self, given: ListImport) -> Target | None:
        place = next((place for place, key in self._columns.places.items() if key == given.key), None)
        return None if place is None else self._targets[given.key]

    def _key_text(self, cells: Sequence[str]) -> str:
        if self._key is None:
            return ""
        place = next(place for place, key in self._columns.places.items() if key == self._key.key)
        return cells[place].strip() if place < len(cells) else ""

    def _person(self, labels: Mapping[str, Any] | None = None) -> Person:
        """The person, whose finder remembers what it found for the rows before."""
        base = self._base_person
        return Person(base.manner, base.finder, labels or {}, base.upload, base.most_bytes)

    @cached_property
    def _base_person(self) -> Person:
        return person_of(self._context, self._columns.manner)

    @cached_property
    def _words(self) -> Words:
        return words_of_request(self._context, self._form, {})

    @cached_property
    def _opening(self) -> dict[str, Any]:
        return opening_values(self._context.snapshot, self._form, self._words)

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        return fixed_values(self._context.snapshot, self._form, self._words)


def _wording(context: RequestContext) -> Wording:
    """The words of all languages of the site: a file may be of another one than the page."""
    known: dict[str, Mapping[str, str]] = {}

    def options(rules: Rules) -> Mapping[str, str]:
        key = rules.attribute.key
        if key not in known:
            known[key] = _options(context, rules)
        return known[key]

    said = [texts(context.snapshot, context.site, language) for language in context.site.model.languages]
    yes, no = (frozenset(say(key).casefold() for say in said) for key in ("value.yes", "value.no"))
    return Wording(options, YES | yes, NO | no)


def _options(context: RequestContext, rules: Rules) -> Mapping[str, str]:
    """The value of each option by its label, first in the language of the page; a value stands for itself before all."""
    found = {value.casefold(): value for value, _ in rules.options}
    for value, label in rules.options:
        found.setdefault(label.casefold(), value)
    choice = context.snapshot.choices.get(rules.attribute.model.choice)
    for option in choice.options if choice is not None else ():
        for _, label in option.label.values:
            found.setdefault(label.casefold(), option.value)
    return found


def _validate(bound: BaseForm, unread: Mapping[str, Fault]) -> None:
    """Raises RowRefused with the cells that could not be read, and everything that the form says of the others."""
    if bound.validate() and not unread:
        return
    faults = [(key, _fault(said)) for key, item in inputs(bound) if key not in unread for said in item.errors]
    raise RowRefused([*unread.items(), *faults, *(("", _fault(said)) for said in bound.form_errors)])


def _fault(said: object) -> Fault:
    return said if isinstance(said, Fault) else Fault("", (), str(said))
