"""The second factor: the codes of RFC 6238, each good once, and what is good without the app."""

from __future__ import annotations

import asyncio
import base64
import re

import pytest

from federation import clock, limits
from fedigroups.accounts import factors
from fedigroups.accounts.entry_models import RecoveryCode
from fedigroups.accounts.models import Account
from guests import PASSWORD, Guest, House, hidden

pytestmark = pytest.mark.anyio

NOW = clock.now_ms() // factors.STEP_MS * factors.STEP_MS


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_234_567_890, "005924"),
        (20_000_000_000, "353130"),
    ],
)
async def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert factors.code_at(b"12345678901234567890", seconds // 30) == code


async def put_on(guest: Guest) -> tuple[bytes, list[str]]:
    """Put the second factor on as somebody does; its secret, and the recovery codes."""
    shown = await guest.fill("/settings/second", step="propose", current=PASSWORD)
    typed = re.search(r'<code class="handle">([A-Z2-7 ]+)</code>', shown.text)
    assert typed, shown.text
    secret = base64.b32decode(typed[1].replace(" ", ""))
    code = factors.code_at(secret, factors.step_now())
    done = await guest.post("/settings/second", hidden(shown) | {"code": code})
    assert "Write these down" in done.text
    return secret, re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", done.text)


async def half_in(house: House, guest: Guest) -> dict[str, str]:
    """The form that is shown to whoever knows the password."""
    answer = await guest.sign_in()
    assert answer.headers["location"].startswith("/login/second")
    shown = await guest.get(answer.headers["location"])
    assert (await guest.get("/settings")).status_code == 303, "half is not in"
    return hidden(shown)


async def test_with_a_second_factor_a_password_is_not_enough(house: House) -> None:
    async with house.guest() as guest, house.guest() as thief:
        await guest.sign_in()
        with clock.held(NOW):
            secret, _ = await put_on(guest)
        with clock.held(NOW + 5 * clock.MINUTE):
            form = await half_in(house, thief)
            assert (await thief.post("/login/second", form | {"code": "000000"})).status_code == 401
            assert (await thief.get("/settings")).status_code == 303
            code = factors.code_at(secret, factors.step_now())
            spaced = f"{code[:3]} {code[3:]}"
            assert (await thief.post("/login/second", form | {"code": spaced})).status_code == 303
            assert (await thief.get("/settings")).status_code == 200
    assert "second factor" in (await house.letters("olga@mail.example"))[-1].text


async def test_a_code_is_taken_once_even_of_two_who_show_it_at_once(house: House) -> None:
    async with house.guest() as guest, house.guest() as one:
        await guest.sign_in()
        with clock.held(NOW):
            secret, _ = await put_on(guest)
            code = factors.code_at(secret, factors.step_now())
            form = await half_in(house, one)
            replayed = await one.post("/login/second", form | {"code": code})
            assert replayed.status_code == 401, "it put the factor on already"
        with clock.held(NOW + clock.MINUTE):
            code = factors.code_at(secret, factors.step_now())
            account = await Account.get()
            seal = house.instance.mailer.seal
            right = await asyncio.gather(*(factors.is_right(seal, account, code) for _ in range(4)))
            assert sorted(right) == [False, False, False, True]
            older = factors.code_at(secret, factors.step_now() - 1)
            assert not await factors.is_right(seal, account, older)


@pytest.mark.parametrize("wrong", [3, 4, 5])
async def test_the_fifth_code_may_be_the_right_one_and_then_the_password_is_asked_again(
    house: House, wrong: int
) -> None:
    assert limits.SECOND_FACTOR_TRIES == 5
    async with house.guest() as guest, house.guest() as thief:
        await guest.sign_in()
        with clock.held(NOW):
            secret, _ = await put_on(guest)
            form = await half_in(house, thief)
            for _ in range(wrong):
                await thief.post("/login/second", form | {"code": "000000"})
        with clock.held(NOW + clock.MINUTE):
            code = factors.code_at(secret, factors.step_now())
            answer = await thief.post("/login/second", form | {"code": code})
            if wrong < 5:
                assert (await thief.get("/settings")).status_code == 200
            else:
                assert answer.headers["location"] == "/login", "the password is asked again"
                assert (await thief.get("/settings")).status_code == 303


async def test_a_recovery_code_opens_once(house: House) -> None:
    async with house.guest() as guest, house.guest() as other, house.guest() as thief:
        await guest.sign_in()
        _, codes = await put_on(guest)
        assert len(set(codes)) == factors.RECOVERY_CODES
        assert codes[0].replace("-", "") not in [one.digest for one in await RecoveryCode.all()]
        form = await half_in(house, other)
        answer = await other.post("/login/second", form | {"code": codes[0].upper()})
        assert answer.status_code == 303
        assert (await other.get("/settings")).status_code == 200
        form = await half_in(house, thief)
        assert (await thief.post("/login/second", form | {"code": codes[0]})).status_code == 401
        renewed = await other.fill("/settings/second", step="renew", current=PASSWORD)
        assert codes[1] not in renewed.text
        assert (await thief.post("/login/second", form | {"code": codes[1]})).status_code == 401
    told = (await house.letters("olga@mail.example"))[-1]
    assert told.subject == "There are new recovery codes at groups.example"


async def test_it_is_taken_off_by_whoever_knows_the_password_alone(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        await put_on(guest)
        answer = await guest.fill("/settings/second", step="disable", current="wrong password")
        assert answer.status_code == 422
        await guest.fill("/settings/second", step="disable", current=PASSWORD)
        assert (await other.sign_in()).headers["location"] == "/feed"
    account = await Account.get()
    assert (account.second_factor, account.second_factor_at) == (None, 0)
    assert await RecoveryCode.all().count() == 0


async def test_a_secret_of_which_no_code_was_shown_is_not_in_force(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        shown = await guest.fill("/settings/second", step="propose", current=PASSWORD)
        wrong = await guest.post("/settings/second", hidden(shown) | {"code": "000000"})
        assert wrong.status_code == 422
        secret = hidden(wrong)["secret"]
        for shown_secret in ("", secret[::-1]):  # a browser that was left open
            left = hidden(wrong) | {"secret": shown_secret, "code": "000000"}
            assert secret not in (await guest.post("/settings/second", left)).text.replace(" ", "")
        assert (await other.sign_in()).headers["location"] == "/feed"


async def test_the_secret_is_stored_sealed(house: House) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        secret, _ = await put_on(guest)
    assert secret not in bytes((await Account.get()).second_factor)
