"""The rows that a lookup on a form offers, for scripts: as JSON, or as options of a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from metadata.expressions.data import plain_value
from metadata.model import Form
from runtime.context import RequestContext, current
from runtime.errors import OutOfReach
from runtime.forms.builder import asked_fields
from runtime.forms.conduct import rule_plan
from runtime.forms.fields import Chosen
from runtime.forms.layout import OptionView, row_key
from runtime.forms.rule_data import far_paths
from runtime.forms.rules import Rules, rules_for
from runtime.pages.form_setting import LOOKUP, form_ask, person_of
from runtime.records.entered import EnteredRow
from runtime.records.reach import Reach

MOST_OFFERED = 20
LONGEST_QUERY = 200
LONGEST_ID = 19


def lookup_blueprint() -> Blueprint:
    """The address `/_lookup/<form>/<attribute>?q=`: at most twenty rows that the person may choose."""
    blueprint = Blueprint("lookup", __name__)
    blueprint.add_url_rule(f"{LOOKUP}/<form>/<attribute>", "options", options)
    return blueprint


def options(form: str, attribute: str) -> Response:
    """The rows that match; for `row`, what the form's rules ask of that one. Raises PageNotFound where the person gets no
    such lookup on the form."""
    context = current()
    rules = lookup_rules(context, form, attribute)
    if "row" in request.args:
        return jsonify({"values": _asked_of(context, context.snapshot.forms[form], rules, request.args["row"])})
    text = " ".join(request.args.get("q", "")[:LONGEST_QUERY].replace("\x00", "").split())
    _, _, row = request.args.get("within", "").rpartition(":")
    if rules.field.narrowed_by and row.isascii() and row.isdecimal() and len(row) < LONGEST_ID:
        rules = replace(rules, within=int(row))
    rows = person_of(context).finder.find(rules, text, MOST_OFFERED)
    found = [option(row) for row in rows]
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        html = context.renderer.fragment(context, "forms/options.html", options=found)
        return make_response(html)
    return jsonify({"options": [{"value": row.value, "label": row.label, "second": row.second} for row in found]})


def _asked_of(context: RequestContext, form: Form, rules: Rules, given: str) -> dict[str, Any]:
    """The values that rules ask of a row which may be chosen, by their paths from the form's record; none of another row."""
    key = rules.attribute.key
    paths = far_paths(rule_plan(context.snapshot, form), key)
    if not (given.isascii() and given.isdecimal() and len(given) < LONGEST_ID):
        return {}
    if not paths or person_of(context).finder.get(rules, "", int(given)) is None:
        return {}
    reach = Reach(lambda: context.connection, context.snapshot, context.principal)
    row = EnteredRow(context.snapshot, reach, form.entity, {key: int(given)}, lambda word: None)
    return {f"{key}.{path}": plain_value(row.value(f"{key}.{path}")) for path in paths}


def option(row: Chosen) -> OptionView:
    """A row as something to choose."""
    return OptionView(row_key(row), row.label, second=row.second)


def lookup_rules(context: RequestContext, key: str, attribute: str) -> Rules:
    """The rules of a lookup that the person is asked for, on a new record or an existing one. Raises PageNotFound."""
    form = context.snapshot.forms.get(key)
    if form is None:
        raise OutOfReach
    for mode in ("insert", "edit"):
        for found, field in asked_fields(context.snapshot, form_ask(context, form, mode)):
            if found.key == attribute and found.type.name == "lookup":
                return rules_for(context.snapshot, found, field, context.language)
    raise OutOfReach
