"""What a member and the moderators of a group write to each other, and nobody else reads."""

from __future__ import annotations

import pytest

from federation import clock, limits, storage
from federation.errors import Malformed
from fedigroups.groups import founding, lookup, notices
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member
from fedigroups.moderation import mail
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.models import Appeal
from servers import GROUP

pytestmark = pytest.mark.anyio

SECRET = "Sesame troubles me."


def direct(person, text: str, reply_to: str = ""):
    """A direct note as Mastodon writes it."""
    return person.note(
        text,
        reply_to=reply_to,
        to=[GROUP],
        cc=[],
        tag=[{"type": "Mention", "href": GROUP, "name": "@welders"}],
    )


async def mails(stage) -> list[str]:
    async def read() -> list[str]:
        group = (await lookup.hosted_named("welders")).group
        return [one.text for _, one in await mail.newest(group)]

    found: list[str] = await stage.ours.run(read)
    return found


async def answer(stage, uri: str, text: str) -> None:
    async def work() -> None:
        hosted, olga = await lookup.hosted_named("welders"), await lookup.person("olga")
        await mail.answer(stage.ours.wire, hosted, olga, await lookup.person(uri), text)

    await stage.ours.run(work)
    await stage.settle()


async def test_a_member_elsewhere_writes_is_answered_and_answers_and_nobody_else_hears(
    stage,
) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    await stage.say(ann, direct(ann, SECRET))
    assert await mails(stage) == [SECRET]
    assert (microblog.kinds(), threads.kinds()) == ([], [])

    async def desks() -> list[int]:
        return [one.mails for one in await notices.desks((await lookup.person("olga")).id)]

    assert await stage.ours.run(desks) == [1]
    await answer(stage, ann.uri, "We <look> at it.")
    assert await stage.ours.run(desks) == []
    (told,) = microblog.came("Create")
    assert (told["actor"], told["to"], told["cc"]) == (GROUP, [ann.uri], [])
    assert "We &lt;look&gt; at it." in told["object"]["content"]
    assert "olga" not in str(told)
    assert threads.kinds() == []
    await stage.say(ann, direct(ann, "Thank you.", told["object"]["id"]))
    assert await mails(stage) == ["Thank you."]
    pages = (f"{GROUP}/mail", f"{GROUP}/moderation/mail", f"{GROUP}/outbox")
    for url in (told["object"]["id"], *pages):
        answered = await stage.read(url)
        assert SECRET not in answered.text
        assert "look" not in answered.text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_is_said_to_others_as_well_or_by_strangers_is_no_mail(stage) -> None:
    microblog = stage.microblog()
    ann, eve = microblog.member("ann"), microblog.member("eve")
    await stage.join(ann)
    await stage.say(eve, direct(eve, "Hello?"))
    followers = ann.note("To mine.", to=[f"{ann.uri}/followers"], cc=[GROUP])
    await stage.say(ann, followers)
    both = ann.note("To two.", to=[GROUP, eve.uri], cc=[])
    await stage.say(ann, both)
    assert await mails(stage) == []
    await stage.say(ann, direct(ann, SECRET))
    await answer(stage, ann.uri, "Yes?")
    told = microblog.came("Create")[-1]
    stage.forget()
    await stage.say(eve, direct(eve, "I am Ann.", told["object"]["id"]))

    async def with_ann() -> list[str]:
        group, person = (await lookup.hosted_named("welders")).group, await lookup.person(ann.uri)
        return [one.text for one in await mail.between(group, person.id)]

    assert await stage.ours.run(with_ann) == [SECRET, "Yes?"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_member_on_lemmy_answers_what_they_were_sent(stage) -> None:
    threads = stage.threads()
    bob = threads.member("bob")
    await stage.join(bob)
    await answer(stage, bob.uri, "A word?")
    (told,) = threads.came("Create")
    assert told["object"]["type"] == "ChatMessage"
    message = {
        "id": "https://l.example/private_message/1",
        "type": "ChatMessage",
        "attributedTo": bob.uri,
        "to": [told["actor"]],
        "content": "<p>Gladly.</p>",
    }
    sent = bob.act("Create", message, to=[told["actor"]])
    await stage.send(bob, sent, to="https://groups.example/inbox")
    assert await mails(stage) == ["Gladly."]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_member_on_lemmy_who_writes_first_writes_to_the_group_that_they_are_in(
    stage,
) -> None:
    threads = stage.threads()
    bob, eve = threads.member("bob"), threads.member("eve")
    await stage.join(bob)
    moderation = "https://groups.example/moderation"
    # Ids there are numbers: whoever took the next one of another host would silence who gets it.
    tries = [(eve, eve, "l"), (eve, bob, "l"), (bob, bob, "l"), (bob, bob, "h")]
    for number, (person, author, place) in enumerate(tries):
        message = {
            "id": f"https://{place}.example/private_message/{number}",
            "type": "ChatMessage",
            "attributedTo": author.uri,
            "to": [moderation],
            "content": f"<p>{number}</p>",
        }
        sent = person.act("Create", message, to=[moderation])
        await stage.send(person, sent, to="https://groups.example/inbox")
    assert await mails(stage) == ["2"]


@pytest.mark.parametrize(
    "to",
    [[], ["https://h.example/users/vic"], ["https://groups.example/users/tom"]],
    ids=["nobody", "vic", "tom"],
)
async def test_a_message_to_somebody_else_is_no_mail_though_it_came_here(stage, to) -> None:
    threads = stage.threads()
    bob = threads.member("bob")
    await stage.join(bob)
    message = {
        "id": "https://l.example/private_message/1",
        "type": "ChatMessage",
        "attributedTo": bob.uri,
        "to": to,
        "content": "<p>Between you and me.</p>",
    }
    await stage.send(bob, bob.act("Create", message, to=to), to="https://groups.example/inbox")
    assert await mails(stage) == []
    assert "not for moderators to read" in await stage.last()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("state", "most"), [("member", 30), ("left", 3)])
