"""Appeals: whoever was decided against answers the note, and another moderator looks at it."""

from __future__ import annotations

import pytest

from federation import clock, limits
from federation.errors import Malformed
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Post
from fedigroups.moderation import appeals
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.models import Appeal, Decision
from servers import GROUP

pytestmark = pytest.mark.anyio

TOO_LONG = limits.DECISION_CHARS + 1


async def removed(stage, reason: str = "Advertising."):
    """Olga removed a post of Ann's; Ann, the post, and the note that told her."""
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)

    async def work() -> None:
        post = await Post.get(uri=note["id"]).select_related("author", "thread__group__actor")
        hosted, olga = await lookup.hosted_named("welders"), await lookup.person("olga")
        act = Act(kind="remove", hosted=hosted, decider=olga, post=post, text=reason)
        await decide(stage.ours.wire, act)

    await stage.ours.run(work)
    await stage.settle()
    answer = microblog.came("Create")[-1]["object"]
    stage.forget()
    return microblog, ann, note, answer


async def says(stage, person, answer, text: str = "I sell nothing.") -> str:
    """They answer the note, directly; what became of it."""
    reply = person.note(text, reply_to=answer["id"], to=[GROUP], cc=[])
    await stage.say(person, reply)
    return await stage.last()


async def settle(stage, by: str, text: str = "They are right.", *, overturned: bool = True) -> None:
    """Somebody decides about the one appeal."""

    async def work() -> None:
        appeal = await Appeal.first()
        assert appeal is not None
        decider = await lookup.person(by)
        await appeals.settle(stage.ours.wire, decider, appeal.id, text, overturned=overturned)

    await stage.ours.run(work)
    await stage.settle()


async def second_moderator(stage, name: str = "tom") -> None:
    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        await membership.appoint(hosted.group, await lookup.person(name), "moderator")

    await stage.ours.run(work)


async def test_a_removal_that_was_wrong_is_overturned_by_another_moderator_and_announced(
    stage,
) -> None:
    microblog, ann, note, answer = await removed(stage)
    await second_moderator(stage)
    assert "an appeal against" in await says(stage, ann, answer)
    with pytest.raises(Malformed, match="another moderator"):
        await settle(stage, "olga")
    assert (await stage.ours.post(note["id"])).state == "removed"
    await settle(stage, "tom")
    assert (await stage.ours.post(note["id"])).state == "live"
    assert [one["object"] for one in microblog.came("Announce")] == [note["id"]]
    texts = [one["object"]["content"] for one in microblog.came("Create")]
    assert "the decision is taken back" in texts[0]
    assert "They are right." in texts[0]
    with pytest.raises(Malformed, match="nobody appeals"):
        await settle(stage, "tom")


async def test_an_appeal_that_is_not_granted_is_answered_and_changes_nothing(stage) -> None:
    microblog, ann, note, answer = await removed(stage)
    await says(stage, ann, answer)
    await settle(stage, "olga", "The rules say so.", overturned=False)
    assert (await stage.ours.post(note["id"])).state == "removed"
    assert microblog.kinds() == ["Create"]
    assert "the decision stands" in microblog.came("Create")[0]["object"]["content"]


async def test_nobody_appeals_for_another_or_twice(stage) -> None:
    _, ann, _, answer = await removed(stage)
    eve = stage.microblog("e.example").member("eve")
    assert "no other" in await says(stage, eve, answer)
    await says(stage, ann, answer)
    assert "already" in await says(stage, ann, answer, "Please!")
    assert await stage.ours.run(lambda: Appeal.all().count()) == 1


async def test_an_appeal_is_seen_by_nobody_else(stage) -> None:
    _, ann, _, answer = await removed(stage)
    await says(stage, ann, answer, "sesame")
    for path in ("", "/outbox", "/feed.atom"):
        for accept in ("text/html", "application/activity+json"):
            assert "sesame" not in (await stage.read(f"{GROUP}{path}", accept)).text
    assert await stage.ours.run(lambda: Post.all().count()) == 1


async def test_what_is_said_against_a_decision_is_cut(stage) -> None:
    _, ann, _, answer = await removed(stage)
    await says(stage, ann, answer, "x" * (limits.APPEAL_CHARS + 1))
    appeal = await stage.ours.run(Appeal.first)
    assert len(appeal.text) == limits.APPEAL_CHARS


async def test_a_reason_has_so_many_characters(stage) -> None:
    await removed(stage, "x" * limits.DECISION_CHARS)
    with pytest.raises(Malformed, match="at most"):
        await removed(stage, "x" * TOO_LONG)


@pytest.mark.parametrize("days", [limits.APPEAL_DAYS - 1, limits.APPEAL_DAYS + 1])
async def test_appeals_are_taken_for_ninety_days(stage, days) -> None:
    await removed(stage)

    async def work() -> None:
        decision = await Decision.get(kind="remove")
        ann = await lookup.person("ann@m.example")
        with clock.held(clock.now_ms() + days * clock.DAY):
            await appeals.lodge(ann, decision, "I sell nothing.")

    if days < limits.APPEAL_DAYS:
        await stage.ours.run(work)
    else:
        with pytest.raises(Malformed, match="90 days"):
            await stage.ours.run(work)


async def test_a_message_from_lemmy_is_an_appeal_though_it_does_not_say_against_what(
    stage,
) -> None:
    """Before anything was decided it is mail."""
    threads = stage.threads()
    bob = threads.member("bob")
    await stage.join(bob)
    await stage.ours.change(approve="everyone", rules="Be kind.")
    page = bob.page("Rods", "Buy mine!")
    await stage.say(bob, page)

    async def work() -> None:
        post = await Post.get(uri=page["id"]).select_related("author", "thread__group__actor")
        hosted, olga = await lookup.hosted_named("welders"), await lookup.person("olga")
        act = Act(kind="refuse", hosted=hosted, decider=olga, post=post, text="Ads.", rule=1)
        await decide(stage.ours.wire, act)

    message = {"id": f"{bob.uri}/message/1", "type": "ChatMessage", "attributedTo": bob.uri}
    said = message | {"to": ["https://groups.example/moderation"], "content": "<p>No ads.</p>"}
    create = bob.act("Create", said, to=said["to"])
    await stage.send(bob, create)
    assert "mail to the moderators" in await stage.last()
    await stage.ours.run(work)
    await stage.send(bob, create | {"id": f"{create['id']}/2"})
    assert "an appeal against" in await stage.last()
    forged = said | {"id": f"{bob.uri}/message/2", "attributedTo": f"{bob.uri}2"}
    await stage.send(bob, bob.act("Create", forged, to=said["to"]))
    assert await stage.ours.run(lambda: Appeal.all().count()) == 1
