"""Whoever does not read of something within minutes gets one mail about it, and not two."""

from __future__ import annotations

import asyncio

import pytest

from federation import clock, limits, storage
from federation.models import Actor
from fedigroups import worker
from fedigroups.accounts import mailing
from fedigroups.accounts.mail_models import Mail, Mailing
from fedigroups.accounts.mailing import What
from fedigroups.accounts.models import Account
from fedigroups.groups import closing, lookup, membership
from fedigroups.groups.models import Member, Post
from fedigroups.mails.gathering import WAIT_MS
from fedigroups.moderation import decide
from fedigroups.moderation.acts import Act
from fedigroups.notify.models import Notification
from fedigroups.personal import keeping, reading
from mails_office import Office, account_of, choose
from world import World

pytestmark = pytest.mark.anyio

MOVED = "https://m.example/users/tom"
WAITING = (
    "SELECT 1 AS one FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
sqlite = pytest.mark.parametrize("kind", ["sqlite"])


async def test_answers_within_minutes_are_one_mail_that_stands_with_its_thread(
    office: Office,
) -> None:
    root = await office.town.write("tom", "For thin sheet.", "Which rod?")
    await office.answers(root, "1.6 mm.", "And slowly.")
    assert await office.after(5 * clock.MINUTE) == []
    [mail] = await office.after(6 * clock.MINUTE)
    assert mail["To"] == "tom@mail.example"
    assert mail["Subject"] == "Which rod? (Welders)"
    text = mail.get_content()
    assert "olga (@olga@groups.example) answers you in Welders:" in text
    assert "> 1.6 mm." in text
    assert "> And slowly." in text
    assert f"/groups/welders/threads/{root.thread_id}#post-" in text
    assert "You get this mail because your account @tom" in text
    assert mail["References"] == mail["In-Reply-To"] == f"<thread-{root.thread_id}@groups.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["List-Id"] == "<notifications.groups.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await office.after(clock.HOUR) == []
    await office.answers(root, "Did it work?")
    [second] = await office.after(WAIT_MS)
    assert second["References"] == mail["References"]
    assert second["Message-ID"] != mail["Message-ID"]


async def test_both_kinds_of_mail_that_are_ended_at_the_same_moment_are_ended(
    office: Office,
) -> None:
    async def work() -> None:
        account = await Account.get(actor__username="tom")
        both: tuple[What, ...] = ("notices", "digest")
        await asyncio.gather(*(mailing.stop(account.id, what) for what in both))
        mine = await mailing.of(account.id)
        assert (sorted(mine.stopped.split()), mine.digest_at) == (["digest", "notices"], 0)
        await asyncio.gather(*(mailing.resume(account.id, what) for what in both))
        mine = await mailing.of(account.id)
        assert (mine.stopped, mine.digest_at > 0) == ("", True)

    await office.town.run(work)


async def test_several_workers_make_and_send_one_mail_of_each_thing(office: Office) -> None:
    for number in range(3):
        root = await office.town.write("tom", "Hm.", f"Question {number}")
        await office.answers(root, "Yes.", "No.")
    office.now += WAIT_MS

    async def work() -> None:
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as workers:
            workers.create_task(held_up(ready))
            await ready.wait()
            for _ in range(4):
                workers.create_task(worker.gather_mails(office.town.instance))
        await asyncio.gather(*(office.town.instance.mailer.drain() for _ in range(3)))

    with clock.held(office.now):
        await office.town.run(work)
    subjects = sorted(mail["Subject"] for mail in office.server.mails)
    assert subjects == [f"Question {number} (Welders)" for number in range(3)]


async def held_up(ready: asyncio.Event) -> None:
    """None writes before two want to: they meet, however busy the machine is. SQLite has one."""
    if storage.dialect() != "postgres":
        ready.set()
        return
    async with storage.transaction():
        await storage.rows("SELECT id FROM notification FOR UPDATE")
        ready.set()
        while len(await storage.rows(WAITING)) < 2:
            await storage.rows("SELECT pg_stat_clear_snapshot()")  # else a transaction sees no news


async def test_a_mail_server_that_is_down_for_an_hour_loses_nothing(office: Office) -> None:
    root = await office.town.write("tom", "For thin sheet.", "Which rod?")
    await office.answers(root, "1.6 mm.")
    office.server.answers = [b"451 later\r\n"] * 3
    assert await office.after(WAIT_MS) == []
    [mail] = [mail for _ in range(3) for mail in await office.after(clock.HOUR)]
    assert "1.6 mm." in mail.get_content()


@sqlite
async def test_what_was_read_meanwhile_needs_no_mail(office: Office) -> None:
    town = office.town
    root = await town.write("tom", "For thin sheet.", "Which rod?")
    tom = await town.person("tom")
    [answer] = await office.answers(root, "1.6 mm.")
    await town.run(lambda: reading.saw(tom.id, root.thread_id, answer.id))
    assert await office.after(WAIT_MS) == []
    await office.answers(root, "And slowly.")
    await town.run(lambda: keeping.mark(tom.id, "notifications", 2**62))
    assert await office.after(WAIT_MS) == []


@sqlite
async def test_more_than_so_many_mails_in_a_day_wait_for_the_digest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NOTICE_MAILS_A_DAY", 2)
    for number in range(3):
        root = await office.town.write("tom", "Hm.", f"Question {number}")
        await office.answers(root, f"Answer {number}")
    assert len(await office.after(WAIT_MS)) == 2
    [digest] = await office.after(8 * clock.DAY, to="tom")
    assert "Answer 2" in digest.get_content()
    assert "Answer 1" not in digest.get_content()


@sqlite
async def test_people_choose_what_comes_at_once_later_or_never(office: Office) -> None:
    root = await office.town.write("tom", "For thin sheet.", "Which rod?")
    await choose(office, "tom", reply="never", mention="digest")
    await office.answers(root, "1.6 mm.")
    assert await office.after(WAIT_MS) == []
    await choose(office, "tom", reply="soon")
    await office.answers(root, "2 mm.")
    [mail] = await office.after(WAIT_MS)
    assert "1.6 mm." not in mail.get_content()


@sqlite
async def test_what_moderators_decide_comes_in_plain_words_and_without_the_post(
    office: Office,
) -> None:
    town = office.town
    bad = await town.write("tom", "Buy my rods!", "Rods")

    async def remove() -> None:
        hosted, olga = await lookup.hosted_named("welders"), await town.person("olga")
        post = await Post.get(id=bad.id).select_related("author", "thread__group__actor")
        act = Act(hosted=hosted, kind="remove", decider=olga, post=post, text="It sells.")
        await decide.decide(town.wire, act)

    with clock.held(office.now):
        await town.run(remove)
    [mail] = await office.after(WAIT_MS)
    assert mail["Subject"] == "A moderator removed your post from Welders."
    text = mail.get_content()
    assert "The reason: It sells." in text
    assert "/settings/decisions" in text
    assert "Buy my rods" not in text


@sqlite
async def test_hosts_are_told_within_the_hour_in_one_mail_that_people_ask_to_join(
    office: Office,
) -> None:
    town = office.town
    await town.change(join_policy="approval")
    await town.run(lambda: Member.filter(actor__username="tom").update(state="left"))
    with clock.held(office.now):
        assert await town.join("tom", "welders") == "asked"
    assert await office.after(WAIT_MS) == []
    [mail] = await office.after(clock.HOUR)
    assert mail["To"] == "olga@mail.example"
    assert "Requests to join: 1" in mail.get_content()

    async def approve() -> None:
        hosted = await lookup.hosted_named("welders")
        async with storage.transaction():
            await membership.approve(town.wire, hosted.group, await town.person("tom"))

    with clock.held(office.now):
        await town.run(approve)
    [mail] = await office.after(WAIT_MS)
    assert (mail["To"], mail["Subject"]) == (
        "tom@mail.example",
        "You are a member of Welders now.",
    )


@sqlite
async def test_mail_is_in_the_language_of_who_reads_it(office: Office) -> None:
    await office.town.run(lambda: Account.filter(actor__username="tom").update(locale="it-CH"))
    root = await office.town.write("tom", "Per lamiera.", "Quale?")
    await office.answers(root, "1,6 mm.")
    [mail] = await office.after(WAIT_MS)
    assert "ti risponde in Welders:" in mail.get_content()


@sqlite
@pytest.mark.parametrize("bad", ["Rod\r\nBcc: x@y.example", "Rod\u2028X: y\nX: z"])
async def test_no_title_becomes_a_header(office: Office, bad: str) -> None:
    await office.town.change(title=bad)
    root = await office.town.write("tom", "For thin sheet.", "Which rod?")
    await office.town.run(lambda: storage.execute("UPDATE thread SET title = ?", bad))
    await office.answers(root, "1.6 mm.")
    [mail] = await office.after(WAIT_MS)
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert "Rod" in mail["Subject"]


@sqlite
@pytest.mark.parametrize("how", ["suspended", "moved", "closed", "unconfirmed"])
async def test_who_has_gone_gets_none(office: Office, how: str) -> None:
    town = office.town
    root = await town.write("tom", "For thin sheet.", "Which rod?")
    await office.answers(root, "1.6 mm.")
    tom = await town.person("tom")

    async def go() -> None:
        account = await account_of("tom")
        if how == "closed":
            await closing.close(town.wire, account, posts=False)
            assert not await storage.row("SELECT 1 FROM mailing WHERE id = ?", account.id)
        elif how == "unconfirmed":
            await Account.filter(id=account.id).update(confirmed_at=0)
        else:
            changes = {"state": "suspended"} if how == "suspended" else {"moved_to": MOVED}
            await Actor.filter(id=tom.id).update(**changes)

    await town.run(go)
    assert await office.after(WAIT_MS) == []
    assert "tom@mail.example" not in {mail["To"] for mail in await office.after(8 * clock.DAY)}
    assert await town.run(lambda: Mail.all().count()) == 0


@sqlite
async def test_an_address_that_is_refused_again_and_again_is_left_alone_and_nothing_is_lost(
    office: Office,
) -> None:
    town = office.town
    root = await town.write("tom", "For thin sheet.", "Which rod?")
    office.server.answers = [b"550 no such mailbox\r\n"] * limits.MAIL_REFUSALS
    for number in range(limits.MAIL_REFUSALS):
        await office.answers(root, f"Answer {number}")
        assert await office.after(WAIT_MS) == []
    await office.answers(root, "Answer at last")
    assert await office.after(WAIT_MS) == []
    mine = await town.run(lambda: _mailing("tom"))
    assert "no such mailbox" in mine.last_error
    await town.run(lambda: mailing.forgive(mine.id))
    [digest] = await office.after(8 * clock.DAY, to="tom")
    assert "Answer 0" in digest.get_content()
    assert "Answer at last" in digest.get_content()


async def _mailing(name: str) -> Mailing:
    return await mailing.of((await account_of(name)).id)


@sqlite
async def test_without_a_mail_server_nothing_piles_up_until_there_is_one(world: World) -> None:
    town = await world.town()
    root = await town.write("tom", "For thin sheet.", "Which rod?")
    await town.reply("olga", root.uri, "1.6 mm.")
    await town.run(lambda: worker.gather_mails(town.instance))
    assert await town.run(lambda: Notification.filter(mail="new").count()) == 0
    assert await town.run(lambda: Mail.all().count()) == 0
