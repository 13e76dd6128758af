"""One press ends such mail, for who is signed out too; looking at the page ends nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import unescape

import pytest

from fedigroups.accounts import mailing
from fedigroups.accounts.mail_models import Mailing
from fedigroups.accounts.mailing import What
from fedigroups.accounts.models import Account
from guests import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def _link(house: House, what: What) -> tuple[str, int]:
    account = await Account.get(actor__username="olga")
    token = mailing.token(house.instance.mailer.seal, account.id, what)
    return f"/unsubscribe/{token}", account.id


@pytest.mark.parametrize("what", ["notices", "digest"])
async def test_a_mail_program_unsubscribes_without_a_cookie_and_its_reader_can_come_back(
    house: House, what: What
) -> None:
    path, account_id = await _link(house, what)
    async with house.program() as program:
        assert "Send no more of it" in (await program.client.get(path)).text
        assert (await Mailing.get(id=account_id)).stopped == ""  # whoever looks ends nothing
        answer = await program.client.post(path, data=ONE_CLICK)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        mine = await Mailing.get(id=account_id)
        assert mine.stopped == what
        assert (mine.digest_at == 0) == (what == "digest")
        assert "Send it again" in (await program.client.get(path)).text
        await program.client.post(path, data={"again": "1"})
    mine = await Mailing.get(id=account_id)
    assert (mine.stopped, mine.digest_at > 0) == ("", True)


async def test_an_address_that_is_cut_or_made_up_opens_nothing(house: House) -> None:
    path, account_id = await _link(house, "digest")
    seal = house.instance.mailer.seal
    other = seal.close(f"{account_id} digest".encode(), "push").hex()
    async with house.program() as program:
        for bad in (path[:-3], f"{path[:-8]}AAAAAAAA", f"/unsubscribe/{other}", "/unsubscribe/é"):
            assert (await program.client.post(bad, data=ONE_CLICK)).status_code == 404
        shown = await program.client.get("/settings/mail", headers={"Cookie": path})
        assert shown.status_code == 303  # it opens nothing else
    assert (await Mailing.get(id=account_id)).stopped == ""


async def test_people_choose_on_a_page_what_comes_by_mail(
    open_house: Callable[..., Awaitable[House]],
) -> None:
    house = await open_house(SMTP_URL="smtp://127.0.0.1:9")
    account = await Account.get(actor__username="olga")
    async with house.guest() as olga:
        await olga.sign_in()
        choices = dict.fromkeys(mailing.KINDS, "digest") | {"reply": "never"}
        kept = await olga.fill("/settings/mail", **choices, digest="daily", hour="19", locale="it")
        assert "It is kept." in kept.text
        mine = await mailing.of(account.id)
        assert mailing.chosen(mine) == mailing.Chosen(choices, "daily", 19, False)
        assert (await Account.get(id=account.id)).locale == "it"
        assert mine.digest_at // 3_600_000 % 24 == 19
        await olga.fill("/settings/mail", **choices, digest="daily", hour="19", zone="Asia/Kolkata")
        assert (await mailing.of(account.id)).digest_at // 60_000 % 1440 == 13 * 60 + 30
        shown = (await olga.get("/settings/mail")).text
        assert '<option value="Asia/Kolkata" selected>' in shown
        nowhere = await olga.fill("/settings/mail", **choices, hour="1", zone="Asia/Atlantis")
        assert nowhere.status_code == 422
        wrong = await olga.fill("/settings/mail", **choices, digest="hourly", hour="1")
        assert wrong.status_code == 422
        for _ in range(3):
            await mailing.refused(account.id, "550 <full>")
        shown = await olga.get("/settings/mail")
        assert "550 <full>" in unescape(shown.text)
        assert "this server sends no mail" not in shown.text.lower()
        await olga.fill("/settings/mail", again="1")
    assert (await mailing.of(account.id)).refused_at == 0


async def test_the_page_says_where_no_mail_is_sent(house: House) -> None:
    async with house.guest() as olga:
        await olga.sign_in()
        assert (
            "This server sends no mail about what happens"
            in (await olga.get("/settings/mail")).text
        )
