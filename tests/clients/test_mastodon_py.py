"""Mastodon.py, unmodified, signs in to a running server as its documentation says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mastodon import Mastodon, MastodonAPIError, MastodonIllegalArgumentError

from fedigroups.cli.stage import Actor
from guests import PASSWORD, code_for, hidden

pytestmark = pytest.mark.processes

SCOPES = ["read", "write", "follow", "push"]
VERSION = "4.3.0"


class Server(Actor):
    """A server on this machine that lets anybody in."""

    def environment(self) -> dict[str, str]:
        """As an operator sets it who tries things out."""
        return super().environment() | {
            "FEDIGROUPS_SIGNUP": "open",
            "FEDIGROUPS_CONFIRM_EMAIL": "off",
            "FEDIGROUPS_PASSWORD_GRANT": "on",
        }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server("Trial", "127.0.0.1", tmp_path)
    made.start()
    try:
        with httpx.Client(base_url=made.origin) as browser:
            shown = browser.get("/signup")
            wish = {"name": "olga", "email": "olga@mail.example", "password": PASSWORD}
            done = browser.post("/signup", data=hidden(shown) | wish)
            assert done.status_code == 303, done.text
        yield made
    finally:
        made.kill()


def registered(server: Server) -> tuple[str, str]:
    client_id, secret = Mastodon.create_app(
        "Trial", scopes=SCOPES, api_base_url=server.origin, website="https://trial.example"
    )
    return str(client_id), str(secret)


def client(server: Server, app: tuple[str, str]) -> Mastodon:
    return Mastodon(*app, api_base_url=server.origin, mastodon_version=VERSION)


def test_an_app_signs_in_by_code_and_signs_out(server: Server) -> None:
    mastodon = client(server, registered(server))
    url = mastodon.auth_request_url(scopes=SCOPES, allow_http=True)
    mastodon.log_in(code=code_for(server.origin, url, "olga"), scopes=SCOPES, allow_http=True)
    assert mastodon.account_verify_credentials().acct == "olga"
    assert mastodon.app_verify_credentials().name == "Trial"
    mastodon.revoke_access_token(allow_http=True)
    with pytest.raises((MastodonAPIError, MastodonIllegalArgumentError)):
        mastodon.account_verify_credentials()


def test_an_app_signs_in_by_password(server: Server) -> None:
    app = registered(server)
    mastodon = client(server, app)
    mastodon.log_in("olga@mail.example", PASSWORD, scopes=SCOPES, allow_http=True)
    assert mastodon.account_verify_credentials().username == "olga"
    with pytest.raises(MastodonIllegalArgumentError):
        client(server, app).log_in("olga", "wrong password", scopes=SCOPES, allow_http=True)


def test_an_app_makes_an_account_and_is_in(server: Server) -> None:
    mastodon = client(server, registered(server))
    mastodon.create_account("tom", PASSWORD, "tom@mail.example", agreement=True, scopes=SCOPES)
    assert mastodon.account_verify_credentials().username == "tom"


def test_a_token_from_the_command_line_is_enough(server: Server) -> None:
    made = server.ask("user", "token", "olga", "--scopes", "read write")
    mastodon = Mastodon(
        access_token=made["access_token"], api_base_url=server.origin, mastodon_version=VERSION
    )
    assert mastodon.account_verify_credentials().username == "olga"
