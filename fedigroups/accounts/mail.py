"""This module queues letters: a row for each, sealed, until a worker has sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from federation import clock, ids
from federation.sealing import Seal
from fedigroups.accounts.mail_models import Mail


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to somebody: a subject of one line, and plain text."""

    subject: str
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    """What else mail programs are told; our own words alone."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A letter, and to whom."""

    recipient: str
    letter: Letter


async def post(seal: Seal, recipient: str, letter: Letter) -> None:
    """Queue a letter; to nobody, nothing happens."""
    if not recipient:
        return
    mail_id = ids.new()
    plain = json.dumps([letter.subject, letter.text]).encode()
    await Mail.create(
        id=mail_id,
        recipient=recipient,
        sealed=seal.close(plain, f"mail {mail_id}"),
        next_try_at=0,
        created_at=clock.now_ms(),
    )


def opened(seal: Seal, row: Mail) -> Letter:
    """The letter in a row. Raises `Misconfigured` when it was sealed under another secret."""
    subject, text = json.loads(seal.open(bytes(row.sealed), f"mail {row.id}"))
    return Letter(subject, text)


async def promise(account_id: int, about: Mapping[str, Sequence[int]]) -> None:
    """Queue a mail about something, inside the caller's transaction.

    It is written when it is sent, of what its reader may read then; and comes after the letters,
    for which somebody waits at a page.
    """
    now = clock.now_ms()
    await Mail.create(
        id=ids.new(),
        recipient="",
        sealed=b"",
        account_id=account_id,
        about=json.dumps(about),
        next_try_at=now,
        created_at=now,
    )
