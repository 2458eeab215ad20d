"""Whether traces are to be sent: by the variables that OpenTelemetry gives every program, where its library is installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec

from connectors.steps import tell_steps, teller
from runtime.loading import Later

log = logging.getLogger("foyer.traces")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
LIBRARIES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
MISSING = "no traces are sent: that takes the extra traces of Foyer"

_start = Later("runtime.traces.telling:start")


def asked_by(environ: Mapping[str, str]) -> str:
    """The variable that names the collector; "" where none does, or where another one says that nothing is to be sent."""
    refused = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    return "" if refused else next((name for name in ENDPOINTS if environ.get(name)), "")


def has_library() -> bool:
    """Whether what sends traces is installed; it is not loaded for that."""
    try:
        return all(find_spec(name) is not None for name in LIBRARIES)
    except ModuleNotFoundError:
        return False


def begin_traces(environ: Mapping[str, str]) -> None:
    """Have this process send its traces, if that is asked for; where it cannot be done the log says so. Called after forks."""
    if teller() is not None or not asked_by(environ):
        return
    if not has_library():
        log.warning("%s", MISSING, extra={"action": "traces"})
        return
    try:
        tell_steps(_start())
    except ValueError as error:
        log.warning("no traces are sent: %s", error, extra={"action": "traces"})
