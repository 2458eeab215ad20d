"""What the application is put together from; made once per process, shared by all requests."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import Flask
from sqlalchemy import Engine

from runtime.captcha.ports import Make
from runtime.config import Config
from runtime.context import RequestContext
from runtime.files.taking import Cellar
from runtime.forms.ports import NoSubmission, Submission
from runtime.hooks import Hooks
from runtime.identity.passwords import Passwords
from runtime.identity.remembered import ArrivalMemory
from runtime.identity.throttle import Throttle
from runtime.lease import Doors
from runtime.mail import Mailer
from runtime.pages.freshness import FreshnessPort, unknown
from runtime.records.audit import AUDITED
from runtime.records.hooks import Listeners
from runtime.render.renderer import Renderer
from runtime.snapshots import SnapshotHolder
from runtime.studio.bench import Workshop
from runtime.studio.designing.memory import OutsideMemory
from runtime.studio.viewing.drafts import Drafts
from runtime.studio.viewing.notebook import Notebook

if TYPE_CHECKING:
    from runtime.metrics.counted import RequestNumbers


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one application. `aside` runs what must not be waited for, such as sending mail;
    `captchas` are providers of one's own, by the name in the site setting; `numbers` counts requests where somebody may read
    that."""

    config: Config
    engine: Engine
    doors: Doors
    snapshots: SnapshotHolder
    renderer: Renderer[RequestContext]
    passwords: Passwords
    throttle: Throttle
    mailer: Mailer
    aside: Executor
    files: Cellar
    workshop: Workshop
    hooks: Hooks = field(default_factory=Hooks)
    freshness: FreshnessPort = unknown
    submission: Submission = field(default_factory=NoSubmission)
    listeners: Listeners = AUDITED
    arrivals: ArrivalMemory = field(default_factory=ArrivalMemory)
    captchas: Mapping[str, Make] = field(default_factory=dict)
    drafts: Drafts = field(default_factory=Drafts)
    notebook: Notebook = field(default_factory=Notebook)
    outside: OutsideMemory = field(default_factory=OutsideMemory)
    numbers: RequestNumbers | None = None


EXTENSION = "foyer"


def services_of(app: Flask) -> Services:
    """The parts of an application that `create_app` made; takes `flask.current_app` as well."""
    return cast(Services, app.extensions[EXTENSION])
