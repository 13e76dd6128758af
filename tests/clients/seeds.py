"""This module makes the instance that Mastodon.py's own tests expect, as its `setup.sql` does.

Three tokens that are known beforehand, of an instance that lives for one run on this machine:

- 1: `mastodonpy_test`, a person;
- 2: the group `admins`, for which `zerocool` acts, who runs the instance;
- 3: `mastodonpy_test_2`, another person.

The tests post without naming a group, so what people post goes to `admins` by default; and they
follow whoever has the second token, which here is to join a group.
"""

from __future__ import annotations

from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import App, Token
from fedigroups.accounts.models import Account
from fedigroups.cli.stage import Actor

PERSON, GROUP, OTHER = (f"__MASTODON_PY_TEST_ACCESS_TOKEN{number}" for number in ("", "_2", "_3"))
CLIENT_ID = "__MASTODON_PY_TEST_CLIENT_ID"
CLIENT_SECRET = "__MASTODON_PY_TEST_CLIENT_SECRET"
APP = "Mastodon.py test suite"
SCOPES = "read write follow push"
STAFF_SCOPES = "admin:read admin:write"
PEOPLE = ("zerocool", "admin2", "mastodonpy_test", "mastodonpy_test_2")
LOGS_IN = ("mastodonpy_test_2@localhost", "5fc638e0e53eafd9c4145b6bb852667d")
"""With such an address and password; no host of ours would take the address from a form."""


def seed(server: Actor) -> None:
    """Fill an instance that has just begun, with commands as an operator gives them."""
    for name in PEOPLE:
        server.run("user", "create", name, "--email", f"{name}@mail.example")
    server.run("user", "password", "mastodonpy_test_2", "--password-stdin", stdin=LOGS_IN[1])
    server.look(_addressed)
    server.run("user", "role", "zerocool", "admin")
    server.run("group", "create", "admins", "--owner", "zerocool", "--post", "anyone")
    for name in ("mastodonpy_test", "mastodonpy_test_2"):
        server.run("user", "set", name, "--posts-to", "admins")
    client = _tokened(server, "mastodonpy_test", PERSON)
    _tokened(server, "mastodonpy_test_2", OTHER)
    _tokened(server, "zerocool", GROUP, "--act-as", "admins", scopes=f"{SCOPES} {STAFF_SCOPES}")
    server.look(lambda: _asked_by(client))


def _tokened(server: Actor, name: str, token: str, *options: str, scopes: str = SCOPES) -> str:
    """Give somebody the token that the tests have in their text; the id of its app."""
    made = server.ask("user", "token", name, "--scopes", scopes, "--app", APP, *options)
    server.look(lambda: _known(made["access_token"], token))
    return str(made["client_id"])


async def _addressed() -> None:
    address = LOGS_IN[0]
    await Account.filter(actor__username="mastodonpy_test_2").update(
        email=address, email_key=address
    )


async def _known(issued: str, wanted: str) -> None:
    await Token.filter(digest=secrets.digest(issued)).update(digest=secrets.digest(wanted))


async def _asked_by(client_id: str) -> None:
    """Let the app of the first token be the tests' own."""
    await App.filter(client_id=client_id).update(
        client_id=CLIENT_ID, secret_digest=secrets.digest(CLIENT_SECRET)
    )
