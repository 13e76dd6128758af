"""Accept: a post that waited is shown, and announced once."""

from __future__ import annotations

from federation import addressing
from federation.documents import read_object
from federation.strict_json import loads
from federation.wire import Wire
from fedigroups.groups import crossposts, distribute, lookup, membership, policies, sending, threads
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Post
from fedigroups.moderation import scrutiny, submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from outbox.publish import Draft


async def accept(wire: Wire, act: Act) -> Done:
    """Show it to everybody, and send on the activity in which its newest version came."""
    post = act.needed
    took = await submissions.settle(post, "accepted")
    inner = await submissions.inner_of(post)
    await threads.release(act.hosted.group, post)
    drafts = await _announced(wire, act, post, inner) if inner else []
    return Done(drafts, inner.uri if inner else "", took, inner)


async def _announced(wire: Wire, act: Act, post: Post, inner: Inner) -> list[Draft]:
    group, author = act.hosted.group, post.author
    is_edit = loads(inner.body)["type"] == "Update"
    if author.local:
        kind = "reply" if post.parent_id else "post"
        told = await sending.mentioned_in(post)
        kind = "edit" if is_edit else kind
        return await sending.drafts(wire, author, group, post, kind, inner.body, told)
    can_announce = read_object(loads(post.document.encode())).can_announce
    drafts: list[Draft] = []
    for hosted in await _carriers(post, inner, act.hosted):
        told_ = await distribute.post(wire, hosted, inner, post, author, can_announce)
        if is_edit and not told_:  # it was shown before it was changed
            told_ = await distribute.edit(wire, hosted, inner, post)
        if told_ and hosted.group.id != group.id:
            await crossposts.add(post.thread, hosted.group)
        drafts += told_
    return drafts


async def _carriers(post: Post, inner: Inner, own: Hosted) -> list[Hosted]:
    """The groups that show it: its own, and of those that a thread names all that let it in."""
    if post.parent_id is not None:
        return await crossposts.carriers(post.thread, post.author)
    document = loads(post.document.encode())
    carriers = [own]
    for hosted in await lookup.all_hosted(addressing.named(loads(inner.body), document)):
        member = await membership.standing(hosted.group, post.author)
        if hosted.group.id == own.group.id or policies.refusal_to_post(hosted.group, member):
            continue
        if not await scrutiny.reason(hosted.group, post.author, read_object(document)):
            carriers.append(hosted)
    return carriers
