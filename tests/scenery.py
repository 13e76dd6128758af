"""Rows for pages to show, and an app that shows them: groups, people, threads, posts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from federation import clock, ids
from federation.models import Actor
from federation.uris import Uris
from fedigroups.groups.models import Group, Member, Post, Thread
from fedigroups.media.pictures import Pictures
from fedigroups.web import errors
from fedigroups.web.headers import SecurityHeaders
from fedigroups.web.pages import group_page, person_page, post_page, routes, thread_page
from fedigroups.web.site import Site
from fedigroups.web.translation import Spoken

ORIGIN = "https://groups.example"
URIS = Uris(ORIGIN)
START = 1_767_348_005_000  # 2 January 2026, 10:00:05 UTC

SITE = Site(
    name="Example groups",
    origin=ORIGIN,
    host="groups.example",
    contact="olga@groups.example",
    software_version="0.1.0",
    uris=URIS,
    pictures=Pictures(ORIGIN, f"{ORIGIN}/media", b"s" * 32),
    source_url="https://source.example/fedigroups",
)


def app(site: Site = SITE) -> ASGIApp:
    """The pages as an app has them, without the documents for programs."""
    starlette = Starlette(
        routes=[
            *routes(),
            Route("/groups/{name}", group_page),
            Route("/groups/{name}/threads/{id}", thread_page),
            Route("/@{name}", person_page),
            Route("/@{name}/{id}", post_page),
        ],
        exception_handlers=dict(errors.handlers()),
    )
    starlette.router.redirect_slashes = False
    starlette.state.site = site
    return Spoken(SecurityHeaders(starlette, https=site.origin.startswith("https:")))


@asynccontextmanager
async def browser(site: Site = SITE) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who looks at the pages; redirects are not followed."""
    transport = httpx.ASGITransport(app(site), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=site.origin) as client:
        yield client


def asking(template: str | None) -> Site:
    """The site, whose visitors' servers all have that subscribe template."""

    async def subscribe_template(_handle: str) -> str | None:
        return template

    return replace(SITE, subscribe_template=subscribe_template)


async def person(handle: str, *, name: str = "", summary: str = "", state: str = "live") -> Actor:
    """A person, local when the handle's host is ours."""
    username, _, host = handle.partition("@")
    local = host == SITE.host
    uri = URIS.person(username) if local else f"https://{host}/users/{username}"
    return await Actor.create(
        id=ids.new(),
        uri=uri,
        kind="Person",
        local=local,
        host=host,
        username=username,
        name=name,
        summary=summary,
        state=state,
        page_url=f"https://{host}/@{username}",
        published_at=START,
    )


async def group(name: str = "welders", title: str = "Welders", **columns: object) -> Group:
    """A group of ours."""
    actor = await Actor.create(
        id=ids.new(), uri=URIS.group(name), kind="Group", local=True, host=SITE.host, username=name
    )
    values = {"created_at": START, "active_at": START} | columns
    return await Group.create(id=ids.new(), actor=actor, name=name, title=title, **values)


async def join(group: Group, actor: Actor, role: str = "member") -> Member:
    """A standing member."""
    return await Member.create(
        id=ids.new(), group=group, actor=actor, state="member", role=role, joined_at=START
    )


async def thread(
    group: Group, author: Actor, title: str = "MIG or TIG?", **columns: object
) -> tuple[Thread, Post]:
    """A thread and its root; `columns` are the root's."""
    root_id = ids.new()
    row = await Thread.create(
        id=ids.new(),
        group=group,
        title=title,
        root_id=root_id,
        active_at=START,
        created_at=START,
    )
    root = await post(row, author, id=root_id, title=title, **columns)
    return row, root


async def post(
    thread: Thread, author: Actor, parent: Post | None = None, **columns: object
) -> Post:
    """A post in a thread: the root, or a reply to `parent`."""
    id = columns.pop("id", None) or ids.new()
    uri = (
        URIS.post(author.username, str(id)) if author.local else f"https://{author.host}/posts/{id}"
    )
    attachments = columns.pop("attachments", [])
    values = {
        "kind": "Note",
        "content": "<p>Which one for thin sheet?</p>",
        "published_at": START,
        "received_at": START,
        "uri": uri,
        "page_url": uri,
    } | columns
    return await Post.create(
        id=id,
        author=author,
        thread=thread,
        parent_id=parent.id if parent else None,
        depth=parent.depth + 1 if parent else 0,
        attachments=json.dumps(attachments),
        **values,
    )


def ago(minutes: float) -> int:
    """That many minutes before now, in milliseconds."""
    return clock.now_ms() - int(minutes * clock.MINUTE)
