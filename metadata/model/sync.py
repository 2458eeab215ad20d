"""Components that say how rows come and go: connections and table maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metadata.model.base import COMPONENT_KEY, Filter, prop
from metadata.text import Text

DRIFTS = ("guard", "evolve", "freeze", "discard_value", "discard_row", "quarantine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request to an outside system that actions may have sent."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    method: str = prop("POST", "Method.", choices=("POST", "PUT", "PATCH", "DELETE"))
    path: str = prop(help="Address below the connection's url, such as orders/{number}/cancel, with names of values in braces.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """How one thing is done to a row of a resource."""

    method: str = prop("POST", "Method.", choices=("POST", "PUT", "PATCH", "DELETE"))
    path: str = prop(help="Address below the connection's url, such as orders/{number}, with names of key columns in braces.")
    body: str = prop(
        "", 'JSON with "@row" where all columns stand and "@name" where one stands; the columns alone where missing.'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Rows of an outside system that speaks JSON over HTTP: where they are, how they change. Its key is a map's table."""

    key: str = prop(help="Name, by which table maps call it their table.", pattern=COMPONENT_KEY)
    path: str = prop(help="Address of all rows, below the connection's url.")
    query: tuple[tuple[str, str], ...] = prop((), "Parameters of that address besides those of paging.")
    rows: str = prop(
        "", "Where the rows are in the answer, as a JSON pointer such as /data/items; the answer itself where missing."
    )
    row_key: tuple[str, ...] = prop(help="Columns that name a row.")
    paging: str = prop(
        "none", "How the next rows are asked for.", choices=("none", "page", "offset", "cursor", "next_link", "link_header")
    )
    parameter: str = prop("", "Parameter for the page's number, the offset, or the cursor.")
    size_parameter: str = prop("", "Parameter for the number of rows in a page.")
    page_size: int = prop(100, "Rows in a page.", min=1, max=10_000)
    first_page: int = prop(1, "Number of the first page.", min=0, max=1)
    next: str = prop("", "Where the next cursor or link is in the answer, as a JSON pointer; nothing there means the end.")
    changed_since: str = prop("", "Parameter that takes the value of a map's change column: rows with that one or a later.")
    one: str = prop("", "Address of one row, such as orders/{number}.")
    row: str = prop("", "Where the row is in the answer for one row, as a JSON pointer.")
    create: ResourceRequest | None = prop(None, "How a row is added.")
    update: ResourceRequest | None = prop(None, "How columns of a row are changed.")
    delete: ResourceRequest | None = prop(None, "How a row is deleted.")
    message: str = prop("", "Where the reason is in a refusal, as a JSON pointer; the usual places are looked at besides.")
    idempotency_header: str = prop("", "Header that takes a key which is the same however often a change is sent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Credentials and address of an outside system. Secrets are never written here, only where they are found."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Name that people read.")
    connector: str = prop(
        help="Adapter: sql, odata, rest, files, nats, rabbitmq, redis, webhook or memory.",
        choices=("sql", "odata", "rest", "files", "nats", "rabbitmq", "redis", "webhook", "memory"),
    )
    settings: tuple[tuple[str, str], ...] = prop(
        (), "Settings of the adapter; ${NAME} is replaced by the environment variable."
    )
    drift: str = prop(
        "guard",
        "What happens when a table outside changes its columns. guard: new columns are noted, and a map stops where a column"
        " that it reads is gone or of another type; evolve: goes on with what is there; freeze: stops at any change;"
        " discard_value: the attribute keeps what it has; discard_row: rows with a value there are left out; quarantine: rows"
        " are kept aside.",
        choices=DRIFTS,
    )
    active: bool = prop(True, "An inactive connection neither pulls nor pushes.")
    resources: tuple[Resource, ...] = prop((), "For connector rest: the rows that it has.")
    commands: tuple[Command, ...] = prop((), "Requests that actions may have sent; no others are.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMap:
    """One pair of a conversion between outside and inside values."""

    outside: Any = prop(help="Value outside.")
    inside: Any = prop(help="Value inside.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeMap:
    """How one attribute is kept in step with one outside column."""

    attribute: str = prop(help="Attribute of our entity.", attribute="self")
    column: str = prop("", "Column outside; none with a default.")
    direction: str = prop("in", "Way of the values.", choices=("in", "out", "both"))
    lookup_key: tuple[str, ...] = prop(
        (),
        "For a lookup: the target's attributes that match the outside value(s), or paths over its lookups such as"
        " company.code; its alternate key.",
    )
    lookup_columns: tuple[str, ...] = prop((), "For a lookup by several attributes: the outside columns, in the same order.")
    values: tuple[ValueMap, ...] = prop((), "Conversion of values.")
    missing: str = prop(
        "",
        "What happens to a value that the conversion does not know, if not as its map says.",
        choices=("", "reject", "empty", "keep", "default", "pass"),
    )
    too_long: str = prop(
        "",
        "What happens to a text that is too long, if not as its map says.",
        choices=("", "reject", "truncate", "default", "keep"),
    )
    out_of_range: str = prop(
        "",
        "What happens to a number or date below min or above max, or too large to be stored, if not as its map says.",
        choices=("", "reject", "clamp", "default", "keep"),
    )
    too_precise: str = prop(
        "",
        "What happens to a number with more decimals than the attribute has, if not as its map says.",
        choices=("", "reject", "round", "default", "keep"),
    )
    default: Any = prop(None, "Value where the outside one is empty or there is no column.")
    conflict: str = prop(
        "",
        "Which value stays where both sides have changed the attribute, if not as its map says.",
        choices=("", "portal", "outside", "newest", "manual", "additive"),
    )
    format: str = prop("", "How a text is read as a date or number, such as %d.%m.%Y.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteThrough:
    """How the outside system is asked before a new record counts.

    The record and the rows of `children` maps are written outside in one transaction under an idempotency key; then the
    answer is awaited: `status_column` of the written row leaves `waiting` values.
    """

    key_column: str = prop(help="Outside column that takes the idempotency key.")
    status_column: str = prop("", "Outside column that tells the answer; none: written is accepted.")
    accepted: tuple[str, ...] = prop((), "Values that mean yes.")
    refused: tuple[str, ...] = prop((), "Values that mean no.")
    message_column: str = prop("", "Outside column with the reason of a refusal.")
    message_attribute: str = prop(
        "", "Attribute of our record that takes the reason of a refusal; cleared on acceptance.", attribute="self"
    )
    field_column: str = prop("", "Outside column that names the column at fault.")
    timeout: float = prop(5.0, "Seconds to wait for an answer; nobody else waits meanwhile.", min=0, max=20)
    fallback: str = prop(
        "queue", "Where the outside is down or silent: queue the record, or refuse it.", choices=("queue", "refuse")
    )
    children: tuple[str, ...] = prop((), "Table maps whose rows belong to the record and travel with it.", ref="table_map")
    parent_column: str = prop("", "On a child's map: outside column that takes the parent's idempotency key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMap:
    """The mapping of one outside table to one of our entities. Kind `table_map`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    label: Text = prop(Text(), "Name that people read.", named=True)
    connection: str = prop(help="Connection.", ref="connection")
    entity: str = prop(help="Our entity.", ref="entity")
    table: str = prop(help="Table, or file name without its ending, outside.")
    integration_key: tuple[str, ...] = prop(help="Attributes that match both sides; each must be mapped.", attribute="self")
    attributes: tuple[AttributeMap, ...] = prop(help="Attribute maps.")
    filter: tuple[tuple[str, Any], ...] = prop((), "Outside rows to take: column and value, all must hold.")
    outgoing: Filter | None = prop(
        None,
        "Rows of ours that go out; all where missing. Compares attributes of the row itself with values. A row that begins"
        " to hold goes out as a new one; one that holds no more is deleted outside only with delete: delete.",
    )
    constants: tuple[tuple[str, Any], ...] = prop((), "Outside columns that have one value in every row that we add there.")
    change_column: str = prop(
        "", "Outside column that grows with each change; without it, and without delta, every pull compares all rows."
    )
    delta: bool = prop(
        False,
        "The outside itself tells which rows have changed or are gone, by delta links; takes the place of a change column."
        " For connector odata.",
    )
    tracking: str = prop(
        "",
        "What tells changes and deletions in a database, in place of a change column: triggers that"
        " `foyer sync install-tracking` makes, or the log of PostgreSQL. For connector sql.",
        choices=("", "triggers", "log"),
    )
    group: str = prop(
        "",
        "Maps of one connection that name the same group are stored together: what one transaction outside changes in their"
        " tables is seen at once here. They pause, resume and wait together. For tracking triggers and log.",
        pattern=f"^({COMPONENT_KEY.strip('^$')})?$",
    )
    overlap: float = prop(
        0.0,
        "Seconds that a transaction outside may take between giving a row its change value and its commit; rows that"
        " appear so late are read too. For connector sql.",
        min=0,
        max=3600,
    )
    delete: str = prop(
        "keep",
        "What happens to our row when the outside one is gone: it stays, is marked as `inactive` says, or goes too.",
        choices=("keep", "deactivate", "delete"),
    )
    filter_exit: str = prop(
        "",
        "The same for an outside row that is still there but has left the filter; as `delete` where nothing is said.",
        choices=("", "keep", "deactivate", "delete"),
    )
    identity_column: str = prop(
        "", "Outside column that stays the same when a row's integration key changes, such as a record id; tells key changes."
    )
    key_change: str = prop(
        "",
        "What happens to our row when the key of the outside one changes: it takes the new key (follow), or it is treated as"
        " one that is gone, beside a new one; as `delete` where nothing is said.",
        choices=("", "follow", "keep", "deactivate", "delete"),
    )
    inactive: tuple[tuple[str, Any], ...] = prop(
        (), "Attributes and the values that mark our row as inactive, for `deactivate`; undone when the outside row is back."
    )
    conflict: str = prop(
        "portal",
        "Which value stays where both sides have changed an attribute: the portal's, the outside's, the newest by a change"
        " column of moments, or whichever somebody chooses; of numbers, what both have added (additive). The other one is kept"
        " in `foyer sync conflicts`.",
        choices=("portal", "outside", "newest", "manual", "additive"),
    )
    receipt_column: str = prop(
        "",
        "Outside column that takes the mark of the last change that was sent, a text of 32 characters that nobody else writes:"
        " by it a change whose answer was lost is not added twice. For conflict: additive.",
    )
    drift: str = prop(
        "", "What happens when the table outside changes its columns, if not as its connection says.", choices=("", *DRIFTS)
    )
    effective_from: str = prop(
        "",
        "Outside column with the moment from which a row holds. One that is still to come is accepted and switched on by then;"
        " of several with one key that hold the last that has begun counts. Dates begin at midnight UTC.",
    )
    effective_to: str = prop(
        "", "Outside column with the moment at which a row ceases to hold; ours then does as one that has left the filter."
    )
    revert_days: float = prop(
        7.0, "For how many days it is kept how rows were before each batch, so that it can be undone; 0 keeps nothing.", min=0
    )
    after_reject: str = prop(
        "replace",
        "What happens to a later version of an outside row that was refused: it takes the place of the refused one, or waits"
        " behind it until somebody has mended, taken or discarded that.",
        choices=("replace", "wait"),
    )
    history: str = prop(
        "compact",
        "What is stored of a row that has changed several times since the last pull, where a stream tells each change: its last"
        " state alone, or each of them in turn (full), so that its version counts them and its batch tells them.",
        choices=("compact", "full"),
    )
    missing: str = prop(
        "reject",
        "What happens to a value that the conversion of its attribute does not know: the row is refused, or the attribute"
        " is emptied, keeps what is stored, takes its default, or takes the value as it is.",
        choices=("reject", "empty", "keep", "default", "pass"),
    )
    too_long: str = prop(
        "reject",
        "What happens to a text that is too long: the row is refused, or the text is cut off, which is recorded, or the"
        " attribute takes its default or keeps what is stored.",
        choices=("reject", "truncate", "default", "keep"),
    )
    out_of_range: str = prop(
        "reject",
        "What happens to a number or date below min or above max, or too large to be stored: clamp takes the bound.",
        choices=("reject", "clamp", "default", "keep"),
    )
    too_precise: str = prop(
        "reject",
        "What happens to a number with more decimals than its attribute has: round takes the nearest, a half away from zero.",
        choices=("reject", "round", "default", "keep"),
    )
    interval: float = prop(5.0, "Seconds between pulls.", min=0)
    batch_size: int = prop(5000, "Rows in one transaction; the initial load takes four times as many.", min=1)
    write_through: WriteThrough | None = prop(None, "Ask the outside system before a new record counts.")
    active: bool = prop(True, "An inactive map does nothing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAlert:
    """When people are told that a table map needs somebody, and whether it is paused then. Kind `sync_alert`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site whose roles are told.", ref="site")
    label: Text = prop(Text(), "Name that people read.")
    when: str = prop(
        help="What it watches for. errors: as many as `count` within `minutes`, rows that one side refused and runs that"
        " failed; lag: rows here, or changes that wait to go out, are older than `seconds`; no_success: the map has not brought"
        " everything for `seconds`; dead_letter: a refused row has waited for `seconds`; gap: changes were lost outside.",
        choices=("errors", "lag", "no_success", "dead_letter", "gap"),
    )
    maps: tuple[str, ...] = prop(
        (), "Table maps that it watches; all of them, or all of `connection`, where none is named.", ref="table_map"
    )
    connection: str = prop("", "Connection whose table maps it watches.", ref="connection")
    code: str = prop("", "For errors: only those of this class, such as lookup or unreachable.")
    count: int = prop(1, "For errors: how many.", min=1)
    minutes: float = prop(15.0, "For errors: within how many minutes, a day at most.", min=0, max=1440)
    seconds: float = prop(0.0, "For lag, no_success and dead_letter: how long.", min=0)
    roles: tuple[str, ...] = prop((), "Web roles whose people get a mail.", ref="web_role")
    webhook: str = prop(
        "",
        "Address that gets the alert as JSON, https, or ${NAME} of the environment variable that has it.",
        pattern=r"^(https?://[\x21-\x7e]+|\$\{[A-Za-z_][A-Za-z0-9_]*\})?$",
    )
    secret: str = prop(
        "",
        "${NAME} of the environment variable with the secret by which it is signed.",
        pattern=r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\})?$",
        secret=True,
    )
    pause: bool = prop(False, "Pause the map until somebody resumes it.")
    active: bool = prop(True, "An inactive alert watches nothing.")
