"""A new row for a lookup, made by a form of its own: on a page beside the form, or, for a script, in a dialog over it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, request

from metadata.model import Form
from metadata.text import in_words
from runtime.access import access_for
from runtime.captcha.asking import is_asked
from runtime.context import RequestContext, current
from runtime.errors import AccessDenied, OutOfReach
from runtime.forms import drafts
from runtime.forms.bound import bind
from runtime.forms.builder import form_class
from runtime.forms.faults import Fault
from runtime.forms.fields import BaseForm
from runtime.forms.layout import FormView, form_view, row_key, with_errors
from runtime.forms.opening import fixed_values, opening_values
from runtime.forms.rules import Rules
from runtime.forms.submit import Sent
from runtime.forms.words import Words
from runtime.pages.content import words_of
from runtime.pages.form_insert import answer_status, searching
from runtime.pages.form_rules import settle_new
from runtime.pages.form_sending import make_record
from runtime.pages.form_setting import FIND, LOOKUP, form_ask, person_of, say_of, showing, shown_values, words_of_request
from runtime.pages.form_view import DRAFT, FormPart
from runtime.pages.lookup import lookup_rules
from runtime.pages.uploads import received

PAGE, DIALOG, MADE = "forms/new_row.html", "forms/new_row_form.html", "forms/new_row_made.html"
IN_DIALOG = "dialog"
PREFIX = "new-"
"""Goes before the names of its controls, which may stand in one page with those of the form that needs the row."""


def lookup_new_blueprint() -> Blueprint:
    """The address `/_lookup/<form>/<attribute>/new`; with `?dialog=1` it answers with the form alone, or with the new row."""
    blueprint = Blueprint("lookup_new", __name__)
    blueprint.add_url_rule(f"{LOOKUP}/<form>/<attribute>/new", "new_row", new_row, methods=["GET", "POST"])
    return blueprint


def new_row(form: str, attribute: str) -> Response:
    """The form for the new row; once it is made, its id and name. Raises PageNotFound where the person gets no such lookup or
    it offers no new rows, AccessDenied where the person may make none, or is asked for a captcha.
    """
    context = current()
    rules = lookup_rules(context, form, attribute)
    target = context.snapshot.forms.get(rules.field.create_form)
    if target is None:
        raise OutOfReach
    allowed = access_for(context.snapshot, context.principal, target.entity, "create").allowed
    if not allowed or is_asked(context, target.captcha):
        raise AccessDenied
    words = words_of_request(context, target)
    kind = form_class(context.snapshot, form_ask(context, target, "insert"))
    if request.method == "GET":
        opened = bind(kind, person_of(context), values=opening_values(context.snapshot, target, words), prefix=PREFIX)
        return _shown(context, target, settle_new(context, target, opened, words), words)
    bound = settle_new(context, target, bind(kind, person_of(context), posted=received(context, kind), prefix=PREFIX), words)
    if not bound.validate() or FIND in request.form:
        return _shown(context, target, searching(bound), words, status=answer_status())
    made = make_record(context, target, bound, words)
    if not isinstance(made, Sent):
        return _shown(context, target, bound, words, made, status=422)
    return _made(context, rules, made.record)


def _made(context: RequestContext, rules: Rules, record: int | None) -> Response:
    """The new row, as far as the lookup offers it."""
    row = person_of(context).finder.get(rules, "", record) if record is not None else None
    if IN_DIALOG in request.args:
        found = {"value": row_key(row), "label": row.label} if row is not None else None
        return jsonify({"row": found, "said": say_of(context)("lookup.not_offered") if row is None else ""})
    return make_response(context.renderer.page(context, MADE, label=row.label if row is not None else ""))


def _shown(
    context: RequestContext, form: Form, bound: BaseForm, words: Words, faults: tuple[Fault, ...] = (), status: int = 200
) -> Response:
    view = FormPart(
        id="new-row",
        form=_view(context, form, bound, words, faults),
        url=request.full_path if request.query_string else request.path,
        block=0,
        submit=words_of(context, form.submit_label) or say_of(context)("action.save"),
        heading=_heading(context, form),
        hidden=((DRAFT, request.form.get(DRAFT, "") or drafts.new_key()),),
        prefix=PREFIX,
    )
    if IN_DIALOG in request.args:
        return make_response(context.renderer.fragment(context, DIALOG, view=view), status)
    return make_response(context.renderer.page(context, PAGE, view=view), status)


def _heading(context: RequestContext, form: Form) -> str:
    """The form's name, else that of what it makes: a dialog without one has none for who does not see it."""
    return (
        words_of(context, form.label)
        or words_of(context, context.snapshot.entities[form.entity].model.label)
        or in_words(form.entity)
    )


def _view(context: RequestContext, form: Form, bound: BaseForm, words: Words, faults: tuple[Fault, ...]) -> FormView:
    known = opening_values(context.snapshot, form, words) | fixed_values(context.snapshot, form, words)
    shown, labels = shown_values(context, form, known)
    view = showing(context, form, shown, labels)
    found = form_view(context.snapshot, form_ask(context, form, "insert"), bound, view)
    return with_errors(found, faults, view.say)
