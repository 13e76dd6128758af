"""This module sends spans to a collector, by OpenTelemetry; it is imported only where one is set.

What it needs is the extra `otel`. The OTEL_* variables of OpenTelemetry's SDK hold: sampling
(OTEL_TRACES_SAMPLER), headers (OTEL_EXPORTER_OTLP_HEADERS), and what else it reads by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Tracer

from federation import tracing
from federation.tracing import Fact, Kind
from fedigroups import __version__

SECONDS = 5
"""How long the collector may take for what it is sent, and at the end hold up the stop."""
_KINDS: dict[Kind, SpanKind] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}


class _Told:
    """A span of OpenTelemetry, as `federation.tracing` knows it."""

    def __init__(self, span: Span) -> None:
        self.rename = span.update_name
        self.note = span.set_attributes


@contextmanager
def exporting(url: str, origin: str) -> Iterator[None]:
    """Send the spans of this process to the collector at `url` (OTLP over HTTP) in the block."""
    exporter = OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces", timeout=SECONDS)
    with sending(BatchSpanProcessor(exporter), origin):
        yield


@contextmanager
def sending(processor: SpanProcessor, origin: str) -> Iterator[None]:
    """Hand the spans of this process to a processor in the block, and to nobody after it."""
    named = {"service.name": "fedigroups", "service.version": __version__, "origin": origin}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracing.send_to(partial(_span, provider.get_tracer("fedigroups", __version__)))
    try:
        yield
    finally:
        tracing.send_to(tracing.nowhere)
        provider.shutdown()


@contextmanager
def _span(tracer: Tracer, name: str, kind: Kind, facts: Mapping[str, Fact]) -> Iterator[_Told]:
    with tracer.start_as_current_span(name, kind=_KINDS[kind], attributes=facts) as span:
        yield _Told(span)
