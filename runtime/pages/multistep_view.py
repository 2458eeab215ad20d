"""How a step of a multistep form is shown: the way through, the form, the table of rows, the review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from markupsafe import Markup

from metadata.model import Step
from runtime.captcha.asking import ID, CaptchaView
from runtime.forms.bound import inputs
from runtime.forms.drafts import STRANGER_DAYS
from runtime.forms.faults import Fault
from runtime.forms.fields import Input
from runtime.forms.layout import ErrorLink, FieldView, FormView, Showing, form_view, input_view
from runtime.forms.lines import Line
from runtime.forms.rule_data import rule_data
from runtime.forms.steps import step_before
from runtime.forms.totals import total
from runtime.pages.content import words_of
from runtime.pages.form_setting import say_of, showing, shown_values
from runtime.pages.form_view import DRAFT
from runtime.pages.multistep_entered import NEW_LINE, Entered
from runtime.pages.multistep_estimate import amount_text, line_amount
from runtime.pages.multistep_review import ReviewStep, review_steps
from runtime.pages.multistep_strangers import asking_at, sends
from runtime.pages.over_sign_in import CONTINUE
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.speech import formats_of

STEP = "multistep/step.html"
STEP_FIELD = "_step"


@dataclass(frozen=True, slots=True)
class StepLink:
    """A step on the way. `state` is done, current or next; only a step that may be opened has an address."""

    number: int
    name: str
    state: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LineView:
    """A row of inputs. `place` is its number as people count; `amount` its estimate; `said` is wrong with it as a whole."""

    number: str
    place: int
    fields: tuple[FieldView, ...]
    amount: str = ""
    said: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something in it needs a change."""
        return bool(self.said) or any(field.errors for field in self.fields)


@dataclass(frozen=True, slots=True)
class LinesView:
    """The table of rows. `blank` is a row for scripts to copy, `rules` are those of each row, as JSON; `total` the sum of the
    `known` estimates."""

    rows: tuple[LineView, ...]
    blank: LineView
    estimated: bool
    total: str = ""
    known: int = 0
    most: int = 0
    rules: str = ""


@dataclass(frozen=True, slots=True)
class StepPart:
    """A step with its surroundings; one of `form`, `lines` and `review` is there."""

    id: str
    url: str
    block: int
    style: str
    steps: tuple[StepLink, ...]
    number: int
    name: str
    hidden: tuple[tuple[str, str], ...]
    submit: str
    errors: tuple[tuple[str, str], ...] = ()
    last: bool = False
    back: str = ""
    restart: str = ""
    form: FormView | None = None
    lines: LinesView | None = None
    review: tuple[ReviewStep, ...] = ()
    keep_days: int = 0
    stranger: bool = False
    captcha: CaptchaView | None = None
    zone: str = "UTC"

    @property
    def keeping(self) -> bool:
        """Whether what is typed is kept meanwhile: of people who are signed in, whose session may end before they go on."""
        return not self.stranger and (self.form is not None or self.lines is not None)

    @property
    def uploads(self) -> bool:
        """Whether it asks for a file."""
        in_rows = self.lines is not None and any(field.control == "file" for field in self.lines.blank.fields)
        return in_rows or (self.form is not None and self.form.uploads)


def step_url(ask: BlockAsk, key: str) -> str:
    """The address of a step."""
    return ask.query.link(step=key, restart=None, **{CONTINUE: None})


def step_part(
    ask: BlockAsk,
    entered: Entered,
    step: Step,
    *,
    faults: tuple[Fault, ...] = (),
    checked: bool = False,
    status: int = 200,
    captcha: CaptchaView | None = None,
) -> Part:
    """The block at a step; `checked` shows what is wrong with it, `captcha` one that was not passed."""
    context, say = ask.context, say_of(ask.context)
    steps = entered.steps
    before = step_before(steps, step)
    body = _Body(ask, entered, step, checked)
    captcha = captcha or _challenge(entered, step)
    errors = (*(ErrorLink(fault.sentence(say)) for fault in faults), *body.errors)
    if captcha is not None and captcha.error:
        errors = (*errors, ErrorLink(captcha.error, ID))
    last = sends(entered, step)
    submit = say("action.next") if not last else words_of(context, entered.multi.submit_label) or say("action.submit")
    part = StepPart(
        id=f"steps-{ask.index}",
        url=ask.query.link(step=None, restart=None),
        block=ask.index,
        style=entered.multi.progress,
        steps=_links(ask, entered, steps, step),
        number=steps.index(step) + 1,
        name=entered.name(step),
        hidden=((DRAFT, entered.draft.id), (STEP_FIELD, step.key)),
        submit=submit,
        errors=tuple((error.target, error.text) for error in errors),
        last=last,
        back=entered.name(before) if before else "",
        restart=ask.query.link(step=None, restart="1"),
        form=body.form,
        lines=body.lines,
        review=review_steps(ask, entered, lambda other: step_url(ask, other.key)) if step.type == "review" else (),
        keep_days=entered.multi.keep_days if context.signed_in else min(entered.multi.keep_days, STRANGER_DAYS),
        stranger=not context.signed_in,
        captcha=captcha,
        zone=formats_of(context).zone.key,
    )
    headers = captcha.headers if captcha is not None else ()
    return Part(STEP, part, _head(ask, entered), status=status, failed=bool(errors), headers=headers)


