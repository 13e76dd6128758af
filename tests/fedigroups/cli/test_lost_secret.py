"""A secret that is gone for good ends neither a group nor what protects those who are in it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from commands import Run, ask, typed
from conftest import MakeUrl

_LOST = """
INSERT INTO mail (id, recipient, sealed, account_id, about, tries, next_try_at, last_error,
 created_at) VALUES (1, 'tom@groups.example', X'00', 0, '', 0, 0, '', 0);
UPDATE account SET second_factor = X'00', second_factor_at = 1 WHERE id IN
 (SELECT account.id FROM account JOIN actor ON actor.id = actor_id WHERE username = 'tom');
"""
_TOM = (
    "SELECT second_factor, second_factor_at FROM account JOIN actor ON actor.id = actor_id"
    " WHERE username = 'tom'"
)
_KEYS = "SELECT uri, public FROM key WHERE sealed IS NOT NULL"


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """What the database holds."""
    with closing(sqlite3.connect(folder / "data" / "fedigroups.sqlite3")) as link:
        return link.execute(sql).fetchall()


def refusal(run: Run, *words: str, **settings: str) -> str:
    """The sentence with which a command refuses to begin."""
    refused = run(*words, **settings)
    assert (refused.exit_code, refused.stdout) == (3, ""), refused.output
    return refused.stderr


@pytest.mark.anyio
async def test_no_secret_is_made_beside_keys_that_another_one_sealed(
    kind: str, make_url: MakeUrl, tmp_path: Path
) -> None:
    url = await make_url(kind, migrated=False)

    def story() -> None:
        here, there = (partial(typed, tmp_path / name) for name in ("here", "there"))
        told = {"FEDIGROUPS_DATABASE_URL": url}
        assert here("user", "create", "olga", **told).exit_code == 0
        for words in (("serve",), ("group", "list"), ("backup", str(tmp_path / "kept"))):
            said = refusal(there, *words, **told)
            assert "a new one would not open them" in said
            assert f"tar -xOf FILE secret > {tmp_path / 'there' / 'secret'}" in said
            assert "fedigroups key start-over" in said
        for words in (("config", "check"), ("migrate",), ("doctor", "--inside")):
            there(*words, **told)
        assert not (tmp_path / "there" / "secret").exists()
        (tmp_path / "there").mkdir(exist_ok=True)
        shutil.copy(tmp_path / "here" / "secret", tmp_path / "there" / "secret")
        assert there("group", "list", **told).exit_code == 0

    await asyncio.to_thread(story)


def test_no_secret_is_made_for_a_database_that_cannot_be_asked(tmp_path: Path) -> None:
    (tmp_path / "spoilt").write_text("no database, " * 1_000)
    for url in ("postgres://x@127.0.0.1:9/x", f"sqlite://{tmp_path / 'spoilt'}"):
        said = refusal(partial(typed, tmp_path / "data"), "serve", FEDIGROUPS_DATABASE_URL=url)
        assert "does not open" in said
    assert not (tmp_path / "data" / "secret").exists()


def test_the_doctor_says_that_the_secret_is_gone(founded: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "secret").unlink()
    ill = founded("doctor", "--inside")
    assert f"WRONG  secret: there is no {tmp_path / 'data' / 'secret'}" in ill.stdout
    assert not (tmp_path / "data" / "secret").exists()


def test_a_backup_brings_back_the_secret_that_is_gone(founded: Run, tmp_path: Path) -> None:
    kept, secret = str(tmp_path / "kept"), tmp_path / "data" / "secret"
    assert founded("backup", kept).exit_code == 0
    before = secret.read_text()
    secret.unlink()
    assert founded("restore", kept, "--replace").exit_code == 0
    assert secret.read_text() == before
    assert not list((tmp_path / "data").glob("secret.*")), "there was none to keep"
    assert founded("group", "list").exit_code == 0


def test_no_backup_is_made_with_a_secret_that_does_not_open_its_keys(
    founded: Run, tmp_path: Path
) -> None:
    kept = str(tmp_path / "kept")
    said = refusal(founded, "backup", kept, FEDIGROUPS_SECRET="00" * 32)
    assert "was stored under another secret" in said
    assert not Path(kept).exists()
    assert founded("backup", kept, "--no-secret", FEDIGROUPS_SECRET="00" * 32).exit_code == 0


def test_whoever_lost_the_secret_goes_on_with_new_keys(founded: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3")) as link:
        link.executescript(_LOST)
    before = dict(rows(tmp_path, _KEYS))
    (tmp_path / "data" / "secret").unlink()
    assert "key start-over" in refusal(founded, "group", "list")
    done = ask(founded, "key", "start-over", "--yes")
    assert done == {"renewed": 5, "letters": 1, "devices": 0, "authenticators": ["tom"]}
    after = dict(rows(tmp_path, _KEYS))
    assert after.keys() == before.keys()
    assert not {*after.items()} & {*before.items()}, "nobody signs with what nobody has"
    [welders] = ask(founded, "group", "list")
    assert (welders["handle"], welders["members"]) == ("welders@localhost:8000", 2)
    assert founded("doctor", "--inside").exit_code == 0
    assert ask(founded, "audit")[0]["what"] == "key start-over"


def test_an_authenticator_that_is_lost_with_the_secret_is_still_asked_for(
    founded: Run, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3")) as link:
        link.executescript(_LOST)
    (tmp_path / "data" / "secret").unlink()
    done = founded("key", "start-over", "--yes")
    assert "fedigroups user password tom --drop-second-factor" in done.stdout
    assert rows(tmp_path, _TOM) == [(None, 1)]


def test_nothing_is_begun_anew_while_the_secret_is_there(founded: Run, tmp_path: Path) -> None:
    before = rows(tmp_path, _KEYS)
    refused = founded("key", "start-over", "--yes")
    assert (refused.exit_code, "nothing is lost" in refused.stderr) == (1, True)
    unsure = founded("key", "start-over", given="n\n")
    assert (unsure.exit_code, "in no backup" in unsure.stderr) == (1, True)
    assert rows(tmp_path, _KEYS) == before
