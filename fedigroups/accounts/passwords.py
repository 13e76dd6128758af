"""This module keeps passwords as argon2id hashes (RFC 9106), made in a few threads and no more.

A hash takes a tenth of a second and 64 MiB: who asks for more at once than `limits` let wait is
told to come back, and all other requests go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from federation import limits
from federation.errors import Malformed, Slowed

T = TypeVar("T")

BUSY_SECONDS = 5.0

_hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
_DUMMY = (
    "$argon2id$v=19$m=65536,t=3,p=4$dKJfsk68H3y+IKGwApHkWA"
    "$6HLlKVvIiJlg/O15fPqCue2tUF2wpgpHhacQ8LzfpfU"
)
"""No password's: it is verified when there is none, so that this takes as long."""


def check(password: str, *, known: tuple[str, ...] = ()) -> None:
    """Raise `Malformed` for a password that is too short, too long, or one of the `known` words."""
    shortest, longest = limits.PASSWORD_CHARS
    if not shortest <= len(password) <= longest:
        raise Malformed("a password has {least} to {most} characters", least=shortest, most=longest)
    if password.lower() in {word.lower() for word in known if word}:
        raise Malformed("a password may not be your name or your address")


async def hashed(password: str) -> str:
    """The hash of a password. Raises `Malformed` as `check` does, `Slowed` when too many wait."""
    check(password)
    return await _pool.run(lambda: _hasher.hash(password))


async def is_right(stored: str, password: str) -> bool:
    """Whether it is the password of this hash; without a hash it takes as long, and is not.

    Raises `Slowed` when too many wait.
    """
    if len(password) > limits.PASSWORD_CHARS[1]:
        return False
    verified = await _pool.run(lambda: _verified(stored or _DUMMY, password))
    return verified and bool(stored)


def is_old(stored: str) -> bool:
    """Whether a hash was made with less work than is asked today."""
    return _hasher.check_needs_rehash(stored)


def _verified(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


class _Pool:
    """A few threads, and a bound on how many wait for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(limits.HASHES_AT_ONCE, "password")
        self._here = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._here >= limits.HASHES_AT_ONCE + limits.HASHES_WAITING:
            raise Slowed("everybody who signs in at this moment", BUSY_SECONDS)
        self._here += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._here -= 1


_pool = _Pool()
