"""The pages of one member: their feed, what they saved, what they are notified of, one post."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.errors import FederationError, NotHere, Slowed
from federation.models import Actor
from federation.origin import host_of
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.groups import joining, mine, notices, policies, poll_views, read
from fedigroups.moderation import acts
from fedigroups.personal import keeping
from fedigroups.web import addresses, forms, orders, refusals, visitors
from fedigroups.web.acting_pages import Met, met, readable
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in

FILTERS = {
    "all": noted("All"),
    "replies": noted("Replies"),
    "reactions": noted("Reactions"),
    "threads": noted("Threads"),
}


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/feed", signed_in(feed)),
        Route("/saved", signed_in(saved)),
        Route("/notifications", signed_in(notifications), methods=["GET", "POST"]),
        Route("/posts/{id}", signed_in(post)),
        Route("/follow", signed_in(follow), methods=["GET", "POST"]),
    ]


async def feed(request: Request, session: Session) -> Response:
    """`/feed?show=`: the threads of one's groups, those that were active last first."""
    actor_id = session.account.actor_id
    before = request.query_params.get("before", "")
    order = orders.asked(request)
    found = await mine.feed(actor_id, before, unread=order.unread)
    response = forms.page(
        request,
        "feed.html",
        headers={"Cache-Control": "private, no-cache"},
        title=_("My feed"),
        nav="feed",
        found=found,
        fresh=await mine.fresh(actor_id, found.threads),
        groups=await mine.groups(actor_id),
        order=order,
        is_first=read.cursor(before) is None,
    )
    return orders.remember(request, response, order)


async def saved(request: Request, session: Session) -> Response:
    """`/saved`: the posts that one wants to find again."""
    before = addresses.asked_number(request, "before")
    found = await mine.saved(session.account.actor_id, before)
    return forms.page(
        request, "saved.html", title=_("Saved posts"), found=found, is_first=before == 0
    )


async def notifications(request: Request, session: Session) -> Response:
    """`/notifications?show=`: what happened; `POST` says that all of it was read."""
    actor_id = session.account.actor_id
    if request.method == "POST":
        sent = await forms.read(request)
        await keeping.mark(actor_id, "notifications", sent.number("newest"))
        return visitors.seen("/notifications")
    asked = request.query_params.get("show", "")
    show = asked if asked in FILTERS else "all"
    before = addresses.asked_number(request, "before")
    found = await notices.page(actor_id, show, before)
    return forms.page(
        request,
        "notifications.html",
        title=_("Notifications"),
        nav="notifications",
        found=found,
        show=show,
        filters=FILTERS,
        desks=await notices.desks(actor_id),
        letters=await notices.letters(actor_id),
        decided=await notices.decided(actor_id),
        newest=await notices.newest(actor_id),
        is_first=before == 0,
    )


async def post(request: Request, session: Session) -> Response:
    """`/posts/{id}`: all that one can do about a post."""
    actor = session.account.actor
    found = await met(request, actor)
    post = await read.post_view(found.post.id)
    return forms.page(
        request,
        "post_page.html",
        title=_("About this post"),
        nav="groups",
        post=post,
        polls=await poll_views.of(
            [post] if post else [], actor.id, policies.refusal_to_vote(found.group, found.member)
        ),
        thread_link=found.thread_link,
        link=found.link,
        group=found.group.title,
        is_own=found.post.author_id == actor.id,
        is_edited=found.post.updated_at > found.post.published_at,
        desk=f"/groups/{found.slug}/moderation" if _looks_after(found) else "",
        group_rules=acts.rules(found.group),
        locked=found.thread.locked,
    )


def _looks_after(found: Met) -> bool:
    return found.group.hosted and policies.is_staff(found.member)


async def follow(request: Request, session: Session) -> Response:
    """`/follow?uri=`: where other servers send people of ours who want to join or answer there."""
    if request.method == "POST":
        return await _joined(request, session.account.actor)
    uri = request.query_params.get("uri", "").strip()
    here = await readable(session.account.actor, uri=uri) if uri else None
    if here is not None:
        return RedirectResponse(f"/posts/{here.post.id}", 302)
    found: Actor | None = None
    problem = ""
    if uri:
        try:
            found = await _group_at(request, uri)
        except Slowed:
            raise
        except FederationError as error:
            problem = refusals.said(error)
    return forms.page(
        request,
        "follow.html",
        title=_("Join from here"),
        nav="groups",
        uri=uri[:400],
        found=found,
        problem=problem,
    )


async def _joined(request: Request, person: Actor) -> Response:
    """The page of the group, once it was asked to let them in."""
    sent = await forms.read(request)
    try:
        found = await _group_at(request, sent.text("uri"))
    except Slowed:
        raise
    except FederationError as error:
        raise NotHere("there is nothing here") from error
    if found is None:
        raise NotHere("there is nothing here")
    await joining.join(receptions.of(request).wire, person, found)
    return visitors.seen(f"/groups/{found.username if found.local else found.handle}")


async def _group_at(request: Request, uri: str) -> Actor | None:
    """The group with that address, `name@host` or its id; None for whatever is none.

    Raises `Slowed` when its site was asked too often.
    """
    directory = receptions.of(request).wire.directory
    handle = addresses.handle(uri)
    if handle or await directory.known(uri) is None:
        request.app.state.shares.take_of_site(handle.partition("@")[2] or host_of(uri))
    found = await (directory.by_handle(handle) if handle else directory.actor(uri))
    return found if found.kind == "Group" else None
