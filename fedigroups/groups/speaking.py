"""This module does what people here say and do: write, answer, edit, delete, like.

In a group hosted here their acts pass the very rules and roads that a peer's pass; in a group
elsewhere they are sent to it, and it distributes them. Everything that must be looked up on the
network is looked up first; then one transaction holds the act and what must be sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Literal

from federation import bare, clock, ids, storage
from federation.documents import read_object
from federation.errors import FederationError, Malformed
from federation.limits import CONTENT_CHARS, MENTIONS, TITLE_CHARS
from federation.models import Actor
from federation.strict_json import dumps, loads
from federation.wire import Wire
from fedigroups.content.markdown import Mention, find_handles, find_hashtags, render
from fedigroups.groups import (
    crossposts,
    distribute,
    membership,
    once,
    policies,
    poll_documents,
    polls,
    reactions,
    sending,
    threads,
)
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.documents import post_document
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.models import Group, Post
from fedigroups.groups.poll_models import Poll
from fedigroups.groups.visibility import OWN, can_see
from fedigroups.media import uploads
from fedigroups.media.models import Media
from fedigroups.moderation import holding, scrutiny, submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import NotTheirs, decide
from outbox import build


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody writes: Markdown, with a title when it starts a thread.

    `breaks` says that a line ends where it ends, as in plain text. `whole` says, of an edit, that
    what is not said here is not there any more.
    """

    body: str
    title: str = ""
    warning: str = ""
    language: str = ""
    visibility: Literal["public", "unlisted", "members"] = "public"
    sensitive: bool = False
    breaks: bool = False
    whole: bool = False
    media: tuple[int, ...] | None = None
    """The ids of uploads that go with it; of an edit, None leaves those that there are."""
    poll: polls.Asked | None = None
    id: int = 0
    """The id that the post gets; 0 for a new one."""


async def write(wire: Wire, author: Actor, group: Group, text: Text, *, key: str = "") -> Post:
    """Start a thread, once for a `key`: asked again with it, this answers the same post.

    Raises `Malformed` when the text or the group's policy does not allow it.
    """
    check(text)
    member = await membership.standing(group, author)
    if (refusal := policies.refusal_to_post(group, member)) and author.id != group.actor_id:
        raise Malformed(
            "{who} cannot post in {group}: {refusal}",
            who=author.handle,
            group=group.name,
            refusal=refusal,
        )
    return await _say(wire, author, group, text, None, key)


async def answer(wire: Wire, author: Actor, parent: Post, text: Text, *, key: str = "") -> Post:
    """Reply to a post, once for a `key`; to what members alone may read, for them alone.

    Raises `Malformed` when the text, thread or policy does not allow it.
    """
    check(text)
    await parent.fetch_related("thread__group")
    group = parent.thread.group
    member = await membership.standing(group, author)
    if parent.state != "live" or not can_see(policies.viewer(author, member), parent):
        raise Malformed("the post that you answer is gone")
    if refusal := policies.refusal_to_reply(group, member, parent.thread):
        raise Malformed(
            "{who} cannot reply in {group}: {refusal}",
            who=author.handle,
            group=group.name,
            refusal=refusal,
        )
    if parent.visibility == "members":
        text = replace(text, visibility="members")
    return await _say(wire, author, group, text, parent, key)


async def edit(wire: Wire, author: Actor, post: Post, text: Text) -> None:
    """Change what one wrote. Raises `Malformed` as `answer` does, and for somebody else's post."""
    check(text)
    await post.fetch_related("thread__group__actor", "author")
    if post.author_id != author.id or post.state not in OWN:
        raise Malformed("{post} is not yours to edit, or is gone", post=post.uri)
    group, parent = post.thread.group, await Post.get_or_none(id=post.parent_id)
    member = await membership.standing(group, author)
    if refusal := policies.refusal_to_reply(group, member, post.thread):
        raise Malformed(
            "{who} cannot edit in {group}: {refusal}",
            who=author.handle,
            group=group.name,
            refusal=refusal,
        )
    mentions = await _mentioned(wire, text.body, parent)
    media = await uploads.chosen(author, text.media, post.uri)
    draft = _redrafted(post, text, [*mentions, group.actor])
    document = await _document(wire, draft, author, group, parent, text, mentions, media)
    poll = await polls.of(post.id)
    if poll is not None:
        _check_poll(poll, text)
        document = poll_documents.carrying(document, poll)
    version = read_object(document)
    async with storage.transaction():
        why = await scrutiny.reason_of_edit(group, post, version)
        if not await threads.edit(post, version):
            raise Malformed("{post} changed meanwhile; look at it and try again", post=post.uri)
        await uploads.hold(post.uri, media)
        if post.state == "held":
            await _wait_again(wire, post, document)
            return
        body = dumps(build.update(wire.uris.activity(ids.new()), document))
        if why:
            inner = Inner(loads(body)["id"], body, wire.config.host, signed=True)
            await holding.hold_edit(wire, group, post, inner, why)
            return
        await sending.send(wire, author, group, post, "edit", body, mentions)


