"""What peers have begun to send since: verbs and shapes of their newest versions."""

from __future__ import annotations

import pytest

from federation import clock
from federation.vocabulary import PUBLIC
from fedigroups.groups import lookup, membership
from linked import proven
from neighbour import multikey
from servers import GROUP

pytestmark = pytest.mark.anyio


async def cast(stage):
    """Nele's topic is in the group, Ann of a microblog is in it, and Bob of a Lemmy moderates."""
    forum = stage.threads("forum.example", "nodebb")
    home, threads = stage.microblog(), stage.threads()
    nele, ann, bob = forum.member("nele"), home.member("ann"), threads.member("bob")
    await stage.join(nele, ann, bob)

    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        await membership.appoint(hosted.group, await lookup.person(bob.handle), "moderator")

    await stage.ours.run(work)
    note = nele.page("Rod ovens", "Are they worth it?")
    await stage.say(nele, note)
    stage.forget()
    return nele, ann, bob, note


async def unmoved(stage, person, activity, **more) -> None:
    """It is taken, and nobody hears anything of it."""
    before = await stage.ours.members()
    assert await stage.send(person, activity, **more) == 202
    assert (await stage.last()).startswith("ignored"), await stage.last()
    assert await stage.ours.members() == before
    assert [kind for judge in stage.judges for kind in judge.kinds()] == []


# quirk 111
@pytest.mark.parametrize("verb", ["Like", "Announce", "Update", "Follow"])
async def test_a_reject_of_nodebb_whose_object_has_no_id_moves_nobody(stage, verb) -> None:
    nele, _, _, note = await cast(stage)
    refused = {"type": verb, "target": GROUP, "object": note["id"]}
    await unmoved(stage, nele, nele.act("Reject", refused))


# quirk 112
@pytest.mark.parametrize("verb", ["Undo{Flag}", "Move", "Remove"])
async def test_what_nodebb_does_with_its_topics_and_reports_moves_nothing_here(stage, verb) -> None:
    nele, _, _, note = await cast(stage)
    topic, category = nele.home.url("/topic/9"), nele.home.url("/category/2")
    flag = nele.act("Flag", [note["id"], nele.uri], content="Off topic.")
    said = {
        "Undo{Flag}": nele.act(
            "Undo", {key: flag[key] for key in ("id", "type", "actor", "object")}
        ),
        "Move": nele.act("Move", topic, origin=category, target=nele.home.url("/category/3")),
        "Remove": nele.act("Remove", topic, target=category, to=[PUBLIC], cc=[]),
    }
    await unmoved(stage, nele, said[verb])


# quirk 113
async def test_a_proof_by_a_key_with_a_document_of_its_own_is_believed(stage) -> None:
    _, ann, bob, note = await cast(stage)
    elsewhere = stage.server("h.example", "nodebb")
    uri = elsewhere.url("/users/vic")
    key = f"{uri}/keys/ed25519"
    vic = elsewhere.member("vic", assertionMethod=[key])
    elsewhere.serve("/users/vic/keys/ed25519", multikey(key, uri, "vic"))
    reply = vic.note("1.6 mm.", reply_to=note["id"], group="")
    create = proven(vic.create(reply), key, vic.name)
    assert await stage.send(ann, create) == 202
    assert bob.home.came("Announce{Create}")[0]["object"] == create


# quirk 114
@pytest.mark.parametrize("where", ["forum.example", "l.example"])
async def test_a_moderator_of_lemmy_who_updates_somebodys_page_changes_nothing_here(
    stage, where
) -> None:
    _, _, bob, _ = await cast(stage)
    homes = {judge.host: judge for judge in stage.judges}
    bea = homes[where].member("bea")
    await stage.join(bea)
    page = bea.page("Rods", "Which rod?", id=bea.home.url("/post/77"))
    await stage.say(bea, page)
    stage.forget()
    text = {"content": "<p>Never.</p>", "sensitive": True}
    updated = page | text | {"updated": clock.rfc3339(clock.now_ms())}
    more = {"to": [GROUP, PUBLIC], "cc": [GROUP], "audience": GROUP}
    await unmoved(stage, bob, bob.act("Update", updated, **more))
    post = await stage.ours.post(page["id"])
    assert (post.content, post.sensitive) == (page["content"], False)


