"""`group`: making groups, and who is in them."""

from __future__ import annotations

from typing import Any

import click

from federation import clock, storage
from federation.models import Actor
from federation.origin import host_of
from fedigroups.accounts.people import person_named
from fedigroups.cli import group_invite, group_states, pictures
from fedigroups.cli.run import (
    acting,
    as_json,
    facts,
    show,
    table,
    tell,
    told_as_json,
    with_instance,
)
from fedigroups.groups import founding, joining, lookup, membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member
from fedigroups.groups.states import MOVES
from fedigroups.instance import Instance
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from outbox.publish import publish

COLUMNS = ["handle", "state", "role", "since"]


@click.group()
def group() -> None:
    """Groups here, and groups elsewhere that people here are in."""


PROFILE_OPTIONS = (
    click.option("--title", help="The name that people read."),
    click.option("--description", help="One plain line; else the summary's first words."),
    click.option("--summary", help="What the group is for (Markdown)."),
    click.option("--rules", help="One rule a line."),
    click.option("--language", help="A language tag, e.g. en."),
    click.option("--topics", help="Up to five words, by which the directory finds it."),
    click.option("--icon", help="A picture: a file, or the URL of one; '' for none."),
    click.option(
        "--discoverable/--undiscoverable",
        default=None,
        help="Whether lists and searches show it to whoever does not know its name.",
    ),
    click.option(
        "--indexable/--unindexable",
        default=None,
        help="Whether people who are no members can search its posts.",
    ),
    click.option("--banner", help="A wide picture, likewise."),
    click.option(
        "--join",
        "join_policy",
        type=click.Choice(["open", "approval", "invite"]),
        help="Who may join.",
    ),
    click.option(
        "--post",
        "post_policy",
        type=click.Choice(["anyone", "members", "moderators"]),
        help="Who may start threads.",
    ),
    click.option(
        "--approve",
        type=click.Choice(["nobody", "newcomers", "links", "everyone"]),
        help="Whose posts a moderator looks at before others do.",
    ),
    click.option(
        "--newcomer-posts",
        type=click.IntRange(1, founding.NEWCOMER_POSTS),
        help="After how many posts somebody is no newcomer any more; else 3.",
    ),
    click.option(
        "--allow-servers",
        "servers_allowed",
        help="Only people of these servers, and of this one; '' for all.",
    ),
    click.option(
        "--block-servers",
        "servers_blocked",
        help="Nobody of these servers joins or writes; '' for none.",
    ),
    click.option(
        "--boost-replies/--no-boost-replies",
        default=None,
        help="Show replies to microblog members too.",
    ),
)
"""What a group says of itself."""


def profile_options(command: Any) -> Any:
    """The command with an option for each thing that a group says of itself."""
    for option in reversed(PROFILE_OPTIONS):
        command = option(command)
    return command


@group.command()
@click.argument("name")
@click.option("--owner", required=True, help="The person here who runs it.")
@profile_options
@as_json
def create(name: str, owner: str, json_: bool, **profile: Any) -> None:
    """Make a group."""

    async def work(instance: Instance) -> dict[str, Any]:
        person = await person_named(instance.wire, owner)
        looks = {field: profile.pop(field) for field in ("icon", "banner")}
        hosted = await founding.found(instance.wire, name, person, Profile(**profile))
        if any(looks.values()):
            await _change(instance, hosted, looks)
        return {"name": name, "handle": hosted.actor.handle, "uri": hosted.actor.uri}

    made = acting(work)
    show(json_, made, f"@{made['handle']} is there: {made['uri']}")


@group.command("set")
@click.argument("name")
@profile_options
@told_as_json
def set_(name: str, **profile: Any) -> None:
    """Change what a group says of itself.

    Every server that reads it is told.
    """

    async def work(instance: Instance) -> None:
        await _change(instance, await lookup.hosted_named(name), profile)

    acting(work)
    tell(f"{name} is changed.", name=name)


async def _change(instance: Instance, hosted: Hosted, profile: dict[str, Any]) -> None:
    """Change the profile, in which `icon` and `banner` are still as they were typed."""
    icon_url, icon = pictures.url_or_file(profile.pop("icon"))
    banner_url, banner = pictures.url_or_file(profile.pop("banner"))
    said = Profile(
        **profile,
        icon_url=icon_url,
        banner_url=banner_url,
        icon=await pictures.icon(instance, hosted.actor, icon),
        banner=await pictures.banner(instance, hosted.actor, banner),
    )
    async with storage.transaction():
        await publish(await founding.change(instance.wire, hosted, said))


