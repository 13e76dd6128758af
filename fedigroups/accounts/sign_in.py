"""This module decides whether a name (or address) and a password, or a passkey, are somebody's."""

from __future__ import annotations

from federation import limits
from fedigroups.accounts import browsers, mailboxes, passkeys, passwords
from fedigroups.accounts.attempts import Place
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception


async def check(
    reception: Reception, login: str, password: str, address: str, mark: str = ""
) -> Account | None:
    """The account with its actor, or None; it takes as long either way, whatever is wrong.

    `mark` is what the browser shows of an earlier time. The account may still be unconfirmed,
    unapproved or suspended: only who knows the password is told. Raises `Slowed` for an address or
    an account with too many attempts. These are counted by what was typed: were a name and an
    address counted together, whoever used up the tries of one would learn whether the other is the
    same person's.
    """
    name = login.strip().removeprefix("@").lower()[: limits.EMAIL_CHARS]
    account = await _known(name)
    whose = str(account.id) if account else name
    place = Place(address, browsers.known(reception.form_key, whose, mark))
    reception.attempts.sign_in(name, place)
    stored = account.password_hash if account else ""
    if not await passwords.is_right(stored, password) or account is None:
        reception.attempts.failed(name, place)
        return None
    if passwords.is_old(stored):
        hashed = await passwords.hashed(password)
        await Account.filter(id=account.id, password_hash=stored).update(password_hash=hashed)
    return account


async def by_passkey(reception: Reception, said: str, visitor: str, address: str) -> Account | None:
    """The account with its actor that a passkey opens, or None: two factors at once.

    `visitor` is the cookie that the browser shows. As with passwords, the account may not be let in
    yet, or be suspended. Raises `Slowed` for an address or a passkey with too many attempts; they
    are counted apart from passwords, so that who guesses these shuts no passkey out.
    """
    shown = passkeys.read(said)
    who, place = f"passkey {shown.digest if shown else ''}", Place(address)
    reception.attempts.sign_in(who, place)
    passkey = await passkeys.find(shown) if shown else None
    if (
        shown is None
        or passkey is None
        or not await passkeys.is_proven(reception, passkey, visitor, shown)
    ):
        reception.attempts.failed(who, place)
        return None
    return passkey.account


async def _known(name: str) -> Account | None:
    """Whose name or confirmed address it is."""
    known = Account.filter(actor__state__not="gone").select_related("actor")
    if "@" in name:
        return await known.filter(email_key=mailboxes.key(name), confirmed_at__gt=0).first()
    return await known.filter(actor__username=name, actor__local=True).first()
