"""Whom something concerns is told of it, once, and of nothing that is not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import entities
from clients import App, signed_in
from entities import check, many
from federation import clock
from fedigroups.groups import lookup, speaking
from fedigroups.groups.models import Post
from fedigroups.notify import telling
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio

THERE = "/api/v1/notifications"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga") as app:
        yield app


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


async def kinds(app: App) -> list[str]:
    """What somebody is told of, newest first."""
    return [one["type"] for one in await app.get(THERE)]


async def test_who_is_answered_or_named_is_told_and_nobody_of_their_own(
    town: Town, olga: App, tom: App
) -> None:
    root = await town.write("olga", "Which rod, @olga@groups.example?")
    reply = await town.reply("tom", root.uri, "Ask @tom@groups.example, @olga@groups.example")
    (told,) = check(await olga.get(THERE), many(entities.NOTIFICATION))
    assert (told["type"], told["account"]["acct"]) == ("mention", "tom")
    assert told["status"]["id"] == str(reply.id)
    assert await tom.get(THERE) == []
    assert await olga.get(f"{THERE}/{told['id']}") == told
    await tom.get(f"{THERE}/{told['id']}", 404)


async def test_a_mention_in_an_app_needs_no_host(olga: App, tom: App) -> None:
    await tom.post("/api/v1/statuses", status="@welders Does @olga know?")
    assert await kinds(olga) == ["mention"]


async def test_likes_and_boosts_are_told_once_and_untold_when_taken_back(
    town: Town, olga: App, tom: App
) -> None:
    root = await town.write("olga", "Which rod?")
    where = f"/api/v1/statuses/{root.id}"
    for verb in ("favourite", "favourite", "reblog"):
        await tom.post(f"{where}/{verb}")
    told = check(await olga.get(THERE), many(entities.NOTIFICATION))
    assert [one["type"] for one in told] == ["reblog", "favourite"]
    await tom.post(f"{where}/unfavourite")
    assert await kinds(olga) == ["reblog"]
    await tom.post(f"{where}/unreblog")
    assert await kinds(olga) == []


async def test_what_people_elsewhere_do_is_told_too(world: World, town: Town, olga: App) -> None:
    root = await town.write("olga", "Which rod?")
    vic = Server.at(world.network, "h.example", "mastodon").member("vic")
    reply = vic.note("1.6 mm.", reply_to=root.uri, group="")
    for activity in (vic.act("Like", root.uri), vic.create(reply), vic.act("Announce", root.uri)):
        await vic.send(activity)
    await world.settle()
    told = check(await olga.get(THERE), many(entities.NOTIFICATION))
    assert sorted(one["type"] for one in told) == ["favourite", "mention", "reblog"]
    assert {one["account"]["acct"] for one in told} == {"vic@h.example"}


async def test_an_edit_is_told_to_who_boosted_the_post(town: Town, olga: App, tom: App) -> None:
    made = await tom.post("/api/v1/statuses", status="@welders Which rod?")
    where = f"/api/v1/statuses/{made['id']}"
    await olga.post(f"{where}/reblog")
    await tom.ask("PUT", where, json={"status": "@welders Which wire?"})
    assert await kinds(olga) == ["update"]


async def test_a_member_who_wants_the_bell_is_told_of_each_new_thread(
    town: Town, olga: App, tom: App
) -> None:
    group = await tom.account("welders")
    said = await tom.post(f"/api/v1/accounts/{group['id']}/follow", notify=True)
    assert said["notifying"] is True
    root = await town.write("olga", "Which rod?")
    await town.reply("olga", root.uri, "Anybody?")
    (told,) = check(await tom.get(THERE), many(entities.NOTIFICATION))
    assert (told["type"], told["status"]["id"]) == ("status", str(root.id))


async def test_who_is_blocked_or_muted_is_not_heard_of(town: Town, olga: App, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    account = await olga.account("tom")
    await tom.post(f"/api/v1/statuses/{root.id}/favourite")
    await olga.post(f"/api/v1/accounts/{account['id']}/block")
    assert await kinds(olga) == []
    await town.reply("tom", root.uri, "Listen!")
    await olga.post(f"/api/v1/accounts/{account['id']}/unblock")
    assert await kinds(olga) == ["favourite"]


async def test_of_a_muted_thread_nothing_more_is_heard(town: Town, olga: App) -> None:
    root = await town.write("olga", "Which rod?")
    muted = await olga.post(f"/api/v1/statuses/{root.id}/mute")
    assert muted["muted"] is True
    await town.reply("tom", root.uri, "1.6 mm.")
    assert await kinds(olga) == []
    await olga.post(f"/api/v1/statuses/{root.id}/unmute")
    await town.reply("tom", root.uri, "Or 2.")
    assert await kinds(olga) == ["mention"]


async def test_what_was_taken_away_is_told_no_more(town: Town, olga: App) -> None:
    root = await town.write("olga", "Which rod?")
    reply = await town.reply("tom", root.uri, "Buy mine!")

    async def remove() -> None:
        await Post.filter(id=reply.id).update(state="removed")

    await town.run(remove)
    assert await olga.get(THERE) == []
    assert (await olga.get("/api/v2/notifications"))["notification_groups"] == []
    assert await olga.get(f"{THERE}/unread_count") == {"count": 0}


async def test_likes_of_one_post_are_one_group_and_answers_are_not(
    world: World, town: Town, olga: App, tom: App
) -> None:
    root = await town.write("olga", "Which rod?")
    vic = Server.at(world.network, "h.example", "mastodon").member("vic")
    await vic.send(vic.act("Like", root.uri))
    await world.settle()
    await tom.post(f"/api/v1/statuses/{root.id}/favourite")
    await town.reply("tom", root.uri, "1.6 mm.")
    await town.reply("tom", root.uri, "Or 2.")
    shown = check(await olga.get("/api/v2/notifications"), entities.GROUPED)
    groups = shown["notification_groups"]
    assert [one["type"] for one in groups] == ["mention", "mention", "favourite"]
    assert [one["notifications_count"] for one in groups] == [1, 1, 2]
    assert len(groups[2]["sample_account_ids"]) == 2
    assert {one["acct"] for one in shown["accounts"]} == {"tom", "vic@h.example"}
    assert groups[2]["group_key"] == f"favourite-{root.id}"
    assert await olga.get("/api/v2/notifications/unread_count") == {"count": 3}
    assert await olga.get(f"{THERE}/unread_count") == {"count": 4}
    key = groups[2]["group_key"]
    single = check(await olga.get(f"/api/v2/notifications/{key}"), entities.GROUPED)
    assert len(single["notification_groups"]) == 1
    senders = await olga.get(f"/api/v2/notifications/{key}/accounts")
    assert [one["acct"] for one in senders] == ["tom", "vic@h.example"]
    await olga.post(f"/api/v2/notifications/{key}/dismiss")
    assert await olga.get("/api/v2/notifications/unread_count") == {"count": 2}
    await olga.get(f"/api/v2/notifications/{key}", 404)
    ungrouped = await olga.get("/api/v2/notifications", **{"grouped_types[]": ["follow"]})
    assert len(ungrouped["notification_groups"]) == 2


async def test_notifications_are_chosen_by_kind_and_account_and_go_page_by_page(
    town: Town, olga: App, tom: App
) -> None:
    root = await town.write("olga", "Which rod?")
    for number in range(3):
        await town.reply("tom", root.uri, f"{number} mm.")
    await tom.post(f"/api/v1/statuses/{root.id}/favourite")
    assert len(await olga.get(THERE, **{"types[]": ["mention"]})) == 3
    assert len(await olga.get(THERE, **{"exclude_types[]": ["mention"]})) == 1
    assert await olga.get(THERE, **{"types[]": ["poll"]}) == []
    account = await olga.account("tom")
    assert len(await olga.get(THERE, account_id=account["id"])) == 4
    assert await olga.get(THERE, account_id=1) == []
    first = await olga.get(THERE, limit=2)
    rest = await olga.get(olga.links["next"])
    assert len({one["id"] for one in (*first, *rest)}) == 4
    newest = first[0]["id"]
    await olga.post("/api/v1/markers", notifications={"last_read_id": newest})
    assert await olga.get(f"{THERE}/unread_count") == {"count": 0}


async def test_a_notification_is_dismissed_and_all_are_cleared_by_whom_they_are_for(
    town: Town, olga: App, tom: App
) -> None:
    root = await town.write("olga", "Which rod?")
    for number in range(3):
        await town.reply("tom", root.uri, f"{number} mm.")
    newest, middle, _ = await olga.get(THERE)
    await tom.get(f"{THERE}/{newest['id']}", 404)
    await tom.get(f"{THERE}/{2**63 - 1}", 404)
    await tom.post(f"{THERE}/{newest['id']}/dismiss")
    assert len(await olga.get(THERE)) == 3
    await olga.post(f"{THERE}/{newest['id']}/dismiss")
    await olga.ask("POST", f"{THERE}/dismiss", data={"id": middle["id"]})
    assert len(await olga.get(THERE)) == 1
    await olga.post(f"{THERE}/clear")
    assert await olga.get(THERE) == []


async def test_old_notifications_are_forgotten(town: Town, olga: App) -> None:
    root = await town.write("olga", "Which rod?")
    await town.reply("tom", root.uri, "1.6 mm.")
    await town.run(telling.retire)
    assert len(await olga.get(THERE)) == 1
    with clock.held(clock.now_ms() + 181 * clock.DAY):
        await town.run(telling.retire)
    assert await olga.get(THERE) == []


async def test_a_decision_against_somebody_is_a_moderation_warning_with_its_reason(
    town: Town, olga: App, tom: App
) -> None:
    post = await town.write("tom", "Buy rods!")

    async def remove() -> None:
        olga_, row = await lookup.person("olga"), await Post.get(id=post.id)
        await speaking.remove(town.wire, olga_, row, "Advertising.")

    await town.run(remove)
    (told,) = check(await tom.get(THERE), many(entities.NOTIFICATION))
    assert (told["type"], told["account"]["acct"]) == ("moderation_warning", "welders")
    said = told["moderation_warning"]
    assert (said["action"], said["text"]) == ("delete_statuses", "Advertising.")
    assert said["target_account"]["acct"] == "tom"
    groups = check(await tom.get("/api/v2/notifications"), entities.GROUPED)
    assert groups["notification_groups"][0]["moderation_warning"]["text"] == "Advertising."
    assert await tom.get(f"{THERE}?exclude_types[]=moderation_warning") == []
    assert await kinds(olga) == []