@group.command("list")
@as_json
def list_(json_: bool) -> None:
    """Groups here, then those elsewhere that people here are in."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        groups = await Group.all().select_related("actor").order_by("-hosted", "name")
        return [summary(found) for found in groups]

    groups = with_instance(work)
    columns = ["handle", "title", "here", "join", "post", "members", "threads"]
    empty = "No group yet. Make the first: fedigroups group create NAME --owner USER --title TITLE"
    show(json_, groups, table(groups, columns, empty))


def summary(found: Group) -> dict[str, Any]:
    """A group on one line."""
    return {
        "handle": found.actor.handle,
        "uri": found.actor.uri,
        "title": found.title,
        "here": found.hosted,
        "state": found.state,
        "join": found.join_policy,
        "post": found.post_policy,
        "approve": found.approve,
        "members": found.members_count,
        "threads": found.threads_count,
    }


@group.command("show")
@click.argument("name")
@as_json
def show_(name: str, json_: bool) -> None:
    """What a group says of itself."""

    async def work(instance: Instance) -> dict[str, Any]:
        found = await lookup.any_group(name)
        staff = Member.filter(group_id=found.id, role__in=policies.STAFF).select_related("actor")
        return summary(found) | {
            "language": found.language,
            "topics": found.topics.split(),
            "description": found.description,
            "summary": found.summary,
            "icon": found.icon_url,
            "banner": found.banner_url,
            "moderators": [member.actor.handle for member in await staff.order_by("id")],
            "rules": found.rules.splitlines(),
        }

    found = with_instance(work)
    rules = {f"rule {number}": rule for number, rule in enumerate(found["rules"], 1)}
    lists = {name: ", ".join(found[name]) for name in ("moderators", "topics")}
    told = found | lists | {"rules": ""} | rules
    show(json_, found, facts(told))


@group.command()
@click.argument("name")
@click.option("--state", type=click.Choice([*MOVES]), help="Only these.")
@as_json
def members(name: str, state: str | None, json_: bool) -> None:
    """Who is in a group, who asked, and who was."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        found = await lookup.any_group(name)
        query = Member.filter(group_id=found.id).select_related("actor").order_by("id")
        rows = await (query.filter(state=state) if state else query)
        return [
            {
                "handle": row.actor.handle,
                "uri": row.actor.uri,
                "state": row.state,
                "role": row.role,
                "since": clock.rfc3339(row.changed_at),
            }
            for row in rows
        ]

    rows = with_instance(work)
    show(json_, rows, table(rows, COLUMNS[:3], "Nobody."))


@group.command()
@click.argument("name")
@click.argument("handle")
@told_as_json
def approve(name: str, handle: str) -> None:
    """Let in somebody who asked to join."""

    async def work(instance: Instance) -> None:
        hosted, actor = await _both(name, handle)
        await instance.wire.peers.family(host_of(actor.uri))
        async with storage.transaction():
            await publish(await membership.approve(instance.wire, hosted.group, actor))

    acting(work)
    tell(f"{handle} is in {name}.", name=name, handle=handle, state="member")


reason_option = click.option("--reason", required=True, help="Why; they are told.")


@group.command()
@click.argument("name")
@click.argument("handle")
@reason_option
@told_as_json
def reject(name: str, handle: str, reason: str) -> None:
    """Turn down somebody who asked to join."""
    _decide(name, handle, "refuse_join", reason)
    tell(f"{handle} is turned down.", name=name, handle=handle, state="refused")


@group.command()
@click.argument("name")
@click.argument("handle")
@told_as_json
def pardon(name: str, handle: str) -> None:
    """Lift a ban: they may ask to join again."""
    _decide(name, handle, "unban", "")
    tell(f"{handle} may come back to {name}.", name=name, handle=handle, state="left")


@group.command()
@click.argument("name")
@click.argument("handle")
@reason_option
@click.option("--ban", is_flag=True, help="They may not come back.")
@told_as_json
def remove(name: str, handle: str, reason: str, ban: bool) -> None:
    """Put a member out; with --ban for good."""
    _decide(name, handle, "ban" if ban else "expel", reason)
    state = "banned" if ban else "removed"
    tell(f"{handle} is out of {name}.", name=name, handle=handle, state=state)


@group.command()
@click.argument("name")
@click.argument("handle")
@click.argument("role", type=click.Choice(["member", "moderator", "owner"]))
@told_as_json
def role(name: str, handle: str, role: str) -> None:
    """Give a member a role; of a group there is one owner."""
    kinds = {"member": "dismiss", "moderator": "appoint", "owner": "transfer"}
    _decide(name, handle, kinds[role], "decided by whoever runs this server")
    tell(f"{handle} is {role} of {name}.", name=name, handle=handle, role=role)


@group.command()
@click.argument("name")
@click.argument("handle")
@told_as_json
def transfer(name: str, handle: str) -> None:
    """Make a member the owner. Whoever was it before moderates the group."""
    _decide(name, handle, "transfer", "decided by whoever runs this server")
    tell(f"{handle} owns {name}.", name=name, handle=handle, role="owner")


@group.command()
@click.argument("name")
@click.option("--as", "who", required=True, help="The person here who joins.")
@as_json
def join(name: str, who: str, json_: bool) -> None:
    """Join a group here (NAME) or elsewhere (@name@host)."""

    async def work(instance: Instance) -> dict[str, Any]:
        person = await person_named(instance.wire, who)
        actor = await lookup.group_actor(instance.wire, name)
        state = await joining.join(instance.wire, person, actor)
        return {"group": actor.handle, "person": person.handle, "state": state}

    made = acting(work)
    show(json_, made, f"{made['person']}: {made['state']} in {made['group']}")


@group.command()
@click.argument("name")
@click.option("--as", "who", required=True, help="The person here who leaves.")
@told_as_json
def leave(name: str, who: str) -> None:
    """Leave a group here (NAME) or elsewhere (@name@host)."""

    async def work(instance: Instance) -> None:
        person = await person_named(instance.wire, who)
        found = await lookup.any_group(name)
        await joining.leave(instance.wire, person, found)

    acting(work)
    tell(f"{who} left {name}.", group=name, person=who, state="left")


for command in (group_invite.invite, *group_states.COMMANDS):
    group.add_command(command)


def _decide(name: str, handle: str, kind: str, reason: str) -> None:
    """Whoever runs this instance decides about somebody."""

    async def work(instance: Instance) -> None:
        hosted, person = await _both(name, handle)
        decider = await Actor.get(uri=instance.wire.uris.moderation_actor)
        act = Act(kind=kind, hosted=hosted, decider=decider, person=person, text=reason)
        await decide(instance.wire, act)

    acting(work)


async def _both(name: str, handle: str) -> tuple[Any, Actor]:
    hosted = await lookup.hosted_named(name)
    return hosted, await lookup.person(handle)
