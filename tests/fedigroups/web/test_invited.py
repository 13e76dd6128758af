"""The page of an invitation to a group: three ways in, and each leads back to it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import unescape
from urllib.parse import quote

import pytest

from fedigroups.accounts import invitations, people, signup
from fedigroups.app import reception_of
from fedigroups.groups import founding, inviting, lookup
from fedigroups.groups.models import Group, Member
from guests import PASSWORD, Guest, House, hidden, sign_in_of

pytestmark = pytest.mark.anyio

OpenHouse = Callable[..., Awaitable[House]]
TOM = {"name": "tom", "email": "tom@mail.example", "password": PASSWORD}


async def invitation(house: House) -> str:
    """The path of a link into Olga's group."""
    olga = await lookup.person("olga")
    profile = founding.Profile(title="Welders", join_policy="invite")
    hosted = await founding.found(house.instance.wire, "welders", olga, profile)
    group = await Group.get(id=hosted.group.id)
    _made, code = await inviting.make(group, olga)
    return f"/groups/welders/invited?code={code}"


async def linked(guest: Guest, path: str, page: str) -> str:
    """Where the page at `path` links to `page`."""
    found = re.search(rf'<main.*?href="({page}[^"]*)"', (await guest.get(path)).text, re.DOTALL)
    assert found, page
    return unescape(found[1])


async def join(guest: Guest, link: str) -> None:
    assert (await guest.fill(link)).headers["location"] == "/groups/welders"
    assert await Member.exists(actor__username="tom", state="member")


async def test_whoever_has_an_account_here_signs_in_and_joins_with_one_press(house: House) -> None:
    link = await invitation(house)
    await house.settle("tom")
    async with house.guest() as guest:
        sign_in = await linked(guest, link, "/login")
        answer = await guest.fill(sign_in, name="tom", password=PASSWORD)
        assert answer.headers["location"] == link
        await join(guest, link)


async def test_whoever_has_none_makes_one_and_the_letter_leads_back_to_the_invitation(
    house: House,
) -> None:
    link = await invitation(house)
    async with house.guest() as guest, house.guest() as phone:
        sign_up = await linked(guest, link, "/signup")
        bad = await guest.fill(sign_up, **TOM | {"name": "olga"})
        assert (bad.status_code, hidden(bad)["next"]) == (422, link)
        assert (await guest.post("/signup", hidden(bad) | TOM)).status_code == 200
        letter = await house.link("tom@mail.example")  # and it may be read elsewhere
        confirmed = await phone.post("/confirm", hidden(await phone.get(letter)))
        assert f'href="/login?next={quote(link, safe="")}"' in confirmed.text
        assert f"next={quote(link, safe='')}" in (await phone.get(letter)).text
        answer = await phone.fill(await linked(phone, letter, "/login"), **TOM)
        assert answer.headers["location"] == link
        await join(phone, link)


async def test_whoever_signs_in_before_they_confirm_is_led_back_by_the_next_letter(
    house: House,
) -> None:
    link = await invitation(house)
    async with house.guest() as guest:
        await guest.fill("/signup", **TOM)
        assert (await guest.fill(await linked(guest, link, "/login"), **TOM)).status_code == 403
    assert quote(link, safe="") in await house.link("tom@mail.example")


async def test_where_nothing_is_confirmed_making_an_account_leads_back_at_once(
    open_house: OpenHouse,
) -> None:
    house = await open_house(ORIGIN="http://localhost:8000", CONFIRM_EMAIL="off")
    link = await invitation(house)
    async with house.guest() as guest:
        guest.client.base_url = "http://localhost:8000"
        shown = await guest.get(await linked(guest, link, "/signup"))
        answer = await guest.post("/signup", hidden(shown) | TOM, Origin="http://localhost:8000")
        assert answer.headers["location"] == link


async def test_whoever_forgot_the_password_comes_back_to_the_invitation(house: House) -> None:
    link = await invitation(house)
    await house.settle("tom")
    onward = f"?next={quote(link, safe='')}"
    async with house.guest() as guest, house.guest() as phone:
        sign_in = await linked(guest, link, "/login")
        forgot = await linked(guest, sign_in, "/forgot")
        bad = await guest.fill(forgot, email="tom")
        assert (bad.status_code, hidden(bad)["next"]) == (422, link)
        await guest.post("/forgot", hidden(bad) | {"email": "tom@mail.example"})
        letter = await house.link("tom@mail.example")
        short = await phone.fill(letter, password="short")
        assert (short.status_code, hidden(short)["next"]) == (422, link)
        done = await phone.post("/reset", hidden(short) | {"password": "another battery"})
        assert f'href="/login{onward}"' in done.text
        assert f'href="/forgot{onward}"' in (await phone.get(letter)).text, "used up"
        answer = await phone.fill(f"/login{onward}", name="tom", password="another battery")
        assert answer.headers["location"] == link
        await join(phone, link)


