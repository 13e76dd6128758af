"""The page of a thread: its root, and every reply below what it answers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fedigroups.content import sanitise
from fedigroups.groups import read
from fedigroups.web import addresses, errors, render
from fedigroups.web import site as sites
from fedigroups.web.translation import gettext as _


async def thread_page(request: Request) -> Response:
    """`/groups/{name}/threads/{id}` for people; 410 when its beginning and all replies are gone."""
    thread_id = addresses.number(request.path_params["id"])
    thread = await read.thread_page(thread_id, addresses.asked_number(request, "after"))
    if thread is None:
        gone = await read.was_there(thread_id)
        return errors.gone(request) if gone else errors.not_found(request)
    if thread.group.name != request.path_params["name"]:
        return errors.not_found(request)
    site = sites.of(request)
    path = f"{thread.group.link}/threads/{thread.id}"
    return render.page(
        request,
        "thread.html",
        title=thread.title or _("A thread"),
        description=sanitise.excerpt(thread.root.content),
        canonical=f"{site.origin}{path}",
        activity=site.uris.thread(thread.group.uri, thread.id),
        feed=f"{path}/feed.atom" if thread.listed else "",
        feed_title=thread.title,
        indexed=thread.listed,
        nav="groups",
        path=path,
        thread=thread,
    )
