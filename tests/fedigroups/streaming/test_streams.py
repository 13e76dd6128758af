"""Apps hear at once of what concerns them, over WebSockets and as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

import entities
from clients import App, signed_in
from entities import check
from federation import limits, storage
from fedigroups.groups import speaking, tallying
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from listening import Socket, events, open_to_all, socket
from served import Door
from world import Town, World

pytestmark = pytest.mark.anyio
once = pytest.mark.parametrize("kind", ["sqlite"])
"""For what has nothing to do with the kind of database."""


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def door(town: Town) -> AsyncIterator[Door]:
    async with open_to_all(town) as door:
        yield door


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


def token(app: App) -> str:
    return app.http.headers["authorization"].removeprefix("Bearer ")


@pytest.fixture
async def ear(door: Door, tom: App) -> AsyncIterator[Socket]:
    """Tom's socket, on his own stream."""
    async with socket(door, token(tom), "stream=user") as made:
        await made.subscribe("user")
        yield made


@once
async def test_how_a_poll_stands_is_heard_by_each_with_what_they_chose(
    town: Town, ear: Socket, tom: App
) -> None:
    async with signed_in(town, "olga") as olga:
        asked = {"options": ["MIG", "TIG"], "expires_in": 3_600}
        made = await olga.post("/api/v1/statuses", status="@welders Which?", poll=asked)
    _, event, boost = await ear.event()
    assert (event, boost["reblog"]["poll"]["voted"]) == ("update", False)
    await tom.post(f"/api/v1/polls/{made['id']}/votes", choices=[1])
    assert await ear.is_quiet()

    async def tally() -> None:
        await storage.execute("UPDATE poll SET tally_due_at = 1")
        await tallying.tell_due(town.wire)

    await town.run(tally)
    _, event, edited = await ear.event()
    assert (event, edited["id"]) == ("status.update", made["id"])
    assert edited["poll"] == await tom.get(f"/api/v1/polls/{made['id']}")
    assert check(edited["poll"], entities.POLL)["own_votes"] == [1]


async def test_what_a_group_says_itself_reaches_members_who_want_no_boosts(
    town: Town, ear: Socket, tom: App
) -> None:
    group = await tom.account("welders")
    await tom.post(f"/api/v1/accounts/{group['id']}/follow", reblogs=False)
    await town.write("olga", "Which rod for thin sheet?")
    async with signed_in(town, "olga", acting="welders") as welders:
        said = await welders.post("/api/v1/statuses", status="We meet on Friday.")
    _, event, shown = await ear.event()
    assert (event, shown["id"]) == ("update", said["id"])
    assert [one["id"] for one in await tom.get("/api/v1/timelines/home")] == [said["id"]]


@once
@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
async def test_what_one_starts_comes_to_ones_own_stream_as_it_does_home(
    ear: Socket, tom: App, visibility: str
) -> None:
    said = await tom.post("/api/v1/statuses", status="@welders One?", visibility=visibility)
    _, event, shown = await ear.event()
    assert (event, shown["id"]) == ("update", said["id"])
    assert [one["id"] for one in await tom.get("/api/v1/timelines/home")] == [said["id"]]


