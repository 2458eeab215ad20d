"""Forms of the pottery with rules: what a potter is asked for depends on the kiln, the heat and what is insured."""

import dataclasses
from typing import Any

from metadata.model import Component, Form, FormDefault, FormField, FormRule, Section, Tab
from metadata.store import MetadataStore
from support.pottery import STEPS, Pottery, form, text

FIELDS = (
    FormField(attribute="title"),
    FormField(attribute="kiln", view="kilns"),
    FormField(attribute="peak"),
    FormField(attribute="atmosphere", style="radios"),
    FormField(attribute="weight"),
    FormField(attribute="wanted", prepopulate="@today+7d"),
    FormField(attribute="note"),
    FormField(attribute="insured"),
    FormField(attribute="risk"),
)
OWNER = (
    FormField(attribute="potter", hidden=True, set_on_save="@contact"),
    FormField(attribute="studio", hidden=True, set_on_save="@contact.account"),
)
RULES = (
    FormRule(when="insured", show=("risk",), require=("risk",)),
    FormRule(when="peak > 1200 or kiln.rate >= 200", show=("note",), require=("weight",)),
    FormRule(when="kiln.name = 'Little Bert'", default=(FormDefault(attribute="peak", value="600 + 50"),)),
    FormRule(
        when="risk = 'glass' and peak > 1000", refuse=text({"en": "Glass melts there", "sv": "Glas smälter då"}), at="risk"
    ),
    FormRule(when="weight > 100 and wanted = @today", refuse=text({"en": "Not so heavy today", "sv": "Inte så tungt i dag"})),
    FormRule(when="atmosphere = 'reduction'", lock=("wanted",)),
)


def ruled(key: str, rules: tuple[FormRule, ...] = RULES, **more: Any) -> Form:
    """A form of firings with these rules."""
    return Form(key=key, entity="firing", tabs=(Tab(sections=(Section(fields=(*FIELDS, *OWNER)),)),), rules=rules, **more)


def pieces(*rules: FormRule) -> Form:
    """The form of one piece of a firing, with these rules."""
    fields = ("title", "glaze", "coats")
    return form("piece", "piece", *(FormField(attribute=key) for key in fields), rules=rules)


def publish(pottery: Pottery, *changed: Component) -> None:
    """Publish what changed."""
    MetadataStore(pottery.engine).publish("tester", components=changed)


def in_steps() -> tuple[Component, ...]:
    """The multistep form with the ruled form as its first step, rules on the second over what the first gave, and on rows."""
    danger = dataclasses.replace(
        form("danger", "firing", FormField(attribute="risk"), FormField(attribute="weight")),
        rules=(FormRule(when="kiln.name = 'Big Bertha'", require=("risk",)),),
    )
    lines = pieces(
        FormRule(when="glaze.price > 10", require=("title",)),
        FormRule(when="coats > 5 and title = 'cup'", refuse=text("Too thick")),
    )
    return STEPS, ruled("basics", RULES[1:4]), danger, lines
