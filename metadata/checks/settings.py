"""The names of site settings, with what their values may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import SiteSetting
from metadata.model.data import CLASSES
from metadata.schema.faults import did_you_mean, shown
from metadata.told import told


def is_count(value: str) -> bool:
    """A whole number from 1 to 100,000."""
    return value.strip().isascii() and value.strip().isdigit() and 1 <= int(value[:12]) <= 100_000


def is_tile_address(value: str) -> bool:
    """An address of map pictures: https, with {z}, {x} and {y}."""
    parts = urlsplit(value)
    host = re.fullmatch(r"(\{s\}\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d{1,5})?", parts.netloc)
    return parts.scheme == "https" and bool(host) and all(part in value for part in ("{z}", "{x}", "{y}"))


def is_line(value: str) -> bool:
    """One line of text."""
    return len(value) <= 200 and "\n" not in value


def is_switch(value: str) -> bool:
    """Yes or no."""
    return value in ("true", "false")


def is_count_or_none(value: str) -> bool:
    """A whole number from 0 to 100,000."""
    return value.strip() == "0" or is_count(value)


def is_days(value: str) -> bool:
    """A number of days within a year."""
    return is_count(value) and int(value) <= 365


def is_pages(value: str) -> bool:
    """Names of pages on which a captcha can be asked."""
    return is_line(value) and set(words_of_list(value)) <= set(CAPTCHA_PAGES)


def is_classes(value: str) -> bool:
    """Classes of attributes that need protection."""
    return is_line(value) and set(words_of_list(value)) <= set(CLASSES[1:])


def words_of_list(value: str) -> list[str]:
    """Words in one line, with blanks or commas between."""
    return value.replace(",", " ").split()


def is_sources(value: str) -> bool:
    """Directives with hosts, such as `img-src https://cdn.example; script-src https://stats.example`."""
    parts = [part.split() for part in value.split(";") if part.strip()]
    return is_short(value) and bool(parts) and all(_is_directive(*part) for part in parts)


def _is_directive(name: str, *sources: str) -> bool:
    embedded = ("data:", "blob:") if name in EMBEDDING else ()
    return (
        name in DIRECTIVES and bool(sources) and all(source in embedded or bool(HOST.fullmatch(source)) for source in sources)
    )


def is_framers(value: str) -> bool:
    """Who may show the site in a frame: hosts, or 'self'."""
    words = value.split()
    return is_short(value) and bool(words) and all(word == "'self'" or bool(HOST.fullmatch(word)) for word in words)


def is_policy(value: str) -> bool:
    """A policy in one line."""
    return is_short(value) and bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9 :/.*;'+=_-]*", value))


def is_short(value: str) -> bool:
    """One line of at most 2,000 letters."""
    return len(value) <= 2000 and value.isascii() and value.isprintable()


HOST = re.compile(r"(https|wss)://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")
DIRECTIVES = ("script-src", "style-src", "img-src", "font-src", "connect-src", "media-src", "frame-src", "form-action")
EMBEDDING = ("img-src", "font-src", "media-src")
COUNT = (is_count, told("a whole number from 1 to 100000"))

PROVIDER, SITE_KEY = "captcha/provider", "captcha/site_key"
PROVIDERS = ("question", "turnstile", "hcaptcha", "recaptcha", "custom")
WITH_SITE_KEY = frozenset({"turnstile", "hcaptcha", "recaptcha"})
CAPTCHA_PAGES = ("signin", "invitation", "reset", "registration")

SECOND_FACTOR_ROLES = "identity/second_factor_roles"
USER_NAME = "identity/user_name"
READ_CLASSES = "audit/reads"

SETTINGS: dict[str, tuple[Callable[[str], bool], str]] = {
    "identity/lockout_attempts": COUNT,
    "identity/lockout_minutes": COUNT,
    "identity/attempts_per_minute": COUNT,
    "identity/session_hours": COUNT,
    "identity/remember_days": (is_count_or_none, told("a whole number from 0 to 100000")),
    "identity/password_min_length": COUNT,
    "identity/password_strength": (lambda value: value in ("0", "1", "2", "3", "4"), told("a whole number from 0 to 4")),
    "identity/reset_minutes": COUNT,
    "identity/invitation_days": COUNT,
    "identity/second_factor_days": (is_count_or_none, told("a whole number from 0 to 100000")),
    "identity/recent_proof_minutes": COUNT,
    SECOND_FACTOR_ROLES: (is_line, told("keys of web roles in one line of at most 200 letters")),
    USER_NAME: (is_line, told("an attribute of contacts")),
    "identity/passkeys": (lambda value: value in ("0", "1"), told("0 or 1")),
    "identity/passwords": (lambda value: value in ("0", "1"), told("0 or 1")),
    "publish/guards": (lambda value: value in ("refuse", "warn"), told("refuse or warn")),
    READ_CLASSES: (is_classes, told("classes of attributes in one line: {values}", values=", ".join(CLASSES[1:]))),
    "api/inner_error": (is_switch, told("true or false")),
    "publish/second_person_rows": (is_count_or_none, told("a whole number from 0 to 100000")),
    "map/tiles": (is_tile_address, told("an address such as https://tiles.example/{{z}}/{{x}}/{{y}}.png")),
    "forms/kept_days": (is_days, told("a whole number from 1 to 365")),
    PROVIDER: (lambda value: value in PROVIDERS, told("one of {values}", values=", ".join(PROVIDERS))),
    SITE_KEY: (is_line, told("one line of at most 200 letters")),
    "captcha/pages": (is_pages, told("names of pages in one line: {values}", values=", ".join(CAPTCHA_PAGES))),
    "headers/content_sources": (is_sources, told("directives with hosts, such as img-src https://cdn.example")),
    "headers/report_only": (is_policy, told("a Content-Security-Policy in one line of at most 2,000 letters")),
    "headers/frame_ancestors": (is_framers, told("hosts such as https://intranet.example, or 'self'")),
    "map/credit": (is_line, told("one line of at most 200 letters")),
}


def site_settings(world: World) -> Iterator[Problem]:
    """Settings have names that something reads, and values that it understands."""
    for setting in world.all(SiteSetting):
        if setting.key not in SETTINGS:
            message = told("Nothing reads a setting of this name.{hint}", hint=did_you_mean(setting.key, SETTINGS))
            yield world.warning(setting, "key", "unknown-setting", message)
            continue
        accepts, what = SETTINGS[setting.key]
        if not accepts(setting.value):
            yield world.problem(
                setting, "value", "setting-value", told("{value} is not {wanted}.", value=shown(setting.value), wanted=what)
            )


def second_factor_roles(world: World) -> Iterator[Problem]:
    """A web role of which a second factor is asked exists: a slip of the pen must not let anybody in without one."""
    for setting in world.all(SiteSetting):
        if setting.key != SECOND_FACTOR_ROLES:
            continue
        known = world.keys.get(("web_role", setting.site), frozenset())
        for role in setting.value.replace(",", " ").split():
            if role not in known:
                message = told("There is no web role {role}.{hint}", role=shown(role), hint=did_you_mean(role, known))
                yield world.problem(setting, "value", "unknown-key", message)


def user_names(world: World) -> Iterator[Problem]:
    """User names are texts of contacts, each of one contact alone: whoever shares a name could not be told from the other."""
    contact = world.entities["contact"]
    for setting in world.all(SiteSetting):
        named = setting.value.strip()
        if setting.key != USER_NAME or not named:
            continue
        attribute = contact.attributes.get(named)
        if attribute is None:
            message = told(
                "The entity {entity} has no attribute {attribute}.{hint}",
                entity="contact",
                attribute=shown(named),
                hint=did_you_mean(named, contact.attributes),
            )
            yield world.problem(setting, "value", "unknown-attribute", message)
        elif attribute.type != "text" or not any(key.attributes == (named,) for key in contact.model.keys):
            message = told(
                "People sign in by {attribute} only where it is a text and by itself a key of contacts; add it to their keys.",
                attribute=named,
            )
            yield world.problem(setting, "value", "user-name", message)


def captcha_keys(world: World) -> Iterator[Problem]:
    """A provider of captchas that knows sites by a key is given one."""
    keyed = {setting.site for setting in world.all(SiteSetting) if setting.key == SITE_KEY and setting.value}
    for setting in world.all(SiteSetting):
        if setting.key == PROVIDER and setting.value in WITH_SITE_KEY and setting.site not in keyed:
            message = told(
                "{provider} knows sites by a key; add the setting {setting} with the one that it gave you.",
                provider=setting.value,
                setting=SITE_KEY,
            )
            yield world.problem(setting, "value", "setting-value", message)


RULES = (site_settings, second_factor_roles, user_names, captcha_keys)
