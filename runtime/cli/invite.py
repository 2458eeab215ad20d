"""`foyer invite EMAIL`: an invitation for a contact that is there already."""

from __future__ import annotations

import datetime as dt

import click

from runtime.access.principal import grantable_roles
from runtime.cli import options
from runtime.cli.options import author as author_option
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, account_id, find_person, find_site, note_act, open_portal
from runtime.config import Config
from runtime.database import writing
from runtime.identity.invitations import ContactNotReady, InvitationTerms, invite
from runtime.identity.mails import invitation_link, invitation_mail, language_of
from runtime.identity.roles import UnknownRoles
from runtime.identity.settings import settings_for
from runtime.mail import MailFailed, MailMessage, make_mailer


@click.command("invite")
@click.argument("email")
@click.option("--role", "roles", multiple=True, help="Web role to give; may be repeated.")
@options.site
@click.option("--account", type=options.NAME, default="", help="Number or name of the account to set on the contact.")
@click.option("--days", type=click.IntRange(1, 365), help="Days for which the code works.")
@click.option("--uses", type=click.IntRange(1, 1000), default=1, show_default=True, help="How often the code works.")
@click.option("--no-mail", is_flag=True, help="Print the address only.")
@author_option
@reporting
def command(
    email: str, roles: tuple[str, ...], site: str, account: str, days: int | None, uses: int, author: str, *, no_mail: bool
) -> Report:
    """Invite the contact with this e-mail: mails the address where a password is chosen, and prints it."""
    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
        lifetime = dt.timedelta(days=days) if days else settings_for(portal.snapshot, found).invitation
        with writing(portal.engine).begin() as connection:
            person = find_person(connection, portal.snapshot, email)
            terms = InvitationTerms(roles, account_id(connection, portal.snapshot, account), lifetime, uses)
            code = invite(connection, portal.snapshot, found, person, terms)
            note_act(connection, "invite", person.contact, author, roles=sorted(roles))
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    except ContactNotReady as error:
        lines = (f"{email} cannot be invited:", *(f"  {missing}" for missing in error.missing))
        return Report(lines, {"error": lines[0], "missing": list(error.missing)}, ok=False)
    except UnknownRoles as error:
        there = ", ".join(sorted(grantable_roles(portal.snapshot, found.key)))
        sentence = f"the site has no web role to give named {error}; there are {there}"
        return Report((sentence,), {"error": sentence}, ok=False)
    language = language_of(portal.snapshot, found, person)
    link = invitation_link(portal.config.public_url, found, language, code)
    mailed, told = _mailed(portal.config, invitation_mail(portal.snapshot, found, language, person.email, link), no_mail)
    return Report((link, told), {"link": link, "code": code, "mailed": mailed})


def _mailed(config: Config, mail: MailMessage, no_mail: bool) -> tuple[bool, str]:
    if no_mail:
        return False, "No mail was sent; pass the address on yourself."
    try:
        make_mailer(config.smtp_url, config.mail_folder, config.mail_from).send(mail)
    except MailFailed as error:
        return False, f"No mail was sent ({error}); pass the address on yourself."
    return True, "The mail is on its way."
