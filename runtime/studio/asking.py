"""Why may somebody, or not: the explainer in the studio, and keeping an answer as a permission test."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, flash, request

from metadata.model import Expectation, PermissionTest
from metadata.model.base import PRIVILEGES
from runtime.access import Principal
from runtime.errors import AccessDenied, BadRequest
from runtime.exposure.expectations import NOBODY, principal_of
from runtime.exposure.explained import Told, tell
from runtime.exposure.flips import Question
from runtime.studio.desk import Desk, open_desk

SECURITY = "security"
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    who: str = ""
    action: str = "read"
    entity: str = ""
    record: str = ""
    attribute: str = ""

    @property
    def question(self) -> Question:
        """The question for the explainer."""
        action: Any = self.action
        return Question(self.entity, action, self.record, self.attribute)


def why() -> Response:
    """The form and, where something is asked, the answer in full."""
    desk = _desk()
    asked = _read(request.args)
    if not asked.who:
        return _page(desk, asked)
    told, refused = _answer(desk, asked)
    return _page(desk, asked, told, refused=refused)


def keep_answer() -> Response:
    """The answer as it is now becomes an expectation of a draft, in the permission test of the person."""
    desk = _desk()
    asked = _read(request.form)
    told, refused = _answer(desk, asked)
    if told is None:
        return _page(desk, asked, refused=refused)
    key = f"{re.sub(r'[^A-Za-z0-9._-]', '.', asked.who)[:100]}-recorded".lstrip("._-")
    site = desk.context.site.key
    found = desk.bench.find("permission_test", key, site)
    test = found.component if found is not None and isinstance(found.component, PermissionTest) else None
    new = Expectation(
        entity=asked.entity,
        record=asked.record,
        action=asked.action,
        attribute=asked.attribute,
        allowed=told.told.allowed,
    )
    kept = test or PermissionTest(key=key, site=site, who=asked.who, expects=())
    others = tuple(one for one in kept.expects if replace(one, allowed=new.allowed) != new)
    desk.prove()
    desk.store.save((replace(kept, expects=(*others, new)),), desk.author, "kept as a permission test")
    desk.note("draft", "permission_test", 0, component=key)
    flash(desk.say("studio.why_kept"), "good")
    return desk.go("edit", "permission_test", key)


def _desk() -> Desk:
    desk = open_desk()
    if SECURITY not in desk.reach.rights:
        raise AccessDenied
    return desk


def _read(given: Any) -> Asked:
    fields = {name: str(given.get(name, "")).strip()[:LONGEST] for name in ("who", "action", "entity", "record", "attribute")}
    if any("\x00" in value for value in fields.values()):
        raise BadRequest
    return Asked(**{**fields, "action": fields["action"] or "read"})


def _answer(desk: Desk, asked: Asked) -> tuple[Told | None, str]:
    """The answer, or what is not there."""
    context, say = desk.context, desk.say
    entity = context.snapshot.entities.get(asked.entity)
    if entity is None or asked.action not in PRIVILEGES:
        return None, say("studio.why_no_entity", name=asked.entity)
    if asked.attribute and asked.attribute not in entity.attributes:
        return None, say("studio.why_no_attribute", name=asked.attribute)
    principal = _principal(desk, asked.who)
    if principal is None:
        return None, say("studio.why_no_person", name=asked.who)
    told = tell(context.connection, context.snapshot, principal, asked.question)
    return (told, "") if told.told.found else (None, say("studio.why_no_record", name=asked.record))


def _principal(desk: Desk, who: str) -> Principal | None:
    context = desk.context
    return principal_of(context.connection, context.snapshot, context.site, who)


def _page(desk: Desk, asked: Asked, told: Told | None = None, *, refused: str = "") -> Response:
    entities = sorted(desk.context.snapshot.entities)
    return desk.page(
        "why.html",
        title=desk.say("studio.why_title"),
        status=422 if refused else 200,
        asked=asked,
        told=told,
        refused=refused,
        privileges=PRIVILEGES,
        entities=entities,
        nobody=NOBODY,
    )
