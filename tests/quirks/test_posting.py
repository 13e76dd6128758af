"""Posting, and what a group makes of it for the two families."""

from __future__ import annotations

import json

import pytest

from federation import clock
from federation.documents import time_of
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups import speaking
from fedigroups.groups.models import Member, Post
from servers import GROUP

pytestmark = pytest.mark.anyio


async def families(stage, **more):
    """A microblog with Ann, and a thread server with Bob, both members."""
    microblog, threads = stage.microblog(**more), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    return microblog, threads, ann, bob


def heard(stage) -> list[str]:
    """Whatever reached anybody."""
    return [kind for judge in stage.judges for kind in judge.kinds()]


REFUSED = ["Reject{Create}", "Create"]
"""What the author of a post that is not taken hears, and nobody else: a reason."""


# quirk 28
async def test_a_mention_is_boosted_by_id_to_microblogs_and_wrapped_for_threads(stage) -> None:
    microblog, threads, ann, _ = await families(stage)
    note = ann.note("Which rod?")
    create = await stage.say(ann, note)
    assert microblog.kinds() == ["Announce"]
    assert microblog.came("Announce")[0]["object"] == note["id"]
    assert threads.kinds() == ["Announce{Create}"]
    assert threads.came("Announce{Create}")[0]["object"] == create


# quirk 28
async def test_software_that_nobody_knows_gets_both_forms_the_wrapped_one_first_and_no_votes(
    stage,
) -> None:
    unknown = stage.stranger()
    uma = unknown.member("uma")
    await stage.join(uma)
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    assert unknown.kinds() == ["Announce{Create}", "Announce"]
    stage.forget()
    tom = await stage.ours.person("tom")

    async def like() -> None:
        await speaking.like(stage.ours.wire, tom, await Post.get(uri=asked.uri))

    await stage.ours.run(like)
    await stage.settle()
    assert unknown.kinds() == []


# quirk 29
async def test_a_note_that_names_no_group_is_not_announced(stage) -> None:
    _, _, ann, _ = await families(stage)
    note = ann.note("Good morning.", group="")
    await ann.send(ann.create(note), "https://groups.example/inbox")
    await stage.settle()
    assert heard(stage) == []
    assert await stage.ours.post(note["id"]) is None


# quirk 30
@pytest.mark.parametrize(
    ("to", "answer"),
    [(["https://m.example/users/ann/followers"], REFUSED), ([GROUP], [])],
    ids=["followers", "direct"],
)
async def test_what_was_said_to_a_few_is_neither_announced_nor_served(stage, to, answer) -> None:
    _, _, ann, _ = await families(stage)
    note = ann.note("Between us: the safe is open.", to=to, cc=[GROUP])
    create = await stage.say(ann, note)
    assert heard(stage) == ann.home.kinds() == answer
    assert await stage.ours.post(note["id"]) is None
    for place in (GROUP, f"{GROUP}/outbox", "https://groups.example/"):
        for accept in ("text/html", "application/activity+json"):
            assert "the safe is open" not in (await stage.read(place, accept)).text
    assert create["to"] == to


# quirk 30
async def test_a_public_activity_does_not_open_a_note_that_is_not(stage) -> None:
    _, _, ann, _ = await families(stage)
    note = ann.note("Between us.", to=[f"{ann.uri}/followers"], cc=[])
    await stage.say(ann, note, to=[PUBLIC], cc=[GROUP])
    assert heard(stage) == ann.home.kinds() == REFUSED


# quirk 31
async def test_an_unlisted_note_is_announced_unlisted(stage) -> None:
    microblog, threads, ann, _ = await families(stage)
    note = ann.note("Quietly.", to=[f"{ann.uri}/followers"], cc=[PUBLIC, GROUP])
    await stage.say(ann, note)
    for announce in (*microblog.came("Announce"), *threads.came("Announce{Create}")):
        assert PUBLIC in announce["cc"]
        assert PUBLIC not in announce["to"]
        assert f"{GROUP}/followers" in announce["to"]
    assert len(heard(stage)) == 2


