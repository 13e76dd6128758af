"""`moderate`: the queue of a group, and what is decided about its posts and people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import click

from federation import clock
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts.people import person_named
from fedigroups.cli.appeals import appeals, ledger, settle
from fedigroups.cli.mail import mail
from fedigroups.cli.post import find
from fedigroups.cli.reports import answer, reports
from fedigroups.cli.rules import automatic, try_rules
from fedigroups.cli.run import acting, as_json, show, table, with_instance
from fedigroups.content.sanitise import excerpt
from fedigroups.groups import lookup
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Post
from fedigroups.instance import Instance
from fedigroups.moderation import acts, submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide

who = click.option(
    "--as", "who", default="", help="The moderator here who decides; else whoever runs this server."
)
rule_option = click.option("--rule", type=click.IntRange(1), help="The number of the group's rule.")
text_option = click.option("--text", help="The reason, in words; whom it concerns reads it.")


@click.group()
def moderate() -> None:
    """Look at what waits, and decide. Whom it concerns is told why."""


for other in (appeals, settle, ledger, reports, answer, automatic, mail):
    moderate.add_command(other)


@moderate.command("list")
@click.argument("group")
@click.option("--all", "settled", is_flag=True, help="Also what was refused, or asked to change.")
@as_json
def list_(group: str, settled: bool, json_: bool) -> None:
    """The posts of a group that wait for a moderator, oldest first."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        hosted = await lookup.hosted_named(group)
        found = await submissions.waiting(hosted.group, settled=settled)
        return [
            {
                "id": str(post.id),
                "object": post.uri,
                "author": post.author.handle,
                "since": clock.rfc3339(row.since),
                "state": row.state,
                "why": row.why,
                "text": excerpt(post.content, 80),
            }
            for row, post in found
        ]

    rows = with_instance(work)
    columns = ["id", "author", "since", "state", "text"]
    show(json_, rows, table(rows, columns, "Nothing waits."))


@moderate.command()
@click.argument("group")
@click.option("--dry-run", is_flag=True, help="What automatic rules would do to 500 posts.")
@as_json
def rules(group: str, dry_run: bool, json_: bool) -> None:
    """The rules of a group, by the numbers that refusals name."""
    if dry_run:
        try_rules(group, json_)
        return

    async def work(instance: Instance) -> list[dict[str, Any]]:
        hosted = await lookup.hosted_named(group)
        return [{"rule": n, "text": text} for n, text in enumerate(acts.rules(hosted.group), 1)]

    rows = with_instance(work)
    empty = f"No rules yet: fedigroups group set {group} --rules TEXT (one rule a line)"
    show(json_, rows, table(rows, ["rule", "text"], empty))


@moderate.command()
@click.argument("name", metavar="ID")
@text_option
@who
@as_json
def accept(name: str, text: str | None, who: str, json_: bool) -> None:
    """Show a post that waited; it is announced."""
    _about_post("accept", name, who, text, 0, json_, "accepted.")


@moderate.command()
@click.argument("name", metavar="ID")
@rule_option
@text_option
@who
@as_json
def refuse(name: str, rule: int | None, text: str | None, who: str, json_: bool) -> None:
    """Do not show a post that waited: --rule and --text say why. Its author may change it."""
    _about_post("refuse", name, who, text, rule, json_, "refused; its author is told.")


@moderate.command()
@click.argument("name", metavar="ID")
@rule_option
@text_option
@who
@as_json
def ask(name: str, rule: int | None, text: str | None, who: str, json_: bool) -> None:
    """Ask its author to change a post that waited: --text says how."""
    _about_post("ask", name, who, text, rule, json_, "asked for a change; its author is told.")


@moderate.command()
@click.argument("name", metavar="POST")
@rule_option
@text_option
@click.option("--unnamed", is_flag=True, help="The public ledger does not say whose it was.")
@who
@as_json
def remove(
    name: str, rule: int | None, text: str | None, unnamed: bool, who: str, json_: bool
) -> None:
    """Take a post away: --text says why. POST is its URI or its number here."""
    words = "removed; its author is told."
    _about_post("remove", name, who, text, rule, json_, words, unnamed=unnamed)


@moderate.command()
@click.argument("name", metavar="POST")
@text_option
@who
@as_json
def restore(name: str, text: str | None, who: str, json_: bool) -> None:
    """Show a post again that was removed."""
    _about_post("restore", name, who, text, 0, json_, "shown again; its author is told.")


