"""The page of a thread: its root, and every reply below what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.groups import membership, mine, policies, poll_views, read
from fedigroups.groups.mine import Marks
from fedigroups.groups.models import Member, Thread
from fedigroups.groups.views import PostView, ThreadPage
from fedigroups.personal import reading
from fedigroups.personal import unwanted as unwanteds
from fedigroups.personal.reading import Read
from fedigroups.web import addresses, errors, render, visitors
from fedigroups.web import site as sites
from fedigroups.web.group_pages import leaving
from fedigroups.web.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Own:
    """What of a thread is somebody's own."""

    marks: Marks
    read: Read
    refusal: str
    """Why they may not reply; "" when they may."""
    unwanted: frozenset[int]
    """Whose posts they do not want to read."""
    looks_after: bool
    """Whether they are a host of the group, which lives here."""
    first_new: int
    """The first post in reading order that is new to them; 0 when none is."""


async def thread_page(request: Request) -> Response:
    """`/groups/{name}/threads/{id}` for people; 410 when its beginning and all replies are gone."""
    thread_id = addresses.number(request.path_params["id"])
    me = visitors.known(request)
    row = await Thread.get_or_none(id=thread_id).select_related("group") if me else None
    member = await membership.standing(row.group, me.actor) if me and row else None
    viewer = policies.viewer(me.actor, member) if me else None
    thread = await read.thread_page(thread_id, addresses.asked_number(request, "after"), viewer)
    if thread is None:
        gone = await read.was_there(thread_id)
        return errors.gone(request) if gone else errors.not_found(request)
    if thread.group.name != request.path_params["name"]:
        return errors.not_found(request)
    own = await _own(me.actor, row, member, thread) if me and row else None
    site = sites.of(request)
    path = f"{thread.group.link}/threads/{thread.id}"
    return render.page(
        request,
        "thread.html",
        headers=None if me else {"Content-Security-Policy": leaving(site)},
        title=thread.title or _("A thread"),
        description=sanitise.excerpt(thread.root.content),
        canonical=f"{site.origin}{path}",
        activity=site.uris.thread(thread.group.uri, thread.id),
        feed=f"{path}/feed.atom" if thread.listed else "",
        feed_title=thread.title,
        indexed=thread.listed,
        nav="groups",
        path=path,
        live="" if thread.next else f"?thread={thread.id}&after={_newest(thread)}",
        thread=thread,
        own=own,
        pinned=bool(row and row.pinned_at),
        polls=await poll_views.of(
            _posts(thread),
            me.actor.id if me else 0,
            policies.refusal_to_vote(row.group, member) if me and row else "",
        ),
    )


def _posts(thread: ThreadPage) -> list[PostView]:
    return [thread.root, *(one.post for one in thread.replies)]


def _newest(thread: ThreadPage) -> int:
    return max(post.id for post in _posts(thread))


async def _own(actor: Actor, row: Thread, member: Member | None, thread: ThreadPage) -> Own:
    """What is theirs; and that they have seen the page."""
    known = await reading.of(actor.id, row.id)
    shown = _posts(thread)
    new = [one.id for one in shown if one.id > known.seen_id and one.author_id != actor.id]
    await reading.saw(actor.id, row.id, _newest(thread))
    return Own(
        marks=await mine.marks(actor, row.id),
        read=known,
        refusal=policies.refusal_to_reply(row.group, member, row),
        unwanted=await unwanteds.among(actor.id, {one.author_id for one in shown}),
        looks_after=row.group.hosted and policies.is_staff(member),
        first_new=new[0] if known.seen_id and new else 0,
    )
