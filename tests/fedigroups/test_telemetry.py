"""Spans say how long requests, what comes and what goes take; to nobody without a collector."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from federation import tracing
from fedigroups import telemetry
from fedigroups.cli.stage import free_port
from servers import Server
from world import World

ORIGIN = "https://groups.example"
_SERVE = (
    "import sys\n"
    "{before}\n"
    "from fedigroups.cli import main\n"
    "try:\n"
    "    main(['serve', '--port', '{port}'])\n"
    "finally:\n"
    "    print('opentelemetry' in sys.modules)\n"
)


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    """What is sent of this process, kept here."""
    exporter = InMemorySpanExporter()
    with telemetry.sending(SimpleSpanProcessor(exporter), ORIGIN):
        yield exporter


def facts(spans: tuple[ReadableSpan, ...], name: str) -> list[dict[str, object]]:
    """What the spans of a name say."""
    return [dict(one.attributes or {}) for one in spans if one.name == name]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_follow_is_seen_at_the_door_at_work_and_on_its_way_back(
    world: World, kept: InMemorySpanExporter
) -> None:
    await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    ann = microblog.member("ann")
    follow = ann.follow()
    assert await ann.send(follow) == 202
    await world.settle()
    assert microblog.inbox
    spans = kept.get_finished_spans()
    assert {
        "http.request.method": "POST",
        "http.route": "/inbox",
        "http.response.status_code": 202,
    } in facts(spans, "POST /inbox")
    [processed] = facts(spans, "inbox.process")
    assert "is member in welders" in str(processed.pop("reason"))
    assert processed == {
        "activity": follow["id"], "kind": "Follow", "peer": "m.example", "outcome": "done"
    }  # fmt: skip
    delivered = facts(spans, "outbox.deliver")
    assert [one["outcome"] for one in delivered] == ["done"] * len(delivered)
    assert [one.document["id"] for one in microblog.inbox] == [one["activity"] for one in delivered]
    assert {one["http.response.status_code"] for one in delivered} == {202}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_span_tells_an_address_a_query_or_what_is_secret(
    world: World, kept: InMemorySpanExporter
) -> None:
    await world.town()
    request = httpx.Request("GET", f"{ORIGIN}/groups/s3cret?token=s3cret")
    assert (await world.network.handle_async_request(request)).status_code == 404
    assert kept.get_finished_spans()
    assert "s3cret" not in "".join(one.to_json() for one in kept.get_finished_spans())


class Collector(HTTPServer):
    """What takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, ExportTraceServiceRequest]] = []
        super().__init__(("127.0.0.1", 0), Taking)


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = ExportTraceServiceRequest.FromString(body)
        self.server.taken.append((self.path, said))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_collector_is_sent_all_of_them_before_the_end() -> None:
    collector = Collector()
    taking = threading.Thread(target=collector.serve_forever, daemon=True)
    taking.start()
    try:
        at = f"http://127.0.0.1:{collector.server_port}/"
        with (
            telemetry.exporting(at, ORIGIN),
            tracing.span("outbox.deliver", "client", {"peer": "m.example"}) as span,
        ):
            span.note({"outcome": "done"})
    finally:
        collector.shutdown()
        collector.server_close()
        taking.join()
    [(path, said)] = collector.taken
    assert path == "/v1/traces"
    [whole] = said.resource_spans
    told = {one.key: one.value.string_value for one in whole.resource.attributes}
    assert (told["service.name"], told["origin"]) == ("fedigroups", ORIGIN)
    assert [one.name for one in whole.scope_spans[0].spans] == ["outbox.deliver"]


def test_a_collector_that_is_away_holds_up_nothing_for_long() -> None:
    begun = time.monotonic()
    away = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    with telemetry.exporting(away, ORIGIN), tracing.span("inbox.process", "consumer", {}):
        pass
    assert time.monotonic() - begun < 6 * telemetry.SECONDS


@pytest.mark.processes
@pytest.mark.parametrize(
    ("before", "told", "said"),
    [
        ("", {}, ("", "False")),
        (
            "sys.modules['opentelemetry'] = None",
            {"FEDIGROUPS_OTLP_URL": "http://127.0.0.1:4318"},
            ("pip install 'fedigroups[otel]'", "True"),
        ),
    ],
    ids=["not wanted", "not there"],
)
def test_without_a_collector_nothing_of_it_is_imported(
    before: str, told: dict[str, str], said: tuple[str, str], tmp_path: Path
) -> None:
    """The port is taken, so that the server ends where it would begin."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        program = _SERVE.format(before=before, port=taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={"FEDIGROUPS_DATA_DIR": str(tmp_path), "FEDIGROUPS_LOG": "json"} | told,
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert said[0] in done.stderr
    assert done.stdout.split()[-1] == said[1]
