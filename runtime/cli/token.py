"""`foyer token`: tokens with which programs call the web API in a person's name."""

from __future__ import annotations

import datetime as dt

import click

from metadata.text import counted
from runtime.cli import options
from runtime.cli.options import author as author_option
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, acting_for, find_person, find_site, note_act, open_portal, tell_of_change
from runtime.database import writing
from runtime.identity.api_tokens import NewToken, TokenEntry, entries, give, take_back
from runtime.identity.telling import TOKEN, TOKEN_REVOKED
from runtime.records.people import load_person


@click.group("token")
def command() -> None:
    """Give programs tokens for the web API, list them, take them back. It counts from the program's next call."""


@command.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--role", "roles", multiple=True, help="Only this web role of the person's; may be repeated.")
@click.option("--read-only", is_flag=True, help="Nothing can be changed with it.")
@click.option(
    "--account",
    type=options.NAME,
    default="",
    help="Number or name of a further account that it acts for; the contact's own without.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Days for which it works.")
@options.site
@author_option
@reporting
def create(
    email: str, name: str, roles: tuple[str, ...], account: str, days: int, site: str, author: str, *, read_only: bool
) -> Report:
    """Make a token that acts as the contact with this e-mail, and print it: it is shown this once.

    It acts for one account, whichever the person chooses in a browser.
    """
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        unknown = sorted(set(roles) - set(found.roles))
        if unknown:
            raise NotFound(f"the site has no web role {', '.join(unknown)}; there are {', '.join(sorted(found.roles))}")
        with writing(portal.engine).begin() as connection:
            person = find_person(connection, portal.snapshot, email)
            acting = acting_for(connection, portal.snapshot, person, account)
            new = NewToken(person.contact, found.key, name, roles, read_only, dt.timedelta(days=days), acting)
            number, token = give(connection, new)
            note_act(connection, "token", person.contact, author, token=number, days=days, roles=sorted(roles))
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    tell_of_change(portal, found, person, TOKEN)
    told = f"Token {number} works for {counted(days, 'day')}; send it as Authorization: Bearer. It is not shown again."
    return Report((token, told), {"id": number, "token": token, "days": days})


@command.command("list")
@click.argument("email", required=False)
@options.site
@reporting
def listed(email: str | None, site: str) -> Report:
    """List the tokens that work, of everybody or of one contact."""
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        with portal.engine.connect() as connection:
            people = None if email is None else [find_person(connection, portal.snapshot, email).contact]
            tokens = entries(connection, found.key, people)
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    lines = tuple(_line(token) for token in tokens) or ("There are no tokens.",)
    return Report(lines, {"tokens": [_data(token) for token in tokens]})


@command.command("revoke")
@click.argument("token", type=click.IntRange(1, 2**62), metavar="ID")
@author_option
@reporting
def revoke(token: int, author: str) -> Report:
    """Take the token with this id back. Its person is told."""
    portal = open_portal()
    with writing(portal.engine).begin() as connection:
        whose = take_back(connection, token)
        if whose is not None:
            note_act(connection, "token_revoked", whose[0], author, token=token)
        person = None if whose is None else load_person(connection, portal.snapshot, whose[0])
    ended = whose is not None
    site = portal.snapshot.sites.get(whose[1]) if whose is not None else None
    if person is not None and site is not None:
        tell_of_change(portal, site, person, TOKEN_REVOKED)
    missing = f"There is no token {token} that works; foyer token list has them."
    sentence = f"Token {token} no longer works." if ended else missing
    return Report((sentence,), {"id": token, "revoked": ended}, ok=ended)


def _line(token: TokenEntry) -> str:
    roles = ", ".join(token.roles) or "all roles"
    rights = f"{roles}, reading only" if token.reading else roles
    seen = f"last used {token.seen_at:%Y-%m-%d %H:%M}" if token.seen_at else "never used"
    return f"{token.id}  contact {token.contact}  {token.name}  ({rights})  until {token.expires_at:%Y-%m-%d}, {seen}"


def _data(token: TokenEntry) -> dict[str, object]:
    return {
        "id": token.id,
        "contact": token.contact,
        "name": token.name,
        "roles": list(token.roles),
        "read_only": token.reading,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "seen_at": token.seen_at.isoformat() if token.seen_at else None,
    }
