"""This module is a post office: what arrives at the mail server of a town as time goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage

from federation import clock
from fedigroups import worker
from fedigroups.accounts import mailing
from fedigroups.accounts.models import Account
from fedigroups.groups.models import Post
from mail_server import MailServer
from world import Town


@dataclass
class Office:
    """The town, the mail server, and the hands of the clock."""

    town: Town
    server: MailServer
    now: int

    async def after(self, ms: int, to: str = "") -> list[EmailMessage]:
        """What arrives (for somebody) when so much time has passed, and not what did before."""
        self.now += ms
        before = len(self.server.took)
        with clock.held(self.now):
            await self.town.run(self._work)
        return [one for one in self.server.mails[before:] if one["To"].startswith(to)]

    async def _work(self) -> None:
        await worker.gather_mails(self.town.instance)
        await self.town.instance.mailer.drain()

    async def writes(self, name: str, text: str, title: str) -> Post:
        """Somebody starts a thread, a minute later."""
        self.now += clock.MINUTE
        with clock.held(self.now):
            return await self.town.write(name, text, title)

    async def answers(self, root: Post, *texts: str, by: str = "olga") -> Sequence[Post]:
        """Somebody answers a post, several times, now."""
        with clock.held(self.now):
            return [await self.town.reply(by, root.uri, text) for text in texts]


async def account_of(name: str) -> Account:
    """Somebody's account, with its actor."""
    return await Account.get(actor__username=name).select_related("actor")


async def choose(office: Office, name: str, digest: str = "weekly", **choices: str) -> None:
    """Somebody chooses on the page."""

    async def work() -> None:
        account = await account_of(name)
        chosen = mailing.chosen(await mailing.of(account.id))
        wish = replace(chosen, choices={**chosen.choices, **choices}, digest=digest)
        await mailing.choose(account, wish)

    with clock.held(office.now):
        await office.town.run(work)
