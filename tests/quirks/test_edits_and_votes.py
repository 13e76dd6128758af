"""Edits, deletes and votes: what each family hears of them, and what it must never hear."""

from __future__ import annotations

import json

import pytest

from federation import clock
from federation.vocabulary import AS2, PUBLIC
from fedigroups.groups import speaking
from fedigroups.groups.models import Post, Reaction
from servers import GROUP

pytestmark = pytest.mark.anyio


async def a_note(stage):
    """Ann's note, known to another microblog and to a thread server; what was sent is forgotten."""
    home, other, threads = stage.microblog(), stage.microblog("c.example"), stage.threads()
    ann, carl, bob = home.member("ann"), other.member("carl"), threads.member("bob")
    await stage.join(ann, carl, bob)
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    boost = other.came("Announce")[0]["id"]
    stage.forget()
    return ann, note, boost, other, threads


def edited(ann, note, text: str, after: int = 60_000) -> dict:
    """Ann's Update as Mastodon sends it."""
    at = clock.rfc3339(clock.now_ms() + after)
    changed = note | {"content": f"<p>{text}</p>", "updated": at}
    ann.home.serve(note["id"].removeprefix(f"https://{ann.home.host}"), {"@context": AS2} | changed)
    return ann.act("Update", changed, to=[PUBLIC], cc=[GROUP]) | {
        "id": f"{note['id']}#updates/{at}"
    }


