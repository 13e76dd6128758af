"""This module makes groups, and changes what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.keys import mint
from federation.limits import NAME_CHARS, SUMMARY_CHARS
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.accounts.names import check_free, check_name, claim
from fedigroups.accounts.people import add_local_actor
from fedigroups.content.languages import is_tag
from fedigroups.content.markdown import render
from fedigroups.content.sanitise import excerpt, safe_url
from fedigroups.groups import admitting, distribute, policies, topics
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.documents import group_document
from fedigroups.groups.models import Group, Member
from fedigroups.media import uploads
from fedigroups.media.models import Media
from outbox.publish import Draft

SUMMARY_BYTES = 40_000
"""Of Markdown and HTML together: Misskey refuses 64 kB, and a profile is sent whole."""

NEWCOMER_POSTS = 100
"""For at most so many posts somebody may be called new."""

PICTURES = ("icon", "banner")
FINDING = ("discoverable", "indexable")
"""What stands in the group's actor."""

Join = Literal["open", "approval", "invite"]
Post = Literal["anyone", "members", "moderators"]
Approve = Literal["nobody", "newcomers", "links", "everyone"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What hosts say of their group; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    summary: str | None = None
    rules: str | None = None
    language: str | None = None
    topics: str | None = None
    icon_url: str | None = None
    banner_url: str | None = None
    icon: Media | None = None
    """An upload that becomes the icon, of a group that there is; likewise the banner."""
    banner: Media | None = None
    join_policy: str | None = None
    post_policy: str | None = None
    boost_replies: bool | None = None
    approve: str | None = None
    newcomer_posts: int | None = None
    servers_allowed: str | None = None
    servers_blocked: str | None = None
    discoverable: bool | None = None
    indexable: bool | None = None


async def check_room(owner: Actor) -> None:
    """Raise `Malformed` for who owns as many groups as one may found on pages, or has moved."""
    owned = Group.filter(
        hosted=True, state="open", members__actor_id=owner.id, members__role="owner"
    )
    if owner.moved_to:
        raise Malformed(policies.MOVED)
    if await owned.count() >= limits.GROUPS_PER_OWNER:
        raise Malformed(
            "one person owns at most {most} groups; ask whoever runs this server for more",
            most=limits.GROUPS_PER_OWNER,
        )


async def found(wire: Wire, name: str, owner: Actor, profile: Profile) -> Hosted:
    """A new group with its keys, owned by a person here, committed. Raises `Malformed`."""
    await check_free(check_name(name), wire.uris)
    columns = {"title": name} | _columns(profile)
    columns.setdefault("description", excerpt(columns.get("summary_html", "")))
    minted, now = await mint(), clock.now_ms()
    async with storage.transaction():
        await claim(name, wire.uris)
        actor = await add_local_actor(
            wire, minted, wire.uris.group(name), "Group", name, display=columns["title"]
        )
        if finding := _finding(profile):
            await Actor.filter(id=actor.id).update(**finding)
        group = Group(
            id=ids.new(),
            actor_id=actor.id,
            name=name,
            created_at=now,
            active_at=now,
            updated_at=now,
            members_count=1,
            **columns,
        )
        await group.save(force_create=True)
        await _own(group, owner, now)
    return Hosted(group, actor)


async def _own(group: Group, owner: Actor, now: int) -> None:
    await Member.create(
        id=ids.new(),
        group_id=group.id,
        actor_id=owner.id,
        state="member",
        role="owner",
        joined_at=now,
        changed_at=now,
    )


async def change(wire: Wire, hosted: Hosted, profile: Profile) -> list[Draft]:
    """Change the profile, and tell every server that reads the group. Raises `Malformed`."""
    columns = _columns(profile) | await _worn(hosted.actor, profile)
    finding = _finding(profile)
    if not columns and not finding:
        raise Malformed("nothing to change: name at least one field, for example --title")
    now = clock.now_ms()
    changing = Group.filter(id=hosted.group.id).exclude(state="closed")
    if not await changing.update(**columns, updated_at=now):
        raise Malformed(policies.CLOSED)
    group = await Group.get(id=hosted.group.id)
    await Actor.filter(id=hosted.actor.id).update(name=group.title, updated_at=now, **finding)
    actor = await Actor.get(id=hosted.actor.id)
    document = await group_document(group, actor, wire.keyring, wire.uris)
    return await distribute.profile(wire, Hosted(group, actor), document)


async def _worn(actor: Actor, profile: Profile) -> dict[str, str]:
    """The URLs of uploads that are shown from now on; the ones before are let go."""
    urls: dict[str, str] = {}
    for field in PICTURES:
        media: Media | None = getattr(profile, field)
        if media is not None:
            await uploads.hold(f"{actor.uri}#{field}", [media])
            urls[f"{field}_url"] = media.url
        elif getattr(profile, f"{field}_url") is not None:
            await uploads.let_go(f"{actor.uri}#{field}")
    return urls


def _columns(profile: Profile) -> dict[str, Any]:
    given = {
        field.name: value
        for field in fields(profile)
        if field.name not in {*PICTURES, *FINDING}
        and (value := getattr(profile, field.name)) is not None
    }
    _check(given)
    for which in ("allowed", "blocked"):
        if (field := f"servers_{which}") in given:
            given[field] = admitting.listed(given[field], which)
    if "topics" in given:
        given["topics"] = topics.typed(given["topics"])
    if "summary" in given:
        given["summary_html"] = render(given["summary"], {})
        if len(dumps([given["summary"], given["summary_html"]])) > SUMMARY_BYTES:
            raise Malformed(
                "a summary has at most {most} bytes, marks included", most=SUMMARY_BYTES // 2
            )
    return given


def _finding(profile: Profile) -> dict[str, bool]:
    """What is said about being found, as columns of the actor."""
    said = {name: getattr(profile, name) for name in FINDING}
    return {name: value for name, value in said.items() if value is not None}


def _check(given: dict[str, Any]) -> None:
    for name, choices in (
        ("join_policy", get_args(Join)),
        ("post_policy", get_args(Post)),
        ("approve", get_args(Approve)),
    ):
        if name in given and given[name] not in choices:
            raise Malformed(f"{given[name]!r} is no {name}: choose one of {', '.join(choices)}")
    if not 1 <= given.get("newcomer_posts", 1) <= NEWCOMER_POSTS:
        raise Malformed("somebody is new for 1 to {most} posts", most=NEWCOMER_POSTS)
    if len(given.get("description", "")) > NAME_CHARS:
        raise Malformed("a description is one line of at most {most} characters", most=NAME_CHARS)
    if not given.get("title", "x").strip() or len(given.get("title", "")) > NAME_CHARS:
        raise Malformed("a group needs a title of 1 to {most} characters", most=NAME_CHARS)
    if len(given.get("summary", "")) > SUMMARY_CHARS:
        raise Malformed("a summary has at most {most} characters", most=SUMMARY_CHARS)
    _check_texts(given)
    for field, what in (("icon_url", "an icon"), ("banner_url", "a banner")):
        if given.get(field) and not safe_url(given[field]):
            raise Malformed(f"{what} is an http or https URL, e.g. https://groups.example/1.png")


def _check_texts(given: dict[str, Any]) -> None:
    if given.get("language") and not is_tag(given["language"]):
        raise Malformed("a language is a tag such as en or pt-BR")
    if len(given.get("rules", "")) > SUMMARY_CHARS:
        raise Malformed("rules have at most {most} characters", most=SUMMARY_CHARS)
