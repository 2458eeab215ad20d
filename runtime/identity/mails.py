"""The mails of identity, in the language and the words of the site."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from metadata.snapshot import CompiledSite, Snapshot
from runtime.context import RequestContext
from runtime.languages import language_tags, prefix_of
from runtime.mail import MailMessage
from runtime.records.people import Person
from runtime.render.texts import texts


def reset_mail(context: RequestContext, to: str, token: str, minutes: int) -> MailMessage:
    """The mail with the link that sets a new password."""
    say = texts(context.snapshot, context.site, context.language)
    link = f"{address_of(context.services.config.public_url, context.site, context.language)}/password/reset?token={token}"
    name = site_name(context.site, context.language)
    body = say("mail.reset.body", site=name, link=link, minutes=minutes)
    return MailMessage(to, say("mail.reset.subject", site=name), body)


def code_mail(context: RequestContext, to: str, code: str) -> MailMessage:
    """The mail with a code for the second step."""
    say = texts(context.snapshot, context.site, context.language)
    name = site_name(context.site, context.language)
    return MailMessage(to, say("mail.code.subject", site=name), say("mail.code.body", site=name, code=code))


def email_mail(context: RequestContext, to: str, token: str, minutes: int) -> MailMessage:
    """The mail to a new address, with the link that lets it count."""
    say = texts(context.snapshot, context.site, context.language)
    link = f"{address_of(context.services.config.public_url, context.site, context.language)}/email/confirm?token={token}"
    name = site_name(context.site, context.language)
    body = say("mail.email.body", site=name, link=link, minutes=minutes)
    return MailMessage(to, say("mail.email.subject", site=name), body)


def registration_mail(context: RequestContext, to: str, token: str) -> MailMessage:
    """The mail with the link that proves the e-mail of somebody who registers."""
    return _mail(context, "registration", to, f"/register/confirm?token={token}")


def known_mail(context: RequestContext, to: str) -> MailMessage:
    """The mail to somebody who registers and is known here already."""
    return _mail(context, "known", to, "/password/forgot")


def ways_mail(context: RequestContext, to: str, ways: tuple[str, ...]) -> MailMessage:
    """The mail to somebody who has no password here and asked for one, or wanted to register: how they sign in."""
    return _mail(context, "ways", to, "/signin", ways=", ".join(ways))


def request_mail(context: RequestContext, approver: Person, name: str) -> MailMessage:
    """The mail to somebody who approves: a person asks for access. It is in the approver's language, not in that person's."""
    language = language_of(context.snapshot, context.site, approver)
    return _mail(replace(context, language=language), "request", approver.email, "/access-requests", name=name)


def language_of(snapshot: Snapshot, site: CompiledSite, person: Person) -> str:
    """The language in which a person reads mails of a site: the one they chose, the site's own where it has none of theirs."""
    return language_tags(snapshot, site).get(person.language.lower(), "") or site.model.default_language


def refusal_mail(context: RequestContext, to: str, language: str, reason: str) -> MailMessage:
    """The mail to somebody whose request was refused, in the language in which it was asked."""
    say, name = texts(context.snapshot, context.site, language), site_name(context.site, language)
    body = say("mail.refusal.body", site=name, reason=reason)
    return MailMessage(to, say("mail.refusal.subject", site=name), body)


def _mail(context: RequestContext, key: str, to: str, path: str, **words: str) -> MailMessage:
    say = texts(context.snapshot, context.site, context.language)
    name = site_name(context.site, context.language)
    link = f"{address_of(context.services.config.public_url, context.site, context.language)}{path}"
    return MailMessage(to, say(f"mail.{key}.subject", site=name), say(f"mail.{key}.body", site=name, link=link, **words))


def invitation_mail(snapshot: Snapshot, site: CompiledSite, language: str, to: str, link: str) -> MailMessage:
    """The mail with the invitation's link."""
    say = texts(snapshot, site, language)
    name = site_name(site, language)
    return MailMessage(to, say("mail.invitation.subject", site=name), say("mail.invitation.body", site=name, link=link))


def invitation_link(public_url: str, site: CompiledSite, language: str, code: str) -> str:
    """The address at which a code is redeemed."""
    return f"{address_of(public_url, site, language)}/invitation?code={quote(code)}"


def address_of(public_url: str, site: CompiledSite, language: str) -> str:
    """Where the site is for people: never from a header of the request, which its sender chooses."""
    base = public_url.rstrip("/")
    if site.model.hosts and not any(f"//{host}" in base for host in site.model.hosts):
        base = f"{base.partition('://')[0]}://{site.model.hosts[0]}"
    return f"{base}{prefix_of(site, language)}"


def site_name(site: CompiledSite, language: str) -> str:
    """The site's name for people."""
    return site.model.label.in_language(language, site.model.default_language) or site.key
