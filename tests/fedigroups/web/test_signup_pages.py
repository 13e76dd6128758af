"""Making an account, where anybody may, where somebody says yes, and where one is invited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from federation import clock, limits
from federation.models import Actor
from fedigroups.accounts import invitations, people, signup
from fedigroups.accounts.models import Account
from fedigroups.app import reception_of
from guests import PASSWORD, Guest, House, hidden

pytestmark = pytest.mark.anyio

OpenHouse = Callable[..., Awaitable[House]]
TOM = {"name": "tom", "email": "Tom@mail.example", "password": PASSWORD}


async def seen(guest: Guest, name: str) -> set[int]:
    """What strangers are answered who look for somebody."""
    paths = (
        f"/.well-known/webfinger?resource=acct:{name}@groups.example",
        f"/users/{name}",
        f"/@{name}",
        f"/users/{name}/outbox",
    )
    return {(await guest.client.get(path)).status_code for path in paths}


async def confirm(house: House, guest: Guest, address: str) -> int:
    shown = await guest.get(await house.link(address))
    return (await guest.post("/confirm", hidden(shown))).status_code


async def test_anybody_makes_an_account_and_nobody_sees_it_until_it_is_confirmed(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as stranger:
        answer = await guest.fill("/signup", **TOM)
        assert answer.status_code == 200
        assert "Tom@mail.example" in answer.text
        assert await seen(stranger, "tom") == {404}
        refused = await guest.sign_in("tom")
        assert (refused.status_code, "Confirm your address" in refused.text) == (403, True)
        await guest.fill("/forgot", email="Tom@mail.example")
        assert "/reset" not in str(await house.letters("Tom@mail.example"))
        assert await confirm(house, guest, "Tom@mail.example") == 200
        assert await seen(stranger, "tom") == {200}
        assert (await guest.sign_in("tom")).status_code == 303


@pytest.mark.parametrize("chars", [1_999, 2_000, 2_001])
async def test_why_somebody_wants_an_account_is_said_in_so_many_characters(
    open_house: OpenHouse, chars: int
) -> None:
    assert limits.REASON_CHARS == 2_000
    house = await open_house(SIGNUP="approval")
    async with house.guest() as guest:
        answer = await guest.fill("/signup", **TOM, reason="x" * chars)
    assert answer.status_code == (422 if chars > 2_000 else 200)
    assert await Account.filter(reason="x" * chars).exists() is (chars <= 2_000)


async def test_opening_the_link_alone_confirms_nothing(house: House) -> None:
    async with house.guest() as guest, house.guest() as scanner:
        await guest.fill("/signup", **TOM)
        for _ in range(2):
            assert (await scanner.get(await house.link("Tom@mail.example"))).status_code == 200
        assert not (await people.account_named("tom")).admitted


async def test_whoever_never_confirms_is_forgotten_and_the_name_is_free(house: House) -> None:
    async with house.guest() as guest:
        await guest.fill("/signup", **TOM)
        with clock.held(clock.now_ms() + (limits.CONFIRM_SECONDS + 1) * clock.SECOND):
            assert (await guest.get(await house.link("Tom@mail.example"))).status_code == 410
            await signup.retire()
        assert not await Actor.exists(username="tom")
        assert await Actor.exists(username="olga")
        assert (await guest.fill("/signup", **TOM)).status_code == 200


async def test_of_two_who_say_that_an_address_is_theirs_the_first_to_confirm_has_it(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as eve:
        await eve.fill("/signup", **TOM | {"name": "eve"})
        await guest.fill("/signup", **TOM)
        first, second = [letter.text.partition("https://groups.example")[2].split()[0]
                         for letter in await house.letters("Tom@mail.example")]  # fmt: skip
        assert (await guest.post("/confirm", hidden(await guest.get(second)))).status_code == 200
        assert (await guest.post("/confirm", hidden(await guest.get(first)))).status_code == 422
    assert not (await people.account_named("eve")).admitted


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "Tom", "cannot be a name"),
        ("name", "admin", "reserved"),
        ("name", "olga", "taken"),
        ("password", "short", "10 to 1,000"),
        ("password", "tom@mail.example", "may not be your name"),
        ("email", "tom", "cannot be an e-mail address"),
    ],
)
async def test_what_is_wrong_is_said_in_the_form_and_nobody_is_made(
    house: House, field: str, value: str, says: str
) -> None:
    async with house.guest() as guest:
        answer = await guest.fill("/signup", **TOM | {field: value})
        assert answer.status_code == 422
        assert says in answer.text
        assert PASSWORD not in answer.text
    assert await Account.all().count() == 1


@pytest.mark.parametrize(("mode", "says"), [("closed", "Nobody new"), ("invite", "By invitation")])
async def test_where_nobody_may_come_the_form_is_not_shown_nor_taken(
    open_house: OpenHouse, mode: str, says: str
) -> None:
    house = await open_house(SIGNUP=mode)
    async with house.guest() as guest:
        shown = await guest.get("/signup")
        assert (shown.status_code, says in shown.text) == (403, True)
        form = hidden(await guest.get("/login"))
        for invitation in ("", "guessed"):
            answer = await guest.post("/signup", form | TOM | {"invitation": invitation})
            assert answer.status_code in {403, 422}
    assert await Account.all().count() == 1


async def test_whoever_is_invited_comes_in_as_often_as_was_said(open_house: OpenHouse) -> None:
    house = await open_house(SIGNUP="invite")
    _, code = await invitations.invite(uses=2)
    async with house.guest() as guest:
        for name in ("tom", "mia"):
            wish = TOM | {"name": name, "email": f"{name}@mail.example"}
            assert (await guest.fill(f"/signup?invite={code}", **wish)).status_code == 200
            assert await confirm(house, guest, f"{name}@mail.example") == 200
        assert (await guest.get(f"/signup?invite={code}")).status_code == 403
        with clock.held(clock.now_ms() + 8 * clock.DAY):
            _, later = await invitations.invite()
        assert (await guest.get(f"/signup?invite={later}")).status_code == 200


async def test_of_two_with_the_last_use_of_an_invitation_one_comes_in(
    open_house: OpenHouse,
) -> None:
    house = await open_house(SIGNUP="invite")
    _, code = await invitations.invite()
    async with house.guest() as guest:
        form = hidden(await guest.get(f"/signup?invite={code}")) | TOM
        answers = await asyncio.gather(
            *(guest.post("/signup", form | {"name": name}) for name in ("tom", "mia"))
        )
    assert sorted(one.status_code for one in answers) == [200, 422]
    assert await Account.all().count() == 2


async def test_where_somebody_says_yes_it_takes_a_reason_a_confirmation_and_a_yes(
    open_house: OpenHouse,
) -> None:
    house = await open_house(SIGNUP="approval")
    await house.settle("rosa", role="admin")
    async with house.guest() as guest:
        assert (await guest.fill("/signup", **TOM)).status_code == 422
        await guest.fill("/signup", reason="I weld.", **TOM)
        assert await house.letters("rosa@mail.example") == []
        assert await confirm(house, guest, "Tom@mail.example") == 200
        assert "> I weld." in (await house.letters("rosa@mail.example"))[0].text
        refused = await guest.sign_in("tom")
        assert (refused.status_code, "Somebody must say yes" in refused.text) == (403, True)
        assert await seen(guest, "tom") == {404}
        await signup.approve(reception_of(house.instance), await people.account_named("tom"))
        assert "is ready" in (await house.letters("Tom@mail.example"))[-1].text
        assert (await guest.sign_in("tom")).status_code == 303


async def test_whoever_is_not_let_in_was_never_here(open_house: OpenHouse) -> None:
    house = await open_house(SIGNUP="approval")
    async with house.guest() as guest:
        await guest.fill("/signup", reason="I weld.", **TOM)
        await signup.refuse(await people.account_named("tom"))
        assert (await guest.sign_in("tom")).status_code == 401
    assert not await Actor.exists(username="tom")


async def test_on_this_machine_addresses_need_not_be_confirmed(open_house: OpenHouse) -> None:
    house = await open_house(ORIGIN="http://localhost:8000", CONFIRM_EMAIL="off")
    async with house.guest() as guest:
        guest.client.base_url = "http://localhost:8000"
        shown = await guest.get("/signup")
        answer = await guest.post("/signup", hidden(shown) | TOM, Origin="http://localhost:8000")
        assert (answer.status_code, answer.headers["location"]) == (303, "/feed")
        assert (await guest.get("/settings")).status_code == 200
