"""From where nobody makes an account: mail hosts, addresses in any spelling, and networks."""

from __future__ import annotations

import pytest

from federation import clock
from federation.errors import Malformed
from fedigroups.accounts import signup_blocks
from fedigroups.accounts.models import Account
from fedigroups.accounts.signup_models import SignUpBlock
from guests import PASSWORD, House

pytestmark = pytest.mark.anyio

TOM = {"name": "tom", "email": "Tom@mail.example", "password": PASSWORD}
GLOBAL, NEXT_DOOR = "93.184.216.34", "93.184.217.1"


async def made(house: House, name: str, address: str = GLOBAL, **wish: str) -> int:
    """What a visitor's form is answered."""
    async with house.guest(address) as guest:
        return (await guest.fill("/signup", **TOM | {"name": name} | wish)).status_code


@pytest.mark.parametrize(
    ("what", "caught", "free"),
    [
        ("mail.example", {"email": "a@mail.example"}, {"email": "a@gmail.example"}),
        ("Mail.Example", {"email": "a@mx.mail.example"}, {"email": "a@example.mail"}),
        ("eve@mail.example", {"email": "E.ve+2@MAIL.example"}, {"email": "eva@mail.example"}),
        ("93.184.216.0/24", {"address": GLOBAL}, {"address": NEXT_DOOR}),
        ("2606:2800::/32", {"address": "2606:2800:220:1::5"}, {"address": "2607:f8b0::1"}),
    ],
)
async def test_nobody_makes_an_account_from_where_staff_takes_none(
    house: House, what: str, caught: dict[str, str], free: dict[str, str]
) -> None:
    block = await signup_blocks.block(signup_blocks.kind_of(what), what)
    assert (await made(house, "tom", **caught), await made(house, "mia", **free)) == (422, 200)
    await signup_blocks.lift(block.id)
    assert await made(house, "tom", **caught) == 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_who_may_ask_waits_until_somebody_says_yes(house: House) -> None:
    await signup_blocks.block("network", "93.184.216.0/24", asks=True)
    async with house.guest(GLOBAL) as guest, house.guest(NEXT_DOOR) as neighbour:
        await guest.fill("/signup", **TOM)
        await neighbour.fill("/signup", **TOM | {"name": "mia", "email": "mia@mail.example"})
    waiting = {
        one.actor.username: one.approved_at for one in await Account.all().select_related("actor")
    }
    assert (waiting["tom"], waiting["mia"] > 0) == (0, True)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_new_address_is_not_one_that_is_blocked(house: House) -> None:
    await signup_blocks.block("mail", "spam.example")
    async with house.guest() as olga:
        await olga.sign_in()
        answer = await olga.fill("/settings/email", email="olga@spam.example", current=PASSWORD)
    assert answer.status_code == 422
    assert await house.letters("olga@spam.example") == []


async def test_a_block_ends_when_its_time_is_up_and_is_changed_by_a_second_one(
    house: House,
) -> None:
    first = await signup_blocks.block("mail", "mail.example", "Why?", seconds=60)
    second = await signup_blocks.block("mail", "mail.example", "Because.", seconds=120)
    assert (first.id, second.note) == (second.id, "Because.")
    with clock.held(clock.now_ms() + 119 * clock.SECOND):
        with pytest.raises(Malformed):
            await signup_blocks.check("a@mail.example")
        await signup_blocks.retire()
    with clock.held(clock.now_ms() + 121 * clock.SECOND):
        assert not await signup_blocks.check("a@mail.example")
        await signup_blocks.retire()
    assert await SignUpBlock.all().count() == 0


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_of_an_address_its_digest_alone_is_kept_as_mastodon_makes_it(house: House) -> None:
    block = await signup_blocks.block("mailbox", "T.est+spam@Example.com")
    # printf test@example.com | sha256sum
    assert block.value == "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert (await signup_blocks.of_mailbox("test@example.com"))[0].id == block.id
    assert await signup_blocks.of_mailbox("tess@example.com") == []


@pytest.mark.parametrize(
    "what", ["", "nothost", "b@d", "a..example", "https://m.example", "0.0.0.0/0", "2001:db8::/65"]
)
async def test_what_is_no_host_no_address_and_no_network_is_refused(
    house: House, what: str
) -> None:
    with pytest.raises(Malformed):
        await signup_blocks.block(signup_blocks.kind_of(what), what)
