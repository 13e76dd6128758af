"""What people have of their own in apps: posts for later and for members, pins, looks, groups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import drawn
import entities
from clients import App, signed_in
from entities import check
from federation import clock, limits, storage
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import person_named
from fedigroups.groups import closing, founding, scheduled
from fedigroups.groups.models import Member
from fedigroups.media.models import Media
from fedigroups.personal import stances
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio

STATUSES, LATER = "/api/v1/statuses", "/api/v1/scheduled_statuses"
PROFILE = "/api/v1/accounts/update_credentials"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


async def picture(app: App) -> Any:
    file = {"file": ("a.jpg", drawn.photo(80, 60), "image/jpeg")}
    return await app.ask("POST", "/api/v2/media", files=file)


async def own(app: App, name: str, **params: Any) -> list[Any]:
    """What an account said and boosted."""
    return await app.get(f"/api/v1/accounts/{(await app.account(name))['id']}/statuses", **params)


async def due(town: Town, *, posted: bool = False) -> None:
    """Let what waits be due, and let it be said; `posted` as if a process had died right then."""

    async def work() -> None:
        await storage.execute("UPDATE scheduled_post SET due_at = 0, tried_at = 0")
        before = await storage.rows("SELECT * FROM scheduled_post")
        assert await scheduled.say_due(town.wire) == len(before)
        if posted:
            (post,) = await storage.rows("SELECT id FROM post")
            row = before[0] | {"post_id": post["id"], "tried_at": 0}
            await storage.execute(
                f"INSERT INTO scheduled_post ({', '.join(row)}) VALUES ({storage.marks(len(row))})",
                *row.values(),
            )

    await town.run(work)


async def test_what_is_scheduled_is_said_when_it_is_due_with_its_picture(
    town: Town, tom: App
) -> None:
    upload = await picture(tom)
    sent = {
        "status": "@welders Which rod?",
        "scheduled_at": "2099-01-01T12:00:00Z",
        "media_ids": [upload["id"]],
        "visibility": "unlisted",
    }
    headers = {"Idempotency-Key": "one"}
    kept = await tom.ask("POST", STATUSES, json=sent, headers=headers)
    assert (await tom.ask("POST", STATUSES, json=sent, headers=headers))["id"] == kept["id"]
    assert kept["scheduled_at"] == "2099-01-01T12:00:00.000Z"
    assert kept["media_attachments"][0]["id"] == upload["id"]
    assert await tom.get(LATER) == [kept]
    assert [one["acct"] for one in kept["mentions"]] == ["welders"]
    assert await own(tom, "tom") == []
    moved = await tom.ask("PUT", f"{LATER}/{kept['id']}", json={"scheduled_at": "2098-01-01"})
    assert moved["scheduled_at"] < kept["scheduled_at"]
    async with signed_in(town, "olga") as olga:
        for method in ("GET", "PUT", "DELETE"):
            said = {"scheduled_at": "2098-01-01"} if method == "PUT" else {}
            await olga.ask(method, f"{LATER}/{kept['id']}", 404, params=said)
    await due(town)
    (post,) = await own(tom, "tom")
    assert (post["visibility"], len(post["media_attachments"])) == ("unlisted", 1)
    assert await tom.get(LATER) == []


async def test_what_was_said_before_a_crash_is_not_said_again(town: Town, tom: App) -> None:
    await tom.post(STATUSES, status="@welders Which rod?", scheduled_at="2099-01-01T12:00:00Z")
    await due(town, posted=True)
    assert len(await tom.get(LATER)) == 1
    await due(town)
    assert len(await own(tom, "tom")) == 1
    assert await tom.get(LATER) == []


async def test_what_is_cancelled_or_may_not_be_said_any_more_is_not_said(
    town: Town, tom: App
) -> None:
    upload = await picture(tom)
    said = {"scheduled_at": "2099-01-01T12:00:00Z"}
    kept = await tom.post(STATUSES, status="@welders 1", media_ids=[upload["id"]], **said)
    await tom.delete(f"{LATER}/{kept['id']}")
    await tom.get(f"/api/v1/media/{upload['id']}", 404)
    await tom.post(STATUSES, status="@welders 2", **said)
    async with signed_in(town, "olga", acting="welders") as group:
        await group.post(f"/api/v1/accounts/{(await tom.account('tom'))['id']}/block")
        await group.post(STATUSES, status="From the welders", **said)
    await town.run(lambda: Member.filter(role="owner").update(role="member"))
    await due(town)
    assert (await tom.get(LATER), await own(tom, "tom"), await own(tom, "welders")) == ([], [], [])


async def test_what_names_no_group_goes_to_the_one_that_was_chosen(town: Town, tom: App) -> None:
    await tom.post(STATUSES, 422, status="Which rod?")

    async def choose() -> None:
        group = (await town.group()).actor_id
        account = await people.account_named("tom")
        await Account.filter(id=account.id).update(default_group_id=group)

    await town.run(choose)
    made = await tom.post(STATUSES, status="Which rod?")
    (shown,) = await own(tom, "welders")
    assert (shown["reblog"]["id"], shown["account"]["acct"]) == (made["id"], "welders")


async def test_a_private_post_is_for_members_here_and_leaves_nowhere(
    world: World, town: Town, tom: App
) -> None:
    server = Server.at(world.network, "h.example", "mastodon")
    vic = server.member("vic")
    await vic.send(vic.follow())
    await world.settle()
    before = server.kinds()
    await tom.post(f"/api/v1/accounts/{(await tom.account('welders'))['id']}/follow")
    said = {"visibility": "private"}
    made = await tom.post(STATUSES, status=f"@welders Secret, @{vic.handle}", **said)
    answer = await tom.post(STATUSES, status="Indeed", in_reply_to_id=made["id"])
    assert (made["visibility"], answer["visibility"]) == ("private", "private")
    await world.settle()
    assert server.kinds() == before
    async with signed_in(town, "olga") as olga, signed_in(town) as stranger:
        await olga.get(f"{STATUSES}/{made['id']}")
        await stranger.get(f"{STATUSES}/{made['id']}", 404)
        headers = {"Accept": ACTIVITY_JSON}
        page = await stranger.http.get(made["uri"].removeprefix("https://groups.example"))
        assert page.status_code == 404
        for row in await town.run(lambda: storage.rows("SELECT uri FROM activity")):
            path = row["uri"].removeprefix("https://groups.example")
            assert "Secret" not in (await stranger.http.get(path, headers=headers)).text


async def test_a_group_speaks_for_itself_and_in_its_own_threads_alone(town: Town, tom: App) -> None:
    asked = await tom.post(STATUSES, status="@welders Which rod?")
    async with signed_in(town, "olga", acting="welders") as group:
        said = check(await group.post(STATUSES, status="We meet on Friday"), entities.STATUS_SEEN)
        answer = await group.post(STATUSES, status="TIG.", in_reply_to_id=asked["id"])
        assert answer["mentions"][0]["acct"] == "tom"
        changed = await group.ask("PATCH", PROFILE, json={"note": "We *join*", "locked": True})
        assert (changed["source"]["note"], changed["locked"]) == ("We *join*", True)
        shown = await own(group, "welders")
        assert [(one["id"], one["reblog"] is None) for one in shown][:1] == [(said["id"], True)]
        assert shown[1]["reblog"]["id"] == asked["id"]
    async with signed_in(town, "tom") as app:
        told = await app.get("/api/v1/notifications", types=["mention"])
        assert [one["account"]["acct"] for one in told] == ["welders"]


async def test_somebody_shows_a_post_of_their_own_first_and_boosts_among_theirs(
    town: Town, tom: App
) -> None:
    made = await tom.post(STATUSES, status="@welders Which rod? #tig")
    other = await town.write("olga", "Another")
    await tom.post(f"{STATUSES}/{other.id}/pin", 422)
    assert (await tom.post(f"{STATUSES}/{made['id']}/pin"))["pinned"] is True
    assert [one["id"] for one in await own(tom, "tom", pinned=True)] == [made["id"]]
    boost = await tom.post(f"{STATUSES}/{other.id}/reblog")
    assert [one["id"] for one in await own(tom, "tom")] == [boost["id"], made["id"]]
    assert len(await own(tom, "tom", exclude_reblogs=True)) == 1
    assert (await tom.post(f"{STATUSES}/{made['id']}/unpin"))["pinned"] is False
    assert [tag["name"] for tag in await tom.get("/api/v1/featured_tags/suggestions")] == ["tig"]
    shown = await tom.post("/api/v1/featured_tags", name="#tig")
    assert (shown["name"], shown["statuses_count"]) == ("tig", "1")
    await tom.delete(f"/api/v1/featured_tags/{shown['id']}")
    assert await tom.get("/api/v1/featured_tags") == []
    await tom.delete(f"{STATUSES}/{boost['id']}")
    assert [one["id"] for one in await own(tom, "tom")] == [made["id"]]


async def test_followed_hashtags_come_home(town: Town, tom: App) -> None:
    async def found() -> None:
        olga = await person_named(town.wire, "olga")
        await founding.found(town.wire, "bakers", olga, founding.Profile(title="Bakers"))

    await town.run(found)
    await town.write("olga", "Warm #bread for all", group="bakers")
    assert await tom.get("/api/v1/timelines/home") == []
    await tom.post("/api/v1/tags/bread/follow")
    (shown,) = await tom.get("/api/v1/timelines/home")
    assert [tag["name"] for tag in shown["tags"]] == ["bread"]


async def test_nothing_of_a_blocked_host_is_met_and_a_mute_ends(
    world: World, town: Town, tom: App
) -> None:
    vic = Server.at(world.network, "h.example", "mastodon").member("vic")
    await vic.send(vic.follow())
    note = vic.note("Hello, Tom")
    note["tag"].append({"type": "Mention", "href": "https://groups.example/users/tom"})
    await vic.send(vic.create(note))
    await world.settle()
    assert len(await tom.get("/api/v1/notifications")) == 1
    met = "/api/v1/timelines/public"
    assert len(await tom.get(met)) == 1
    await tom.post("/api/v1/domain_blocks", domain=vic.home.host)
    assert (await tom.get(met), await tom.get("/api/v1/notifications")) == ([], [])
    await tom.ask("DELETE", "/api/v1/domain_blocks", params={"domain": vic.home.host})
    account = await tom.account(vic.handle)
    muted = await tom.post(f"/api/v1/accounts/{account['id']}/mute", duration=60)
    assert muted["muting_expires_at"] is not None
    assert await tom.get(met) == []
    clock_was = clock.now_ms() - 1

    async def later() -> None:
        await storage.execute("UPDATE stance SET muted_until = ?", clock_was)
        await stances.end_mutes()

    await town.run(later)
    assert len(await tom.get(met)) == 1


async def test_a_profile_is_changed_with_pictures_which_go_with_the_account(
    town: Town, tom: App
) -> None:
    sent = {
        "display_name": "Tom T.",
        "note": "I weld.",
        "fields_attributes[0][name]": "Home",
        "fields_attributes[0][value]": "https://tom.example/?a=1&b=2",
        "source[sensitive]": "true",
    }
    files = {name: ("a.jpg", drawn.photo(90, 90), "image/jpeg") for name in ("avatar", "header")}
    changed = check(await tom.ask("PATCH", PROFILE, data=sent, files=files), entities.CREDENTIALS)
    assert (changed["display_name"], changed["source"]["note"]) == ("Tom T.", "I weld.")
    assert changed["fields"][0]["value"] == (
        '<a href="https://tom.example/?a=1&amp;b=2" rel="me nofollow noopener noreferrer ugc">'
        "https://tom.example/?a=1&amp;b=2</a>"
    )
    assert changed["source"]["sensitive"] is True
    assert "/media/" in changed["avatar"]
    assert "/media/" in changed["header"]
    dropped = await tom.ask("DELETE", "/api/v1/profile/header")
    assert "/media/" not in dropped["header"]
    many = [{"name": "a", "value": "b"}] * (limits.PROFILE_FIELDS + 1)
    await tom.ask("PATCH", PROFILE, 422, json={"fields_attributes": many})

    async def close() -> list[str]:
        await closing.close(town.wire, await people.account_named("tom"), posts=False)
        return [media.state for media in await Media.all()]

    assert await town.run(close) == ["dropped", "dropped"]


async def test_pictures_of_other_servers_are_shown_from_here(town: Town, tom: App) -> None:
    root = await town.write("olga", "Which rod?")

    async def work() -> None:
        await storage.execute(
            "UPDATE post SET attachments = ? WHERE id = ?",
            *('[{"kind":"Image","url":"https://m.example/1.png","text":""}]', root.id),
        )
        await storage.execute(
            "UPDATE actor SET icon_url = 'https://m.example/2.png' WHERE username = 'olga'"
        )

    await town.run(work)
    (shown,) = await tom.get("/api/v1/timelines/public")
    (attached,) = shown["media_attachments"]
    urls = (shown["account"]["avatar"], attached["url"], attached["preview_url"])
    sizes = ("icon", "whole", "preview")
    for url, size in zip(urls, sizes, strict=True):
        assert url.startswith(f"https://groups.example/media/proxy/{size}/")
    assert attached["remote_url"] == "https://m.example/1.png"


async def test_a_deleted_posts_pictures_are_its_authors_again_and_nobody_elses(
    town: Town, tom: App
) -> None:
    upload = await picture(tom)
    made = await tom.post(STATUSES, status="@welders 1", media_ids=[upload["id"]])
    gone = await tom.delete(f"{STATUSES}/{made['id']}")
    (kept,) = gone["media_attachments"]
    assert kept["id"] == upload["id"]
    assert (await tom.http.get(kept["url"])).status_code == 404
    again = await tom.post(STATUSES, status="@welders 2", media_ids=[kept["id"]])
    assert (await tom.http.get(kept["url"])).status_code == 200
    await tom.ask("DELETE", f"{STATUSES}/{again['id']}", params={"delete_media": "true"})
    await tom.post(STATUSES, 422, status="@welders 3", media_ids=[kept["id"]])
