"""Create: somebody posts into a group, or answers in one of its threads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from federation import addressing, clock, limits
from federation.documents import read_object
from federation.errors import Malformed
from federation.models import Actor
from federation.origin import host_of
from federation.strict_json import dumps
from fedigroups.content.sanitise import plain
from fedigroups.groups import (
    crossposts,
    distribute,
    early,
    evidence,
    lookup,
    membership,
    policies,
    threads,
)
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.evidence import Found
from fedigroups.groups.handlers import ballot, message
from fedigroups.groups.handlers.ballot import Paper
from fedigroups.groups.handlers.message import Message
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.visibility import OPEN, can_see, left_a_place
from fedigroups.moderation import appeals, holding, mail, scrutiny, submissions, turning_away
from fedigroups.moderation.models import Decision
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish

ECHOES = frozenset({"Group", "Service", "Application"})
"""Actors whose posts a group does not announce: they echo, and two of them would loop."""


async def gather_create(received: Received) -> Found | Message | Paper | None:
    """The post and what it answers, each from its own authority; None when it is no post."""
    if received.activity.object_kind == message.KIND:
        return message.read(received)
    await lookup.check_joined(received.announcer)
    inner = read_object(received.activity.inner) if received.activity.inner is not None else None
    if inner is not None and inner.is_vote:
        return ballot.read(received, inner)
    post = await evidence.arrival(received)
    if post.object.is_vote:
        return ballot.read(received, post.object)
    if any(map(received.wire.uris.is_local, _meant(received, post))):
        await received.wire.peers.family(host_of(post.author.uri))  # who is answered is known
    return Found(post, await evidence.ancestors(received, post.object))


async def on_create(received: Received) -> Outcome:
    """Take the post into the thread that it answers, or into the group that it names."""
    if received.facts is None:
        return ignored("a poll vote is no reply, and the poll is not ours")
    if isinstance(received.facts, Message):
        return await message.on_message(received, received.facts)
    if isinstance(received.facts, Paper):
        return await ballot.on_ballot(received, received.facts)
    return await _take_in(received, received.facts)


async def _take_in(received: Received, found: Found) -> Outcome:
    visibility = addressing.visibility(received.activity.document, found.post.object.document)
    if received.wire.uris.is_answer(found.post.object.in_reply_to) or visibility == "direct":
        return await _said_to_us(received, found.post)
    if visibility not in OPEN:
        return await _declined(received, found.post, policies.NOT_PUBLIC)
    if found.post.object.says_nothing:
        return await _declined(received, found.post, policies.NOTHING)
    if known := await threads.placed(found.post.object.id):
        return await _again(received, known)
    oldest = [*found.ancestors, found.post][0].object
    end = await threads.parent_of(oldest)
    parent = await _parent(received, found, end)
    if parent is not None:
        return await _reply(received, found, parent, visibility)
    return await _start(received, found, visibility, "" if end else oldest.in_reply_to)


async def _said_to_us(received: Received, said: evidence.Arrival) -> Outcome:
    """A reply to the note by which somebody was told of a decision, or mail to moderators."""
    group = await mail.answered(said.object.in_reply_to, said.author)
    decision = await appeals.answered(said.object.in_reply_to) if group is None else None
    if decision is not None:
        return await _appeal(received, said, decision)
    if group is None:
        addressed = addressing.read(received.activity.document).to
        hosted = await lookup.all_hosted(addressed) if len(addressed) == 1 else []
        if not hosted:
            return await _declined(received, said, policies.NOT_PUBLIC)
        group = hosted[0].group
    if received.announcer is not None:
        return ignored("mail is nobody's but its author's")
    try:
        await mail.write(group, said.author, plain(said.object.content), said.object.id)
    except Malformed as refused:
        return await turned_away(received, await lookup.hosting(group.id), said, str(refused))
    return done(f"mail to the moderators of {group.name}")


async def _declined(received: Received, said: evidence.Arrival, why: str) -> Outcome:
    """It is not taken, whatever it is about; whoever means a group here by it is told."""
    named = await _named(received, said) if received.announcer is None else []
    return await turned_away(received, named[0], said, why) if named else ignored(why)


async def _appeal(received: Received, said: evidence.Arrival, decision: Decision) -> Outcome:
    """A reply to the note by which somebody was told of a decision."""
    if received.announcer is not None:
        return ignored("an appeal is nobody's but its author's")
    await appeals.lodge(said.author, decision, plain(said.object.content))
    return done(f"an appeal against decision {decision.id}")


async def _parent(received: Received, found: Found, end: Post | None) -> Post | None:
    """The post to answer: `end`, where the chain of answers ends, with what lies between stored."""
    parent, missing = end, found.ancestors
    if parent is None and received.announcer is not None:
        return await _of_announced_thread(received, found)
    if parent is None:
        parent, missing = await _missing_start(received, found), missing[1:]
    if parent is None or await _refusal(received, found.post.author, parent):
        return parent
    for between in missing:
        if parent is None or await _refusal(received, between.author, parent):
            return None
        parent = await _stored(received, parent.thread.group, between, parent)
    return parent


async def _missing_start(received: Received, found: Found) -> Post | None:
    """The start of a thread here that an answer overtook: stored, announced when it comes."""
    start = found.ancestors[0] if found.ancestors else None
    if start is None or start.object.in_reply_to or start.author.kind in ECHOES:
        return None
    named = addressing.named(start.object.document, None)
    groups, _ = await _willing(await lookup.all_hosted(named), start)
    return await _stored(received, groups[0].group, start, None) if groups else None


async def _willing(
    named: Iterable[Hosted], said: evidence.Arrival
) -> tuple[list[Hosted], list[tuple[Hosted, str]]]:
    """The groups that show the thread that is started, and those that do not, each with why.

    A post waits for a moderator of one group alone, the first.
    """
    willing: list[Hosted] = []
    others: list[tuple[Hosted, str]] = []
    for hosted in named:
        member = await membership.standing(hosted.group, said.author)
        why = policies.refusal_to_post(hosted.group, member)
        if not why and len(willing) >= limits.GROUPS_PER_POST:
            why = policies.TOO_MANY_GROUPS
        if not why and willing and await scrutiny.reason(hosted.group, said.author, said.object):
            why = policies.ALONE
        if why:
            others.append((hosted, why))
        else:
            willing.append(hosted)
    return willing, others


async def _stored(
    received: Received, group: Group, between: evidence.Arrival, parent: Post | None
) -> Post | None:
    visibility = addressing.visibility(between.object.document)
    if visibility not in OPEN:
        return None
    why = await scrutiny.reason(group, between.author, between.object)
    stored = await threads.store(group, between, parent, visibility, held=bool(why))
    if why and stored is not None and stored.state == "held":
        await holding.hold(received.wire, group, stored, None, why)
    return await threads.placed(between.object.id)


async def _of_announced_thread(received: Received, found: Found) -> Post | None:
    """For a group elsewhere: the missing start of a thread is stored, and answered."""
    group = await _announcing(received)
    parent: Post | None = None
    if group is None:
        return None
    for between in found.ancestors:
        parent = await _stored(received, group, between, parent)
    return parent


async def _announcing(received: Received) -> Group | None:
    return await lookup.joined(received.announcer) if received.announcer else None


async def _refusal(received: Received, author: Actor, parent: Post) -> str:
    """Why the author may not answer that post, or an empty string."""
    group = parent.thread.group
    member = await membership.standing(group, author)
    return _unanswerable(received, author, member, parent) or policies.refusal_to_reply(
        group, member, parent.thread
    )


def _unanswerable(received: Received, author: Actor, member: Member | None, parent: Post) -> str:
    """Why nothing said there is an answer to that post, or an empty string."""
    if parent.thread.group.hosted and received.announcer is not None:
        return "a group's announcement is never announced again"
    if not can_see(policies.viewer(author, member), parent) and not left_a_place(parent):
        return "it answers nothing that its author may read"
    return ""


async def _reply(received: Received, found: Found, parent: Post, visibility: str) -> Outcome:
    group, author = parent.thread.group, found.post.author
    member = await membership.standing(group, author)
    refusal = _unanswerable(received, author, member, parent)
    if parent.state == "held":
        return await _undecided(received, found, parent, refusal if member is None else "")
    if refusal:
        return ignored(refusal)
    if refusal := policies.refusal_to_reply(group, member, parent.thread):
        return await turned_away(received, await lookup.hosting(group.id), found.post, refusal)
    return await _take(received, group, found, parent, visibility)


async def _undecided(received: Received, found: Found, parent: Post, stranger: str) -> Outcome:
    """It waits a day for what it answers; then its author is told, unless they are a stranger."""
    if clock.now_ms() < received.received_at + limits.AWAITED_SECONDS * clock.SECOND:
        return ignored(stranger or "what it answers waits for a moderator", awaits=parent.uri)
    if stranger:
        return ignored(stranger)
    hosted = await lookup.hosting(parent.thread.group_id)
    return await turned_away(received, hosted, found.post, policies.UNDECIDED)


async def _start(received: Received, found: Found, visibility: str, missing: str) -> Outcome:
    """Start a thread; what names no group waits for the missing post that it answers."""
    if received.announcer is not None:
        group = await lookup.joined(received.announcer)
        if group is None:
            return ignored("nobody here is in the group that announced it")
        return await _take(received, group, found, None, visibility)
    named = await _named(received, found.post)
    if not named:
        return ignored(
            "it names no group that lives here and answers nothing that we have",
            awaits=await early.expected(received, missing),
        )
    groups, others = await _willing(named, found.post)
    refused = [await turned_away(received, hosted, found.post, why) for hosted, why in others]
    if not groups:
        return refused[0]
    return await _take(received, groups[0].group, found, None, visibility, groups)


async def _named(received: Received, said: evidence.Arrival) -> list[Hosted]:
    """The groups here that the post names, in the order of how plainly it does."""
    here = filter(received.wire.uris.is_local, _meant(received, said))
    return await lookup.all_hosted(islice(here, limits.MENTIONS))


def _meant(received: Received, said: evidence.Arrival) -> Iterable[str]:
    return addressing.named(received.activity.document, said.object.document)


async def _take(
    received: Received,
    group: Group,
    found: Found,
    parent: Post | None,
    visibility: str,
    groups: Iterable[Hosted] = (),
) -> Outcome:
    """Store the post and announce it: `groups` are those that show the thread that it starts."""
    if group.hosted and found.post.author.kind in ECHOES:
        hosted = await lookup.hosting(group.id)
        return await turned_away(received, hosted, found.post, policies.ECHO)
    why = await scrutiny.reason(group, found.post.author, found.post.object)
    post = await threads.store(group, found.post, parent, visibility, held=bool(why))
    if post is None and group.hosted:
        hosted = await lookup.hosting(group.id)
        return await turned_away(received, hosted, found.post, policies.TOO_DEEP)
    if post is None:
        return ignored(policies.TOO_DEEP)
    if post.state == "deleted":
        return ignored("it was deleted before it came")
    if post.state == "held":
        await holding.hold(received.wire, group, post, inner_of(received), why)
        return done(f"waits for a moderator of {group.name}")
    if group.hosted and parent is not None:
        groups = await crossposts.carriers(post.thread, found.post.author)
    if group.hosted:
        await _announce(received, post, found, groups)
    return done(f"posted in {group.name}")


async def _again(received: Received, known: Post) -> Outcome:
    """A post that we have: one fetched as somebody's parent is announced when its Create comes."""
    author, group = received.actor, known.thread.group
    if known.state == "held" and known.author_id == author.id:
        await submissions.fill(known, inner_of(received))
        return done("it waits for a moderator")
    if not group.hosted or received.announcer is not None or not can_see(None, known):
        return ignored("it is known")
    if known.author_id != author.id or author.kind in ECHOES:
        return ignored("it is known")
    member = await membership.standing(group, author)
    speak = policies.refusal_to_reply(group, member, known.thread)
    if refusal := speak if known.parent_id else policies.refusal_to_post(group, member):
        hosted = await lookup.hosting(group.id)
        return await turned_away(received, hosted, received.facts.post, refusal)
    carriers = await crossposts.carriers(known.thread, author)
    if known.parent_id is None:
        said = received.facts.post
        willing, _ = await _willing(await _named(received, said), said)
        shown = {hosted.group.id for hosted in carriers}
        carriers += [hosted for hosted in willing if hosted.group.id not in shown]
    await _announce(received, known, received.facts, carriers)
    return done("it is known")


