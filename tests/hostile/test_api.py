"""Hostile input to the client API, and from whoever has a token: H182 to H184, H212 to H241."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.routing import Route

import drawn
from clients import App, signed_in
from doors import Known, addresses, inside
from fedigroups.app import make_app
from fedigroups.groups.models import Member, Post
from world import Town, World

pytestmark = pytest.mark.anyio

SECRET = "sesame"
STATUSES = "/api/v1/statuses"
SAID = """
    id account_ids acct any bot comment context context[] days description discoverable
    display_name expires_in exclude_types[] fields_attributes fields_attributes[0] file
    filter_action focus grouped_types[] home home[last_read_id] in_reply_to_id irreversible
    keyword keywords_attributes keywords_attributes[] language limit locked max_id media_ids
    media_ids[] min_id note notifications offset only_media phrase pinned poll poll[options]
    poll[expires_in] q reason replies_policy resolve scheduled_at sensitive since_id source
    source[privacy] spoiler_text status status_id timeline[] title type types[] visibility
    whole_word account_id status_ids status_ids[] rule_ids[] choices choices[] category forward
    staff subscription subscription[endpoint] subscription[keys] data data[alerts] data[policy]
    poll[options][] poll[multiple] poll[hide_totals]
"""
NAMES = SAID.split()
"""Whatever a client says anywhere."""

IDS = ("0", "9223372036854775807", "99999999999999999999", "1" * 200)
WORDS = (
    "-1",
    "1e9",
    "9" * 19,
    "9" * 20,
    "' OR 1=1 --",
    "%00",
    "%",
    "\\",
    '"a" b"c\'d NEAR(*',
    "x" * 500,
    "👩‍🚒",
)
POISON: tuple[Any, ...] = (
    *(-1, 2**70, 1.5, True, "", "\ud7ff", "' OR 1=1 --", "x" * 20_000, [], {}, [[]], [{}]),
    *({"a": {"b": "c"}}, ["a", 1, None], {"0": "a"}, {"x": ["y"]}, "9" * 5_000, ["9" * 19]),
)


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


def doors_of_apps(town: Town) -> Iterator[tuple[str, str]]:
    """Each method and address of the client API, as it is written in its route.

    Streams answer without an end: tests/fedigroups/streaming tries those.
    """
    for route in inside(make_app(town.instance)).routes:
        if not isinstance(route, Route) or "/streaming/" in route.path:
            continue
        if route.path.startswith(("/api/", "/oauth/")):
            for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, route.path


def filled(path: str, word: str) -> str:
    return re.sub(r"\{[^}]*\}", word, path)


async def asked(app: App, method: str, path: str, **said: Any) -> int:
    answer = await app.http.request(method, path, **said)
    assert answer.status_code < 500, (method, path, said, answer.text)
    return answer.status_code


async def test_no_word_in_a_request_of_an_app_breaks_anything(town: Town, tom: App) -> None:
    # H182, H183, H184, H188, H080: ids, cursors, counts and searches that are none, at each address
    await tom.post(STATUSES, status="@welders Which #rods?")
    for sign in "%_!":
        assert await tom.get("/api/v1/accounts/search", q=sign) == []
        assert (await tom.get("/api/v2/search", q=f"#{sign}"))["hashtags"] == []
    found = [path for method, path in doors_of_apps(town) if method == "GET"]
    assert len(found) > 50
    for number, path in enumerate(found):
        for word in (IDS[number % len(IDS)], "x"):
            await asked(tom, "GET", filled(path, word))
        word = WORDS[number % len(WORDS)]
        for names in (NAMES[:30], NAMES[30:]):
            await asked(tom, "GET", filled(path, "1"), params=dict.fromkeys(names, word))
    for word in WORDS:
        for path in ("/api/v2/search", "/api/v1/accounts/search", "/api/v1/timelines/home"):
            params = {"q": word, "limit": word, "max_id": word, "since_id": word, "min_id": word}
            assert await asked(tom, "GET", path, params=params) in {200, 400, 422}
            assert await asked(tom, "GET", path, params={"q": word}) == 200
        for path in ("/api/v1/accounts/relationships", "/api/v1/statuses"):
            assert await asked(tom, "GET", path, params={"id[]": word}) == 200


@pytest.mark.parametrize("kind", ["postgres"])  # the stricter one
async def test_nothing_that_an_app_sends_is_anything_but_taken_or_refused(
    town: Town, tom: App
) -> None:
    # H080, H083, H084: each name with each thing that it should not be, at each address
    found = [(method, path) for method, path in doors_of_apps(town) if method != "GET"]
    assert len(found) > 45
    for number, (method, path) in enumerate(found):
        if "revoke" in path:
            continue
        for poison in POISON[number % 2 :: 2]:
            status = await asked(tom, method, filled(path, "1"), json=dict.fromkeys(NAMES, poison))
            assert status in {200, 400, 401, 403, 404, 413, 422, 429}, (method, path, poison)
    ordinary = await tom.post(STATUSES, status="@welders And now?")
    assert "And now?" in ordinary["content"]


async def test_nobody_finds_or_changes_what_another_keeps(town: Town, tom: App, olga: App) -> None:
    # H212: lists, filters of both kinds with what is in them, notifications, pictures
    root = await tom.post(STATUSES, status="@welders Which rod?")
    await olga.post(STATUSES, status="@tom 1.6 mm.", in_reply_to_id=root["id"])
    (told,) = await tom.get("/api/v1/notifications")
    kept = await tom.post("/api/v1/lists", title="Mine")
    filter_ = await tom.post(
        "/api/v2/filters", title="No ads", context=["home"], keywords_attributes=[{"keyword": "ad"}]
    )
    word = filter_["keywords"][0]["id"]
    hides = await tom.post(f"/api/v2/filters/{filter_['id']}/statuses", status_id=root["id"])
    picture = await tom.ask("POST", "/api/v2/media", files={"file": ("a.png", drawn.png())})
    theirs = {
        "/api/v1/lists/{id:int}": kept["id"],
        "/api/v1/timelines/list/{id:int}": kept["id"],
        "/api/v2/filters/{id:int}": filter_["id"],
        "/api/v2/filters/keywords/{id:int}": word,
        "/api/v2/filters/statuses/{id:int}": hides["id"],
        "/api/v1/filters/{id:int}": word,
        "/api/v1/notifications/{id:int}": told["id"],
        "/api/v1/media/{id}": picture["id"],
    }
    said = {"title": "Hers", "context": ["home"], "phrase": "x", "keyword": "x"}
    said |= {"account_ids": [root["account"]["id"]], "status_id": root["id"]}
    tried = set()
    for method, path in doors_of_apps(town):
        for place, number in theirs.items():
            if path == place or path.startswith(f"{place}/"):
                tried.add(place)
                where = filled(path, str(number))
                status = await asked(olga, method, where, json=None if method == "GET" else said)
                seen = await asked(tom, "GET", filled(place, str(number)))
                dismissed = place.startswith("/api/v1/notifications") and status == 200
                assert status == 404 or dismissed, (method, where)
                assert seen == 200, (method, where)
    assert tried == set(theirs)
    assert (await tom.get(f"/api/v1/lists/{kept['id']}"))["title"] == "Mine"
    refused = await olga.post(STATUSES, 422, status="@welders Mine!", media_ids=[picture["id"]])
    assert "picture" in refused["error"]


OPEN = {"/oauth/token", "/oauth/revoke", "/api/v1/apps"}
"""What no token is needed for."""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_token_does_what_its_scopes_do_not_say(town: Town) -> None:
    # H211: each address that changes something by a token that reads, and the other way round
    async with (
        signed_in(town, "tom", scopes=("read",)) as reads,
        signed_in(town, "tom", scopes=("write", "push")) as writes,
        signed_in(town) as stranger,
    ):
        told = set()
        for method, path in doors_of_apps(town):
            where = filled(path, "1")
            if method != "GET" and path not in OPEN:
                assert await asked(reads, method, where, json={}) == 403, (method, path)
            elif method == "GET":
                answer = await writes.http.get(where)
                if answer.status_code == 200:
                    if answer.text != (await stranger.http.get(where)).text:
                        told.add(path)
                else:
                    assert answer.status_code in {400, 401, 403, 404, 422}, path
        assert told == {"/api/v1/apps/verify_credentials"}, "which tells an app of itself"


async def test_a_key_makes_one_post_of_one_person(town: Town, tom: App, olga: App) -> None:
    # H214: twice at once, with another text, and by somebody else
    key = {"headers": {"Idempotency-Key": "one"}}
    twice = await asyncio.gather(
        *(tom.ask("POST", STATUSES, json={"status": "@welders One?"}, **key) for _ in range(3))
    )
    again = await tom.ask("POST", STATUSES, json={"status": "@welders Other?"}, **key)
    hers = await olga.ask("POST", STATUSES, json={"status": "@welders Hers?"}, **key)
    assert len({one["id"] for one in (*twice, again)}) == 1
    assert "Hers?" in hers["content"]
    assert await town.run(lambda: Post.all().count()) == 2


@pytest.mark.parametrize(
    ("who", "state"),
    [
        *(("member", "live"), ("left", "live"), ("banned", "live")),
        *(("member", "held"), ("member", "removed")),
    ],
)
async def test_a_token_shows_what_its_owner_may_see_and_nothing_more(
    town: Town, tom: App, who: str, state: str
) -> None:
    # H221, H222: a members-only post, a held and a removed one, at each address of the API
    post = await town.write("olga", f"The word is {SECRET}.", f"On {SECRET}")
    reply = await town.reply("olga", post.uri, "Indeed.")
    hidden = {"state": state, "visibility": "members" if state == "live" else "public"}

    async def set_up() -> list[int]:
        await Post.filter(id=post.id).update(**hidden)
        await Member.filter(actor__username="tom").update(state=who)
        return [row.actor_id for row in await Member.all()]

    people = await town.run(set_up)
    known = Known(accounts=tuple(people), posts=(post.id,))
    told = set()
    for path in addresses(make_app(town.instance), known):
        if path.startswith("/api/") and "/streaming/" not in path:  # those have no end
            answer = await tom.http.get(path)
            if SECRET in answer.text.replace("q=sesame", ""):
                told.add(path)
    shown = await tom.get(f"{STATUSES}/{reply.id}")
    answered = shown["in_reply_to_id"], shown["in_reply_to_account_id"]
    if who == "member" and state == "live":
        assert f"{STATUSES}/{post.id}" in told, "or else nothing was looked for"
        assert answered == (str(post.id), str(post.author_id))
    else:
        assert told == set()
        assert answered == (None, None)
        for verb in ("favourite", "reblog", "bookmark", "mute"):
            await tom.post(f"{STATUSES}/{post.id}/{verb}", 404)
        await tom.post(STATUSES, 404, status="I know of it", in_reply_to_id=str(post.id))


async def test_what_somebody_says_of_themselves_is_harmless_on_their_page(
    town: Town, tom: App
) -> None:
    # H160, H162: name, words and fields of a profile, set by an app
    evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    await tom.ask(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={
            "display_name": evil,
            "note": f"{evil}<a href='javascript:alert(1)'>x</a>",
            "fields_attributes": [{"name": evil, "value": "javascript:alert(1)"}],
        },
    )
    own = await tom.get("/api/v1/accounts/verify_credentials")
    page = (await tom.http.get("/@tom", headers={"Accept": "text/html"})).text
    for text in (page, own["note"], *(field["value"] for field in own["fields"])):
        assert "<script>" not in text
        assert "<img src=x" not in text
        assert not re.search(r"<[^>]*href=.?javascript", text)