# quirk 115
@pytest.mark.parametrize(
    "verb", ["QuoteRequest", "FeatureRequest", "ReplyRequest", "LikeRequest", "AnnounceRequest"]
)
async def test_who_asks_for_leave_that_nobody_here_withholds_gets_no_answer(stage, verb) -> None:
    _, ann, _, _ = await cast(stage)
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    stage.forget()
    of = GROUP if verb == "FeatureRequest" else asked.uri
    act = ann.act("Like", asked.uri) if verb == "LikeRequest" else ann.note("Look.", group="")
    await unmoved(stage, ann, ann.act(verb, of, instrument=act, to=[GROUP]))


# quirk 116
async def test_a_follow_of_a_post_as_friendica_asks_for_its_answers_makes_no_member(stage) -> None:
    *_, note = await cast(stage)
    frida = stage.threads("f.example", "friendica").member("frida")
    await unmoved(stage, frida, frida.follow(note["id"]))


# quirk 117
@pytest.mark.parametrize(
    "verb", ["Accept", "Reject", "TentativeAccept", "ApproveReply", "RejectReply"]
)
async def test_an_answer_to_something_that_nobody_asked_moves_nothing(stage, verb) -> None:
    nele, ann, _, note = await cast(stage)
    of = {"type": "Note", "id": note["id"]} if verb == "Reject" else note["id"]
    stamp = f"{ann.uri}/authorizations/1"
    await unmoved(stage, ann, ann.act(verb, of, target=note["id"], result=stamp, to=[nele.uri]))


# quirk 118
async def test_who_is_no_moderator_locks_no_thread_not_even_its_author(stage) -> None:
    nele, _, _, note = await cast(stage)
    await unmoved(stage, nele, nele.act("Lock", note["id"], to=[PUBLIC], cc=[GROUP]))


# quirk 119
async def test_webfinger_answers_for_the_id_of_a_group_as_akkoma_asks(stage) -> None:
    answer = await stage.read(f"https://groups.example/.well-known/webfinger?resource={GROUP}")
    assert answer.json()["subject"] == "acct:welders@groups.example"


# quirk 120
async def test_a_post_that_quotes_is_announced_as_it_came_and_keeps_the_way_to_what_it_quotes(
    stage,
) -> None:
    nele, ann, bob, note = await cast(stage)
    href = note["id"]
    text = f'</p><p class="quote-inline">RE: <a href="{href}">{href}</a></p><p>So true.'
    mention = {"type": "Mention", "href": GROUP, "name": "@welders"}
    link = {"type": "Link", "mediaType": "application/activity+json", "href": href, "rel": "quote"}
    quoting = ann.note(
        text,
        quote=href,
        quoteUri=href,
        _misskey_quote=href,
        quoteAuthorization=f"{nele.uri}/stamps/1",
        interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}},
        tag=[mention, link],
    )
    create = await stage.say(ann, quoting)
    assert bob.home.came("Announce{Create}")[0]["object"] == create
    post = await stage.ours.post(quoting["id"])
    assert f'href="{href}"' in post.content
    assert post.parent_id is None


# quirk 121
@pytest.mark.parametrize("verb", ["Announce", "Add"])
async def test_a_group_elsewhere_that_passes_on_a_boost_or_fills_a_container_moves_nothing(
    stage, verb
) -> None:
    cats = stage.server("cats.example", "mbin").member("cats", kind="Group")
    await stage.ours.join("tom", f"@{cats.handle}")
    await stage.settle()
    await stage.send(cats, cats.act("Accept", cats.home.came("Follow")[0]))
    vic = stage.server("h.example", "mastodon").member("vic")
    note = vic.note("I like cats.", group=cats.uri)
    container = {"type": "Collection", "id": f"{cats.uri}/1", "attributedTo": cats.uri}
    said = {
        "Announce": cats.act("Announce", vic.act("Announce", note["id"]), to=[PUBLIC], cc=[]),
        "Add": cats.act("Add", vic.create(note), target=container, to=[PUBLIC], cc=[]),
    }
    await unmoved(stage, cats, said[verb])
    assert await stage.ours.post(note["id"]) is None


# quirk 122
async def test_nobody_here_is_a_relay(stage) -> None:
    relay = stage.stranger("relay.example", "activityrelay").member("relay", kind="Application")
    await unmoved(stage, relay, relay.follow(PUBLIC))
    note = stage.server("h.example", "mastodon").member("vic").note("For all.", group="")
    boost = relay.act("Announce", note["id"], to=[PUBLIC])
    await unmoved(stage, relay, boost, to="https://groups.example/inbox")
    assert await stage.ours.post(note["id"]) is None
