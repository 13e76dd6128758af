"""What an app shows: groups as accounts, threads as what they boost, the thread around a post."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import entities
from clients import App, signed_in
from entities import check, many
from fedigroups.groups.models import Member, Post
from world import Town, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


@pytest.fixture
async def stranger(town: Town) -> AsyncIterator[App]:
    async with signed_in(town) as app:
        yield app


async def test_an_instance_says_what_every_client_needs_before_it_signs_in(stranger: App) -> None:
    about = check(await stranger.get("/api/v2/instance"), entities.INSTANCE)
    old = check(await stranger.get("/api/v1/instance/"), entities.OLD_INSTANCE)
    assert about["domain"] == old["uri"] == "groups.example"
    assert about["configuration"]["urls"]["streaming"] == "wss://groups.example"
    assert about["configuration"]["accounts"] == {
        "max_featured_tags": 10,
        "max_pinned_statuses": 5,
        "max_profile_fields": 4,
        "profile_field_name_limit": 255,
        "profile_field_value_limit": 255,
    }
    assert about["api_versions"] == {"mastodon": 2}
    assert old["stats"]["user_count"] == 2


async def test_a_group_is_an_account_that_says_it_is_a_group(stranger: App) -> None:
    group = check(await stranger.account("welders"), entities.ACCOUNT)
    assert (group["group"], group["bot"], group["locked"]) == (True, False, False)
    assert (group["acct"], group["display_name"]) == ("welders", "Welders")
    assert group["note"] == "<p>How we join metal.</p>\n<ol><li>Be kind.</li></ol>"
    assert group["followers_count"] == 2
    assert group == await stranger.get(f"/api/v1/accounts/{group['id']}/")


async def test_a_person_is_found_by_name_and_by_handle_and_nobody_by_another(
    stranger: App,
) -> None:
    olga = check(await stranger.account("olga"), entities.ACCOUNT)
    assert olga == await stranger.account("@Olga@groups.example")
    assert olga["group"] is False
    assert check(await stranger.get("/api/v1/accounts/lookup", 404, acct="eve"), entities.ERROR)


async def test_a_groups_timeline_is_the_starts_of_its_threads_boosted(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which **rod**?", "Thin sheet")
    await town.reply("tom", root.uri, "1.6 mm.")
    group = await tom.account("welders")

    shown = await tom.get(f"/api/v1/accounts/{group['id']}/statuses", exclude_replies=True)
    (boost,) = check(shown, many(entities.STATUS_SEEN))
    assert (boost["account"]["id"], boost["content"]) == (group["id"], "")
    assert boost["id"] != boost["reblog"]["id"] == str(root.id)
    assert boost["reblog"]["account"]["acct"] == "olga"
    assert boost["reblog"]["content"] == (
        "<p><strong>Thin sheet</strong></p><p>Which <strong>rod</strong>?</p>"
    )
    assert boost["reblog"]["replies_count"] == 1
    assert await tom.get(f"/api/v1/statuses/{boost['id']}") == boost
    assert await tom.get(f"/api/v1/accounts/{group['id']}/statuses", exclude_reblogs=1) == []


async def test_home_has_the_threads_of_ones_groups_page_by_page(town: Town, tom: App) -> None:
    for number in range(5):
        await town.write("olga", f"Question {number}")

    first = check(await tom.get("/api/v1/timelines/home", limit=2), many(entities.STATUS_SEEN))
    words = [one["reblog"]["content"] for one in first]
    assert words == ["<p>Question 4</p>", "<p>Question 3</p>"]
    assert set(tom.links) == {"next", "prev"}
    older = await tom.get(tom.links["next"])
    last = await tom.get(tom.links["next"])
    words = [one["reblog"]["content"] for one in (*older, *last)]
    assert words == ["<p>Question 2</p>", "<p>Question 1</p>", "<p>Question 0</p>"]
    assert "next" not in tom.links
    assert await tom.get(tom.links["prev"]) == older


async def test_what_comes_before_a_page_does_not_hold_its_own_first_entry(
    town: Town, tom: App
) -> None:
    await town.write("olga", "One")
    await tom.get("/api/v1/timelines/home")
    before = tom.links["prev"]
    assert await tom.get(before) == []
    await town.write("olga", "Two")
    assert [one["reblog"]["content"] for one in await tom.get(before)] == ["<p>Two</p>"]


async def test_a_page_links_to_our_own_address_whatever_the_request_says(
    town: Town, tom: App
) -> None:
    await town.write("olga", "One")
    await tom.ask("GET", "/api/v1/timelines/home", headers={"Host": "evil.example"})
    assert tom.asked is not None
    assert "https://groups.example/api/v1/timelines/home?" in tom.asked.headers["link"]
    assert "evil" not in tom.asked.headers["link"]


async def test_home_is_empty_for_who_is_in_no_group(world: World, town: Town) -> None:
    await town.write("olga", "One")
    async with signed_in(town, "tom") as app:
        group = await app.account("welders")
        await app.post(f"/api/v1/accounts/{group['id']}/unfollow")
        assert await app.get("/api/v1/timelines/home") == []
        assert len(await app.get("/api/v1/timelines/public", local=True)) == 1


async def test_the_thread_around_a_post_is_above_and_below_it(town: Town, stranger: App) -> None:
    root = await town.write("olga", "Which rod?")
    reply = await town.reply("tom", root.uri, "1.6 mm.")
    deeper = await town.reply("olga", reply.uri, "Why?")
    other = await town.reply("olga", root.uri, "Nobody?")

    around = check(await stranger.get(f"/api/v1/statuses/{reply.id}/context"), entities.CONTEXT)
    assert [one["id"] for one in around["ancestors"]] == [str(root.id)]
    assert [one["id"] for one in around["descendants"]] == [str(deeper.id)]
    whole = await stranger.get(f"/api/v1/statuses/{root.id}/context")
    assert [one["id"] for one in whole["descendants"]] == [
        str(post.id) for post in (reply, deeper, other)
    ]
    assert whole["descendants"][1]["in_reply_to_id"] == str(reply.id)


async def test_what_was_taken_away_is_nowhere(town: Town, stranger: App) -> None:
    root = await town.write("olga", "Which rod?")
    reply = await town.reply("tom", root.uri, "Buy mine!")
    deeper = await town.reply("olga", reply.uri, "No.")

    async def remove() -> None:
        await Post.filter(id=reply.id).update(state="removed")

    await town.run(remove)
    assert check(await stranger.get(f"/api/v1/statuses/{reply.id}", 404), entities.ERROR)
    around = await stranger.get(f"/api/v1/statuses/{root.id}/context")
    assert [one["id"] for one in around["descendants"]] == [str(deeper.id)]
    tom = await stranger.account("tom")
    assert await stranger.get(f"/api/v1/accounts/{tom['id']}/statuses") == []


async def test_what_only_members_read_is_not_there_for_others(town: Town, tom: App) -> None:
    root = await town.write("olga", "Among us")

    async def hide() -> None:
        await Post.filter(id=root.id).update(visibility="members")

    await town.run(hide)
    (boost,) = await tom.get("/api/v1/timelines/home")
    assert boost["reblog"]["visibility"] == "private"
    async with signed_in(town) as stranger:
        await stranger.get(f"/api/v1/statuses/{root.id}", 404)
        group = await stranger.account("welders")
        assert await stranger.get(f"/api/v1/accounts/{group['id']}/statuses") == []
        assert await stranger.get("/api/v1/timelines/public") == []
        found = await stranger.get("/api/v2/search", q=root.uri)
        assert found["statuses"] == []


async def test_a_closed_group_is_not_there(town: Town, stranger: App) -> None:
    root = await town.write("olga", "One")
    await town.change(state="closed")
    await stranger.get("/api/v1/accounts/lookup", 404, acct="welders")
    await stranger.get(f"/api/v1/statuses/{root.id}", 404)
    assert await stranger.get("/api/v1/directory") == []


async def test_members_of_a_group_are_its_followers_and_only_members_are_told(
    town: Town, stranger: App
) -> None:
    group = await stranger.account("welders")
    where = f"/api/v1/accounts/{group['id']}/followers"
    assert await stranger.get(where) == []
    tom = await stranger.account("tom")
    assert await stranger.get(f"/api/v1/accounts/{tom['id']}/following") == []
    async with signed_in(town, "tom") as app:
        members = check(await app.get(where), many(entities.ACCOUNT))
        assert sorted(one["acct"] for one in members) == ["olga", "tom"]
        own = await app.get(f"/api/v1/accounts/{tom['id']}/following")
        assert [one["acct"] for one in own] == ["welders"]


async def test_a_relationship_says_who_is_in_and_who_asks_and_who_is_banned(
    town: Town, tom: App
) -> None:
    group, olga = await tom.account("welders"), await tom.account("olga")
    both = [group["id"], olga["id"], "99", "nobody"]
    shown = await tom.get("/api/v1/accounts/relationships", **{"id[]": both})
    first, second = check(shown, many(entities.RELATIONSHIP))
    assert (first["id"], first["following"], first["requested"]) == (group["id"], True, False)
    assert (second["id"], second["following"]) == (olga["id"], False)
    for state, wanted in (("asked", (False, True, False)), ("banned", (False, False, True))):

        async def become(state: str = state) -> None:
            await Member.filter(actor__username="tom").update(state=state)

        await town.run(become)
        (now,) = await tom.get("/api/v1/accounts/relationships", id=group["id"])
        assert (now["following"], now["requested"], now["blocked_by"]) == wanted


async def test_groups_are_found_by_name_title_handle_and_address(town: Town, tom: App) -> None:
    for query in ("weld", "Welders", "@welders", "@welders@groups.example", "!welders"):
        found = check(await tom.get("/api/v2/search", q=query), entities.SEARCH)
        assert [one["acct"] for one in found["accounts"]] == ["welders"], query
    group = "https://groups.example/groups/welders"
    found = await tom.get("/api/v2/search", q=group, resolve=True)
    assert [one["acct"] for one in found["accounts"]] == ["welders"]
    root = await town.write("olga", "One")
    for query in (root.uri, root.page_url):
        found = await tom.get("/api/v2/search", q=query)
        assert [one["id"] for one in found["statuses"]] == [str(root.id)]
    empty = {"accounts": [], "statuses": [], "hashtags": []}
    assert await tom.get("/api/v2/search", q="from:me", type="statuses", limit=1) == empty
    assert await tom.get("/api/v2/search", q="%") == empty
    assert await tom.get("/api/v2/search", q="") == empty


async def test_a_hashtag_leads_to_what_has_it(town: Town, tom: App) -> None:
    root = await town.write("olga", "Thin sheet, #TIG or not?")
    await town.write("olga", "Nothing.")
    (tagged,) = await tom.get("/api/v1/timelines/tag/tig")
    assert (tagged["id"], [tag["name"] for tag in tagged["tags"]]) == (str(root.id), ["tig"])
    found = check(await tom.get("/api/v2/search", q="#ti"), entities.SEARCH)
    assert [tag["name"] for tag in found["hashtags"]] == ["tig"]
    await tom.post("/api/v1/tags/TIG/follow")
    assert [tag["name"] for tag in await tom.get("/api/v1/followed_tags")] == ["tig"]
    await tom.post("/api/v1/tags/tig/unfollow")
    assert await tom.get("/api/v1/followed_tags") == []


async def test_groups_are_suggested_that_one_is_not_in(town: Town, tom: App) -> None:
    (group,) = check(await tom.get("/api/v1/directory"), many(entities.ACCOUNT))
    assert group["acct"] == "welders"
    assert await tom.get("/api/v2/suggestions") == []
    await tom.post(f"/api/v1/accounts/{group['id']}/unfollow")
    (suggested,) = await tom.get("/api/v2/suggestions")
    assert check(suggested["account"], entities.ACCOUNT)["acct"] == "welders"


async def test_a_groups_list_is_its_threads_and_stays_as_it_is(town: Town, tom: App) -> None:
    root = await town.write("olga", "One")
    (one,) = check(await tom.get("/api/v1/lists"), many(entities.LIST))
    assert one["title"] == "Group: Welders"
    (status,) = check(
        await tom.get(f"/api/v1/timelines/list/{one['id']}"), many(entities.STATUS_SEEN)
    )
    assert (status["id"], status["reblog"]) == (str(root.id), None)
    assert await tom.ask("PUT", f"/api/v1/lists/{one['id']}", 422, json={"title": "Mine"})
    await tom.delete(f"/api/v1/lists/{one['id']}", 422)
    (account,) = await tom.get(f"/api/v1/lists/{one['id']}/accounts")
    assert account["acct"] == "welders"
    async with signed_in(town, "olga") as other:
        made = await other.post("/api/v1/lists", title="Mine")
    await tom.get(f"/api/v1/lists/{made['id']}", 404)
    await tom.get(f"/api/v1/timelines/list/{made['id']}", 404)


async def test_ones_own_list_has_the_threads_of_whoever_is_in_it(town: Town, tom: App) -> None:
    root = await town.write("olga", "One")
    await town.write("tom", "Two")
    olga = await tom.account("olga")
    made = check(await tom.post("/api/v1/lists", title="Olga"), entities.LIST)
    where = f"/api/v1/lists/{made['id']}"
    await tom.post(f"{where}/accounts", account_ids=[olga["id"]])
    shown = await tom.get(f"/api/v1/timelines/list/{made['id']}")
    assert [one["id"] for one in shown] == [str(root.id)]
    (held,) = await tom.get(f"/api/v1/accounts/{olga['id']}/lists")
    assert held == made
    renamed = await tom.ask("PUT", where, json={"title": "Hers"})
    assert renamed["title"] == "Hers"
    await tom.ask("DELETE", f"{where}/accounts", json={"account_ids": [olga["id"]]})
    assert await tom.get(f"/api/v1/timelines/list/{made['id']}") == []
    await tom.delete(where)
    await tom.get(where, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/statuses/1",
        "/api/v1/statuses/99999999999999999999",
        "/api/v1/statuses/nothing",
        "/api/v1/accounts/1",
        "/api/v1/accounts/1/statuses",
        "/api/v1/notifications/1",
        "/api/v1/no/such/thing",
    ],
)
async def test_what_is_not_there_is_404_in_json(tom: App, path: str) -> None:
    check(await tom.get(path, 404), entities.ERROR)


async def test_cursors_beyond_the_end_find_nothing_and_nonsense_is_refused(
    town: Town, tom: App
) -> None:
    await town.write("olga", "One")
    home = "/api/v1/timelines/home"
    assert await tom.get(home, max_id=1) == []
    assert await tom.get(home, min_id=2**63 - 1) == []
    assert len(await tom.get(home, max_id=9_999_999_999_999_999_999, limit=10_000)) == 1
    check(await tom.get(home, 422, max_id="abc"), entities.ERROR)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/timelines/home",
        "/api/v1/notifications",
        "/api/v2/notifications",
        "/api/v1/preferences",
        "/api/v1/markers",
        "/api/v1/lists",
        "/api/v2/filters",
        "/api/v1/bookmarks",
        "/api/v1/accounts/relationships?id=1",
        "/api/v1/announcements",
    ],
)
async def test_what_is_somebodys_own_needs_their_token_and_its_scope(
    town: Town, stranger: App, path: str
) -> None:
    check(await stranger.get(path, 401), entities.ERROR)
    async with signed_in(town, "tom", scopes=("write",)) as app:
        check(await app.get(path, 403), entities.ERROR)


async def test_clients_ask_for_much_that_is_not_here_and_are_answered_well(tom: App) -> None:
    for path in (
        *("custom_emojis", "announcements", "conversations", "domain_blocks", "endorsements"),
        *("featured_tags", "featured_tags/suggestions", "scheduled_statuses", "trends/tags"),
        *("trends/statuses", "trends/links", "mutes", "blocks", "follow_requests", "filters"),
        *("notifications/requests", "followed_tags", "instance/peers", "instance/rules"),
    ):
        assert await tom.get(f"/api/v1/{path}") == [], path
    check(await tom.get("/api/v2/notifications/policy"), entities.POLICY)
    await tom.get("/api/v1/push/subscription", 404)
    group = await tom.account("welders")
    for path in ("endorsements", "featured_tags", "lists"):
        assert await tom.get(f"/api/v1/accounts/{group['id']}/{path}") == []


async def test_preferences_and_credentials_say_what_somebody_chose(tom: App) -> None:
    chosen = {"display_name": "Tom T.", "note": "I weld.\nA lot."}
    own = await tom.ask(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={**chosen, "source": {"privacy": "unlisted", "language": "de", "sensitive": True}},
    )
    check(own, entities.CREDENTIALS)
    assert own == check(await tom.get("/api/v1/accounts/verify_credentials"), entities.CREDENTIALS)
    assert (own["display_name"], own["note"]) == ("Tom T.", "<p>I weld.<br>\nA lot.</p>")
    said = await tom.get("/api/v1/preferences")
    assert said["posting:default:visibility"] == "unlisted"
    assert said["posting:default:language"] == "de"
    assert said["posting:default:sensitive"] is True


async def test_how_far_one_has_read_is_kept_for_each_timeline(tom: App) -> None:
    both = await tom.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]})
    assert set(both) == {"home", "notifications"}
    await tom.ask("POST", "/api/v1/markers", data={"home[last_read_id]": "17"})
    said = await tom.post("/api/v1/markers", home={"last_read_id": "18"})
    assert check(said["home"], entities.MARKER)["version"] == 2
    both = await tom.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]})
    assert both["home"]["last_read_id"] == "18"
    for one in both.values():
        check(one, entities.MARKER)


async def test_a_filter_says_what_it_is_about_and_hides_what_it_hides(town: Town, tom: App) -> None:
    await town.write("olga", "Buy my rods!")
    made = await tom.post(
        "/api/v2/filters",
        title="Sales",
        context=["home"],
        keywords_attributes=[{"keyword": "buy", "whole_word": True}],
    )
    check(made, entities.FILTER)
    (boost,) = check(await tom.get("/api/v1/timelines/home"), many(entities.STATUS_SEEN))
    (result,) = boost["reblog"]["filtered"]
    assert result["keyword_matches"] == ["buy"]
    group = await tom.account("welders")
    (unfiltered,) = await tom.get(f"/api/v1/accounts/{group['id']}/statuses")
    assert unfiltered["reblog"]["filtered"] == []
    await tom.ask("PUT", f"/api/v2/filters/{made['id']}", json={"filter_action": "hide"})
    assert await tom.get("/api/v1/timelines/home") == []
    (old,) = await tom.get("/api/v1/filters")
    assert (old["phrase"], old["irreversible"]) == ("buy", True)
    async with signed_in(town, "olga") as other:
        await other.get(f"/api/v2/filters/{made['id']}", 404)
        await other.delete(f"/api/v2/filters/{made['id']}", 404)
    await tom.delete(f"/api/v2/filters/{made['id']}")
    assert await tom.get("/api/v2/filters") == []


async def test_an_unlisted_post_is_in_no_list_but_in_its_thread(town: Town, tom: App) -> None:
    root = await town.write("olga", "One")

    async def unlist() -> None:
        await Post.filter(id=root.id).update(visibility="unlisted")

    await town.run(unlist)
    assert await tom.get("/api/v1/timelines/public") == []
    assert (await tom.get(f"/api/v1/statuses/{root.id}"))["visibility"] == "unlisted"


async def test_a_group_that_asks_first_is_locked(town: Town, stranger: App) -> None:
    await town.change(join_policy="approval", title="<b>Welders</b>", rules="")
    group = check(await stranger.account("welders"), entities.ACCOUNT)
    assert (group["locked"], group["display_name"]) == (True, "<b>Welders</b>")
