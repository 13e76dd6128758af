"""Posts that a moderator looks at first, and what their authors are told, wherever they live."""

from __future__ import annotations

import pytest

from federation import clock
from federation.errors import Malformed
from fedigroups.groups import lookup
from fedigroups.groups.models import Post
from fedigroups.moderation import submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.models import Decision
from fedigroups.notify.models import Notification
from servers import GROUP

pytestmark = pytest.mark.anyio


async def cast(stage, **profile):
    """Ann of a microblog and Bob of a thread server, both members of a group with two rules."""
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    await stage.ours.change(rules="Be kind.\nNo advertising.", approve="everyone", **profile)
    return microblog, threads, ann, bob


async def taken(stage, kind: str, uri: str = "", by: str = "olga", **said) -> Decision:
    """Somebody decides, and all that follows happens."""
    decider = await stage.ours.person(by)

    async def work() -> Decision:
        hosted = await lookup.hosted_named("welders")
        act = {"hosted": hosted, "decider": decider} | said
        if uri:
            act["post"] = await Post.get(uri=uri).select_related("author", "thread__group__actor")
        return await decide(stage.ours.wire, Act(kind=kind, **act))

    decision: Decision = await stage.ours.run(work)
    await stage.settle()
    return decision


def told(server) -> list[str]:
    """The texts of the direct notes that came to people of a server."""
    notes = [one["object"] for one in server.came("Create") if isinstance(one["object"], dict)]
    return [note["content"] for note in notes if note["type"] in {"Note", "ChatMessage"}]


async def test_a_refused_post_is_explained_edited_accepted_and_announced_once(stage) -> None:
    microblog, threads, ann, _ = await cast(stage)
    note = ann.note("Buy rods at rods.example!")
    create = await stage.say(ann, note)
    assert (microblog.kinds(), threads.kinds()) == (["Create"], [])
    assert "waits until a moderator" in told(microblog)[0]
    stage.forget()

    await taken(stage, "refuse", note["id"], rule=2, text="This sells <b>rods</b>.")
    (reject,) = microblog.came("Reject{Create}")
    assert reject["summary"] == "This sells <b>rods</b>."
    assert reject["object"]["id"] == create["id"]
    (answer,) = microblog.came("Create")
    assert (answer["to"], answer["cc"], answer["object"]["to"]) == ([ann.uri], [], [ann.uri])
    assert answer["object"]["inReplyTo"] == note["id"]
    assert [tag["href"] for tag in answer["object"]["tag"]] == [ann.uri]
    (text,) = told(microblog)
    assert "rule 2 of the group: No advertising." in text
    assert "sells &lt;b&gt;rods" in text
    assert "Edit your post" in text
    stage.forget()

    edited = note | {"content": "<p>Which rods?</p>", "updated": "2099-01-01T00:00:00Z"}
    ann.home.serve(note["id"].removeprefix("https://m.example"), edited)
    update = ann.act("Update", edited, to=note["to"], cc=note["cc"])
    await stage.send(ann, update)
    assert (microblog.kinds(), threads.kinds()) == ([], [])

    await taken(stage, "accept", note["id"])
    assert [one["object"] for one in threads.came("Announce{Update}")] == [update]
    assert [one["object"] for one in microblog.came("Announce")] == [note["id"]]
    assert threads.kinds() == ["Announce{Update}"]
    assert sorted(microblog.kinds()) == ["Accept{Update}", "Announce", "Create"]
    with pytest.raises(Malformed, match="does not wait"):
        await taken(stage, "accept", note["id"])
    assert [one["object"] for one in microblog.came("Announce")] == [note["id"]]


async def test_people_on_lemmy_are_written_to_by_the_moderation_actor(stage) -> None:
    _, threads, _, bob = await cast(stage)
    page = bob.page("Rods", "Which?")
    await stage.say(bob, page)
    await taken(stage, "refuse", page["id"], rule=1, text="Ask nicely.")
    messages = [one["object"] for one in threads.came("Create")]
    assert [one["type"] for one in messages] == ["ChatMessage", "ChatMessage"]
    assert {one["attributedTo"] for one in messages} == {"https://groups.example/moderation"}
    assert "Ask nicely." in messages[1]["content"]


