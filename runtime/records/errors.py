"""Why rows were not given or not changed: one class per cause; its docstring is its sentence, `status` its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refused(Exception):
    """The request was refused; nothing was changed."""

    status: ClassVar[int] = 422

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(f"{(type(self).__doc__ or '').splitlines()[0]} {detail}".strip())


class BadAsk(Refused):
    """A part of the address cannot be understood."""

    status = 400

    def __init__(self, argument: str) -> None:
        self.argument = argument
        super().__init__(argument)


class Denied(Refused):
    """This is not permitted.

    `attribute` is the attribute at fault, if it is one; `side` says which right a lookup lacks: `append` on the row that
    holds it or `append_to` on the row pointed at.
    """

    status = 403

    def __init__(self, detail: str = "", *, attribute: str = "", side: str = "") -> None:
        self.attribute = attribute
        self.side = side
        super().__init__(detail)


class Missing(Refused):
    """There is no such record."""

    status = 404


class Conflict(Refused):
    """Somebody else has changed the record meanwhile.

    `current` is the record as it is now, as far as the principal may read it.
    """

    status = 409

    def __init__(self, current: Any) -> None:
        self.current = current
        super().__init__()


class Invalid(Refused):
    """Some values cannot be saved.

    `codes` names what is wrong by attribute; the key "" holds what is wrong with the record as a whole.
    """

    status = 422

    def __init__(self, codes: Mapping[str, str]) -> None:
        self.codes = dict(codes)
        super().__init__(", ".join(f"{key or 'record'}: {code}" for key, code in self.codes.items()))
