"""Steps handed to OpenTelemetry's library, which sends them to the collector from a thread of its own.

It draws no numbers: a span has those of the step, so that they are the ones in the log and in the header of a call. Its
settings are OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_…, OTEL_BSP_…, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and
OTEL_RESOURCE_ATTRIBUTES.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from multiprocessing.util import Finalize

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context

from connectors.origin import Origin
from connectors.steps import CLIENT, CONSUMER, INTERNAL, SERVER, Fact
from runtime.meter import METER
from runtime.traces.database import facts_of

FLUSH_SECONDS = 3.0
"""What a process that ends may wait for the collector; what is not sent by then is lost."""
SERVICE = "foyer"
KINDS = {SERVER: SpanKind.SERVER, CLIENT: SpanKind.CLIENT, CONSUMER: SpanKind.CONSUMER, INTERNAL: SpanKind.INTERNAL}
REMOTE = (SERVER, CONSUMER)
"""What begins a process's part of a trace: the step above it was somebody else's, or an earlier one's."""


class _Numbers(threading.local, IdGenerator):
    """The numbers of the step that this thread begins."""

    trace = span = 0

    def generate_trace_id(self) -> int:
        """See the library's."""
        return self.trace

    def generate_span_id(self) -> int:
        """See the library's."""
        return self.span


class Told:
    """A step that is told, with what its thread asks of the database meanwhile."""

    __slots__ = ("_begun", "_span")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._begun = METER.statements, METER.seconds

    @property
    def flags(self) -> str:
        """See connectors.steps."""
        return f"{self._span.get_span_context().trace_flags:02x}"

    @property
    def wanted(self) -> bool:
        """See connectors.steps."""
        return self._span.is_recording()

    def rename(self, name: str) -> None:
        """See connectors.steps."""
        self._span.update_name(name)

    def note(self, facts: Mapping[str, Fact]) -> None:
        """See connectors.steps."""
        self._span.set_attributes(facts)

    def fail(self, kind: str) -> None:
        """See connectors.steps."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """See connectors.steps."""
        self.note(facts_of(METER.statements - self._begun[0], METER.seconds - self._begun[1]))
        self._span.end()


class Telling:
    """Tells of steps. What an exporter sends is sent by another thread, and thrown away where it comes faster than that."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._numbers = _Numbers()
        resource = Resource.create({SERVICE_NAME: SERVICE}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=self._numbers)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("foyer")

    def begin(self, origin: Origin, kind: str, name: str, facts: Mapping[str, Fact]) -> Told:
        """See connectors.steps."""
        return Told(self._begun(origin, kind, name, facts, None))

    def tell(self, origin: Origin, name: str, facts: Mapping[str, Fact], begun: int, ended: int) -> None:
        """See connectors.steps."""
        self._begun(origin, INTERNAL, name, facts, begun).end(ended)

    def _begun(self, origin: Origin, kind: str, name: str, facts: Mapping[str, Fact], since: int | None) -> Span:
        self._numbers.trace, self._numbers.span = int(origin.trace, 16), int(origin.span, 16)
        above = Context()
        if origin.above:
            flags = TraceFlags(int(origin.flags, 16))
            known = SpanContext(self._numbers.trace, int(origin.above, 16), kind in REMOTE, flags)
            above = set_span_in_context(NonRecordingSpan(known), above)
        return self._tracer.start_span(name, above, KINDS[kind], dict(facts), start_time=since)

    def flush(self) -> None:
        """Send what has not been sent yet, however long it takes."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send what is left, and nothing more from then on."""
        self._provider.shutdown()


def start() -> Telling:
    """Tell the collector that the variables name until the process ends. Raises ValueError where one cannot be read."""
    telling = Telling(OTLPSpanExporter())
    _at_the_end(telling)
    return telling


def _at_the_end(telling: Telling) -> None:
    """Have what is left sent when the process ends, for a while: whoever collects must not keep a process from ending.

    The library's own last flush may take half a minute, and a process made by `fork` never comes to `atexit`. The thread is
    begun now, since a process that ends begins none.
    """
    ending = threading.Event()

    def close() -> None:
        ending.wait()
        telling.close()

    closing = threading.Thread(target=close, name="traces", daemon=True)
    closing.start()

    def end() -> None:
        ending.set()
        closing.join(FLUSH_SECONDS)

    Finalize(None, end, exitpriority=1)
