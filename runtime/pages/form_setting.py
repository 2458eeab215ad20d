"""What the forms of a request work with: the person, the words, how values are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask import request
from markupsafe import Markup

from metadata.model import Form
from metadata.snapshot import CompiledAttribute
from runtime.access import access_for
from runtime.captcha.asking import is_asked
from runtime.context import RequestContext
from runtime.forms.builder import FormAsk, Mode, form_fields
from runtime.forms.faults import Say
from runtime.forms.fields import Person
from runtime.forms.finding import make_finder
from runtime.forms.layout import Showing
from runtime.forms.opening import contact_asked, contact_known
from runtime.forms.parse import Manner
from runtime.forms.rules import Rules
from runtime.forms.words import Words
from runtime.pages.content import words_of
from runtime.pages.speech import formats_of, text_of
from runtime.pages.uploads import upload_finder
from runtime.records.details import Record, fetch_record

LOOKUP = "/_lookup"
FIND = "_find"


def say_of(context: RequestContext) -> Say:
    """The engine's texts in the person's language."""
    return text_of(context)


def person_of(context: RequestContext, manner: Manner | None = None, labels: Mapping[str, str] | None = None) -> Person:
    """The person as inputs know people; `manner` where something was typed in another language than the page's, `labels` the
    names of the rows that the record's lookups point at."""
    written = formats_of(context)

    def write(value: Any) -> str:
        match value:
            case bool() | str():
                return str(value)
            case int() | Decimal():
                return written.number(value)
            case dt.datetime():
                return written.moment(value)
            case dt.date():
                return written.day(value)
        return str(value)

    finder = make_finder(lambda: context.connection, context.snapshot, context.principal, write)
    most = context.services.files.most
    return Person(manner or manner_of(context), finder, labels or {}, upload_finder(context), most)


def manner_of(context: RequestContext) -> Manner:
    """How the person writes on this page."""
    return Manner(context.language, formats_of(context).zone.key)


def words_of_request(context: RequestContext, form: Form, query: Mapping[str, str] | None = None) -> Words:
    """What the words of a form mean in this request."""
    if query is None:
        query = request.args if request.query_string else {}
    return Words(
        now=dt.datetime.now(dt.UTC),
        zone=formats_of(context).zone.key,
        people=people_of(context),
        contact=contact_known(context.reader, context.snapshot, context.principal, contact_asked(context.snapshot, form)),
        query=query,
    )


def people_of(context: RequestContext) -> Mapping[str, int | None]:
    """The ids behind the words for the person, their account and their company."""
    principal = context.principal
    return {"@contact": principal.contact, "@account": principal.account, "@company": principal.company}


def form_ask(context: RequestContext, form: Form, mode: Mode, *, without: frozenset[str] = frozenset()) -> FormAsk:
    """The class that this person gets of a form; `without` are attributes that come from elsewhere."""
    rights = {
        privilege: access_for(context.snapshot, context.principal, form.entity, privilege)
        for privilege in ("read", "create", "write")
    }
    giving = rights["create"] if mode == "insert" else rights["write"]
    readable = rights["read"].attributes if rights["read"].allowed else frozenset()
    writable = giving.attributes if giving.allowed and mode != "read" else frozenset()
    return FormAsk(form, mode, readable, writable - without, context.language)


def showing(context: RequestContext, form: Form, values: Mapping[str, Any], labels: Mapping[str, str]) -> Showing:
    """How this request shows the values of a form."""
    return Showing(
        say=say_of(context),
        display=displayer(context),
        lookup_url=lambda attribute: lookup_url(context, form, attribute),
        new_row=lambda rules: new_row_link(context, form, rules),
        values=values,
        labels=labels,
        currency=context.site.model.currency,
        finding=request.form.get(FIND, ""),
    )


def displayer(context: RequestContext) -> Callable[[CompiledAttribute, Any, str], Markup]:
    """Writes a value that is only shown; that of a lookup is its label."""
    written = formats_of(context)

    def display(attribute: CompiledAttribute, value: Any, label: str) -> Markup:
        if attribute.type.is_file:
            return written.for_attribute(attribute, context.snapshot, full=True)(label or None)
        if attribute.type.name == "lookup":
            return Markup("<bdi>{}</bdi>").format(label) if label else Markup("–")
        return written.for_attribute(attribute, context.snapshot, full=True)(value)

    return display


def lookup_url(context: RequestContext, form: Form, attribute: str) -> str:
    """Where a script finds the rows that a lookup offers."""
    return context.url(f"{LOOKUP}/{quote(form.key, safe='')}/{quote(attribute, safe='')}")


def new_row_link(context: RequestContext, form: Form, rules: Rules) -> tuple[str, str] | None:
    """The name and the address of the form for a new row of a lookup, for somebody who may make one."""
    target = context.snapshot.forms.get(rules.field.create_form)
    if target is None or not access_for(context.snapshot, context.principal, target.entity, "create").allowed:
        return None
    if is_asked(context, target.captcha):
        return None
    label = words_of(context, target.label) or say_of(context)("lookup.new", label=rules.label)
    return label, f"{lookup_url(context, form, rules.attribute.key)}/new"


def shown_values(context: RequestContext, form: Form, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that a new record will have in fields that are only shown, with the names of rows pointed at."""
    entity = context.snapshot.entities[form.entity]
    shown: dict[str, Any] = {}
    labels: dict[str, str] = {}
    for item in form_fields(form):
        attribute = entity.attributes.get(item.attribute)
        if attribute is None or not item.read_only or values.get(item.attribute) is None:
            continue
        shown[item.attribute] = values[item.attribute]
        if len(attribute.targets) == 1:
            target = context.snapshot.entities[attribute.targets[0]]
            row = record_by_id(context, target.key, values[item.attribute], (target.primary_name.key,))
            labels[item.attribute] = "" if row is None else str(row.values.get(target.primary_name.key) or row.key)
    return shown, labels


def record_by_id(context: RequestContext, entity: str, row: int, paths: tuple[str, ...]) -> Record | None:
    """A record by its id, None where it is not there or not the person's."""
    return fetch_record(context.connection, context.snapshot, context.principal, entity, "id", row, paths)
