"""The stream of our own pages: `GET /live`, server-sent events for whoever looks at one.

Whoever is signed in is known by their cookie; strangers may listen where they may read. One
connection for a page, for browsers open only six to a host:

- `/live` of a page without more: the count of notifications. A stranger is answered 204, upon
  which a browser does not ask again.
- `/live?thread=ID[&after=POST]`: the answers in a thread too, `after` the newest on the page.
- `/live?group=ID`: the threads that a group gets, too.

Events, each with a whole number as its data:

- `notifications`: how many somebody has not read, at most 100; told when one comes, and when they
  were read or put away, here or in an app.
- `replies`: how many posts came into the thread since `after`, or since the page connected; their
  own are not counted, nor those of whom they block or mute, or whose host they block.
- `threads`: the same of a group.

With htmx: `<div hx-ext="sse" sse-connect="/live?thread=1&after=2"><b sse-swap="replies"></b>
</div>`, or `hx-trigger="sse:replies"` to fetch them. It needs `connect-src 'self'`.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import ids, storage
from federation.models import Actor
from fedigroups.mastodon.reading.posts import Reader, readable
from fedigroups.personal import unwanted
from fedigroups.streaming import admission
from fedigroups.streaming.hub import Hub
from fedigroups.streaming.listeners import Stream
from fedigroups.streaming.sse import EventStream
from fedigroups.web import visitors


def routes() -> list[BaseRoute]:
    """The one address."""
    return [Route("/live", live, methods=["GET"])]


async def live(request: Request) -> Response:
    """The stream of a page. Raises 404 for a thread or group that whoever asks may not read."""
    hub: Hub = request.app.state.hub
    who = admission.visitor(request, await visitors.session(request))
    reader = Reader(
        await Actor.get_or_none(id=who.actor_id) if who.actor_id else None, hub.pictures
    )
    wanted: list[Stream] = []
    counts: dict[str, int] = {}
    if "thread" in request.query_params:
        thread_id = _number(request, "thread")
        wanted.append(Stream("thread", str(thread_id)))
        after = _number(request, "after") if "after" in request.query_params else ids.BIGGEST
        if missed := await _missed(thread_id, after, reader):
            counts["replies"] = missed
    elif "group" in request.query_params:
        wanted.append(Stream("group", str(await _group(_number(request, "group")))))
    if who.actor_id:
        wanted.append(Stream("mine", str(who.actor_id)))
    return EventStream(hub, who, wanted, counts) if wanted else Response(status_code=204)


def _number(request: Request, name: str) -> int:
    said = request.query_params[name]
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise HTTPException(404)
    return int(said)


async def _missed(thread_id: int, after: int, reader: Reader) -> int:
    """How many posts of others came since. Raises 404 when they may read nothing in the thread."""
    may, values = readable("p", reader)
    row = await storage.row(
        "SELECT COUNT(*) AS here, SUM(CASE WHEN p.id > ? AND p.state = 'live' AND p.author_id <> ?"  # noqa: S608 - our own SQL
        f" AND NOT {unwanted.sql('p.author_id')} THEN 1 ELSE 0 END) AS missed"
        " FROM post p JOIN thread t ON t.id = p.thread_id JOIN groups g ON g.id = t.group_id"
        f" WHERE t.id = ? AND {may}",
        *(after, reader.id, *unwanted.values(reader.id), thread_id, *values),
    )
    if row is None or not row["here"]:
        raise HTTPException(404)
    return int(row["missed"])


async def _group(id: int) -> int:
    row = await storage.row("SELECT id FROM groups WHERE id = ? AND state = 'open'", id)
    if row is None:
        raise HTTPException(404)
    return id
