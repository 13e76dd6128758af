"""This module decides who may make an account, and what must happen before they are let in.

What a visitor is answered does not tell whether an address is known here: the account is made
either way and waits. Only the letter differs, and only the address's owner reads it.
"""

from __future__ import annotations

from federation import clock, limits, storage
from federation.errors import Blocked, Malformed
from federation.models import Actor
from fedigroups.accounts import (
    invitations,
    letters,
    mailboxes,
    mailing,
    people,
    signup_blocks,
    tickets,
)
from fedigroups.accounts.entry_models import Ticket
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import Wish
from fedigroups.accounts.reception import Reception


async def ask(
    reception: Reception, wish: Wish, *, invitation: str = "", seen: str = "", onward: str = ""
) -> Account:
    """Make an account that waits for what this instance asks of new people, committed.

    `seen` is where they are, as visitors are counted; `onward` the path to which the letter leads,
    where `letters.link` lets it. Raises `Blocked` where nobody may come (without an
    invitation), `Malformed` for a name that is bad or taken, a bad or blocked address, a bad
    password, and where a reason must be given and is not.
    """
    await _check_allowed(reception, wish, invitation)
    waits = await signup_blocks.check(wish.email.strip(), seen) or reception.signup == "approval"
    confirmed = not reception.confirm_email
    approved = not waits or bool(invitation)
    account = await people.add(reception.wire, wish, confirmed=confirmed, approved=approved)
    if invitation:
        await _take(invitation, account)
    if not confirmed:
        await send_confirmation(reception, account, wish.name, onward=onward)
    elif not approved:
        await _tell_admins(reception, wish.name, wish.reason)
    return account


async def _check_allowed(reception: Reception, wish: Wish, invitation: str) -> None:
    if reception.signup == "closed":
        raise Blocked("nobody can make an account here at the moment")
    if invitation and not await invitations.is_good(invitation):
        raise Malformed("this invitation was used up, or is no more; ask for another one")
    if reception.signup == "invite" and not invitation:
        raise Blocked("accounts here are by invitation: ask somebody who has one")
    if not wish.password:
        raise Malformed("an account needs a password")
    mailboxes.check(wish.email)
    if len(wish.reason) > limits.REASON_CHARS:
        raise Malformed("a reason has at most {most} characters", most=limits.REASON_CHARS)
    if reception.signup == "approval" and not invitation and not wish.reason.strip():
        raise Malformed("say why you want an account: somebody reads that and decides")


async def _take(invitation: str, account: Account) -> None:
    """Use the invitation up by one; who came with the last use at the same time is forgotten."""
    try:
        await invitations.take(invitation)
    except Malformed:
        await forget(account)
        raise


async def send_confirmation(
    reception: Reception, account: Account, name: str, address: str = "", *, onward: str = ""
) -> None:
    """Write to the account's address, or a new one, that it is to be confirmed.

    Not when that was done often enough of late. Whoever has confirmed it with another account is
    told that there is one, and nothing opens.
    """
    if not reception.attempts.may_write(account.id):
        return
    email = address or account.email
    known = Account.filter(email_key=mailboxes.key(email), confirmed_at__gt=0)
    secret = await tickets.issue(account.id, "confirm", email)
    link = letters.link(reception.origin, "/confirm", secret, onward)
    letter = letters.confirm(reception.name, name, link)
    if await known.exclude(id=account.id).exists():
        letter = letters.known_already(reception.name, reception.origin)
    await reception.write(email, letter)


async def change_address(reception: Reception, account: Account, email: str) -> None:
    """Write to a new address, which is the account's once confirmed. Raises `Malformed`.

    Whether somebody else here has it is told to that address alone.
    """
    address = mailboxes.check(email)
    await signup_blocks.check(address)
    await send_confirmation(reception, account, account.actor.username, address)


async def confirm(reception: Reception, ticket: Ticket) -> Account:
    """The address of the ticket is theirs; who need not be approved is in.

    Raises `Malformed` when the ticket was used meanwhile, or another account has the address.
    """
    account = ticket.account
    before = account.email if account.confirmed_at else ""
    async with storage.transaction():
        if not await tickets.redeem(ticket):
            raise Malformed("this link was used already")
        await people.claim_address(ticket.email, account.id)
        account.email, account.email_key = ticket.email, mailboxes.key(ticket.email)
        first, account.confirmed_at = account.confirmed_at == 0, clock.now_ms()
        await account.save(update_fields=["email", "email_key", "confirmed_at"])
        await mailing.forgive(account.id)
        if before:  # whoever reads the mail of the old address opens nothing with it any more
            await tickets.drop(account.id, "reset")
        await _admit(account)
    if before and before != account.email:
        name, what = account.actor.username, "Your e-mail address was changed"
        letter = letters.changed(reception.name, name, what, reception.origin)
        await reception.write(before, letter)
    if first and not account.approved_at:
        await _tell_admins(reception, account.actor.username, account.reason)
    return account


async def take_for_confirmed(account: Account) -> None:
    """The operator knows that the address is theirs. Raises `Malformed` when another has it."""
    async with storage.transaction():
        await people.claim_address(account.email, account.id)
        account.confirmed_at = account.confirmed_at or clock.now_ms()
        await account.save(update_fields=["confirmed_at"])
        await _admit(account)


async def approve(reception: Reception, account: Account) -> None:
    """Let in who waits; a second time changes nothing."""
    async with storage.transaction():
        changed = await Account.filter(id=account.id, approved_at=0).update(
            approved_at=clock.now_ms()
        )
        account.approved_at = account.approved_at or clock.now_ms()
        await _admit(account)
    if changed and account.confirmed_at:
        name = account.actor.username
        await reception.write(
            account.email, letters.welcome(reception.name, name, reception.origin)
        )


async def refuse(account: Account) -> None:
    """Forget whoever was not let in; the name is free again. Raises `Malformed` if they were."""
    if account.admitted:
        raise Malformed(f"{account.actor.handle} has been let in; close the account instead")
    await forget(account)


async def forget(account: Account) -> None:
    """Whoever nobody was ever told of was never here, and the name is free."""
    async with storage.transaction():
        await Account.filter(id=account.id).delete()
        await Actor.filter(id=account.actor_id, local=True).delete()


async def retire() -> None:
    """Forget who never confirmed an address."""
    before = clock.now_ms() - limits.CONFIRM_SECONDS * clock.SECOND
    waiting = Account.filter(confirmed_at=0, created_at__lt=before, actor__state="pending")
    for account in await waiting.select_related("actor").limit(1_000):
        await refuse(account)


async def _admit(account: Account) -> None:
    if account.admitted:
        await Actor.filter(id=account.actor_id, state="pending").update(
            state="live", updated_at=clock.now_ms()
        )


async def _tell_admins(reception: Reception, name: str, reason: str) -> None:
    for admin in await Account.filter(role="admin", confirmed_at__gt=0).exclude(email=""):
        if "sign_up" in admin.mail_about.split():
            await reception.write(admin.email, letters.waiting(reception.name, name, reason))
