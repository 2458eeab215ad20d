"""Views that people keep of a list: its state under a name, which is nothing but arguments of its address.

A view is opened by leading to the address that it stands for, so that from then on the address alone says what is shown.
What of it no longer means anything, such as a filter that is gone, is left out on the way. `saved` in the address only says
which view it began with, so that a list without any condition is not led to the person's first view again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Response, flash, make_response, redirect, request

from metadata.model import ListComponent
from runtime.context import RequestContext
from runtime.errors import AccessDenied, SignInNeeded
from runtime.pages.layouts import LAYOUT, layout_arguments, layout_of
from runtime.pages.list_filters import filter_arguments
from runtime.pages.list_narrowing import narrowed, parsed
from runtime.pages.list_ready import label_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.places import place_arguments
from runtime.pages.queries import Query, UnusableArgument
from runtime.pages.saved_view import SavedLink, SavedMenu, SavedPage, SavedRow
from runtime.pages.speech import text_of
from runtime.records import saved as kept
from runtime.records.saved import NotKept, Owner, Saved

KEEP, OPEN, SAVED = "keep", "open", "saved"
NEW, NONE = "new", "none"
ACTION, NAME, SHARED, FIRST = "_action", "name", "shared", "first"
OWN, WITH_ACCOUNT = "own", "shared"
STATE = ("view", "q", "sort", "scope")
PAGE = "blocks/saved_views.html"


def personal_of(ask: BlockAsk, model: ListComponent) -> Saved | None:
    """What the person keeps of a list, in one statement; None where nothing can be kept, which costs none."""
    if not (model.saved or model.choose_columns) or not ask.context.signed_in:
        return None
    return kept.saved_of(ask.context.reader, owner_of(ask.context, model))


def owner_of(context: RequestContext, model: ListComponent) -> Owner:
    """Who keeps something of a list. Raises SignInNeeded."""
    principal = context.principal
    if principal.contact is None:
        raise SignInNeeded
    account = principal.account if model.saved == WITH_ACCOUNT else None
    return Owner(principal.contact, account, context.site.key, model.key)


def opening(ask: BlockAsk, model: ListComponent, saved: Saved) -> Response | None:
    """Where the request is to be led: to the view that it names, or the person's first one if it asks for nothing."""
    own = ask.query.own
    if not model.saved or (own and not own.get(OPEN)):
        return None
    view = saved.view(own.get(OPEN, saved.first))
    if view is None and not own:
        return None
    if view is None:
        flash(text_of(ask.context)("saved.gone"), "warn")
    state = {} if view is None else _usable(ask, model, view.state)
    none = dict.fromkeys(own)
    return make_response(redirect(ask.query.link(**{**none, **state, SAVED: NONE if view is None else view.id}), 303))


def saved_menu(ask: BlockAsk, model: ListComponent, saved: Saved) -> SavedMenu | None:
    """The menu of the views of a list."""
    if not model.saved:
        return None
    none: dict[str, str | None] = dict.fromkeys(ask.query.own)
    current = saved.view(ask.query.own.get(SAVED, ""))
    plain = SavedLink(text_of(ask.context)("saved.plain"), ask.query.link(**{**none, SAVED: NONE}))
    links = (
        SavedLink(view.name, ask.query.link(**{**none, OPEN: view.id}), view is current, not view.own, view.id == saved.first)
        for view in saved.views
    )
    keep = ask.query.link(**{KEEP: NEW, "page": None, "after": None, "before": None})
    return SavedMenu((plain, *links), keep, current.name if current else "")


def show_saved(ask: BlockAsk, model: ListComponent) -> Part:
    """The page where the present state gets a name, and where views are renamed and deleted. Raises SignInNeeded."""
    saved = personal_of(ask, model)
    if saved is None:
        raise SignInNeeded
    if ask.query.own[KEEP] != NEW:
        raise UnusableArgument(ask.query.name(KEEP))
    return _act(ask, model, saved) if ask.posted else _page(ask, model, saved)


def _page(ask: BlockAsk, model: ListComponent, saved: Saved, name: str = "", error: str = "") -> Part:
    rows = (SavedRow(view.id, view.name, view.own, view.shared, view.id == saved.first) for view in saved.views)
    view = SavedPage(
        url=ask.query.link(),
        back=_back(ask),
        block=ask.index,
        rows=tuple(rows),
        shares=owner_of(ask.context, model).account is not None,
        longest=kept.LONGEST_NAME,
        name=name,
        error=error,
    )
    head = Head(title=text_of(ask.context)("saved.title", name=label_of(ask, model)))
    return Part(PAGE, view, head, status=422 if error else 200, failed=bool(error))


