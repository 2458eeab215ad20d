"""The addresses of the feeds of lists. What answers is loaded when a program first asks."""

from __future__ import annotations

from flask import Blueprint

from runtime.loading import Later

FEED = "/_feed"


def feed_blueprint() -> Blueprint:
    """The addresses `/_feed/<list>` and `/_feed/<list>/$metadata`."""
    blueprint = Blueprint("feed", __name__)
    blueprint.add_url_rule(f"{FEED}/<key>", "rows", Later("runtime.pages.feed:rows"))
    blueprint.add_url_rule(f"{FEED}/<key>/$metadata", "describe", Later("runtime.pages.feed:describe"))
    return blueprint