# quirk 32
@pytest.mark.parametrize(
    "named",
    [
        {"audience": [GROUP], "to": [PUBLIC], "cc": []},
        {"audience": GROUP, "to": [PUBLIC], "cc": []},
        {"audience": None, "to": [GROUP, PUBLIC], "cc": []},
        {"audience": None, "to": [PUBLIC], "cc": [GROUP]},
        {"audience": None, "to": PUBLIC, "cc": None, "tag": {"type": "Mention", "href": GROUP}},
        {"audience": None, "to": [], "cc": [PUBLIC], "target": {"id": "w", "attributedTo": GROUP}},
    ],
    ids=["audience-list", "audience", "to", "cc", "mention-alone", "wall"],
)
async def test_the_group_is_found_wherever_a_peer_names_it(stage, named) -> None:
    microblog, _, _, bob = await families(stage)
    page = {key: value for key, value in (bob.page("MIG", "Which gas?") | named).items() if value}
    bob.home.serve("/post/" + page["id"].rsplit("/", 1)[1], {"@context": AS2} | page)
    create = bob.create({"to": [], "cc": []} | page) | {"object": page}
    assert await stage.send(bob, create) == 202
    assert microblog.kinds() == ["Announce"], await stage.last()


# quirk 33
async def test_of_a_peertube_video_the_person_is_the_author_and_the_channel_the_group(
    stage,
) -> None:
    tube = stage.server("tube.example", "peertube")
    pia, films = tube.member("pia"), tube.member("films", kind="Group")
    await stage.ours.join("tom", f"@{films.handle}")
    await stage.settle()
    await stage.send(films, films.act("Accept", tube.came("Follow")[0]))
    video = {
        "id": tube.url("/videos/watch/7f3a"),
        "type": "Video",
        "name": "Welding a gate",
        "content": "With *two* electrodes.",
        "mediaType": "text/markdown",
        "attributedTo": [{"type": "Person", "id": pia.uri}, {"type": "Group", "id": films.uri}],
        "to": [PUBLIC],
        "cc": [f"{films.uri}/followers"],
        "url": [{"type": "Link", "mediaType": "text/html", "href": tube.url("/w/7f3a")}],
        "published": clock.rfc3339(clock.now_ms() - 9_000),
    }
    tube.serve("/videos/watch/7f3a", {"@context": AS2} | video)
    await stage.send(films, films.act("Announce", video["id"], to=[PUBLIC], cc=[]))
    post = await stage.ours.post(video["id"])
    assert post is not None, await stage.last()
    assert post.author.uri == pia.uri
    assert post.thread.group.name == "films"
    assert post.page_url == tube.url("/w/7f3a")


# quirk 34
async def test_a_mobilizon_post_of_a_group_is_its_persons_when_both_are_on_one_host(stage) -> None:
    microblog, _, _, _ = await families(stage)
    home = stage.stranger("z.example", "mobilizon")
    zoe, forge = home.member("zoe"), home.member("forge", kind="Group")
    await stage.join(zoe)
    event = zoe.page("Open forge", "Bring gloves.", type="Event", attributedTo=forge.uri)
    await stage.say(zoe, event)
    assert microblog.kinds() == ["Announce"], await stage.last()
    post = await stage.ours.post(event["id"])
    assert post.author.uri == zoe.uri


# quirks 34, 42
async def test_a_post_in_the_name_of_somebody_on_another_host_is_dropped(stage) -> None:
    _, _, ann, bob = await families(stage)
    page = bob.page("Not mine", "Ann says so.", attributedTo=ann.uri)
    await stage.say(bob, page)
    assert heard(stage) == []
    assert (await stage.last()).startswith("ignored")