@pytest.mark.parametrize(
    ("approve", "text", "more", "waits"),
    [
        ("nobody", "Buy https://rods.example now", {}, False),
        ("everyone", "Which rod?", {}, True),
        ("newcomers", "Which rod?", {}, True),
        ("links", "Which rod?", {}, False),
        ("links", '<a href="https://rods.example/1">here</a>', {}, True),
        ("links", "see https://rods.example/1", {}, True),
        ("links", '<a href="https://groups.example/@tom">@tom</a> #weld', {}, False),
        ("links", '<a href="https://rods.example/">@tom</a>', {}, True),
        ("links", "My page", {"attachment": [{"type": "Link", "href": "https://r.example"}]}, True),
    ],
)
async def test_who_waits_is_what_the_group_says(stage, approve, text, more, waits) -> None:
    _, threads, ann, _ = await cast(stage)
    await stage.ours.change(approve=approve)
    note = ann.note(text, **more)
    await stage.say(ann, note)
    assert (await stage.ours.post(note["id"])).state == ("held" if waits else "live")
    assert threads.kinds() == ([] if waits else ["Announce{Create}"])


async def test_somebody_is_new_until_so_many_of_their_posts_were_shown(stage) -> None:
    _, _, ann, _ = await cast(stage)
    await stage.ours.change(approve="newcomers", newcomer_posts=2)
    states = []
    for text in ("One", "Two", "Three"):
        note = ann.note(text)
        await stage.say(ann, note)
        states.append((await stage.ours.post(note["id"])).state)
        if states[-1] == "held":
            await taken(stage, "accept", note["id"])
    assert states == ["held", "held", "live"]


async def test_a_post_of_somebody_here_waits_and_is_told_to_nobody_until_it_is_accepted(
    stage,
) -> None:
    microblog, threads, _, _ = await cast(stage)
    post = await stage.ours.write(
        "tom", "Ask @ann@m.example or @olga@groups.example about rods", "Rods"
    )
    await stage.settle()

    async def told_olga() -> bool:
        return await Notification.exists(kind="mention", post_id=post.id)

    assert (microblog.kinds(), threads.kinds()) == ([], [])
    assert not await stage.ours.run(told_olga)
    assert (await stage.read(post.uri)).status_code == 404
    await taken(stage, "accept", post.uri)
    assert [one["object"]["object"]["id"] for one in threads.came("Announce{Create}")] == [post.uri]
    assert [one["object"]["id"] for one in microblog.came("Create")] == [post.uri]
    assert await stage.ours.run(told_olga)
    assert (await stage.read(post.uri)).status_code == 200


async def test_an_answer_to_what_waits_is_taken_once_that_is_accepted(stage) -> None:
    _, _, ann, bob = await cast(stage)
    note = ann.note("Which rods?")
    await stage.say(ann, note)
    await stage.ours.change(approve="nobody")
    reply = bob.note("1.6 mm.", reply_to=note["id"])
    await stage.say(bob, reply)
    assert await stage.ours.post(reply["id"]) is None
    await taken(stage, "accept", note["id"])
    assert (await stage.ours.post(reply["id"])).state == "live"


@pytest.mark.parametrize("policy", ["members", "moderators"])
async def test_whoever_may_not_write_is_told_why_once_a_day(stage, policy) -> None:
    _, _, _, _ = await cast(stage, post_policy=policy)
    other = stage.microblog("o.example")
    oskar = other.member("oskar")
    for text in ("One", "Two"):
        note = oskar.note(text)
        await stage.say(oskar, note)
        assert await stage.ours.post(note["id"]) is None
    (text,) = told(other)
    assert "was not taken into Welders" in text
    assert "start threads in this group" in text
    assert other.kinds() == ["Reject{Create}", "Create"]


