"""Settings: the environment, one prefix, read once and all at once.

In: a mapping such as `os.environ`. Out: a frozen `Config`, or `ConfigError` with every problem. Each setting `FOYER_X` may
be given as `FOYER_X_FILE` instead, the name of a file that holds the value, which suits secrets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runtime.database import UnknownDatabase, parse_url
from runtime.files.places import read_files_url
from runtime.files.scanning import Clamd
from runtime.mail.address import mail_server

PREFIX = "FOYER_"
SHORTEST_SECRET = 16
SAME_SITE = ("Lax", "Strict", "None")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
COUNTERS = ("memory", "redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")


class ConfigError(Exception):
    """Some settings are wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _text(value: str) -> str:
    return value


def _secret(value: str) -> str:
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return value


def _secrets(value: str) -> tuple[str, ...]:
    return tuple(_secret(line.strip()) for line in value.splitlines() if line.strip())


def _words(value: str) -> frozenset[str]:
    return frozenset(value.split())


def _flag(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in words:
        raise ValueError("must be true or false")
    return words[value.lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value[:12]) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def _database(value: str) -> str:
    try:
        return parse_url(value).render_as_string(hide_password=False)
    except UnknownDatabase as error:
        raise ValueError(str(error)) from None


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://portal.example.com")
    return value.rstrip("/")


def _mail(value: str) -> str:
    mail_server(value)
    return value


def _counter(value: str) -> str:
    if urlsplit(value).scheme not in COUNTERS:
        raise ValueError("must be memory:// or the address of a Redis server, such as redis://host:6379")
    return value


def _scanner(value: str) -> str:
    Clamd.at(value)
    return value


def _same_site(value: str) -> str:
    if value.capitalize() not in SAME_SITE:
        raise ValueError("must be lax, strict or none")
    return value.capitalize()


def _level(value: str) -> str:
    if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be debug, info, warning or error")
    return value.upper()


def _folder(value: str) -> Path:
    return Path(value).expanduser()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its field of `Config`, what it is for, how its text is read; `secret` ones are never printed."""

    field: str
    help: str
    read: Callable[[str], Any] = _text
    default: str = ""
    secret: bool = False

    @property
    def variable(self) -> str:
        """The name of the environment variable."""
        return PREFIX + self.field.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", "Folder for files that Foyer writes: the SQLite database, mail without a server.", _folder, "data"),
    Setting(
        "database_url",
        "Database: sqlite:///file or postgresql://user:password@host/name. Without it, foyer.db in the data folder.",
        _database,
        secret=True,
    ),
    Setting(
        "secret_key",
        "Secret that signs sessions and links; the same in every process, at least 16 characters. "
        "Without it, one is made and kept in the data folder.",
        _secret,
        secret=True,
    ),
    Setting(
        "old_secret_keys",
        "Secret keys of before, one on each line: what they signed and sealed still counts while they are named here.",
        _secrets,
        secret=True,
    ),
    Setting("public_url", "Address at which people reach the site, used in mails.", _address, "http://127.0.0.1:8000"),
    Setting(
        "smtp_url",
        "Mail server, such as smtps://user:password@host:465. Without it, mails are written to the mail folder.",
        _mail,
        secret=True,
    ),
    Setting("mail_folder", "Folder for mails where there is no mail server. Without it, mail in the data folder.", _folder),
    Setting("mail_from", "Sender of mails.", _text, "Foyer <noreply@localhost>"),
    Setting("argon2_time", "Rounds of the password hash.", _whole(1, 20), "3"),
    Setting("argon2_memory", "Memory of the password hash, in KiB.", _whole(64, 4_194_304), "65536"),
    Setting("argon2_lanes", "Lanes of the password hash.", _whole(1, 64), "1"),
    Setting(
        "throttle_url",
        "Where attempts are counted: memory:// in each process, or redis://host:6379 for all.",
        _counter,
        "memory://",
        secret=True,
    ),
    Setting(
        "metrics_token",
        "Token of at least 16 characters with which Prometheus may read /metrics; without it there is no such address.",
        _secret,
        secret=True,
    ),
    Setting(
        "audit_days",
        "Days after which lines of the audit trail are deleted by foyer worker; without it they are kept for good.",
        _whole(30, 36_500),
    ),
    Setting("captcha_secret", "Secret key at the provider of captchas, where the site settings name one.", _text, secret=True),
    Setting("captcha_verify_url", "Address that verifies captchas in the place of the provider's own.", _address),
    Setting(
        "webhook_hosts",
        "Hosts, with blanks between, that webhooks may reach in a private network and without encryption.",
        _words,
    ),
    Setting("workers", "Web processes of foyer serve.", _whole(1, 256), "1"),
    Setting("threads", "Threads in each web process.", _whole(1, 256), "8"),
    Setting("pool_size", "Database connections kept open in each process.", _whole(1, 500), "8"),
    Setting("max_body_bytes", "Largest request body, in bytes.", _whole(1024, 10_000_000_000), "33554432"),
    Setting("max_file_bytes", "Largest file that may be uploaded, in bytes.", _whole(1024, 10_000_000_000), "26214400"),
    Setting(
        "files_folder",
        "Folder for files that people upload, shared by all processes. Without it, files in the data folder.",
        _folder,
    ),
    Setting(
        "files_url",
        "S3-compatible store for files instead of the folder: s3://bucket/prefix?endpoint=https://host.",
        read_files_url,
    ),
    Setting(
        "virus_scanner",
        "ClamAV's clamd, which looks through each upload: clamd://host:3310 or clamd:///run/clamav/clamd.ctl. "
        "Where it does not answer nothing is taken.",
        _scanner,
    ),
    Setting(
        "cookie_same_site",
        "With which requests browsers send cookies: lax, strict (none that another site begins), or none (all, also within "
        "frames of other sites; needs https).",
        _same_site,
        "lax",
    ),
    Setting("trusted_proxies", "Number of proxies in front whose forwarded headers are believed.", _whole(0, 10), "0"),
    Setting("log_level", "Least severe messages that are logged: debug, info, warning or error.", _level, "info"),
    Setting("theme_dir", "Folder with themes of your own, searched before the built-in ones.", _folder),
    Setting(
        "debug",
        "Read changed templates anew with each request, while a theme is made. Errors are never shown in detail.",
        _flag,
        "false",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one process."""

    data_dir: Path
    database_url: str = dataclasses.field(repr=False)
    secret_key: str = dataclasses.field(repr=False)
    old_secret_keys: tuple[str, ...] = dataclasses.field(repr=False)
    public_url: str
    smtp_url: str = dataclasses.field(repr=False)
    mail_folder: str
    mail_from: str
    argon2_time: int
    argon2_memory: int
    argon2_lanes: int
    throttle_url: str = dataclasses.field(repr=False)
    metrics_token: str
    audit_days: int | None
    captcha_secret: str = dataclasses.field(repr=False)
    captcha_verify_url: str
    webhook_hosts: frozenset[str]
    workers: int
    threads: int
    pool_size: int
    max_body_bytes: int
    max_file_bytes: int
    files_folder: Path
    files_url: str
    virus_scanner: str
    cookie_same_site: str
    trusted_proxies: int
    log_level: str
    theme_dir: Path | None
    debug: bool

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Config:
        """The settings of an environment. Raises ConfigError with every problem."""
        texts, problems = read_texts(environ)
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = texts.get(setting.field, setting.default)
            try:
                values[setting.field] = setting.read(text) if text else None
            except ValueError as error:
                problems.append(f"{setting.variable} {error}")
        problems += _unfit_cookies(values)
        if problems:
            raise ConfigError(tuple(problems))
        folder: Path = values["data_dir"]
        values["database_url"] = values["database_url"] or _database(f"sqlite:///{folder / 'foyer.db'}")
        values["secret_key"] = values["secret_key"] or ""
        values["old_secret_keys"] = values["old_secret_keys"] or ()
        values["webhook_hosts"] = values["webhook_hosts"] or frozenset()
        values["smtp_url"] = values["smtp_url"] or ""
        for name in ("metrics_token", "captcha_secret", "captcha_verify_url"):
            values[name] = values[name] or ""
        values["files_folder"] = values["files_folder"] or folder / "files"
        values["files_url"] = values["files_url"] or ""
        values["virus_scanner"] = values["virus_scanner"] or ""
        values["mail_folder"] = str(values["mail_folder"] or folder / "mail")
        return cls(**values)


def _unfit_cookies(values: Mapping[str, Any]) -> list[str]:
    """Why cookies cannot be as they are to be: browsers take them so, or tell who leads to a page, over https alone."""
    wanted, address = values.get("cookie_same_site"), urlsplit(values.get("public_url") or "")
    if address.scheme != "http" or wanted not in ("Strict", "None"):
        return []
    if wanted == "Strict" and address.hostname in LOOPBACK:
        return []
    return [f"FOYER_COOKIE_SAME_SITE {wanted.lower()} needs https; give FOYER_PUBLIC_URL an address with https, or use lax"]


def read_texts(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The settings that are given, as text, and what is wrong with how they are given: unknown names, unreadable files."""
    texts: dict[str, str] = {}
    problems: list[str] = []
    for setting in SETTINGS:
        direct, file = environ.get(setting.variable, ""), environ.get(f"{setting.variable}_FILE", "")
        if direct and file:
            problems.append(f"{setting.variable} and {setting.variable}_FILE are both set; give one of them")
        elif file:
            try:
                texts[setting.field] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                problems.append(f"{setting.variable}_FILE names a file that cannot be read: {file}")
        elif direct:
            texts[setting.field] = direct
    return texts, problems
