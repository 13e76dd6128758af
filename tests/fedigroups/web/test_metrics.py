"""What is counted at `/metrics`, who may read it, and that what watches it knows its names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from federation import clock, metrics, storage
from fedigroups import handbook
from fedigroups.app import make_app
from fedigroups.web.metrics import may_read
from servers import Server
from world import World

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
OURS = {name for one in handbook.described_metrics() for name in metrics.names_of(one)}


def asked(client: str, **headers: str) -> Request:
    told = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": told}
    return Request(scope | {"client": (client, 1)})


@pytest.mark.parametrize(
    ("token", "request_", "may"),
    [
        ("", asked("127.0.0.1", host="127.0.0.1:8000"), True),
        ("", asked("::1", host="localhost:8000"), True),
        ("", asked("192.0.2.1", host="127.0.0.1:8000"), False),
        ("", asked("127.0.0.1", host="groups.example"), False),
        ("", asked("127.0.0.1", host="localhost", x_forwarded_for="192.0.2.1"), False),
        ("t0ken", asked("192.0.2.1", host="groups.example", authorization="Bearer t0ken"), True),
        ("t0ken", asked("192.0.2.1", host="groups.example", authorization="Bearer other"), False),
        ("t0ken", asked("127.0.0.1", host="127.0.0.1"), False),
    ],
)
def test_numbers_are_for_this_machine_or_who_has_the_token(
    token: str, request_: Request, may: bool
) -> None:
    assert may_read(request_, token) is may


async def numbers(world: World) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, these by their names."""
    town = await world.town()
    transport = httpx.ASGITransport(make_app(town.instance), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        text = (await client.get("/metrics")).text
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.mark.anyio
async def test_what_comes_and_goes_is_counted(world: World) -> None:
    home = await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    ann, before = microblog.member("ann"), await numbers(world)
    assert await ann.send(ann.follow()) == 202
    stranger = microblog.member("ann").act("Like", "https://groups.example/nothing")
    assert await ann.send(stranger, form="cavage") == 202
    assert await ann.send(b"{") == 400
    body = json.dumps(ann.follow()).encode()
    with clock.held(clock.now_ms() - 13 * clock.HOUR):
        headers = ann.sign(body, "https://groups.example/inbox")
    late = httpx.Request(
        "POST", "https://groups.example/inbox", content=body,
        headers={"Content-Type": "application/activity+json"} | headers,
    )  # fmt: skip
    assert (await world.network.handle_async_request(late)).status_code in {401, 503}
    with home.instance.store.context():
        await storage.execute("UPDATE receipt SET received_at = received_at - 60000")
    clock_held = clock.now_ms() + 11 * clock.SECOND
    with clock.held(clock_held):
        waiting = await numbers(world)
    assert waiting["fedigroups_arrivals_waiting",] >= 1
    assert waiting["fedigroups_arrivals_oldest_seconds",] >= 60
    await world.settle()
    with clock.held(clock_held + 11 * clock.SECOND):
        after = await numbers(world)

    def more(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert more("fedigroups_inbox_requests_total", "taken") == 2
    assert more("fedigroups_inbox_requests_total", "Malformed") == 1
    assert more("fedigroups_signature_failures_total", "time") == 1
    assert more("fedigroups_inbox_receipts_total", "", "done") == 1
    assert more("fedigroups_deliveries_total", "done") >= 1
    assert more("fedigroups_http_responses_total", "/inbox", "401") + more(
        "fedigroups_http_responses_total", "/inbox", "503") == 1  # fmt: skip
    assert more("fedigroups_database_wait_seconds_count") > 0
    assert after["fedigroups_peers", "open"] == 1
    assert after["fedigroups_database_up",] == 1
    assert after["fedigroups_arrivals_waiting",] == 0


def test_a_reason_is_no_label_of_a_strangers_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_said", set())
    said = metrics.told("ann@m.example was not in welders since 2024 at https://m.example/1")
    assert said == "… was not in"
    assert len({metrics.told("abcdef"[n % 6] * (n // 6 + 1)) for n in range(300)}) == 100


def named(text: str) -> set[str]:
    """The names of metrics in an expression."""
    return set(re.findall(r"fedigroups_[a-z_]+", text))


def test_what_watches_names_metrics_that_there_are() -> None:
    rules: Any = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text(encoding="utf-8"))
    alerts = rules["groups"][0]["rules"]
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    shown = [one["expr"] for panel in board["panels"] for one in panel["targets"]]
    assert all(named(one["expr"]) <= OURS for one in alerts)
    assert all(named(one) <= OURS for one in shown)
    ungraphed = {metrics.names_of(one)[0] for one in handbook.described_metrics()} - {
        re.sub(r"_bucket$", "", name) for one in shown for name in named(one)
    }
    assert ungraphed == {"fedigroups_database_up", "fedigroups_version_info"}
    page = (DEPLOY / "handbook" / "monitoring.md").read_text(encoding="utf-8")
    assert {one["alert"] for one in alerts} == set(re.findall(r"Fedigroups[A-Z]\w+", page))
    for one in alerts:
        for command in re.findall(r"fedigroups ([a-z]+)", one["annotations"]["do"]):
            assert command in {"doctor", "queue", "maintenance"}