# quirk 42
async def test_a_post_with_an_id_on_another_host_is_dropped(stage) -> None:
    _, _, _, bob = await families(stage)
    page = bob.page("Elsewhere", "Not at home.", id="https://m.example/post/1")
    assert await stage.send(bob, bob.create(page)) == 400
    assert await stage.send(bob, bob.create(page) | {"id": f"{bob.uri}/create/1"}) == 202
    assert heard(stage) == []
    assert (await stage.last()).startswith("ignored")


# quirk 35
async def test_what_is_announced_keeps_unknown_keys_their_order_and_its_own_context(stage) -> None:
    _, threads, ann, _ = await families(stage)
    note = ann.note("Odd but mine.") | {"zeta": 1, "_alpha": {"b": [1.50, "é\\u2028/"], "a": None}}
    create = {"zz": "first"} | ann.create(note) | {"@context": [AS2, {"zeta": "urn:z"}], "aa": 2}
    body = json.dumps(create, ensure_ascii=False, indent=1).encode()
    await stage.send(ann, b"  " + body + b"\n")
    (delivery,) = threads.inbox
    assert body in delivery.body
    inner = delivery.document["object"]
    assert json.dumps(inner) == json.dumps(create)


# quirk 36
async def test_every_announce_has_to_and_cc(stage) -> None:
    microblog, threads, ann, bob = await families(stage)
    await stage.say(ann, ann.note("One."))
    await stage.say(bob, bob.page("Two", "Two."))
    await stage.ours.write("olga", "Three.")
    await stage.settle()
    announced = [one.document for judge in (microblog, threads) for one in judge.inbox]
    assert len(announced) == 6
    for announce in announced:
        assert announce["to"]
        assert announce["cc"]


# quirk 37
async def test_a_create_without_cc_is_announced_as_it_is_and_lemmys_400_is_the_end_of_it(
    stage,
) -> None:
    _, threads, ann, _ = await families(stage)
    note = ann.note("No cc here.", to=[PUBLIC, GROUP])
    create = {key: value for key, value in ann.create(note).items() if key != "cc"}
    threads.answers = [400, 400]
    await stage.send(ann, create)
    assert threads.kinds() == ["Announce{Create}"] * 2  # in one form of signature and the other
    assert "cc" not in threads.inbox[0].document["object"]
    stage.forget()
    with clock.held(clock.now_ms() + 3 * clock.DAY):
        await stage.settle()
    assert threads.kinds() == []
    await stage.ours.write("olga", "The next one.")
    await stage.settle()
    assert threads.kinds() == ["Announce{Create}"]


# quirk 38
@pytest.mark.parametrize("ahead", [0, 40, 600], ids=["now", "seconds", "minutes"])
async def test_a_boost_is_never_older_than_a_note_whose_author_has_a_fast_clock(
    stage, ahead
) -> None:
    microblog, _, ann, _ = await families(stage, software="misskey")
    published = clock.moment(clock.now_ms() + ahead * clock.SECOND).isoformat()
    note = ann.note("From the future.", published=published.replace("+00:00", "Z"))
    await stage.say(ann, note)
    (boost,) = microblog.came("Announce")
    assert time_of(boost["published"]) >= time_of(note["published"])


# quirk 39
async def test_a_create_that_comes_three_times_is_announced_once(stage) -> None:
    microblog, threads, ann, bob = await families(stage)
    note = ann.note("Once.")
    create = ann.create(note)
    await ann.send(create)
    await ann.send(create, "https://groups.example/inbox")
    await stage.settle()
    await stage.send(ann, create | {"id": f"{note['id']}/activity-again"})
    assert await stage.send(bob, create) == 202  # forwarded, and proven by nothing
    assert "not newer than what we have" in await stage.last()
    assert microblog.kinds() == ["Announce"]
    assert threads.kinds() == ["Announce{Create}"]


# quirks 40, 73
async def test_a_boost_that_is_sent_again_has_the_same_id_and_a_new_signature(stage) -> None:
    microblog, _, ann, _ = await families(stage)
    microblog.answers = [503]
    await stage.say(ann, ann.note("Try again."))
    with clock.held(clock.now_ms() + clock.HOUR):
        await stage.settle()
    first, second = microblog.inbox
    assert first.body == second.body
    assert first.header("date") != second.header("date")
    assert first.header("signature") != second.header("signature")


