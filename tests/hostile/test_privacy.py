"""What is hidden is not there: no page, document, list, count, feed or answer tells of it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import pytest

from doors import KINDS, Answer, Known, addresses, answers, ask
from federation import clock, ids, storage
from federation.models import Actor
from federation.strict_json import dumps
from fedigroups import logging
from fedigroups.app import make_app
from fedigroups.groups import indexing, lookup, membership, speaking, threads
from fedigroups.groups.models import Group, Post, Revision, Tagged, Thread
from fedigroups.groups.speaking import Text
from outbox import streams
from outbox.models import Activity
from outbox.publish import Draft, Outgoing, Place, publish
from servers import GROUP
from trials import Scene
from world import Town

pytestmark = pytest.mark.anyio

SECRET = "sesame"
HIDDEN = [
    ("held", "public"),
    ("held", "unlisted"),
    ("held", "members"),
    ("live", "members"),
    ("removed", "members"),
    ("deleted", "members"),
]


async def spoken(town: Town) -> Known:
    """A pinned thread of Tom's with an answer, and all addresses that there are by then."""
    root = await town.write("tom", "Which rod for thin sheet?", "Thin sheet")
    reply = await town.reply("olga", root.uri, "1.6 mm.")
    await town.run(lambda: Thread.filter(id=root.thread_id).update(pinned_at=2))
    return await known(town, [root, reply])


async def known(town: Town, posts: list[Post]) -> Known:
    async def work() -> tuple[list[Activity], list[Actor]]:
        made = await Activity.filter(object_uri__in=[post.uri for post in posts])
        return made, await Actor.filter(username__in=["tom", "olga", "welders"])

    found, actors = await town.run(work)
    made = [one.uri.rsplit("/", 1)[1] for one in found]
    return Known(
        people=("tom", "olga"),
        accounts=tuple(actor.id for actor in actors),
        threads=tuple({post.thread_id for post in posts}),
        posts=tuple(post.id for post in posts),
        activities=tuple(made),
    )


async def hide(town: Town, state: str, visibility: str, parent: Post | None) -> Post:
    """A post of Tom's that strangers may not see, as if everybody who writes had been careless:
    with its activities public and on the group's stream, its thread pinned."""

    async def work() -> Post:
        tom, group = await lookup.person("tom"), await lookup.any_group("welders")
        number, now = ids.new(), clock.now_ms()
        uri = town.wire.uris.post("tom", number)
        document = {"id": uri, "type": "Note", "content": SECRET, "attributedTo": tom.uri}
        new = Post(
            id=number,
            uri=uri,
            author_id=tom.id,
            kind="Note",
            title=SECRET,
            content=f"<p>{SECRET}</p>",
            warning=SECRET,
            document=json.dumps(document),
            visibility=visibility,
            state=state,
            parent_id=parent.id if parent else None,
            published_at=now,
            received_at=now,
        )
        thread = await Thread.get(id=parent.thread_id) if parent else None
        async with storage.transaction():
            made = await threads.attach(group, new, thread)
            if parent is None:
                await Thread.filter(id=made.id).update(pinned_at=1)
            create = {"id": town.wire.uris.activity(number), "type": "Create", "object": document}
            await Tagged.create(id=ids.new(), post_id=new.id, name=SECRET)
            await indexing.enter(new, group.id, [SECRET])
            outgoing = Outgoing(create["id"], tom.uri, "Create", dumps(create), object_uri=uri)
            place = Place(streams.thread(group.id), "post", uri)
            await publish([Draft(outgoing, (place,))])
        return await Post.get(id=number).select_related("thread")

    made: Post = await town.run(work)
    return made


@pytest.mark.parametrize("is_reply", [False, True])
@pytest.mark.parametrize(("state", "visibility"), HIDDEN)
async def test_every_door_answers_as_if_what_is_hidden_had_never_been_written(
    scene: Scene, state: str, visibility: str, is_reply: bool
) -> None:
    # H221: object, activity, outboxes, thread, featured, feed, page, search, counts, byte for byte
    town = scene.ours
    there = await spoken(town)
    with clock.held(clock.now_ms()):
        before = await answers(town, there)
    at = max(clock.now_ms(), 0)
    root = await town.run(lambda: Post.get(id=there.posts[0]))
    hidden = await hide(town, state, visibility, root if is_reply else None)
    with clock.held(at):
        after = await answers(town, there)
    assert {key for key in before if settled(before[key]) != settled(after[key])} == set()
    assert not [key for key, answer in after.items() if SECRET in found(key, answer)]
    assert hidden.uri not in str(after)


