"""What members do with one press: like, vote, save, follow a thread, join a group, block somebody.

Each is a form that is answered with the page that it was on (303), or, to htmx, with the piece of
it that changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed, NotHere
from federation.models import Actor
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.groups import joining, membership, mine, policies, read, speaking, voting
from fedigroups.groups.models import Group, Member, Post, Thread
from fedigroups.groups.visibility import can_see
from fedigroups.personal import keeping, reading, stances
from fedigroups.personal.stances import Judgement
from fedigroups.web import addresses, forms, render, visitors
from fedigroups.web.visitors import signed_in

NOTHING = "there is nothing here"


@dataclass(frozen=True, slots=True)
class Met:
    """A post that somebody may read, and how they stand to its group."""

    post: Post
    thread: Thread
    group: Group
    member: Member | None

    @property
    def slug(self) -> str:
        """How the group is named in addresses."""
        return self.group.name if self.group.hosted else self.group.actor.handle

    @property
    def link(self) -> str:
        """Where the post is read."""
        return f"{self.thread_link}#post-{self.post.id}"

    @property
    def thread_link(self) -> str:
        """The page of its thread."""
        return f"/groups/{self.slug}/threads/{self.thread.id}"


def routes() -> list[BaseRoute]:
    """The presses."""
    return [
        Route("/posts/{id}/like", signed_in(like), methods=["POST"]),
        Route("/posts/{id}/vote", signed_in(vote), methods=["POST"]),
        Route("/posts/{id}/save", signed_in(save), methods=["POST"]),
        Route("/threads/{id}/hear", signed_in(hear), methods=["POST"]),
        Route("/groups/{name}/membership", signed_in(standing), methods=["POST"]),
        Route("/people/{id}/stance", signed_in(judge), methods=["POST"]),
    ]


async def met(request: Request, actor: Actor) -> Met:
    """The post in the address. Raises `NotHere` for one that they may not read."""
    found = await readable(actor, id=addresses.number(request.path_params["id"]))
    if found is None:
        raise NotHere(NOTHING)
    return found


async def readable(actor: Actor, **which: Any) -> Met | None:
    """The one post of this `id` or `uri`; None when there is none that they may read."""
    post = await Post.get_or_none(**which).select_related("author", "thread__group__actor")
    if post is None or post.thread.group.state != "open":
        return None
    member = await membership.standing(post.thread.group, actor)
    if not can_see(policies.viewer(actor, member), post):
        return None
    return Met(post, post.thread, post.thread.group, member)


async def like(request: Request, session: Session) -> Response:
    """`POST /posts/{id}/like`: `act` is `like` or `unlike`; a second time changes nothing."""
    sent, actor = await forms.read(request), session.account.actor
    found, wire = await met(request, actor), receptions.of(request).wire
    act = speaking.unlike if sent.text("act") == "unlike" else speaking.like
    await act(wire, actor, found.post)
    return await _acts(request, actor, found)


async def vote(request: Request, session: Session) -> Response:
    """`POST /posts/{id}/vote`: each `choice` is the place of an option, from 0."""
    sent, actor = await forms.read(request), session.account.actor
    found, chosen = await met(request, actor), sent.texts("choice")
    if not all(text.isascii() and text.isdigit() and len(text) < 4 for text in chosen):
        raise Malformed("that option does not exist")
    await voting.vote(receptions.of(request).wire, actor, found.post, [int(one) for one in chosen])
    return visitors.seen(found.link)


async def save(request: Request, session: Session) -> Response:
    """`POST /posts/{id}/save`: `act` is `save` or `unsave`."""
    sent, actor = await forms.read(request), session.account.actor
    found = await met(request, actor)
    act = keeping.unbookmark if sent.text("act") == "unsave" else keeping.bookmark
    await act(actor.id, found.post.id)
    return await _acts(request, actor, found)


async def hear(request: Request, session: Session) -> Response:
    """`POST /threads/{id}/hear`: `act` is `follow`, `mute`, or `usual` for neither."""
    sent, actor = await forms.read(request), session.account.actor
    thread = await Thread.get_or_none(id=addresses.number(request.path_params["id"]))
    if thread is None:
        raise NotHere(NOTHING)
    root = await Post.get(id=thread.root_id)
    request.scope["path_params"] = {"id": str(root.id)}
    found = await met(request, actor)
    act = sent.text("act")
    await reading.follow(actor.id, thread.id, act == "follow")
    await (keeping.mute if act == "mute" else keeping.unmute)(actor.id, thread.id)
    return visitors.seen(f"{found.thread_link}#hear")


async def standing(request: Request, session: Session) -> Response:
    """`POST /groups/{name}/membership`: `act` is `join`, `leave`, `bell` or `unbell`."""
    sent, person = await forms.read(request), session.account.actor
    group = await read.find_group(request.path_params["name"])
    if group is None or group.state != "open":
        raise NotHere(NOTHING)
    wire, act = receptions.of(request).wire, sent.text("act")
    if act == "join":
        if await joining.join(wire, person, group.actor) == "refused":
            member = await membership.standing(group, person)
            raise Malformed(policies.refusal_to_join(group, member) or "the group did not agree")
    elif act == "leave":
        await joining.leave(wire, person, group)
    elif act in {"bell", "unbell"}:
        await Member.filter(group_id=group.id, actor_id=person.id, state="member").update(
            bell=act == "bell"
        )
    else:
        raise Malformed("act is join, leave, bell or unbell")
    slug = group.name if group.hosted else group.actor.handle
    return visitors.seen(visitors.local(sent.text("back"), f"/groups/{slug}"))


async def judge(request: Request, session: Session) -> Response:
    """`POST /people/{id}/stance`: `act` is `mute`, `unmute`, `block` or `unblock`."""
    sent, actor = await forms.read(request), session.account.actor
    target = await Actor.get_or_none(
        id=addresses.number(request.path_params["id"]), kind__not="Group"
    )
    if target is None or target.id == actor.id:
        raise NotHere(NOTHING)
    acts: dict[str, tuple[Judgement, bool]] = {
        "mute": ("muted", True),
        "unmute": ("muted", False),
        "block": ("blocked", True),
        "unblock": ("blocked", False),
    }
    if sent.text("act") not in acts:
        raise Malformed("act is mute, unmute, block or unblock")
    await stances.judge(actor.id, target.id, *acts[sent.text("act")])
    return visitors.seen(visitors.local(sent.text("back"), "/settings/blocks"))


async def _acts(request: Request, actor: Actor, found: Met) -> Response:
    """What one can do with the post, as it is now; or the page again, at the post."""
    if "hx-request" not in request.headers:
        return visitors.seen(found.link)
    marks = await mine.marks(actor, found.thread.id)
    post = await read.post_view(found.post.id)
    headers = {"Cache-Control": "private, no-store"}
    return render.page(request, "acts.html", headers=headers, post=post, marks=marks)
