"""The engine of an outside database, and its errors sorted by what the runner must do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)

from connectors.errors import Fatal, RecordRejected, Retriable, first_line

CONNECT_SECONDS = 5
_OLD_PLAN = "cached plan must not change result type"
_WATCHED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A line that was cut without a word is noticed in half a minute, not after the two hours that systems take by themselves."""
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


def open_engine(name: str, settings: Mapping[str, str]) -> Engine:
    """The engine of a connection; nothing is opened yet. Raises Fatal for an address that cannot work."""
    try:
        url = make_url(settings["url"])
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        engine = create_engine(
            _existing(url), pool_pre_ping=True, pool_recycle=1800, hide_parameters=True, connect_args=_arguments(url)
        )
        event.listen(engine, "handle_error", _forget_plans)
        return engine
    except KeyError:
        raise Fatal(f"connection {name} has no setting url") from None
    except ArgumentError:
        raise Fatal(f"connection {name}: the url cannot be read as a database address") from None
    except (NoSuchModuleError, ImportError) as error:
        raise Fatal(f"connection {name}: no driver for this database: {first_line(error)}") from None


def _forget_plans(context: ExceptionContext) -> None:
    """PostgreSQL refuses what it has prepared once a column has another length; a new connection has nothing prepared."""
    if _OLD_PLAN in str(context.original_exception):
        context.is_disconnect = True


def reading(engine: Engine) -> Engine:
    """The same engine for statements that stand alone, where a transaction around them costs the server two more."""
    return engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else engine


def _arguments(url: URL) -> dict[str, Any]:
    match url.get_backend_name():
        case "sqlite":
            return {"timeout": CONNECT_SECONDS}
        case "postgresql":
            return {"connect_timeout": CONNECT_SECONDS, "options": "-c timezone=UTC", **_WATCHED}
        case "mysql" | "mariadb":
            return {"connect_timeout": CONNECT_SECONDS, "init_command": "SET time_zone = '+00:00'"}
    return {}


def _existing(url: URL) -> URL:
    """A SQLite file that is not there is a fault, not an empty database to be made."""
    file = url.database
    if url.get_backend_name() != "sqlite" or not file or file == ":memory:" or file.startswith("file:"):
        return url
    return url.set(database=f"file:{file}").update_query_dict({"mode": "rw", "uri": "true"})


@contextmanager
def sorted_errors(name: str) -> Iterator[None]:
    """Turn the driver's errors into Fatal, Retriable and RecordRejected."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise RecordRejected(f"{name} refuses the row: {first_line(error)}", "database") from error
    except (OperationalError, InterfaceError, TimeoutError) as error:
        raise Retriable(f"{name} does not answer: {first_line(error)}") from error
    except DBAPIError as error:
        kind = Retriable if error.connection_invalidated else Fatal
        raise kind(f"{name}: {first_line(error)}") from error
    except SQLAlchemyError as error:
        raise Fatal(f"{name}: {first_line(error)}") from error
    except UnicodeDecodeError as error:
        raise Fatal(f"{name}: a text is not in the encoding that the database names: {error}") from error
