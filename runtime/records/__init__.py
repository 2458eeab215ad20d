"""The one door to business rows: typed asks and values come in with a principal, permitted rows and refusals go out.

Nothing outside this room executes SQL on a business table. Every function takes a connection, the snapshot and a
principal; there is no default principal.
"""

from runtime.records.ask import ListAsk, parse_list_ask
from runtime.records.details import Record, fetch_record, fetch_related, plan_related
from runtime.records.errors import BadAsk, Conflict, Denied, Invalid, Missing, Refused
from runtime.records.hooks import Change, Listeners
from runtime.records.lists import ListPage, count_rows, count_view, fetch_list
from runtime.records.lookups import Offer, offer, resolve_offer
from runtime.records.plan import ListOptions, ListPlan, PlannedColumn, plan_entity, plan_list
from runtime.records.remove import delete
from runtime.records.write import Written, associate, create, disassociate, update

__all__ = [
    "BadAsk",
    "Change",
    "Conflict",
    "Denied",
    "Invalid",
    "ListAsk",
    "ListOptions",
    "ListPage",
    "ListPlan",
    "Listeners",
    "Missing",
    "Offer",
    "PlannedColumn",
    "Record",
    "Refused",
    "Written",
    "associate",
    "count_rows",
    "count_view",
    "create",
    "delete",
    "disassociate",
    "fetch_list",
    "fetch_record",
    "fetch_related",
    "offer",
    "parse_list_ask",
    "plan_entity",
    "plan_list",
    "plan_related",
    "resolve_offer",
    "update",
]
