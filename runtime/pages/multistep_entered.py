"""What has been entered in a multistep form, step by step, read with the forms of the present release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from werkzeug.datastructures import MultiDict

from metadata.expressions.evaluate import Value
from metadata.model import Form, MultistepForm, Step
from metadata.snapshot import Relationship
from metadata.text import in_words
from runtime.context import RequestContext
from runtime.forms.bound import all_values, attribute_of, bind, posted_values, retyped
from runtime.forms.builder import FormAsk, form_class
from runtime.forms.conduct import Setting, rule_plan, settle
from runtime.forms.drafts import Draft
from runtime.forms.fields import BaseForm, Person
from runtime.forms.lines import ROWS, Line, bind_lines, numbers, prefix, with_row
from runtime.forms.opening import contact_values, fixed_values, kept_values, opening_values
from runtime.forms.parse import Manner
from runtime.forms.steps import holds, steps_for
from runtime.forms.tiers import Tiers
from runtime.forms.words import Words, WordsRow
from runtime.pages.content import words_of
from runtime.pages.form_setting import form_ask, manner_of, people_of, person_of, words_of_request
from runtime.pages.speech import formats_of
from runtime.records.entered import EnteredRow
from runtime.records.reach import Reach

QUERY = "@query"
NEW_LINE = "__n__"
"""Where a script puts the number of a row that it adds."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class StepForm:
    """The form of a step for this person: its class, what it is opened with, what its words mean."""

    form: Form
    wanted: FormAsk
    kind: type[BaseForm]
    words: Words
    opening: Mapping[str, Any]


