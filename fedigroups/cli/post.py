"""`post`: write, answer and change as a person here, so that a script can drive a story."""

from __future__ import annotations

import json
import sys
from itertools import repeat
from pathlib import Path
from typing import Any

import click

from federation import clock
from federation.errors import NotHere
from fedigroups.accounts.people import person_named
from fedigroups.cli import pictures
from fedigroups.cli.run import (
    acting,
    as_json,
    row_id,
    show,
    table,
    tell,
    told_as_json,
    with_instance,
)
from fedigroups.content.sanitise import excerpt, plain
from fedigroups.groups import lookup, polls, speaking, voting
from fedigroups.groups.models import Post
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.instance import Instance

who = click.option("--as", "who", required=True, help="The person here who does it.")
images = click.option(
    "--image", multiple=True, type=pictures.FILE, help="A picture; may be repeated."
)
texts = click.option(
    "--alt", multiple=True, help="What the picture shows, for whoever cannot see it; one for each."
)
text_option = click.option("--text", help="The text (Markdown); without it, standard input.")


@click.group()
def post() -> None:
    """Write, answer and change posts as a person here."""


@post.command()
@click.argument("group")
@who
@click.option("--title", default="", help="The title of the thread.")
@click.option("--warning", default="", help="A content warning.")
@click.option("--language", default="", help="A language tag, e.g. en.")
@images
@texts
@click.option("--poll", multiple=True, help="What can be chosen in a poll; repeated for each.")
@click.option("--poll-hours", default=24.0, show_default=True, help="How long the poll is open.")
@click.option("--poll-multiple", is_flag=True, help="Several may be chosen.")
@click.option("--poll-hidden", is_flag=True, help="The counts are shown when it has ended.")
@text_option
@as_json
def write(
    group: str,
    who: str,
    title: str,
    warning: str,
    language: str,
    image: tuple[Path, ...],
    alt: tuple[str, ...],
    poll: tuple[str, ...],
    poll_hours: float,
    poll_multiple: bool,
    poll_hidden: bool,
    text: str | None,
    json_: bool,
) -> None:
    """Start a thread in a group here (NAME) or elsewhere (@name@host)."""
    words = _text(text)
    asked = Asked(poll, int(poll_hours * 3_600), poll_multiple, poll_hidden) if poll else None

    async def work(instance: Instance) -> dict[str, Any]:
        author = await person_named(instance.wire, who)
        found = await lookup.any_group(group)
        media = await pictures.attached(instance, author, image, alt)
        said = Text(words, title, warning, language, media=media, poll=asked)
        return describe(await speaking.write(instance.wire, author, found, said))

    made = with_instance(work)
    show(json_, made, _stands("posted", made))


@post.command()
@click.argument("parent")
@who
@images
@texts
@text_option
@as_json
def reply(
    parent: str,
    who: str,
    image: tuple[Path, ...],
    alt: tuple[str, ...],
    text: str | None,
    json_: bool,
) -> None:
    """Answer a post, named by its URI or its number here."""
    words = _text(text)

    async def work(instance: Instance) -> dict[str, Any]:
        author = await person_named(instance.wire, who)
        answered = await find(parent)
        media = await pictures.attached(instance, author, image, alt)
        said = Text(words, media=media)
        return describe(await speaking.answer(instance.wire, author, answered, said))

    made = with_instance(work)
    show(json_, made, _stands("answered", made))


def _stands(done: str, made: dict[str, Any]) -> str:
    """Where the post is, and whether anybody sees it yet."""
    waits = ", and waits for a moderator" if made["state"] == "held" else ""
    return f"{done}{waits}: {made['uri']}"


@post.command()
@click.argument("name")
@who
@click.option("--title", default="", help="A new title.")
@text_option
@told_as_json
def edit(name: str, who: str, title: str, text: str | None) -> None:
    """Change what one wrote."""
    said = Text(_text(text), title)

    async def work(instance: Instance) -> None:
        author = await person_named(instance.wire, who)
        await speaking.edit(instance.wire, author, await find(name), said)

    with_instance(work)
    tell("changed.", post=name)


def _act(name: str, who: str, act: Any) -> None:
    async def work(instance: Instance) -> None:
        actor = await person_named(instance.wire, who)
        await act(instance.wire, actor, await find(name))

    with_instance(work)