def _redrafted(post: Post, text: Text, named: Sequence[Actor]) -> Post:
    """The post as an edit leaves it: what the text does not say stays, unless it is `whole`."""
    draft = copy(post)
    draft.title = text.title or post.title
    draft.warning = text.warning if text.whole else text.warning or post.warning
    draft.sensitive = text.sensitive if text.whole else post.sensitive
    draft.language = text.language or post.language
    draft.content = render(text.body, _linked(named), breaks=text.breaks).strip()
    draft.updated_at = max(clock.now_ms(), post.published_at + 1_000, post.updated_at + 1_000)
    return draft


def _check_poll(poll: Poll, text: Text) -> None:
    """Raise `Malformed` where an edit would change what was voted on."""
    asked = text.poll
    if asked and (json.loads(poll.options), poll.multiple) != ([*asked.options], asked.multiple):
        raise Malformed("a poll is not changed any more: delete the post and write it anew")
    if text.media:
        raise Malformed("a post has a poll or pictures, not both")


async def _wait_again(wire: Wire, post: Post, document: Mapping[str, object]) -> None:
    """What nobody else has seen yet is new once more: it will be created as it reads now."""
    make = build.update if await distribute.was_told(post.uri) else build.create
    body = dumps(make(wire.uris.activity(ids.new()), document))
    await submissions.again(post, Inner(loads(body)["id"], body, wire.config.host, signed=True))


async def delete(wire: Wire, author: Actor, post: Post) -> None:
    """Take back what one wrote. Raises `Malformed` for somebody else's post."""
    await post.fetch_related("thread__group__actor", "author")
    if post.author_id != author.id or post.state not in OWN:
        raise Malformed("{post} is not yours to delete, or is gone", post=post.uri)
    group = post.thread.group
    told = await sending.mentioned_in(post)
    async with storage.transaction():
        if not await threads.end(post, "deleted"):
            raise Malformed("{post} is gone already", post=post.uri)
        if post.state == "held" and not await distribute.was_told(post.uri):
            return
        await distribute.hide(post.uri)
        uri = wire.uris.activity(ids.new())
        body = dumps(build.delete(uri, author.uri, post.uri, group.actor.uri))
        await sending.send(wire, author, group, post, "delete", body, told)


async def like(wire: Wire, actor: Actor, post: Post) -> None:
    """Like a post; a second time changes nothing. Raises `Malformed` for the banned."""
    await post.fetch_related("thread__group__actor", "author")
    group = post.thread.group
    member = await membership.standing(group, actor)
    if post.state != "live" or not can_see(policies.viewer(actor, member), post):
        raise Malformed("the post that you like is gone")
    if refusal := policies.refusal_to_react(group, member):
        raise Malformed(
            "{who} cannot like in {group}: {refusal}",
            who=actor.handle,
            group=group.name,
            refusal=refusal,
        )
    uri = wire.uris.activity(ids.new())
    body = dumps(build.like(uri, actor.uri, post.uri, group.actor.uri, post.author.uri))
    async with storage.transaction():
        if await reactions.put(post, actor.uri, "like", uri):
            await sending.send(wire, actor, group, post, "vote", body, [post.author])


async def unlike(wire: Wire, actor: Actor, post: Post) -> None:
    """Take a like back; without one, nothing changes."""
    await post.fetch_related("thread__group__actor", "author")
    group = post.thread.group
    liked = await reactions.of(post, actor.uri, "vote")
    async with storage.transaction():
        if liked is None or not await reactions.take_back(post, actor.uri, "vote"):
            return
        inner = build.like(
            liked.activity_uri, actor.uri, post.uri, group.actor.uri, post.author.uri
        )
        body = dumps(build.undo(wire.uris.activity(ids.new()), inner, cc=inner["cc"]))
        await sending.send(wire, actor, group, post, "vote", body, [post.author])


