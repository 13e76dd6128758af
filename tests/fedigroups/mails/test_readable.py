"""No mail tells what its reader may not see, or does not want to, at the moment it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from federation import clock, storage
from fedigroups.groups.models import Group, Member, Post
from fedigroups.personal import hosts, keeping, stances, word_filters
from fedigroups.personal.word_filters import Keyword, Rule
from mails_office import Office, choose

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

SECRET = "sesame"
Change = Callable[[int, Post], Awaitable[object]]
"""What happens before the mail is sent, given Tom and the post."""


async def _member(**row: str) -> None:
    await Member.filter(actor__username="tom").update(**row)


async def _filter(tom: int, _post: Post) -> None:
    await word_filters.make(tom, Rule("t", ("home",)), [Keyword(SECRET)])


HIDDEN: dict[str, tuple[Change, Change]] = {
    "removed": (lambda _, p: _post(p, state="removed"), lambda _, p: _post(p, state="live")),
    "held": (lambda _, p: _post(p, state="held"), lambda _, p: _post(p, state="live")),
    "left": (lambda *_: _member(state="left"), lambda *_: _member(state="member")),
    "banned": (lambda *_: _member(state="banned"), lambda *_: _member(state="member")),
    "group suspended": (lambda *_: _group("suspended"), lambda *_: _group("open")),
    "author blocked": (
        lambda tom, p: stances.judge(tom, p.author_id, "blocked", True),
        lambda tom, p: stances.judge(tom, p.author_id, "blocked", False),
    ),
    "author muted": (
        lambda tom, p: stances.judge(tom, p.author_id, "muted", True),
        lambda tom, p: stances.judge(tom, p.author_id, "muted", False),
    ),
    "thread muted": (
        lambda tom, p: keeping.mute(tom, p.thread_id),
        lambda tom, p: keeping.unmute(tom, p.thread_id),
    ),
    "host blocked": (
        lambda tom, _: hosts.block(tom, "groups.example"),
        lambda tom, _: hosts.unblock(tom, "groups.example"),
    ),
    "filtered": (_filter, lambda *_: storage.execute("DELETE FROM word_filter")),
}


async def _post(post: Post, **row: str) -> None:
    await Post.filter(thread_id=post.thread_id).update(**row)


async def _group(state: str) -> None:
    await Group.filter(name="welders").update(state=state)


async def test_nothing_that_is_hidden_by_then_is_in_any_mail(office: Office) -> None:
    town = office.town
    tom = (await town.person("tom")).id
    await choose(office, "tom", digest="daily")

    async def arrives(change: Change | None) -> list[str]:
        """What kinds of mail tell Tom of a post that names him, after something happened to it."""
        post = await office.writes("olga", f"@tom@groups.example, {SECRET}!", f"On {SECRET}")
        if change:
            await town.run(lambda: change(tom, post))
        mails = await office.after(clock.DAY, to="tom") + await office.after(clock.DAY, to="tom")
        if change:
            await town.run(lambda: HIDDEN[name][1](tom, post))
        return sorted(mail["List-Id"] for mail in mails if SECRET in str(mail))

    name = ""
    both = ["<digest.groups.example>", "<notifications.groups.example>"]
    assert await arrives(None) == both
    for name, (hide, _restore) in HIDDEN.items():
        assert (name, await arrives(hide)) == (name, [])
    assert await arrives(None) == both


async def test_a_digest_tells_of_the_liveliest_threads_and_of_nothing_twice(
    office: Office,
) -> None:
    await choose(office, "tom", digest="daily")
    await office.after(clock.DAY)
    quiet = await office.writes("olga", "Thin.", "Quiet thread")
    lively = await office.writes("olga", "Thick.", "Lively thread")
    await office.answers(lively, "One.", "Two.")
    [mail] = await office.after(clock.DAY, to="tom")
    text = mail.get_content()
    assert mail["Subject"] == "New in your groups at groups.example"
    assert text.index("Lively thread (Welders)\nNew: 3") < text.index("Quiet thread (Welders)\nNew")
    assert f"/groups/welders/threads/{quiet.thread_id}\n" in text
    assert await office.after(clock.DAY, to="tom") == []


async def test_a_digest_counts_no_reply_that_a_filter_hides(office: Office) -> None:
    await choose(office, "tom", digest="daily")
    await office.after(clock.DAY)
    tom = (await office.town.person("tom")).id
    await office.town.run(lambda: _filter(tom, Post()))
    thread = await office.writes("olga", "Thick.", "Rods")
    await office.answers(thread, "One.", f"Two, {SECRET}.")
    [mail] = await office.after(clock.DAY, to="tom")
    assert "Rods (Welders)\nNew: 2 " in mail.get_content()
    await office.answers(thread, f"Nothing but {SECRET}.")
    assert await office.after(clock.DAY, to="tom") == []
