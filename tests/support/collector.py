"""A collector of traces: it takes what OpenTelemetry's protocol sends it over HTTP, and keeps it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from connectors.steps import tell_steps
from runtime.traces.telling import Telling

Value = str | int | float | tuple[str, ...]
KINDS = {value: name.removeprefix("SPAN_KIND_").lower() for name, value in Span.SpanKind.items()}


@dataclass(frozen=True)
class Seen:
    """A span as it arrived."""

    name: str
    kind: str
    trace: str
    span: str
    above: str
    failed: bool
    seconds: float
    facts: dict[str, Value]
    service: Value


@dataclass
class Collector:
    """What has arrived so far, and where it is sent."""

    address: str = ""
    seen: list[Seen] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    telling: Telling | None = None

    def spans(self) -> list[Seen]:
        """What this process has told, all of it."""
        assert self.telling is not None
        self.telling.flush()
        return self.seen

    def named(self, name: str) -> list[Seen]:
        """The spans of a name, of this process."""
        return [span for span in self.spans() if span.name == name]

    def wait_for(self, name: str, seconds: float = 60.0) -> Seen:
        """A span of another process."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(span.name == name for span in self.seen), seconds), self.seen
        return next(span for span in self.seen if span.name == name)

    def take(self, body: bytes) -> None:
        """Keep what was sent."""
        with self.arrived:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = {item.key: _value(item.value) for item in resource.resource.attributes}["service.name"]
                self.seen += [_seen(span, service) for scope in resource.scope_spans for span in scope.spans]
            self.arrived.notify_all()


def _seen(span: Span, service: Value) -> Seen:
    return Seen(
        name=span.name,
        kind=KINDS[span.kind],
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        above=span.parent_span_id.hex(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        facts={item.key: _value(item.value) for item in span.attributes},
        service=service,
    )


def _value(given: Any) -> Value:
    kind = given.WhichOneof("value")
    if kind == "array_value":
        return tuple(item.string_value for item in given.array_value.values)
    found: Value = getattr(given, kind)
    return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a port of its own."""
    collector = Collector()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
            if known:
                collector.take(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *given: Any) -> None:
            """Tells nobody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    collector.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def told_to(address: str) -> Iterator[Telling]:
    """This process tells a collector at an address of its steps meanwhile."""
    telling = Telling(OTLPSpanExporter(endpoint=f"{address}/v1/traces", timeout=1))
    tell_steps(telling)
    try:
        yield telling
    finally:
        tell_steps(None)
        telling.close()


@contextmanager
def told() -> Iterator[Collector]:
    """A collector that this process tells of its steps."""
    with collecting() as collector, told_to(collector.address) as collector.telling:
        yield collector
