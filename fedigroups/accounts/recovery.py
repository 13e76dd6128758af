"""This module changes passwords: with the old one, with a link in a mail, or as the operator says.

Whatever the reason was, all that opened the account with the old one ends in the same commit.
Passkeys stay: who forgot a password has not lost a device, and whoever can read somebody's mail
must not be able to take away what stands beside the password. The letter says that they are there.
"""

from __future__ import annotations

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts import doors, letters, mail, mailboxes, passwords, tickets
from fedigroups.accounts.entry_models import Passkey, Ticket
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception


async def ask(reception: Reception, email: str, onward: str = "") -> None:
    """Write to whoever has confirmed this address, and to nobody else.

    `onward` is where they were going, as for `letters.link`.
    """
    key = mailboxes.key(email)
    known = Account.filter(email_key=key, confirmed_at__gt=0, actor__state="live")
    account = await known.select_related("actor").first()
    if account is None or not reception.attempts.may_write(account.id):
        return
    secret = await tickets.issue(account.id, "reset")
    link = letters.link(reception.origin, "/reset", secret, onward)
    letter = letters.reset(reception.name, account.actor.username, link)
    await reception.write(account.email, letter)


async def redeem(reception: Reception, ticket: Ticket, password: str) -> None:
    """Change the password with a link. Raises `Malformed` for a bad one, and for a used link."""
    account = ticket.account
    hashed = await _hashed(account, password)
    async with storage.transaction():
        if not await tickets.redeem(ticket):
            raise Malformed("this link was used already; ask for another one")
        await _set(account, hashed)
        await _tell_changed(reception, account)
    reception.posted()


async def change(
    reception: Reception, account: Account, password: str, *, but_session: int = 0
) -> None:
    """Change the password of whoever proved to be its owner, or at the operator's word."""
    hashed = await _hashed(account, password)
    async with storage.transaction():
        await _set(account, hashed, but_session)
        await _tell_changed(reception, account)
    reception.posted()


async def _tell_changed(reception: Reception, account: Account) -> None:
    more = ""
    if await Passkey.exists(account_id=account.id):
        more = (
            "Your passkeys open the account as before. Look whether all of them are yours: "
            f"{reception.origin}/settings/passkeys"
        )
    await tell(reception, account, "Your password was changed", more)


async def tell(reception: Reception, account: Account, what: str, more: str = "") -> None:
    """Write to the account's owner that something that opens it is another now.

    Inside the transaction in which it becomes so; `reception.posted` follows it.
    """
    name = account.actor.username
    letter = letters.changed(reception.name, name, what, reception.origin, more)
    await mail.post(reception.seal, account.email, letter)


async def _hashed(account: Account, password: str) -> str:
    passwords.check(password, known=(account.actor.username, account.email))
    return await passwords.hashed(password)


async def _set(account: Account, hashed: str, but_session: int = 0) -> None:
    await Account.filter(id=account.id).update(password_hash=hashed)
    await doors.close(account, but_session=but_session)