async def test_a_thread_an_answer_an_edit_and_an_end_are_heard_as_they_happen(
    town: Town, ear: Socket, tom: App
) -> None:
    root = await town.write("olga", "Which rod for thin sheet?")
    stream, event, boost = await ear.event()
    assert (stream, event) == ("user", "update")
    assert check(boost, entities.STATUS) == (await tom.get("/api/v1/timelines/home"))[0]
    assert (boost["account"]["acct"], boost["reblog"]["id"]) == ("welders", str(root.id))
    mine = await town.reply("tom", root.uri, "6013")
    assert await ear.is_quiet()
    await town.reply("olga", mine.uri, "That sticks, @tom@groups.example")
    _, event, told = await ear.event()
    assert (event, check(told, entities.NOTIFICATION)["type"]) == ("notification", "mention")
    assert told == (await tom.get("/api/v1/notifications"))[0]

    async def change() -> None:
        olga = await town.person("olga")
        await speaking.edit(town.wire, olga, await Post.get(id=root.id), Text("Which rod?"))

    await town.run(change)
    _, event, edited = await ear.event()
    assert (event, edited["id"]) == ("status.update", str(root.id))
    assert "Which rod?" in edited["content"]

    async def end() -> None:
        olga = await town.person("olga")
        await speaking.delete(town.wire, olga, await Post.get(id=root.id))

    await town.run(end)
    gone = [await ear.event() for _ in range(2)]
    assert gone == [("user", "delete", root.id), ("user", "delete", int(boost["id"]))]


async def test_every_stream_that_a_post_belongs_to_has_it_and_no_other(
    town: Town, door: Door, tom: App
) -> None:
    lists = await tom.get("/api/v1/lists")
    group_list = next(one["id"] for one in lists)
    own = (await tom.post("/api/v1/lists", title="Rods"))["id"]
    olga = await tom.account("olga")
    await tom.post(f"/api/v1/lists/{own}/accounts", account_ids=[olga["id"]])
    async with socket(door, token(tom)) as ear:
        for stream in ("public", "public:local", "public:remote", "public:local:media", "direct"):
            await ear.subscribe(stream)
        for tag in ("welding", "baking"):
            await ear.subscribe("hashtag", tag=tag)
        await ear.subscribe("list", list=group_list)
        await ear.subscribe("list", list=own)
        root = await town.write("olga", "Which rod? #welding")
        heard = [await ear.event() for _ in range(5)]
        assert {stream for stream, _, _ in heard} == {
            *("public", "public:local", "hashtag welding"),
            *(f"list {group_list}", f"list {own}"),
        }
        assert {(event, post["id"]) for _, event, post in heard} == {("update", str(root.id))}
        await town.reply("olga", root.uri, "Thin! #baking")
        assert (await ear.event())[0] == "hashtag baking"
        assert await ear.is_quiet()
        await ear.say(type="unsubscribe", stream="public")
        await ear.say(type="unsubscribe", stream="public:local")
        await town.write("olga", "Another")
        assert {(await ear.event())[0] for _ in range(2)} == {f"list {group_list}", f"list {own}"}
        assert await ear.is_quiet()


async def test_what_one_blocks_mutes_or_filters_is_not_heard(
    town: Town, ear: Socket, tom: App
) -> None:
    made = await tom.post(
        "/api/v2/filters",
        title="Rods",
        context=["home"],
        filter_action="hide",
        keywords_attributes=[{"keyword": "rod"}],
    )
    assert (await ear.event())[1] == "filters_changed"
    await town.write("olga", "Which rod?")
    await town.write("olga", "Which gas?")
    assert "gas" in (await ear.event())[2]["reblog"]["content"]
    await tom.ask("PUT", f"/api/v2/filters/{made['id']}", json={"filter_action": "warn"})
    assert (await ear.event())[1] == "filters_changed"
    await town.write("olga", "Which rod now?")
    _, _, warned = await ear.event()
    assert warned["reblog"]["filtered"][0]["keyword_matches"] == ["rod"]
    olga = await tom.account("olga")
    await tom.post(f"/api/v1/accounts/{olga['id']}/mute")
    await town.write("olga", "@tom@groups.example, which one?")
    assert await ear.is_quiet()
    await tom.post(f"/api/v1/accounts/{olga['id']}/unmute")
    await tom.post("/api/v1/domain_blocks", domain="groups.example")
    await town.write("olga", "Or none?")
    assert await ear.is_quiet()


