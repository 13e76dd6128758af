"""This module takes reports of people here, answers reporters, and tells authors' servers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from federation import clock, ids, storage
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import lookup, membership, policies
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import alerting, answering, filing
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.filing import Filed
from fedigroups.moderation.models import Report
from outbox.publish import Draft, publish

STATES = {"heed": "heeded", "set_aside": "set_aside"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What somebody here says against posts, or against a person."""

    person: Actor
    posts: Sequence[Post] = ()
    """Each with its author, thread, and the thread's group with its actor."""
    text: str = ""
    category: str = "other"
    rules: Sequence[int] = ()
    for_staff: bool = False
    forward: bool = False
    """The author's server is told, and of a group elsewhere that group; never by whom."""


async def report(wire: Wire, reporter: Actor, said: Complaint) -> int:
    """Take a report of somebody here; the id of the first that is kept, or 0.

    A post stands before the moderators of its group, where that lives here; else before the staff.
    Raises `Malformed` for what somebody wrote themselves.
    """
    if said.person.id == reporter.id:
        raise Malformed("you wrote that yourself: edit it, or delete it")
    uri = wire.uris.activity(ids.new())
    kept: list[int] = []
    async with storage.transaction():
        for group_id, post in _places(said.posts):
            kept.append(await take(wire, _filed(uri, reporter, said, group_id, post)))
            uri = wire.uris.activity(ids.new())
        if said.forward and any(kept):
            await publish(_forwarded(wire, said.person, said.posts, said.text))
            await Report.filter(id__in=kept).update(forwarded_at=clock.now_ms())
    return next(filter(None, kept), 0)


async def take(wire: Wire, filed: Filed) -> int:
    """Keep a report as `filing.file` does; moderators of its group elsewhere are told, too."""
    kept = await filing.file(filed)
    if kept and filed.group_id:
        await publish(await alerting.alerts(wire, filed))
    return kept


def _places(posts: Iterable[Post]) -> list[tuple[int, Post | None]]:
    found = [(p.thread.group_id if p.thread.group.hosted else 0, p) for p in posts]
    return [*found] or [(0, None)]


def _filed(uri: str, reporter: Actor, said: Complaint, group_id: int, post: Post | None) -> Filed:
    return Filed(
        activity_uri=uri,
        reporter=reporter,
        objects=[said.person.uri, *([post.uri] if post else [])],
        group_id=group_id,
        person_id=said.person.id,
        post_id=post.id if post else 0,
        text=said.text,
        category=said.category,
        rules=said.rules,
        for_staff=said.for_staff,
    )


async def open_report(number: int, viewer: Actor, *, staff: bool) -> Report:
    """A report that the viewer may look into; `staff` says that they look after the instance.

    Raises `NotHere` for any other: one that is about them, or of a group that they do not moderate.
    """
    found = await Report.get_or_none(id=number)
    if found is None or found.person_id == viewer.id:
        raise NotHere("there is no such report")
    if not (staff and found.for_staff):
        group = await Group.get_or_none(id=found.group_id, hosted=True)
        member = await membership.standing(group, viewer) if group else None
        if not policies.is_staff(member):
            raise NotHere("there is no such report")
    return found


async def settle(wire: Wire, decider: Actor, found: Report, kind: str, text: str) -> None:
    """Answer a report: `heed` or `set_aside`, with words that the reporter reads.

    Raises `Malformed` without those, and for what another looks into or has answered.
    """
    if kind not in STATES:
        raise Malformed("choose what becomes of the report")
    if not text.strip():
        raise Malformed("say in words what becomes of it: whoever reported it reads that")
    if found.claimed_by not in {0, decider.id}:
        raise Malformed("another moderator looks into that report; take it over first")
    reporter = await Actor.get(id=found.reporter_id)
    hosted = await lookup.hosting(found.group_id) if found.group_id else None
    async with storage.transaction():
        if hosted is None or not await _may_decide(wire, hosted.group, decider):
            await filing.close(found, STATES[kind], text)
            await publish(await answering.letter(wire, reporter, text))
            return
        act = Act(
            kind=kind, hosted=hosted, decider=decider, person=reporter, text=text, report=found
        )
        await decide(wire, act)


async def _may_decide(wire: Wire, group: Group, decider: Actor) -> bool:
    """Staff of the instance who do not moderate the group answer without its ledger."""
    if decider.uri == wire.uris.moderation_actor:
        return True
    return policies.is_staff(await membership.standing(group, decider))


async def forward(wire: Wire, found: Report) -> None:
    """Tell the author's server, in the name of ours: the reporter's is not said.

    Raises `Malformed` for somebody who lives here, and for what was forwarded already.
    """
    person = await Actor.get_or_none(id=found.person_id)
    if person is None or person.local or not person.inbox:
        raise Malformed("whom it is about lives here, or is not known: there is nobody to tell")
    posts = await Post.filter(id=found.post_id).select_related("thread__group__actor")
    async with storage.transaction():
        first = await Report.filter(id=found.id, forwarded_at=0).update(forwarded_at=clock.now_ms())
        if not first:
            raise Malformed("that was forwarded already")
        await publish(_forwarded(wire, person, posts, found.text))


def _forwarded(wire: Wire, person: Actor, posts: Sequence[Post], text: str) -> list[Draft]:
    """The Flags: to the author's server as Mastodon reads it, to groups elsewhere as Lemmy does."""
    drafts = []
    if not person.local and person.inbox:
        about = [person.uri, *(post.uri for post in posts)]
        drafts.append(alerting.flag(wire, person.inbox, person.uri, about, text))
    for post in posts:
        group = post.thread.group
        if not group.hosted and group.actor.inbox:
            to = group.actor
            drafts.append(alerting.flag(wire, to.inbox, to.uri, post.uri, text, to.uri))
    return drafts
