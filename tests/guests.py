"""This module is somebody at a browser without scripts, or with an app, before our instance."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from conftest import MakeUrl
from fedigroups.accounts import people
from fedigroups.accounts.mail import Letter, opened
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import Wish
from fedigroups.app import make_app
from fedigroups.instance import Instance, assemble
from fedigroups.settings import load
from network import Network

ORIGIN = "https://groups.example"
PASSWORD = "correct horse battery"
OOB = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]

_INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class Guest:
    """A browser: keeps cookies, fills in forms as they are shown."""

    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
        """Post as a browser does from a page of ours."""
        return await self.client.post(path, data=data, headers={"Origin": ORIGIN, **headers})

    async def fill(self, path: str, to: str = "", **fields: str) -> httpx.Response:
        """Load the page, and post its form with these fields filled in."""
        shown = await self.get(path)
        assert shown.status_code == 200, shown.text
        return await self.post(to or path.partition("?")[0], hidden(shown) | fields)

    async def sign_in(self, name: str = "olga", password: str = PASSWORD) -> httpx.Response:
        return await self.fill("/login", name=name, password=password)

    def cookie(self, name: str = "fedigroups") -> str:
        return self.client.cookies.get(f"__Host-{name}", "")


def hidden(shown: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's first form that has a token; later forms have the same."""
    found = [(name, unescape(value)) for name, value in _INPUT.findall(shown.text)]
    return dict(found)


def sign_in_of(shown: httpx.Response) -> str:
    """Where the head of a page leads a stranger who signs in."""
    found = re.search(r'<div class="masthead-own">\s*<a href="([^"]*)"', shown.text)
    assert found, shown.text
    return unescape(found[1])


def code_for(origin: str, url: str, name: str) -> str:
    """What somebody copies from the page of a running server that an app sends them to."""
    with httpx.Client(base_url=origin, follow_redirects=True) as browser:
        signed = hidden(browser.get(url)) | {"name": name, "password": PASSWORD}
        shown = browser.post("/login", data=signed)
        allowed = browser.post("/oauth/authorize", data=hidden(shown) | {"decision": "allow"})
    found = re.search(r'id="code">([^<]+)<', allowed.text)
    assert found, allowed.text
    return found[1]


@dataclass
class App:
    """A program that people use their accounts with."""

    client: httpx.AsyncClient
    id: str = ""
    secret: str = ""
    token: str = ""
    registered: dict[str, Any] = field(default_factory=dict)

    async def register(
        self, scopes: str = "read write follow push", uris: str = OOB, name: str = "Trial"
    ) -> App:
        sent = {"client_name": name, "redirect_uris": uris, "scopes": scopes}
        answer = await self.client.post("/api/v1/apps", data=sent)
        assert answer.status_code == 200, answer.text
        self.registered = answer.json()
        self.id, self.secret = self.registered["client_id"], self.registered["client_secret"]
        return self

    def asking(self, scope: str = "read write", uri: str = OOB, **more: str) -> dict[str, str]:
        """The query with which it opens the page of consent."""
        return {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": uri,
            "scope": scope,
        } | more

    async def token_for(self, **sent: str) -> httpx.Response:
        known = {"client_id": self.id, "client_secret": self.secret}
        return await self.client.post("/oauth/token", data=known | sent)

    async def exchange(self, code: str, uri: str = OOB, **more: str) -> httpx.Response:
        return await self.token_for(
            grant_type="authorization_code", code=code, redirect_uri=uri, **more
        )

    async def get(self, path: str, token: str = "") -> httpx.Response:
        bearer = f"Bearer {token or self.token}"
        return await self.client.get(path, headers={"Authorization": bearer})


@dataclass
class House:
    """An instance with Olga in it, its guests and their apps."""

    instance: Instance
    app: ASGIApp
    network: Network = field(default_factory=Network)

    @asynccontextmanager
    async def guest(self, address: str = "127.0.0.1") -> AsyncIterator[Guest]:
        async with self._client(address) as client:
            yield Guest(client)

    @asynccontextmanager
    async def program(self, address: str = "127.0.0.1") -> AsyncIterator[App]:
        async with self._client(address) as client:
            yield App(client)

    def _client(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 5_000)
        )
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def settle(self, name: str, **wish: Any) -> Account:
        """Somebody who is in."""
        wished = {"email": f"{name}@mail.example", "password": PASSWORD} | wish
        return await people.add(
            self.instance.wire, Wish(name=name, **wished), confirmed=True, approved=True
        )

    async def letters(self, to: str = "") -> list[Letter]:
        """What waits to be sent, in order."""
        found = Mail.all().order_by("id")
        rows = await (found.filter(recipient=to) if to else found)
        return [opened(self.instance.mailer.seal, row) for row in rows]

    async def link(self, to: str) -> str:
        """The path of the link in the newest letter to somebody."""
        letter = (await self.letters(to))[-1]
        found = re.search(rf"{ORIGIN}(/\S+\?token=\S+)", letter.text)
        assert found, letter.text
        return found[1]

    async def code(self, guest: Guest, app: App, **asking: str) -> str:
        """The code that somebody who is signed in lets an app have, on the page for it."""
        query = app.asking(**asking)
        shown = await guest.client.get("/oauth/authorize", params=query)
        assert shown.status_code == 200, shown.text
        allowed = await guest.post("/oauth/authorize", hidden(shown) | {"decision": "allow"})
        found = re.search(r'id="code">([^<]+)<', allowed.text)
        if found:
            return found[1]
        return httpx.URL(allowed.headers["location"]).params["code"]


@asynccontextmanager
async def housed(url: str, folder: str, **settings: str) -> AsyncIterator[House]:
    """An instance on a migrated database, which is ambient."""
    chosen = load(
        {
            "FEDIGROUPS_ORIGIN": ORIGIN,
            "FEDIGROUPS_DATABASE_URL": url,
            "FEDIGROUPS_DATA_DIR": folder,
            "FEDIGROUPS_SECRET": "5e" * 32,
            "FEDIGROUPS_SIGNUP": "open",
        }
        | settings
    )
    network = Network()
    instance = assemble(chosen, transport=network)
    await instance.open()
    try:
        with instance.store.context():
            house = House(instance, make_app(instance), network)
            await house.settle("olga")
            yield house
    finally:
        await instance.close()


@pytest.fixture
async def open_house(
    kind: str, make_url: MakeUrl, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    """Opens the one house of a test with its own settings: `await open_house(SIGNUP="closed")`."""
    async with AsyncExitStack() as stack:

        async def make(**settings: str) -> House:
            named = {f"FEDIGROUPS_{name}": value for name, value in settings.items()}
            return await stack.enter_async_context(
                housed(await make_url(kind), str(tmp_path), **named)
            )

        yield make


@pytest.fixture
async def house(open_house: Callable[..., Awaitable[House]]) -> House:
    """An instance where anybody may make an account, with Olga in it, on each kind of database."""
    return await open_house()
