"""As whom somebody looks at the site, and at which state of it: a part of the address, read and written here alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from flask import Request, Response

from metadata.model.base import COMPONENT_KEY
from runtime.security import CONTENT_SECURITY_POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT = "/studio/as"
ENVIRON = "foyer.guise"
DRAFT = "draft"
SERVED = "served"
Kind = Literal["contact", "role", "anonymous"]
_KEY = COMPONENT_KEY.removeprefix("^").removesuffix("$")
_STATE = re.compile(rf"{DRAFT}|{SERVED}|release-(?P<release>[1-9][0-9]{{0,8}})")
_WHO = re.compile(
    rf"contact-(?P<contact>[1-9][0-9]{{0,17}})(?:-for-(?P<acting>[1-9][0-9]{{0,17}}))?|role-(?P<role>{_KEY})|anonymous"
)


@dataclass(frozen=True, slots=True)
class Guise:
    """A contact by its id, somebody without rows who holds one role, or nobody.

    `acting` is the account that a contact acts for, where it is another one than its own.
    `state` is what is looked at: `draft`, `served`, or a release such as `release-12` over the rows of today.
    """

    state: str
    kind: Kind
    key: str = ""
    acting: int | None = None

    @property
    def release(self) -> int | None:
        """The release that is looked at, where it is an earlier one that was named."""
        return release_of(self.state)

    @property
    def who(self) -> str:
        """As it stands in addresses: `contact-12`, `contact-12-for-34`, `role-buyer`, `anonymous`."""
        named = f"{self.kind}-{self.key}" if self.key else self.kind
        return f"{named}-for-{self.acting}" if self.acting is not None else named

    @property
    def base(self) -> str:
        """What stands before every address."""
        return f"{ROOT}/{self.state}/{quote(self.who, safe='')}"


def read_state(text: str) -> str | None:
    """A state as it stands in addresses; None for anything else."""
    return text if _STATE.fullmatch(text) else None


def release_of(state: str) -> int | None:
    """The release that a state names; None for the drafts and for what is served."""
    found = _STATE.fullmatch(state)
    return int(found["release"]) if found is not None and found["release"] else None


def read_who(text: str, state: str = DRAFT) -> Guise | None:
    """The guise of a part of an address; None for anything else."""
    found = _WHO.fullmatch(text)
    if found is None:
        return None
    contact, role = found["contact"], found["role"]
    if contact:
        return Guise(state, "contact", contact, int(found["acting"]) if found["acting"] else None)
    return Guise(state, "role", role) if role else Guise(state, "anonymous")


def split_guise(path: str) -> tuple[Guise, str] | None:
    """The guise at the start of a path, and the path without it; None for the address of no such thing."""
    if not path.startswith(f"{ROOT}/"):
        return None
    state, _, rest = path.removeprefix(f"{ROOT}/").partition("/")
    who, slash, rest = rest.partition("/")
    guise = read_who(who, state) if read_state(state) is not None else None
    return (guise, f"{slash}{rest}" or "/") if guise is not None else None


def guise_of(asked: Request) -> Guise | None:
    """As whom a request looks at the site; None for every other request."""
    found: Guise | None = asked.environ.get(ENVIRON)
    return found


def let_frame(response: Response) -> None:
    """Let pages of the studio show this answer in a frame."""
    policy = response.headers.get("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"


class GuisePrefix:
    """WSGI middleware: the guise moves from the path to the script name, so that routes see an address of the site."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        path = environ.get("PATH_INFO", "")
        found = split_guise(path) if path.startswith(ROOT) else None
        if found is not None:
            guise, rest = found
            environ[ENVIRON] = guise
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{guise.base}"
            environ["PATH_INFO"] = rest
        return self._app(environ, start_response)
