"""This module closes the account of somebody here: what they wrote may go, and everybody is told.

It is done in steps that can be taken again: posts and memberships first, each in its own commit,
then the person. Whoever asks for the person afterwards is told that they are gone (410), for ever.
"""

from __future__ import annotations

from federation import ids, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.accounts import looks, roles
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.groups import acquainted, deleting, joining, membership, speaking
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.visibility import OWN
from fedigroups.personal import everything
from outbox import build
from outbox.publish import Draft, Outgoing, Place, publish_farewell


async def close(wire: Wire, account: Account, *, posts: bool) -> None:
    """Close an account; with `posts` all that they wrote is deleted, here and elsewhere.

    Raises `Malformed` for the owner of a group, which would have nobody to answer for it, and for
    the last admin.
    """
    person = await account.actor
    await check_owns_nothing(person)
    await roles.check_leaves_an_admin(account)
    told = await acquainted.places(person)
    await deleting.all_at_once(wire, person)
    if posts:
        # what waits for a moderator, too: it would be shown after its author is gone
        async for post in Post.filter(author_id=person.id, state__in=OWN).order_by("-id"):
            await speaking.delete(wire, person, post)
    elsewhere = Member.filter(
        actor_id=person.id, state__in=["member", "asked"], group__hosted=False
    ).select_related("group")
    for member in await elsewhere:
        await joining.leave(wire, person, member.group)
    async with storage.transaction():
        await membership.hold_all(person)  # nobody makes them an owner from here on
        await check_owns_nothing(person)
        await roles.check_leaves_an_admin(account)
        await membership.depart(person)
        await publish_farewell(_farewell(wire, person, told, posts=posts))
        await _forget(account, person)


async def check_owns_nothing(person: Actor) -> None:
    """Raise `Malformed` for the owner of a group here."""
    owned = Group.filter(
        hosted=True,
        state="open",
        members__actor_id=person.id,
        members__state="member",
        members__role="owner",
    )
    names = [group.name for group in await owned.order_by("name")]
    if names:
        raise Malformed(
            f"you own {', '.join(names)}: ask whoever runs this server to make somebody else the "
            f"owner first (fedigroups group role {names[0]} HANDLE owner)"
        )


def _farewell(wire: Wire, person: Actor, places: list[Place], *, posts: bool) -> Draft:
    """The Delete of a person by themselves; `removeData` is Lemmy's word for: and what I wrote.

    Unless told that it stays, others take all of it away (Mastodon even then).
    """
    uri = wire.uris.activity(ids.new())
    document = build.delete_actor(uri, person.uri, person.followers)
    document["removeData"] = posts
    outgoing = Outgoing(uri, person.uri, "Delete", dumps(document))
    return Draft(outgoing, tuple(places))


async def _forget(account: Account, person: Actor) -> None:
    """Nothing private is kept; the actor's row remains, so that nobody else gets the name."""
    await Account.filter(id=account.id).delete()
    await Mail.filter(account_id=account.id).delete()
    await everything.forget(person.id)
    await looks.let_go(person)
    await Actor.filter(id=person.id).update(name="", summary="", icon_url="", banner_url="")
