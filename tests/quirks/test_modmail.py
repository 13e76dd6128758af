"""What a member and the moderators of a group write to each other, and nobody else reads."""

from __future__ import annotations

import pytest

from federation import clock, limits, storage
from federation.errors import Malformed
from fedigroups.groups import lookup, notices
from fedigroups.moderation import mail
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
    (told,) = microblog.came("Create")
    stage.forget()
    await stage.say(eve, direct(eve, "I am Ann.", told["object"]["id"]))
    assert await mails(stage) == ["Yes?"]


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
async def test_a_member_writes_so_often_a_day_and_only_members_do(stage) -> None:
    assert limits.MODMAILS_A_DAY == 30

    async def write(name: str) -> None:
        group = (await lookup.hosted_named("welders")).group
        async with storage.transaction():
            await mail.write(group, await lookup.person(name), "Hello?")

    now = clock.now_ms()
    with clock.held(now):
        for _ in range(30):
            await stage.ours.run(lambda: write("tom"))
        with pytest.raises(Malformed, match="30"):
            await stage.ours.run(lambda: write("tom"))
    with clock.held(now + clock.DAY):
        await stage.ours.run(lambda: write("tom"))
    mia = stage.microblog().member("mia")
    await stage.say(mia, direct(mia, "Hello?"))
    assert await mails(stage) == ["Hello?"]
