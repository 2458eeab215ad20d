"""In which words and formats a request is answered."""

from __future__ import annotations

from runtime.context import RequestContext
from runtime.render import Formats, Texts, formats_for, texts


def text_of(context: RequestContext) -> Texts:
    """The engine's texts in the language of the request, as the site says them."""
    return texts(context.snapshot, context.site, context.language)


def formats_of(context: RequestContext) -> Formats:
    """The formats of the request's language and the person's time zone."""
    zone = context.principal.time_zone or context.site.model.time_zone
    return formats_for(context.language, zone, context.site.model.currency)
