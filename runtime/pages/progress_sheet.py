"""The progress line of a detail page made ready: drawn once for each way in which a record can stand in its states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from metadata.model import Progress
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.pages.content import words_of
from runtime.pages.drawing import Drawing, template_of
from runtime.pages.progress import ProgressLine, Stage, StepState, progress_line
from runtime.pages.speech import formats_of
from runtime.records.details import Record
from runtime.render import Formats
from runtime.render.stencils import Get, Stencils

TEMPLATE = "blocks/progress.html"


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as the theme's template shows it."""

    label: str
    state: StepState
    when: Any
    partly: bool


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The line as the theme's template shows it. `key` tells blocks of a page apart."""

    key: str
    steps: tuple[StepView, ...]
    stopped: str


@dataclass(frozen=True, slots=True, eq=False)
class ProgressSheet:
    """The line of one form, ready for records. `say` writes the value of a date's path, as HTML."""

    key: str
    progress: Progress
    stages: Mapping[str, Stage]
    formats: Formats
    say: Callable[[str, Any], str]
    template: Template
    stencils: Stencils = field(default_factory=Stencils)

    def show(self, record: Record) -> str:
        """The line of a record, as HTML."""
        today = dt.datetime.now(self.formats.zone).date()
        line = progress_line(self.progress, self.stages, record.values, self.say, today)
        shape = (line.stopped, *((step.label, step.state, step.partly) for step in line.steps))
        dates: dict[Hashable, str] = {place: Markup(step.when) for place, step in enumerate(line.steps)}  # noqa: S704 - formats write HTML
        return self.stencils.html(shape, Drawing(self.template, dates, lambda get: {"view": _view(self.key, line, get)}))


def progress_sheet(context: RequestContext, entity: str, progress: Progress, key: str) -> ProgressSheet:
    """The line of a form of an entity."""
    snapshot, formats = context.snapshot, formats_of(context)
    attribute = snapshot.resolve(entity, progress.attribute)[-1]
    options = snapshot.choices[attribute.model.choice].options
    dates = {path: formats.html(snapshot.resolve(entity, path)[-1], snapshot) for _, path in progress.dates}
    return ProgressSheet(
        key,
        progress,
        {
            option.value: Stage(words_of(context, option.label) or in_words(option.value), option.mark == "part")
            for option in options
        },
        formats,
        lambda path, value: dates[path](value),
        template_of(context, TEMPLATE),
    )


def _view(key: str, line: ProgressLine, get: Get) -> ProgressView:
    steps = (StepView(step.label, step.state, get(place), step.partly) for place, step in enumerate(line.steps))
    return ProgressView(key, tuple(steps), line.stopped)
