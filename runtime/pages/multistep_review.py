"""The last look at a multistep form: every step as text, with the way back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from metadata.model import Step
from runtime.forms.bound import inputs
from runtime.forms.fields import BaseForm, Input
from runtime.pages.form_setting import displayer
from runtime.pages.multistep_entered import Entered
from runtime.pages.multistep_estimate import step_total
from runtime.pages.part import BlockAsk


@dataclass(frozen=True, slots=True)
class ReviewColumn:
    """A heading of a table; numbers stand at the right."""

    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """A step as text: `facts` of a form, or `rows` under `columns` of a table with the `total` of its estimates.

    `url` leads back to it; empty where it may not be opened again.
    """

    name: str
    url: str
    facts: tuple[tuple[str, str | Markup], ...] = ()
    columns: tuple[ReviewColumn, ...] = ()
    rows: tuple[tuple[str | Markup, ...], ...] = ()
    total: str = ""


def review_steps(ask: BlockAsk, entered: Entered, url: Callable[[Step], str]) -> tuple[ReviewStep, ...]:
    """The steps before the review; those that may not be opened again have no address."""
    steps = entered.steps
    locked = max((place for place, step in enumerate(steps) if place and not step.back), default=0)
    return tuple(
        _step(ask, entered, step, url(step) if place >= locked else "")
        for place, step in enumerate(steps)
        if step.type in ("form", "lines")
    )


def _step(ask: BlockAsk, entered: Entered, step: Step, url: str) -> ReviewStep:
    name = entered.name(step)
    if step.type == "form":
        return ReviewStep(name, url, facts=_facts(ask, entered.bound(step)))
    rules = entered.step_form(step).kind.rules.values()
    columns = tuple(ReviewColumn(rule.label, rule.attribute.type.numeric) for rule in rules)
    rows = tuple(tuple(_text(ask, field) for _, field in inputs(line.form)) for line in entered.filled(step))
    return ReviewStep(name, url, columns=columns, rows=rows, total=step_total(entered, step))


def _facts(ask: BlockAsk, bound: BaseForm) -> tuple[tuple[str, str | Markup], ...]:
    return tuple((field.rules.label, _text(ask, field)) for _, field in inputs(bound))


def _text(ask: BlockAsk, field: Input) -> str | Markup:
    if field.process_errors or field.data in (None, "", ()):
        return "–"
    return displayer(ask.context)(field.rules.attribute, field.data, field.named)
