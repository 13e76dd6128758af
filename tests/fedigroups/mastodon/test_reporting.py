"""Reporting from an app."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import entities
from clients import App, signed_in
from entities import check
from federation import limits
from fedigroups.groups.models import Post
from fedigroups.moderation.models import Report
from world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

REPORTS, STATUSES = "/api/v1/reports", "/api/v1/statuses"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def tom(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "tom") as app:
        yield app


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga") as app:
        yield app


async def test_an_app_reports_a_post_to_the_moderators_of_its_group(
    town: Town, tom: App, olga: App
) -> None:
    account = await olga.account("olga")
    status = await olga.post(STATUSES, 200, status="@welders@groups.example Buy rods!")
    said = {"account_id": account["id"], "status_ids": [status["id"]], "comment": "It sells."}
    made = check(await tom.post(REPORTS, 200, **said, rule_ids=["1"]), entities.REPORT)
    assert made["target_account"]["id"] == account["id"]
    assert (made["category"], made["comment"], made["forwarded"]) == (
        *("violation", "It sells."),
        False,
    )
    assert (made["status_ids"], made["action_taken"]) == ([status["id"]], False)

    async def kept() -> list[tuple[bool, int, bool]]:
        return [(one.group_id > 0, one.post_id, one.for_staff) for one in await Report.all()]

    # it is about a moderator, so the staff sees it too
    assert await town.run(kept) == [(True, int(status["id"]), True)]


async def test_what_is_reported_twice_is_one_report(tom: App, olga: App) -> None:
    status = await olga.post(STATUSES, 200, status="@welders@groups.example Buy rods!")
    said = {"account_id": status["account"]["id"], "status_ids": [status["id"]]}
    first, second = [check(await tom.post(REPORTS, 200, **said), entities.REPORT) for _ in range(2)]
    assert first == second


async def test_who_reports_too_much_is_told_so(
    town: Town, tom: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REPORTS_A_DAY", 0)
    account = await tom.account("olga")
    refused = check(await tom.post(REPORTS, 429, account_id=account["id"]), entities.ERROR)
    assert "tomorrow" in refused["error"]


async def test_an_app_reports_no_post_that_it_may_not_read_or_that_another_wrote(
    town: Town, tom: App, olga: App
) -> None:
    account = await olga.account("olga")
    own = await tom.post(STATUSES, 200, status="@welders@groups.example Which rod?")
    said = {"account_id": account["id"], "status_ids": [own["id"]]}
    await tom.post(REPORTS, 404, **said)

    async def hide() -> None:
        await Post.filter(id=int(own["id"])).update(state="removed")

    await town.run(hide)
    me = await tom.account("tom")
    eva_says = {"account_id": me["id"], "status_ids": [own["id"]]}
    await tom.post(REPORTS, 404, **eva_says)
    await tom.post(REPORTS, 422, account_id=me["id"])