def settled(answer: Answer) -> Answer:
    """Without the times that go on by themselves."""
    status, where, text = answer
    lines = (line for line in text.splitlines() if not line.startswith("Expires:"))
    return status, where, "\n".join(lines)


def found(key: tuple[str, str], answer: Answer) -> str:
    """What an answer says, but for the words that were asked for: a page repeats those."""
    return "" if SECRET in key[0] else answer[2]


@pytest.mark.parametrize("is_reply", [False, True])
@pytest.mark.parametrize(("state", "visibility"), HIDDEN)
async def test_the_id_of_what_is_hidden_is_like_an_id_that_was_never_given(
    scene: Scene, state: str, visibility: str, is_reply: bool
) -> None:
    # H221, H104: not even the difference between 404 and 410 tells that there is something
    town = scene.ours
    there = await spoken(town)
    root = await town.run(lambda: Post.get(id=there.posts[0]))
    hidden = await hide(town, state, visibility, root if is_reply else None)
    thread = () if is_reply else (hidden.thread_id,)
    own = Known(threads=thread, posts=(hidden.id,), activities=(str(hidden.id),))
    free = ids.new()
    for path, accept in product(addresses(make_app(town.instance), own), KINDS):
        numbers = [number for number in (hidden.id, *thread) if str(number) in path]
        if not numbers:
            continue
        nobodys = path.replace(str(numbers[0]), str(free))
        answer, nothing = await ask(town, path, accept), await ask(town, nobodys, accept)
        assert answer.status_code == nothing.status_code, path
        assert answer.status_code in {303, 401, 404}, path  # 303: to sign in
        where, nowhere = (one.headers.get("location", "") for one in (answer, nothing))
        assert where.replace(str(numbers[0]), str(free)) == nowhere
        assert answer.text.replace(str(numbers[0]), str(free)) == nothing.text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_link_to_what_is_hidden_shows_the_link_and_nothing_behind_it(scene: Scene) -> None:
    # H226: a post that links what members read, by its id and by its page, quoted or not
    town = scene.ours
    hidden = await hide(town, "live", "members", None)
    links = f"{hidden.uri} and https://groups.example/groups/welders/threads/{hidden.thread_id}"
    said = await town.write("olga", f"See {links}", "Look")
    note = scene.vic.note(
        "Quoted", quote=hidden.uri, quoteUrl=hidden.uri, _misskey_quote=hidden.uri
    )
    await scene.send(scene.vic.create(note), scene.vic)
    quoting = await town.post(note["id"])
    assert quoting is not None
    shown = await answers(town, await known(town, [said, quoting]))
    assert any(hidden.uri in answer[2] for answer in shown.values())
    assert not [key for key, answer in shown.items() if SECRET in found(key, answer)]


@asynccontextmanager
async def asked_by(scene: Scene, who: str) -> AsyncIterator[Any]:
    """Somebody of another server who signs what they ask for."""
    if who == "of a blocked host":
        await scene.ours.run(lambda: scene.ours.wire.peers.block("evil.example", "spam"))
    if who == "banned":

        async def ban() -> None:
            eve, group = await lookup.person(scene.eve.uri), await Group.get(name="welders")
            async with storage.transaction():
                await membership.ban(scene.ours.wire, group, eve, "spam")

        await scene.ours.run(ban)
    yield scene.vic if who == "member" else scene.eve


@pytest.mark.parametrize("who", ["member", "no member", "banned", "of a blocked host"])
async def test_a_signature_opens_nothing_that_is_hidden(scene: Scene, who: str) -> None:
    # H222: whoever signs sees what strangers see; what a token of a member opens is in test_api.py
    hidden = await hide(scene.ours, "live", "members", None)
    urls = [hidden.uri, f"{GROUP}/threads/{hidden.thread_id}", f"{GROUP}/outbox"]
    async with asked_by(scene, who) as reader:
        answers_ = [await reader.read(url) for url in urls]
    assert [answer.status_code for answer in answers_] == [404, 404, 200]
    assert not [answer for answer in answers_ if SECRET in answer.text]


