"""What an operator does for people at the command line: passwords, tokens, roles, a yes or a no."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fedigroups.cli import main

LOCAL = {"FEDIGROUPS_SIGNUP": "approval"}


def typed(folder: Path, *words: str, given: str = "") -> Result:
    environment = {"FEDIGROUPS_DATA_DIR": str(folder)} | LOCAL
    return CliRunner().invoke(main, ("user", *words), input=given, env=environment)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `fedigroups user ...` where Olga has an account."""
    monkeypatch.chdir(tmp_path)
    run = partial(typed, tmp_path / "data")
    assert run("create", "olga", "--email", "olga@mail.example").exit_code == 0
    return run


def ask(run: Any, *words: str, given: str = "") -> Any:
    result = run(*words, "--json", given=given)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_token_is_printed_once_with_its_app(user: Any) -> None:
    made = ask(user, "token", "olga", "--scopes", "read write")
    assert made["scope"] == "read write"
    assert {len(made[key]) for key in ("access_token", "client_id", "client_secret")} == {43}
    plain = user("token", "olga").stdout.strip()
    assert plain != made["access_token"]
    assert len(plain) == 43


@pytest.mark.parametrize("words", [("token", "tom"), ("token", "olga", "--scopes", "admin")])
def test_no_token_for_nobody_and_none_for_what_there_is_not(
    user: Any, words: tuple[str, ...]
) -> None:
    refused = user(*words)
    assert refused.exit_code == 1
    assert refused.stdout == ""


def test_a_password_is_read_or_made(user: Any) -> None:
    made = ask(user, "password", "olga")
    assert len(made["password"]) > 20
    given = ask(user, "password", "olga", "--password-stdin", given="correct horse battery\n")
    assert given == {"name": "olga"}
    assert user("password", "olga", "--password-stdin", given="short\n").exit_code == 1


def test_passkeys_are_listed_and_removed_of_whoever_lost_the_devices(
    user: Any, tmp_path: Path
) -> None:
    assert "none" in user("passkeys", "olga").stdout
    for words in (("drop-passkeys", "olga"), ("password", "olga", "--drop-second-factor")):
        with closing(sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3")) as link, link:
            link.execute(
                "INSERT INTO passkey (id, account_id, digest, credential, public_key, sign_count,"
                " name, used_at, created_at) SELECT 7, id, 'x', x'', x'', 0, 'Phone', 0, 1000"
                " FROM account"
            )
        assert ask(user, "passkeys", "olga") == [
            {"id": 7, "name": "Phone", "added": "1970-01-01T00:00:01Z", "used": None}
        ]
        done = ask(user, *words)
        assert done.get("removed", 1) == 1
        assert ask(user, "passkeys", "olga") == []
    assert user("drop-passkeys", "tom").exit_code == 1


def test_a_role_is_given_and_seen(user: Any) -> None:
    ask(user, "role", "olga", "moderator")
    assert ask(user, "list")[0]["role"] == "moderator"
    assert user("role", "olga", "king").exit_code == 2


@pytest.mark.parametrize("words", [("close", "--yes"), ("suspend", "--text", "Advertises.")])
def test_the_last_admin_is_neither_closed_nor_suspended(user: Any, words: tuple[str, ...]) -> None:
    assert "Nobody is an admin" not in user("role", "olga", "admin").stdout
    what, *more = words
    refused = user(what, "olga", *more)
    assert refused.exit_code == 1
    assert "olga is the last admin here: make somebody else one first" in refused.stderr
    assert user("create", "ada", "--admin").exit_code == 0
    assert user(what, "olga", *more).exit_code == 0
    assert user(what, "ada", *more).exit_code == 1


def test_who_takes_the_last_admin_their_role_is_told(user: Any) -> None:
    assert ask(user, "role", "olga", "admin")["has_admin"]
    assert "Nobody is an admin here now" in user("role", "olga", "member").stdout
    assert user("close", "olga", "--yes").exit_code == 0


def test_an_invitation_is_a_link(user: Any) -> None:
    made = ask(user, "invite", "--uses", "3", "--note", "Welders")
    assert made["link"].startswith("http://localhost:8000/signup?invite=")
    assert user("invite", "--uses", "0").exit_code == 1


def test_whoever_is_in_cannot_be_refused_but_closed(user: Any) -> None:
    assert "close the account instead" in user("refuse", "olga", "--yes").stderr
    assert ask(user, "waiting") == []
    assert user("confirm", "olga").exit_code == 0
    assert "approved" in user("approve", "olga").output
    assert user("sign-out", "olga").exit_code == 0
    for unsure in ("n\n", ""):
        refused = user("close", "olga", given=unsure)
        assert refused.exit_code == 1
        assert "nothing was done" in refused.stderr
        assert refused.stdout == ""
    assert user("close", "olga", "--yes").exit_code == 0
    assert ask(user, "list") == []
    assert "taken" in user("create", "olga").stderr


def test_accounts_are_taken_from_nowhere_that_is_blocked_and_no_address_is_written_down(
    user: Any,
) -> None:
    for what in ("spam.example", "eve@m.example", "203.0.113.0/24"):
        assert user("block-sign-ups", what, "--note", "Spam", "--days", "7").exit_code == 0
    kinds = [one["kind"] for one in ask(user, "sign-up-blocks")]
    assert kinds == ["mail", "mailbox", "network"]
    assert user("block-sign-ups", "eve@").exit_code == 2
    assert user("block-sign-ups", "10.0.0.0/1").exit_code == 1
    assert user("unblock-sign-ups", "E.VE+2@m.example").exit_code == 0
    assert "is not blocked" in user("unblock-sign-ups", "eve@m.example").stderr
    assert len(ask(user, "sign-up-blocks")) == 2
    here = {"FEDIGROUPS_DATA_DIR": str(user.args[0])}
    written = CliRunner().invoke(main, ("audit", "user"), env=here).stdout
    assert ("block-sign-ups" in written, "@m.example" in written) == (True, False)
