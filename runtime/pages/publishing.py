"""Bringing a page from one publishing state to another, by those whom a rule of the site names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, flash, make_response, redirect, request

from metadata.errors import MetadataError
from metadata.model import Component, ComponentId, Page
from metadata.snapshot import PageNode
from metadata.store import EditedMeanwhile, NoSuchComponent
from runtime.context import RequestContext, current
from runtime.errors import AccessDenied, ChangedMeanwhile, OutOfReach, Unprocessable
from runtime.pages.preview import ADDRESS, moves_from
from runtime.pages.speech import text_of
from runtime.security import local_path
from runtime.sitemap import Verdict, verdicts

STATES = ("draft", "published")


def publishing_blueprint() -> Blueprint:
    """The address `/_pages/<page>/state`, to which the line above a page posts."""
    blueprint = Blueprint("publishing", __name__)
    blueprint.add_url_rule(f"{ADDRESS}/<page>/state", "state", change_state, methods=["POST"])
    return blueprint


def change_state(page: str) -> Response:
    """Release the page in the state asked for, then go back to it.

    Raises PageNotFound for a page that the person may not see, Unprocessable for a state that there is not, AccessDenied
    where no rule lets them, ChangedMeanwhile where it is in another state by now or another change of it waits.
    """
    context = current()
    node = _page(context, page)
    before, after = request.form.get("before", ""), request.form.get("to", "")
    if after not in (*STATES, *context.site.states):
        raise Unprocessable
    if before != node.page.state:
        raise ChangedMeanwhile
    if after not in {rule.after for rule in moves_from(context, node)}:
        raise AccessDenied
    _release(context, node.page, after)
    flash(text_of(context)("preview.changed"), "good")
    return make_response(redirect(local_path(request.form.get("back", "")) or context.url("/"), 303))


def _page(context: RequestContext, key: str) -> PageNode:
    node = context.site.pages.get(key)
    if node is None or not context.signed_in:
        raise OutOfReach
    if verdicts(context.snapshot, context.site, context.principal.roles)[key] is not Verdict.OPEN:
        raise OutOfReach
    return node


def _release(context: RequestContext, page: Page, after: str) -> None:
    store = context.services.workshop.store
    author = f"{context.principal.name or 'contact'} ({context.principal.contact})"
    note = f"page {page.key}: {page.state} to {after}"
    context.lease.prove()
    context.lease.release()
    try:
        _try_both(page, lambda name: store.change(name, lambda found: _in_state(found, page.state, after), author, note))
    except (EditedMeanwhile, NoSuchComponent, MetadataError) as error:
        raise ChangedMeanwhile(str(error)) from error


def _try_both(page: Page, change: Callable[[ComponentId], object]) -> None:
    """Of a site that is alone, components may be stored without its name."""
    try:
        change(ComponentId("page", page.key, page.site))
    except NoSuchComponent:
        change(ComponentId("page", page.key, ""))


def _in_state(found: Component, before: str, after: str) -> Component:
    if not isinstance(found, Page) or found.state != before:
        raise ChangedMeanwhile
    return replace(found, state=after)
