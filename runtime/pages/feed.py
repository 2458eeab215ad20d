"""The feed of a list: the readable rows of one of its views as OData 4 JSON, a page of rows at a time.

It says what the list says, to whom the list says it, and changes nothing. What OData has and a feed has not is answered
501, so that no client takes more or other rows than it asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from flask import Response, request

from metadata.model import ListComponent
from runtime.context import RequestContext, current
from runtime.errors import PageNotFound, Unsupported
from runtime.pages.feed_model import Property, description, properties, rows_of, set_name
from runtime.pages.feed_routes import FEED
from runtime.pages.queries import UnknownArgument, UnusableArgument, read_arguments
from runtime.records.ask import ListAsk
from runtime.records.counting import count_exactly
from runtime.records.errors import Denied
from runtime.records.keyset import read_token
from runtime.records.lists import fetch_list
from runtime.records.plan import ListPlan, SortKey, plan_list, readable_views

PAGE = 500
LARGEST = 10**9
MOST_KEYS = 8
OPTIONS = frozenset({"$top", "$count", "$orderby", "$skiptoken", "$format"})
JSON = "application/json;odata.metadata=minimal;charset=utf-8"
VERSION = {"OData-Version": "4.0"}


@dataclass(frozen=True, slots=True)
class FeedAsk:
    """What is asked of a feed: `top` is how many rows are still wanted, None for all."""

    sort: tuple[SortKey, ...]
    top: int | None
    counted: bool
    anchor: tuple[Any, ...]


def rows(key: str) -> Response:
    """A page of rows. Raises PageNotFound for a list without a feed, Denied, Unsupported, and what arguments deserve."""
    context = current()
    model = _feed(context, key)
    arguments = read_arguments(request.args.items(multi=True))
    views = readable_views(context.snapshot, context.principal, model.views)
    view = arguments.get("view") or views[0]
    if view not in views:
        raise UnusableArgument("view")
    plan = plan_list(context.snapshot, context.principal, view)
    found = properties(context.snapshot, plan)
    asked = read_feed(arguments, plan, found)
    size = PAGE if asked.top is None else min(PAGE, asked.top)
    ask = ListAsk(view, size, sort=asked.sort, direction="after" if asked.anchor else "", anchor=asked.anchor)
    with context.stages.measure("fetch"):
        page = fetch_list(context.connection, plan, context.principal, ask) if size else None
    here = f"{request.host_url.rstrip('/')}{context.url(f'{FEED}/{quote(key)}')}"
    answer: dict[str, Any] = {"@odata.context": f"{here}/$metadata#{set_name(view)}"}
    if asked.counted:
        answer["@odata.count"] = count_exactly(context.connection, plan, context.principal)
    answer["value"] = rows_of(found, page.rows) if page else []
    left = None if asked.top is None else asked.top - size
    if page and page.next_after and left != 0:
        answer["@odata.nextLink"] = f"{here}?{_next(arguments, page.next_after, left)}"
    return Response(orjson.dumps(answer), content_type=JSON, headers=VERSION)


def describe(key: str) -> Response:
    """The description of a feed's entity sets: the views of its list that the caller may read."""
    context = current()
    plans: dict[str, ListPlan] = {}
    for view in readable_views(context.snapshot, context.principal, _feed(context, key).views):
        plans[set_name(view)] = plan_list(context.snapshot, context.principal, view)
    sets = {name: properties(context.snapshot, plan) for name, plan in plans.items()}
    return Response(description(sets), content_type="application/xml; charset=utf-8", headers=VERSION)


def read_feed(arguments: Mapping[str, str], plan: ListPlan, found: tuple[Property, ...]) -> FeedAsk:
    """What the arguments ask for. Raises Unsupported, UnknownArgument and UnusableArgument, each with the argument."""
    for name, value in arguments.items():
        if name.startswith("$") and (name not in OPTIONS or (name == "$format" and value != "json")):
            raise Unsupported(name[:60])
        if name not in OPTIONS and name != "view":
            raise UnknownArgument(name[:60])
    sort = _sort(arguments.get("$orderby", ""), found)
    if arguments.get("$count", "false") not in ("true", "false"):
        raise UnusableArgument("$count")
    return FeedAsk(
        sort,
        _top(arguments["$top"]) if "$top" in arguments else None,
        arguments.get("$count") == "true",
        _anchor(plan, sort, arguments["$skiptoken"]) if "$skiptoken" in arguments else (),
    )


def _feed(context: RequestContext, key: str) -> ListComponent:
    model = context.site.lists.get(key)
    if model is None or not model.feed:
        raise PageNotFound
    if not model.views:
        raise Denied(key)
    return model


def _top(raw: str) -> int:
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 12) or int(raw) > LARGEST:
        raise UnusableArgument("$top")
    return int(raw)


def _sort(raw: str, found: tuple[Property, ...]) -> tuple[SortKey, ...]:
    sortable = {one.name: one.path for one in found if one.sortable}
    keys: dict[str, bool] = {}
    for part in raw.split(",") if raw else ():
        name, _, direction = part.strip().partition(" ")
        if name not in sortable or sortable[name] in keys or direction.strip() not in ("", "asc", "desc"):
            raise UnusableArgument("$orderby")
        keys[sortable[name]] = direction.strip() == "desc"
    if len(keys) > MOST_KEYS:
        raise UnusableArgument("$orderby")
    return tuple(keys.items())


def _anchor(plan: ListPlan, sort: tuple[SortKey, ...], token: str) -> tuple[Any, ...]:
    try:
        return read_token(plan, sort or plan.sort, token)
    except ValueError:
        raise UnusableArgument("$skiptoken") from None


def _next(arguments: Mapping[str, str], token: str, left: int | None) -> str:
    """The arguments of the next page; those of OData keep their dollar sign, as clients look for it."""
    changed = {**arguments, "$skiptoken": token, **({} if left is None else {"$top": str(left)})}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in changed.items())
