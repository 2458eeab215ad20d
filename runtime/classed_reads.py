"""Who was given values that need protection, in the audit trail: downloads always, what was read where the site asks for it.

The trail names the attributes and their classes, never the values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from metadata.checks.settings import READ_CLASSES, words_of_list
from runtime.context import RequestContext
from runtime.errors import LookingOnly
from runtime.records.audit import record_act
from runtime.records.classed import GIVEN, Given, classes_among
from runtime.refused import LONGEST_PATH, NOBODY_PER_HOUR

EXPORT, READ = "export", "read"
NOBODY = "nobody"


def begin_reads(context: RequestContext) -> None:
    """From here on what is read and needs protection is remembered, where the site has it noted."""
    wanted = context.site.settings.get(READ_CLASSES, "")
    if wanted:
        GIVEN.set(Given(frozenset(words_of_list(wanted))))


def end_reads() -> None:
    """Remember nothing any more."""
    GIVEN.set(None)


def keep_reads(context: RequestContext, path: str) -> None:
    """Write down what was remembered: a line for each entity and row, once an hour for each person.

    One's own contact is left out, for it is read with every page. What cannot be written does not change the answer.
    """
    given = GIVEN.get()
    if given is None:
        return
    found = {place: classes for place, classes in given.found().items() if _is_told(context, *place)}
    if not found:
        return
    with contextlib.suppress(SQLAlchemyError), context.lease.transaction() as connection:
        for (entity, row), classes in found.items():
            facts = {"path": path[:LONGEST_PATH], **classes}
            record_act(connection, context.principal, READ, entity, row, facts, origin=context.principal.origin)


def keep_export(context: RequestContext, entity: str, paths: Iterable[str], **facts: Any) -> None:
    """Write down that rows of an entity go out as a file, where one of its columns needs protection.

    Raises SQLAlchemyError, so that nothing goes out that is not written down, and LookingOnly for those who look through
    somebody else's eyes: nothing can be written down there.
    """
    classes = classes_among(context.snapshot, entity, paths)
    if not classes:
        return
    if context.principal.read_only:
        raise LookingOnly
    with context.lease.transaction() as connection:
        record_act(connection, context.principal, EXPORT, entity, 0, {**facts, **classes}, origin=context.principal.origin)


def _is_told(context: RequestContext, entity: str, row: int) -> bool:
    """Whether there is a line to be written of this now."""
    principal, throttle = context.principal, context.services.throttle
    if principal.read_only or (entity == "contact" and row and row == principal.contact):
        return False
    if principal.contact is None and not throttle.hourly(READ, f"{principal.site} {NOBODY}", NOBODY_PER_HOUR):
        return False
    who = principal.contact or f"{principal.site} {NOBODY}"
    return throttle.hourly(f"{READ}_row", f"{who} {principal.acting or ''} {entity} {row}", 1)