async def test_who_has_to_do_with_a_group_writes_so_often_a_day(stage, state, most) -> None:
    assert (limits.MODMAILS_A_DAY, limits.MODMAILS_OUTSIDE) == (30, 3)

    async def write() -> None:
        tom, group = await lookup.person("tom"), (await lookup.hosted_named("welders")).group
        await Member.filter(actor_id=tom.id).update(state=state)
        async with storage.transaction():
            await mail.write(group, tom, "Hello?")

    now = clock.now_ms()
    with clock.held(now):
        for _ in range(most):
            await stage.ours.run(write)
    with clock.held(now + clock.DAY - 1), pytest.raises(Malformed, match=str(most)):
        await stage.ours.run(write)
    with clock.held(now + clock.DAY):
        await stage.ours.run(write)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("state", ["banned", "refused", "removed", "left", "asked", "gone"])
async def test_whoever_was_put_out_or_refused_may_ask_why_and_is_answered(stage, state) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)

    async def put_out() -> None:
        person = await lookup.person(ann.uri)
        if state != "gone":
            await Member.filter(actor_id=person.id).update(state=state)
            return
        hosted = await lookup.hosted_named("welders")  # no row is left, but a decision is
        act = Act(kind="warn", hosted=hosted, person=person, text="Be kind.")
        await decide(stage.ours.wire, act)
        await Member.filter(actor_id=person.id).delete()

    await stage.ours.run(put_out)
    await stage.settle()
    stage.forget()
    await stage.say(ann, direct(ann, "Why?"))
    assert await mails(stage) == ["Why?"]
    await answer(stage, ann.uri, "For this.")
    (told,) = microblog.came("Create")
    assert "For this." in told["object"]["content"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_stranger_is_told_once_how_to_reach_the_moderators_and_reaches_them_so(
    stage,
) -> None:
    microblog = stage.microblog()
    mia = microblog.member("mia")
    await stage.say(mia, direct(mia, "Hello?"))
    assert await mails(stage) == []
    (told,) = microblog.came("Create")
    assert (told["to"], told["cc"]) == ([mia.uri], [])
    assert "reply to this and say what" in told["object"]["content"]
    await stage.say(mia, direct(mia, "May I join?", told["object"]["id"]))

    async def asked() -> list[str]:
        return [one.text for one in await Appeal.all()]

    assert await stage.ours.run(asked) == ["May I join?"]
    assert len(microblog.came("Create")) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_who_writes_too_often_is_told_so_and_one_note_is_one_message(
    stage, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "MODMAILS_A_DAY", 2)
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    first = direct(ann, "One")
    await stage.say(ann, first)
    again = ann.create(first, id=f"{first['id']}/again")
    await stage.send(ann, again)
    assert await mails(stage) == ["One"]
    await stage.say(ann, direct(ann, "Two"))
    assert microblog.kinds() == []
    await stage.say(ann, direct(ann, "Three"))
    assert await mails(stage) == ["Two"]
    (told,) = microblog.came("Create")
    assert "at most 2 messages a day" in told["object"]["content"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_long_message_is_cut_and_an_empty_one_is_none(stage) -> None:
    async def write(text: str) -> str:
        tom, group = await lookup.person("tom"), (await lookup.hosted_named("welders")).group
        made = await mail.write(group, tom, text)
        return made.text if made else ""

    long = "x" * (limits.DECISION_CHARS + 1)
    assert await stage.ours.run(lambda: write(long)) == long[:-1]
    with pytest.raises(Malformed, match="give a text"):
        await stage.ours.run(lambda: write(" "))


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_reads_what_another_member_or_another_group_wrote(stage) -> None:
    async def story() -> tuple[list[str], list[str]]:
        wire, hosted = stage.ours.wire, await lookup.hosted_named("welders")
        tom, olga = await lookup.person("tom"), await lookup.person("olga")
        smiths = await founding.found(wire, "smiths", tom, Profile(title="Smiths"))
        for group, person, text in (
            *((hosted.group, tom, "Tom"), (hosted.group, olga, "Olga")),
            (smiths.group, tom, "Tom, to the smiths"),
        ):
            await mail.write(group, person, text)
        own = [one.text for one in await mail.between(hosted.group, tom.id)]
        return own, [one.text for _, one in await mail.newest(smiths.group)]

    assert await stage.ours.run(story) == (["Tom"], ["Tom, to the smiths"])
