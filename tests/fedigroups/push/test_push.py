"""Apps have devices woken for what they want to know, and for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import Response

import entities
from clients import App, signed_in
from device import HOST, Device, claims
from entities import check
from federation import clock, limits, storage
from federation.http import Http
from federation.transport import GuardedTransport
from fedigroups.groups import joining
from fedigroups.groups.models import Post
from fedigroups.push.models import PushMessage, PushSubscription
from fedigroups.push.sending import WAITS_MS
from world import Town, World

pytestmark = pytest.mark.anyio
once = pytest.mark.parametrize("kind", ["sqlite"])
"""For what has nothing to do with the kind of database."""

THERE = "/api/v1/push/subscription"
ENDPOINT = f"https://{HOST}/to/tom"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def phone(world: World) -> Device:
    made = Device()
    world.network.join(HOST, made.app)
    return made


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


async def subscribe(app: App, phone: Device, code: int = 200, /, **more: Any) -> Any:
    """What is answered to an app that wants mentions and favourites pushed."""
    subscription = {"endpoint": ENDPOINT, "keys": phone.keys, "standard": True}
    wanted = {"alerts": {"mention": True, "favourite": True}} | more.pop("data", {})
    sent = {"subscription": subscription | more, "data": wanted}
    return await app.post(THERE, code, **sent)


async def test_a_device_is_told_who_mentions_its_owner(town: Town, tom: App, phone: Device) -> None:
    made = check(await subscribe(tom, phone), entities.PUSH)
    assert await tom.get(THERE) == made
    about = await tom.get("/api/v2/instance")
    assert about["configuration"]["vapid"]["public_key"] == made["server_key"]
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    ((headers, _),) = phone.came
    (told,) = phone.messages()
    (notice,) = await tom.get("/api/v1/notifications")
    assert told == {
        "access_token": tom.http.headers["authorization"].removeprefix("Bearer "),
        "preferred_locale": "en",
        "notification_id": int(notice["id"]),
        "notification_type": "mention",
        "icon": notice["account"]["avatar_static"],
        "title": "olga mentioned you",
        "body": "Which rod, @tom@groups.example?",
    }
    assert (headers["ttl"], headers["content-encoding"]) == ("172800", "aes128gcm")
    said = claims(headers, made["server_key"])
    assert said["aud"] == f"https://{HOST}"
    assert clock.now_ms() < said["exp"] * 1_000 < clock.now_ms() + clock.DAY
    assert said["sub"].startswith(("mailto:", "https://"))

    await town.instance.settle()
    assert len(phone.came) == 1


@once
async def test_an_app_that_does_not_ask_for_the_standard_gets_what_mastodon_sent_before(
    town: Town, tom: App, phone: Device
) -> None:
    made = await subscribe(tom, phone, standard=False)
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    ((headers, _),) = phone.came
    assert headers["content-encoding"] == "aesgcm"
    assert phone.messages()[0]["notification_type"] == "mention"
    assert claims(headers, made["server_key"])["aud"] == f"https://{HOST}"


async def test_only_what_is_wanted_is_pushed_and_only_from_whom(
    town: Town, tom: App, phone: Device
) -> None:
    await subscribe(tom, phone, data={"alerts": {"favourite": True}})
    root = await town.write("olga", "Which rod, @tom@groups.example?")
    mine = await town.reply("tom", root.uri, "6013")
    async with signed_in(town, "olga") as olga:
        await olga.post(f"/api/v1/statuses/{mine.id}/favourite")
        await town.instance.settle()
        assert [one["notification_type"] for one in phone.messages()] == ["favourite"]
        changed = await tom.ask("PUT", THERE, json={"data": {"policy": "followed"}})
        assert (changed["policy"], changed["alerts"]["favourite"]) == ("followed", True)
        await olga.post(f"/api/v1/statuses/{mine.id}/unfavourite")
        await olga.post(f"/api/v1/statuses/{mine.id}/favourite")
    await town.instance.settle()
    assert len(phone.came) == 1  # nobody follows a person here
    await tom.delete(THERE)
    await tom.get(THERE, 404)
    await tom.ask("PUT", THERE, 404, json={})


async def test_who_runs_a_group_is_pushed_who_asks_to_join(town: Town, phone: Device) -> None:
    await town.change(join_policy="approval")
    async with signed_in(town, "olga", acting="welders") as group:
        await subscribe(group, phone, data={"alerts": {"follow_request": True}})
        await town.run(lambda: storage.execute("DELETE FROM member WHERE role = 'member'"))
        await town.join("tom", "welders")
        await town.instance.settle()
        (told,) = phone.messages()
        assert told["title"] == "tom asks to join"
        tom, found = await town.person("tom"), await town.group()
        await town.run(lambda: joining.leave(town.wire, tom, found))
        await town.join("tom", "welders")
        await town.instance.settle()
        assert len(phone.came) == 1  # he wakes nobody twice
        await town.run(lambda: storage.execute("UPDATE member SET role = 'member'"))
        await town.run(lambda: storage.execute("DELETE FROM member WHERE state = 'asked'"))
        await town.join("tom", "welders")
        await town.instance.settle()
        assert len(phone.came) == 1  # she runs it no more


@once
@pytest.mark.parametrize(
    ("status", "stays", "waits"),
    [
        (404, False, 0),
        (410, False, 0),
        (400, True, 0),
        (413, True, 0),
        (429, True, 1),
        (503, True, 1),
    ],
)
async def test_what_a_push_service_answers_decides_what_becomes_of_it(
    town: Town, tom: App, phone: Device, status: int, stays: bool, waits: int
) -> None:
    phone.answers = [Response(status_code=status, headers={"Retry-After": "3600"})]
    await subscribe(tom, phone)
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    await tom.get(THERE, 200 if stays else 404)
    rows = await town.run(PushMessage.all)
    assert len(rows) == waits
    if waits:
        assert rows[0].next_try_at > clock.now_ms() + 3_500_000
        await town.run(lambda: PushMessage.all().update(next_try_at=0))
        await town.instance.settle()
        assert len(phone.messages()) == 2
        assert not await town.run(PushMessage.exists)


@once
async def test_a_service_that_is_down_is_asked_again_until_it_is_too_late(
    town: Town, tom: App, phone: Device
) -> None:
    await subscribe(tom, phone)
    town.network.leave(HOST)
    await town.write("olga", "Which rod, @tom@groups.example?")
    for tries in range(1, len(WAITS_MS) + 1):
        await town.instance.settle()
        (row,) = await town.run(PushMessage.all)
        assert row.tries == tries
        await town.run(lambda: PushMessage.all().update(next_try_at=0))
    await town.instance.settle()
    assert not await town.run(PushMessage.exists)
    assert await tom.get(THERE)


@pytest.mark.parametrize("kind", ["postgres"])
async def test_a_worker_whose_clock_is_ahead_sends_nothing_twice_and_hurries_nothing(
    town: Town, tom: App, phone: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.answers = [Response(status_code=503, headers={"Retry-After": "600"})]
    await subscribe(tom, phone)
    pusher, real = town.instance.pusher, clock.now_ms
    await town.write("olga", "Which rod, @tom@groups.example?")
    (taken,) = await town.run(pusher._taken)
    monkeypatch.setattr(clock, "now_ms", lambda: real() + 30 * clock.MINUTE)
    await town.run(pusher.drain)
    assert phone.came == [], "somebody else has it"
    await town.run(lambda: pusher._deliver(taken))
    (row,) = await town.run(PushMessage.all)
    assert 0 < row.next_try_at - real() <= 11 * clock.MINUTE, "though the clock that wrote it is"
    await town.run(pusher.drain)
    assert len(phone.came) == 1


@once
async def test_what_cannot_be_written_holds_up_no_other_and_ends(
    town: Town, tom: App, phone: Device
) -> None:
    await subscribe(tom, phone)
    for _ in range(2):
        await town.write("olga", "Which rod, @tom@groups.example?")
    bad, good = await town.run(lambda: PushMessage.all().order_by("id"))

    async def compose(to: PushSubscription, notification_id: int) -> bytes | None:
        if notification_id == bad.notification_id:
            raise KeyError("no such word")
        return b"{}"

    pusher = town.instance.pusher
    pusher._compose = compose
    for left in range(len(WAITS_MS), -1, -1):
        await town.run(lambda: PushMessage.all().update(next_try_at=0))
        await town.run(pusher.drain)
        assert await town.run(lambda: PushMessage.all().count()) == (left > 0)
    assert len(phone.came) == 1
    assert good.id != bad.id


async def test_what_may_not_be_read_any_more_is_not_pushed(
    town: Town, tom: App, phone: Device
) -> None:
    await subscribe(tom, phone)
    for change in (
        lambda: Post.filter(state="live").update(state="removed"),
        lambda: storage.execute("DELETE FROM notification"),
    ):
        await town.write("olga", "Which rod, @tom@groups.example?")
        await town.run(change)
        await town.instance.settle()
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.run(lambda: storage.execute("UPDATE account SET confirmed_at = 0"))
    await town.instance.settle()
    assert phone.came == []
    assert not await town.run(PushMessage.exists)


async def test_a_subscription_ends_with_its_token(town: Town, tom: App, phone: Device) -> None:
    await subscribe(tom, phone)
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.run(lambda: storage.execute("DELETE FROM oauth_token"))
    assert not await town.run(PushSubscription.exists)
    await town.instance.settle()
    assert phone.came == []


async def test_each_token_has_its_own_and_no_other_may_see_it(
    town: Town, tom: App, phone: Device
) -> None:
    await subscribe(tom, phone)
    async with signed_in(town, "tom") as other, signed_in(town, "tom", scopes=("read",)) as deaf:
        await other.get(THERE, 404)
        await other.delete(THERE)
        for method in ("GET", "POST", "PUT", "DELETE"):
            await deaf.ask(method, THERE, 403, json={})
    assert await tom.get(THERE)
    second = await subscribe(tom, phone)
    assert (await tom.get(THERE))["id"] == second["id"]


@once
@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/to/tom"},
        {"endpoint": "ftp://push.example/"},
        {"endpoint": "https://user@push.example/"},
        {"endpoint": ""},
        {"endpoint": f"https://push.example/{'x' * limits.PUSH_ENDPOINT_CHARS}"},
        {"keys": {"p256dh": "x", "auth": "x"}},
        {"keys": {}},
        {"data": {"policy": "everybody"}},
        {"data": {"alerts": {"mention": "perhaps"}}},
    ],
)
async def test_what_cannot_be_pushed_to_is_refused(
    town: Town, tom: App, phone: Device, wrong: dict[str, Any]
) -> None:
    refused = await subscribe(tom, phone, 422, **wrong)
    assert refused["error"]
    await tom.get(THERE, 404)


@once
async def test_an_app_knows_its_address_again(town: Town, tom: App, phone: Device) -> None:
    spelt = f"https://{HOST.upper()}:443/to/tom"
    assert (await subscribe(tom, phone, endpoint=spelt))["endpoint"] == spelt
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    assert phone.messages()


@once
async def test_an_old_phone_sends_a_form(town: Town, tom: App, phone: Device) -> None:
    made = await tom.ask(
        "POST",
        THERE,
        data={
            "subscription[endpoint]": ENDPOINT,
            "subscription[keys][p256dh]": f"{phone.keys['p256dh']}=",
            "subscription[keys][auth]": f"{phone.keys['auth']}==",
            "data[alerts][mention]": "true",
            "data[alerts][poll]": "false",
            "policy": "all",
        },
    )
    assert [kind for kind, wanted in made["alerts"].items() if wanted] == ["mention"]


async def test_all_processes_have_one_key_and_keep_it(world: World, town: Town) -> None:
    before = town.instance.vapid.public
    with town.instance.store.context():
        await town.instance.vapid.open()
        rows = await storage.rows("SELECT value FROM setting WHERE key = 'vapid'")
    assert town.instance.vapid.public == before
    assert len(rows) == 1
    assert before not in rows[0]["value"]


@once
async def test_a_service_that_does_not_answer_holds_up_so_many_and_is_left_in_time(
    town: Town, tom: App, phone: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PUSH_SECONDS", 0.05)
    monkeypatch.setattr(limits, "PUSHES_AT_ONCE", 2)
    phone.patience = asyncio.Event()
    await subscribe(tom, phone)
    for _ in range(3):
        await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    assert phone.most == 2
    assert [row.tries for row in await town.run(PushMessage.all)] == [1, 1, 1]


@once
@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]"])
async def test_nobody_has_us_knock_inside(
    town: Town, tom: App, phone: Device, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(tom, phone, endpoint=f"https://{inside}/to/tom")
    guarded = Http(GuardedTransport(town.wire.config), town.wire.config)
    monkeypatch.setattr(town.instance.pusher, "_http", guarded)
    await town.write("olga", "Which rod, @tom@groups.example?")
    await town.instance.settle()
    await guarded.close()
    await tom.get(THERE, 404)
    assert phone.came == []
