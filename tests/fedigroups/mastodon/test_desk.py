"""The staff works through reports in an app, as on the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import entities
from clients import App, signed_in
from entities import check, many
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import sign_up
from fedigroups.moderation.models import Decision
from world import Town, World

pytestmark = pytest.mark.anyio

DESK, STATUSES = "/api/v1/admin/reports", "/api/v1/statuses"
SCOPES = ("read", "write", "follow", "admin:read", "admin:write")


@pytest.fixture
async def town(world: World) -> Town:
    """Olga, who owns the welders, runs the instance; Nora moderates it, and is in no group."""
    made = await world.town()
    await made.run(lambda: sign_up(made.wire, "nora", email="", password=""))
    for name, role in (("olga", "admin"), ("nora", "moderator")):
        await set_role(made, name, role)
    return made


async def set_role(town: Town, name: str, role: str) -> None:
    await town.run(lambda: Account.filter(actor__username=name).update(role=role))


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga", scopes=SCOPES) as app:
        yield app


@pytest.fixture
async def nora(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "nora", scopes=SCOPES) as app:
        yield app


async def reported(by: App, author: App, *, staff: bool = False) -> Any:
    """A report of a post that somebody writes."""
    status = await author.post(STATUSES, status="@welders Buy rods!")
    said = {"account_id": status["account"]["id"], "status_ids": [status["id"]]}
    return await by.post("/api/v1/reports", 200, **said, comment="It sells.", staff=staff)


async def listed(app: App, **asked: Any) -> list[str]:
    found = check(await app.get(DESK, **asked), many(entities.ADMIN_REPORT))
    return [one["id"] for one in found]


async def test_a_report_is_taken_on_closed_opened_again_and_set_free(
    town: Town, olga: App, nora: App
) -> None:
    async with signed_in(town, "tom") as tom:
        made = await reported(nora, tom)
    there = f"{DESK}/{made['id']}"
    shown = check(await olga.get(there), entities.ADMIN_REPORT)
    assert [one["id"] for one in shown["statuses"]] == made["status_ids"]
    assert (shown["account"]["username"], shown["target_account"]["username"]) == ("nora", "tom")
    taken = check(await olga.post(f"{there}/assign_to_self"), entities.ADMIN_REPORT)
    assert taken["assigned_account"]["username"] == "olga"
    closed = check(await olga.post(f"{there}/resolve", text="It is gone."), entities.ADMIN_REPORT)
    assert closed["action_taken_by_account"]["username"] == "olga"
    assert (await listed(olga), await listed(olga, resolved=True)) == ([], [made["id"]])
    decision = await town.run(lambda: Decision.get(kind="heed"))
    assert decision.text == "It is gone."
    await olga.post(f"{there}/resolve", 422)
    opened = check(await olga.post(f"{there}/reopen"), entities.ADMIN_REPORT)
    assert (opened["action_taken"], opened["assigned_account"]) == (False, None)
    assert await listed(olga, target_account_id=made["target_account"]["id"]) == [made["id"]]
    await olga.post(f"{there}/assign_to_self")
    assert (await olga.post(f"{there}/unassign"))["assigned_account"] is None
    await olga.post(f"{there}/reopen", 422)


async def test_who_acts_as_a_group_looks_into_it_as_that_group(town: Town, nora: App) -> None:
    async with signed_in(town, "tom") as tom:
        made = await reported(nora, tom)
    async with signed_in(town, "olga", acting="welders", scopes=SCOPES) as welders:
        closed = await welders.post(f"{DESK}/{made['id']}/resolve")
    assert closed["action_taken_by_account"]["account"]["acct"] == "welders"


async def test_staff_meets_what_is_before_it_and_nothing_about_itself(
    town: Town, olga: App, nora: App
) -> None:
    async with signed_in(town, "tom") as tom:
        groups = await reported(nora, tom)
        everybodys = await reported(olga, tom, staff=True)
        about_olga = await reported(tom, olga)  # a moderator: the staff sees it, too
    assert await listed(nora) == [about_olga["id"], everybodys["id"]]
    assert await listed(olga) == [everybodys["id"], groups["id"]]
    for app, made in ((nora, groups), (olga, about_olga)):
        there = f"{DESK}/{made['id']}"
        check(await app.get(there, 404), entities.ERROR)
        for act in ("assign_to_self", "unassign", "resolve", "reopen"):
            await app.post(f"{there}/{act}", 404)


async def test_nobody_else_works_through_reports(town: Town, olga: App, nora: App) -> None:
    async with signed_in(town, "tom") as author:
        made = await reported(nora, author)
    there = f"{DESK}/{made['id']}"
    await set_role(town, "olga", "member")  # she moderates the group still, on its pages
    async with signed_in(town, "nora") as narrow:
        for app in (olga, narrow):
            await app.get(DESK, 403)
            await app.get(there, 403)
            for act in ("assign_to_self", "unassign", "resolve", "reopen"):
                await app.post(f"{there}/{act}", 403)


async def test_what_another_looks_into_is_not_closed_over_their_head(
    town: Town, olga: App, nora: App
) -> None:
    async with signed_in(town, "tom") as tom:
        made = await reported(olga, tom, staff=True)
    await nora.post(f"{DESK}/{made['id']}/assign_to_self")
    refused = await olga.post(f"{DESK}/{made['id']}/resolve", 422)
    assert "take it over first" in refused["error"]