class Entered:
    """A draft as forms. Everything is worked out once per request and step."""

    def __init__(self, context: RequestContext, multi: MultistepForm, draft: Draft, before: Entered | None = None) -> None:
        self.context = context
        self.multi = multi
        self.draft = draft
        self.person: Person = before.person if before else person_of(context)
        self.reach: Reach = before.reach if before else Reach(lambda: context.connection, context.snapshot, context.principal)
        self.tiers: Tiers = before.tiers if before else Tiers(lambda: context.connection, context.snapshot, context.principal)
        self._known: dict[tuple[str, str], Any] = {}

    def with_posted(self, step: Step, posted: MultiDict[str, str], manner: Manner | None = None) -> Entered:
        """The same with what was typed in a step, in the manner of this request unless another one is given."""
        manner = manner or self.person.manner
        typed = {"language": manner.language, "zone": manner.zone, "posted": posted.to_dict(flat=False)}
        return self.of(self.draft.with_step(step.key, typed))

    def at(self, step: Step) -> Entered:
        """The same with the person at a step."""
        return self.of(replace(self.draft, step=step.key))

    def of(self, draft: Draft) -> Entered:
        """Another draft in the same request; rows that were looked up are not looked up again."""
        return Entered(self.context, self.multi, draft, self)

    def step_form(self, step: Step) -> StepForm:
        """The form of a step."""
        return self._once("form", step, lambda: self._step_form(step))

    def name(self, step: Step) -> str:
        """What people call a step: its label, that of the form it asks, else its key in words."""
        form = self.context.snapshot.forms.get(step.form) if step.type == "form" else None
        return words_of(self.context, step.label) or (words_of(self.context, form.label) if form else "") or in_words(step.key)

    def relationship(self, step: Step) -> Relationship:
        """The relationship of a step of lines."""
        return self.context.snapshot.entities[self.multi.entity].relationships[step.relationship]

    def total_currency(self, step: Step) -> str:
        """The currency that a step declares for its estimate; empty for none, and where the person's contact holds none."""
        return self._once("currency", step, lambda: self._total_currency(step.total_currency))

    def posted(self, step: Step) -> MultiDict[str, str] | None:
        """What was typed in a step as this page's language has it; None where the step was not sent yet."""
        return self._once("posted", step, lambda: self._posted(step))

    def own(self, step: Step, posted: MultiDict[str, str]) -> MultiDict[str, str]:
        """The part of a request that belongs to a step. Raises TooManyLines."""
        rules = self.step_form(step).kind.rules
        if step.type == "lines":
            starts = tuple(prefix(number) for number in numbers(posted, step.max_lines))
            names = {name for name in posted if name.startswith(starts) and attribute_of(name).split("-", 2)[2] in rules}
        else:
            names = {name for name in posted if attribute_of(name) in rules}
        return MultiDict((name, value) for name, value in posted.items(multi=True) if name in names)

    def bound(self, step: Step) -> BaseForm:
        """The form of a step with what was typed and its faults, or as it is opened."""
        return self._once("bound", step, lambda: self._bound(step))

    def lines(self, step: Step) -> tuple[Line, ...]:
        """The rows of a step with their faults; a step that was not sent yet is opened with blank ones."""
        return self._once("lines", step, lambda: self._lines(step))

    def filled(self, step: Step) -> tuple[Line, ...]:
        """The rows in which something was typed."""
        return tuple(line for line in self.lines(step) if not line.blank)

    def complete(self, step: Step) -> bool:
        """Whether a step was sent and is free of faults. A review never is, so that it stays the last."""
        if step.type == "review" or self.posted(step) is None:
            return False
        if step.type == "lines":
            filled = self.filled(step)
            return len(filled) >= step.min_lines and not any(line.form.errors for line in filled)
        return not self.bound(step).errors

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that there are for what has been entered."""
        return tuple(step for step in self._way if step.type != "redirect")

    @property
    def leads_to(self) -> Step | None:
        """The redirect at which the way ends for what has been entered."""
        return next((step for step in self._way if step.type == "redirect"), None)

    @property
    def _way(self) -> tuple[Step, ...]:
        row = self.row

        def goes_on(step: Step) -> bool:
            if step.when:
                return row.holds(step.when)
            return step.condition is None or holds(step.condition, lambda path: row.reach.value(row.entity, row.values, path))

        return steps_for(self.multi, goes_on)

    @property
    def row(self) -> EnteredRow:
        """What has been entered, as a row that expressions are about."""
        values: dict[str, Any] = {}
        lines: dict[str, list[Mapping[str, Any]]] = {}
        for step in self.multi.steps:
            if step.type == "form":
                values.update(self.values(step))
            elif step.type == "lines" and self.posted(step) is not None:
                found = lines.setdefault(step.relationship, [])
                found += [self.line_values(step, line) for line in self.filled(step)]
        return EnteredRow(self.context.snapshot, self.reach, self.multi.entity, values, self._word, lines)

    def _word(self, path: str) -> Value:
        context = self.context
        contact = contact_values(context.reader, context.snapshot, context.principal, (path,))
        words = Words(dt.datetime.now(dt.UTC), formats_of(context).zone.key, people_of(context), contact)
        return WordsRow(context.snapshot, words).value(path)

    def values(self, step: Step) -> dict[str, Any]:
        """What a form step gives: what was typed, and what its fields that are not asked for were prepopulated with."""
        form = self.step_form(step)
        typed = all_values(self.bound(step)) if self.posted(step) is not None else {}
        return {**fixed_values(self.context.snapshot, form.form, form.words), **typed}

    def line_values(self, step: Step, line: Line) -> dict[str, Any]:
        """What a row gives."""
        form = self.step_form(step)
        return {**fixed_values(self.context.snapshot, form.form, form.words), **posted_values(line.form)}

    def _once(self, what: str, step: Step, make: Callable[[], Made]) -> Made:
        key = (what, step.key)
        if key not in self._known:
            self._known[key] = make()
        return cast(Made, self._known[key])

    def _total_currency(self, declared: str) -> str:
        if not declared.startswith("@contact."):
            return declared
        context = self.context
        own = contact_values(context.reader, context.snapshot, context.principal, (declared,))
        return str(own.get(declared.removeprefix("@contact.")) or "")

    def _step_form(self, step: Step) -> StepForm:
        form = self.context.snapshot.forms[step.form]
        without = frozenset({self.relationship(step).attribute} if step.type == "lines" else ())
        wanted = form_ask(self.context, form, "insert", without=without)
        words = words_of_request(self.context, form, self.draft.data.get(QUERY, {}))
        opening = opening_values(self.context.snapshot, form, words)
        return StepForm(form, wanted, form_class(self.context.snapshot, wanted), words, opening)

    def _posted(self, step: Step) -> MultiDict[str, str] | None:
        stored = self.draft.data.get(step.key)
        if stored is None:
            return None
        posted = MultiDict((name, value) for name, values in stored["posted"].items() for value in values)
        manner = Manner(stored["language"], stored["zone"])
        return posted if manner.language == self.person.manner.language else self._translated(step, posted, manner)

    def _translated(self, step: Step, posted: MultiDict[str, str], manner: Manner) -> MultiDict[str, str]:
        form = self.step_form(step)
        typist = replace(self.person, manner=manner)
        if step.type != "lines":
            return retyped(bind(form.kind, typist, posted=posted), posted, manner_of(self.context))
        for line in bind_lines(form.kind, typist, posted, step.max_lines, form.opening):
            posted = retyped(line.form, posted, manner_of(self.context))
        return posted

    def _bound(self, step: Step) -> BaseForm:
        form = self.step_form(step)
        posted = self.posted(step)
        if posted is None:
            return self._settled(step, bind(form.kind, self.person, values=form.opening), self._before(step))
        bound = self._settled(step, bind(form.kind, self.person, posted=posted), self._before(step))
        bound.validate()
        return bound

    def _lines(self, step: Step) -> tuple[Line, ...]:
        form = self.step_form(step)
        posted = self.posted(step)
        if posted is None or not any(name.startswith(ROWS) for name in posted):
            posted = MultiDict()
            for _ in range(max(1, step.min_lines)):
                posted = with_row(form.kind, posted, form.opening, self.person)
        lines = bind_lines(form.kind, self.person, posted, step.max_lines, form.opening)
        for line in lines:
            self._settled(step, line.form, {})
            if not line.blank:
                line.form.validate()
        return lines

    def _before(self, step: Step) -> dict[str, Any]:
        """What the form steps before one give."""
        earlier = self.multi.steps[: self.multi.steps.index(step)]
        return {key: value for other in earlier if other.type == "form" for key, value in self.values(other).items()}

    def _settled(self, step: Step, bound: BaseForm, values: Mapping[str, Any]) -> BaseForm:
        """A form of the step with its rules applied, over what is known of its record besides."""
        form = self.step_form(step)
        plan = rule_plan(self.context.snapshot, form.form)
        if not plan:
            return bound
        known = {**values, **fixed_values(self.context.snapshot, form.form, form.words)}
        row = EnteredRow(self.context.snapshot, self.reach, form.form.entity, known, self._word)
        return settle(bound, plan, Setting(row, kept_values(self.context.snapshot, form.form, form.words), new=True))

    def blank_line(self, step: Step) -> BaseForm:
        """One more row as it is opened, for a script to copy."""
        form = self.step_form(step)
        return self._settled(step, bind(form.kind, self.person, values=form.opening, prefix=f"{ROWS}-{NEW_LINE}-"), {})