@pytest.mark.parametrize(
    ("said", "needs"),
    [({"rule": 1}, "reason"), ({"text": "Ads."}, "rule"), ({"rule": 9, "text": "Ads."}, "no rule")],
)
async def test_nothing_is_refused_without_a_rule_and_a_reason(stage, said, needs) -> None:
    microblog, _, ann, _ = await cast(stage)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    stage.forget()
    with pytest.raises(Malformed, match=needs):
        await taken(stage, "refuse", note["id"], **said)
    assert microblog.kinds() == []


async def test_a_restored_post_is_boosted_anew_and_its_removal_is_taken_back(stage) -> None:
    microblog, threads, ann, _ = await cast(stage)
    await stage.ours.change(approve="nobody")
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    await taken(stage, "remove", note["id"], text="Advertising.", rule=2)
    assert "Advertising." in told(microblog)[-1]
    stage.forget()
    await taken(stage, "restore", note["id"])
    assert (await stage.ours.post(note["id"])).state == "live"
    (undo,) = [one["object"] for one in threads.came("Announce{Undo}")]
    assert undo["object"]["type"] == "Delete"
    assert undo["object"]["object"] == note["id"]
    (boost,) = microblog.came("Announce")
    assert boost["object"] == note["id"]
    outbox = await stage.document(f"{GROUP}/outbox")
    assert len(outbox["orderedItems"]) == 1
    assert (await stage.ours.group()).threads_count == 1


async def test_the_queue_has_what_waits_and_nothing_else(stage) -> None:
    _, threads, ann, _ = await cast(stage)
    notes = [ann.note(text) for text in ("One", "Two", "Three")]
    for note in notes:
        await stage.say(ann, note)
    await taken(stage, "accept", notes[0]["id"])
    await stage.send(ann, ann.act("Delete", notes[1]["id"], to=notes[1]["to"]))

    async def waiting() -> list[str]:
        group = await stage.ours.group()
        return [post.uri for _, post in await submissions.waiting(group)]

    assert await stage.ours.run(waiting) == [notes[2]["id"]]
    assert threads.kinds() == ["Announce{Create}"]  # of the first; nobody hears that one ended


async def test_nobody_but_a_moderator_decides(stage) -> None:
    _, _, ann, _ = await cast(stage)
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    with pytest.raises(Malformed, match="does not moderate"):
        await taken(stage, "accept", note["id"], by="tom")


async def test_a_decision_is_written_with_all_that_it_rests_on(stage) -> None:
    _, _, ann, _ = await cast(stage)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    made = await taken(stage, "refuse", note["id"], rule=2, text="Ads.")

    async def rows() -> list[tuple[object, ...]]:
        found = await Decision.all().order_by("id")
        return [(one.kind, one.rule, one.rule_text, one.text, one.object_uri) for one in found]

    written = await stage.ours.run(rows)
    assert [row[0] for row in written] == ["hold", "refuse"]
    assert written[1][1:] == (2, "No advertising.", "Ads.", note["id"])
    assert made.answer_uri.startswith(f"{GROUP}/answers/")
    assert (await stage.read(made.answer_uri)).status_code == 404


async def test_whoever_answers_what_is_not_decided_within_a_day_is_told(stage) -> None:
    """Strangers are not: to them nothing is there."""
    _, threads, ann, bob = await cast(stage)
    nan = stage.microblog("n.example").member("nan")
    note = ann.note("Buy rods at rods.example!")
    await stage.say(ann, note)
    stage.forget()
    for person in (bob, nan):
        await stage.say(person, person.note("Which ones?", reply_to=note["id"]))
    assert threads.kinds() == nan.home.kinds() == []
    with clock.held(clock.now_ms() + clock.DAY + clock.MINUTE):
        await stage.settle()
    assert threads.kinds() == ["Reject{Create}", "Create"]
    assert "still waits for a moderator" in told(threads)[0]
    assert nan.home.kinds() == []
