"""The benchmarks run; what they measure on a busy machine is nobody's business here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_benchmark_runs_for_a_short_round(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "tests/bench/run.py", "--short", "--output", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = json.loads(out.read_text())
    assert set(reports) == {"sign_layer", "verify_layer"}
    assert all(report["ratio"] > 0 for report in reports.values())
