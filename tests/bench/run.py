"""Runs the benchmarks: `python tests/bench/run.py [--rounds N] [--short] [NAME ...]`.

Each runs in a process of its own. Prints a table, and writes `bench.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import uvloop

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]  # tests/federation is no package

from trial import Size, Trial, table  # noqa: E402

from fedigroups import logging  # noqa: E402

Measure = Callable[[Size], Awaitable[Trial]]
MEASURES = {
    **dict.fromkeys(("sign_layer", "verify_layer"), "layers"),
    **dict.fromkeys(("actor_get", "thread_page"), "pages"),
    **dict.fromkeys(("app_home", "app_group", "app_thread"), "apps"),
    **dict.fromkeys(("inbox_accept", "inbox_accept_full_vs_normal", "process_create"), "arrivals"),
    "rules_post": "rules",
    **dict.fromkeys(("fanout_warm", "fanout_cold", "fanout_growth"), "fanout"),
    **dict.fromkeys(("broadcast_accept", "queue_overhead"), "publishing"),
    **dict.fromkeys(("isolation", "workers_2"), "sharing"),
    **dict.fromkeys(("loop_stall", "rss_10k"), "strain"),
    **dict.fromkeys(("stream_idle", "stream_event"), "streams"),
}
"""Each benchmark, and the module whose function it is: its own process alone imports that."""

SECONDS = 900


def main() -> int:
    """Run what was asked for; 0 also when a goal is missed: it is a measure, not a test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="one tiny round of each")
    parser.add_argument("--output", default="bench.json")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(MEASURES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    size = Size(1 if asked.short else asked.rounds, asked.short)
    if asked.alone:
        print(json.dumps(alone(asked.names[0], size)))
        return 0
    reports = {name: apart(name, size) for name in asked.names or MEASURES}
    Path(asked.output).write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    print(table(reports))
    return 1 if any("error" in report for report in reports.values()) else 0


def apart(name: str, size: Size) -> dict[str, Any]:
    """The report of one benchmark, from a process of its own."""
    command = [sys.executable, __file__, "--alone", name, "--rounds", str(size.rounds)]
    command += ["--short"] if size.short else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"it took longer than {SECONDS} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["nothing was said"])[-1]}
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


def alone(name: str, size: Size) -> dict[str, Any]:
    """The report of one benchmark, in this process."""
    measure: Measure = getattr(import_module(MEASURES[name]), name)
    logging.configure("json", "info")  # as in production
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # thousands of connections
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(size)).report()  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
