"""Hostile passkeys: what is signed for another place, person or time opens nothing."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from authenticator import PRESENT, VERIFIED, Device, add, asked, enter, proposed, show, told
from federation import clock, limits
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts import passkeys
from fedigroups.accounts.entry_models import Passkey, Session
from fedigroups.accounts.models import Account
from fedigroups.app import reception_of
from guests import House, hidden

pytestmark = pytest.mark.anyio

ONE_KIND = pytest.mark.parametrize("kind", ["sqlite"])
LIES: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://evil.example"},
    "a host below": {"origin": "https://m.groups.example"},
    "another port": {"origin": "https://groups.example:8443"},
    "without TLS": {"origin": "http://groups.example"},
    "another party": {"party": "evil.example"},
    "nobody verified": {"flags": PRESENT},
    "nobody present": {"flags": VERIFIED},
    "in a page of another site": {"framed": True},
}


@ONE_KIND
async def test_what_is_signed_otherwise_than_we_asked_neither_adds_nor_opens(house: House) -> None:
    device = Device()
    async with house.guest() as guest:
        await guest.sign_in()
        for number, (name, lie) in enumerate(LIES.items()):
            refused = await add(guest, Device(**lie))
            assert refused.status_code == 422, name
            if not number:
                await add(guest, device)
            async with house.guest(f"192.88.100.{number}") as other:
                lying = replace(device, **lie)
                assert (await enter(other, lying)).status_code == 401, name
                assert (await other.get("/settings")).status_code == 303
                assert (await enter(other, device)).status_code == 303, "the truth opens"


async def test_a_request_cannot_say_for_whom_passkeys_are(house: House) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    async with house.guest() as guest:
        await guest.get("/login")
        options = (await guest.get("/login/passkey", **forged)).json()
        back = await guest.get("/login/passkey", Accept="text/html")
        assert back.headers["location"] == "/login", "what is for our script is shown to nobody"
    assert options["rpId"] == "groups.example"
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == [], "nobody learns which passkeys there are"


async def test_of_what_is_shown_twice_even_at_once_one_opens(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        device = Device()
        await add(guest, device)
        form = hidden(await other.get("/login"))
        form["passkey"] = device.show(await asked(other))
        cookie = other.cookie("fedigroups-visit")
        answers = await asyncio.gather(*(other.post("/login/passkey", form) for _ in range(3)))
        assert sorted(one.status_code for one in answers) == [303, 401, 401]
        async with house.guest() as thief:
            thief.client.cookies.set("__Host-fedigroups-visit", cookie)
            assert (await thief.post("/login/passkey", form)).status_code == 401
    assert await Session.all().count() == 2


@ONE_KIND
async def test_a_passkey_that_was_made_is_added_once_in_the_session_that_asked(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        await other.sign_in()
        shown = await proposed(guest)
        form = hidden(shown) | {"passkey": Device().make(told(shown))}
        elsewhere = form | {"form_token": hidden(await other.get("/settings"))["form_token"]}
        assert (await other.post("/settings/passkeys", elsewhere)).status_code == 422
        assert await Passkey.all().count() == 0
        assert (await guest.post("/settings/passkeys", form)).status_code == 200
        await Passkey.all().delete()
        assert (await guest.post("/settings/passkeys", form)).status_code == 422
        late = await proposed(guest)
        form = hidden(late) | {"passkey": Device().make(told(late))}
        with clock.held(clock.now_ms() + limits.PASSKEY_SECONDS * clock.SECOND + 1):
            assert (await guest.post("/settings/passkeys", form)).status_code == 422
    assert await Passkey.all().count() == 0


@ONE_KIND
async def test_a_challenge_of_another_browser_or_of_earlier_opens_nothing(house: House) -> None:
    async with house.guest() as guest, house.guest() as other, house.guest() as thief:
        await guest.sign_in()
        device = Device()
        await add(guest, device)
        for one in (other, thief):
            await one.get("/login")
        said = device.show(await asked(other))
        assert (await show(thief, said)).status_code == 401
        own = device.show({"challenge": base64.urlsafe_b64encode(b"x" * 72).decode()})
        assert (await show(thief, own)).status_code == 401
        with clock.held(clock.now_ms() + limits.PASSKEY_SECONDS * clock.SECOND + 1):
            assert (await show(other, said)).status_code == 401
        assert (await show(other, said)).status_code == 303, "not spent by being refused"


async def test_a_device_that_counts_backwards_opens_nothing_and_its_owner_is_told(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        device = Device(count=5)
        await add(guest, device)
        opened = []
        for count in (6, 6, 5, 0, 7, 4_294_967_295):
            device.count = count
            opened.append((await enter(other, device)).status_code)
        assert opened == [303, 401, 401, 401, 303, 303]
    told_of = [one.subject for one in await house.letters("olga@mail.example")]
    assert sum("may be a copy" in subject for subject in told_of) == 3
    assert (await Passkey.get()).sign_count == 4_294_967_295


@ONE_KIND
async def test_somebody_elses_passkey_opens_their_own_account_alone(house: House) -> None:
    await house.settle("tom")
    async with house.guest() as guest, house.guest() as tom, house.guest() as thief:
        olgas, toms = Device(), Device()
        await guest.sign_in()
        await add(guest, olgas)
        await tom.sign_in("tom")
        await add(tom, toms)
        await thief.get((await thief.sign_in()).headers["location"])
        for lie in (
            {"handle": olgas.handle},
            {"id": olgas.id},
            {"id": olgas.id, "handle": olgas.handle},
            {"handle": b""},
        ):
            forged = Device(**({"key": toms.key, "id": toms.id, "handle": toms.handle} | lie))
            assert (await enter(thief, forged)).status_code == 401
        assert (await enter(thief, toms)).status_code == 303
        assert "/@tom" in (await thief.get("/settings")).text, "the password of Olga gave nothing"


@ONE_KIND
async def test_who_may_not_be_here_comes_in_with_no_passkey(house: House) -> None:
    device = Device()
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        await add(guest, device)
        for change, status in (
            (Actor.filter(username="olga").update(state="suspended"), 403),
            (Actor.filter(username="olga").update(state="gone"), 401),
            (Account.all().update(approved_at=0), 403),
            (Account.all().update(confirmed_at=0), 403),
        ):
            await change
            assert (await enter(other, device)).status_code == status
            assert other.cookie() == ""
            await Actor.filter(username="olga").update(state="live")
            await Account.all().update(approved_at=1, confirmed_at=1)
    await Account.all().delete()
    assert await Passkey.all().count() == 0, "deleted with the account"


@ONE_KIND
async def test_who_tries_passkeys_too_often_is_told_to_come_back_and_shuts_nobody_out(
    house: House,
) -> None:
    async with house.guest() as owner, house.guest("192.88.100.7") as eve:
        await owner.sign_in()
        device = Device()
        await add(owner, device)
        forged = Device(id=device.id, handle=device.handle)
        statuses = [(await enter(eve, forged)).status_code for _ in range(12)]
        assert statuses == [401] * limits.SIGN_INS_PER_PLACE + [429] * 2
        statuses = [(await enter(eve, Device())).status_code for _ in range(20)]
        assert statuses[-1] == 429
    async with house.guest("192.88.100.8") as elsewhere:
        assert (await enter(elsewhere, device)).status_code == 303


@ONE_KIND
async def test_a_passkey_of_another_sites_form_or_without_cookies_does_nothing(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as other:
        assert (await other.get("/login/passkey")).status_code == 403, "no cookie, no challenge"
        await guest.sign_in()
        device = Device()
        await add(guest, device)
        form = hidden(await other.get("/login"))
        form["passkey"] = device.show(await asked(other))
        for headers in ({"Origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert (await other.post("/login/passkey", form, **headers)).status_code == 403
        wrong = form | {"form_token": "x"}
        assert (await other.post("/login/passkey", wrong)).status_code == 403
        assert (await other.post("/login/passkey", form)).status_code == 303


def broken(whole: str) -> list[str]:
    """What a passkey said, with each part spoilt in turn; and what nobody says."""
    said = json.loads(whole)
    spoilt: list[Any] = ["", "null", "[]", "{", '"x"', "{}", "[" * 5_000, '{"id": 1}']
    for name in said:
        spoilt += [said | {name: value} for value in (None, 1, [], {}, "", "!", "é")]
    for name in said["response"]:
        for value in (None, 1, [], {}, "", "!", "AAAA", "é", said["response"][name][:-8]):
            spoilt.append(said | {"response": said["response"] | {name: value}})
    return [one if isinstance(one, str) else json.dumps(one) for one in spoilt]


@ONE_KIND
async def test_whatever_a_browser_sends_as_a_passkey_is_refused_and_breaks_nothing(
    house: House,
) -> None:
    reception, device = reception_of(house.instance), Device()
    olga = await Account.get().select_related("actor")
    made = device.make(json.loads(await passkeys.to_add(reception, olga, "cookie")))
    for said in broken(made):
        with pytest.raises(Malformed):
            await passkeys.add(reception, olga, "cookie", said, "Phone")
    await passkeys.add(reception, olga, "cookie", made, "Phone")
    right = device.show(json.loads(passkeys.to_sign_in(reception, "cookie")))

    async def opens(said: str) -> bool:
        shown = passkeys.read(said)
        found = await passkeys.find(shown) if shown else None
        if shown is None or found is None:
            return False
        return await passkeys.is_proven(reception, found, "cookie", shown)

    assert [said for said in broken(right) if await opens(said)] == []
    assert await opens(right)
