"""Signing in and out in a browser, and being signed in."""

from __future__ import annotations

import pytest

from federation import clock, limits
from fedigroups.accounts.entry_models import Session
from guests import PASSWORD, House, hidden, sign_in_of

pytestmark = pytest.mark.anyio


async def test_somebody_signs_in_and_sees_their_settings(house: House) -> None:
    async with house.guest() as guest:
        assert 'href="/login"' in (await guest.get("/")).text
        assert (await guest.get("/settings")).headers["location"] == "/login?next=%2Fsettings"
        assert sign_in_of(await guest.get("/groups?q=weld")) == "/login?next=%2Fgroups%3Fq%3Dweld"
        assert sign_in_of(await guest.get("/")) == "/login", "from the front door to the feed"
        answer = await guest.fill("/login?next=/settings/apps", name="@Olga", password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/apps")
        shown = await guest.get("/settings")
        assert "olga@mail.example" in shown.text
        assert shown.headers["cache-control"] == "private, no-store"
        refused = await guest.post("/settings/profile", {})
        assert (refused.status_code, "Olga" in refused.text or "olga" in refused.text) == (
            403,
            True,
        )
        assert refused.headers["cache-control"] == "private, no-cache"
        assert 'href="/settings"' in (await guest.get("/")).text


async def test_an_address_opens_as_a_name_does(house: House) -> None:
    async with house.guest() as guest:
        assert (await guest.sign_in("OLGA@mail.example")).status_code == 303


async def test_the_cookie_is_for_this_host_over_tls_and_no_script_reads_it(house: House) -> None:
    async with house.guest() as guest:
        answer = await guest.sign_in()
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if "__Host-fedigroups=" in one]
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_a_session_is_new_when_somebody_signs_in_and_stored_as_a_digest(house: House) -> None:
    async with house.guest() as guest:
        await guest.get("/login")
        guest.client.cookies.set("__Host-fedigroups", "chosen-by-eve", domain="groups.example")
        await guest.sign_in()
        first = [one for one in guest.client.cookies.jar if one.name == "__Host-fedigroups"]
        assert all(one.value != "chosen-by-eve" for one in first[-1:])
        assert (await Session.get()).digest not in {one.value for one in first}


async def test_signing_in_again_leaves_one_session(house: House) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        old = guest.cookie()
        shown = await guest.get("/login?again=1")
        await guest.post("/login", hidden(shown) | {"name": "olga", "password": PASSWORD})
        assert guest.cookie() != old
    assert await Session.all().count() == 1


async def test_signing_out_ends_the_session_itself(house: House) -> None:
    async with house.guest() as guest, house.guest() as thief:
        await guest.sign_in()
        thief.client.cookies.set("__Host-fedigroups", guest.cookie(), domain="groups.example")
        assert (await thief.get("/settings")).status_code == 200
        left = await guest.fill("/settings", to="/logout")
        assert left.headers["clear-site-data"] == '"cache"', "no page of theirs is gone back to"
        assert (await thief.get("/settings")).status_code == 303
        assert guest.cookie() == ""


@pytest.mark.parametrize(
    ("days", "used_every", "ends"),
    [(13, 13, False), (15, 15, True), (89, 10, False), (91, 10, True)],
)
async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(
    house: House, days: int, used_every: int, ends: bool
) -> None:
    start = clock.now_ms()
    async with house.guest() as guest:
        await guest.sign_in()
        for day in [*range(used_every, days, used_every), days]:
            with clock.held(start + day * clock.DAY):
                answer = await guest.get("/settings")
    assert (answer.status_code == 303) is ends


async def test_somebody_sees_where_they_are_signed_in_and_ends_one_or_all(house: House) -> None:
    async with house.guest() as here, house.guest() as there, house.guest() as phone:
        here.client.headers["User-Agent"] = "Firefox <b>"
        for guest in (here, there, phone):
            await guest.sign_in()
        shown = await here.get("/settings/sessions")
        assert "Firefox &lt;b&gt;" in shown.text
        assert shown.text.count("End it") == 2
        [_, second, _] = await Session.all().order_by("id")
        await here.fill("/settings/sessions", session=str(second.id))
        assert (await there.get("/settings")).status_code == 303
        assert (await phone.get("/settings")).status_code == 200
        await here.fill("/settings/sessions", everywhere="1")
        assert {(await one.get("/settings")).status_code for one in (here, phone)} == {303}


async def test_somebody_is_told_of_a_browser_that_is_new(house: House) -> None:
    async with house.guest() as guest, house.guest() as again, house.guest() as other:
        other.client.headers["User-Agent"] = "Other"
        for one in (guest, again, other):
            await one.sign_in()
    assert len(await house.letters("olga@mail.example")) == 2


async def test_more_sessions_than_anybody_needs_push_out_the_oldest(house: House) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        first = await Session.get()
        now = clock.now_ms() + 1
        await Session.bulk_create(
            [
                Session(
                    id=n, account_id=first.account_id, digest=str(n), created_at=now, seen_at=now
                )
                for n in range(limits.SESSIONS_PER_ACCOUNT)
            ]
        )
    async with house.guest() as guest:
        await guest.sign_in()
        assert await Session.all().count() == limits.SESSIONS_PER_ACCOUNT
        assert not await Session.exists(id=first.id)
        assert (await guest.get("/settings")).status_code == 200
