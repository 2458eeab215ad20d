"""What a program is told when it is refused: an HTTP status and a code that stays the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from metadata.model.base import Privilege
from runtime.odata.faults import NotOffered, SyntaxFault
from runtime.records.errors import BadAsk, Conflict, Denied, Invalid, Missing, Refused

NO_ATTRIBUTES = "900400FF"
UNKNOWN = "90040100"
NOT_ENABLED = "90040101"
APPEND = "90040105"
APPEND_TO = "90040106"
TOKEN = "90040107"  # noqa: S105 a code, no secret
SESSION = "90040109"
MISSING = "9004010C"
REFUSED = "9004010D"
PRIVILEGES: Mapping[Privilege, str] = {
    "read": "90040120",
    "write": "90040102",
    "create": "90040103",
    "delete": "90040104",
    "append": APPEND,
    "append_to": APPEND_TO,
}
"""The code of each privilege that somebody lacks."""


@dataclass
class ApiFault(Exception):
    """A call is refused. `details` are codes by the name of a property; `headers` go with the answer."""

    status: int
    code: str
    message: str
    target: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def bad(message: str, target: str = "") -> ApiFault:
    """The call cannot be understood."""
    return ApiFault(400, "BadRequest", message, target)


def not_offered(what: str, target: str = "") -> ApiFault:
    """OData has it, this server has not."""
    return ApiFault(501, "NotImplemented", f"Not offered here: {what}.", target)


def missing(what: str = "There is no such resource.") -> ApiFault:
    """What the address names is not there, or may not be read."""
    return ApiFault(404, MISSING, what)


def wrong_method(*allowed: str) -> ApiFault:
    """The resource takes other methods only."""
    message = f"This resource takes {', '.join(allowed)} only."
    return ApiFault(405, "MethodNotAllowed", message, headers={"Allow": ", ".join(allowed)})


def unknown(name: str, entity_set: str) -> ApiFault:
    """A name that the entity set has not."""
    return ApiFault(400, UNKNOWN, f"{entity_set} has no property {name[:80]!r}.", name[:80])


def not_enabled(name: str, entity_set: str) -> ApiFault:
    """A name that is not offered, or not to the caller."""
    return ApiFault(403, NOT_ENABLED, f"The property {name} of {entity_set} is not enabled for the caller.", name)


def denied(privilege: Privilege, entity_set: str, target: str = "") -> ApiFault:
    """A privilege that the caller lacks."""
    name = privilege.replace("_", " ")
    return ApiFault(403, PRIVILEGES[privilege], f"The caller has no {name} permission for this on {entity_set}.", target)


@contextmanager
def told(privilege: Privilege, entity_set: str, conditional: bool = False) -> Iterator[None]:
    """What the records room refuses inside is told as a fault of the privilege that was used. `conditional` writes named
    the version that they change."""
    try:
        yield
    except Refused as error:
        raise fault_of(error, privilege, entity_set, conditional) from error


def fault_of(error: Refused, privilege: Privilege = "read", entity_set: str = "this", conditional: bool = False) -> ApiFault:
    """The fault that stands for a refusal."""
    match error:
        case Denied():
            side: Privilege = "append" if error.side == "append" else "append_to" if error.side else privilege
            return denied(side, entity_set, error.attribute)
        case Missing():
            return missing("There is no such row.")
        case Conflict() if conditional:
            return ApiFault(412, "PreconditionFailed", "Somebody else has changed the row meanwhile.")
        case Conflict():
            return ApiFault(409, "Conflict", "Somebody else has changed the row meanwhile; try again.")
        case Invalid():
            what = ", ".join(f"{name or 'row'}: {code}" for name, code in error.codes.items())
            return ApiFault(400, REFUSED, f"Some values cannot be saved ({what}).", details=error.codes)
        case BadAsk():
            return bad("More rows were asked for than are sent at once; use $top, $filter or $select.", error.argument)
    return ApiFault(error.status, REFUSED, str(error))


def text_fault(fault: SyntaxFault | NotOffered) -> ApiFault:
    """The fault that stands for a text that OData does not know, or this server does not."""
    if isinstance(fault, NotOffered):
        return not_offered(fault.what, fault.option)
    where = f"{fault.option}, character {fault.at + 1}: " if fault.at else f"{fault.option}: " if fault.option else ""
    return bad(f"{where}{fault.message}.", fault.option)
