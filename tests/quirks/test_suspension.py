"""Somebody here who is suspended is nobody elsewhere either, until it is lifted."""

from __future__ import annotations

import pytest

from federation.errors import Malformed
from fedigroups.accounts.mail import opened
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import account_named
from fedigroups.app import reception_of
from fedigroups.moderation import suspending

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

TOM = "https://groups.example/users/tom"


async def test_whoever_is_suspended_is_served_as_such_told_why_and_comes_back(stage) -> None:
    instance = stage.ours.instance
    reception = reception_of(instance)

    async def suspend(reason: str) -> None:
        account = await account_named("tom")
        await Account.filter(id=account.id).update(email="tom@mail.example")
        await suspending.suspend(reception, await account_named("tom"), reason)

    async def lift() -> None:
        await suspending.lift(reception, await account_named("tom"))

    async def letters() -> list[str]:
        return [opened(instance.mailer.seal, row).text for row in await Mail.all()]

    living = await stage.document(TOM)
    with pytest.raises(Malformed, match="reason"):
        await stage.ours.run(lambda: suspend(" "))
    await stage.ours.run(lambda: suspend("You sell rods."))
    document = await stage.document(TOM)
    assert (document["id"], document["suspended"], document["name"]) == (TOM, True, "")
    assert document["publicKey"] == living["publicKey"]
    assert "followers" not in document
    assert (await stage.read(TOM, "text/html")).status_code == 404
    (letter,) = await stage.ours.run(letters)
    assert "You sell rods." in letter
    with pytest.raises(Malformed, match="is suspended"):
        await stage.ours.run(lambda: suspend("Again."))
    await stage.ours.run(lift)
    assert await stage.document(TOM) == living
