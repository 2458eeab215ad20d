"""All numbers as one text, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric, generate_latest
from prometheus_client.registry import Collector


class _Given(Collector):
    """Families that are known already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def text_of(families: Iterable[Metric]) -> str:
    """The families in the text format of Prometheus."""
    return generate_latest(_Given(families)).decode()
