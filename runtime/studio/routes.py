"""The addresses of the studio on one screen. Its rooms are loaded when somebody first enters."""

from __future__ import annotations

from functools import partial

from flask import Blueprint

from runtime.loading import Later
from runtime.studio.rooms import Rooms

ROOT = "/studio"
NAMED = "<kind>/<path:key>"
RULES = (
    ("/", "looking:home", "GET"),
    ("/kind/<kind>", "looking:of_kind", "GET"),
    ("/find", "looking:find", "GET"),
    ("/keys", "looking:keys", "GET"),
    ("/scheme", "looking:scheme", "POST"),
    ("/new/<kind>", "making:new", "GET"),
    ("/new/<kind>", "making:submit_new", "POST"),
    (f"/edit/{NAMED}", "editing:edit", "GET"),
    (f"/edit/{NAMED}", "editing:submit", "POST"),
    (f"/source/{NAMED}", "editing:source", "GET"),
    (f"/source/{NAMED}", "editing:submit_source", "POST"),
    (f"/design/{NAMED}", "designing.designer:design", "GET"),
    (f"/design/{NAMED}", "designing.designer:submit_design", "POST"),
    ("/try/identity_provider/<path:key>", "providers:trial", "GET"),
    ("/try/identity_provider/<path:key>", "providers:submit_trial", "POST"),
    ("/screens/<key>", "beginning:screens", "GET"),
    ("/screens/<key>", "beginning:submit_screens", "POST"),
    (f"/texts/{NAMED}", "placing:texts", "GET"),
    (f"/texts/{NAMED}", "placing:submit_texts", "POST"),
    ("/in-place", "placing:submit_in_place", "POST"),
    (f"/settle/{NAMED}", "editing:settle", "POST"),
    (f"/delete/{NAMED}", "making:delete", "GET"),
    (f"/delete/{NAMED}", "making:submit_delete", "POST"),
    (f"/discard/{NAMED}", "making:discard", "POST"),
    (f"/uses/{NAMED}", "looking:uses", "GET"),
    (f"/history/{NAMED}", "looking:history_of", "GET"),
    (f"/history/{NAMED}", "looking:restore", "POST"),
    ("/history", "looking:history", "GET"),
    ("/bisect", "bisecting:bisect", "GET"),
    ("/bisect", "bisecting:judge_next", "POST"),
    ("/pages", "designing.pages:page_tree", "GET"),
    ("/pages", "designing.pages:move_page", "POST"),
    ("/permissions", "permissions.matrix:matrix", "GET"),
    ("/permissions", "permissions.matrix:submit_matrix", "POST"),
    ("/permissions/contact", "permissions.matrix:of_contact", "GET"),
    ("/view", "viewing.window:view", "GET"),
    ("/look", "viewing.window:look", "POST"),
    ("/view/wrong", "viewing.window:wrong_drafts", "GET"),
    ("/people", "people.roster:people", "GET"),
    ("/people/new", "people.adding:somebody", "GET"),
    ("/people/new", "people.adding:submit_somebody", "POST"),
    ("/people/file", "people.batch:file", "GET"),
    ("/people/file", "people.batch:submit_file", "POST"),
    ("/people/duplicates", "people.joining:duplicates", "GET"),
    ("/people/<int:contact>", "people.person:show_person", "GET"),
    ("/people/<int:contact>/merge", "people.joining:join", "GET"),
    ("/people/<int:contact>/merge", "people.joining:submit_join", "POST"),
    ("/people/<int:contact>/erase", "people.erasing:erasing", "GET"),
    ("/people/<int:contact>/erase", "people.erasing:submit_erasing", "POST"),
    ("/people/<int:contact>", "people.deeds:submit_person", "POST"),
    ("/audit", "auditing:audit", "GET"),
    ("/audit/file", "auditing:audit_file", "GET"),
    ("/checkup", "looking_over:checkup", "GET"),
    ("/checkup", "looking_over:submit_checkup", "POST"),
    ("/settings", "settings:site_settings", "GET"),
    ("/exchange", "exchanging:exchange", "GET"),
    ("/exchange", "exchanging:submit_exchange", "POST"),
    ("/exchange/site.zip", "exchanging:download", "GET"),
    ("/exchange/<product>", "converting:submit_export", "POST"),
    ("/exchange/<product>/<errand>", "converting:export_report", "GET"),
    ("/exchange/<product>/<errand>", "converting:submit_export_report", "POST"),
    ("/translations", "translating:translations", "GET"),
    ("/translations", "translating:submit_translations", "POST"),
    ("/translations/<language>.po", "translating:translations_file", "GET"),
    ("/adopt/<key>", "adopting:adopt_tables", "GET"),
    ("/adopt/<key>", "adopting:submit_adopt_tables", "POST"),
    ("/why", "asking:why", "GET"),
    ("/why", "asking:keep_answer", "POST"),
    ("/seen", "asking:keep_seen", "POST"),
    ("/tests", "asking:run_tests", "GET"),
    ("/publish", "releasing:publish", "GET"),
    ("/publish", "releasing:submit_publish", "POST"),
    ("/rollback/<int:release>", "releasing:go_back", "GET"),
    ("/rollback/<int:release>", "releasing:submit_go_back", "POST"),
)
"""Address, view and method of each page; a view's name is that of one page alone."""
OPERATING = (
    ("/sync", "operating.watching:overview", "GET"),
    ("/sync/map/<key>", "operating.watching:one_map", "GET"),
    ("/sync/map/<key>", "operating.steering:steer", "POST"),
    ("/sync/map/<key>/plan", "operating.foreseeing:plan", "GET"),
    ("/sync/map/<key>/rows", "operating.refused:refused_rows", "GET"),
    ("/sync/map/<key>/rows", "operating.refused:submit_refused_rows", "POST"),
    ("/sync/map/<key>/conflicts", "operating.deciding:conflicts", "GET"),
    ("/sync/map/<key>/conflicts", "operating.deciding:decide", "POST"),
    ("/sync/alerts", "operating.alarms:alerts", "GET"),
    ("/sync/alerts", "operating.alarms:submit_alerts", "POST"),
    ("/sync/row", "operating.mending:refused_row", "GET"),
    ("/sync/row", "operating.mending:mend", "POST"),
    ("/webhooks", "operating.telling:told", "GET"),
    ("/webhooks/<int:number>", "operating.telling:told_message", "GET"),
    ("/webhooks/<int:number>", "operating.telling:tell_again", "POST"),
)
"""Watching and mending synchronisation, and what webhooks tell."""

BENEATH = (
    Later("alembic.operations:Operations"),
    Later("alembic.migration:MigrationContext"),
    Later("runtime.studio.failing:failure_page"),
)
"""What views load themselves when they are first used: publishing plans tables, a failure is told in the frame."""


def studio_blueprint() -> Blueprint:
    """Everything below `/studio/`; who may enter is decided by each view, through `open_desk`."""
    blueprint = Blueprint("studio", __name__, url_prefix=ROOT)
    views = []
    for rule, view, method in (*RULES, *OPERATING):
        _, _, name = view.partition(":")
        views.append(Later(f"runtime.studio.{view}"))
        blueprint.add_url_rule(rule, f"{name}_{method.lower()}", views[-1], methods=[method])
    rooms = Rooms((*views, *BENEATH))
    blueprint.after_request(rooms.load_the_others)
    naming, submitting = Later("runtime.studio.making:name"), Later("runtime.studio.making:submit_name")
    for act in ("copy", "rename"):
        blueprint.add_url_rule(f"/{act}/{NAMED}", act, partial(naming, act), methods=["GET"])
        blueprint.add_url_rule(f"/{act}/{NAMED}", f"submit_{act}", partial(submitting, act), methods=["POST"])
    return blueprint
