"""The benchmarks run; what they measure on a busy machine is nobody's business here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "sign_layer", "verify_layer", "actor_get", "inbox_accept", "inbox_accept_full_vs_normal",
    "process_create", "fanout_warm", "fanout_cold", "fanout_growth", "broadcast_accept",
    "queue_overhead", "isolation", "workers_2", "thread_page", "loop_stall", "rss_10k",
    "stream_idle", "stream_event", "app_home", "app_group", "app_thread", "rules_post",
)  # fmt: skip


def bench(*words: str, program: str = "run.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"tests/bench/{program}", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_benchmarks_are_these() -> None:
    usage = bench("--help").stdout.partition("positional arguments:")[2].partition("options:")[0]
    assert set(re.findall(r"[a-z]\w+", usage)) == set(NAMES)


@pytest.mark.processes
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_for_a_short_round(name: str, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    done = bench("--short", "--output", str(out), name)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())[name]
    assert report.keys() >= {"ratio", "ours", "floor", "unit", "rounds", "goal", "met", "note"}
    assert report["floor"] > 0


def test_a_benchmark_that_there_is_not_is_refused() -> None:
    assert "there is no fanout_hot" in bench("fanout_hot").stderr


@pytest.mark.processes
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_simulation_runs_at_a_small_scale(database: str, tmp_path: Path) -> None:
    out = tmp_path / "scale.json"
    small = ("--hosts", "20", "--activities", "20", "--idle-seconds", "0.5")
    done = bench(*small, "--database", database, "--output", str(out), program="scale.py")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())[f"20 {database}"]
    assert (report["post_rows"], report["reaction_rows"], report["receipt_rows"]) == (2, 18, 20)
    assert report["delivery_us_cpu"] > 0
