"""The doctor finds what goes wrong in practice, and names the remedy."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

import caddy as proxies
from caddy import Caddy
from commands import Run
from federation import clock
from fedigroups import clash, settings
from fedigroups.cli.stage import Actor
from fedigroups.doctor import examine, machine, outside, visit
from fedigroups.doctor.findings import Check, Finding
from fedigroups.instance import assemble
from servers import Server
from world import World

CLOSED = "127.0.0.1:9"
OLD = "((CAST(strftime('%s', 'now') AS INTEGER) - 86400) * 1000)"
"""A day ago, when it is planted."""
_RECEIPT = (
    "INSERT INTO receipt (id, digest, activity_uri, actor_uri, kind, host, door, state, reason,"
    " attempts, next_try_at, received_at, settled_at) VALUES"
    f" (1, 'x', 'https://m.example/1', 'https://m.example/ann', 'Like', 'm.example', '', {{}}, '',"
    f" 0, 0, {OLD}, 0)"
)
_OWED = (
    f"INSERT INTO stream (name, head) VALUES ('inbox:x', 1);"
    "INSERT INTO activity (id, uri, actor_uri, kind, object_uri, body, public, created_at)"
    f" VALUES (1, 'http://localhost:8000/activities/1', 'x', 'Accept', '', '{{}}', 0, {OLD});"
    "INSERT INTO log_entry (id, stream, seq, activity_id, kind, object_uri, thread, skip_host,"
    " cancelled, undoes, created_at)"
    f" VALUES (1, 'inbox:x', 1, 1, 'answer', '', '', '', 0, 0, {OLD});"
    "INSERT INTO lane (host, state, failures, next_try_at, failing_since, lease_owner, lease_until,"
    " succeeded_at, last_error) VALUES ('m.example', 'open', 0, 0, 0, '', 0, 0, '');"
    "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, created_at)"
    " VALUES (1, 'inbox:x', 'https://m.example/inbox', 'm.example', 0, 0, 0)"
)


def sql(script: str) -> Callable[[Path], dict[str, str]]:
    """Plants a fault in the rows."""

    def plant(folder: Path) -> dict[str, str]:
        with closing(sqlite3.connect(folder / "fedigroups.sqlite3")) as link:
            link.executescript(script)
        return {}

    return plant


def mode(name: str, bits: int) -> Callable[[Path], dict[str, str]]:
    """Plants a mode of a file in the data folder."""

    def plant(folder: Path) -> dict[str, str]:
        (folder / name).chmod(bits)
        return {}

    return plant


def told(**variables: str) -> Callable[[Path], dict[str, str]]:
    """Plants settings."""
    return lambda _: variables


def _file_for_folder(folder: Path) -> dict[str, str]:
    shutil.rmtree(folder / "media", ignore_errors=True)
    (folder / "media").write_text("no folder")
    return {}


def _readable_settings(folder: Path) -> dict[str, str]:
    (folder.parent / ".env").write_text('FEDIGROUPS_SMTP_URL="smtp://olga:secret@127.0.0.1:9"\n')
    (folder.parent / ".env").chmod(0o644)
    return {}


def _drop_index(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "fedigroups.sqlite3")) as link:
        [(name,)] = link.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL LIMIT 1"
        )
        link.execute(f'DROP INDEX "{name}"')
    return {}


FAULTS: dict[str, tuple[Callable[[Path], dict[str, str]], str, str, str]] = {
    "a secret that others may read": (
        mode("secret", 0o644), "permissions", "others than its owner", "chmod 0600"),
    "a data folder that others may enter": (
        mode(".", 0o755), "permissions", "everybody on this machine", "chmod 0700"),
    "settings with a password that others may read": (
        _readable_settings, "permissions", ".env", "chmod 0600"),
    "a database that is not there": (
        told(FEDIGROUPS_DATABASE_URL=f"postgres://x@{CLOSED}/x"),
        "database", "does not open", "ask the doctor again"),
    "a step that was not taken": (
        sql("DELETE FROM tortoise_migrations WHERE name = '0010_media'"),
        "migrations", "0010_media", "fedigroups migrate"),
    "a database of a newer version": (
        sql("INSERT INTO tortoise_migrations (app, name, applied_at)"
            " VALUES ('fedigroups', '9999_newer', '2026-01-01')"),
        "migrations", "9999_newer", "Install the newer version"),
    "a database that was half made": (
        sql("DELETE FROM tortoise_migrations"), "migrations", "half made", "fedigroups restore"),
    "an index that is lost": (
        _drop_index,
        "indexes", "lost", "fedigroups migrate"),
    "another secret than the keys'": (
        told(FEDIGROUPS_SECRET="00" * 32), "secret", "key start-over", "tar -xOf FILE secret"),
    "NATS that is not there": (
        told(FEDIGROUPS_NATS_URL=f"nats://olga:hidden@{CLOSED}"),
        "NATS", f"{CLOSED} does not take us in", "FEDIGROUPS_NATS_URL"),
    "arrivals that nobody processes": (
        sql(_RECEIPT.format("'received'")), "arrivals", "144", "inbox.*"),
    "arrivals that failed": (
        sql(_RECEIPT.format("'failed'")), "dead letters", "1 activities", "queue failed"),
    "deliveries that nobody makes": (
        sql(_OWED), "deliveries", "144", "queue show"),
    "a mail server that is not there": (
        told(FEDIGROUPS_SMTP_URL=f"smtp://{CLOSED}"),
        "mail", "127.0.0.1 takes no letters", "FEDIGROUPS_SMTP_URL"),
    "a folder of pictures that is none": (
        _file_for_folder, "pictures", "cannot be used", "folder `media`"),
}  # fmt: skip


def diagnosis(run: Run, *words: str, **variables: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit status, and what each check found."""
    said = run("doctor", "--json", *words, **variables)
    return said.exit_code, {row["check"]: row for row in json.loads(said.stdout)}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_its_remedy_named(name: str, founded: Run, tmp_path: Path) -> None:
    plant, check, found, remedy = FAULTS[name]
    status, rows = diagnosis(founded, "--inside", **plant(tmp_path / "data"))
    wrong = {one for one, row in rows.items() if row["verdict"] == "wrong"}
    assert check in wrong
    assert wrong <= {check, "mail"}, "one fault is not said to be another"
    assert status == 1
    assert found in rows[check]["found"]
    assert remedy in rows[check]["remedy"]
    assert "hidden" not in json.dumps(rows), "a password is nobody's to read in a fault"