# quirk 51
async def test_an_edit_reaches_threads_wrapped_and_no_microblog(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    update = edited(ann, note, "Which rod for 1 mm?")
    await stage.send(ann, update)
    assert threads.came("Announce{Update}")[0]["object"] == update
    assert other.kinds() == []
    assert "1 mm" in (await stage.ours.post(note["id"])).content


# quirk 51
async def test_an_edit_that_convinces_by_itself_is_forwarded_as_it_came(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    update = edited(ann, note, "Signed.") | {"signature": {"type": "RsaSignature2017"}}
    body = json.dumps(update, indent=2).encode()
    await stage.send(ann, body)
    assert [one.body for one in other.inbox] == [body]
    assert threads.kinds() == ["Announce{Update}"]
    assert ann.home.kinds() == []


# quirk 52
async def test_an_edit_that_is_older_than_what_we_have_is_ignored(stage) -> None:
    ann, note, _, _, threads = await a_note(stage)
    newer, older = edited(ann, note, "Newer.", 90_000), edited(ann, note, "Older.", 60_000)
    await stage.send(ann, newer)
    await stage.send(ann, older)
    assert "Newer." in (await stage.ours.post(note["id"])).content
    assert threads.kinds() == ["Announce{Update}"]


# quirk 53
async def test_an_edit_of_something_unknown_is_its_first_delivery(stage) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    page = bob.page("MIG", "Which gas?")
    update = bob.create(page) | {"type": "Update", "id": "https://l.example/activities/update/1"}
    await stage.send(bob, update)
    assert microblog.kinds() == ["Announce"]
    assert threads.came("Announce{Update}")[0]["object"] == update


async def test_nobody_edits_what_another_wrote(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    for eve in (ann.home.member("eve"), threads.member("eve")):
        forged = edited(ann, note, "Hacked.") | {"actor": eve.uri, "id": f"{eve.uri}/update/1"}
        await stage.send(eve, forged)
    assert "Hacked" not in (await stage.ours.post(note["id"])).content
    assert other.kinds() == []


def gone(ann, note, shape: str) -> dict:
    """Ann's Delete in the manner of some software."""
    shapes = {
        "string": note["id"],
        "tombstone": {"id": note["id"], "type": "Tombstone"},
        "object": note,
    }
    return ann.act("Delete", shapes[shape], to=[PUBLIC]) | {"id": f"{note['id']}#delete"}


# quirks 54, 55
@pytest.mark.parametrize("shape", ["string", "tombstone", "object"])
async def test_a_delete_is_wrapped_for_threads_and_takes_the_very_boost_back(stage, shape) -> None:
    ann, note, boost, other, threads = await a_note(stage)
    delete = gone(ann, note, shape)
    ann.home.answer(note["id"].removeprefix(f"https://{ann.home.host}"), 404)
    await stage.send(ann, delete)
    assert threads.came("Announce{Delete}")[0]["object"] == delete
    (undo,) = other.came("Undo{Announce}")
    assert undo["object"]["id"] == boost
    assert undo["object"]["object"] == note["id"]
    assert (await stage.ours.post(note["id"])).content == ""
    assert (await stage.document(f"{GROUP}/outbox"))["orderedItems"] == []
    assert (await stage.read(boost)).status_code == 404


# quirk 54
async def test_an_update_to_a_tombstone_is_a_delete_as_nodebb_says_it(stage) -> None:
    home, other, threads = stage.threads("n.example", "nodebb"), stage.microblog(), stage.threads()
    nan = home.member("nan")
    await stage.join(nan, other.member("ann"), threads.member("bob"))
    post = nan.note("Which rod?", audience=GROUP)
    await stage.say(nan, post)
    stage.forget()
    stone = {"id": post["id"], "type": "Tombstone", "formerType": "Note"}
    await stage.send(nan, nan.act("Update", stone, to=[PUBLIC], cc=[]))
    assert other.kinds() == ["Undo{Announce}"], await stage.last()
    assert len(threads.kinds()) == 1
    assert (await stage.ours.post(post["id"])).state == "deleted"


async def test_a_delete_that_overtakes_its_post_keeps_it_out(stage) -> None:
    home, threads = stage.microblog(), stage.threads()
    ann = home.member("ann")
    await stage.join(ann, threads.member("bob"))
    note = ann.note("Too late.")
    await stage.send(ann, gone(ann, note, "tombstone"))
    await stage.say(ann, note)
    assert threads.kinds() == []
    assert home.kinds() == []


# quirk 55
async def test_the_author_of_a_post_who_is_no_member_is_told_of_boost_and_undo(stage) -> None:
    home, other = stage.microblog(), stage.microblog("c.example")
    ann = home.member("ann")
    await stage.join(other.member("carl"))
    await stage.ours.change(post_policy="anyone")
    note = ann.note("Just passing.")
    await stage.say(ann, note)
    await stage.send(ann, gone(ann, note, "tombstone"))
    for judge in (home, other):
        assert judge.kinds() == ["Announce", "Undo{Announce}"]
        assert judge.came("Undo{Announce}")[0]["object"]["id"] == judge.came("Announce")[0]["id"]


# quirk 57
@pytest.mark.parametrize("host", ["m.example", "l.example"])
async def test_a_delete_by_somebody_who_is_no_moderator_is_refused(stage, host) -> None:
    _ann, note, _, other, threads = await a_note(stage)
    home = next(judge for judge in stage.judges if judge.host == host)
    eve = home.member("eve")
    await stage.join(eve)
    for more in ({}, {"summary": "I am a moderator"}):
        await stage.send(eve, eve.act("Delete", note["id"], to=[PUBLIC], cc=[GROUP], **more))
    assert (await stage.ours.post(note["id"])).state == "live"
    assert (other.kinds(), threads.kinds()) == ([], [])


# quirks 58, 59
async def test_likes_dislikes_and_their_undo_reach_threads_alone_and_count_once(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    bob = threads.member("bob")
    like = bob.act("Like", note["id"])
    await stage.send(bob, like)
    assert (await stage.ours.post(note["id"])).likes_count == 1
    await stage.send(bob, bob.act("Dislike", note["id"], audience=GROUP))
    post = await stage.ours.post(note["id"])
    assert (post.likes_count, post.dislikes_count) == (0, 1)
    await stage.send(bob, bob.act("Undo", bob.act("Dislike", note["id"])))
    assert (await stage.ours.post(note["id"])).dislikes_count == 0
    assert threads.kinds() == ["Announce{Like}", "Announce{Dislike}", "Announce{Undo}"]
    assert other.kinds() == ann.home.kinds() == []


# quirk 58
@pytest.mark.parametrize("by_id", [False, True])
async def test_an_undo_of_somebody_elses_like_is_ignored(stage, by_id) -> None:
    _, note, _, _, threads = await a_note(stage)
    bob = threads.member("bob")
    eve = stage.server("evil.example", "lemmy").member("eve")
    like = bob.act("Like", note["id"])
    await stage.send(bob, like)
    await stage.send(eve, eve.act("Undo", like["id"] if by_id else like))
    assert (await stage.ours.post(note["id"])).likes_count == 1


# quirk 59
async def test_a_like_of_a_person_here_goes_to_its_author_and_to_threads(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    tom = await stage.ours.person("tom")

    async def there_and_back() -> None:
        post = await Post.get(uri=note["id"])
        await speaking.like(stage.ours.wire, tom, post)
        await speaking.unlike(stage.ours.wire, tom, post)

    await stage.ours.run(there_and_back)
    await stage.settle()
    assert other.kinds() == []
    assert ann.home.kinds() == ["Like", "Undo{Like}"]
    assert threads.kinds() == ["Announce{Like}", "Announce{Undo}"]


# quirk 60
async def test_reactions_of_misskey_and_pleroma_are_reactions_and_no_likes(stage) -> None:
    _, note, _, _, threads = await a_note(stage)
    kim = stage.server("k.example", "misskey").member("kim")
    poe = stage.server("p.example", "pleroma").member("poe")
    await stage.send(kim, kim.act("Like", note["id"], content="🔥", _misskey_reaction="🔥"))
    await stage.send(poe, poe.act("EmojiReact", note["id"], content=":torch:"))

    async def reactions() -> list[str]:
        return sorted([row.slot for row in await Reaction.all()])

    assert await stage.ours.run(reactions) == ["emoji::torch:", "emoji:🔥"]
    assert (await stage.ours.post(note["id"])).likes_count == 0
    assert threads.kinds() == ["Announce{Like}", "Announce{EmojiReact}"]


# quirk 61
async def test_the_id_of_a_vote_is_kept_whole_with_its_fragment(stage) -> None:
    ann, note, _, _, _ = await a_note(stage)
    for number in (5, 6):
        liker = ann.home.member(f"fan{number}")
        await stage.send(
            liker, liker.act("Like", note["id"]) | {"id": f"{liker.uri}#likes/{number}"}
        )
    assert (await stage.ours.post(note["id"])).likes_count == 2
    await stage.send(liker, liker.act("Undo", f"{liker.uri}#likes/5"))
    assert (await stage.ours.post(note["id"])).likes_count == 2
    await stage.send(liker, liker.act("Undo", f"{liker.uri}#likes/6"))
    assert (await stage.ours.post(note["id"])).likes_count == 1


async def test_a_boost_by_a_person_is_counted_and_passed_on_to_nobody(stage) -> None:
    ann, note, _, other, threads = await a_note(stage)
    carl = other.member("carl")
    announce = carl.act("Announce", note["id"], to=[PUBLIC], cc=[f"{carl.uri}/followers"])
    await stage.send(carl, announce)
    assert (await stage.ours.post(note["id"])).boosts_count == 1
    await stage.send(carl, carl.act("Undo", announce))
    assert (await stage.ours.post(note["id"])).boosts_count == 0
    assert (other.kinds(), threads.kinds(), ann.home.kinds()) == ([], [], [])


# Votes that a group elsewhere reports are about its own posts, and nothing else.
@pytest.mark.parametrize("what", ["Like", "Undo", "Undo by id", "Announce"])
async def test_a_group_elsewhere_does_not_vote_on_posts_here(stage, what) -> None:
    _, note, _, _, threads = await a_note(stage)
    bob = threads.member("bob")
    trap = stage.server("evil.example", "lemmy").member("trap", kind="Group")
    like = bob.act("Like", note["id"])
    await stage.send(bob, like)
    stage.forget()
    said = {
        "Like": bob.act("Dislike", note["id"]),
        "Undo": bob.act("Undo", like),
        "Undo by id": bob.act("Undo", like["id"]),
        "Announce": bob.act("Announce", note["id"]),
    }[what]
    await stage.send(trap, trap.act("Announce", said, to=[PUBLIC], cc=[]))
    post = await stage.ours.post(note["id"])
    assert (post.likes_count, post.dislikes_count, post.boosts_count) == (1, 0, 0)
    assert threads.kinds() == []
