"""To follow a group is to join it; muting, blocking, notes; and who asks to join, for a group."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.models import Actor
from federation.sentences import Sentence
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import joining, membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.reading import relations, windows
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.oauth.access import Access, authorised
from fedigroups.personal import hosts, listings, stances
from fedigroups.personal.stances import Judgement
from outbox.publish import publish

MUTE_SECONDS = 10 * 366 * 24 * 3_600
REASON = "decided by a host of the group, in an app"


def routes() -> list[BaseRoute]:
    """The addresses of what one account is to another."""
    one, asked = "/api/v1/accounts/{id:int}", "/api/v1/follow_requests"
    return [
        Route(f"{one}/follow", follow, methods=["POST"]),
        Route(f"{one}/unfollow", unfollow, methods=["POST"]),
        Route(f"{one}/mute", mute, methods=["POST"]),
        Route(f"{one}/unmute", unmute, methods=["POST"]),
        Route(f"{one}/block", block, methods=["POST"]),
        Route(f"{one}/unblock", unblock, methods=["POST"]),
        *(Route(f"{one}/{word}", endorse, methods=["POST"]) for word in ("endorse", "pin")),
        *(Route(f"{one}/{word}", unendorse, methods=["POST"]) for word in ("unendorse", "unpin")),
        Route("/api/v1/endorsements", endorsements, methods=["GET"]),
        Route("/api/v1/domain_blocks", blocked_hosts, methods=["GET"]),
        Route("/api/v1/domain_blocks", block_host, methods=["POST"]),
        Route("/api/v1/domain_blocks", unblock_host, methods=["DELETE"]),
        Route(f"{one}/note", note, methods=["POST"]),
        Route(f"{one}/remove_from_followers", remove_from_followers, methods=["POST"]),
        Route("/api/v1/mutes", mutes, methods=["GET"]),
        Route("/api/v1/blocks", blocks, methods=["GET"]),
        Route(asked, follow_requests, methods=["GET"]),
        Route(f"{asked}/{{id:int}}/authorize", authorize, methods=["POST"]),
        Route(f"{asked}/{{id:int}}/reject", reject, methods=["POST"]),
    ]


async def follow(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/follow`: join a group, or change what one hears of it.

    403 with the reason for those banned or not invited; 422 for a person: they are not followed.
    """
    access = await authorised(request, "write:follows")
    person, target = asking.person(access), await asking.actor(request)
    said = await bodies.read(request)
    if target.kind != "Group":
        raise ApiError(422, "Only groups can be followed on this server")
    member = await _standing(target, person)
    if member is None or member.state not in {"member", "asked"}:
        state = await joining.join(asking.wire_of(request), person, target)
        if state == "refused":
            raise ApiError(403, await _refusal(target, person))
    await _hear(target, person, said)
    return await _between(access, target)


