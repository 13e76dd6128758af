"""This module queues the digests that are due, each once."""

from __future__ import annotations

import structlog

from federation import clock, storage
from fedigroups.accounts import mail, mailing
from fedigroups.accounts.mail_models import Mailing

BATCH = 100

log = structlog.get_logger("fedigroups.mails")


async def queue_due() -> int:
    """Queue a digest for everybody whose hour has come; how many."""
    made = 0
    while due := await Mailing.filter(digest_at__gt=0, digest_at__lte=clock.now_ms()).limit(BATCH):
        for mine in due:
            made += await _queue(mine)
    if made:
        log.info("mail.digests_queued", digests=made)
    return made


async def _queue(mine: Mailing) -> bool:
    """The next one, and that this one is queued, in one commit.

    Whoever moves the date on queues it. A digest that was late tells up to now; where the address
    takes no mail none is made, and the one that comes when it does tells of all.
    """
    now = clock.now_ms()
    until = mine.digest_from if mine.refused_at else now
    async with storage.transaction():
        moved = await Mailing.filter(id=mine.id, digest_at=mine.digest_at).update(
            digest_at=mailing.next_digest(now, mine), digest_from=until
        )
        if moved and not mine.refused_at:
            await mail.promise(mine.id, {"digest": [mine.digest_from, now]})
    return bool(moved and not mine.refused_at)
