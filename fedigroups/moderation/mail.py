"""This module keeps what members and the moderators of a group write to each other.

So does whoever was refused or put out, to ask why. They read the group's answers, not who of the
moderators wrote them. Elsewhere they write a direct note to the group, and are answered by one;
nobody else is sent it, and no page shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.content.catalogues import noted
from fedigroups.groups import membership
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from fedigroups.moderation import answering
from fedigroups.moderation.models import Decision, ModMail
from fedigroups.notify import telling
from outbox.publish import publish

SHOWN = 100
STRANGER = noted(
    "its moderators read what is written by people who have to do with the group; "
    "if you want something of them, reply to this and say what"
)


async def may_write(group: Group, person: Actor) -> bool:
    """Whether they have to do with the group: as a member now or before, refused, decided about.

    A stranger's first message is turned away, which is a decision: their second is taken. So who
    means it reaches the moderators, and what machines send to everybody does not.
    """
    for rows in (Member.filter(actor_id=person.id), Decision.filter(person_id=person.id)):
        if await rows.filter(group_id=group.id).exists():
            return True
    return await ModMail.filter(group_id=group.id, person_id=person.id).exists()


async def write(group: Group, person: Actor, text: str, uri: str = "") -> ModMail | None:
    """Somebody writes to the moderators; `uri` is that of a note from elsewhere, taken once.

    Runs in the caller's transaction. Raises `Malformed` for whom `may_write` does not let, without
    a text, and for more in a day than `limits.MODMAILS_A_DAY`, or `limits.MODMAILS_OUTSIDE` of
    somebody who is no member.
    """
    if not await may_write(group, person):
        raise Malformed(STRANGER)
    if uri and await ModMail.filter(uri=uri).exists():
        return None
    member = await membership.standing(group, person)
    is_member = member is not None and member.state == "member"
    most = limits.MODMAILS_A_DAY if is_member else limits.MODMAILS_OUTSIDE
    since = clock.now_ms() - clock.DAY
    today = ModMail.filter(author_id=person.id, person_id=person.id, created_at__gt=since)
    if await today.count() >= most:
        raise Malformed("at most {most} messages a day; wait for an answer", most=most)
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
    """The group that last wrote to them, or the one that they are in, for software that says
    neither what it answers nor to which group (Lemmy).
    """
    mails = ModMail.filter(person_id=person.id).exclude(author_id=person.id).order_by("-id")
    found = await mails.select_related("group").first()
    if found is not None:
        return found.group
    joined = Group.filter(
        hosted=True, members__actor_id=person.id, members__state__in=["member", "banned"]
    )
    only = await joined.limit(2)
    return only[0] if len(only) == 1 else None
