"""Why may somebody, or not: the explainer in the studio; keeping an answer as a permission test, and running those."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, make_response, redirect, request

from metadata.errors import MetadataError
from metadata.model import Expectation, PermissionTest
from metadata.model.base import PRIVILEGES
from metadata.schema.faults import did_you_mean
from runtime.access import Principal
from runtime.errors import AccessDenied, BadRequest
from runtime.exposure.expectations import NOBODY, SOMEBODY, outcomes, principal_acting
from runtime.exposure.explained import Told, tell
from runtime.exposure.flips import Question
from runtime.languages import prefixed_tags, split_language
from runtime.records.memberships import has_further_accounts
from runtime.records.people import load_person
from runtime.records.reasons import explain
from runtime.sitemap import find_page
from runtime.studio.desk import Desk, open_desk
from runtime.studio.viewing.eyes import drafted
from runtime.studio.viewing.guise import Guise, split_guise

SECURITY = "security"
LONGEST = 200
LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed."""

    who: str = ""
    roles: tuple[str, ...] = ()
    action: str = "read"
    entity: str = ""
    record: str = ""
    attribute: str = ""
    account: str = ""

    @property
    def named(self) -> str:
        """The person in words: who, for which account, with which roles."""
        return " ".join((self.who, *((f"({self.account})",) if self.account else ()), *self.roles))

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
    key = _keep(desk, asked, allowed=told.told.allowed)
    flash(desk.say("studio.why_kept"), "good")
    return desk.go("edit", "permission_test", key)


def keep_seen() -> Response:
    """Whether the person through whose eyes the site is seen reads the record of the page that is seen: kept with one click."""
    desk = _desk()
    if not desk.reach.views_as:
        raise AccessDenied
    seen = split_guise(request.form.get("at", "")[:LONGEST_ADDRESS])
    if seen is None or "\x00" in seen[1]:
        raise BadRequest
    guise, path = seen
    found = _seen(desk, guise, path)
    if isinstance(found, str):
        flash(found, "warn")
    else:
        asked, allowed = found
        _keep(desk, asked, allowed=allowed)
        flash(
            desk.say(
                "studio.seen_kept" if allowed else "studio.unseen_kept",
                who=asked.named,
                record=asked.record,
            ),
            "good",
        )
    query = urlencode({"path": path, "state": guise.state})
    return make_response(redirect(f"{desk.url('view')}?{query}", 303))


def run_tests() -> Response:
    """What the permission tests expect, asked of what would be released and of the rows that are there."""
    desk = _desk()
    context = desk.context
    try:
        snapshot = drafted(context).snapshot
    except MetadataError:
        snapshot = context.snapshot
    site = snapshot.sites.get(context.site.key, context.site)
    with desk.store.engine.connect() as connection:
        found = tuple(outcomes(connection, snapshot, site))
    state = {name: sum(one.state == name for one in found) for name in ("failed", "skipped", "passed")}
    tests = {key: tuple(one for one in found if one.test.key == key) for key in dict.fromkeys(one.test.key for one in found)}
    ordered = sorted(tests.items(), key=lambda item: all(one.state != "failed" for one in item[1]))
    labels = {key: desk.label(desk.item("permission_test", key)) for key in tests}
    return desk.page("tests.html", title=desk.say("studio.tests_title"), tests=ordered, state=state, labels=labels)


def _keep(desk: Desk, asked: Asked, *, allowed: bool) -> str:
    """An answer becomes an expectation of a draft, in the permission test of the person; the key of that."""
    kept = _recorded(desk, asked)
    action: Any = asked.action
    new = Expectation(entity=asked.entity, record=asked.record, action=action, attribute=asked.attribute, allowed=allowed)
    others = tuple(one for one in kept.expects if replace(one, allowed=new.allowed) != new)
    desk.prove()
    desk.store.save((replace(kept, expects=(*others, new)),), desk.author, "kept as a permission test")
    desk.note("draft", "permission_test", 0, component=kept.key)
    return kept.key