async def test_members_alone_hear_of_what_is_for_members(town: Town, door: Door, tom: App) -> None:
    async with AsyncExitStack() as stack:
        olga = await stack.enter_async_context(signed_in(town, "olga"))
        ears = []
        for app in (tom, olga):
            ear = await stack.enter_async_context(socket(door, token(app)))
            for stream in ("user", "public", "hashtag"):
                await ear.subscribe(stream, tag="rods")
            ears.append(ear)
        await tom.post(f"/api/v1/accounts/{(await tom.account('welders'))['id']}/unfollow")
        root = await town.write("olga", "Hello")
        assert (await ears[0].event())[:2] == ("public", "update")
        await town.run(lambda: _hide(root))
        await town.reply("olga", root.uri, "Which #rods?")
        assert {(await ears[1].event())[0] for _ in range(3)} == {"public", "user", "hashtag rods"}
        assert await ears[0].is_quiet()
        secret = await town.run(lambda: _held_reply(town, root))
        assert all([await ear.is_quiet() for ear in ears]), secret

        async def end() -> None:
            olga = await town.person("olga")
            await speaking.delete(town.wire, olga, await Post.get(id=root.id))

        await town.run(end)
        assert (await ears[1].event())[1:] == ("delete", root.id)
        assert await ears[0].is_quiet()


@once
async def test_what_a_post_answers_is_told_to_each_who_may_see_it(
    town: Town, door: Door, tom: App
) -> None:
    root = await town.write("olga", "Hello")
    reply = await town.reply("olga", root.uri, "Which #rods?")
    await tom.post(f"/api/v1/accounts/{(await tom.account('welders'))['id']}/unfollow")
    await town.run(lambda: _hide(root))

    async def change() -> None:
        olga = await town.person("olga")
        await speaking.edit(town.wire, olga, await Post.get(id=reply.id), Text("Which #rods then?"))

    async with (
        signed_in(town, "olga") as olga,
        socket(door, token(tom)) as toms,
        socket(door, token(olga)) as olgas,
    ):
        for ear in (toms, olgas):
            await ear.subscribe("hashtag", tag="rods")
        await town.run(change)
        for ear, answered in ((toms, None), (olgas, str(root.id))):
            _, event, shown = await ear.event()
            assert (event, shown["in_reply_to_id"]) == ("status.update", answered)


async def _hide(post: Post) -> None:
    await Post.filter(id=post.id).update(visibility="members")


async def _held_reply(town: Town, root: Post) -> int:
    """A reply that is held in the transaction in which it comes."""
    async with storage.transaction():
        olga = await town.person("olga")
        reply = await speaking.answer(town.wire, olga, await Post.get(id=root.id), Text("#rods"))
        await Post.filter(id=reply.id).update(state="held")
    return reply.id


async def test_nothing_is_heard_of_an_act_that_was_taken_back(town: Town, ear: Socket) -> None:
    async def fail() -> None:
        async with storage.transaction():
            olga, group = await town.person("olga"), await town.group()
            await speaking.write(town.wire, olga, group, Text("@tom@groups.example, hello"))
            raise LookupError

    with pytest.raises(LookupError):
        await town.run(fail)
    assert await ear.is_quiet()
    await town.write("olga", "Hello")
    assert (await ear.event())[1] == "update"


@once
@pytest.mark.parametrize("by", ["subprotocol", "query", "header"])
async def test_a_token_opens_a_socket_wherever_it_is_shown(door: Door, tom: App, by: str) -> None:
    async with socket(door, token(tom), by=by) as ear:
        assert ear.link.subprotocol == (token(tom) if by == "subprotocol" else None)
        await ear.subscribe("user")


@once
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"stream": "nothing"}, 400),
        ({"stream": "thread", "tag": "1"}, 400),
        ({"stream": "hashtag"}, 400),
        ({"stream": "list", "list": "x"}, 400),
        ({"stream": "list", "list": "9" * 18}, 404),
        ({"stream": ["user"]}, 400),
    ],
)
async def test_what_cannot_be_subscribed_to_is_refused_in_words(
    door: Door, tom: App, said: dict[str, object], status: int
) -> None:
    async with socket(door, token(tom)) as ear:
        await ear.say(type="subscribe", **said)
        heard = await ear.hear()
        assert (heard["status"], bool(heard["error"])) == (status, True)