async def unfollow(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/unfollow`: leave a group, or withdraw the wish to join."""
    access = await authorised(request, "write:follows")
    person, target = asking.person(access), await asking.actor(request)
    member = await _standing(target, person)
    if member is not None and member.state in {"member", "asked", "invited"}:
        await joining.leave(asking.wire_of(request), person, member.group)
        await listings.leave_out(person.id, target.id)
    return await _between(access, target)


async def mute(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/mute`, for `duration` seconds or until further notice."""
    seconds = (await bodies.read(request)).number("duration", most=MUTE_SECONDS)
    return await _judge(request, "write:mutes", "muted", True, seconds)


async def unmute(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/unmute`."""
    return await _judge(request, "write:mutes", "muted", False)


async def block(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/block`: for a group, a ban."""
    access = await authorised(request, "write:blocks")
    if access.acting is not None:
        return await _decide(request, access, "ban")
    return await _judge(request, "write:blocks", "blocked", True)


async def unblock(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/unblock`: for a group, the end of a ban."""
    access = await authorised(request, "write:blocks")
    if access.acting is not None:
        return await _decide(request, access, "unban")
    return await _judge(request, "write:blocks", "blocked", False)


async def endorse(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/endorse` (once `pin`): recommend a group that one is in."""
    access, target = await authorised(request, "write:accounts"), await asking.actor(request)
    member = await _standing(target, access.actor)
    if member is None or member.state != "member":
        raise ApiError(422, "Validation failed: you must be already following the person")
    await stances.judge(access.actor.id, target.id, "endorsed", True)
    return await _between(access, target)


async def unendorse(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/unendorse` (once `unpin`)."""
    return await _judge(request, "write:accounts", "endorsed", False)


async def endorsements(request: Request) -> Response:
    """`GET /api/v1/endorsements`."""
    return await _judged(request, "read:accounts", "endorsed")


async def blocked_hosts(request: Request) -> Response:
    """`GET /api/v1/domain_blocks`."""
    access, said = await authorised(request, "read:blocks"), await bodies.read(request)
    window = windows.asked(said, 100, 200)
    found = await hosts.blocked(access.actor.id, window.clause("id"), window.values)
    rows = window.arranged(found)
    content = [row["host"] for row in rows]
    return asking.paged(request, window, [row["id"] for row in rows], content)


async def block_host(request: Request) -> Response:
    """`POST /api/v1/domain_blocks`: meet nothing of the people of a host."""
    access, said = await authorised(request, "write:blocks"), await bodies.read(request)
    await hosts.block(access.actor.id, said.text("domain"))
    return json_answer({})


async def unblock_host(request: Request) -> Response:
    """`DELETE /api/v1/domain_blocks`."""
    access, said = await authorised(request, "write:blocks"), await bodies.read(request)
    await hosts.unblock(access.actor.id, said.text("domain"))
    return json_answer({})


async def note(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/note`: words about an account, for oneself."""
    access = await authorised(request, "write:accounts")
    target, said = await asking.actor(request), await bodies.read(request)
    await stances.note(access.actor.id, target.id, said.text("comment"))
    return await _between(access, target)


async def remove_from_followers(request: Request) -> Response:
    """`POST /api/v1/accounts/:id/remove_from_followers`: a group puts a member out."""
    access = await authorised(request, "write:follows")
    if access.acting is None:
        return await _between(access, await asking.actor(request))
    return await _decide(request, access, "expel")


async def mutes(request: Request) -> Response:
    """`GET /api/v1/mutes`."""
    return await _judged(request, "read:mutes", "muted")


async def blocks(request: Request) -> Response:
    """`GET /api/v1/blocks`."""
    return await _judged(request, "read:blocks", "blocked")


async def follow_requests(request: Request) -> Response:
    """`GET /api/v1/follow_requests`: who asks to join the group that somebody acts as."""
    access = await authorised(request, "read:follows")
    window = windows.asked(await bodies.read(request), 40)
    asked = await relations.members(access.actor.id, window, state="asked")
    return await asking.accounts(request, window, asked)


async def authorize(request: Request) -> Response:
    """`POST /api/v1/follow_requests/:account_id/authorize`: let somebody into the group."""
    return await _decide(request, await authorised(request, "write:follows"), "approve")


async def reject(request: Request) -> Response:
    """`POST /api/v1/follow_requests/:account_id/reject`: turn somebody down."""
    return await _decide(request, await authorised(request, "write:follows"), "refuse_join")


async def _decide(request: Request, access: Access, verb: str) -> Response:
    """What a group does about an account, in one transaction; 404 for whoever acts as no group."""
    target = await asking.actor(request)
    group = await Group.get_or_none(actor_id=access.actor.id, hosted=True)
    if group is None:
        raise asking.missing()
    wire = asking.wire_of(request)
    if verb == "approve":
        async with storage.transaction():
            await publish(await membership.approve(wire, group, target))
        return await _between(access, target)
    act = Act(
        kind=verb,
        hosted=Hosted(group, access.actor),
        decider=access.person,
        person=target,
        text=REASON,
    )
    await decide(wire, act)
    return await _between(access, target)


async def _judge(
    request: Request, scope: str, column: Judgement, value: bool, seconds: int = 0
) -> Response:
    access, target = await authorised(request, scope), await asking.actor(request)
    if target.id == access.actor.id:
        raise ApiError(422, "That is yourself")
    await stances.judge(access.actor.id, target.id, column, value, seconds)
    return await _between(access, target)


async def _judged(request: Request, scope: str, column: str) -> Response:
    access = await authorised(request, scope)
    window = windows.asked(await bodies.read(request), 40)
    return await asking.accounts(
        request, window, await relations.judged(access.actor.id, column, window)
    )


async def _between(access: Access, target: Actor) -> Response:
    found = await relations.between(access.actor, [target.id])
    return json_answer(found[0])


async def _standing(target: Actor, person: Actor) -> Member | None:
    return await Member.get_or_none(group__actor_id=target.id, actor_id=person.id).select_related(
        "group"
    )


async def _refusal(target: Actor, person: Actor) -> str:
    member = await _standing(target, person)
    group = member.group if member else await Group.get(actor_id=target.id)
    refusal = policies.refusal_to_join(group, member)
    return Sentence("You cannot join {group}: {refusal}", group=group.title, refusal=refusal)


async def _hear(target: Actor, person: Actor, said: Body) -> None:
    """Whether its threads come home, and whether each new one is notified, if that was said."""
    wanted = {
        column: said.flag(name)
        for name, column in (("reblogs", "shows"), ("notify", "bell"))
        if name in said
    }
    if wanted:
        await Member.filter(group__actor_id=target.id, actor_id=person.id).update(**wanted)
