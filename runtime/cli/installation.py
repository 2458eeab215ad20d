"""What commands work on: the settings of the environment, and the store in the database that they name."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy import Engine, make_url

from metadata.store import MetadataStore
from runtime.address import kept_address
from runtime.config import Config, read_texts
from runtime.database import make_engine
from runtime.guards import GUARDS
from runtime.secret import secret_key


@dataclasses.dataclass(frozen=True, slots=True)
class Installation:
    """The settings, the engine, and the store, whose tables are there."""

    config: Config
    engine: Engine
    store: MetadataStore


def open_installation(environ: Mapping[str, str] | None = None) -> Installation:
    """The installation of an environment; a new database is made ready.

    Its connections are closed when the command ends. Raises ConfigError, SQLAlchemyError, OSError.
    """
    config = configured(environ)
    make_folder(config.database_url)
    engine = make_engine(config.database_url, pool_size=config.pool_size)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(engine.dispose)
    store = MetadataStore(engine, GUARDS)
    store.create()
    return Installation(config, engine, store)


def configured(environ: Mapping[str, str] | None = None) -> Config:
    """The settings, with a secret key that is made and kept where none is set, and the address of a demo that runs on the
    data folder where none is set. Raises ConfigError, OSError.
    """
    given = os.environ if environ is None else environ
    config = Config.from_environment(given)
    texts, _ = read_texts(given)
    address = config.public_url if "public_url" in texts else kept_address(config.data_dir) or config.public_url
    return dataclasses.replace(config, public_url=address, secret_key=secret_key(config.secret_key, config.data_dir))


def make_folder(database_url: str) -> None:
    """The folder of an SQLite file."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
