"""This module knows a browser again in which somebody signed in before.

It keeps a mark that opens nothing: whoever shows one may go on trying while an account is beset by
strangers (see `attempts`). Nothing is stored of it here.
"""

from __future__ import annotations

from federation import ids, limits
from fedigroups.accounts import secrets


def mark(key: bytes, account: str) -> str:
    """What a browser is given to keep, and shows when somebody signs in to this account in it."""
    name = ids.token(12)
    return f"{name}.{secrets.keyed(key, 'browser', account, name)}"


def known(key: bytes, account: str, shown: str) -> str:
    """The name of a browser that shows a mark of this account; empty for every other one."""
    name, _, proof = shown.partition(".")
    expected = secrets.keyed(key, "browser", account, name)
    return name if len(shown) <= limits.SECRET_CHARS and secrets.same(proof, expected) else ""
