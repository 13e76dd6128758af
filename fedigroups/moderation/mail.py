"""This module keeps what a member and the moderators of a group write to each other.

A member reads the group's answers, not who of the moderators wrote them. Elsewhere members write a
direct note to the group, and are answered by one; nobody else is sent it, and no page shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group
from fedigroups.moderation import answering
from fedigroups.moderation.models import ModMail
from fedigroups.notify import telling
from outbox.publish import publish

SHOWN = 100


async def write(group: Group, person: Actor, text: str, uri: str = "") -> ModMail | None:
    """A member writes to the moderators; `uri` is that of a note from elsewhere, taken once.

    Runs in the caller's transaction. Raises `Malformed` for no member, without a text, and for more
    than `limits.MODMAILS_A_DAY`.
    """
    member = await membership.standing(group, person)
    if member is None or member.state != "member":
        raise Malformed("only members write to the moderators; join the group first")
    if uri and await ModMail.filter(uri=uri).exists():
        return None
    since = clock.now_ms() - clock.DAY
    today = ModMail.filter(author_id=person.id, person_id=person.id, created_at__gt=since)
    if await today.count() >= limits.MODMAILS_A_DAY:
        raise Malformed(f"at most {limits.MODMAILS_A_DAY} messages a day; wait for an answer")
    made = await _keep(group, person, person, text, uri)
    await telling.at_the_desk(group.id, "mail", made.id, but=person.id)
    return made


async def answer(wire: Wire, hosted: Hosted, moderator: Actor, person: Actor, text: str) -> None:
    """The moderators answer a member, committed; whoever moderates may also write first.

    Raises `Malformed` without a text, and for somebody who has nothing to do with the group.
    """
    group, uri = hosted.group, ""
    earlier = await between(group, person.id)
    if not earlier and await membership.standing(group, person) is None:
        raise Malformed(f"{person.handle} is not in {group.name}")
    if not person.local:
        uri = wire.uris.answer(hosted.actor.uri, ids.new())
    last = next((one.uri for one in reversed(earlier) if one.author_id == person.id), "")
    async with storage.transaction():
        made = await _keep(group, person, moderator, text, uri)
        for one in earlier:
            await telling.done_with("mail", one.id)
        if person.local:
            await telling.written(person.id, group.id, made.id)
        else:
            paragraphs = [part for part in made.text.split("\n\n") if part.strip()]
            await publish([await answering.direct(wire, hosted, person, uri, paragraphs, last)])


async def _keep(group: Group, person: Actor, author: Actor, text: str, uri: str) -> ModMail:
    if not text.strip():
        raise Malformed("there is nothing to say: give a text")
    return await ModMail.create(
        id=ids.new(),
        group_id=group.id,
        person_id=person.id,
        author_id=author.id,
        text=text.strip()[: limits.DECISION_CHARS],
        uri=uri,
        created_at=clock.now_ms(),
    )


async def between(group: Group, person_id: int) -> Sequence[ModMail]:
    """What they wrote to each other, oldest first: the newest `SHOWN` of it."""
    found = ModMail.filter(group_id=group.id, person_id=person_id).order_by("-id").limit(SHOWN)
    return list(reversed(await found))


async def newest(group: Group) -> list[tuple[Actor, ModMail]]:
    """Whoever wrote with the moderators, and the newest of it; the newest first."""
    rows = await storage.rows(
        "SELECT MAX(id) AS id FROM modmail WHERE group_id = ? GROUP BY person_id"
        " ORDER BY MAX(id) DESC LIMIT ?",
        *(group.id, SHOWN),
    )
    mails = await ModMail.filter(id__in=[row["id"] for row in rows] or [0]).order_by("-id")
    people = {one.id: one for one in await Actor.filter(id__in=[m.person_id for m in mails] or [0])}
    return [(people[one.person_id], one) for one in mails if one.person_id in people]


async def answered(uri: str, person: Actor) -> Group | None:
    """The group that wrote the note of this id to that person."""
    found = await ModMail.get_or_none(uri=uri, person_id=person.id).select_related("group")
    return found.group if found else None


async def last_of(person: Actor) -> Group | None:
    """The group that last wrote to them: software that answers without saying what (Lemmy)."""
    mails = ModMail.filter(person_id=person.id).exclude(author_id=person.id).order_by("-id")
    found = await mails.select_related("group").first()
    return found.group if found else None
