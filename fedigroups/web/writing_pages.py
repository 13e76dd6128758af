"""The pages on which members write: a new thread, an answer, an edit, and taking back.

A form has four ways on: `send`, `preview` (also to add a picture), `keep` as a draft, and `drop`
a picture or the draft.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import FederationError, Malformed, NotHere
from federation.models import Actor
from federation.wire import Wire
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.content import sanitise
from fedigroups.groups import addressed, deleting, membership, policies, read, speaking
from fedigroups.groups.models import Post, Revision
from fedigroups.groups.views import PostView
from fedigroups.groups.visibility import OWN
from fedigroups.media import uploads
from fedigroups.media.models import Media
from fedigroups.personal import drafts
from fedigroups.web import addresses, forms, refusals, versions, visitors, writing
from fedigroups.web.acting_pages import NOTHING, Met, met
from fedigroups.web.starting_pages import shared
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in
from fedigroups.web.writing import Writing

Send = Callable[[Wire, Actor, Writing], Awaitable[str]]
"""Says what was written, and answers where it is read. Raises a FederationError."""
STALE = noted(
    "This page was open for long, and nothing was sent yet. Your words are here: look at them, and "
    "press again."
)
LOST = noted(
    "You are not signed in any more, and nothing was sent yet. Your words are here: sign in in "
    "another tab, come back to this one, and press again."
)
OVERTAKEN = noted(
    "The post was changed after this draft was kept. Look at the post first: what you send takes "
    "its place."
)


def routes() -> list[BaseRoute]:
    """The pages."""
    both = ["GET", "POST"]
    return [
        Route("/groups/{name}/new", start, methods=both),
        Route("/posts/{id}/reply", reply, methods=both),
        Route("/posts/{id}/edit", edit, methods=both),
        Route("/posts/{id}/delete", signed_in(delete), methods=both),
        Route("/posts/{id}/history", signed_in(history)),
    ]


async def start(request: Request) -> Response:
    """`/groups/{name}/new?about=`: a new thread; perhaps one that passes a post on."""
    group = await read.find_group(request.path_params["name"])
    if group is None or group.state != "open":
        raise NotHere(NOTHING)
    slug = group.name if group.hosted else group.actor.handle
    place = Place(
        f"group:{group.id}",
        f"/groups/{slug}/new",
        _("New thread in %(group)s", group=group.title),
        f"/groups/{slug}",
        group.title,
        titled=True,
    )
    me = await visitors.me(request)
    if me is None:
        return await _lost(request, place)
    place = replace(place, begun=await shared(me.actor, addresses.asked_number(request, "about")))
    refusal = policies.refusal_to_post(group, await membership.standing(group, me.actor))
    if refusal and request.method != "POST":
        return forms.notice(
            request,
            403,
            _("You cannot start a thread here"),
            refusals.said(Malformed(refusal)),
            link=place.back,
            word=_("Back to the group"),
        )

    async def send(wire: Wire, author: Actor, written: Writing) -> str:
        text = await _spelt(wire, written)
        post = await speaking.write(wire, author, group, text.as_text(), key=written.once)
        return _seen_at(post, f"{place.back}/threads/{post.thread_id}")

    return await _write(request, me.session, place, send)


async def reply(request: Request) -> Response:
    """`/posts/{id}/reply`: an answer to a post."""
    me = await visitors.me(request)
    if me is None:
        return await _lost(request, _somewhere(request, _("Reply")))
    found = await met(request, me.actor)
    place = Place(
        f"post:{found.post.id}",
        f"/posts/{found.post.id}/reply",
        _("Reply to %(name)s", name=found.post.author.name or found.post.author.username),
        found.link,
        found.group.title,
        answered=await read.post_view(found.post.id),
    )

    async def send(wire: Wire, author: Actor, written: Writing) -> str:
        text = await _spelt(wire, written)
        post = await speaking.answer(wire, author, found.post, text.as_text(), key=written.once)
        return _seen_at(post, f"{found.thread_link}#post-{post.id}")

    return await _write(request, me.session, place, send)


async def edit(request: Request) -> Response:
    """`/posts/{id}/edit`: one's own post, as it was written."""
    me = await visitors.me(request)
    if me is None:
        return await _lost(request, _somewhere(request, _("Edit")))
    found = await _own(request, me.actor)
    held = await uploads.held_by(found.post.uri)
    place = Place(
        f"edit:{found.post.id}",
        f"/posts/{found.post.id}/edit",
        _("Edit your post"),
        found.link,
        found.group.title,
        titled=bool(found.post.title),
        before=_as_written(found.post, held),
        changed_at=found.post.updated_at,
    )

    async def send(wire: Wire, author: Actor, written: Writing) -> str:
        text = await _spelt(wire, written)
        await speaking.edit(wire, author, found.post, text.as_text())
        return _seen_at(found.post, found.link)

    return await _write(request, me.session, place, send, held)


async def delete(request: Request, session: Session) -> Response:
    """`/posts/{id}/delete`: asked once more; then there are some seconds in which to keep it."""
    author, wire = session.account.actor, receptions.of(request).wire
    found = await _own(request, author)
    if request.method == "POST":
        act = (await forms.read(request)).text("act")
        if act == "keep":
            await deleting.keep(author, found.post)
            return visitors.seen(found.link)
        if act == "now":
            await deleting.at_once(wire, author, found.post)
            return visitors.seen(_above(found))
        await deleting.begin(author, found.post)
        return visitors.seen(f"/posts/{found.post.id}/delete")
    is_going = await deleting.is_going(found.post)
    return forms.page(
        request,
        "delete.html",
        title=_("Your post is about to go") if is_going else _("Delete your post?"),
        nav="groups",
        post=await read.post_view(found.post.id),
        back=found.link,
        above=_above(found),
        group=found.group.title,
        is_going=is_going,
        seconds=deleting.UNDO_SECONDS,
    )


