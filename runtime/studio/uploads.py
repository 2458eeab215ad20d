"""Files that are chosen in an editor: kept at once, and named in the draft by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from flask import flash, request

from metadata.files.contents import content_names
from metadata.model import LARGEST_CONTENT, Content
from runtime.files.names import clean_name
from runtime.files.sizes import size_said
from runtime.files.spool import Spool
from runtime.pages.speech import formats_of
from runtime.studio.desk import Desk

CHOSEN = "chosen."


def with_uploads(desk: Desk, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with the contents that were sent along. One that is too large is told, and the old one stays."""
    changed = dict(data)
    for name in content_names(kind):
        file = request.files.get(f"{CHOSEN}{name}")
        if file is None or not file.filename:
            continue
        spool = cast(Spool, file.stream)
        if spool.too_large or spool.size > LARGEST_CONTENT:
            most = said(desk, min(spool.most, LARGEST_CONTENT))
            flash(desk.say("studio.content_too_large", name=clean_name(file.filename), most=most), "bad")
            continue
        content = Content(sha256=spool.sha256, size=spool.size)
        desk.prove()
        desk.context.services.workshop.store.keep((content,), {content.sha256: partial(_rewound, spool)})
        changed[name] = {"sha256": content.sha256, "size": content.size}
    return changed


def said(desk: Desk, size: int) -> str:
    """A size in the language of the person."""
    return size_said(size, str(formats_of(desk.context).locale))


def _rewound(spool: Spool) -> BinaryIO:
    spool.seek(0)
    return cast(BinaryIO, spool)
