"""What a command says: lines for people, one JSON document for programs, an exit code, and never a trace."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click
import orjson
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from metadata.errors import MetadataError, Problem
from metadata.migrate import MigrationRefused
from metadata.store import StoreError
from metadata.text import counted
from runtime.config import ConfigError
from runtime.database import UnknownDatabase

EXPECTED = (
    MetadataError,
    MigrationRefused,
    StoreError,
    ConfigError,
    UnknownDatabase,
    SQLAlchemyError,
    OSError,
    UnicodeEncodeError,
)

SHOWN = 300
LONG_WORD = re.compile(rf"\S{{{SHOWN + 1},}}")


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a command: `lines` are printed, or `data` with --json; not `ok` means exit code 1."""

    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True


def reporting(function: Callable[..., Report]) -> Callable[..., None]:
    """Make a function that gives back a Report the body of a command, with the option --json."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @functools.wraps(function)
    def body(*args: Any, as_json: bool, **options: Any) -> None:
        try:
            report = function(*args, **options)
        except EXPECTED as error:
            report = failure(error)
        show(report, as_json=as_json)
        click.get_current_context().exit(0 if report.ok else 1)

    return body


def show(report: Report, *, as_json: bool) -> None:
    """Print a report."""
    if as_json:
        document = {"ok": report.ok, **report.data}
        click.echo(_as_json(document))
        return
    for line in report.lines:
        click.echo(printable(line if report.ok else brief(line)), err=not report.ok)


def _as_json(document: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:  # a name that is no text in UTF-8, which the standard library escapes
        return json.dumps(document, default=str, indent=2)


def printable(text: str) -> str:
    """A text as it can be printed: names of files may have bytes that are no text in UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def failure(error: Exception) -> Report:
    """The report of an expected error."""
    if isinstance(error, MetadataError):
        return of_problems(error.problems)
    if isinstance(error, MigrationRefused):
        return Report(tuple(str(error).splitlines()), {"error": sentence(error), "reasons": list(error.reasons)}, ok=False)
    if isinstance(error, ConfigError):
        return Report(error.problems, {"error": "Some settings are wrong.", "reasons": list(error.problems)}, ok=False)
    said = brief(sentence(error))
    return Report((said,), {"error": said}, ok=False)


def brief(text: str) -> str:
    """A text in which no word is longer than a screen can show: what somebody passed may be of any length."""
    return LONG_WORD.sub(lambda found: f"{found[0][:SHOWN]}...", text)


def sentence(error: Exception) -> str:
    """One line that says what happened, without a password and without a trace."""
    if isinstance(error, DBAPIError):
        return f"The database refused: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, UnicodeEncodeError):
        return "What was passed is no text in UTF-8."
    if isinstance(error, OSError):
        return f"{error.filename or 'The system'}: {error.strerror or error}"
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def of_problems(problems: tuple[Problem, ...]) -> Report:
    """The report of a check: every problem, as `file:line component message`. Warnings alone are no failure."""
    errors = sum(problem.severity == "error" for problem in problems)
    lines = [str(problem) if problem.severity == "error" else f"warning: {problem}" for problem in problems]
    lines.append(f"{counted(errors, 'problem')}, {counted(len(problems) - errors, 'warning')}.")
    return Report(tuple(lines), {"problems": [as_data(problem) for problem in problems]}, ok=errors == 0)


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem for programs."""
    return {
        "file": problem.position.file,
        "line": problem.position.line,
        "path": problem.position.path,
        "component": problem.component,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
    }