@once
async def test_somebody_elses_list_is_no_stream(town: Town, door: Door, tom: App) -> None:
    async with signed_in(town, "olga") as olga:
        theirs = (await olga.post("/api/v1/lists", title="Rods"))["id"]
    async with socket(door, token(tom)) as ear:
        await ear.say(type="subscribe", stream="list", list=theirs)
        assert (await ear.hear())["status"] == 404


async def test_a_token_hears_no_more_than_its_scopes_say(town: Town, door: Door) -> None:
    async with AsyncExitStack() as stack:
        for scopes in (("write", "push"), ("read:statuses",)):
            app = await stack.enter_async_context(signed_in(town, "tom", scopes=scopes))
            ear = await stack.enter_async_context(socket(door, token(app)))
            await ear.say(type="subscribe", stream="user:notification")
            assert (await ear.hear())["status"] == 403
            if "write" in scopes:
                await ear.say(type="subscribe", stream="user")
                assert (await ear.hear())["status"] == 403
        await ear.subscribe("user")
        await town.write("olga", "@tom@groups.example, which rod?")
        assert (await ear.event())[1] == "update"
        assert await ear.is_quiet()


@once
async def test_there_is_a_websocket_at_one_address_alone(door: Door, tom: App) -> None:
    for path in ("/", "/groups/welders", "/api/v1/streaming/user", "/live"):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{door.port}{path}?access_token={token(tom)}"):
                pass
        assert refused.value.response.status_code == 403


@once
async def test_no_token_no_stream(door: Door, town: Town, caplog: pytest.LogCaptureFixture) -> None:
    for shown in ("x", ""):
        with pytest.raises(InvalidStatus) as refused:
            async with socket(door, shown, by="query"):
                pass
        assert refused.value.response.status_code == 401
    assert "uvicorn.error.sockets" not in {one.name for one in caplog.records}
    async with signed_in(town) as nobody, events(door, "/api/v1/streaming/user") as answer:
        assert answer.answer.status_code == 401
        assert answer.answer.json()["error"]
        assert nobody


@once
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("user", "update"),
        ("public", "update"),
        ("public/local", "update"),
        ("hashtag?tag=rods", "update"),
        ("hashtag/local?tag=RODS", "update"),
        ("user/notification", "notification"),
        ("list?list={group}", "update"),
    ],
)
async def test_server_sent_events_bring_the_same(
    town: Town, door: Door, tom: App, path: str, name: str
) -> None:
    wanted = path.format(group=(await town.group()).id)
    bearer = f"Bearer {token(tom)}"
    async with events(door, f"/api/v1/streaming/{wanted}", authorization=bearer) as ear:
        assert ear.answer.headers["content-type"].startswith("text/event-stream")
        assert ear.answer.headers["access-control-allow-origin"] == "*"
        assert ear.answer.headers["x-accel-buffering"] == "no"
        post = await town.write("olga", "Which #rods, @tom@groups.example?")
        event, shown = await ear.event()
        found = shown.get("status") or shown.get("reblog") or shown
        assert (event, found["id"]) == (name, str(post.id))


