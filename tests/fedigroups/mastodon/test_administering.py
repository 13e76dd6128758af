"""The staff keeps others out, and lets people in, in an app; everybody else does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import entities
from clients import SCOPES, App, signed_in
from entities import check, many
from federation.models import Peer
from fedigroups import audit
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import Wish
from world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

ADMIN = "/api/v1/admin"
STAFF = (*SCOPES, "admin:read", "admin:write")
KEPT_OUT = [
    ("email_domain_blocks", {"domain": "spam.example"}, entities.MAIL_BLOCK),
    ("canonical_email_blocks", {"email": "eve@m.example"}, entities.MAILBOX_BLOCK),
    (
        "ip_blocks",
        {"ip": "8.8.8.0/24", "severity": "sign_up_block", "comment": "Why"},
        entities.NETWORK_BLOCK,
    ),
    (
        "domain_blocks",
        {"domain": "bad.example", "severity": "suspend", "private_comment": "Why"},
        entities.SERVER_BLOCK,
    ),
]


@pytest.fixture
async def town(world: World) -> Town:
    made = await world.town()
    await made.run(lambda: Account.filter(actor__username="olga").update(role="admin"))
    return made


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga", scopes=STAFF) as app:
        yield app


@pytest.mark.parametrize(("path", "said", "wanted"), KEPT_OUT)
async def test_a_block_is_made_found_changed_and_lifted_and_written_down(
    town: Town, olga: App, path: str, said: dict[str, str], wanted: entities.Check
) -> None:
    there = f"{ADMIN}/{path}"
    made = check(await olga.post(there, **said), wanted)
    again = await olga.post(there, **said)
    assert again["id"] == made["id"]
    assert check(await olga.get(there), many(wanted)) == [again]
    single = f"{there}/{made['id']}"
    assert await olga.get(single) == again
    if path in {"ip_blocks", "domain_blocks"}:
        changed = await olga.ask("PUT", single, json={"private_comment": "New", "comment": "New"})
        assert "New" in {changed.get("comment"), changed.get("private_comment")}
        assert changed["severity"] == said["severity"]
    await olga.delete(single)
    assert await olga.get(there) == []
    await olga.get(single, 404)
    written = await town.run(lambda: audit.newest(1))
    assert (written[0].who, "unblock" in written[0].what) == ("@olga", True)
    assert "eve@m.example" not in str(await town.run(lambda: audit.newest(9)))


async def test_what_is_blocked_in_an_app_is_blocked(town: Town, olga: App) -> None:
    await olga.post(f"{ADMIN}/domain_blocks", domain="Bad.example", severity="suspend")
    assert await town.run(lambda: Peer.filter(host="bad.example", blocked=True).exists())
    mailbox = await olga.post(f"{ADMIN}/canonical_email_blocks", email="eve@m.example")
    tried = await olga.post(f"{ADMIN}/canonical_email_blocks/test", email="E.ve+9@M.example")
    assert tried == [mailbox]
    assert await olga.post(f"{ADMIN}/canonical_email_blocks/test", email="eva@m.example") == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("domain_blocks", {"domain": "bad.example"}),
        ("domain_blocks", {"domain": "bad.example", "severity": "noop"}),
        ("domain_blocks", {"domain": "groups.example", "severity": "suspend"}),
        ("email_domain_blocks", {}),
        ("ip_blocks", {"ip": "8.8.8.0/24", "severity": "no_access"}),
        ("ip_blocks", {"ip": "8.8.8", "severity": "sign_up_block"}),
        ("canonical_email_blocks", {"email": "nobody"}),
    ],
)
async def test_what_cannot_be_blocked_is_refused_in_words(
    olga: App, path: str, said: dict[str, str]
) -> None:
    check(await olga.post(f"{ADMIN}/{path}", 422, **said), entities.ERROR)
    assert await olga.get(f"{ADMIN}/{path}") == []


async def test_blocks_and_accounts_are_for_staff_with_the_scope_for_them(
    town: Town, olga: App
) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        *((path, said) for path, said, _ in KEPT_OUT),
        ("accounts/{tom}/action", {"type": "suspend", "text": "Spam"}),
    ]
    id = (await olga.account("tom"))["id"]
    async with (
        signed_in(town, "tom", scopes=STAFF) as tom,
        signed_in(town, "olga", scopes=("read", "write", "admin:read")) as reads,
    ):
        for path, said in calls:
            there = f"{ADMIN}/{path.format(tom=id)}"
            for app in (tom, reads):
                await app.post(there, 403, **said)
            if "accounts" not in path:
                await tom.get(there, 403)
                assert await olga.get(there) == []
    assert (await olga.get(f"{ADMIN}/accounts/{id}"))["suspended"] is False


async def test_staff_lets_people_in_suspends_them_and_lifts_it(town: Town, olga: App) -> None:
    for name in ("mia", "eve"):
        wish = Wish(name=name, email=f"{name}@m.example", password="correct horse")
        await town.run(lambda: people.add(town.wire, wish, confirmed=True, approved=False))  # noqa: B023
    waiting = {one["username"]: one["id"] for one in await olga.get(f"{ADMIN}/accounts?pending=1")}
    mia = f"{ADMIN}/accounts/{waiting['mia']}"
    approved = check(await olga.post(f"{mia}/approve"), entities.ADMIN_ACCOUNT)
    assert approved["approved"] is True
    refused = await olga.post(f"{ADMIN}/accounts/{waiting['eve']}/reject")
    assert refused["username"] == "eve"
    await olga.get(f"{ADMIN}/accounts/{waiting['eve']}", 404)
    await olga.post(f"{mia}/action", 422, type="suspend")
    await olga.post(f"{mia}/action", 422, type="silence", text="Spam")
    await olga.post(f"{mia}/action", type="suspend", text="Spam")
    assert (await olga.get(mia))["suspended"] is True
    lifted = await olga.post(f"{mia}/unsuspend")
    assert lifted["suspended"] is False
    own = await olga.account("olga")
    await olga.post(f"{ADMIN}/accounts/{own['id']}/action", 422, type="suspend", text="Me")
    await olga.post(f"{ADMIN}/accounts/1/approve", 404)


async def test_a_moderator_of_the_server_touches_no_other_staff(town: Town, olga: App) -> None:
    await town.run(lambda: Account.filter(actor__username="tom").update(role="moderator"))
    id = (await olga.account("olga"))["id"]
    async with signed_in(town, "tom", scopes=STAFF) as tom:
        for end in ("action", "approve", "reject", "unsuspend"):
            await tom.post(f"{ADMIN}/accounts/{id}/{end}", 422, type="suspend", text="Mine now")
    assert (await olga.get(f"{ADMIN}/accounts/{id}"))["suspended"] is False
