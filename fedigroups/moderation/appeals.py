"""This module takes appeals against decisions, and lets another moderator look at them."""

from __future__ import annotations

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import lookup, membership
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.policies import STAFF
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.kinds import KINDS
from fedigroups.moderation.models import Appeal, Decision
from fedigroups.notify import telling

REVERSALS = {
    "refuse": "accept",
    "ask": "accept",
    "remove": "restore",
    "lock": "unlock",
    "mute": "unmute",
    "ban": "unban",
    "dismiss": "appoint",
}
"""By which decision one that was wrong is taken back."""
LET_IN = frozenset({"expel", "refuse_join"})
"""After these, whoever was wronged is let in as soon as they ask."""


async def answered(uri: str) -> Decision | None:
    """The decision that the note of this id told somebody of."""
    return await Decision.get_or_none(answer_uri=uri)


async def newest(person: Actor) -> Decision | None:
    """The newest decision against somebody that they can still appeal against.

    For software that answers a message without saying which (Lemmy).
    """
    against = [name for name, kind in KINDS.items() if kind.against]
    decisions = Decision.filter(
        person_id=person.id,
        kind__in=against,
        created_at__gt=clock.now_ms() - limits.APPEAL_DAYS * clock.DAY,
        appeal__id__isnull=True,
    )
    return await decisions.order_by("-id").first()


async def lodge(person: Actor, decision: Decision, text: str) -> None:
    """Take an appeal, inside the caller's transaction.

    Raises `Malformed` for somebody else's decision or one that is not against them, too late,
    without a text, and for a second time.
    """
    if decision.person_id != person.id or not KINDS[decision.kind].against:
        raise Malformed("you can appeal against a decision that was taken against you, no other")
    if decision.created_at < clock.now_ms() - limits.APPEAL_DAYS * clock.DAY:
        raise Malformed(
            "appeals are taken for {days} days after a decision", days=limits.APPEAL_DAYS
        )
    if not text.strip():
        raise Malformed("say why you think that the decision is wrong")
    made = await storage.row(
        "INSERT INTO appeal (id, decision_id, text, state, created_at, decided_at)"
        " VALUES (?, ?, ?, 'open', ?, 0) ON CONFLICT (decision_id) DO NOTHING RETURNING id",
        *(ids.new(), decision.id, text.strip()[: limits.APPEAL_CHARS], clock.now_ms()),
    )
    if made is None:
        raise Malformed("there is an appeal against this decision already")
    await telling.at_the_desk(decision.group_id, "appeal", made["id"], but=person.id)


async def settle(
    wire: Wire, decider: Actor, appeal_id: int, text: str, *, overturned: bool
) -> Decision:
    """Decide about an appeal; the decision that was wrong is taken back in the same commit.

    Raises `Malformed` for whom that decision is against, for who took it, where the group has
    another moderator, and for what `decide` refuses.
    """
    appeal = await Appeal.get_or_none(id=appeal_id).select_related("decision")
    if appeal is None:
        raise Malformed("there is no appeal {number}", number=appeal_id)
    decision = appeal.decision
    hosted = await lookup.hosting(decision.group_id)
    await _check_other(hosted.group, decision, decider)
    person = await Actor.get(id=decision.person_id)
    act = Act(
        kind="overturn" if overturned else "uphold",
        hosted=hosted,
        decider=decider,
        person=person,
        text=text,
        about=decision,
    )
    async with storage.transaction():
        settled = await decide(wire, act)
        await telling.done_with("appeal", appeal.id)
        if overturned:
            await _take_back(wire, hosted, decider, decision, person, text)
    return settled


async def _check_other(group: Group, decision: Decision, decider: Actor) -> None:
    if decision.person_id == decider.id:
        raise Malformed("nobody decides about their own appeal; another moderator looks at it")
    if decision.decider_id != decider.id:
        return
    others = Member.filter(group_id=group.id, state="member", role__in=list(STAFF))
    if await others.exclude(actor_id=decider.id).exists():
        raise Malformed(
            "another moderator looks at an appeal than the one who decided; this group has one"
        )


async def _take_back(
    wire: Wire, hosted: Hosted, decider: Actor, decision: Decision, person: Actor, text: str
) -> None:
    """Do the contrary, where that can still be done."""
    kind = REVERSALS.get(decision.kind)
    try:
        async with storage.transaction():
            if decision.kind in LET_IN:
                await membership.invite(hosted.group, person)
            if kind is not None:
                post = await _post(decision) if KINDS[kind].subject == "post" else None
                act = Act(
                    kind=kind,
                    hosted=hosted,
                    decider=decider,
                    person=None if post else person,
                    post=post,
                    text=text,
                    about=decision,
                )
                await decide(wire, act)
    except Malformed:
        return  # it was taken back meanwhile, or there is nothing left to show


async def _post(decision: Decision) -> Post:
    post = await Post.get_or_none(id=decision.post_id).select_related(
        "author", "thread__group__actor"
    )
    if post is None:
        raise Malformed("{post} is gone", post=decision.object_uri)
    return post


async def waiting(group: Group) -> list[Appeal]:
    """The appeals of the group that nobody has decided about, oldest first, with decisions."""
    open_ones = Appeal.filter(state="open", decision__group_id=group.id)
    return await open_ones.order_by("id").select_related("decision")