@pytest.mark.parametrize(
    ("module", "name", "value", "check"),
    [
        (machine, "FREE_BYTES", 1 << 60, "disk"),
        (machine, "FILES", 1 << 60, "open files"),
        (clash, "foreign", lambda: {"inbox": ["inbox"]}, "packages"),
    ],
)
def test_a_machine_that_is_too_small_or_crowded_is_said_to_be_so(
    founded: Run, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: Any, check: str
) -> None:
    monkeypatch.setattr(module, name, value)
    status, rows = diagnosis(founded, "--inside")
    assert status == 1
    assert [one for one, row in rows.items() if row["verdict"] == "wrong"] == [check]
    assert rows[check]["remedy"]


def test_nothing_is_changed_by_looking(founded: Run, tmp_path: Path) -> None:
    _drop_index(tmp_path / "data")
    before = (tmp_path / "data" / "fedigroups.sqlite3").read_bytes()
    diagnosis(founded, "--inside")
    assert (tmp_path / "data" / "fedigroups.sqlite3").read_bytes() == before


# From outside


@pytest.mark.processes
def test_an_instance_to_try_things_out_with_is_well(tmp_path: Path) -> None:
    """As `make run` starts it: neither proxy nor TLS, and nothing to mend."""
    tried = Actor("Groups", "127.0.0.1", tmp_path / "data")
    tried.folder.mkdir(mode=0o700)
    try:
        tried.start()
        rows = tried.ask("doctor")
    finally:
        tried.stop()
    verdicts = {row["check"]: row["verdict"] for row in rows}
    assert set(verdicts.values()) <= {"ok", "note"}, rows
    assert verdicts["origin"] == "ok"
    assert verdicts["proxy"] == verdicts["TLS"] == "note"


