"""This module writes a mail when it is sent, and knows what becomes of what it was about."""

from __future__ import annotations

import json
from dataclasses import dataclass

from federation import storage
from federation.sealing import Seal
from fedigroups.accounts import mailing
from fedigroups.accounts.mail import Addressed, Letter
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.mailer import Outcome
from fedigroups.accounts.mailing import What
from fedigroups.accounts.models import Account
from fedigroups.mails import gathering, readable, writing
from fedigroups.mails.writing import Reader
from fedigroups.web import translation


@dataclass(frozen=True, slots=True)
class Mails:
    """What writes mails for the mailer, of what their reader may read at that moment."""

    seal: Seal
    instance: str
    origin: str
    host: str

    async def written(self, row: Mail) -> Addressed | None:
        """The mail; None when there is nothing to tell any more, or nobody to be told."""
        account = await _reached(row.account_id)
        if account is None:
            return None
        about = json.loads(row.about)
        if "digest" in about:
            letter = await self._digest(account, *about["digest"])
        else:
            letter = await self._notices(account, about["notices"])
        return Addressed(account.email, letter) if letter else None

    async def ended(self, row: Mail, outcome: Outcome, why: str) -> None:
        """What was told is told; what was not waits for a digest; refusals are counted."""
        about, account = json.loads(row.about), await Account.get_or_none(id=row.account_id)
        if account is None:
            return
        if outcome in {"sent", "dropped"}:
            _since, until = about.get("digest", (0, 0))
            await gathering.finish(account.actor_id, about.get("notices", []), until)
        elif "digest" in about:
            await _tell_again(account.id, about["digest"][0])
        else:
            await gathering.put_off(about["notices"])
        if outcome == "sent":
            await mailing.forgive(account.id)
        elif outcome == "refused":
            await mailing.refused(account.id, why)

    async def _notices(self, account: Account, ids: list[int]) -> Letter | None:
        reader, actor_id = self._reader(account, "notices"), account.actor_id
        wanted = readable.these(ids)
        if posts := await readable.posts(actor_id, wanted):
            return writing.of_thread(reader, posts)
        if words := await readable.words(actor_id, wanted):
            return writing.of_group(reader, words)
        if await readable.waits(actor_id, wanted) and (desks := await readable.desks(actor_id)):
            return writing.of_desks(reader, desks)
        return None

    async def _digest(self, account: Account, since: int, until: int) -> Letter | None:
        actor_id, wanted = account.actor_id, readable.waiting(until)
        alive = await readable.threads(actor_id, since, until)
        posts = await readable.posts(actor_id, wanted)
        words = await readable.words(actor_id, wanted)
        desks = await readable.desks(actor_id)
        if not (alive or posts or words or desks):
            return None
        return writing.digest(self._reader(account, "digest"), alive, posts, words, desks)

    def _reader(self, account: Account, what: What) -> Reader:
        token = mailing.token(self.seal, account.id, what)
        return Reader(
            name=account.actor.username,
            instance=self.instance,
            origin=self.origin,
            host=self.host,
            language=spoken(account),
            stop=f"{self.origin}/unsubscribe/{token}",
        )


async def _reached(account_id: int) -> Account | None:
    """The account, if it is in, its person did not leave, and its address takes mail."""
    account = await Account.get_or_none(id=account_id).select_related("actor")
    if account is None or not account.email or not account.admitted:
        return None
    person, mine = account.actor, await mailing.of(account_id)
    is_here = person.state == "live" and not person.moved_to
    return account if is_here and not mine.refused_at else None


def spoken(account: Account) -> str:
    """The language in which somebody is written to: theirs, where we speak it, else English."""
    wished = (tag.partition("-")[0].lower() for tag in (account.locale, account.language))
    return next((one for one in wished if one in translation.LANGUAGES), translation.ENGLISH)


async def _tell_again(account_id: int, since: int) -> None:
    """A digest came to nothing: the next one tells of its time, too."""
    await storage.execute(
        "UPDATE mailing SET digest_from = ? WHERE id = ? AND digest_from > ?",
        *(since, account_id, since),
    )
