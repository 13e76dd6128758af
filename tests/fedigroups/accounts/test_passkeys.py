"""Passkeys: how they are added, what they open, and how one does without them."""

from __future__ import annotations

import json
import re

import pytest

from authenticator import Device, add, asked, enter, proposed, show, told
from federation import clock, limits
from fedigroups.accounts import challenges, factors
from fedigroups.accounts.entry_models import Passkey, RecoveryCode, Session, SpentChallenge
from fedigroups.accounts.models import Account
from guests import PASSWORD, Guest, House, hidden

pytestmark = pytest.mark.anyio

RECOVERY = r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}"
ONE_KIND = pytest.mark.parametrize("kind", ["sqlite"])


async def owner(guest: Guest) -> tuple[Device, list[str]]:
    """Somebody who signs in by password, and adds a passkey; it, and the recovery codes."""
    await guest.sign_in()
    device = Device()
    done = await add(guest, device)
    assert done.status_code in {200, 303}, done.text
    return device, re.findall(RECOVERY, done.text)


async def test_a_passkey_signs_in_without_a_password(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        device, codes = await owner(guest)
        assert len(codes) == factors.RECOVERY_CODES
        assert re.search(r"<form[^>]+data-passkey hidden>", (await other.get("/login")).text)
        done = await enter(other, device)
        assert (done.status_code, done.headers["location"]) == (303, "/feed")
        assert (await other.get("/settings")).status_code == 200
        listed = (await other.get("/settings/passkeys")).text
        assert "Phone" in listed
        assert "not used yet" not in listed
        again = Device()
        assert re.findall(RECOVERY, (await add(other, again)).text) == [], "there are codes already"
    account = await Account.get()
    assert device.handle == again.handle == bytes(account.passkey_handle)
    assert len(device.handle) == 32
    assert b"olga" not in device.handle
    added = [one for one in await house.letters("olga@mail.example") if "passkey" in one.text]
    assert [one.subject for one in added] == ["A passkey was added at groups.example"] * 2


async def test_with_a_passkey_a_password_is_not_enough(house: House) -> None:
    async with house.guest() as guest, house.guest() as thief:
        device, codes = await owner(guest)
        half = await thief.sign_in()
        assert half.headers["location"].startswith("/login/second")
        form = hidden(shown := await thief.get(half.headers["location"]))
        assert "Sign in with a passkey" in shown.text
        assert (await thief.get("/settings")).status_code == 303
        assert (await thief.post("/login/second", form | {"code": "000000"})).status_code == 401
        done = await show(thief, device.show(await asked(thief)))
        assert done.status_code == 303
        assert (await thief.get("/settings")).status_code == 200
        async with house.guest() as stranded:
            form = hidden(await stranded.get((await stranded.sign_in()).headers["location"]))
            done = await stranded.post("/login/second", form | {"code": codes[0]})
            assert (done.status_code, done.headers["location"]) == (303, "/feed")


@ONE_KIND
async def test_a_secret_that_waits_for_its_first_code_is_no_second_factor(house: House) -> None:
    async with house.guest() as guest, house.guest() as thief:
        await owner(guest)
        await guest.fill("/settings/second", step="propose", current=PASSWORD)
        form = hidden(await thief.get((await thief.sign_in()).headers["location"]))
        secret = factors.proposed(house.instance.mailer.seal, await Account.get())
        code = factors.code_at(secret, factors.step_now())
        assert (await thief.post("/login/second", form | {"code": code})).status_code == 401


@ONE_KIND
async def test_recovery_codes_are_there_as_long_as_an_app_or_a_passkey_is(house: House) -> None:
    async with house.guest() as guest:
        _, codes = await owner(guest)
        renewed = await guest.fill("/settings/second", step="renew", current=PASSWORD)
        new = set(re.findall(RECOVERY, renewed.text))
        assert (len(new), new & set(codes)) == (factors.RECOVERY_CODES, set())
        shown = await guest.fill("/settings/second", step="propose", current=PASSWORD)
        secret = factors.proposed(house.instance.mailer.seal, await Account.get())
        code = factors.code_at(secret, factors.step_now())
        put_on = await guest.post("/settings/second", hidden(shown) | {"code": code})
        assert "Write these down" in put_on.text
        taken = await guest.fill("/settings/second", step="disable", current=PASSWORD)
        assert "A passkey is asked for still" in taken.text
        assert await RecoveryCode.all().count() == factors.RECOVERY_CODES
        one = f"/settings/passkeys/{(await Passkey.get()).id}"
        assert (await guest.get(f"/settings/passkeys/{'9' * 30}")).status_code == 404
        await guest.fill(one, step="remove", current=PASSWORD)
        assert await RecoveryCode.all().count() == 0
    async with house.guest() as guest:
        assert (await guest.sign_in()).headers["location"] == "/feed"


async def test_a_passkey_is_named_anew_and_removed_by_who_knows_the_password(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        device, _ = await owner(guest)
        one = f"/settings/passkeys/{(await Passkey.get()).id}"
        await guest.fill(one, step="rename", name="x" * 70 + "\u202e")
        assert len((await Passkey.get()).name) == limits.PASSKEY_NAME_CHARS == 60
        await guest.fill(one, step="rename", name="Old phone: 100%")
        assert "Old phone: 100%" in (await guest.get(one)).text
        wrong = await guest.fill(one, step="remove", current="wrong password")
        assert wrong.status_code == 422
        assert (await enter(other, device)).headers["location"] == "/feed"
        lost = {"current": PASSWORD, "everywhere": "1"}
        assert (await guest.fill(one, step="remove", **lost)).status_code == 303
        assert await Passkey.all().count() == 0
        assert (await other.get("/settings")).status_code == 303
        assert (await guest.get("/settings")).status_code == 200
        assert (await enter(other, device)).status_code == 401
    told_of = (await house.letters("olga@mail.example"))[-1]
    assert told_of.subject == "A passkey was removed at groups.example"


@ONE_KIND
async def test_nobody_adds_a_passkey_without_the_password_or_looks_at_anothers(
    house: House,
) -> None:
    await house.settle("tom")
    async with house.guest() as guest, house.guest() as tom:
        await owner(guest)
        await tom.sign_in("tom")
        one = f"/settings/passkeys/{(await Passkey.get()).id}"
        assert (await tom.get(one)).status_code == 404
        form = hidden(await tom.get("/settings"))
        for step in ("rename", "remove"):
            sent = form | {"step": step, "name": "Mine", "current": PASSWORD}
            assert (await tom.post(one, sent)).status_code == 404
        assert (await proposed(tom, "wrong password")).status_code == 422
        options = await asked(tom)
        options["user"] = {"id": "AAAA"}
        sent = form | {"step": "confirm", "passkey": Device().make(options)}
        assert (await tom.post("/settings/passkeys", sent)).status_code == 422
    assert (await Passkey.get()).name == "Phone"


@ONE_KIND
async def test_a_new_password_ends_sessions_and_leaves_passkeys_which_the_letter_says(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as other:
        device, _ = await owner(guest)
        await other.fill("/forgot", email="olga@mail.example")
        link = await house.link("olga@mail.example")
        await other.fill(link, password="another battery")
        assert await Session.all().count() == 0
        assert "/settings/passkeys" in (await house.letters("olga@mail.example"))[-1].text
        assert (await enter(guest, device)).status_code == 303


async def test_an_account_has_so_many_passkeys_and_each_once(house: House) -> None:
    assert limits.PASSKEYS_PER_ACCOUNT == 20
    async with house.guest() as guest:
        device, _ = await owner(guest)
        twice = await add(guest, device)
        assert "known already" in twice.text
        one, late = await Passkey.get(), await proposed(guest)
        for number in range(19):
            one.id, one.digest = number, str(number)
            await one.save(force_create=True)
        full = await proposed(guest)
        assert full.status_code == 422
        assert "at most 20 passkeys" in full.text
        said = Device().make(told(late))
        kept = await guest.post("/settings/passkeys", hidden(late) | {"passkey": said})
        assert kept.status_code == 422, "there was room when it was asked for"


@ONE_KIND
async def test_a_challenge_is_for_one_browser_and_purpose_and_for_so_long(house: House) -> None:
    assert limits.PASSKEY_SECONDS == 300
    key, now = b"k" * 32, clock.now_ms()
    with clock.held(now):
        one = challenges.new(key, "add", "a cookie")
        assert one[:32] != challenges.new(key, "add", "a cookie")[:32]
        assert challenges.is_good(key, "add", "a cookie", one)
        for purpose, cookie in (("sign-in", "a cookie"), ("add", "another"), ("add", "")):
            assert not challenges.is_good(key, purpose, cookie, one)  # type: ignore[arg-type]
        for forged in (b"", one[:-1], one + b"x", bytes(72), bytes([one[0] ^ 1]) + one[1:]):
            assert not challenges.is_good(key, "add", "a cookie", forged)
        assert [await challenges.spend(one), await challenges.spend(one)] == [True, False]
    for later, good, kept in (
        (299_999, True, 1),
        (300_000, False, 1),
        (300_000 + clock.HOUR, False, 1),
        (300_001 + clock.HOUR, False, 0),
    ):
        with clock.held(now + later):
            assert challenges.is_good(key, "add", "a cookie", one) is good
            await challenges.retire()
        assert await SpentChallenge.all().count() == kept


@ONE_KIND
async def test_what_a_browser_sends_of_a_passkey_has_so_many_bytes(house: House) -> None:
    assert limits.PASSKEY_BYTES == 16_384
    async with house.guest() as guest:
        await guest.get("/login")
        said = json.dumps({"id": "x" * 17_000})
        assert (await show(guest, said)).status_code == 413
