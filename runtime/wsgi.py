"""The application for a WSGI server: `granian --interface wsgi --factory runtime.wsgi:make_app`."""

from __future__ import annotations

import os

from flask import Flask

from runtime.app import create_app
from runtime.config import Config
from runtime.errors import NothingPublished
from runtime.services import services_of


def make_app() -> Flask:
    """The application of the environment's settings, with the snapshot ready where something has been published.

    Raises ConfigError, SQLAlchemyError.
    """
    app = create_app(Config.from_environment(os.environ))
    try:
        services_of(app).snapshots.current()
    except NothingPublished:
        app.logger.warning("nothing has been published yet")
    return app
