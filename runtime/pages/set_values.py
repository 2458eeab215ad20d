"""The values that a declared action writes, as a request understands their words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from metadata.model import SetValue
from runtime.context import RequestContext
from runtime.forms.opening import contact_values
from runtime.forms.words import Words
from runtime.pages.form_setting import people_of
from runtime.pages.speech import formats_of


def meant_values(context: RequestContext, entity: str, values: Iterable[SetValue]) -> dict[str, Any]:
    """The values by attribute key; nothing where a word has no meaning for the person."""
    declared = tuple(values)
    if not declared:
        return {}
    meaning = Words(
        dt.datetime.now(dt.UTC),
        formats_of(context).zone.key,
        people_of(context),
        contact_values(context.reader, context.snapshot, context.principal, [item.value for item in declared]),
    )
    attributes = context.snapshot.entities[entity].attributes
    return {item.attribute: meaning.value(item.value, attributes[item.attribute].model) for item in declared}
