"""A secret that is gone for good ends neither a group nor what protects those who are in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from commands import Run, ask

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


def test_whoever_lost_the_secret_goes_on_with_new_keys(founded: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3")) as link:
        link.executescript(_LOST)
    before = dict(rows(tmp_path, _KEYS))
    (tmp_path / "data" / "secret").unlink()
    stopped = founded("group", "list")
    assert (stopped.exit_code, "key start-over" in stopped.stderr) == (3, True)
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
