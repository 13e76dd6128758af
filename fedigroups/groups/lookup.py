"""This module finds groups, here and elsewhere, and people, by names and ids that somebody gave."""

from __future__ import annotations

from collections.abc import Iterable

from federation import bare, clock, ids, storage
from federation.documents import ActorDoc, read_actor
from federation.errors import NotHere, NotUsable
from federation.models import Actor
from federation.strict_json import loads
from federation.wire import Wire
from fedigroups.content.sanitise import clean, excerpt, safe_url
from fedigroups.groups import topics
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.policies import STAFF


async def hosted(uri: str) -> Hosted | None:
    """The group hosted here, open or closed, whose actor id this is."""
    group = await Group.get_or_none(actor__uri=uri, hosted=True).select_related("actor")
    return Hosted(group, group.actor) if group else None


async def hosted_named(name: str) -> Hosted:
    """The group hosted here of this name. Raises `NotHere`."""
    group = await Group.get_or_none(name=name, hosted=True).select_related("actor")
    if group is None:
        raise NotHere(f"there is no group {name!r} here; `fedigroups group list` names them")
    return Hosted(group, group.actor)


async def first_hosted(uris: Iterable[str]) -> Hosted | None:
    """The first of the URIs that is a group hosted here, found with one query for all of them."""
    return next(iter(await all_hosted(uris)), None)


async def all_hosted(uris: Iterable[str]) -> list[Hosted]:
    """Those of the URIs that are groups hosted here, in their order, found with one query."""
    wanted = list(uris)
    if not wanted:
        return []
    found = await bare.all_joined(
        {"g": Group, "a": Actor},
        "FROM groups g JOIN actor a ON a.id = g.actor_id"
        f" WHERE a.uri IN ({storage.marks(len(wanted))}) AND a.local = ? AND g.hosted = ?",
        *(*wanted, True, True),
    )
    named = {actor.uri: Hosted(group, actor) for group, actor in found}
    return [named[uri] for uri in wanted if uri in named]


async def hosts(group_ids: Iterable[int]) -> list[Hosted]:
    """Those of the groups that are hosted here, in their order, found with two queries."""
    wanted = list(group_ids)
    groups = {group.id: group for group in await bare.those(Group, "id", wanted) if group.hosted}
    ids_of_actors = [group.actor_id for group in groups.values()]
    actors = {actor.id: actor for actor in await bare.those(Actor, "id", ids_of_actors)}
    found = (groups[one] for one in wanted if one in groups)
    return [Hosted(group, actors[group.actor_id]) for group in found]


async def hosting(group_id: int) -> Hosted:
    """The group of this row id with its actor."""
    group = await Group.get(id=group_id).select_related("actor")
    return Hosted(group, group.actor)


async def joined(actor: Actor) -> Group | None:
    """The group elsewhere, of this actor, that somebody here is in or asked to join."""
    return await Group.filter(
        actor_id=actor.id, hosted=False, members__state__in=["asked", "member"]
    ).first()


async def check_joined(announcer: Actor | None) -> None:
    """Refuse (`NotUsable`) what a group reports that nobody here is in, before it costs a fetch."""
    if announcer is not None and await joined(announcer) is None:
        raise NotUsable(f"nobody here is in {announcer.handle}, which announced it")


async def remote(actor: Actor) -> Group:
    """The row of a group elsewhere, made or brought up to date from its actor."""
    document = read_actor(loads(actor.document.encode()))
    columns = _profile(actor, document)
    now = clock.now_ms()
    new = Group(
        id=ids.new(), actor_id=actor.id, hosted=False, created_at=now, active_at=now, **columns
    )
    known = await Group.get_or_none(actor_id=actor.id)
    if known is None and await bare.add_first(new):
        return new
    await Group.filter(actor_id=actor.id).update(**columns)
    return known or await Group.get(actor_id=actor.id)


def _profile(actor: Actor, document: ActorDoc) -> dict[str, object]:
    return {
        "name": actor.username,
        "title": actor.name or actor.username,
        "description": excerpt(document.summary),
        "summary_html": clean(document.summary),
        "topics": topics.told(document.document),
        "icon_url": safe_url(document.icon_url),
        "banner_url": safe_url(document.banner_url),
    }


async def moderates(actor: Actor) -> bool:
    """Whether the actor is a moderator or owner of any group that lives here."""
    return await Member.exists(
        actor_id=actor.id, state="member", role__in=list(STAFF), group__hosted=True
    )


async def run_by(person: Actor) -> list[Hosted]:
    """The open groups here that the person owns or moderates, by name."""
    groups = Group.filter(
        hosted=True,
        state="open",
        members__actor_id=person.id,
        members__state="member",
        members__role__in=list(STAFF),
    )
    found = await groups.order_by("name").select_related("actor")
    return [Hosted(group, group.actor) for group in found]


async def joined_by(person_id: int) -> list[Group]:
    """The open groups, here and elsewhere, that the person is in, by name."""
    found = Group.filter(
        state="open", members__actor_id=person_id, members__state="member"
    ).select_related("actor")
    return await found.order_by("name")


async def runs(person_id: int, actor_id: int) -> bool:
    """Whether the person still owns or moderates the open group here that this actor is."""
    return await Member.exists(
        actor_id=person_id,
        state="member",
        role__in=list(STAFF),
        group__actor_id=actor_id,
        group__hosted=True,
        group__state="open",
    )


async def wrote(actor: Actor, post_uri: str) -> bool:
    """Whether the actor is the author of the post."""
    return await Post.exists(uri=post_uri, author_id=actor.id)


async def any_group(name: str) -> Group:
    """The group of this name here, or of this handle that people here are in. Raises `NotHere`."""
    bare = name.lstrip("@!")
    if "@" not in bare:
        return (await hosted_named(bare)).group
    username, _, host = bare.partition("@")
    # A server can give two groups one name: the one that was known first keeps it here.
    named = Group.filter(actor__username=username, actor__host=host.lower()).order_by("id")
    group = await named.select_related("actor").first()
    if group is None:
        raise NotHere(f"nobody here is in {name}; join it first: fedigroups group join {name}")
    return group


async def group_actor(wire: Wire, name: str) -> Actor:
    """The actor of a group here (by name) or anywhere (by handle or URL, asked at its host)."""
    if name.startswith(("https://", "http://")):
        return await wire.directory.actor(name)
    bare = name.lstrip("@!")
    if "@" not in bare:
        return (await hosted_named(bare)).actor
    return await wire.directory.by_handle(bare)


async def person(handle: str) -> Actor:
    """Somebody whom we know, by `name@host`, by name (here) or by URI. Raises `NotHere`."""
    bare = handle.lstrip("@")
    if bare.startswith(("https://", "http://")):
        found = await Actor.filter(uri=bare).first()
    elif "@" in bare:
        username, _, host = bare.partition("@")
        found = await Actor.filter(username=username, host=host.lower()).first()
    else:
        found = await Actor.filter(username=bare.lower(), local=True).first()
    if found is None:
        raise NotHere(
            "we know nobody called {who}; name them like vic@h.example, as "
            "`fedigroups group members GROUP` does",
            who=handle,
        )
    return found
