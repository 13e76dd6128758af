"""Every kind of decision reaches whom it concerns, with its reason: nobody is left to guess."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, storage
from fedigroups.groups import lookup
from fedigroups.groups.models import Post
from fedigroups.moderation import appeals, filing, reporting
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.filing import Filed
from fedigroups.moderation.kinds import KINDS
from fedigroups.moderation.models import Appeal, Decision, Report
from fedigroups.notify.models import Notification

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