async def test_the_head_of_every_page_on_the_way_leads_back_to_the_invitation(
    house: House,
) -> None:
    link = await invitation(house)
    onward = f"?next={quote(link, safe='')}"
    async with house.guest() as guest:
        for page in (link, *(f"/{way}{onward}" for way in ("login", "signup", "forgot"))):
            assert sign_in_of(await guest.get(page)) == f"/login{onward}", page
        for page, status in {"/login": 401, "/signup": 422, "/forgot": 422}.items():
            wrong = await guest.fill(page + onward, name="olga", email="olga", password="wrong")
            assert (wrong.status_code, sign_in_of(wrong)) == (status, f"/login{onward}"), page
        for page in ("/login/second", "/login/passkey"):
            lost = await guest.get(page + onward, Accept="text/html")
            assert lost.headers["location"] == f"/login{onward}", page


@pytest.mark.parametrize(
    "handle", ["@tom@groups.example", "Tom@GROUPS.example", "@x@groups.example"]
)
async def test_whoever_types_an_address_of_this_server_signs_in_first_and_then_joins(
    house: House, handle: str
) -> None:
    link = await invitation(house)
    await house.settle("tom")
    async with house.guest() as guest:
        form = hidden(await guest.get(link))
        led = await guest.post("/groups/welders/invited", form | {"handle": handle})
        assert led.headers["location"] == f"/login?next={quote(link, safe='')}"
        assert not await Member.exists(actor__username="tom"), "nobody comes in by naming another"
        answer = await guest.fill(led.headers["location"], name="tom", password=PASSWORD)
        assert answer.headers["location"] == link
        await join(guest, link)


async def test_whoever_is_signed_in_and_types_their_own_address_joins(house: House) -> None:
    link = await invitation(house)
    await house.settle("tom")
    await house.settle("zoe")
    async with house.guest() as guest:
        await guest.sign_in("tom")
        form = hidden(await guest.get(link))
        other = await guest.post("/groups/welders/invited", form | {"handle": "zoe@groups.example"})
        assert "You are signed in here with another account" in other.text
        mine = await guest.post("/groups/welders/invited", form | {"handle": "@tom@groups.example"})
        assert mine.headers["location"] == "/groups/welders"
    assert not await Member.exists(actor__username="zoe")


async def test_whoever_waits_for_a_yes_is_told_to_open_the_invitation_again(
    open_house: OpenHouse,
) -> None:
    house = await open_house(SIGNUP="approval")
    link = await invitation(house)
    async with house.guest() as guest:
        assert "Ask for one here" in (await guest.get(link)).text
        await guest.fill(await linked(guest, link, "/signup"), reason="I weld.", **TOM)
        letter = await house.link("tom@mail.example")
        told = await guest.post("/confirm", hidden(await guest.get(letter)))
        assert "Then open once more the link that brought you here." in told.text
        await signup.approve(reception_of(house.instance), await people.account_named("tom"))
        await guest.sign_in("tom")
        await join(guest, link)


@pytest.mark.parametrize(
    ("mode", "says"), [("invite", "an invitation of their own"), ("closed", "cannot be made here")]
)
async def test_where_nobody_makes_an_account_the_page_says_so_and_links_to_no_form(
    open_house: OpenHouse, mode: str, says: str
) -> None:
    house = await open_house(SIGNUP=mode)
    async with house.guest() as guest:
        shown = await guest.get(await invitation(house))
    assert says in shown.text
    assert "/signup" not in shown.text
    assert "/login?next=" in shown.text


async def test_a_link_for_accounts_may_lead_on_to_a_group(open_house: OpenHouse) -> None:
    house = await open_house(SIGNUP="invite")
    await invitation(house)
    _, code = await invitations.invite()
    async with house.guest() as guest:
        await guest.fill(f"/signup?invite={code}&next=/groups/welders", **TOM)
    assert (await house.link("tom@mail.example")).endswith("&next=%2Fgroups%2Fwelders")


async def test_no_other_site_is_told_the_code_of_an_invitation(house: House) -> None:
    link = await invitation(house)
    async with house.guest() as guest:
        for page in (
            link,
            await linked(guest, link, "/login"),
            await linked(guest, link, "/signup"),
        ):
            shown = await guest.get(page)
            assert shown.headers["referrer-policy"] == "same-origin"
            assert shown.headers["cache-control"] == "private, no-store"