# quirk 41
async def test_a_post_from_a_blocked_host_is_refused_and_not_announced(stage) -> None:
    _, _, ann, _ = await families(stage)
    await stage.ours.run(lambda: stage.ours.wire.peers.block("m.example"))
    assert await ann.send(ann.create(ann.note("Let me in."))) == 403
    await stage.settle()
    assert heard(stage) == []


# quirk 43
async def test_a_vote_in_a_poll_is_no_reply_and_is_not_announced(stage) -> None:
    _, _, ann, bob = await families(stage)
    poll = ann.note("MIG or TIG?", type="Question", oneOf=[{"type": "Note", "name": "MIG"}])
    await stage.say(ann, poll)
    stage.forget()
    vote = bob.note("", id=f"{bob.uri}/votes/1", name="MIG", inReplyTo=poll["id"], to=[ann.uri])
    del vote["content"], vote["published"]
    await stage.say(bob, vote | {"to": [ann.uri], "cc": []})
    await stage.say(bob, vote | {"to": [PUBLIC], "cc": [GROUP], "id": f"{bob.uri}/votes/2"})
    assert heard(stage) == []
    assert await stage.ours.post(vote["id"]) is None
    assert (await stage.ours.post(poll["id"])).thread.posts_count == 1


# quirk 44
async def test_what_a_group_elsewhere_announces_is_never_announced_again(stage) -> None:
    _, _, _ann, bob = await families(stage)
    cats = stage.server("cats.example", "lemmy").member("cats", kind="Group")
    await stage.ours.join("tom", f"@{cats.handle}")
    await stage.settle()
    await stage.send(cats, cats.act("Accept", cats.home.came("Follow")[0]))
    note = bob.note("Of both groups.")
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    stage.forget()
    reply = bob.note("1.6 mm.", reply_to=asked.uri)
    for said in (bob.create(note), bob.create(reply), bob.act("Like", asked.uri)):
        await stage.send(cats, cats.act("Announce", said, to=[PUBLIC], cc=[]))
    await stage.send(cats, cats.act("Announce", note["id"], to=[PUBLIC], cc=[]))
    await stage.send(cats, cats.act("Announce", asked.uri, to=[PUBLIC], cc=[]))
    assert heard(stage) == []


# quirk 44
@pytest.mark.parametrize("what", ["Group", "Service", "Application"])
async def test_what_bots_and_groups_say_is_not_announced(stage, what) -> None:
    """Whoever runs a bot is told once a day; a group never, as two of them would loop."""
    await families(stage)
    bot = stage.microblog("bots.example").member("echo", kind=what)

    await stage.ours.change(post_policy="anyone")
    for _ in range(2):
        await stage.say(bot, bot.note("Echo!"))
    assert heard(stage) == bot.home.kinds() == (REFUSED if what == "Service" else [])


# quirk 45
@pytest.mark.parametrize("wrapped", [False, True])
async def test_nobody_acts_for_people_of_ours_from_outside(stage, wrapped) -> None:
    _, _, ann, _bob = await families(stage)
    trap = stage.server("evil.example", "lemmy").member("trap", kind="Group")
    olga = await stage.ours.person("olga")
    forged = ann.create(ann.note("I am Olga.")) | {
        "actor": olga.uri,
        "id": "https://groups.example/activities/1",
    }
    if wrapped:
        await stage.send(trap, trap.act("Announce", forged, to=[PUBLIC], cc=[]))
    else:
        assert await ann.send(forged) == 401
    await stage.settle()
    assert heard(stage) == []


