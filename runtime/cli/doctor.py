"""`foyer doctor`: what is set, what is missing, and what is not in order."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

import click
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from connectors.settings import variables_of
from connectors.tablemap import compiled_maps
from connectors.tables import checkpoint
from metadata.errors import MetadataError
from metadata.snapshot import Snapshot
from metadata.store import StoreError, checked_snapshot
from metadata.text import counted
from metadata.variables import named_in
from runtime.cli.installation import Installation, open_installation
from runtime.cli.output import Report, reporting, sentence
from runtime.config import PREFIX, SETTINGS, Config, ConfigError, Setting, read_texts
from runtime.files.pictures import has_pillow
from runtime.files.places import make_store
from runtime.files.scanning import Clamd, ScannerDown
from runtime.files.store import StoreFailed, new_key
from runtime.identity.external.trying import BAD, DOUBTFUL, LIBRARIES, try_provider
from runtime.identity.mails import address_of
from runtime.mail import MailFailed, SmtpMailer
from runtime.render.texts import engine_texts
from runtime.sync.state import map_states
from runtime.thumbnails import declares_thumbnails
from runtime.traces.asked import MISSING, asked_by, has_library

PROBE = b"foyer doctor"
OK, WARNING, WRONG = "ok", "warning", "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `state` is ok, warning or wrong."""

    state: str
    what: str
    message: str


@click.command("doctor")
@reporting
def command() -> Report:
    """Say what is set, what is missing and what is not in order."""
    known = (*settings(os.environ), *installation(os.environ))
    findings = (*known, *unknown(os.environ, frozenset(finding.what for finding in known)))
    lines = [f"{finding.state:<8}{finding.what}: {finding.message}" for finding in findings]
    data = [{"state": finding.state, "what": finding.what, "message": finding.message} for finding in findings]
    return Report(tuple(lines), {"findings": data}, ok=all(finding.state != WRONG for finding in findings))


def settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """What is set and what is not; secrets are not shown."""
    texts, _ = read_texts(environ)
    for setting in SETTINGS:
        yield Finding(OK, setting.variable, _value(setting, texts))


def connections(environ: Mapping[str, str], snapshot: Snapshot) -> Iterator[Finding]:
    """Whether the variables that connections name are set; what they hold is not shown."""
    for connection in snapshot.connections.values():
        for name in variables_of(connection):
            given = name in environ or f"{name}_FILE" in environ
            state = OK if given or not connection.active else WARNING
            yield Finding(state, name, f"{'set' if given else 'not set'}, for the connection {connection.key}")


def providers(environ: Mapping[str, str], snapshot: Snapshot) -> Iterator[Finding]:
    """Whether what identity providers need is there: the variables that they name, and the libraries of their protocols."""
    found = [one for site in snapshot.sites.values() for one in site.identity_providers.values()]
    for provider in found:
        for name in (name for text in (provider.client_secret, provider.key_pair) for name in named_in(text)):
            given = name in environ or f"{name}_FILE" in environ
            state = OK if given or not provider.active else WARNING
            yield Finding(state, name, f"{'set' if given else 'not set'}, for the identity provider {provider.key}")
    for protocol, (module, extra) in LIBRARIES.items():
        named = sorted(one.key for one in found if one.active and one.protocol == protocol)
        if named and find_spec(module) is None:
            said = f"nobody can sign in with {', '.join(named)}, which takes the extra {extra} of Foyer"
            yield Finding(WRONG, "identity providers", said)


def provider_trials(environ: Mapping[str, str], snapshot: Snapshot, public_url: str) -> Iterator[Finding]:
    """What trying each active provider out has found: a line for each thing that is not in order, or one for all that is."""
    say = engine_texts("en")
    for site in snapshot.sites.values():
        base = address_of(public_url, site, site.model.default_language)
        for provider in site.identity_providers.values():
            if not provider.active:
                continue
            steps = try_provider(provider, environ, f"{base}/signin/with/{provider.key}/back")
            found = [step for step in steps if step.outcome in TOLD and step.name != "library"]  # `providers` tells of that
            for step in found:
                said = f"{say(f'provider_try.{step.name}')}: {say(step.text, **step.facts)}"
                yield Finding(TOLD[step.outcome], f"identity provider {provider.key}", said)
            if not found:
                yield Finding(OK, f"identity provider {provider.key}", "answers, and nothing is wrong as far as can be told")


# A provider that is away today is no fault of the installation: nothing else than signing in with it waits for it.
TOLD = {BAD: WARNING, DOUBTFUL: WARNING}
LOCAL = ("localhost", "127.0.0.1", "::1")
# Read by the launcher, the tests and the benchmarks, not by an installation.
OF_TOOLS = tuple(f"{PREFIX}{name}" for name in ("AUTHOR", "BENCH_", "EXTRAS", "REQUIRE", "TEST_", "VENV"))


def unknown(environ: Mapping[str, str], known: frozenset[str]) -> Iterator[Finding]:
    """Variables that look like settings and are neither those nor named by a published connection or identity provider."""
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(OF_TOOLS):
            continue
        if name not in known and name.removesuffix("_FILE") not in known:
            yield Finding(WARNING, name, "is no setting of Foyer; is it misspelt?")


