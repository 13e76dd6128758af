"""Who we are, as the strictest reader of each document takes it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from federation.errors import Malformed
from federation.models import Actor
from federation.vocabulary import AS2, PUBLIC
from fedigroups.accounts.names import check_name
from fedigroups.groups.models import Group
from judges import READABLE
from servers import GROUP

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
OWN = [GROUP, f"{ORIGIN}/users/olga", f"{ORIGIN}/actor", f"{ORIGIN}/moderation"]


# quirk 1
@pytest.mark.parametrize("uri", OWN)
async def test_every_id_of_an_actor_is_lower_case_https_without_a_port(stage, uri) -> None:
    actor = await stage.document(uri)
    named = [actor[name] for name in ("id", "inbox", "outbox", "followers", "following")]
    named += [actor["endpoints"]["sharedInbox"], actor["publicKey"]["id"]]
    named += [key["id"] for key in actor["assertionMethod"]]
    assert actor["id"] == uri
    for one in named:
        assert one == one.lower()
        assert one.startswith(f"{ORIGIN}/")


# quirks 2, 3
async def test_webfinger_has_one_link_to_the_group_and_says_that_it_is_one(stage) -> None:
    answer = await stage.read(
        f"{ORIGIN}/.well-known/webfinger?resource=acct:welders@groups.example"
    )
    links = [link for link in answer.json()["links"] if link["rel"] == "self"]
    assert answer.headers["content-type"] == "application/jrd+json"
    assert answer.json()["subject"] == "acct:welders@groups.example"
    assert [(link["type"], link["href"]) for link in links] == [
        ("application/activity+json", (await stage.document(GROUP))["id"])
    ]
    assert links[0]["properties"] == {f"{AS2}#type": "Group"}


# quirk 3
async def test_webfinger_of_nobody_is_404_and_no_empty_answer(stage) -> None:
    asked = f"{ORIGIN}/.well-known/webfinger?resource=acct:nobody@groups.example"
    assert (await stage.read(asked)).status_code == 404


# quirk 4
async def test_host_meta_leads_to_webfinger(stage) -> None:
    answer = await stage.read(f"{ORIGIN}/.well-known/host-meta", "*/*")
    assert 'rel="lrdd"' in answer.text
    assert f"{ORIGIN}/.well-known/webfinger?resource={{uri}}" in answer.text


# quirk 5
@pytest.mark.parametrize(
    "uri",
    [*OWN, *(f"{GROUP}/{name}" for name in ("outbox", "followers", "moderators", "featured"))],
)
async def test_lemmy_finds_its_own_spelling_of_the_media_type(stage, uri) -> None:
    assert (await stage.read(uri)).headers["content-type"] in READABLE


# quirks 6, 7, 8, 13
@pytest.mark.parametrize("policy", ["open", "approval"])
async def test_the_fields_of_a_group_are_shaped_as_lemmy_reads_them(stage, policy) -> None:
    await stage.ours.change(join_policy=policy)
    group = await stage.document(GROUP)
    assert group["@context"][0] == AS2
    assert group["type"] == "Group"
    assert group["endpoints"] == {"sharedInbox": f"{ORIGIN}/inbox"}
    assert group["language"] == [{"identifier": "en", "name": "English"}]
    assert group["manuallyApprovesFollowers"] is False


# quirk 9
async def test_moderators_are_a_flat_list_of_persons_and_services(stage) -> None:
    group = await stage.document(GROUP)
    assert isinstance(group["attributedTo"], str)
    listed = await stage.document(group["attributedTo"])
    kinds = {(await stage.document(uri))["type"] for uri in listed["orderedItems"]}
    assert listed["type"] == "OrderedCollection"
    assert f"{ORIGIN}/moderation" in listed["orderedItems"]
    assert kinds == {"Person", "Service"}


# quirk 10
async def test_followers_are_a_number_and_an_empty_list(stage) -> None:
    followers = await stage.document(f"{GROUP}/followers")
    assert (followers["type"], followers["items"]) == ("Collection", [])
    assert followers["totalItems"] == 2
    assert "first" not in followers


# quirk 11
async def test_the_outbox_is_flat_and_has_announces_of_thread_starters_alone(stage) -> None:
    bob = stage.threads().member("bob")
    await stage.join(bob)
    page = bob.page("MIG", "Which gas?")
    await stage.say(bob, page)
    await stage.send(bob, bob.act("Like", page["id"]))
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.ours.reply("tom", asked.uri, "1.6 mm.")
    await stage.settle()
    outbox = await stage.document(f"{GROUP}/outbox")
    assert outbox["type"] == "OrderedCollection"
    assert [item["object"]["object"]["id"] for item in outbox["orderedItems"]] == [
        asked.uri,
        page["id"],
    ]
    for item in outbox["orderedItems"]:
        assert item["type"] == "Announce"
        assert {"id", "actor", "to", "cc", "object"} <= item.keys()
        assert {"id", "actor"} <= item["object"].keys()


# quirk 11
async def test_the_outbox_has_fifty_items_at_most(stage) -> None:
    for number in range(52):
        await stage.ours.write("olga", f"Question {number}.")
    outbox = await stage.document(f"{GROUP}/outbox")
    assert len(outbox["orderedItems"]) == 50
    assert "Question 51." in outbox["orderedItems"][0]["object"]["object"]["content"]


# quirk 12
async def test_featured_posts_are_whole_objects(stage) -> None:
    asked = await stage.ours.write("olga", "Read this first.", "Rules")

    async def pin() -> None:
        await asked.thread.__class__.filter(id=asked.thread_id).update(pinned_at=1)

    await stage.ours.run(pin)
    featured = await stage.document(f"{GROUP}/featured")
    assert featured["type"] == "OrderedCollection"
    assert [item["id"] for item in featured["orderedItems"]] == [asked.uri]
    assert featured["orderedItems"][0]["type"] == "Page"


# quirk 14
@pytest.mark.parametrize("uri", OWN)
async def test_the_main_key_is_where_lemmy_and_nodebb_look_for_it(stage, uri) -> None:
    key = (await stage.document(uri))["publicKey"]
    assert (key["id"], key["owner"]) == (f"{uri}#main-key", uri)
    assert key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----\n")
    assert key["publicKeyPem"].endswith("-----END PUBLIC KEY-----\n")
    assert load_pem_public_key(key["publicKeyPem"].encode()).key_size == 2_048


# quirk 15
@pytest.mark.parametrize("name", ["Welders", "schweißer", "свар", "a b", "a-b", "", "_a", "x" * 64])
def test_a_name_that_some_peer_cannot_find_is_refused(name) -> None:
    with pytest.raises(Malformed, match="cannot be a name"):
        check_name(name)


# quirk 16
@pytest.mark.parametrize("uri", OWN[:2])
async def test_a_browser_gets_a_page_that_names_the_document(stage, uri) -> None:
    page = await stage.read(uri, "text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert f'type="application/activity+json" href="{uri}"' in page.text
    for answer in (page, await stage.read(uri)):
        assert {"Accept", "Signature"} <= set(answer.headers["vary"].split(", "))


# quirk 17
@pytest.mark.parametrize("uri", OWN)
async def test_our_actors_are_served_to_whoever_does_not_sign(stage, uri) -> None:
    assert (await stage.document(uri))["publicKey"]["owner"] == uri


# quirk 18
async def test_every_activity_can_be_fetched_at_its_id_or_is_private(stage) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    for person in (ann, bob):
        await person.send(person.follow())
    await stage.settle()
    asked = await stage.ours.write("olga", "Which rod?", "Thin sheet")
    await stage.settle()
    sent = [one.document for judge in stage.judges for one in judge.inbox]
    for document in sent:
        answer = await stage.read(document["id"])
        private = document["type"] == "Accept"
        assert answer.status_code == (404 if private else 200)
        assert private or answer.json() == document
    create = threads.came("Announce{Create}")[0]["object"]
    assert await stage.document(create["id"]) == create
    assert (await stage.document(asked.uri))["id"] == asked.uri


# quirk 18
async def test_what_a_person_here_sends_to_a_group_elsewhere_is_private_when_it_is_a_follow(
    stage,
) -> None:
    films = stage.server("tube.example", "peertube").member("films", kind="Group")
    await stage.ours.join("tom", f"@{films.handle}")
    await stage.settle()
    (follow,) = films.home.came("Follow")
    assert follow["to"] == [films.uri]
    assert (await stage.read(follow["id"])).status_code == 404


# quirks 86, 87
async def test_a_closed_group_is_a_tombstone_and_its_inbox_is_404_and_never_410(stage) -> None:
    ann = stage.microblog().member("ann")

    async def close() -> None:
        await Group.filter(name="welders", hosted=True).update(state="closed")
        await Actor.filter(uri=GROUP).update(state="gone")

    await stage.ours.run(close)
    gone = await stage.read(GROUP)
    assert gone.status_code == 410
    assert (gone.json()["type"], gone.json()["formerType"]) == ("Tombstone", "Group")
    assert gone.json()["id"] == GROUP
    assert await ann.send(ann.follow()) == 404
    for name in ("outbox", "followers", "moderators", "featured"):
        assert (await stage.read(f"{GROUP}/{name}")).status_code in {404, 410}


# quirk 86
async def test_an_inbox_that_was_never_there_is_404(stage) -> None:
    ann = stage.microblog().member("ann")
    assert await ann.send(ann.follow(), f"{ORIGIN}/groups/nobody/inbox") == 404


# quirk 99
async def test_our_own_posts_spell_the_public_in_full(stage) -> None:
    asked = await stage.ours.write("olga", "Which rod?")
    document = await stage.document(asked.uri)
    assert PUBLIC in document["to"]
    assert "as:Public" not in str(document)


# quirks 96, 110
async def test_nodeinfo_is_there_in_both_versions_and_names_the_instance_actor(stage) -> None:
    index = (await stage.read(f"{ORIGIN}/.well-known/nodeinfo", "application/json")).json()
    links = {link["rel"]: link["href"] for link in index["links"]}
    for version in ("2.0", "2.1"):
        href = links[f"http://nodeinfo.diaspora.software/ns/schema/{version}"]
        software = (await stage.read(href, "application/json")).json()["software"]
        assert software["name"] == "fedigroups"
        assert software["version"]
    assert links[f"{AS2}#Application"] == f"{ORIGIN}/actor"
    assert (await stage.document(f"{ORIGIN}/actor"))["type"] == "Application"