# quirks 44, 47
@pytest.mark.parametrize("verb", ["Create", "Update"])
async def test_words_in_the_announce_of_a_group_elsewhere_are_read_at_their_own_origin(
    stage, verb
) -> None:
    cats = stage.server("cats.example", "lemmy").member("cats", kind="Group")
    await stage.ours.join("tom", f"@{cats.handle}")
    await stage.settle()
    await stage.send(cats, cats.act("Accept", cats.home.came("Follow")[0]))
    vic = stage.server("h.example", "mastodon").member("vic")
    note = vic.note("I like cats.", group=cats.uri)
    forged = vic.create(note | {"content": "<p>I hate cats.</p>"}) | {"type": verb}
    await stage.send(cats, cats.act("Announce", forged, to=[PUBLIC], cc=[]))
    assert (await stage.ours.post(note["id"])).content == "<p>I like cats.</p>"


async def test_a_note_of_another_host_is_not_put_into_their_mouth(stage) -> None:
    microblog, _, ann, _ = await families(stage)
    vic = stage.server("h.example", "mastodon").member("vic")
    note = vic.note("Honest words.")
    forged = note | {"content": "<p>Forged words.</p>"}
    await stage.send(ann, ann.create(forged) | {"id": f"{ann.uri}/create/99"})
    assert await stage.ours.post(note["id"]) is None
    assert microblog.kinds() == []


# quirk 46
@pytest.mark.parametrize("named", ["by-id", "with-its-type"])
async def test_a_gotosocial_post_waits_for_its_authors_leave_and_then_shows_it(
    stage, named
) -> None:
    microblog, threads, _, _ = await families(stage)
    home = stage.microblog("gts.example", "gotosocial", shared=False)
    gus = home.member("gus")
    await stage.join(gus)
    policy = {"canAnnounce": {"automaticApproval": [gus.uri], "manualApproval": [PUBLIC]}}
    note = gus.note("Ask me first.", interactionPolicy=policy)
    await stage.say(gus, note)
    assert microblog.kinds() == []
    assert threads.kinds() == []
    (asked,) = home.came("Announce")
    assert "approvedBy" not in asked
    approval = f"{gus.uri}/authorizations/1"
    about = asked["id"] if named == "by-id" else {"type": "Announce", "id": asked["id"]}
    await stage.send(gus, gus.act("Accept", about, target=note["id"], result=approval))
    (boost,) = microblog.came("Announce")
    assert boost["id"] == asked["id"]
    assert boost["approvedBy"] == boost["announceAuthorization"] == approval
    assert threads.kinds() == ["Announce{Create}"]


# quirk 46
@pytest.mark.parametrize("rule", [None, {}])
async def test_a_gotosocial_post_whose_rule_says_nothing_is_open_to_anybody(stage, rule) -> None:
    microblog, *_ = await families(stage)
    gus = stage.microblog("gts.example", "gotosocial", shared=False).member("gus")
    await stage.join(gus)
    await stage.say(gus, gus.note("Take it.", interactionPolicy={"canAnnounce": rule}))
    assert microblog.kinds() == ["Announce"]


# quirk 46
@pytest.mark.parametrize("first", ["Reject", "Delete", "nobody"])
async def test_a_post_whose_author_does_not_give_leave_is_announced_to_nobody(stage, first) -> None:
    microblog, threads, ann, _ = await families(stage)
    home = stage.microblog("gts.example", "gotosocial", shared=False)
    gus = home.member("gus")
    await stage.join(gus)
    note = gus.note("Never.", interactionPolicy={"canAnnounce": {"always": [], "with": []}})
    await stage.say(gus, note)
    (asked,) = home.came("Announce")
    if first == "Reject":
        await stage.send(gus, gus.act("Reject", asked["id"]))
    elif first == "Delete":
        await stage.send(gus, gus.act("Delete", note["id"], to=[PUBLIC]))
    speaker = ann if first == "nobody" else gus
    await stage.send(speaker, speaker.act("Accept", asked["id"], result=f"{speaker.uri}/ok/1"))
    assert microblog.kinds() == []
    assert threads.kinds() == []


