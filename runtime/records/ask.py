"""What a visitor asks of a list: from the text of an address to a typed ask, before any of it meets SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metadata.snapshot import Snapshot
from runtime.access import Principal
from runtime.records.errors import BadAsk
from runtime.records.keyset import read_token
from runtime.records.narrowing import Narrowing
from runtime.records.plan import ListOptions, ListPlan, SortKey, plan_list

MAX_PAGE = 1_000_000
MAX_SEARCH = 200
MAX_TERMS = 8


@dataclass(frozen=True, slots=True)
class ListAsk:
    """A typed ask. `sort` is the order asked for, or empty for the view's own.

    `anchor` holds the values of a row, in the order of the sort and then its id, for the rows `after` or `before` it.
    `bound` has the values of the binds of `narrowings`. `skip` rows are left out before the first page; only where it is
    `counted` does the first page tell how many rows there are, and only where it is `placed` where the next one begins.
    """

    view: str
    page_size: int = 10
    terms: tuple[str, ...] = ()
    q: str = ""
    sort: tuple[SortKey, ...] = ()
    page: int = 1
    direction: Literal["", "after", "before"] = ""
    anchor: tuple[Any, ...] = ()
    scope: Literal["", "mine", "company"] = ""
    narrowings: tuple[Narrowing, ...] = ()
    bound: tuple[tuple[str, Any], ...] = ()
    skip: int = 0
    counted: bool = True
    placed: bool = True


def parse_list_ask(
    snapshot: Snapshot,
    principal: Principal,
    views: tuple[str, ...],
    args: Mapping[str, str],
    *,
    page_size: int = 10,
    searchable: bool = True,
    mine: tuple[str, str] = ("", ""),
) -> ListAsk:
    """The ask in the arguments view, q, sort, page, after, before and scope; others are left alone.

    `mine` is the pair of lookups (to contact, to account) of the list's switch. Raises BadAsk, which names the argument, and
    Denied where no row of the view may be read.
    """
    view = args.get("view") or views[0]
    if view not in views:
        raise BadAsk("view")
    plan = plan_list(snapshot, principal, view, ListOptions(mine=mine[0], company=mine[1]))
    q = args.get("q", "").strip()
    sort = _sort(plan, args.get("sort", ""))
    direction, anchor = _anchor(plan, sort, args)
    return ListAsk(
        view=view,
        page_size=page_size,
        terms=_terms(q, searchable),
        q=q,
        sort=sort,
        page=_page(args.get("page", ""), page_size),
        direction=direction,
        anchor=anchor,
        scope=_scope(args.get("scope", ""), mine),
    )


def search_terms(q: str) -> tuple[str, ...]:
    """The words of a search. Raises BadAsk where it is too long or has characters that no text has."""
    if len(q) > MAX_SEARCH or "\0" in q or any("\ud800" <= letter <= "\udfff" for letter in q):
        raise BadAsk("q")
    terms = tuple(dict.fromkeys(q.split()))
    if len(terms) > MAX_TERMS:
        raise BadAsk("q")
    return terms


def _terms(q: str, searchable: bool) -> tuple[str, ...]:
    if q and not searchable:
        raise BadAsk("q")
    return search_terms(q)


def _sort(plan: ListPlan, raw: str) -> tuple[SortKey, ...]:
    if not raw:
        return ()
    path = raw.removeprefix("-")
    column = next((column for column in plan.columns if column.path == path), None)
    if column is None or not column.sortable:
        raise BadAsk("sort")
    return ((path, raw.startswith("-")),)


def _page(raw: str, page_size: int) -> int:
    if not raw:
        return 1
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9):
        raise BadAsk("page")
    page = int(raw)
    if page < 1 or page * page_size > MAX_PAGE * 100:
        raise BadAsk("page")
    return page


def _anchor(
    plan: ListPlan, sort: tuple[SortKey, ...], args: Mapping[str, str]
) -> tuple[Literal["", "after", "before"], tuple[Any, ...]]:
    if args.get("after"):
        return "after", _token(plan, sort, "after", args["after"])
    if args.get("before"):
        return "before", _token(plan, sort, "before", args["before"])
    return "", ()


def _token(plan: ListPlan, sort: tuple[SortKey, ...], argument: str, token: str) -> tuple[Any, ...]:
    try:
        return read_token(plan, sort or plan.sort, token)
    except ValueError:
        raise BadAsk(argument) from None


def _scope(raw: str, mine: tuple[str, str]) -> Literal["", "mine", "company"]:
    contact, account = mine
    if raw == "mine" and contact:
        return "mine"
    if raw == "company" and account:
        return "company"
    if raw:
        raise BadAsk("scope")
    return "company" if account else "mine" if contact else ""
