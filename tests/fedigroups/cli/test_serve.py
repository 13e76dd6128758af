"""Which processes an instance may be run as, and what one says that cannot start."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from fedigroups.cli import main
from fedigroups.cli.stage import Actor, free_port
from fedigroups.store import claim


def run(*words: str, folder: Path, database: str = "") -> Result:
    """A command that is refused before anything is started."""
    told = {"FEDIGROUPS_DATA_DIR": str(folder), "FEDIGROUPS_DATABASE_URL": database}
    return CliRunner().invoke(main, words, env=told)


@pytest.mark.parametrize(
    "words", [("serve", "--role", "web"), ("serve", "--role", "worker"), ("worker",)]
)
def test_sqlite_is_for_one_process_that_does_everything(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    refused = run(*words, folder=tmp_path)
    assert refused.exit_code == 3
    assert "SQLite is for one process: set FEDIGROUPS_DATABASE_URL" in refused.stderr
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.parametrize("role", ["web", "all"])
def test_only_a_worker_can_be_without_http(role: str, tmp_path: Path) -> None:
    url = "postgres://db.example/fedigroups"
    refused = run("serve", "--role", role, "--port", "0", folder=tmp_path, database=url)
    assert refused.exit_code == 2
    assert "--role worker" in refused.stderr


def test_a_role_that_there_is_not_is_refused(tmp_path: Path) -> None:
    refused = run("serve", "--role", "sender", folder=tmp_path)
    assert refused.exit_code == 2
    assert "'all', 'web', 'worker'" in refused.stderr


def started(folder: Path, *words: str, **told: str) -> subprocess.CompletedProcess[str]:
    """A real server that cannot start: what it said, and its exit status."""
    settings = {"FEDIGROUPS_DATA_DIR": str(folder)} | told
    return subprocess.run(
        [sys.executable, "-m", "fedigroups", "serve", *words],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_one_sentence(done: subprocess.CompletedProcess[str], *parts: str) -> bool:
    """Exit status 3, nothing but one line for people, and these words in it."""
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line.startswith("fedigroups: ") and all(part in line for part in parts)


@pytest.mark.processes
def test_a_port_that_is_taken_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = started(tmp_path, "--port", port)
    assert is_one_sentence(done, f"Port {port} of 127.0.0.1 is taken", "--port 8001")
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.processes
def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    done = started(tmp_path, "--host", "192.0.2.1")
    assert is_one_sentence(done, "192.0.2.1", "--host must be an address of this machine")


@pytest.mark.processes
def test_a_database_that_is_not_there_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    nobody = free_port("127.0.0.1")
    url = f"postgres://fedigroups:hidden@127.0.0.1:{nobody}/welders"
    port = str(free_port("127.0.0.1"))
    done = started(tmp_path, "--port", port, FEDIGROUPS_DATABASE_URL=url)
    where = f"The database welders at 127.0.0.1, port {nobody}, does not open"
    assert is_one_sentence(done, where, "FEDIGROUPS_DATABASE_URL")
    assert "hidden" not in done.stderr


@pytest.mark.processes
def test_a_second_server_on_the_same_file_is_one_sentence(tmp_path: Path) -> None:
    with claim(tmp_path / "fedigroups.sqlite3"):
        done = started(tmp_path, "--port", str(free_port("127.0.0.1")))
    assert is_one_sentence(done, "Another server already serves", "Stop the other one")


@pytest.mark.processes
@pytest.mark.parametrize(
    ("words", "peer", "asked"),
    [
        ((), "203.0.113.7", signal.SIGTERM),
        (("--proxies", "192.0.2.1,198.51.100.0/24"), "127.0.0.1", signal.SIGINT),
    ],
    ids=["a proxy on this machine is believed", "who is no proxy that is named is not"],
)
def test_an_origin_on_this_machine_says_the_port_and_stopping_is_no_failure(
    words: tuple[str, ...], peer: str, asked: signal.Signals, tmp_path: Path
) -> None:
    first = Actor("First", "127.0.0.1", tmp_path)
    with first.log.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "fedigroups", "serve", *words],
            env=first.environment(),
            stdout=log,
            stderr=log,
        )
        first.process = server
        try:
            first.await_ready()
            answer = httpx.post(f"{first.origin}/inbox", headers={"X-Forwarded-For": "203.0.113.7"})
            assert "server" not in answer.headers, "nobody is told what it is served with"
            server.send_signal(asked)
            assert server.wait(40) == 0
        finally:
            first.kill()
    said = first.log.read_text()
    assert f"Fedigroups serves {first.origin} at {first.origin} (stop with Ctrl-C)" in said
    assert f"peer={peer}" in said
    assert "Traceback" not in said