# quirk 47
@pytest.mark.parametrize("shape", ["array", "collection"])
async def test_a_batch_of_piefed_is_unpacked_and_each_is_judged_by_itself(stage, shape) -> None:
    pie = stage.server("pie.example", "piefed")
    bakers, pat = pie.member("bakers", kind="Group"), pie.member("pat")
    await stage.ours.join("tom", f"@{bakers.handle}")
    await stage.settle()
    await stage.send(bakers, bakers.act("Accept", pie.came("Follow")[0]))
    bread = pat.page("Rye", "Sour.", group=bakers.uri)
    await stage.send(bakers, bakers.act("Announce", pat.create(bread), to=[PUBLIC], cc=[]))
    ours = await stage.ours.write("olga", "Which rod?")
    dan = stage.server("d.example", "lemmy").member("dan")
    likes = [
        pat.act("Like", bread["id"]),
        dan.act("Like", bread["id"]),
        dan.act("Like", ours.uri),
        {"type": "Like", "object": bread["id"]},
    ]
    batch = likes if shape == "array" else {"type": "OrderedCollection", "orderedItems": likes}
    await stage.send(bakers, bakers.act("Announce", batch, to=[PUBLIC], cc=[]))
    assert (await stage.ours.post(bread["id"])).likes_count == 2
    assert (await stage.ours.post(ours.uri)).likes_count == 0


# quirk 48
async def test_the_chain_of_a_reply_is_followed_fifty_steps_and_no_further(stage) -> None:
    _, _, _ann, bob = await families(stage)
    chain = [bob.note("Too far away.", group="", reply_to="https://nowhere.example/1")]
    for step in range(60):
        chain.append(bob.note(f"Step {step}.", group="", reply_to=chain[-1]["id"]))
    before = len(stage.fetched("l.example"))
    await stage.say(bob, chain[-1])
    asked = [one.url for one in stage.fetched("l.example")[before:] if "/statuses/" in one.url]
    assert 1 <= len(asked) <= 50
    assert heard(stage) == []


# quirks 48, 106
async def test_a_parent_that_was_never_sent_to_us_is_fetched_and_stands_above_its_reply(
    stage,
) -> None:
    _, threads, ann, bob = await families(stage)
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    stage.forget()
    between = ann.note("What thickness?", group="", reply_to=asked.uri)
    answer = bob.note("Thin sheet.", group="", reply_to=between["id"])
    await stage.say(bob, answer)
    post, parent = await stage.ours.post(answer["id"]), await stage.ours.post(between["id"])
    assert (post.parent_id, post.depth, parent.depth) == (parent.id, 2, 1)
    assert threads.kinds() == ["Announce{Create}"]


# quirk 49
async def test_a_reply_of_somebody_who_never_joined_is_taken_and_of_the_banned_is_not(
    stage,
) -> None:
    _, threads, ann, _ = await families(stage)
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    stage.forget()
    nan = stage.microblog("n.example").member("nan")
    assert (await stage.say(nan, nan.note("1.6 mm.", group="", reply_to=asked.uri)))["type"]
    assert threads.kinds() == ["Announce{Create}"]
    stage.forget()

    async def ban() -> None:
        await Member.filter(actor__uri=ann.uri).update(state="banned", reason="spam")

    await stage.ours.run(ban)
    await stage.say(ann, ann.note("Spam.", group="", reply_to=asked.uri))
    assert heard(stage) == ["Reject{Create}", "Create"]  # ann is told why, and nobody else
    assert "banned" in await stage.last()


# quirk 49
async def test_a_thread_of_somebody_who_never_joined_is_not_taken_and_they_alone_are_told(
    stage,
) -> None:
    await families(stage)
    nan = stage.microblog("n.example").member("nan")
    await stage.say(nan, nan.note("Buy my rods."))
    assert heard(stage) == nan.home.kinds() == REFUSED
    assert "only members" in await stage.last()


