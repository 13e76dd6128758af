"""The page on which hosts make the rules of a group that run by themselves, without scripts."""

from __future__ import annotations

import re

import pytest

from fedigroups.accounts.people import person_named
from fedigroups.groups import founding, joining, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.speaking import Text
from fedigroups.moderation import watching
from guests import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

RULES = "/groups/welders/settings/rules"


async def test_a_host_tries_a_rule_makes_changes_and_removes_it(house: House) -> None:
    wire = house.instance.wire
    await house.settle("tom")
    olga, tom = await person_named(wire, "olga"), await person_named(wire, "tom")
    group = (await founding.found(wire, "welders", olga, Profile(title="Welders"))).group
    other = (await founding.found(wire, "bakers", olga, Profile(title="Bakers"))).group
    await joining.join(wire, tom, await group.actor)
    await speaking.write(wire, tom, group, Text("Buy <b>now</b>: rods!"))
    async with house.guest() as host, house.guest() as member, house.guest() as stranger:
        await host.sign_in()
        await member.sign_in("tom")
        assert (await member.get(RULES)).status_code == 404
        assert (await stranger.get(RULES)).status_code == 303
        typed = {"kind": "patterns", "words": "buy .*now"}
        tried = await host.fill(RULES, **typed, do="try")
        assert "1 post was looked at. 1 would have waited." in tried.text
        assert "tom@groups.example" in tried.text
        assert "buy .*now" in tried.text
        assert await watching.rules(group) == []
        wrong = await host.fill(RULES, kind="patterns", words="(", do="save")
        assert wrong.status_code == 422
        assert (await host.fill(RULES, **typed, do="save")).status_code == 303
        (rule,) = await watching.rules(group)
        shown = (await host.get(f"{RULES}?done=rule_added")).text
        assert "From now on the rule runs by itself." in shown
        assert re.findall(r'name="rule" value="(\d+)"', shown) == [str(rule.id), "0"]
        changed = {"rule": str(rule.id), "kind": "links", "amount": "2", "days": "7", "words": ""}
        assert (await host.fill(RULES, **changed, do="save")).status_code == 303
        (rule,) = await watching.rules(group)
        assert (rule.kind, rule.amount, rule.days, rule.words) == ("links", 2, 7, "")
        all_of_them = await host.fill(RULES, do="try")
        assert "1 post was looked at. 0 would have waited." in all_of_them.text
        elsewhere = f"/groups/{other.name}/settings/rules"
        for do in ("remove", "save"):
            assert (await host.fill(elsewhere, **changed, do=do)).status_code == 404
        assert len(await watching.rules(group)) == 1
        assert (await host.fill(RULES, rule=str(rule.id), do="remove")).status_code == 303
        assert await watching.rules(group) == []
