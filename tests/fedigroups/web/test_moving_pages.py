"""The pages on which somebody moves, from here or to here."""

from __future__ import annotations

import pytest

from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups import audit
from fedigroups.accounts import looks, people
from guests import PASSWORD, App, House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

OLGA = "https://groups.example/users/olga"


async def test_two_accounts_here_name_each_other_and_one_moves(house: House) -> None:
    await house.settle("tom")
    async with house.guest() as olga, house.guest() as tom:
        await olga.sign_in()
        await tom.sign_in("tom")
        await tom.fill("/settings/aliases", account="@olga@groups.example", act="add")
        named = await tom.get("/users/tom", accept=ACTIVITY_JSON)
        assert named.json()["alsoKnownAs"] == [OLGA]
        to = {"account": "tom@groups.example", "act": "move"}
        wrong = await olga.fill("/settings/move", current="wrong one", **to)
        assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
        assert not (await Actor.get(uri=OLGA)).moved_to
        forged = await olga.post("/settings/move", {"current": PASSWORD, **to})
        assert forged.status_code == 403
        await olga.fill("/settings/move", current=PASSWORD, **to)
        page = (await tom.get("/@olga")).text
        assert "has moved" in page
        assert 'href="https://groups.example/@tom"' in page
        await Actor.filter(username="tom").update(page_url="javascript:alert(1)")
        moved = (await olga.get("/settings/move")).text
        assert "@tom@groups.example" in moved
        assert "javascript:" not in moved
        await olga.fill("/settings/move", current=PASSWORD, act="back")
        assert "has moved" not in (await tom.get("/@olga")).text
        again = (await olga.get("/settings/move")).text
        assert "It can move again from" in again
        await tom.fill("/settings/aliases", account=OLGA, act="remove")
    assert (await looks.of((await people.account_named("tom")).actor_id))["aliases"] == ""
    noted = [(one.who, one.what) for one in await audit.newest(9, "user ")]
    assert noted == [
        ("@tom", "user aliases"),
        ("@olga", "user move"),
        ("@olga", "user move"),
        ("@tom", "user aliases"),
    ]


async def test_what_is_no_account_is_said_so(house: House) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        for said in ("nobody", "@a@b@c", "https://", "x" * 3_000, "=cmd()"):
            shown = await guest.fill("/settings/aliases", account=said, act="add")
            assert shown.status_code == 422, said
            shown = await guest.fill("/settings/move", account=said, current=PASSWORD, act="move")
            assert shown.status_code == 422, said
        for said, why in {
            "@eva": "Type a whole address",
            "@nobody@m.example": "Nobody was",
        }.items():
            shown = await guest.fill("/settings/move", account=said, current=PASSWORD, act="move")
            assert why in shown.text, said
            assert "webfinger" not in shown.text


async def homes(app: App, path: str) -> list[str | None]:
    """Where those live now who are listed there; None for whoever has not moved."""
    return [one.get("moved", {}).get("acct") for one in (await app.get(path)).json()]


async def test_apps_of_who_moved_read_and_are_told_where_they_live(house: House) -> None:
    tom = await house.settle("tom")
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in("tom")
        await app.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        await Actor.filter(id=tom.actor_id).update(moved_to=OLGA)
        mine = await app.get("/api/v1/accounts/verify_credentials")
        assert mine.json()["moved"]["acct"] == "olga"
        shown = await app.get(f"/api/v1/accounts/{tom.actor_id}")
        assert shown.json()["moved"]["acct"] == "olga"
        assert "moved" not in shown.json()["moved"]
        bearer = {"Authorization": f"Bearer {app.token}"}
        olga = await Actor.get(uri=OLGA)
        several = f"/api/v1/accounts?id[]={tom.actor_id}&id[]={olga.id}"
        assert await homes(app, several) == ["olga", None]
        await Actor.filter(id=olga.id).update(state="gone")
        assert await homes(app, several) == [None]
        refused = await app.client.post(
            "/api/v1/statuses", json={"status": "Hello"}, headers=bearer
        )
    assert (refused.status_code, "moved" in refused.json()["error"]) == (403, True)