def _challenge(entered: Entered, step: Step) -> CaptchaView | None:
    asking = asking_at(entered, step)
    return asking.challenge() if asking is not None else None


def _head(ask: BlockAsk, entered: Entered) -> Head:
    if not entered.draft.step:
        return Head()
    time = formats_of(ask.context).moment(entered.draft.changed_at)
    return Head(facts=(say_of(ask.context)("step.kept_since", time=Markup(time)),))  # noqa: S704 - formats write HTML


def _links(ask: BlockAsk, entered: Entered, steps: tuple[Step, ...], current: Step) -> tuple[StepLink, ...]:
    at = steps.index(current)
    locked = max((place for place, step in enumerate(steps[: at + 1]) if place and not step.back), default=0)
    links = []
    for place, step in enumerate(steps):
        state = "done" if place < at else "current" if place == at else "next"
        url = step_url(ask, step.key) if locked <= place < at else ""
        links.append(StepLink(place + 1, entered.name(step), state, url))
    return tuple(links)


class _Body:
    """The inside of a step and its faults."""

    def __init__(self, ask: BlockAsk, entered: Entered, step: Step, checked: bool) -> None:
        self._ask, self._entered, self._step, self._checked = ask, entered, step, checked
        self.form: FormView | None = None
        self.lines: LinesView | None = None
        self.errors: tuple[ErrorLink, ...] = ()
        if step.type == "form":
            self._show_form()
        elif step.type == "lines":
            self._show_lines()

    def _show_form(self) -> None:
        form = self._entered.step_form(self._step)
        bound = self._entered.bound(self._step)
        if not self._checked:
            for _, field in inputs(bound):
                field.errors = ()
            bound.form_errors = []
        context = self._ask.context
        shown, labels = shown_values(context, form.form, {**form.opening, **self._entered.values(self._step)})
        self.form = form_view(context.snapshot, form.wanted, bound, showing(context, form.form, shown, labels))
        self.errors = self.form.errors

    def _show_lines(self) -> None:
        entered, step, context = self._entered, self._step, self._ask.context
        form = entered.step_form(step)
        view = showing(context, form.form, {}, {})
        lines = entered.lines(step)
        amounts = [line_amount(entered, step, line) for line in lines]
        rows = tuple(
            self._line(line, place, view, amount) for place, (line, amount) in enumerate(zip(lines, amounts, strict=True), 1)
        )
        sum_, known = total(amounts)
        blank = entered.blank_line(step)
        fields = tuple(_cell(field, view) for _, field in inputs(blank))
        self.lines = LinesView(
            rows=rows,
            blank=LineView(NEW_LINE, len(rows) + 1, fields),
            estimated=bool(step.total),
            total=amount_text(entered, step, sum_) if step.total else "",
            known=known,
            most=step.max_lines,
            rules=rule_data(context.snapshot, form.form, blank),
        )
        self.errors = tuple(self._links(rows)) if self._checked else ()

    def _line(self, line: Line, place: int, view: Showing, amount: Decimal | None) -> LineView:
        if not self._checked:
            for _, field in inputs(line.form):
                field.errors = ()
            line.form.form_errors = []
        fields = tuple(_cell(field, view) for _, field in inputs(line.form))
        said = tuple(fault.sentence(view.say) for fault in line.form.form_errors)
        return LineView(str(line.number), place, fields, amount_text(self._entered, self._step, amount), said)

    def _links(self, rows: tuple[LineView, ...]) -> Iterator[ErrorLink]:
        say = say_of(self._ask.context)
        for row in rows:
            for text in row.said:
                yield ErrorLink(say("step.line_error", number=row.place, text=text))
            for field in row.fields:
                for text in field.errors:
                    yield ErrorLink(say("step.line_error", number=row.place, text=field.named(text)), field.id)


def _cell(field: Input, view: Showing) -> FieldView:
    """An input in a row, where there is no place for a hint."""
    return replace(input_view(field, view), hint="")
