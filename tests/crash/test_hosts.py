"""F14, F17 to F19: other hosts that hang or fail, cannot be found or trusted, or lose an answer."""

from __future__ import annotations

import json
import math
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from crash.conftest import MakeTrial
from crash.crowd import Crowd, Knock
from crash.fleet import Process, until
from crash.proxy import Proxy
from crash.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(300)]

LONG = [pytest.mark.long, pytest.mark.timeout(1_800)]
NOISE_SECONDS = 1.0
"""What neighbours on the same machine may cost, whoever hangs."""
MEMORY_MB = 64


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_an_answer_that_is_lost_is_asked_for_again(kind: str, make_trial: MakeTrial) -> None:
    """F17: the host took it, we never heard; it is sent once more, and a duplicate is done."""
    crowd = Crowd(1)
    seen = set[str]()

    def once(knock: Knock) -> int:
        known = knock.id in seen
        seen.add(knock.id)
        return 200 if known else 202

    crowd.answer = once
    async with Proxy(("127.0.1.1", crowd.port)).listening() as wire:
        trial = await make_trial(kind, crowd)
        await trial.enroll([wire.host])
        trial.fleet.start()
        wire.lose_answers = 2
        said = [await trial.say(f"n{number}") for number in range(3)]
        trial.audit.deaths += 1  # a lost answer is like a death of ours: it is sent again
        await trial.settle()
    assert wire.lost == 2
    assert crowd.takers(said[0]) == {f"http://{wire.host}/inbox"}
    assert seen == set(said)
    assert await trial.fleet.rows("SELECT reason FROM ended") == []


NAMES = {
    "NXDOMAIN": "EAI_NONAME",
    "SERVFAIL": "EAI_AGAIN",
    "private": ["10.0.0.7"],
    "both": ["127.0.1.1", "169.254.169.254"],
}


async def test_a_host_that_cannot_be_found_is_tried_again_and_never_privately(
    make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F18: whatever its name leads to for an hour; then it has everything."""
    zone = tmp_path / "zone"
    zone.write_text("{}")
    trial = await make_trial("sqlite", Crowd(1, named=True), steer={"STEER_NAMES": str(zone)})
    (host,) = trial.crowd.hosts
    await trial.enroll()
    trial.fleet.start()
    reasons = dict[str, str]()
    for failures, (name, said) in enumerate(NAMES.items(), 1):
        zone.write_text(json.dumps({"h0.test": said}))
        if failures > 1:
            trial.fleet.clock.forward(24 * 3_600)
        await trial.say(name)
        sql = "SELECT last_error FROM lane WHERE failures = ? AND lease_until = 0"
        await until(lambda: trial.fleet.rows(sql, failures))  # noqa: B023
        reasons[name] = (await trial.fleet.rows(sql, failures))[0]["last_error"]
    assert trial.crowd.visits[host] == 0
    for name in ("private", "both"):
        assert "not a public address" in reasons[name]
    for name in ("NXDOMAIN", "SERVFAIL"):
        assert "cannot be resolved" in reasons[name]
    zone.write_text(json.dumps({"h0.test": [Crowd.NAMED]}))
    trial.fleet.clock.forward(24 * 3_600)
    await trial.settle()
    assert trial.crowd.taken.total() == len(NAMES)


async def test_a_certificate_that_expired_is_waited_for(
    make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F19: nothing is sent to a host that cannot prove itself; all is, once it can."""
    zone, authority = tmp_path / "zone", trustme.CA()
    zone.write_text(json.dumps({"*.test": [Crowd.NAMED]}))
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("h0.test", not_after=yesterday).configure_cert(tls)
    steer = {"STEER_NAMES": str(zone), "SSL_CERT_FILE": str(tmp_path / "ca.pem")}
    trial = await make_trial("sqlite", Crowd(1, named=True, tls=tls), steer=steer)
    await trial.enroll()
    trial.fleet.start()
    await trial.say("one")
    await until(lambda: trial.fleet.rows("SELECT host FROM lane WHERE failures = 1"))
    (lane,) = await trial.fleet.rows("SELECT last_error FROM lane WHERE failures = 1")
    assert "certificate has expired" in lane["last_error"]
    assert trial.crowd.came == []
    authority.issue_cert("h0.test").configure_cert(tls)
    trial.fleet.clock.forward(61)
    await trial.settle()
    assert trial.crowd.taken.total() == 1


@pytest.mark.parametrize(
    ("kind", "hosts", "hanging", "failing"),
    [
        ("sqlite", 200, 0.5, 0.1),
        pytest.param("postgres", 200, 0.05, 0.0, marks=LONG),
        pytest.param("postgres", 200, 0.5, 0.1, marks=LONG),
        pytest.param("sqlite", 10_000, 0.05, 0.0, marks=LONG),
        pytest.param("postgres", 10_000, 0.05, 0.0, marks=LONG),
    ],
)
async def test_healthy_hosts_do_not_wait_for_those_that_hang(
    kind: str, hosts: int, hanging: float, failing: float, make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F14: p95 to the healthy ones is less than twice what it is when all are well."""
    zone = tmp_path / "zone"
    zone.write_text(json.dumps({"*.test": [Crowd.NAMED]}))
    crowd = Crowd(hosts, named=True)
    trial = await make_trial(kind, crowd, steer={"STEER_NAMES": str(zone)})
    await trial.enroll()
    trial.fleet.start()
    sick: dict[str, int | None] = dict.fromkeys(crowd.hosts[: int(failing * hosts)], 503)
    sick |= dict.fromkeys(crowd.hosts[len(sick) : len(sick) + int(hanging * hosts)])
    healthy = [host for host in crowd.hosts if host not in sick]
    await _p95(trial, "warm-up", healthy)
    await trial.idle(120)
    baseline = await _p95(trial, "all-well", healthy)
    await trial.idle(120)
    memory = max(map(resident_mb, trial.fleet.processes))
    crowd.answer = lambda knock: sick.get(knock.host, 202)
    found = [await _p95(trial, f"sick-{number}", healthy) for number in range(3)]
    print(f"p95 {baseline:.2f} s when all are well, then {found}")
    assert max(found) < max(2 * baseline, baseline + NOISE_SECONDS)
    assert max(map(resident_mb, trial.fleet.processes)) < memory + MEMORY_MB
    await trial.audit.hold()


async def _p95(trial: Trial, name: str, hosts: list[str]) -> float:
    """Within how many seconds of the first 95 of 100 of these hosts have the next post."""
    said = await trial.say(name, name)
    inboxes = {trial.crowd.inbox(host) for host in hosts}
    await until(lambda: inboxes <= trial.crowd.takers(said), 120)
    came = {knock.inbox: knock.at for knock in trial.crowd.came if knock.id == said}
    waits = sorted(came[inbox] - min(came.values()) for inbox in inboxes)
    return waits[math.ceil(0.95 * len(waits)) - 1]


def resident_mb(process: Process) -> float:
    """The memory that a process has for itself now."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_024