@post.command()
@click.argument("name")
@who
@told_as_json
def delete(name: str, who: str) -> None:
    """Take back what one wrote."""
    _act(name, who, speaking.delete)
    tell("deleted.", post=name, state="deleted")


@post.command()
@click.argument("name")
@who
@told_as_json
def like(name: str, who: str) -> None:
    """Like a post."""
    _act(name, who, speaking.like)
    tell("liked.", post=name, person=who, liked=True)


@post.command()
@click.argument("name")
@who
@told_as_json
def unlike(name: str, who: str) -> None:
    """Take a like back."""
    _act(name, who, speaking.unlike)
    tell("taken back.", post=name, person=who, liked=False)


@post.command()
@click.argument("name")
@who
@click.option(
    "--choice",
    multiple=True,
    required=True,
    type=click.IntRange(1),
    help="The number of an option, from 1; may be repeated.",
)
@told_as_json
def vote(name: str, who: str, choice: tuple[int, ...]) -> None:
    """Vote in the poll of a post; it cannot be taken back."""

    async def work(instance: Instance) -> None:
        actor = await person_named(instance.wire, who)
        choices = [number - 1 for number in choice]
        await voting.vote(instance.wire, actor, await find(name), choices)

    with_instance(work)
    tell("voted.", post=name, person=who, choices=list(choice))


@post.command()
@click.argument("name")
@who
@click.option("--reason", required=True, help="Why; its author can read it.")
@told_as_json
def remove(name: str, who: str, reason: str) -> None:
    """Take away somebody's post, as a moderator of its group."""

    async def work(instance: Instance) -> None:
        moderator = await person_named(instance.wire, who)
        await speaking.remove(instance.wire, moderator, await find(name), reason)

    acting(work)
    tell("removed.", post=name, state="removed")


@post.command("list")
@click.argument("group")
@click.option("--limit", default=50, type=click.IntRange(1, 500), help="How many; else 50.")
@as_json
def list_(group: str, limit: int, json_: bool) -> None:
    """The newest posts of a group, those that are gone included."""

    async def work(instance: Instance) -> list[dict[str, Any]]:
        found = await lookup.any_group(group)
        posts = (
            await Post.filter(thread__group_id=found.id)
            .select_related("author")
            .order_by("-id")
            .limit(limit)
        )
        return [describe(item) | {"author": item.author.handle} for item in posts]

    posts = with_instance(work)
    columns = ["id", "author", "state", "likes", "text"]
    show(json_, posts, table(posts, columns, "Nothing was said here yet."))


@post.command("show")
@click.argument("name")
@as_json
def show_(name: str, json_: bool) -> None:
    """A post, whole."""

    async def work(instance: Instance) -> dict[str, Any]:
        found = await find(name)
        whole = {"content": found.content, "plain": plain(found.content)}
        return describe(found) | {"poll": await _standing(found)} | whole

    found = with_instance(work)
    head = [f"{key:10} {value}" for key, value in found.items() if key not in {"content", "plain"}]
    show(json_, found, "\n".join([*head, "", found["plain"]]))


async def find(name: str) -> Post:
    """The post of this URI or number. Raises `NotHere`."""
    key = {"id": row_id(name)} if name.isdecimal() else {"uri": name}
    found = await Post.get_or_none(**key)
    if found is None:
        raise NotHere(f"there is no post {name} here; `fedigroups post list GROUP` names them")
    return found


def describe(found: Post) -> dict[str, Any]:
    """A post on one line."""
    return {
        "id": str(found.id),
        "uri": found.uri,
        "thread": str(found.thread_id),
        "parent": str(found.parent_id) if found.parent_id else None,
        "state": found.state,
        "title": found.title,
        "text": excerpt(found.content, 80),
        "likes": found.likes_count,
        "dislikes": found.dislikes_count,
        "edited": bool(found.updated_at),
        "published": clock.rfc3339(found.published_at),
    }


async def _standing(found: Post) -> dict[str, int | None] | None:
    """What each option of the post's poll has, None where that is not shown yet."""
    poll = await polls.of(found.id)
    if poll is None:
        return None
    counts = json.loads(poll.counts) if polls.shows_totals(poll) else repeat(None)
    return dict(zip(json.loads(poll.options), counts, strict=False))


def _text(given: str | None) -> str:
    return given if given is not None else sys.stdin.read()