def installation(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the settings can be used, the database answers, and the current release compiles."""
    try:
        Config.from_environment(environ)
    except ConfigError as error:
        yield from (Finding(WRONG, "settings", problem) for problem in error.problems)
        return
    try:
        found = open_installation(environ)
    except (SQLAlchemyError, OSError) as error:
        yield Finding(WRONG, "database", sentence(error))
        return
    yield Finding(OK, "database", f"{found.engine.dialect.name} answers")
    yield from _traces(environ)
    if found.config.theme_dir and not found.config.theme_dir.is_dir():
        yield Finding(WRONG, "themes", f"FOYER_THEME_DIR names no folder: {found.config.theme_dir}")
    if not environ.get("FOYER_SECRET_KEY") and not environ.get("FOYER_SECRET_KEY_FILE"):
        yield Finding(WARNING, "secret key", "is kept in the data folder; several machines need FOYER_SECRET_KEY")
    if in_the_open(found.config.public_url):
        said = f"FOYER_PUBLIC_URL is {found.config.public_url}: cookies also travel unencrypted, and no HSTS is sent"
        yield Finding(WARNING, "encryption", said)
    if found.config.workers > 1 and found.config.throttle_url == "memory://":
        said = f"attempts are counted in each of {found.config.workers} processes for itself; set FOYER_THROTTLE_URL"
        yield Finding(WARNING, "throttle", said)
    if found.config.smtp_url:
        yield _mail_server(found.config)
    if found.config.virus_scanner:
        yield _scanner(found.config.virus_scanner)
    yield from _files(found.config)
    yield from _release(environ, found)


def in_the_open(address: str) -> bool:
    """Whether people elsewhere reach the site at this address, without encryption."""
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname not in LOCAL


def _traces(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether what is asked for can be sent. What the variable holds may be a secret, and is not shown."""
    name = asked_by(environ)
    if name and not has_library():
        yield Finding(WARNING, "traces", f"{name} is set, but {MISSING}")
    elif name:
        yield Finding(OK, "traces", f"are sent to the collector that {name} names")


def _mail_server(config: Config) -> Finding:
    try:
        place = SmtpMailer(config.smtp_url, config.mail_from).try_out()
    except MailFailed as error:
        return Finding(WARNING, "mail", f"cannot be handed over, so that nobody gets any: {error}")
    return Finding(OK, "mail", f"{place} takes it")


def _scanner(address: str) -> Finding:
    try:
        return Finding(OK, "virus scanner", f"{Clamd.at(address).version()} answers")
    except ScannerDown as error:
        return Finding(WRONG, "virus scanner", f"does not answer, so that no upload is taken: {error}")


def _files(config: Config) -> Iterator[Finding]:
    """Whether files can be kept: an object goes to the store and back. In a folder nothing is written, whoever asks."""
    if not config.files_url:
        folder = config.files_folder
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield Finding(WRONG, "files", f"cannot be kept: {folder} is not this user's to read and write")
        return
    store, key = make_store(config.files_url, config.files_folder), new_key()
    try:
        store.put(key, io.BytesIO(PROBE))
        whole = b"".join(store.read(key, 0, len(PROBE))) == PROBE
        store.remove(key)
    except StoreFailed as error:
        yield Finding(WRONG, "files", f"the store does not take and give files, so that none is kept or shown: {error}")
        return
    yield (
        Finding(OK, "files", "the store takes and gives them")
        if whole
        else Finding(WRONG, "files", "the store gives back something else than it was given")
    )


def maps(engine: Engine, snapshot: Snapshot) -> Iterator[Finding]:
    """Table maps that do not get on, as `foyer sync status` tells of them. None where synchronisation never ran."""
    if not compiled_maps(snapshot) or not inspect(engine).has_table(checkpoint.name):
        return
    with engine.connect() as connection:
        for item in map_states(connection, snapshot):
            if item.problem:
                yield Finding(WARNING, f"table map {item.map}", f"{item.state}: {item.problem.splitlines()[0]}")


def _release(environ: Mapping[str, str], found: Installation) -> Iterator[Finding]:
    number = found.store.current_release()
    if number == 0:
        yield Finding(WARNING, "release", "nothing has been published yet; foyer publish DIR does")
        return
    try:
        snapshot = checked_snapshot(found.store.released(number).values(), number)
    except (MetadataError, StoreError) as error:
        yield Finding(WRONG, "release", f"release {number} does not compile: {error}")
        return
    yield Finding(OK, "release", f"release {number} compiles, with {counted(len(snapshot.components), 'component')}")
    yield from connections(environ, snapshot)
    yield from maps(found.engine, snapshot)
    yield from providers(environ, snapshot)
    yield from provider_trials(environ, snapshot, found.config.public_url)
    if declares_thumbnails(snapshot) and not has_pillow():
        yield Finding(WARNING, "pictures", "are to be shown small, which takes the extra images of Foyer")
    steps = found.store.plan_tables(snapshot).steps
    state, message = (WARNING, f"{counted(len(steps), 'step')} behind; foyer migrate --apply") if steps else (OK, "in step")
    yield Finding(state, "tables", message)
    if drafts := found.store.drafts():
        yield Finding(OK, "drafts", f"{counted(len(drafts), 'component is', 'components are')} saved and not released")


def _value(setting: Setting, texts: Mapping[str, str]) -> str:
    if setting.field not in texts:
        return f"not set, {setting.default!r} is used" if setting.default else "not set"
    return "set" if setting.secret else f"set to {texts[setting.field]!r}"
