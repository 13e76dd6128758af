"""Every address at which an instance answers a GET, found in its app, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from federation.vocabulary import ACTIVITY_JSON
from fedigroups.app import make_app
from fedigroups.web import static
from world import Town

ORIGIN = "https://groups.example"
KINDS = ("text/html", ACTIVITY_JSON)
QUERIES = {
    "/.well-known/webfinger": (
        "",
        "?resource=acct:welders@groups.example",
        "?resource=acct:tom@groups.example",
    ),
    "/complete": ("?q=to", "?q=weld"),
    "/groups": ("", "?q=weld", "?q=sesame"),
    "/groups/{name}": ("", "?sort=new", "?sort=top", "?before=9999999999999.1"),
    "/groups/{name}/threads/{id}": ("", "?after=1"),
    "/groups/{name}/join": ("", "?handle=@ann@m.example"),
    "/groups/{name}/ledger": ("", "?before=9223372036854775807"),
    "/@{name}": ("", "?before=9223372036854775807"),
    "/api/v1/accounts/lookup": ("?acct=tom", "?acct=welders"),
    "/api/v2/search": ("?q=sesame", "?q=%23sesa", "?q=weld", "?q=sheet"),
    "/search": ("", "?q=sesame", "?q=thin", "?q=thin&in=welders"),
    "/answer": ("", "?post=1&handle=@ann@m.example"),
    "/follow": ("", "?uri=https://h.example/groups/bakers"),
}
"""What else than the bare address is asked for."""

_TOKEN = re.compile(r'name="form_token" value="[^"]+"')
"""Of each form that is shown another one."""

Answer = tuple[int, str, str]
"""Status, where it leads to, and the text."""


def inside(app: Any) -> Starlette:
    """The app inside of all middleware."""
    while not isinstance(app, Starlette):
        app = app.app
    return app


def routes(app: ASGIApp) -> list[Route]:
    """Its routes that answer a GET."""
    found = [route for route in inside(app).routes if isinstance(route, Route)]
    return [route for route in found if "GET" in (route.methods or ())]


@dataclass(frozen=True)
class Known:
    """What may stand in an address: the numbers are ids."""

    groups: tuple[str, ...] = ("welders",)
    people: tuple[str, ...] = ("tom",)
    elsewhere: tuple[str, ...] = ("ann@m.example",)
    accounts: tuple[int, ...] = (1,)
    threads: tuple[int, ...] = ()
    posts: tuple[int, ...] = ()
    activities: tuple[str, ...] = ()
    files: tuple[str, ...] = field(
        default=tuple(file.served_as for file in static.FILES.values()), repr=False
    )

    def values(self, template: str, parameter: str) -> tuple[Any, ...]:
        """What may stand in this place. A parameter that is not known here raises `KeyError`."""
        if template.startswith("/api/"):
            return self._of_apps(template, parameter)
        if parameter == "name" and template.startswith(("/users/", "/@")):
            return (*self.people, *self.elsewhere) if template == "/@{name}" else self.people
        if template == "/tags/{name}":
            return ("welding", "sesame")
        if parameter == "id" and template.startswith("/posts/"):
            return self.posts
        if parameter == "name":
            return self.files if template.startswith("/static/") else self.groups
        if parameter == "id" and template.startswith("/activities/"):
            return self.activities
        if parameter == "id":
            return self.threads if "/threads/" in template else self.posts
        return {
            "collection": ("outbox", "followers", "following"),
            "version": ("2.0", "2.1"),
            "size": ("icon",),
            "signature": ("x",),
            "token": ("x",),
            "host": ("m.example",),
            "key": ("aa/bb/" + "0" * 32 + ".png",),
        }[parameter]

    def _of_apps(self, template: str, parameter: str) -> tuple[Any, ...]:
        """What may stand in this place of the client API."""
        ids = self.accounts if "/accounts/{id}" in template else self.posts
        return {"id": ids, "key": ("ungrouped-1",), "name": ("welding",)}[parameter]


def addresses(app: ASGIApp, known: Known) -> Iterator[str]:
    """Every address that can be made of what is known."""
    for route in routes(app):
        template = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        names = re.findall(r"\{(\w+)\}", template)
        for chosen in product(*(known.values(template, name) for name in names)):
            path = template.format(**dict(zip(names, chosen, strict=True)))
            for query in QUERIES.get(template, ("",)):
                yield path + query


async def ask(town: Town, path: str, accept: str, **headers: str) -> httpx.Response:
    """The answer of our instance."""
    request = httpx.Request("GET", f"{ORIGIN}{path}", headers={"Accept": accept} | headers)
    response = await town.network.handle_async_request(request)
    await response.aread()
    return response


async def answers(town: Town, known: Known) -> dict[tuple[str, str], Answer]:
    """What every door says to people and to programs."""
    said: dict[tuple[str, str], Answer] = {}
    for path, accept in product(addresses(make_app(town.instance), known), KINDS):
        response = await ask(town, path, accept)
        where = response.headers.get("location", "")
        said[path, accept] = (response.status_code, where, _TOKEN.sub("", response.text))
    return said