@pytest.mark.parametrize("verb", ["delete", "remove"])
@pytest.mark.parametrize("is_reply", [False, True])
async def test_of_what_was_taken_away_no_door_has_a_word(
    scene: Scene, verb: str, is_reply: bool
) -> None:
    # H229, H231: object, activities, Undo and Delete, thread, feed, outbox
    town = scene.ours
    there = await spoken(town)
    root = await town.run(lambda: Post.get(id=there.posts[0]))
    if is_reply:
        post = await town.reply("tom", root.uri, f"The word is {SECRET}.")
    else:
        post = await town.write("tom", f"The word is {SECRET}.", f"On {SECRET}")
    await town.run(lambda: edit(town, post))
    everywhere = await known(town, [root, post])
    shown = await answers(town, everywhere)
    assert [key for key, answer in shown.items() if SECRET in found(key, answer)]
    await end(town, verb, post)
    after = await answers(town, await known(town, [root, post]))
    assert not [key for key, answer in after.items() if SECRET in found(key, answer)]
    for accept in KINDS:
        assert after[f"/users/tom/posts/{post.id}", accept][0] == 410
    before = await town.run(lambda: Revision.filter(post_id=post.id).count())
    assert before == (1 if verb == "remove" else 0), "what is removed may be shown again"


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("state", "visibility"), [("live", "members"), ("held", "public")])
async def test_what_answers_a_hidden_post_does_not_tell_its_title(
    scene: Scene, state: str, visibility: str
) -> None:
    # H221, H226: a thread whose beginning is hidden and whose answers are not
    town = scene.ours
    root = await town.write("tom", "Which rod?", f"On {SECRET}")
    reply = await town.reply("olga", root.uri, "For thin sheet 1.6 mm.")
    hides = {"state": state, "visibility": visibility, "title": ""}
    await town.run(lambda: Post.filter(id=root.id).update(**hides))
    said = await answers(town, await known(town, [root, reply]))
    assert reply.uri in str(said), "or else nothing was looked for"
    assert not [key for key, answer in said.items() if SECRET in found(key, answer)]


async def edit(town: Town, post: Post) -> None:
    found = await Post.get(id=post.id)
    await speaking.edit(town.wire, await lookup.person("tom"), found, Text(f"It is {SECRET}."))


async def end(town: Town, verb: str, post: Post) -> None:
    async def work() -> None:
        tom, olga = await lookup.person("tom"), await lookup.person("olga")
        if verb == "delete":
            await speaking.delete(town.wire, tom, post)
        else:
            await speaking.remove(town.wire, olga, post, "advertising")

    await town.run(work)


async def test_an_unlisted_post_is_met_at_its_own_address_and_in_its_thread(scene: Scene) -> None:
    # H221: the one kind that is readable and in no list
    town = scene.ours
    there = await spoken(town)
    root = await town.run(lambda: Post.get(id=there.posts[0]))
    post = await town.reply("tom", root.uri, f"The word is {SECRET}.")
    await town.run(lambda: Post.filter(id=post.id).update(visibility="unlisted"))
    said = await answers(town, await known(town, [root, post]))
    at = {key[0] for key, answer in said.items() if SECRET in found(key, answer)}
    at = {path for path in at if not path.startswith("/activities/")}
    thread = f"/groups/welders/threads/{root.thread_id}"
    own = {f"/users/tom/posts/{post.id}", f"/@tom/{post.id}"}
    in_apps = {f"/api/v1/statuses/{post.id}", f"/api/v1/statuses/{post.id}/history"}
    contexts = {f"/api/v1/statuses/{root.id}/context"}
    assert at == own | in_apps | contexts | {thread, f"{thread}?after=1"}


async def test_nobody_reacts_to_what_they_may_not_see(scene: Scene) -> None:
    # H104, H221: no vote, boost or answer tells an outsider that it is there, or goes out
    root = await scene.post()
    await scene.ours.run(lambda: Post.filter(uri=root["id"]).update(visibility="members"))
    eve = scene.eve
    await scene.ours.change(post_policy="anyone")
    tries = [
        eve.act("Like", root["id"]),
        eve.act("Announce", root["id"]),
        eve.create(eve.note("I know of it", reply_to=root["id"], group="")),
    ]
    for activity in tries:
        async with scene.nothing_changes():
            assert await scene.send(activity) == 202
    async with scene.nothing_changes(but=("reaction", "post", "thread")):
        await scene.send(scene.vic.act("Like", root["id"]), scene.vic)
    assert await scene.why() == ("done", "like counted")
    await scene.still_serves()