async def _announce(
    received: Received, post: Post, found: Found, carriers: Iterable[Hosted]
) -> None:
    """Send it on to who reads its thread in each of the `carriers`, which show the thread now."""
    author, drafts = found.post.author, []
    for hosted in carriers:
        announced = await distribute.post(
            received.wire,
            hosted,
            inner_of(received),
            post,
            author,
            found.post.object.can_announce,
        )
        drafts += announced
        if announced and hosted.group.id != post.thread.group_id:
            await crossposts.add(post.thread, hosted.group)
    await publish(drafts)


async def turned_away(
    received: Received, hosted: Hosted, said: evidence.Arrival, refusal: str
) -> Outcome:
    """What its author may not write there is not taken, and they are told why."""
    if received.announcer is None:
        await turning_away.turn_away(
            received.wire, hosted, said.author, refusal, said.object, inner_of(received)
        )
    return ignored(refusal)


def inner_of(received: Received) -> Inner:
    """The activity as it came, to be announced; only whom it was sent to in secret is left out."""
    activity, document = received.activity, received.activity.document
    if addressing.has_blind(document):
        body = dumps(addressing.without_blind(document))
        return Inner(activity.id, body, host_of(activity.actor))
    signed = distribute.carries_signature(document)
    return Inner(activity.id, received.body, host_of(activity.actor), signed)


async def take_announced(
    received: Received, announcer: Actor, found: Found, visibility: str
) -> Outcome:
    """A post that a group elsewhere announced by its id, into that group's threads."""
    group = await lookup.joined(announcer)
    if group is None or visibility not in OPEN:
        return ignored("nobody here is in the group, or it is not public")
    oldest = [*found.ancestors, found.post][0]
    parent = await threads.parent_of(oldest.object)
    if parent is not None and parent.thread.group.hosted:
        return ignored("a group's announcement is never announced again")
    group = parent.thread.group if parent else group
    for between in found.ancestors:
        parent = await _stored(received, group, between, parent)
    return await _take(received, group, found, parent, visibility)