@moderate.command()
@click.argument("name", metavar="POST")
@rule_option
@text_option
@click.option("--undo", is_flag=True, help="Open it again.")
@who
@as_json
def lock(name: str, rule: int | None, text: str | None, undo: bool, who: str, json_: bool) -> None:
    """Let nobody answer in a thread any more. POST is what starts it."""
    _about_post("unlock" if undo else "lock", name, who, text, rule, json_, "done.")


@moderate.command()
@click.argument("name", metavar="POST")
@click.option("--undo", is_flag=True, help="Let it stand among the others again.")
@who
@as_json
def pin(name: str, undo: bool, who: str, json_: bool) -> None:
    """Let a thread stand before all others. POST is what starts it."""
    _about_post("unpin" if undo else "pin", name, who, None, 0, json_, "done.")


@moderate.command()
@click.argument("group")
@click.argument("handle")
@rule_option
@text_option
@who
@as_json
def warn(
    group: str, handle: str, rule: int | None, text: str | None, who: str, json_: bool
) -> None:
    """Tell somebody that what they do is against the rules."""
    _about_person("warn", group, handle, who, text, rule, json_)


@moderate.command()
@click.argument("group")
@click.argument("handle")
@click.option("--days", type=click.IntRange(1), default=7, help="How many; else 7.")
@click.option("--undo", is_flag=True, help="Let them write again.")
@rule_option
@text_option
@who
@as_json
def mute(
    group: str,
    handle: str,
    days: int,
    undo: bool,
    rule: int | None,
    text: str | None,
    who: str,
    json_: bool,
) -> None:
    """Let a member write nothing for some days."""
    kind = "unmute" if undo else "mute"
    _about_person(kind, group, handle, who, text, rule, json_, days=0 if undo else days)


@moderate.command()
@click.argument("group")
@click.argument("handle")
@click.option("--days", type=click.IntRange(1), default=None, help="Else for good.")
@click.option("--remove-posts", is_flag=True, help="What they wrote in the group goes too.")
@click.option("--undo", is_flag=True, help="Lift it.")
@rule_option
@text_option
@who
@as_json
def ban(
    group: str,
    handle: str,
    days: int | None,
    remove_posts: bool,
    undo: bool,
    rule: int | None,
    text: str | None,
    who: str,
    json_: bool,
) -> None:
    """Put somebody out, for some days or for good."""
    kind, ends = ("unban", 0) if undo else ("ban", days or 0)
    _about_person(kind, group, handle, who, text, rule, json_, days=ends, takes_posts=remove_posts)


def _about_post(
    kind: str,
    name: str,
    who: str,
    text: str | None,
    rule: int | None,
    json_: bool,
    words: str,
    *,
    unnamed: bool = False,
) -> None:
    async def build(instance: Instance) -> Act:
        acts.check_words(kind, text or "", rule or 0)
        post = await find(name)
        await post.fetch_related("author", "thread__group__actor")
        said: dict[str, Any] = {"kind": kind, "post": post, "text": text or "", "rule": rule or 0}
        return await _act(instance, who, unnamed=unnamed, **said)

    _decided(build, json_, words)


def _about_person(
    kind: str,
    group: str,
    handle: str,
    who: str,
    text: str | None,
    rule: int | None,
    json_: bool,
    *,
    days: int = 0,
    takes_posts: bool = False,
) -> None:
    async def build(instance: Instance) -> Act:
        return await _act(
            instance,
            who,
            group,
            kind=kind,
            person=await lookup.person(handle),
            text=text or "",
            rule=rule or 0,
            until=clock.now_ms() + days * clock.DAY if days else 0,
            takes_posts=takes_posts,
        )

    _decided(build, json_, "done; they are told.")


async def _act(instance: Instance, who: str, group: str = "", **said: Any) -> Act:
    """The decision, by a moderator here or by whoever runs this instance."""
    if who:
        decider = await person_named(instance.wire, who)
    else:
        decider = await Actor.get(uri=instance.wire.uris.moderation_actor)
    hosted = await lookup.hosted_named(group) if group else _standing(said["post"])
    return Act(hosted=hosted, decider=decider, **said)


def _standing(post: Post) -> Hosted:
    group = post.thread.group
    if not group.hosted:
        raise Malformed(f"{group.name} does not live here: its own moderators decide")
    return Hosted(group, group.actor)


def _decided(build: Callable[[Instance], Awaitable[Act]], json_: bool, words: str) -> None:
    """Take the decision, and say what was decided."""

    async def work(instance: Instance) -> dict[str, Any]:
        decision = await decide(instance.wire, await build(instance))
        return {
            "decision": str(decision.id),
            "kind": decision.kind,
            "object": decision.object_uri or None,
            "rule": decision.rule or None,
            "text": decision.text,
            "at": clock.rfc3339(decision.created_at),
        }

    show(json_, acting(work), words)