def _recorded(desk: Desk, asked: Asked) -> PermissionTest:
    """The permission test in which answers about the person are kept; a new one where there is none."""
    site, whose = desk.context.site.key, (asked.who, asked.account, asked.roles)
    parts = (asked.who, *(("for", asked.account) if asked.account else ()), *asked.roles)
    name = re.sub(r"[^A-Za-z0-9._-]", ".", "-".join(parts))[:100].lstrip("._-")
    for number in itertools.count(1):  # two of whom the same is left may have the same name
        key = f"{name}{f'-{number}' if number > 1 else ''}-recorded".lstrip("-")
        found = desk.bench.find("permission_test", key, site)
        test = found.component if found is not None and isinstance(found.component, PermissionTest) else None
        if test is None:
            break
        if (test.who, test.account, test.roles) == whose:
            return test
    return PermissionTest(key=key, site=site, who=asked.who, account=asked.account, roles=asked.roles, expects=())


def _seen(desk: Desk, guise: Guise, path: str) -> tuple[Asked, bool] | str:
    """Whether the person of a guise reads the record of a page; or why that is no question."""
    context, say = desk.context, desk.say
    who, roles, account = _whose(desk, guise)
    principal = principal_acting(context.connection, context.snapshot, context.site, who, roles, account) if who else None
    if principal is None or (guise.acting is not None and principal.account != guise.acting):
        return say("studio.seen_nobody")
    found = find_page(context.site, split_language(path, prefixed_tags(context.snapshot, context.site))[1])
    if found is None or not found.record_keys or not found.node.record_entity:
        return say("studio.seen_no_record")
    asked = Asked(who, roles, "read", found.node.record_entity, found.record_keys[-1], account=account)
    told = explain(context.connection, context.snapshot, principal, asked.entity, "read", asked.record)
    return (asked, told.allowed) if told.found else say("studio.why_no_record", name=asked.record)


def _whose(desk: Desk, guise: Guise) -> tuple[str, tuple[str, ...], str]:
    """Whom a permission test names for a guise, the roles it takes them to have, and the further account they act for.

    "" for whom none can name.
    """
    context = desk.context
    if guise.kind == "contact":
        person = load_person(context.connection, context.snapshot, int(guise.key), guise.acting)
        if person is None:
            return "", (), ""
        account = person.account_number or person.account_name
        return (person.email if account or guise.acting is None else ""), (), (account if guise.acting is not None else "")
    role = context.site.roles.get(guise.key) if guise.kind == "role" else None
    if guise.kind == "role" and role is None:
        return "", (), ""
    if role is None or role.default == "anonymous":
        return NOBODY, (), ""
    return SOMEBODY, () if role.default else (role.key,), ""


def _desk() -> Desk:
    desk = open_desk()
    if SECURITY not in desk.reach.rights:
        raise AccessDenied
    return desk


def _read(given: Any) -> Asked:
    fields: dict[str, Any] = {
        name: str(given.get(name, "")).strip()[:LONGEST]
        for name in ("who", "account", "action", "entity", "record", "attribute")
    }
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
        near = did_you_mean(asked.attribute, entity.attributes)
        return None, f"{say('studio.why_no_attribute', name=asked.attribute)}{near}"
    principal = _principal(desk, asked)
    if principal is None:
        if asked.account and _principal(desk, replace(asked, account="")) is not None:
            return None, say("studio.why_no_account", name=asked.account, who=asked.who)
        return None, say("studio.why_no_person", name=asked.who)
    told = tell(context.connection, context.snapshot, principal, asked.question)
    return (told, "") if told.told.found else (None, say("studio.why_no_record", name=asked.record))


def _principal(desk: Desk, asked: Asked) -> Principal | None:
    context = desk.context
    return principal_acting(context.connection, context.snapshot, context.site, asked.who, account=asked.account)


def _page(desk: Desk, asked: Asked, told: Told | None = None, *, refused: str = "") -> Response:
    context = desk.context
    language, fallback = context.language, context.site.model.default_language
    entities = sorted(
        ((entity.model.label.in_language(language, fallback) or key, key) for key, entity in context.snapshot.entities.items()),
        key=lambda named: named[0].casefold(),
    )
    chosen = context.snapshot.entities.get(asked.entity)
    principal = _principal(desk, asked) if told is not None else None
    return desk.page(
        "why.html",
        title=desk.say("studio.why_title"),
        status=422 if refused else 200,
        asked=asked,
        several_accounts=has_further_accounts(context.snapshot) or bool(asked.account),
        told=told,
        refused=refused,
        privileges=PRIVILEGES,
        entities=entities,
        attributes=sorted(chosen.attributes) if chosen is not None else (),
        person=principal,
        own={item.id.key for item in desk.within("entity_permission")},
    )
