"""The application for a WSGI server: `granian --interface wsgi --factory runtime.wsgi:make_app`."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from runtime.loading import Later, collector_at_rest

if TYPE_CHECKING:
    from flask import Flask

_ready_app = Later("runtime.app:ready_app")


def make_app() -> Flask:
    """The application of the environment's settings. What has been loaded and compiled by now the collector passes over.

    Raises ConfigError, SQLAlchemyError.
    """
    with collector_at_rest():
        app: Flask = _ready_app(os.environ)
        gc.freeze()
    return app