async def test_one_who_signs_out_is_cut_off_and_whoever_runs_a_group_no_more(
    town: Town, door: Door, tom: App
) -> None:
    async with AsyncExitStack() as stack:
        acting = await stack.enter_async_context(signed_in(town, "olga", acting="welders"))
        whole = await stack.enter_async_context(signed_in(town, "olga"))
        toms, acts, stays = [
            await stack.enter_async_context(socket(door, token(app), "stream=user"))
            for app in (tom, acting, whole)
        ]
        await town.run(town.instance.hub.check)
        assert [await ear.is_quiet() for ear in (toms, acts, stays)] == [True] * 3

        async def demote() -> None:
            await storage.execute("UPDATE member SET role = 'member'")
            await storage.execute(
                "DELETE FROM oauth_token WHERE account_id = (SELECT o.id FROM account o"
                " JOIN actor a ON a.id = o.actor_id WHERE a.username = 'tom')"
            )

        await town.run(demote)
        await town.run(town.instance.hub.check)
        assert [await ear.code() for ear in (toms, acts)] == [1008, 1008]
        assert await stays.is_quiet()
        await town.run(
            lambda: storage.execute("UPDATE actor SET state = 'suspended' WHERE username = 'olga'")
        )
        await town.run(town.instance.hub.check)
        assert await stays.code() == 1008


@once
async def test_one_account_has_so_many_streams_and_no_more(
    door: Door, tom: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAMS_PER_ACCOUNT", 2)
    monkeypatch.setattr(limits, "STREAMS_PER_SOCKET", 2)
    async with socket(door, token(tom)) as ear, socket(door, token(tom)):
        with pytest.raises(InvalidStatus) as refused:
            async with socket(door, token(tom)):
                pass
        assert refused.value.response.status_code == 429
        await ear.subscribe("user")
        await ear.subscribe("public")
        await ear.say(type="subscribe", stream="public:local")
        assert (await ear.hear())["status"] == 422
    async with socket(door, token(tom)) as ear:
        await ear.subscribe("user")


@once
async def test_who_says_too_much_is_let_go(
    door: Door,
    tom: App,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with socket(door, token(tom)) as ear:
        await ear.link.send("x" * (limits.STREAM_MESSAGE_BYTES + 1))
        assert await ear.code() == 1009
    async with socket(door, token(tom)) as ear:
        await ear.link.send("[")
        assert (await ear.hear())["status"] == 400
    async with socket(door, token(tom)) as ear:
        monkeypatch.setattr(limits, "STREAM_MESSAGE_BYTES", 8)
        with suppress(ConnectionClosedError):  # they are let go while they still speak
            await ear.link.send([""] * 20)
        assert await ear.code() == 1006
    async with socket(door, token(tom)) as ear:
        await ear.link.send(b"\xff", text=True)
        assert await ear.code() == 1007
    assert "uvicorn.error.sockets" not in {one.name for one in caplog.records}


@once
async def test_who_does_not_read_is_let_go_and_nobody_waits_for_them(
    town: Town, door: Door, tom: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STREAM_WAITING", 3)
    monkeypatch.setattr(limits, "STREAM_PONG_SECONDS", 0.5)
    async with socket(door, token(tom)) as deaf, socket(door, token(tom), "stream=user") as ear:
        await deaf.subscribe("public")
        await ear.subscribe("user")
        (listener,) = town.instance.hub.on("public")
        deaf.link.transport.pause_reading()
        message = {"type": "websocket.send", "text": "x" * 500_000}
        for _ in range(30):
            listener.tell(message)
            await ear.subscribe("user")
            if listener.ended:
                break
        assert listener.ended
        await town.write("olga", "Which rod?")
        assert (await ear.event())[1] == "update"
        async with asyncio.timeout(5):  # they never read, and are cut off all the same
            while len(town.instance.hub.listeners) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        deaf.link.transport.abort()


@once
async def test_when_we_stop_everybody_is_told_to_come_back(
    door: Door, town: Town, tom: App
) -> None:
    bearer = f"Bearer {token(tom)}"
    async with (
        socket(door, token(tom), "stream=user") as ear,
        events(door, "/api/v1/streaming/user", authorization=bearer) as sse,
    ):
        await ear.subscribe("user")
        town.instance.hub.end(town.instance.hub.listeners, "stop")
        assert await ear.code() == 1012
        assert await sse.ends()
