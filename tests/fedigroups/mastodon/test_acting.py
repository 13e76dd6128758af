"""What people do from an app: join, write, answer, edit, delete, like, boost, and run a group."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import entities
import fedigroups
from clients import App, signed_in
from entities import check, many
from federation import storage
from federation.vocabulary import PUBLIC
from fedigroups.accounts.people import person_named
from fedigroups.groups import founding
from fedigroups.groups.models import Member, Post, Thread
from fedigroups.web import app_words
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio

HOME = "/api/v1/timelines/home"
STATUSES = "/api/v1/statuses"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga") as app:
        yield app


async def act(app: App, name: str, verb: str, code: int = 200, **said: Any) -> Any:
    """What an app answers that was told to do something about an account."""
    account = await app.account(name)
    return await app.post(f"/api/v1/accounts/{account['id']}/{verb}", code, **said)


async def posts(town: Town) -> list[Post]:
    async def work() -> list[Post]:
        return await Post.all().order_by("id")

    return await town.run(work)


async def thread_of(town: Town, post: Post) -> Thread:
    async def work() -> Thread:
        return await Thread.get(id=post.thread_id)

    return await town.run(work)


async def set_standing(town: Town, name: str, **columns: Any) -> None:
    async def work() -> None:
        await Member.filter(actor__username=name).update(**columns)

    await town.run(work)


# Joining


async def test_to_follow_a_group_is_to_join_it_and_to_unfollow_is_to_leave(
    town: Town, tom: App
) -> None:
    left = check(await act(tom, "welders", "unfollow"), entities.RELATIONSHIP)
    assert (left["following"], left["requested"]) == (False, False)
    assert (await town.members())["tom@groups.example"] == "left"
    again = await act(tom, "welders", "unfollow")
    assert again == left
    joined = check(await act(tom, "welders", "follow"), entities.RELATIONSHIP)
    assert (joined["following"], joined["showing_reblogs"]) == (True, True)
    assert (await town.members())["tom@groups.example"] == "member"


async def test_a_group_that_asks_first_is_requested_and_may_be_withdrawn(
    town: Town, tom: App
) -> None:
    await act(tom, "welders", "unfollow")
    await town.change(join_policy="approval")
    asked = await act(tom, "welders", "follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    withdrawn = await act(tom, "welders", "unfollow")
    assert withdrawn["requested"] is False


async def test_who_is_banned_or_not_invited_is_told_why(town: Town, tom: App) -> None:
    await set_standing(town, "tom", state="banned", reason="sold rods")
    refused = check(await act(tom, "welders", "follow", 403), entities.ERROR)
    assert "sold rods" in refused["error"]
    await set_standing(town, "tom", state="left")
    await town.change(join_policy="invite")
    refused = await act(tom, "welders", "follow", 403)
    assert "invitation only" in refused["error"]


async def test_people_are_not_followed_here(tom: App) -> None:
    refused = await act(tom, "olga", "follow", 422)
    assert refused["error"] == "Only groups can be followed on this server"


async def test_the_owner_of_a_group_cannot_leave_it(olga: App) -> None:
    refused = await act(olga, "welders", "unfollow", 422)
    assert "make somebody else the owner first" in refused["error"]


async def test_a_member_who_wants_no_boosts_has_an_empty_home_and_may_still_post(
    town: Town, tom: App
) -> None:
    await town.write("olga", "One")
    said = await act(tom, "welders", "follow", reblogs=False)
    assert (said["following"], said["showing_reblogs"]) == (True, False)
    assert await tom.get(HOME) == []
    await tom.post(STATUSES, status="@welders Two")
    await act(tom, "welders", "follow", reblogs=True)
    assert len(await tom.get(HOME)) == 2


async def test_a_group_elsewhere_is_found_by_its_handle_and_asked(world: World, tom: App) -> None:
    there = await world.town("second.example")

    async def found() -> None:
        mia = await person_named(there.wire, "mia")
        await founding.found(there.wire, "bakers", mia, founding.Profile(title="Bakers"))

    await there.run(found)
    result = await tom.get("/api/v2/search", q="@bakers@second.example", resolve=True)
    (group,) = check(result["accounts"], many(entities.ACCOUNT))
    assert (group["acct"], group["group"]) == ("bakers@second.example", True)
    asked = await tom.post(f"/api/v1/accounts/{group['id']}/follow")
    assert asked["requested"] is True
    await world.settle()
    (now,) = await tom.get("/api/v1/accounts/relationships", id=group["id"])
    assert now["following"] is True

    written = await tom.post(STATUSES, status="@bakers@second.example How long?")
    await world.settle()
    assert [post.uri for post in await posts(there)] == [written["uri"]]
    answer = await there.reply("mia", written["uri"], "An hour.")
    await world.settle()
    around = await tom.get(f"{STATUSES}/{written['id']}/context")
    (reply,) = check(around, entities.CONTEXT)["descendants"]
    assert (reply["uri"], reply["account"]["acct"]) == (answer.uri, "mia@second.example")
    (told,) = await tom.get("/api/v1/notifications")
    assert (told["type"], told["status"]["uri"]) == ("mention", answer.uri)


async def test_who_asks_that_others_be_asked_must_be_signed_in(town: Town) -> None:
    async with signed_in(town) as stranger:
        await stranger.get("/api/v2/search", 401, q="@bakers@second.example", resolve=True)


# Writing


async def test_a_direct_message_is_refused_with_what_there_is_instead(tom: App) -> None:
    refused = await tom.post(STATUSES, 422, status="@olga Psst!", visibility="direct")
    assert "no direct messages here" in check(refused, entities.ERROR)["error"]


async def test_a_refusal_is_in_the_language_of_the_app(tom: App) -> None:
    long = {"status": f"@welders {'a' * 50_000}"}
    english, italian = [
        await tom.ask("POST", STATUSES, 422, json=long, headers={"Accept-Language": language})
        for language in ("en", "it")
    ]
    assert english["error"] == "a text has at most 50000 characters"
    assert italian["error"] == "Un testo ha al massimo 50.000 caratteri."
    spanish = {"Accept-Language": "es"}
    direct = {"status": "@olga Psst!", "visibility": "direct"}
    told = await tom.ask("POST", STATUSES, 422, json=direct, headers=spanish)
    assert told["error"].startswith("Aquí no hay mensajes directos")
    gone = await tom.ask("GET", f"{STATUSES}/1", 404, headers=spanish)
    assert gone["error"] == "No se ha encontrado"


def test_each_sentence_that_is_translated_for_apps_is_one_that_they_are_told() -> None:
    told = {
        node.value
        for part in ("mastodon", "oauth", "api")
        for file in (Path(fedigroups.__file__).parent / part).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert told >= app_words.SENTENCES


async def test_a_post_that_mentions_a_group_starts_a_thread_in_it(town: Town, tom: App) -> None:
    made = check(
        await tom.post(
            STATUSES,
            status="@welders Which rod?\nFor thin sheet.",
            spoiler_text="Rods",
            language="en",
            visibility="public",
            sensitive=True,
        ),
        entities.STATUS_SEEN,
    )
    assert made["content"].endswith("@groups.example</a> Which rod?<br>\nFor thin sheet.</p>")
    assert 'href="https://groups.example/groups/welders"' in made["content"]
    assert (made["spoiler_text"], made["sensitive"], made["visibility"]) == ("Rods", True, "public")
    assert [one["acct"] for one in made["mentions"]] == ["welders"]
    (post,) = await posts(town)
    assert json.loads(post.document)["sensitive"] is True
    (own,) = await tom.get(HOME)
    assert (own["id"], own["reblog"]) == (made["id"], None)
    assert (await thread_of(town, post)).title == "Which rod? For thin sheet."


@pytest.mark.parametrize("encoding", ["form", "multipart", "json", "query"])
async def test_a_post_may_come_in_any_encoding(town: Town, tom: App, encoding: str) -> None:
    said = {"status": "@welders@groups.example Which rod?", "visibility": "unlisted"}
    sent: dict[str, Any] = {
        "form": {"data": said},
        "multipart": {"files": {name: (None, value) for name, value in said.items()}},
        "json": {"json": said},
        "query": {"params": said},
    }[encoding]
    made = await tom.ask("POST", f"{STATUSES}/", **sent)
    assert made["visibility"] == "unlisted"
    (post,) = await posts(town)
    document = json.loads(post.document)
    assert PUBLIC in document["cc"]
    assert PUBLIC not in document["to"]


async def test_a_reply_stays_in_its_group_though_it_mentions_nobody(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    (boost,) = await tom.get(HOME)
    for answered in (str(root.id), boost["id"]):
        made = await tom.post(STATUSES, status="1.6 mm.", in_reply_to_id=answered)
        check(made, entities.STATUS_SEEN)
        assert made["in_reply_to_id"] == str(root.id)
        assert made["in_reply_to_account_id"] == (await tom.account("olga"))["id"]
    around = await tom.get(f"{STATUSES}/{root.id}/context")
    assert len(around["descendants"]) == 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"status": "Hello?"}, "mention it, like @welders"),
        ({"status": "@olga Hello?"}, "mention it, like @welders"),
        ({"status": "@welders Hello?", "visibility": "direct"}, "no direct messages"),
        ({"status": "@welders Hello?", "media_ids": ["1"]}, "no picture"),
        ({"status": "@welders Hello?", "poll": {"options": ["a", "b"]}}, "expires_in"),
        ({"status": "@welders Hello?", "scheduled_at": "2000-01-01"}, "5 minutes"),
        ({"status": "@welders Hello?", "scheduled_at": "soon"}, "a time such as"),
        ({"status": "@welders " + "x" * 60_000}, "at most 50000 characters"),
        ({"status": ""}, "mention it, like @welders"),
        ({"status": " ", "in_reply_to_id": "1"}, "not there"),
    ],
)
async def test_what_cannot_be_posted_is_refused_in_words_and_leaves_nothing(
    town: Town, tom: App, said: dict[str, Any], why: str
) -> None:
    status = 404 if "in_reply_to_id" in said else 422
    refused = check(await tom.post(STATUSES, status, **said), entities.ERROR)
    assert why in refused["error"]
    assert await posts(town) == []


async def test_who_is_no_member_or_banned_or_where_only_moderators_post_is_told_so(
    town: Town, tom: App
) -> None:
    await set_standing(town, "tom", state="left")
    refused = await tom.post(STATUSES, 422, status="@welders Hello?")
    assert "join it first" in refused["error"]
    await set_standing(town, "tom", state="banned", reason="sold rods")
    refused = await tom.post(STATUSES, 422, status="@welders Hello?")
    assert "sold rods" in refused["error"]
    await set_standing(town, "tom", state="member")
    await town.change(post_policy="moderators")
    refused = await tom.post(STATUSES, 422, status="@welders Hello?")
    assert "only moderators" in refused["error"]
    assert await posts(town) == []


async def test_the_same_key_twice_at_once_makes_one_post(town: Town, tom: App) -> None:
    key = {"Idempotency-Key": "a key"}

    async def send(text: str) -> Any:
        return await tom.ask("POST", STATUSES, headers=key, json={"status": f"@welders {text}"})

    made = await asyncio.gather(send("One"), send("One"), send("Another"))
    assert len({one["id"] for one in made}) == 1
    assert len(await posts(town)) == 1
    async with signed_in(town, "olga") as olga:
        hers = await olga.ask("POST", STATUSES, headers=key, json={"status": "@welders Hers"})
    assert hers["account"]["acct"] == "olga"
    assert len(await posts(town)) == 2


async def test_an_edit_says_all_anew_and_how_it_read_before_is_kept(town: Town, tom: App) -> None:
    made = await tom.post(STATUSES, status="@welders Which rod? #tig", spoiler_text="Rods")
    source = check(await tom.get(f"{STATUSES}/{made['id']}/source"), entities.SOURCE)
    assert source["text"] == "@welders@groups.example Which rod? #tig"
    changed = await tom.ask(
        "PUT",
        f"{STATUSES}/{made['id']}",
        json={"status": "@welders Which wire? #mig", "visibility": "private"},
    )
    check(changed, entities.STATUS_SEEN)
    assert changed["visibility"] == "public"  # who may read a post is said once
    assert changed["edited_at"] is not None
    assert changed["spoiler_text"] == ""
    assert [tag["name"] for tag in changed["tags"]] == ["mig"]
    assert await tom.get("/api/v1/timelines/tag/tig") == []
    history = check(await tom.get(f"{STATUSES}/{made['id']}/history"), many(entities.EDIT))
    assert ["rod" in one["content"] for one in history] == [True, False]
    assert history[0]["created_at"] == made["created_at"]
    async with signed_in(town, "olga") as olga:
        source = await olga.get(f"{STATUSES}/{made['id']}/source")
        assert source["text"] == "@welders@groups.example Which wire? #mig"
        await olga.ask("PUT", f"{STATUSES}/{made['id']}", 404, json={"status": "Mine"})
        await olga.delete(f"{STATUSES}/{made['id']}", 404)


async def test_a_deleted_post_is_answered_with_its_text_to_write_it_anew(
    town: Town, tom: App
) -> None:
    made = await tom.post(STATUSES, status="@welders Which rod?")
    gone = await tom.delete(f"{STATUSES}/{made['id']}")
    assert gone["text"] == "@welders@groups.example Which rod?"
    check(gone, entities.STATUS_SEEN)
    await tom.get(f"{STATUSES}/{made['id']}", 404)
    assert await tom.get(HOME) == []
    await tom.delete(f"{STATUSES}/{made['id']}", 404)


async def test_the_words_before_an_edit_go_with_the_post(town: Town, tom: App) -> None:
    made = await tom.post(STATUSES, status="@welders My address is 1 High Street")
    await tom.ask("PUT", f"{STATUSES}/{made['id']}", json={"status": "@welders Never mind"})
    await tom.delete(f"{STATUSES}/{made['id']}")

    async def left() -> Any:
        return await storage.rows("SELECT id FROM revision")

    assert await town.run(left) == []


# Reacting


async def test_a_favourite_counts_once_and_is_taken_back(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    where = f"{STATUSES}/{root.id}"
    for _ in range(2):
        liked = check(await tom.post(f"{where}/favourite"), entities.STATUS_SEEN)
        assert (liked["favourited"], liked["favourites_count"]) == (True, 1)
    (who,) = await tom.get(f"{where}/favourited_by")
    assert who["acct"] == "tom"
    (own,) = await tom.get("/api/v1/favourites")
    assert own["id"] == str(root.id)
    for _ in range(2):
        unliked = await tom.post(f"{where}/unfavourite")
        assert (unliked["favourited"], unliked["favourites_count"]) == (False, 0)
    assert await tom.get("/api/v1/favourites") == []


async def test_a_boost_has_the_post_in_it_and_is_taken_back(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    where = f"{STATUSES}/{root.id}"
    boost = check(await tom.post(f"{where}/reblog"), entities.STATUS_SEEN)
    assert boost["id"] != str(root.id)
    assert (boost["reblog"]["id"], boost["reblog"]["reblogged"]) == (str(root.id), True)
    assert await tom.post(f"{where}/reblog") == boost
    assert await tom.get(f"{STATUSES}/{boost['id']}") == boost
    (who,) = await tom.get(f"{where}/reblogged_by")
    assert who["acct"] == "tom"
    back = await tom.post(f"{where}/unreblog")
    assert (back["reblogged"], back["reblogs_count"]) == (False, 0)


async def test_the_author_of_a_boosted_post_is_told_wherever_they_live(
    world: World, tom: App
) -> None:
    server = Server.at(world.network, "h.example", "mastodon")
    vic = server.member("vic")
    await vic.send(vic.follow())
    note = vic.note("Which rod?")
    await vic.send(vic.create(note))
    await world.settle()
    (boost,) = await tom.get(HOME)
    assert boost["reblog"]["account"]["acct"] == "vic@h.example"
    await tom.post(f"{STATUSES}/{boost['id']}/reblog")
    await tom.post(f"{STATUSES}/{boost['id']}/unreblog")
    await world.settle()
    told = [one for one in server.came("Announce") if one["actor"].endswith("/users/tom")]
    assert [one["object"] for one in told] == [note["id"]]
    (undone,) = server.came("Undo{Announce}")
    assert undone["object"]["id"] == told[0]["id"]


async def test_what_only_members_read_is_not_boosted(town: Town, tom: App) -> None:
    root = await town.write("olga", "Among us")

    async def hide() -> None:
        await Post.filter(id=root.id).update(visibility="members")

    await town.run(hide)
    refused = await tom.post(f"{STATUSES}/{root.id}/reblog", 422)
    assert "not everybody may read" in refused["error"]


async def test_the_banned_do_not_react(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    await set_standing(town, "tom", state="banned", reason="sold rods")
    for verb in ("favourite", "reblog"):
        refused = await tom.post(f"{STATUSES}/{root.id}/{verb}", 422)
        assert "sold rods" in refused["error"]


async def test_a_bookmark_is_ones_own(town: Town, tom: App, olga: App) -> None:
    root = await town.write("olga", "Which rod?")
    kept = check(await tom.post(f"{STATUSES}/{root.id}/bookmark"), entities.STATUS_SEEN)
    assert kept["bookmarked"] is True
    assert (await olga.get(f"{STATUSES}/{root.id}"))["bookmarked"] is False
    assert [one["id"] for one in await tom.get("/api/v1/bookmarks")] == [str(root.id)]
    assert await olga.get("/api/v1/bookmarks") == []
    await tom.post(f"{STATUSES}/{root.id}/unbookmark")
    assert await tom.get("/api/v1/bookmarks") == []


async def test_who_is_muted_or_blocked_is_met_in_no_list(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")
    for verb, back, listing in (("mute", "unmute", "mutes"), ("block", "unblock", "blocks")):
        await act(tom, "olga", verb)
        assert await tom.get(HOME) == []
        assert await tom.get("/api/v1/timelines/public") == []
        (one,) = await tom.get(f"/api/v1/{listing}")
        assert one["acct"] == "olga"
        assert (await tom.get(f"{STATUSES}/{root.id}"))["id"] == str(root.id)
        await act(tom, "olga", back)
        assert len(await tom.get(HOME)) == 1
    noted = await act(tom, "olga", "note", comment="Knows her rods")
    assert noted["note"] == "Knows her rods"
    await act(tom, "tom", "mute", 422)


# Acting as a group


async def test_whoever_acts_as_a_group_lets_in_and_turns_down(town: Town, tom: App) -> None:
    await act(tom, "welders", "unfollow")
    await town.change(join_policy="approval")
    await act(tom, "welders", "follow")
    async with signed_in(town, "olga", acting="welders") as group:
        own = check(await group.get("/api/v1/accounts/verify_credentials"), entities.CREDENTIALS)
        assert (own["acct"], own["source"]["follow_requests_count"]) == ("welders", 1)
        (told,) = await group.get("/api/v1/notifications")
        check(told, entities.NOTIFICATION)
        assert (told["type"], told["account"]["acct"]) == ("follow_request", "tom")
        (asking,) = await group.get("/api/v1/follow_requests")
        where = f"/api/v1/follow_requests/{asking['id']}"
        let_in = check(await group.post(f"{where}/authorize"), entities.RELATIONSHIP)
        assert (let_in["followed_by"], let_in["requested_by"]) == (True, False)
        await group.post(f"{where}/authorize", 422)
        assert await group.get("/api/v1/follow_requests") == []
        await act(group, "tom", "remove_from_followers")
    assert (await town.members())["tom@groups.example"] == "removed"


async def test_whoever_acts_as_a_group_bans_and_takes_posts_away(town: Town, tom: App) -> None:
    made = await tom.post(STATUSES, status="@welders Buy my rods!")
    async with signed_in(town, "olga", acting="welders") as group:
        (boost,) = await group.get(
            f"/api/v1/accounts/{(await group.account('welders'))['id']}/statuses"
        )
        taken = await group.post(f"{STATUSES}/{boost['id']}/unreblog")
        assert taken["id"] == made["id"]
        await act(group, "tom", "block")
        assert (await town.members())["tom@groups.example"] == "banned"
        await act(group, "tom", "unblock")
        await group.post(f"{STATUSES}/{made['id']}/favourite", 404)
    await tom.get(f"{STATUSES}/{made['id']}", 404)
    assert (await town.members())["tom@groups.example"] == "left"


async def test_nobody_decides_for_a_group_who_does_not_act_as_one(town: Town, tom: App) -> None:
    olga = await tom.account("olga")
    await tom.post(f"/api/v1/follow_requests/{olga['id']}/authorize", 404)
    await act(tom, "olga", "remove_from_followers")
    assert (await town.members())["olga@groups.example"] == "member"