@dataclass
class Front:
    """A server of ours behind a Caddy, and an instance that asks it as the doctor does."""

    caddy: Caddy
    told: dict[str, str]

    async def seen(self) -> dict[str, Finding]:
        """What the checks from outside find."""
        instance = assemble(settings.load(self.told))
        await instance.store.open()
        try:
            with instance.store.context():
                checks: tuple[Check, ...] = (examine.ORIGIN, outside.TLS, *outside.OUTSIDE)
                return {check.name: await check.made(instance) for check in checks}
        finally:
            await instance.close()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[Caddy, dict[str, str]]]:
    """A server behind a Caddy, for all tests of this module."""
    folder = tmp_path_factory.mktemp("front")
    behind = Actor("Groups", "127.0.0.1", folder / "data")
    with proxies.running(folder / "caddy", behind.port) as caddy:
        behind.folder.mkdir(mode=0o700)
        shutil.copyfile(sqlite_template, behind.folder / "fedigroups.sqlite3")
        told = {
            "FEDIGROUPS_ORIGIN": caddy.origin,
            "FEDIGROUPS_DATA_DIR": str(behind.folder),
            "FEDIGROUPS_LOG": "console",
        }
        with behind.log.open("wb") as log:
            behind.process = subprocess.Popen(
                [sys.executable, "-m", "fedigroups", "serve", "--port", str(behind.port)],
                env=behind.environment() | told, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            behind.await_ready()
            yield caddy, told
        finally:
            behind.stop()


@pytest.fixture
def front(served: tuple[Caddy, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Front:
    caddy, told = served
    monkeypatch.setenv("SSL_CERT_FILE", str(caddy.folder / "authority.pem"))
    caddy.hand_on()
    return Front(caddy, told)


@pytest.mark.anyio
@pytest.mark.processes
async def test_an_instance_behind_caddy_is_well(front: Front) -> None:
    front.caddy.hand_on("request_body {\nmax_size 40MB\n}")
    found = await front.seen()
    assert {name: one.found for name, one in found.items() if one.verdict != "ok"} == {}
    assert "leads here" in found["origin"].found


IN_FRONT: dict[str, tuple[str, str, str, str]] = {
    "visitors are not told apart": (
        "", "header_up -X-Forwarded-For", "proxy", "all visitors count as one"),
    "visitors say who they are": (
        "", "header_up X-Forwarded-For {header.X-Forwarded-For}", "proxy", "pretend"),
    "Host is another": ("", "header_up Host other.example", "proxy", "changes Host"),
    "the query is another": (
        "rewrite /proxyz /proxyz?nonce={query.nonce}", "", "proxy", "changes the query"),
    "signatures are dropped": ("", "header_up -Signature", "proxy", "drops signature"),
    "pictures are too large": (
        "request_body {\nmax_size 2MB\n}", "", "proxy", "does not hand on 33 MB"),
    "two pictures are too large": (
        "request_body {\nmax_size 32MB\n}", "", "proxy", "does not hand on 33 MB"),
    "it leads to another instance": (
        "respond /proxyz 404", "", "proxy", "another secret than this program"),
    "Accept is ignored": ('respond /actor "<p>A page" 200', "", "documents", "/actor is answered"),
    "WebFinger is another's": ("respond /.well-known/webfinger 404", "", "WebFinger", "not found"),
    "NodeInfo is another's": ("respond /.well-known/nodeinfo 404", "", "NodeInfo", "there is none"),
    "something else answers": ('respond /livez "hello"', "", "origin", "not by Fedigroups"),
}  # fmt: skip


@pytest.mark.anyio
@pytest.mark.processes
@pytest.mark.parametrize("name", IN_FRONT)
async def test_a_fault_of_the_proxy_is_found(name: str, front: Front) -> None:
    before, within, check, said = IN_FRONT[name]
    front.caddy.hand_on(before, within)
    found = await front.seen()
    assert [one for one, finding in found.items() if not finding.well] == [check]
    assert said in found[check].found
    assert "deploy/" in found[check].remedy or "Restart" in found[check].remedy


@pytest.mark.anyio
@pytest.mark.processes
async def test_a_certificate_that_nobody_trusts_or_that_ends_soon_is_found(front: Front) -> None:
    now, ours = datetime.now(UTC), front.caddy.authority
    front.caddy.issue("stranger", trustme.CA())
    front.caddy.issue("ending", ours, until=now + timedelta(days=3))
    front.caddy.issue("short", ours, now - timedelta(days=3), now + timedelta(days=3))
    front.caddy.issue("late", ours, now - timedelta(days=5), now + timedelta(days=1))
    for certificate, verdict, said in (
        ("stranger", "wrong", "will not trust it"),
        ("ending", "wrong", "for 2 days"),
        ("short", "ok", "for 2 days"),
        ("late", "wrong", "for 23 hours"),
    ):
        front.caddy.hand_on(certificate=certificate)
        tls = (await front.seen())["TLS"]
        assert (tls.verdict, said in tls.found) == (verdict, True), tls.found


@pytest.mark.anyio
@pytest.mark.processes
async def test_a_name_that_leads_nowhere_or_inside_is_found(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(outside, "is_loopback", lambda _: False)
        origin = (await front.seen())["origin"]
    assert (origin.verdict, "nobody outside reaches" in origin.found) == ("wrong", True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        visit.visit(f"https://localhost:{port}", "/livez", {})


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("hours", "verdict"), [(0, "ok"), (2, "wrong"), (-2, "wrong")])
async def test_a_clock_that_differs_from_other_servers_is_found(
    world: World, hours: int, verdict: str
) -> None:
    town = await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    ann = microblog.member("ann")
    assert await ann.send(ann.follow()) == 202
    await world.settle()
    microblog.date = clock.now_ms() + hours * clock.HOUR

    async def look() -> Finding:
        return await outside.clocks(town.instance)

    found = await town.run(look)
    assert (found.verdict, bool(found.remedy)) == (verdict, verdict == "wrong")
