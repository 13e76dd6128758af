"""Every kind of decision reaches whom it concerns, with its reason: nobody is left to guess."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, storage
from fedigroups.groups import founding, lookup, scheduled
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.moderation import appeals, filing, reporting
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.filing import Filed
from fedigroups.moderation.kinds import KINDS
from fedigroups.moderation.models import Appeal, Decision, Report
from fedigroups.notify.models import Notification
from servers import GROUP

pytestmark = pytest.mark.anyio

REASON = "Because of the <sparks>."
ABOUT_WHAT_WAITS = ("ask", "refuse", "accept")
ABOUT_WHAT_IS_SHOWN = ("lock", "unlock", "pin", "unpin", "remove", "restore")
ABOUT_PEOPLE = (
    *("warn", "uphold", "mute", "unmute", "appoint", "dismiss", "expel", "ban", "overturn"),
)
"""In an order in which each can be decided; `uphold` and `overturn` are about the one before."""
ABOUT_REPORTS = ("heed", "set_aside")
BY_POLICIES = ("turn_away", "refuse_join", "hold")


class Walk:
    """One person, about whom everything is decided, one thing after another."""

    def __init__(self, stage, person: str) -> None:
        self.stage, self.person, self.post_uri = stage, person, ""
        self.walked: list[str] = []

    async def take(self, verb: str) -> Decision:
        """Olga decides, with everything that the kind needs; the decision."""
        await self.stage.ours.run(lambda: self._take(verb))
        await self.stage.settle()
        return await self.newest(verb)

    async def newest(self, verb: str) -> Decision:
        """What the ledger has of it."""
        self.walked.append(verb)

        async def find() -> Decision | None:
            return await Decision.filter(kind=verb).order_by("-id").first()

        made: Decision | None = await self.stage.ours.run(find)
        assert made is not None, verb
        assert made.text, verb
        return made

    async def _take(self, verb: str) -> None:
        wire, olga = self.stage.ours.wire, await lookup.person("olga")
        if verb in {"uphold", "overturn"}:
            number = await self._appeal()
            await appeals.settle(wire, olga, number, REASON, overturned=verb == "overturn")
            return
        said: dict[str, Any] = {"text": REASON, "rule": 1 if KINDS[verb].needs_rule else 0}
        if verb in ABOUT_REPORTS:
            await self._answer(verb)
            return
        if KINDS[verb].subject == "post":
            found = Post.get(uri=self.post_uri).select_related("author", "thread__group__actor")
            said["post"] = await found
        else:
            said["person"] = await lookup.person(self.person)
        if verb == "mute":
            said["until"] = clock.now_ms() + clock.DAY
        hosted = await lookup.hosted_named("welders")
        await decide(wire, Act(kind=verb, hosted=hosted, decider=olga, **said))

    async def _answer(self, verb: str) -> None:
        """Let them report something, and answer it."""
        group = (await lookup.hosted_named("welders")).group
        filed = Filed(
            activity_uri=f"https://m.example/{verb}",
            reporter=await lookup.person(self.person),
            objects=[],
            group_id=group.id,
        )
        async with storage.transaction():
            report = await Report.get(id=await filing.file(filed))
        olga = await lookup.person("olga")
        await reporting.settle(self.stage.ours.wire, olga, report, verb, REASON)

    async def _appeal(self) -> int:
        decision = await Decision.all().order_by("-id").first()
        assert decision is not None
        await appeals.lodge(await lookup.person(self.person), decision, "No!")
        return (await Appeal.get(decision_id=decision.id)).id


async def test_somebody_elsewhere_is_written_to_whatever_is_decided(stage) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    walk = Walk(stage, ann.uri)

    def check(verb: str, decision: Decision) -> None:
        notes = [one["object"] for one in microblog.came("Create")]
        told = [one for one in notes if one["id"] == decision.answer_uri]
        assert len(told) == 1, f"nobody told Ann of {verb}"
        reason = "&lt;sparks&gt;" if verb not in BY_POLICIES else decision.text
        assert reason in told[0]["content"], verb
        assert ("reply to this message" in told[0]["content"]) is KINDS[verb].against, verb

    await stage.ours.change(rules="Be kind.", post_policy="moderators", join_policy="invite")
    await stage.say(ann, ann.note("May I?"))
    check("turn_away", await walk.newest("turn_away"))
    await ann.send(ann.follow())
    await stage.settle()
    check("refuse_join", await walk.newest("refuse_join"))
    await stage.ours.change(post_policy="members", join_policy="open", approve="everyone")
    await stage.join(ann)
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    walk.post_uri = note["id"]
    check("hold", await walk.newest("hold"))
    for number, verb in enumerate(ABOUT_WHAT_WAITS, 1):
        check(verb, await walk.take(verb))
        later = note | {"updated": f"2099-01-0{number}T00:00:00Z"}
        await stage.send(ann, ann.act("Update", later, to=note["to"], cc=note["cc"]))
    for verb in (*ABOUT_WHAT_IS_SHOWN, *ABOUT_REPORTS, *ABOUT_PEOPLE):
        check(verb, await walk.take(verb))
    check("unban", await walk.newest("unban"))
    await stage.ours.change(approve="nobody")
    await stage.join(ann)
    check("transfer", await walk.take("transfer"))
    assert set(walk.walked) == set(KINDS)


async def _post(stage, ann) -> dict[str, Any]:
    note: dict[str, Any] = ann.note("Which rod?")
    await stage.say(ann, note)
    stage.forget()
    return note


async def _answer(stage, ann, note: dict[str, Any]) -> None:
    await stage.say(ann, ann.note("1.6 mm.", reply_to=note["id"], group=""))


async def _edit(stage, ann, note: dict[str, Any]) -> None:
    later = note | {"content": "<p>Buy!</p>", "updated": "2099-01-01T00:00:00Z"}
    await stage.send(ann, ann.act("Update", later, to=note["to"], cc=note["cc"]))


async def _start(stage, ann, _note: dict[str, Any]) -> None:
    await stage.say(ann, ann.note("And another."))


async def _to_followers(stage, ann, _note: dict[str, Any]) -> None:
    await stage.say(ann, ann.note("Mine.", to=[f"{ann.uri}/followers"], cc=[GROUP]))


async def _to_two(stage, ann, _note: dict[str, Any]) -> None:
    await stage.say(ann, ann.note("Ours.", to=[GROUP, "https://m.example/users/eve"], cc=[]))


async def _write_to_moderators(stage, ann, _note: dict[str, Any]) -> None:
    await stage.say(ann, ann.note("Hello?", to=[GROUP], cc=[]))


async def _name_two_groups(stage, ann, _note: dict[str, Any]) -> None:
    both = ann.note("To both.", cc=["https://groups.example/groups/smiths", GROUP])
    await stage.say(ann, both)
    shown = await stage.ours.post(both["id"])
    assert shown.state == "live"
    outbox = await stage.document(f"{GROUP}/outbox")
    assert both["id"] not in str(outbox)


async def _mute(stage) -> None:
    await _by_sql("UPDATE member SET muted_until = 4102444800000 WHERE role = 'member'")


async def _lock(stage) -> None:
    await _by_sql("UPDATE thread SET locked = TRUE")


async def _suspend(stage) -> None:
    await _by_sql("UPDATE groups SET state = 'suspended' WHERE name = 'welders'")


async def _shut_out(stage) -> None:
    await _by_sql("UPDATE groups SET servers_blocked = 'm.example' WHERE name = 'welders'")


async def _leave(stage) -> None:
    await _by_sql("DELETE FROM member WHERE role = 'member'")


async def _make_a_bot(stage) -> None:
    await _by_sql("UPDATE actor SET kind = 'Service' WHERE username = 'ann'")


async def _dig(stage) -> None:
    await _by_sql("UPDATE post SET depth = 10000")


async def _look_first(stage) -> None:
    await _found_smiths(stage)
    await _by_sql("UPDATE groups SET approve = 'everyone' WHERE name = 'welders'")


async def _let_moderators_start(stage) -> None:
    await _found_smiths(stage)
    await _by_sql("UPDATE groups SET post_policy = 'moderators' WHERE name = 'welders'")


async def _found_smiths(stage) -> None:
    tom = await lookup.person("tom")
    hosted = await founding.found(stage.ours.wire, "smiths", tom, Profile(title="Smiths"))
    await _by_sql("UPDATE groups SET post_policy = 'anyone' WHERE id = ?", hosted.group.id)


async def _nothing(stage) -> None:
    """It is as it was."""


async def _by_sql(statement: str, *values: int) -> None:
    await storage.execute(statement, *values)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("before", "act", "reason"),
    [
        (_mute, _start, "muted until"),
        (_mute, _answer, "muted until"),
        (_mute, _edit, "muted until"),
        (_lock, _answer, "the thread is locked"),
        (_lock, _edit, "the thread is locked"),
        (_suspend, _start, "the group is closed"),
        (_suspend, _edit, "the group is closed"),
        (_shut_out, _start, "takes nothing from that server"),
        (_shut_out, _answer, "takes nothing from that server"),
        (_leave, _start, "only members start threads"),
        (_leave, _write_to_moderators, "reply to this"),
        (_make_a_bot, _start, "programs"),
        (_dig, _answer, "too deep"),
        (_nothing, _to_followers, "not public"),
        (_nothing, _to_two, "not public"),
        (_look_first, _name_two_groups, "send it to this group alone"),
        (_let_moderators_start, _name_two_groups, "only moderators start threads"),
    ],
)
async def test_whatever_is_not_taken_its_author_is_told_why_once_and_how_to_appeal(
    stage, before, act, reason
) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    note = await _post(stage, ann)
    await stage.ours.run(lambda: before(stage))
    for _ in range(2):
        await act(stage, ann, note)
    told = [one["object"]["content"] for one in microblog.came("Create")]
    assert len(told) == 1
    assert reason in told[0]
    assert "reply to this message" in told[0]
    assert (await stage.ours.run(lambda: Decision.filter(kind="turn_away").count())) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_was_to_be_said_later_and_cannot_be_is_explained_to_its_author(stage) -> None:
    async def schedule() -> None:
        tom, now = await lookup.person("tom"), clock.now_ms()
        group = (await lookup.hosted_named("welders")).group
        with clock.held(now - clock.HOUR):
            await scheduled.schedule(tom, Text("Rods!"), now, {}, group=group)
        await Member.filter(actor_id=tom.id).update(muted_until=now + clock.DAY)
        await scheduled.say_due(stage.ours.wire)

    await stage.ours.run(schedule)

    async def told() -> list[str]:
        decisions = [one.post_id for one in await Notification.filter(kind="decision")]
        return [one.text for one in await Decision.filter(id__in=decisions)]

    (text,) = await stage.ours.run(told)
    assert "muted until" in text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_somebody_here_is_notified_whatever_is_decided(stage) -> None:
    walk = Walk(stage, "tom")

    async def check(verb: str, decision: Decision) -> None:
        async def is_told() -> bool:
            kind = "decision" if KINDS[verb].against else "favour"
            about = Notification.filter(kind=kind, post_id=decision.id)
            return await about.filter(actor__username="tom").exists()

        assert await stage.ours.run(is_told), f"nobody told Tom of {verb}"

    await stage.ours.change(rules="Be kind.", approve="everyone")
    walk.post_uri = (await stage.ours.write("tom", "Which rod?", "Rods")).uri
    await check("hold", await walk.newest("hold"))
    await check("accept", await walk.take("accept"))
    for verb in (*ABOUT_WHAT_IS_SHOWN, *ABOUT_REPORTS, *ABOUT_PEOPLE):
        await check(verb, await walk.take(verb))
