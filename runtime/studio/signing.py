"""Signing off what a would-be release lets people reach: the exposure lock as a draft that is published along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, flash

from metadata.compiler import assign_site, compile_snapshot
from metadata.errors import MetadataError
from metadata.store import EditedMeanwhile
from runtime.errors import AccessDenied, BadRequest, ChangedMeanwhile
from runtime.exposure.lock import signed_off
from runtime.studio.bench import Item
from runtime.studio.desk import Desk
from runtime.studio.trial import with_items

KIND = "exposure_lock"


def sign_off(desk: Desk, chosen: Sequence[Item]) -> Response:
    """Keep the lock with all that these drafts let people reach, and go back to what waits: its lines are a difference to be
    read there. Raises AccessDenied, BadRequest where there is nothing to sign, ChangedMeanwhile."""
    if KIND not in desk.reach.kinds:
        raise AccessDenied
    try:
        snapshot = compile_snapshot(assign_site(with_items(desk.store.released(), chosen).values()))
    except MetadataError as error:
        raise BadRequest from error
    lock = signed_off(snapshot, snapshot.sites[desk.reach.site])
    item = desk.bench.find(KIND, lock.key, desk.reach.site)
    if item is None or item.head.deleted:
        raise BadRequest
    # Where a site is alone the store may have its components without it.
    named: dict[str, Any] = {"site": item.id.site}
    desk.prove()
    try:
        desk.store.save((replace(lock, **named),), desk.author, "signed off", expected={item.id: item.head.number})
    except EditedMeanwhile as error:
        raise ChangedMeanwhile from error
    desk.note("draft", KIND, item.head.number + 1, component=str(item.id), signed_off=True)
    flash(desk.say("studio.signed_off"), "good")
    return desk.go("publish")
