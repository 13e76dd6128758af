"""The letters that people with an account are sent, in plain words."""

from __future__ import annotations

import re
from urllib.parse import quote

from fedigroups.accounts.mail import Letter

_ONWARD = re.compile(
    r"/groups/[a-z0-9_.-]{1,64}(?:/threads/[0-9]{1,19}|/invited\?code=[A-Za-z0-9_-]{1,64})?"
)
"""Where a letter of ours may lead on to: anybody may have one sent to anybody."""


def link(origin: str, page: str, secret: str, onward: str = "") -> str:
    """What opens the page with the secret, and leads on from there.

    That is `onward` for the path of a group, of a thread or an invitation of one, and else nothing.
    """
    opens = f"{origin}{page}?token={secret}"
    return f"{opens}&next={quote(onward, safe='')}" if _ONWARD.fullmatch(onward) else opens


def confirm(instance: str, name: str, link: str) -> Letter:
    """To whoever said that this is their address."""
    return Letter(
        f"Confirm your address for {instance}",
        f"Somebody, we hope you, asks for the account @{name} at {instance} with this address.\n\n"
        f"To confirm it, open this link within two days:\n\n{link}\n\n"
        "If it was not you, do nothing: without you nothing comes of it.\n",
    )


def known_already(instance: str, origin: str) -> Letter:
    """To whoever has an account with this address, when somebody asks for another one."""
    return Letter(
        f"You have an account at {instance}",
        f"Somebody, perhaps you, asked for a new account at {instance} with this address. There "
        "is one already, so no other can be confirmed with it.\n\n"
        f"Sign in: {origin}/login\nForgot the password? {origin}/forgot\n\n"
        "If it was not you, do nothing.\n",
    )


def reset(instance: str, name: str, link: str) -> Letter:
    """To whoever forgot a password."""
    return Letter(
        f"A new password for {instance}",
        f"Somebody, we hope you, forgot the password of @{name} at {instance}.\n\n"
        f"To choose a new one, open this link within an hour:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays what it is.\n",
    )


def changed(instance: str, name: str, what: str, origin: str, more: str = "") -> Letter:
    """To whoever should know that something that opens the account is another now."""
    between = "\n\n" if more else ""
    return Letter(
        f"{what} at {instance}",
        f"This is about your account @{name} at {instance}:\n\n{what}.\n\n{more}{between}"
        f"If it was not you, ask for a new password at once: {origin}/forgot\n",
    )


def moved(instance: str, name: str, to: str, origin: str) -> Letter:
    """To whoever moved to another account, or (to none) lives here again."""
    what = f"has moved to {to}, and only reads from now on" if to else "is in use here again"
    return Letter(
        f"Your account at {instance} {'has moved' if to else 'is in use again'}",
        f"Your account @{name} at {instance} {what}.\n\n"
        f"If it was not you, take it back ({origin}/settings/move) and ask for a new password at "
        f"once: {origin}/forgot\n",
    )


def signed_in(instance: str, name: str, agent: str, origin: str) -> Letter:
    """To whoever wants to know when somebody signs in."""
    return Letter(
        f"Signed in at {instance}",
        f"Somebody, we hope you, signed in as @{name} at {instance}.\n\n"
        f"The browser calls itself: {agent or '(nothing)'}\n\n"
        f"See where you are signed in, and end what is not yours: {origin}/settings/sessions\n",
    )


def waiting(instance: str, name: str, reason: str) -> Letter:
    """To an admin: somebody asks to come in."""
    said = "\n".join(f"> {line}" for line in reason.splitlines()) or "> (nothing)"
    return Letter(
        f"@{name} asks for an account at {instance}",
        f"@{name} asks for an account at {instance}, and says:\n\n{said}\n\n"
        f"Let them in:  fedigroups user approve {name}\n"
        f"Or do not:    fedigroups user refuse {name}\n",
    )


def suspended(instance: str, name: str, reason: str) -> Letter:
    """To whoever may not take part for now."""
    return Letter(
        f"Your account at {instance} is suspended",
        f"Whoever runs {instance} has suspended your account @{name}. The reason:\n\n{reason}\n\n"
        "Answer this mail if you think that it is wrong.\n",
    )


def welcome(instance: str, name: str, origin: str) -> Letter:
    """To whoever was let in."""
    return Letter(
        f"Welcome to {instance}",
        f"Your account @{name} at {instance} is ready. Sign in: {origin}/login\n",
    )


def group_suspended(instance: str, group: str, reason: str) -> Letter:
    """To the owner of a group that is shown to nobody for now."""
    return Letter(
        f"Your group {group} at {instance} is suspended",
        f"Whoever runs {instance} has suspended your group {group}: nobody reads it, and nothing "
        f"is taken for it. The reason:\n\n{reason}\n\n"
        "Answer this mail if you think that it is wrong.\n",
    )


def group_lifted(instance: str, group: str) -> Letter:
    """To the owner of a group that is open again."""
    return Letter(
        f"Your group {group} at {instance} is open again",
        f"Whoever runs {instance} has opened your group {group} again. It is as it was before.\n",
    )


def group_closed(instance: str, group: str, reason: str) -> Letter:
    """To the owner of a group that is gone for good."""
    return Letter(
        f"Your group {group} at {instance} is closed",
        f"Whoever runs {instance} has closed your group {group} for good: nobody reads it any "
        f"more, and servers that did are told. The reason:\n\n{reason}\n\n"
        "Answer this mail if you think that it is wrong.\n",
    )


def about_group(instance: str, group: str, text: str) -> Letter:
    """To the owner of a group, from whoever runs the instance."""
    return Letter(
        f"About your group {group} at {instance}",
        f"Whoever runs {instance} writes to you about your group {group}:\n\n{text}\n\n"
        "Answer this mail to reach them.\n",
    )


def test(instance: str, origin: str) -> Letter:
    """To whoever wants to see that letters arrive."""
    return Letter(
        f"Letters of {instance} arrive",
        f"You asked for this letter at {origin}/admin/works, and it came. Nothing is to be done.\n",
    )
