"""Our actors' and posts' documents have what each peer's reader asks for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import neighbour
import scenery
from federation import clock, jsonld
from federation.documents import read_actor, read_object
from federation.keys import Minted
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.accounts import looks
from fedigroups.accounts.looks import Beside
from fedigroups.content import facts
from fedigroups.groups.documents import actor_document, group_document, post_document, tombstone
from fedigroups.groups.models import Post
from village import Here

pytestmark = pytest.mark.anyio

GROUP = "https://groups.example/groups/welders"
AS = "https://www.w3.org/ns/activitystreams#"


async def of_group(here: Here) -> dict:
    await here.wire.keyring.create(
        here.actor, Minted(neighbour.rsa("welders"), neighbour.ed25519("welders"))
    )
    return await group_document(here.group, here.actor, here.wire.keyring, here.wire.uris)


async def test_a_group_is_a_group_with_a_key_and_an_inbox(here: Here) -> None:
    document = await of_group(here)
    read = read_actor(document)
    assert (read.id, read.kind, read.username) == (GROUP, "Group", "welders")
    assert read.inbox == f"{GROUP}/inbox"
    assert read.shared_inbox == "https://groups.example/inbox"
    assert {key.algorithm for key in read.keys} == {"rsa", "ed25519"}
    assert document["publicKey"]["id"] == f"{GROUP}#main-key"
    assert document["webfinger"] == "welders@groups.example"


async def test_lemmy_finds_its_moderators_in_attributed_to(here: Here) -> None:
    document = await of_group(here)
    assert document["attributedTo"] == document["moderators"] == f"{GROUP}/moderators"


async def test_the_profile_is_that_of_the_row(here: Here) -> None:
    await here.change(
        title="Welders of the north",
        description="Metal.",
        summary="*How* we join metal.",
        summary_html="<p><em>How</em> we join metal.</p>",
        icon_url="https://groups.example/icon.png",
        banner_url="https://groups.example/banner.png",
        language="de",
    )
    document = await of_group(here)
    assert document["name"] == "Welders of the north"
    assert document["summary"].startswith("<p><em>")
    assert document["source"]["content"] == "*How* we join metal."
    assert document["description"] == "Metal."
    assert document["icon"] == {"type": "Image", "url": "https://groups.example/icon.png"}
    assert document["image"]["url"].endswith("banner.png")
    assert document["language"] == [{"identifier": "de", "name": "Deutsch"}]


async def test_what_a_group_did_not_choose_is_left_out(here: Here) -> None:
    assert {"icon", "image", "description"}.isdisjoint(await of_group(here))


@pytest.mark.parametrize("policy", ["open", "approval", "invite"])
async def test_no_group_says_that_it_approves_by_hand_for_lemmy_takes_that_for_private(
    here: Here, policy: str
) -> None:
    await here.change(join_policy=policy)
    assert (await of_group(here))["manuallyApprovesFollowers"] is False


@pytest.mark.parametrize("policy", ["anyone", "members", "moderators"])
async def test_lemmy_is_told_when_only_moderators_post(here: Here, policy: str) -> None:
    await here.change(post_policy=policy)
    assert (await of_group(here))["postingRestrictedToMods"] is (policy == "moderators")


async def test_our_own_contexts_are_among_those_that_readers_pin(here: Here) -> None:
    (expanded,) = jsonld.expand(await of_group(here))
    assert expanded["@id"] == GROUP


async def test_a_person_says_who_they_are(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    await here.wire.keyring.create(olga, Minted(neighbour.rsa("olga"), neighbour.ed25519("olga")))
    document = await actor_document(olga, here.wire.keyring, here.wire.uris)
    assert (document["type"], document["name"]) == ("Person", "olga")
    assert document["updated"] == document["published"] == clock.rfc3339(scenery.START)
    assert document["followers"] == f"{olga.uri}/followers"
    assert "attachment" not in document
    rows = [("Place", "Hall <2>"), ("Page", "https://olga.example/a")]
    await looks.beside(olga, Beside(pairs=rows))
    document = await actor_document(olga, here.wire.keyring, here.wire.uris)
    link = '<a href="https://olga.example/a" rel="me nofollow noopener noreferrer ugc">'
    assert document["attachment"] == [
        {"type": "PropertyValue", "name": "Place", "value": "Hall &lt;2&gt;"},
        {"type": "PropertyValue", "name": "Page", "value": f"{link}https://olga.example/a</a>"},
    ]
    assert [one.name for one in facts.stated(document)] == ["Place", "Page"]
    (read,) = jsonld.expand(document)
    kinds = [one["@type"] for one in read[f"{AS}attachment"]]
    assert kinds == [["http://schema.org#PropertyValue"]] * 2


# Posts


def a_post(**columns: object) -> Post:
    values = {
        "id": 7,
        "uri": "https://groups.example/users/olga/posts/7",
        "page_url": "https://groups.example/@olga/7",
        "kind": "Note",
        "content": "<p>1.6 mm.</p>",
        "published_at": scenery.START,
        "received_at": scenery.START,
    }
    return Post(**(values | columns))


async def written(here: Here, post: Post, **more: object) -> dict:
    olga = await scenery.person("olga@groups.example")
    settings = {"parent": None, "source": "1.6 mm.", "mentions": [], "context": ""} | more
    return post_document(post, olga, here.actor, uris=here.wire.uris, **settings)


async def test_a_post_is_addressed_to_all_and_its_group(here: Here) -> None:
    document = await written(here, a_post())
    assert document["to"] == [GROUP, PUBLIC]
    assert document["cc"] == [f"{GROUP}/followers"]
    assert document["audience"] == GROUP
    assert document["tag"] == [
        {"type": "Mention", "href": GROUP, "name": "@welders@groups.example"}
    ]
    assert read_object(document).source == "1.6 mm."


async def test_what_a_post_does_not_have_is_left_out(here: Here) -> None:
    absent = {"name", "summary", "language", "contentMap", "inReplyTo", "updated", "context"}
    assert absent.isdisjoint(await written(here, a_post()))


async def test_a_post_says_all_that_it_has(here: Here) -> None:
    post = a_post(
        kind="Page", title="Thin sheet", warning="hot", language="de", updated_at=scenery.START
    )
    parent = a_post(uri="https://m.example/notes/1")
    document = await written(here, post, parent=parent, context=f"{GROUP}/threads/1")
    assert (document["type"], document["name"]) == ("Page", "Thin sheet")
    assert document["summary"] == "hot"
    assert document["contentMap"] == {"de": "<p>1.6 mm.</p>"}
    assert document["language"]["identifier"] == "de"
    assert document["inReplyTo"] == parent.uri
    assert document["context"] == f"{GROUP}/threads/1"
    assert document["updated"] == document["published"]


async def test_whoever_is_named_is_told_once_and_tagged(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    document = await written(here, a_post(), mentions=[ann, ann])
    assert document["cc"].count(ann.uri) == 1
    assert {"type": "Mention", "href": ann.uri, "name": "@ann@m.example"} in document["tag"]


async def test_the_followers_of_a_group_elsewhere_are_those_that_it_names(here: Here) -> None:
    there = await here.remote("cats@l.example", kind="Group")
    here.hosted = replace(here.hosted, actor=there)
    assert (await written(here, a_post()))["cc"] == [f"{there.uri}/followers"]
    named = Actor(id=there.id, uri=there.uri, followers="https://l.example/f/cats")
    here.hosted = replace(here.hosted, actor=named)
    olga = await Actor.get(username="olga")
    document = post_document(
        a_post(),
        olga,
        named,
        uris=here.wire.uris,
        parent=None,
        source="",
        mentions=[],
        context="",
    )
    assert document["cc"] == ["https://l.example/f/cats"]


def test_where_something_was_there_is_a_tombstone_that_says_what() -> None:
    document = tombstone("https://groups.example/users/olga/posts/7", "Note", scenery.START)
    assert json.loads(json.dumps(document)) == {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://groups.example/users/olga/posts/7",
        "type": "Tombstone",
        "formerType": "Note",
        "deleted": "2026-01-02T10:00:05Z",
    }