@pytest.mark.parametrize(("state", "visibility"), [("held", "public"), ("live", "members")])
async def test_what_is_not_for_everybody_is_sent_to_nobody(
    scene: Scene, state: str, visibility: str
) -> None:
    # H221: an edit of it does not go out either
    note, vic = await scene.post(), scene.vic
    await scene.ours.run(
        lambda: Post.filter(uri=note["id"]).update(state=state, visibility=visibility)
    )
    at = clock.rfc3339(clock.now_ms() + clock.MINUTE)
    edited = note | {"content": SECRET, "updated": at}
    async with scene.nothing_changes(but=("post", "thread")):
        await scene.send(vic.act("Update", edited, to=note["to"], cc=note["cc"]), vic)


async def test_whom_it_was_sent_to_in_secret_is_neither_kept_nor_passed_on(scene: Scene) -> None:
    # H228
    hidden = ["https://h.example/users/hidden"]
    note = scene.vic.note("For all.", bto=hidden, bcc=hidden)
    await scene.send(scene.vic.create(note, bto=hidden, bcc=hidden), scene.vic)
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert "hidden" not in post.document
    with scene.ours.instance.store.context():
        bodies = await storage.rows("SELECT body FROM activity")
    assert bodies
    assert not [row for row in bodies if b"hidden" in bytes(row["body"])]
    announced = await ask(scene.ours, "/groups/welders/outbox", KINDS[1])
    assert "For all." in announced.text


async def test_what_staff_know_is_at_no_door(scene: Scene) -> None:
    # H233, H242: reports and who sent them, reasons of bans, notes on hosts
    town = scene.ours
    there = await spoken(town)
    flag = scene.vic.act("Flag", [scene.eve.uri, GROUP], content=f"{SECRET} says Vic")
    await scene.send(flag, scene.vic)
    assert (await scene.why())[0] == "done"

    async def work() -> None:
        await town.wire.peers.block("bad.example", f"{SECRET}: a note")
        eve, group = await lookup.person(scene.eve.uri), await Group.get(name="welders")
        async with storage.transaction():
            await membership.ban(town.wire, group, eve, f"{SECRET}: a reason")

    await town.run(work)
    said = await answers(town, there)
    assert not [key for key, answer in said.items() if SECRET in found(key, answer)]
    naming = {path for (path, _), answer in said.items() if "bad.example" in answer[2]}
    assert naming == {"/about/blocked"}  # without the note
    assert flag["id"] not in str(said)


async def test_members_of_a_group_are_a_number(scene: Scene) -> None:
    # H227: nobody learns by asking whether somebody is a member
    there = await spoken(scene.ours)
    said = await answers(scene.ours, there)
    assert not [key for key, answer in said.items() if scene.vic.uri in answer[2]]
    followers = await ask(scene.ours, "/groups/welders/followers", KINDS[1])
    assert (followers.json()["totalItems"], followers.json()["items"]) == (3, [])
    for query in (f"?is_follower={scene.vic.uri}", "?page=1", "?is_follower=https://x.example/y"):
        answer = await ask(scene.ours, f"/groups/welders/followers{query}", KINDS[1])
        assert answer.json() == followers.json()


async def test_a_log_has_no_signature_and_no_words_of_anybody(scene: Scene) -> None:
    # H234: at the most talkative level, of what works and of what is refused
    stream = io.StringIO()
    logging.configure("json", "debug", stream)
    note = scene.vic.note(f"The word is {SECRET}.")
    body = dumps(scene.vic.create(note))
    headers = scene.signed(body, scene.vic) | {"Cookie": "c=biscuit", "Authorization": "token77"}
    assert await scene.raw(body, headers) == 202
    assert await scene.raw(body, headers | {"Digest": "SHA-256=AAAA"}) in {400, 401}
    await scene.settle()
    lowered = stream.getvalue().lower()
    assert "inbox" in lowered
    signature = headers["Signature"].rsplit('signature="', 1)[1][:40].lower()
    for private in (SECRET, "biscuit", "token77", signature):
        assert private not in lowered, private
