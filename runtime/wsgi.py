"""The application for a WSGI server: `granian --interface wsgi --factory runtime.wsgi:make_app`."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from runtime.loading import Later, collector_at_rest

if TYPE_CHECKING:
    from flask import Flask

YOUNG = 10_000
"""How many new objects come together before the cyclic collector looks at them: those of several pages, of which next to
nothing is left by then. With Python's 700 it looks several times during each."""

_ready_app = Later("runtime.app:ready_app")


def make_app() -> Flask:
    """The application of the environment's settings. What has been loaded and compiled by now the collector passes over.

    Raises ConfigError, SQLAlchemyError.
    """
    with collector_at_rest():
        app: Flask = _ready_app(os.environ)
        gc.freeze()
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    return app
