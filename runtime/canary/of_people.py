"""Requests at the pages around the sign-in: what a person is told of himself, his account, links and requests for access, and
the same bent to what is another's."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.model import EntityPermission
from runtime.canary.asking import Ask, pairs
from runtime.canary.ground import MISSING, Ground
from runtime.canary.kept_people import BROWSER, LINK, LOGIN, PASSKEY, SESSION, number_of, secret_of, shared
from runtime.canary.marks import Cell

OWN = (
    "/security",
    "/activity",
    "/accounts",
    "/passkeys",
    "/email",
    "/consent",
    "/register",
    "/access-requests",
    "/shares",
    "/sessions",
    "/logins",
    "/second-factor",
    "/password/change",
    "/password/forgot",
    "/invitation",
)
WITH_SECRET = (
    ("/register/confirm", "token"),
    ("/email/confirm", "token"),
    ("/password/reset", "token"),
    ("/invitation", "code"),
    ("/share", "link"),
)
WRONG = "not-a-secret-of-anything"
ENTRIES = (2, 40, 400, 1_000_000)
ENDED = (
    (SESSION, "/sessions", "session"),
    (BROWSER, "/sessions", "browser"),
    (PASSKEY, "/passkeys", "remove"),
    (LOGIN, "/logins", "remove"),
    (LINK, "/shares", "end"),
)
"""What a form ends that names it by its id, its address and the field."""
SAID = "canary"


def people_asks(ground: Ground) -> Iterator[Ask]:
    """Every page of one's own, with what of it can be asked for others; links that were shared, with a secret and without."""
    for path in OWN:
        yield _ask(path)
    for path, name in WITH_SECRET:
        yield _ask(path, (name, WRONG))
    for before in ENTRIES:
        yield _ask("/activity", ("before", str(before)))
    yield _send("/my-data", ("_", ""))
    yield from _addresses(ground)
    yield from _links(ground)


def people_writes(ground: Ground) -> Iterator[Ask]:
    """Ending what is another's, acting for an account that is none of one's own, deciding what one may not decide, and changing
    rows by a link that are not in it."""
    for kind, path, name in ENDED:
        yield from (_send(path, (name, str(number)), surface="writes") for number in _foreign(ground, kind))
    for account in ground.planted.rows["account"]:
        if account not in ground.judge.acts_for:
            yield _send("/accounts", ("account", str(account)), surface="writes")
    joining = ground.site.model.joining
    if joining is None or not ground.judge.asker.roles & set(joining.approvers):
        for act in ("refuse", "approve"):
            yield _send("/access-requests", ("request", "1"), ("act", act), ("reason", SAID), surface="writes")
    for held, number, secret in _held(ground):
        yield _send("/share", ("link", secret), surface="writes")
        for row in (one for one in ground.foreign(held.entity) if one != number):
            typed = [(key, SAID) for key in held.share_write or held.share_read]
            yield _send(f"/share/{number}", ("row", str(row)), ("version", "1"), *typed, surface="writes")


def _addresses(ground: Ground) -> Iterator[Ask]:
    """Addresses of others where one gives one's own: the answer is the same whoever has them."""
    emails = [str(value) for value in ground.hidden_values("contact", "email", 3)]
    joining = ground.site.model.joining
    named = [(f"a_{key}", SAID) for key in joining.attributes] if joining is not None else []
    for email in (*emails, f"{SAID}@canary.example"):
        yield _send("/register", ("email", email), *named, ("code", str(MISSING)))
        yield _send("/email", ("email", email), ("password", ""))
        yield _send("/password/forgot", ("email", email))


def _links(ground: Ground) -> Iterator[Ask]:
    for permission, number, secret in _held(ground):
        yield _ask("/share", ("link", secret))
        yield _send("/share", ("link", secret))
        yield _ask(f"/share/{number}")
        yield _ask(f"/share/{number}/narrow")
        for other in _foreign(ground, LINK):
            if other != number:
                yield _ask(f"/share/{other}")
                yield _ask(f"/share/{other}/narrow")
        every = [("read", one.key) for one in ground.snapshot.entities[permission.entity].model.attributes]
        for row in ground.tried(permission.entity):
            wanted = [("entity", permission.entity), ("row", str(row))]
            yield _ask("/shares/new", *wanted)
            if (permission.entity, row) not in ground.seen:
                yield _send("/shares/new", *wanted, ("keep", str(row)), *every, ("days", "1"))


def _held(ground: Ground) -> Iterator[tuple[EntityPermission, int, str]]:
    """The links whose secrets the person has, with their ids."""
    for held in ground.judge.asker.held:
        cell = Cell(LINK, held.maker.contact or 0, held.permission)
        yield ground.site.permissions[held.permission], number_of(ground.planted, cell), secret_of(cell)


def _foreign(ground: Ground, kind: str, most: int = 6) -> list[int]:
    """Ids of what is kept of others."""
    asker = ground.judge.asker
    cells = [cell for cell in ground.planted.kept if cell.entity == kind and cell.row != asker.contact]
    if kind == LINK:
        here = {one.key for one in shared(ground.site)}
        cells = [cell for cell in cells if cell.attribute in here]
    return [number_of(ground.planted, cell) for cell in cells][:most]


def _ask(path: str, *query: tuple[str, str]) -> Ask:
    return Ask("people", path, pairs(query), about=f"people {path.rstrip('0123456789')}")


def _send(path: str, *fields: tuple[str, str], surface: str = "people") -> Ask:
    return Ask(surface, path, (), "POST", pairs(fields), about=f"people {path.rstrip('0123456789')}")