def _back(ask: BlockAsk) -> str:
    """The list in the state that is being kept; it asks for something, so that it leads nowhere else."""
    return ask.query.link(**{KEEP: None, SAVED: ask.query.own.get(SAVED) or NONE})


def _act(ask: BlockAsk, model: ListComponent, saved: Saved) -> Part:
    """What a button asks for. Raises AccessDenied for a view that is another's, UnusableArgument for no button of ours."""
    verb, _, key = request.form.get(ACTION, "").partition(":")
    name, shares = " ".join(request.form.get(NAME, "").split()), bool(request.form.get(SHARED))
    view = saved.view(key)
    if verb == "keep":
        return _keep(ask, model, saved, name)
    if verb == "plain":
        return _done(ask, model, lambda connection, owner: kept.put_first(connection, owner, ""))
    if view is None or (not view.own and verb != "first"):
        raise AccessDenied
    if verb == "first":
        return _done(ask, model, lambda connection, owner: kept.put_first(connection, owner, key))
    if verb == "drop":
        return _done(ask, model, lambda connection, owner: kept.drop_view(connection, owner, key))
    if verb != "rename":
        raise UnusableArgument(ACTION)
    if fault := _fault(name):
        return _page(ask, model, saved, error=text_of(ask.context)(fault))
    return _done(ask, model, lambda connection, owner: kept.rename_view(connection, owner, key, name, shared=shares))


def _done(ask: BlockAsk, model: ListComponent, change: Callable[..., object]) -> Part:
    try:
        with ask.context.lease.transaction() as connection:
            change(connection, owner_of(ask.context, model))
    except NotKept as refused:
        return _page(ask, model, personal_of(ask, model) or Saved(), error=text_of(ask.context)(f"saved.{refused.code}"))
    flash(text_of(ask.context)("saved.done"), "good")
    return Part(response=make_response(redirect(ask.query.link(), 303)))


def _keep(ask: BlockAsk, model: ListComponent, saved: Saved, name: str) -> Part:
    text, owner = text_of(ask.context), owner_of(ask.context, model)
    if fault := _fault(name):
        return _page(ask, model, saved, name[: kept.LONGEST_NAME], text(fault))
    known = _arguments(ask, model)
    state = {key: value for key, value in ask.query.own.items() if key in known and value}
    try:
        with ask.context.lease.transaction() as connection:
            key = kept.keep_view(connection, owner, name, state, shared=bool(request.form.get(SHARED)))
            if request.form.get(FIRST):
                kept.put_first(connection, owner, key)
    except NotKept as refused:
        return _page(ask, model, saved, name, text(f"saved.{refused.code}", count=kept.MOST_VIEWS))
    flash(text("saved.kept", name=name), "good")
    return Part(response=make_response(redirect(ask.query.link(**{KEEP: None, SAVED: key}), 303)))


def _fault(name: str) -> str:
    """Why a name cannot be one."""
    if not name:
        return "saved.no_name"
    unprintable = any(not letter.isprintable() for letter in name)
    return "saved.bad_name" if unprintable or len(name) > kept.LONGEST_NAME else ""


def _arguments(ask: BlockAsk, model: ListComponent) -> frozenset[str]:
    """The arguments of the address that are the list's state."""
    layouts = layout_arguments(model) & {LAYOUT}
    return frozenset(STATE) | filter_arguments(ask.context, ask.block) | place_arguments(model) | layouts


def _usable(ask: BlockAsk, model: ListComponent, state: Mapping[str, str]) -> dict[str, str]:
    """What of a state the list still understands."""
    known = _arguments(ask, model)
    wanted = {name: value for name, value in state.items() if name in known}
    if _works(ask, model, wanted):
        return wanted
    found: dict[str, str] = {}
    for name in sorted(wanted, key=lambda name: name != "view"):  # columns to sort by are those of a view
        if _works(ask, model, {**found, name: wanted[name]}):
            found[name] = wanted[name]
    return found


def _works(ask: BlockAsk, model: ListComponent, state: Mapping[str, str]) -> bool:
    arguments = {ask.query.name(name): value for name, value in state.items()}
    trial = replace(ask, query=Query(ask.query.path, arguments, ask.query.prefix))
    try:
        narrowed(trial, model, parsed(trial, model))
        layout_of(trial, model)
    except UnusableArgument:
        return False
    return True