async def remove(wire: Wire, moderator: Actor, post: Post, reason: str) -> None:
    """Take away somebody's post as a moderator. Raises `Malformed` without role or reason.

    A moderator of another group that shows the thread takes the thread out of that group alone.
    """
    await post.fetch_related("thread__group__actor", "author")
    group = post.thread.group
    if not group.hosted:
        raise Malformed(
            "{who} does not moderate {group} here", who=moderator.handle, group=group.name
        )
    own = Hosted(group, group.actor)
    act = Act(kind="remove", hosted=own, decider=moderator, post=post, text=reason)
    try:
        await decide(wire, act)
    except NotTheirs:
        is_start = post.parent_id is None
        other = await crossposts.moderated(post.thread, moderator) if is_start else None
        if other is None:
            raise
        await decide(wire, replace(act, hosted=other))


def check(text: Text) -> None:
    """Raise `Malformed` for a text that says nothing, or too much."""
    if not text.body.strip() and not text.title.strip() and not text.media:
        raise Malformed("there is nothing to say: give a text")
    if len(text.body) > CONTENT_CHARS // 2:
        raise Malformed("a text has at most {most} characters", most=CONTENT_CHARS // 2)
    if len(text.title) > TITLE_CHARS:
        raise Malformed("a title has at most {most} characters", most=TITLE_CHARS)
    if text.poll is not None:
        polls.check(text.poll)
        if text.media:
            raise Malformed("a post has a poll or pictures, not both")


async def _say(
    wire: Wire, author: Actor, group: Group, text: Text, parent: Post | None, key: str
) -> Post:
    mentions = await _mentioned(wire, text.body, parent)
    media = await uploads.chosen(author, text.media or ())
    post = _drafted(wire, author, group, text, parent, [*mentions, await group.actor])
    document = await _document(wire, post, author, group, parent, text, mentions, media)
    poll = polls.made(text.poll, post.id) if text.poll else None
    if poll is not None:
        document = poll_documents.carrying(document, poll)
    activity = dumps(build.create(wire.uris.activity(ids.new()), document))
    arrival = Arrival(read_object(document), author)
    async with storage.transaction():
        if key and (earlier := await once.claim(author, key, post.id)):
            return await Post.get(id=earlier)
        why = await scrutiny.reason(group, author, arrival.object)
        stored = await threads.store(
            group, arrival, parent, text.visibility, post_id=post.id, held=bool(why)
        )
        if stored is None:
            raise Malformed(policies.TOO_DEEP)
        if media:
            await uploads.hold(stored.uri, media)
        if poll is not None:
            await bare.add(poll)
        if why:
            inner = Inner(loads(activity)["id"], activity, wire.config.host, signed=True)
            await holding.hold(wire, group, stored, inner, why)
            return stored
        kind = "reply" if parent else "post"
        await sending.send(wire, author, group, stored, kind, activity, mentions)
    return stored


def _drafted(
    wire: Wire,
    author: Actor,
    group: Group,
    text: Text,
    parent: Post | None,
    named: Sequence[Actor],
) -> Post:
    """The post as its document tells of it; the row itself is made from that document."""
    post_id, now = text.id or ids.new(), clock.now_ms()
    return Post(
        id=post_id,
        uri=wire.uris.post(author.username, post_id),
        page_url=wire.uris.post_page(author.username, post_id),
        author_id=author.id,
        parent_id=parent.id if parent else None,
        kind="Page" if text.title and parent is None else "Note",
        title=text.title,
        content=render(text.body, _linked(named), breaks=text.breaks).strip(),
        warning=text.warning,
        sensitive=text.sensitive,
        visibility=text.visibility,
        language=text.language or group.language,
        published_at=now,
        received_at=now,
    )


async def _document(
    wire: Wire,
    post: Post,
    author: Actor,
    group: Group,
    parent: Post | None,
    text: Text,
    mentions: Sequence[Actor],
    media: list[Media],
) -> dict[str, object]:
    group_actor = await group.actor
    context = ""
    if parent is not None and group.hosted:
        context = wire.uris.thread(group_actor.uri, parent.thread_id)
    return post_document(
        post,
        author,
        group_actor,
        uris=wire.uris,
        parent=parent,
        source=text.body,
        mentions=list(mentions),
        context=context,
        hashtags=find_hashtags(text.body),
        media=media,
    )


async def _mentioned(wire: Wire, text: str, parent: Post | None) -> list[Actor]:
    """Who is named in the text, and whoever is answered; names that nobody has are left as text."""
    found: list[Actor] = []
    if parent is not None:
        await parent.fetch_related("author")
        found.append(parent.author)
    for handle in find_handles(text)[:MENTIONS]:
        try:
            found.append(await wire.directory.by_handle(handle))
        except FederationError:
            continue
    return list({actor.uri: actor for actor in found if actor.kind != "Group"}.values())


def _linked(mentions: Sequence[Actor]) -> dict[str, Mention]:
    return {f"@{actor.handle}": Mention(actor.uri, actor.page_url) for actor in mentions}