# quirk 28
async def test_of_who_is_met_by_a_post_the_software_is_asked_before_they_are_answered(
    stage,
) -> None:
    await families(stage)
    await stage.ours.change(post_policy="anyone")
    bea = stage.threads("l2.example").member("bea")
    page = bea.page("Spot welding", "How thick?")
    await stage.say(bea, page)
    await stage.send(bea, bea.act("Delete", page["id"]))
    assert heard(stage) == ["Announce", "Undo{Announce}", "Announce{Create}", "Announce{Delete}"]
    assert bea.home.kinds() == []  # no boost, and no Undo of one


# quirk 43
async def test_of_a_post_that_says_nothing_there_is_no_thread(stage) -> None:
    _, _, ann, bob = await families(stage)
    for number, nothing in enumerate(("", " ", {"a": 1}, None)):
        await stage.say(ann, ann.note("") | {"content": nothing, "id": f"{ann.uri}/{number}"})
    assert heard(stage) == ann.home.kinds() == REFUSED
    assert "nothing in it" in await stage.last()
    picture = {"type": "Document", "mediaType": "image/png", "url": "https://m.example/a.png"}
    await stage.say(ann, ann.note("", attachment=[picture]))
    assert "Announce" in heard(stage)
    assert bob.home.kinds() == ["Announce{Create}"]


# quirk 50
async def test_a_hashtag_with_the_name_of_the_group_is_not_the_group(stage) -> None:
    _, _, ann, _ = await families(stage)
    tag = [{"type": "Hashtag", "href": f"{GROUP}", "name": "#welders"}]
    await stage.say(ann, ann.note("About #welders.", group="", tag=tag))
    assert heard(stage) == []


# quirk 106
async def test_parents_are_announced_before_their_replies_to_every_host(stage) -> None:
    microblog, threads, _ann, _bob = await families(stage)
    threads.answers = [503]
    asked = await stage.ours.write("olga", "Which rod?")
    parent = asked.uri
    for step in range(5):
        author = ("tom", "olga")[step % 2]
        parent = (await stage.ours.reply(author, parent, f"Answer {step}.")).uri
    await stage.settle()
    with clock.held(clock.now_ms() + clock.HOUR):
        await stage.settle()
    came = [one["object"]["object"] for one in threads.came("Announce{Create}")][1:]
    assert [one.get("inReplyTo") for one in came[1:]] == [one["id"] for one in came[:-1]]
    assert len(came) == 6
    assert microblog.kinds() == ["Announce"]


# quirk 94
async def test_a_shared_inbox_gets_one_copy_for_all_and_gotosocial_one_for_each(stage) -> None:
    microblog = stage.microblog()
    gts = stage.microblog("gts.example", "gotosocial", shared=False)
    await stage.join(*(microblog.member(name) for name in ("ann", "amy")))
    await stage.join(*(gts.member(name) for name in ("gus", "gil")))
    await stage.ours.write("olga", "Which rod?")
    await stage.settle()
    assert [one.path for one in microblog.inbox] == ["/inbox"]
    assert sorted(one.path for one in gts.inbox) == ["/users/gil/inbox", "/users/gus/inbox"]


# quirk 109
async def test_what_reaches_misskey_is_below_64_kb_however_long_the_post(stage) -> None:
    microblog, threads, _ann, bob = await families(stage, software="misskey")
    long = bob.page("Long", "溶接" * 30_000)
    await stage.say(bob, long)
    assert len(threads.inbox[0].body) > 100_000
    assert len(microblog.inbox[0].body) < 2_000


async def test_a_reply_is_not_boosted_unless_the_group_chose_to(stage) -> None:
    microblog, _threads, _, _ = await families(stage, takes_replies=True)
    asked = await stage.ours.write("olga", "Which rod?")
    await stage.ours.reply("tom", asked.uri, "1.6 mm.")
    await stage.settle()
    assert microblog.kinds() == ["Announce"]
    await stage.ours.change(boost_replies=True)
    await stage.ours.reply("tom", asked.uri, "Or 2 mm.")
    await stage.settle()
    assert microblog.kinds() == ["Announce", "Announce"]
