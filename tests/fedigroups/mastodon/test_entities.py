"""Entities of the worst that other servers send are such as the strictest decoders take."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import entities
import scenery
from clients import App, signed_in
from entities import check, many
from federation import ids
from federation.models import Actor
from fedigroups.groups.models import Group, Post
from fedigroups.mastodon.present.shapes import date_time
from world import Town, World

pytestmark = pytest.mark.anyio

NASTY = '"><script>alert(1)</script>\u202e\u0000'.replace("\u0000", "")
LONG = "x" * 5_000
DOCUMENTS: dict[str, Any] = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "numbers": json.dumps({"tag": 1, "attachment": 2, "image": 3, "source": 4}),
    "nulls": json.dumps({"tag": None, "attachment": None, "image": None, "source": None}),
    "odd parts": json.dumps(
        {
            "tag": [None, 1, {}, {"type": "Emoji"}, {"type": "Hashtag", "name": NASTY}],
            "attachment": [None, 1, {}, {"type": "PropertyValue", "name": None, "value": 7}],
            "image": [{"url": 4}],
            "source": {"content": 4},
        }
    ),
    "nasty parts": json.dumps(
        {
            "tag": [
                {"type": "Emoji", "name": ":blob:", "icon": {"url": "javascript:alert(1)"}},
                *(
                    {"type": "Emoji", "name": name, "icon": {"url": "https://m.example/fox.png"}}
                    for name in (":fox:", ":x:", ":f\u00f6x:", ':f"x:', f":{LONG}:")
                ),
                {"type": "Hashtag", "name": "#Tig"},
                {"type": "Mention", "href": "https://nobody.example/u/x", "name": "@x"},
                *[{}] * 100,
                {"type": "Emoji", "name": ":owl:", "icon": {"url": "https://m.example/owl.png"}},
            ],
            "attachment": [
                {"type": "PropertyValue", "name": NASTY, "value": f"<b>{NASTY}</b>{LONG}"}
            ]
            * 50,
            "image": {"url": "data:image/png;base64,AAAA"},
            "manuallyApprovesFollowers": "yes",
        }
    ),
}


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


async def _ann(town: Town, **columns: Any) -> Actor:
    async def work() -> Actor:
        ann = await scenery.person("ann@m.example")
        await Actor.filter(id=ann.id).update(**columns)
        return await Actor.get(id=ann.id)

    return await town.run(work)


async def _thread(town: Town, author: Actor, **columns: Any) -> Post:
    async def work() -> Post:
        group = await Group.get(name="welders", hosted=True)
        _, root = await scenery.thread(group, author)
        await Post.filter(id=root.id).update(**columns)
        return await Post.get(id=root.id)

    return await town.run(work)


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_an_account_is_whole_whatever_its_document_is(
    town: Town, tom: App, document: str
) -> None:
    ann = await _ann(town, document=DOCUMENTS[document])
    shown = check(await tom.get(f"/api/v1/accounts/{ann.id}"), entities.ACCOUNT)
    assert shown["acct"] == "ann@m.example"
    assert not any("<script" in field["value"] for field in shown["fields"])


@pytest.mark.parametrize(
    "columns",
    [
        {"name": "", "summary": "", "page_url": "", "icon_url": "", "published_at": 0},
        {"name": NASTY + LONG, "icon_url": "javascript:alert(1)", "page_url": "x:y"},
        {"username": "", "name": ""},
        {"state": "suspended", "summary": "<p>Buy!</p>", "icon_url": "https://m.example/a.png"},
        {"kind": "Service"},
    ],
)
async def test_an_account_is_whole_whatever_its_row_lacks(
    town: Town, tom: App, columns: dict[str, Any]
) -> None:
    ann = await _ann(town, **columns)
    shown = check(await tom.get(f"/api/v1/accounts/{ann.id}"), entities.ACCOUNT)
    if columns.get("state") == "suspended":
        assert shown["note"] == ""
        assert shown["avatar"].startswith("https://groups.example/")


async def test_what_an_author_wrote_who_is_gone_has_an_account_still(town: Town, tom: App) -> None:
    ann = await _ann(town, state="gone", summary="<p>Me</p>", name="Ann", document=LONG)
    await _thread(town, ann)
    (boost,) = check(await tom.get("/api/v1/timelines/home"), many(entities.STATUS_SEEN))
    assert boost["reblog"]["account"]["display_name"] == ""
    await tom.get(f"/api/v1/accounts/{ann.id}", 404)


async def test_who_waits_to_be_let_in_is_not_there(town: Town, tom: App) -> None:
    ann = await _ann(town, state="pending")
    await tom.get(f"/api/v1/accounts/{ann.id}", 404)
    await tom.get("/api/v1/accounts/lookup", 404, acct="ann@m.example")
    assert (await tom.get("/api/v2/search", q="ann"))["accounts"] == []


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_a_status_is_whole_whatever_its_document_is(
    town: Town, tom: App, document: str
) -> None:
    ann = await _ann(town)
    root = await _thread(town, ann, document=DOCUMENTS[document], page_url="", language="")
    shown = check(await tom.get(f"/api/v1/statuses/{root.id}"), entities.STATUS_SEEN)
    if document == "nasty parts":
        assert [tag["name"] for tag in shown["tags"]] == ["tig"]
        (fox,) = shown["emojis"]
        assert fox["shortcode"] == "fox"
        assert fox["url"].startswith("https://groups.example/media/proxy/icon/")
        assert shown["mentions"] == []
    history = await tom.get(f"/api/v1/statuses/{root.id}/history")
    check(history, many(entities.EDIT))


async def test_attachments_of_all_kinds_are_media_or_links(town: Town, tom: App) -> None:
    ann = await _ann(town)
    parts = [
        {"kind": "Document", "url": "https://m.example/a", "text": "A rod"},
        {"kind": "Image", "url": "https://m.example/b.jpg", "text": ""},
        {"kind": "Document", "url": "https://m.example/c.webm?x=1", "text": NASTY},
        {"kind": "Link", "url": "https://m.example/d?a=1&b=2", "text": ""},
        {"kind": "Page", "url": "javascript:alert(1)", "text": ""},
    ]
    document = {
        "attachment": [{"url": "https://m.example/a", "mediaType": "image/png"}, {"url": 1}, 7]
    }
    root = await _thread(
        town, ann, attachments=json.dumps(parts), document=json.dumps(document), content="<p>!</p>"
    )
    shown = check(await tom.get(f"/api/v1/statuses/{root.id}"), entities.STATUS_SEEN)
    assert [one["type"] for one in shown["media_attachments"]] == ["image", "image", "video"]
    assert len({one["id"] for one in shown["media_attachments"]}) == 3
    assert shown["content"].endswith(
        '<p><a href="https://m.example/d?a=1&amp;b=2" rel="nofollow noopener noreferrer ugc">'
        "https://m.example/d?a=1&amp;b=2</a></p>"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"title": NASTY, "content": "", "warning": NASTY, "page_url": "javascript:alert(1)"},
        {"likes_count": -1, "boosts_count": -2, "updated_at": 1},
        {"parent_id": 1, "published_at": 0},
        {"visibility": "unlisted", "sensitive": True, "language": "zh-Hant-TW"},
    ],
)
async def test_a_status_is_whole_whatever_its_row_is(
    town: Town, tom: App, columns: dict[str, Any]
) -> None:
    ann = await _ann(town)
    root = await _thread(town, ann, **columns)
    shown = check(await tom.get(f"/api/v1/statuses/{root.id}"), entities.STATUS_SEEN)
    assert "<script>" not in shown["content"]
    async with signed_in(town) as stranger:
        check(await stranger.get(f"/api/v1/statuses/{root.id}"), entities.STATUS)


async def test_a_group_elsewhere_without_anything_is_an_account(town: Town, tom: App) -> None:
    async def work() -> int:
        actor = await scenery.person("bakers@l.example", name="")
        await Actor.filter(id=actor.id).update(kind="Group", page_url="", icon_url="")
        await Group.create(
            id=ids.new(), actor_id=actor.id, name="bakers", hosted=False, title="", created_at=0
        )
        return actor.id

    id = await town.run(work)
    shown = check(await tom.get(f"/api/v1/accounts/{id}"), entities.ACCOUNT)
    assert (shown["group"], shown["acct"]) == (True, "bakers@l.example")
    (relation,) = await tom.get("/api/v1/accounts/relationships", id=id)
    check(relation, entities.RELATIONSHIP)


def test_a_moment_has_three_decimals_and_z() -> None:
    assert date_time(0) == "1970-01-01T00:00:00.000Z"
    assert date_time(1_767_348_005_007) == "2026-01-02T10:00:05.007Z"


async def test_the_pictures_of_who_has_none_are_png(tom: App) -> None:
    for name in ("person", "group", "header", "thumbnail"):
        answer = await tom.http.get(f"/pictures/{name}.png")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG")
    assert (await tom.http.get("/pictures/nobody.png")).status_code == 404
