"""The addresses of the door for programs. What is behind it is loaded when a program first calls."""

from __future__ import annotations

from flask import Blueprint

from runtime.loading import Later

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
NAME = "api"
ROOT = "/_api"


def api_blueprint() -> Blueprint:
    """Everything at /_api/."""
    blueprint = Blueprint(NAME, __name__)
    serve = Later("runtime.api.serving:serve")
    blueprint.add_url_rule(ROOT, "root", serve, methods=METHODS)
    blueprint.add_url_rule(f"{ROOT}/", "service", serve, methods=METHODS)
    blueprint.add_url_rule(f"{ROOT}/<path:path>", "resource", serve, methods=METHODS)
    blueprint.register_error_handler(Exception, Later("runtime.api.serving:told"))
    return blueprint
