"""A service that a test needs and the machine may lack: skipped with a sentence, or failed where it is required."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest

KNOWN = frozenset({"postgresql", "mariadb", "browser", "nats", "rabbitmq", "redis"})
_SKIPPED = re.compile(r"Skipped: no (?P<service>\w+): (?P<why>.*)", re.DOTALL)


class Unavailable(Exception):
    """A service cannot be reached or started here; the message says why and what would help."""


def required() -> frozenset[str]:
    """The services named in FOYER_REQUIRE, whose absence is a failure."""
    names = frozenset(name.strip() for name in os.environ.get("FOYER_REQUIRE", "").split(",") if name.strip())
    if unknown := names - KNOWN:
        raise pytest.UsageError(f"FOYER_REQUIRE names {', '.join(sorted(unknown))}; known are {', '.join(sorted(KNOWN))}")
    return names


def missing(service: str, why: str) -> NoReturn:
    """End the test: skipped, or failed where the service is required."""
    if service in required():
        pytest.fail(f"{service} is required (FOYER_REQUIRE): {why}", pytrace=False)
    pytest.skip(f"no {service}: {why}")


def summary_lines(reasons: Iterable[str]) -> list[str]:
    """One line for each service and cause among the reasons of skipped tests."""
    found = Counter((m["service"], m["why"]) for reason in reasons if (m := _SKIPPED.match(reason)))
    return [
        f"{service}: {count} test{'' if count == 1 else 's'} skipped: {why}" for (service, why), count in sorted(found.items())
    ]