def _above(found: Met) -> str:
    """Where its author goes on when the post is gone."""
    return found.thread_link if found.post.parent_id else f"/groups/{found.slug}"


async def history(request: Request, session: Session) -> Response:
    """`/posts/{id}/history`: the post as it read before each edit."""
    found = await met(request, session.account.actor)
    if found.post.state != "live":
        raise NotHere(NOTHING)
    revisions = await Revision.filter(post_id=found.post.id).order_by("-id")
    return forms.page(
        request,
        "history.html",
        title=_("Earlier versions"),
        nav="groups",
        post=await read.post_view(found.post.id),
        revisions=revisions,
        back=found.link,
        group=found.group.title,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: a new thread, an answer, an edit."""

    name: str
    """As drafts know it."""
    action: str
    title: str
    back: str
    group: str
    titled: bool = False
    answered: PostView | None = None
    begun: Writing | None = None
    """What is in the form before anybody types."""
    before: Writing | None = None
    """What it says now, of an edit."""
    changed_at: int = 0
    """Since when it says that."""


async def _write(
    request: Request, session: Session, place: Place, send: Send, held: Sequence[Media] = ()
) -> Response:
    account = session.account
    if request.method != "POST":
        draft = await drafts.find(account.actor_id, place.name)
        begun = writing.of_draft(draft) if draft and not place.begun else None
        begun = begun or place.before or place.begun
        if draft and place.before:
            begun = replace(writing.of_draft(draft), pictures=place.before.pictures)
        if begun and place.before:
            begun = replace(begun, seen=versions.mark(place.before.words))
        if begun and 0 < begun.draft_at < place.changed_at:
            begun = begun.wrong("", _(OVERTAKEN))
        return _form(request, place, begun or writing.empty(account.language))
    sent, is_good = await forms.look(request, most=writing.FORM_BYTES, files=writing.FILES)
    try:
        if not is_good:
            written = writing.typed(sent).wrong("", _(STALE))
            return _form(request, place, written, status=409)
        written = await writing.read(request, account.actor, sent, held)
    finally:
        await sent.close()
    if answer := await _unsent(request, account.actor, place, sent, written):
        return answer
    return await _sent(request, account.actor, place, written, send)


async def _unsent(
    request: Request, author: Actor, place: Place, sent: Body, written: Writing
) -> Response | None:
    """The answer to a press that sends nothing; None for the one that does."""
    act = sent.text("act")
    if act == "throw":
        await drafts.drop(author.id, place.name)
        return visitors.seen(place.back)
    if act == "keep":
        await drafts.keep(author.id, place.name, written.as_draft())
        if "hx-request" in request.headers:
            return Response(status_code=204)
        return _form(
            request, place, written, done=_("Your draft is kept. Come back whenever you like.")
        )
    if act == "preview" or sent.text("drop"):
        return _form(request, place, written, preview=act == "preview")
    return None


async def _sent(
    request: Request, author: Actor, place: Place, written: Writing, send: Send
) -> Response:
    """Where what was sent is read; or the form again, with what is wrong."""
    if place.before:
        written = writing.current(written, place.before)
    written = writing.checked(written, titled=place.titled)
    if not written.problems:
        try:
            link = await send(receptions.of(request).wire, author, written)
        except FederationError as error:
            written = written.wrong("", refusals.said(error))
        else:
            await drafts.drop(author.id, place.name)
            return visitors.arrived(request, link)
    await drafts.keep(author.id, place.name, written.as_draft())
    return _form(request, place, written, status=422)


def _form(
    request: Request,
    place: Place,
    written: Writing,
    *,
    status: int = 200,
    preview: bool = False,
    done: str = "",
) -> Response:
    return forms.page(
        request,
        "compose.html",
        status=status,
        headers={"Cache-Control": "private, no-cache"},  # so that going back finds what was typed
        title=place.title,
        nav="groups",
        place=place,
        writing=written,
        preview=preview,
        done=done,
    )


async def _lost(request: Request, place: Place) -> Response:
    """To sign in; or what was typed, for whoever is not signed in any more."""
    if request.method != "POST":
        return visitors.to_sign_in(request)
    sent, _is_good = await forms.look(request, most=writing.FORM_BYTES, files=writing.FILES)
    await sent.close()
    return _form(request, place, writing.typed(sent).wrong("", _(LOST)), status=401)


def _somewhere(request: Request, title: str) -> Place:
    """A place of which a stranger is told nothing."""
    return Place("", request.url.path, title, "/", "")


async def _own(request: Request, actor: Actor) -> Met:
    found = await met(request, actor)
    if found.post.author_id != actor.id or found.post.state not in OWN:
        raise NotHere(NOTHING)
    return found


def _seen_at(post: Post, link: str) -> str:
    """Where its author reads it: among the decisions about them while it waits for a moderator."""
    return "/settings/decisions" if post.state == "held" else link


def _as_written(post: Post, held: Sequence[Media]) -> Writing:
    """The post in the words in which its author wrote it."""
    source = json.loads(post.document or "{}").get("source")
    text = source.get("content", "") if isinstance(source, dict) else ""
    return Writing(
        title=post.title,
        text=text or sanitise.plain(post.content),
        warning=post.warning,
        language=post.language,
        sensitive=post.sensitive,
        pictures=tuple(held),
    )


async def _spelt(wire: Wire, written: Writing) -> Writing:
    """With the handles of people here written out, as other servers know them."""
    return replace(written, text=await addressed.spelt_out(wire, written.text))
