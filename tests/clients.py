"""A program that uses an instance of the tests with somebody's account, as an app does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from fedigroups.accounts.models import Account
from fedigroups.app import make_app
from fedigroups.groups import lookup
from fedigroups.oauth import apps, tokens
from world import Town

SCOPES = ("read", "write", "follow", "push", "profile")


@dataclass
class App:
    """An app that somebody is signed in with; `asked` is what the last answer was."""

    town: Town
    http: httpx.AsyncClient
    asked: httpx.Response | None = field(default=None)

    async def ask(self, method: str, path: str, code: int = 200, /, **said: Any) -> Any:
        """What the instance answers, which must have this status and be JSON."""
        headers = said.pop("headers", {})
        answer = await self.http.request(method, path, headers=headers, **said)
        self.asked = answer
        assert answer.status_code == code, (path, answer.status_code, answer.text)
        assert answer.headers["content-type"].startswith("application/json")
        return answer.json()

    async def get(self, path: str, code: int = 200, /, **params: Any) -> Any:
        return await self.ask("GET", path, code, params=params or None)

    async def post(self, path: str, code: int = 200, /, **said: Any) -> Any:
        return await self.ask("POST", path, code, json=said)

    async def delete(self, path: str, code: int = 200, /) -> Any:
        return await self.ask("DELETE", path, code)

    async def account(self, name: str) -> Any:
        """The account of a name, here or elsewhere."""
        return await self.get("/api/v1/accounts/lookup", acct=name)

    @property
    def links(self) -> dict[str, str]:
        """Path and query of what the last answer links to, by relation."""
        assert self.asked is not None
        found = self.asked.links.values()
        return {one["rel"]: one["url"].removeprefix("https://groups.example") for one in found}


@asynccontextmanager
async def signed_in(
    town: Town, name: str = "", *, acting: str = "", scopes: tuple[str, ...] = SCOPES
) -> AsyncIterator[App]:
    """An app with the account of that name; without one, with no account at all."""
    headers = {}
    if name:
        headers["Authorization"] = f"Bearer {await town.run(lambda: _token(name, acting, scopes))}"
    transport = httpx.ASGITransport(make_app(town.instance), raise_app_exceptions=False)
    origin = f"https://{town.host}"
    async with httpx.AsyncClient(transport=transport, base_url=origin, headers=headers) as http:
        yield App(town, http)


async def _token(name: str, acting: str, scopes: tuple[str, ...]) -> str:
    made = await apps.register("An app", ["urn:ietf:wg:oauth:2.0:oob"], scopes, "", plain=False)
    account = await Account.get(actor__username=name)
    group = (await lookup.hosted_named(acting)).actor.id if acting else None
    issued = await tokens.issue(made.app, list(scopes), account.id, group)
    return str(issued.document()["access_token"])
