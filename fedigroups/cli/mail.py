"""`moderate mail`: what members and the moderators of a group write to each other."""

from __future__ import annotations

from typing import Any

import click

from federation import clock
from federation.errors import Malformed
from fedigroups.accounts.people import person_named
from fedigroups.cli.run import acting, as_json, show, table, with_instance
from fedigroups.content.sanitise import excerpt
from fedigroups.groups import lookup, membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.instance import Instance
from fedigroups.moderation import mail as mails


@click.command()
@click.argument("group")
@click.option("--with", "whom", default="", help="Show what was written with this member.")
@click.option("--text", default="", help="Answer that member.")
@click.option("--as", "who", default="", help="The moderator here who answers.")
@as_json
def mail(group: str, whom: str, text: str, who: str, json_: bool) -> None:
    """What members wrote to the moderators of a group.

    --with and --text answer one of them.
    """

    async def work(instance: Instance) -> list[dict[str, Any]]:
        hosted = await lookup.hosted_named(group)
        if text:
            await _answer(instance, hosted, whom, who, text)
        if not whom:
            found = [(actor.handle, one) for actor, one in await mails.newest(hosted.group)]
        else:
            person = await lookup.person(whom)
            found = [(person.handle, one) for one in await mails.between(hosted.group, person.id)]
        return [
            {
                "with": handle,
                "by": "member" if one.author_id == one.person_id else "moderators",
                "at": clock.rfc3339(one.created_at),
                "text": one.text if whom else excerpt(one.text, 80),
            }
            for handle, one in found
        ]

    rows = (acting if text else with_instance)(work)
    show(json_, rows, table(rows, ["with", "by", "at", "text"], "Nobody wrote."))


async def _answer(instance: Instance, hosted: Hosted, whom: str, who: str, text: str) -> None:
    if not (whom and who):
        raise Malformed("say whom to answer with --with, and who answers with --as")
    moderator = await person_named(instance.wire, who)
    if not policies.is_staff(await membership.standing(hosted.group, moderator)):
        raise Malformed(f"{who} does not moderate {hosted.group.name}")
    await mails.answer(instance.wire, hosted, moderator, await lookup.person(whom), text)
