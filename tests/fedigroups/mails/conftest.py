"""An instance with a mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from federation import clock
from fedigroups.accounts.models import Account
from mail_server import MailServer
from mails_office import Office
from world import World


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    """Welders with a mail server; Olga and Tom have addresses."""
    async with MailServer().listening() as server:
        town = await world.town(FEDIGROUPS_SMTP_URL=f"smtp://127.0.0.1:{server.port}")

        async def addressed() -> None:
            for account in await Account.all().select_related("actor"):
                account.email = f"{account.actor.username}@mail.example"
                await account.save(update_fields=["email"])

        await town.run(addressed)
        yield Office(town, server, clock.now_ms())
