"""The columns of a list as a person wants them: which of the view's, in what order, how wide, and how close the rows stand.

What is chosen is kept for the person; how close the rows stand is a matter of the screen, and kept in a cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import flash, make_response, redirect, request

from metadata.model import ListComponent
from runtime.errors import SignInNeeded
from runtime.pages.layouts import TABLE, layout_of
from runtime.pages.list_ready import ReadyList, dress_of, label_of
from runtime.pages.listing import WIDTH, columns_of, widths_of
from runtime.pages.part import BlockAsk, Head, Part
from runtime.pages.queries import UnusableArgument
from runtime.pages.saved_lists import NONE, SAVED, owner_of
from runtime.pages.saved_view import ChoiceColumn, ChoiceDensity, ColumnsPage
from runtime.pages.speech import text_of
from runtime.records.saved import Saved, keep_columns
from runtime.render import Action

CHOOSER = "columns"
BEGIN = "choose"
ACTION, ORDER, CHOSEN, WIDE, DENSITY = "_action", "order", "column", "width", "density"
WIDTHS = ("narrow", "medium", "wide")
DENSITIES = ("compact", "cosy", "roomy")
DENSITY_COOKIE = "foyer_density"
YEAR = 365 * 24 * 3600
PAGE = "blocks/list_columns.html"


def chooser_action(ask: BlockAsk, model: ListComponent) -> Action | None:
    """The button to choose columns, where rows stand in them."""
    if not _offered(ask, model):
        return None
    url = ask.query.link(**{CHOOSER: BEGIN, "page": None, "after": None, "before": None})
    return Action(text_of(ask.context)("columns.button"), url, "layout-three-columns")


def with_columns(ask: BlockAsk, ready: ReadyList, saved: Saved | None) -> ReadyList:
    """The list with the columns that the person wants of its view; what of them is gone is left out."""
    wanted = saved.columns.get(ready.view.key, ()) if saved is not None and _offered(ask, ready.model) else ()
    shown = columns_of(ready.plan, wanted)
    if shown is ready.plan:
        return ready
    known = {column.path for column in shown.columns}
    chosen = tuple(entry(path, width) for path, width in widths_of(wanted).items() if path in known)
    return replace(ready, look=replace(ready.look, chosen=chosen), kept=False)


def show_columns(ask: BlockAsk, ready: ReadyList, saved: Saved | None) -> Part:
    """The page where columns are chosen. Raises SignInNeeded, and UnusableArgument for what it has no button for."""
    if saved is None:
        raise SignInNeeded
    if ask.query.own[CHOOSER] != BEGIN or not _offered(ask, ready.model):
        raise UnusableArgument(ask.query.name(CHOOSER))
    if ask.posted:
        return _act(ask, ready, saved)
    kept = saved.columns.get(ready.view.key, ())
    chosen = [column.path for column in columns_of(ready.plan, kept).columns]
    return _page(ask, ready, _ordered(ready, chosen), chosen, widths_of(kept))


def _offered(ask: BlockAsk, model: ListComponent) -> bool:
    return model.choose_columns and model.map is None and layout_of(ask, model) == TABLE


def _ordered(ready: ReadyList, order: list[str]) -> list[str]:
    """All columns that the person may read: those given first, in their order."""
    known = [column.path for column in ready.plan.columns]
    return list(dict.fromkeys([*[path for path in order if path in known], *known]))


def entry(path: str, width: str) -> str:
    """What is kept of a column."""
    return f"{path}{WIDTH}{width}" if width in WIDTHS else path


def _page(
    ask: BlockAsk,
    ready: ReadyList,
    order: list[str],
    chosen: list[str],
    widths: Mapping[str, str],
    *,
    moved: tuple[str, str] = ("", ""),
    error: str = "",
) -> Part:
    context = ask.context
    text = text_of(context)
    labels = {column.path: column.label for column in dress_of(context, ready, ask.query).listing.columns}
    density = request.form.get(DENSITY) or request.cookies.get(DENSITY_COOKIE, "")
    density = density if density in DENSITIES else "cosy"
    view = ColumnsPage(
        url=ask.query.link(),
        back=_back(ask),
        block=ask.index,
        columns=tuple(
            ChoiceColumn(
                path=path,
                label=labels[path],
                chosen=path in chosen,
                first=place == 0,
                last=place == len(order) - 1,
                moved=moved[0] if path == moved[1] else "",
                width=widths.get(path, ""),
            )
            for place, path in enumerate(order)
        ),
        widths=tuple((width, text(f"columns.{width or 'usual'}")) for width in ("", *WIDTHS)),
        densities=tuple(ChoiceDensity(name, text(f"columns.{name}"), name == density) for name in DENSITIES),
        error=error,
    )
    head = Head(title=text("columns.title", name=label_of(ask, ready.model)))
    return Part(PAGE, view, head, status=422 if error else 200, failed=bool(error))


def _back(ask: BlockAsk) -> str:
    own = ask.query.own
    # A list that people keep views of would lead an address without arguments to the first of them.
    stay = {SAVED: own.get(SAVED) or NONE} if ask.context.site.lists[ask.block.list].saved else {}
    return ask.query.link(**{CHOOSER: None, **stay})


def _act(ask: BlockAsk, ready: ReadyList, saved: Saved) -> Part:
    verb, _, path = request.form.get(ACTION, "").partition(":")
    order = _ordered(ready, request.form.getlist(ORDER))
    chosen = [column for column in order if column in request.form.getlist(CHOSEN)]
    widths = dict(zip(request.form.getlist(ORDER), request.form.getlist(WIDE), strict=False))
    if verb in ("up", "down") and path in order:
        place = order.index(path)
        other = place - 1 if verb == "up" else place + 1
        if 0 <= other < len(order):
            order[place], order[other] = order[other], order[place]
        return _page(ask, ready, order, chosen, widths, moved=(verb, path))
    if verb == "keep" and not chosen:
        return _page(ask, ready, order, chosen, widths, error=text_of(ask.context)("columns.none"))
    if verb not in ("keep", "reset"):
        raise UnusableArgument(ACTION)
    return _keep(ask, ready, saved, [entry(path, widths.get(path, "")) for path in chosen] if verb == "keep" else [])


def _keep(ask: BlockAsk, ready: ReadyList, saved: Saved, chosen: list[str]) -> Part:
    """Keep the columns of the view, and nothing where they are the view's own; the others are kept as they are."""
    context, view = ask.context, ready.view.key
    own = chosen == [column.path for column in ready.plan.columns]
    # What was kept for a view that the list no longer has goes on the way.
    columns = {key: paths for key, paths in saved.columns.items() if key in ready.model.views and key != view}
    if chosen and not own:
        columns[view] = tuple(chosen)
    with context.lease.transaction() as connection:
        keep_columns(connection, owner_of(context, ready.model), columns)
    flash(text_of(context)("columns.kept"), "good")
    response = make_response(redirect(_back(ask), 303))
    density = request.form.get(DENSITY, "")
    if density in DENSITIES:
        config = context.services.config
        secure, same_site = config.public_url.startswith("https://"), config.cookie_same_site
        response.set_cookie(DENSITY_COOKIE, density, max_age=YEAR, samesite=same_site, httponly=True, secure=secure)
    return Part(response=response)
