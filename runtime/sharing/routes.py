"""The addresses of links. Few visitors need them: the module of their pages is loaded when one is first opened."""

from __future__ import annotations

from flask import Blueprint

from runtime.loading import Later


def sharing_blueprint() -> Blueprint:
    """The addresses `/shares`, of one's own links, and `/share`, of those that are opened."""
    blueprint = Blueprint("sharing", __name__)
    for rule, view, method in (
        ("/shares", "show_own", "GET"),
        ("/shares", "end_own", "POST"),
        ("/shares/new", "ask_new", "GET"),
        ("/shares/new", "make_new", "POST"),
        ("/share", "arrive", "GET"),
        ("/share", "open_link", "POST"),
        ("/share/<int:number>", "show_link", "GET"),
        ("/share/<int:number>", "change", "POST"),
        ("/share/<int:number>/narrow", "ask_narrower", "GET"),
        ("/share/<int:number>/narrow", "make_narrower", "POST"),
    ):
        blueprint.add_url_rule(rule, view, Later(f"runtime.sharing.views:{view}"), methods=[method])
    return blueprint
