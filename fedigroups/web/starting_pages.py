"""The page on which members choose where to write, and find again what they began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from fedigroups.accounts.entry_models import Session
from fedigroups.content import sanitise
from fedigroups.groups import mine, policies, read
from fedigroups.groups.models import Group, Member
from fedigroups.personal import drafts
from fedigroups.personal.drafts import Written
from fedigroups.web import addresses, forms, visitors, writing
from fedigroups.web.acting_pages import readable
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in
from fedigroups.web.writing import Writing


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft, and where it is gone on with; `link` is "" when nothing can be written there now."""

    place: str
    link: str
    what: str
    words: str
    changed_at: int


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/new", signed_in(start), methods=["GET", "POST"])]


async def start(request: Request, session: Session) -> Response:
    """`/new?about=`: the groups in which one may start a thread, and one's drafts.

    With one such group and no draft, straight on; `POST` throws the draft `throw` away.
    """
    actor_id = session.account.actor_id
    if request.method == "POST":
        await drafts.drop(actor_id, (await forms.read(request)).text("throw"))
        return visitors.seen("/new")
    groups, begun = await _open_to(actor_id), await drafts.of(actor_id)
    about = addresses.asked_number(request, "about")
    more = f"?about={about}" if about else ""
    if len(groups) == 1 and not begun:
        return visitors.seen(f"{read.card_of(groups[0]).link}/new{more}")
    return forms.page(
        request,
        "new.html",
        title=_("New thread"),
        nav="feed",
        groups=[read.card_of(one) for one in groups],
        more=more,
        begun=[_begun(place, draft, groups) for place, draft in begun],
    )


async def _open_to(actor_id: int) -> list[Group]:
    """Where they may start a thread, the liveliest first."""
    joined = (
        await Member.filter(actor_id=actor_id, state="member", group__state="open")
        .order_by("-group__active_at")
        .limit(mine.GROUPS)
        .select_related("group__actor")
    )
    return [one.group for one in joined if not policies.refusal_to_post(one.group, one)]


def _begun(place: str, draft: Written, groups: Sequence[Group]) -> Begun:
    kind, _colon, number = place.partition(":")
    link, what = f"/posts/{number}/{'edit' if kind == 'edit' else 'reply'}", _("Reply")
    if kind == "edit":
        what = _("Edit your post")
    elif kind == "group":
        group = next((one for one in groups if str(one.id) == number), None)
        link = f"{read.card_of(group).link}/new" if group else ""
        what = _("New thread in %(group)s", group=group.title) if group else _("New thread")
    words = draft.title or draft.text or draft.warning or _("Poll")
    return Begun(place, link, what, sanitise.label(words, 120), draft.changed_at)


async def shared(actor: Actor, post_id: int) -> Writing | None:
    """The form in which a post is passed on; None for one that is not for everybody in lists."""
    found = await readable(actor, id=post_id) if post_id else None
    post = await read.post_view(post_id) if found else None
    if found is None or post is None or not post.is_listed:
        return None
    quoted = f"> {sanitise.excerpt(post.content)}\n\n" if post.content else ""
    text = f"{quoted}{post.author.name}: {post.uri}\n"
    return writing.empty(post.language, text, title=found.thread.title)
