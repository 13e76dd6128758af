"""This module sends the letters that wait: by the mail server, or into files where there is none.

A letter is tried for two days, less and less often. A mail server that refuses an address or a text
for good (5xx) ends the letter at once; one that does not let us in, or is down, is asked again. No
two workers send the same one (`tries.py`). Whoever is killed after the mail server took a letter,
and before that is written down, sends it once more, under the same Message-ID.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from federation import clock, ids, metrics, storage
from federation.crashpoints import crashpoint
from federation.sealing import Seal
from federation.waiting import woken
from fedigroups import tries
from fedigroups.accounts import mail
from fedigroups.accounts.mail import Addressed, Letter
from fedigroups.accounts.mail_models import Mail
from fedigroups.content.sanitise import label

LOOK_SECONDS = 30.0
SEND_SECONDS = 30.0
AT_ONCE = 4
"""Letters that are under way at a time; all of them end long before `tries.LEASE_MS` does."""
WAITS_MS = (
    *(clock.MINUTE, 5 * clock.MINUTE, 30 * clock.MINUTE, 2 * clock.HOUR),
    *(6 * clock.HOUR, 12 * clock.HOUR, clock.DAY),
)

log = structlog.get_logger("fedigroups.mail")

Send = Callable[[EmailMessage], Awaitable[None]]
Outcome = Literal["sent", "again", "refused", "given_up", "dropped"]
"""`refused`: for good. `dropped`: nobody may read any more what it was about."""


class Notices(Protocol):
    """What writes the mails of which only the subject is known."""

    async def written(self, row: Mail) -> Addressed | None:
        """The mail as its reader may read it now; None when there is nothing to tell."""

    async def ended(self, row: Mail, outcome: Outcome, why: str) -> None:
        """What became of it, inside the transaction that forgets it."""


class Mailer:
    """Sends what waits, when it is woken and every half minute."""

    def __init__(
        self, seal: Seal, host: str, sender: str, send: Send, notices: Notices | None = None
    ) -> None:
        self.seal, self._host = seal, host
        self._sender = sender
        self._send = send
        self._notices = notices
        self._waiting = asyncio.Event()

    def wake(self) -> None:
        """There may be a letter."""
        self._waiting.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._waiting.clear()
            await self.drain()
            await woken(self._waiting, LOOK_SECONDS)

    async def drain(self) -> None:
        """Send all that is due."""
        await tries.all_due(self._taken, self._deliver)

    async def try_out(self, recipient: str, letter: Letter) -> None:
        """Send a letter now, once. Raises what the mail server says against it."""
        await self._hand_over(Addressed(recipient, letter), ids.new())

    async def _taken(self) -> list[Mail]:
        ids = await tries.taken("mail", AT_ONCE)
        return await Mail.filter(id__in=ids).order_by("id") if ids else []

    async def _deliver(self, row: Mail) -> None:
        try:
            await self._try(row)
        except Exception as error:  # ours to mend; it holds up no other, and is not sent for ever
            log.exception("mail.broken", mail=row.id)
            if row.tries < len(WAITS_MS):
                await self._failed(row, repr(error), final=False)
            else:
                await Mail.filter(id=row.id).delete()

    async def _try(self, row: Mail) -> None:
        found = await self._read(row)
        if found is None:
            await self._end(row, "dropped", "there is nothing to tell any more")
            return
        try:
            await self._hand_over(found, row.id)
        except aiosmtplib.SMTPDataError as error:
            await self._failed(row, str(error), final=500 <= error.code < 600)
        except aiosmtplib.SMTPRecipientsRefused as error:
            final = all(500 <= one.code < 600 for one in error.recipients)
            await self._failed(row, str(error), final=final)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            await self._failed(row, f"{type(error).__name__}: {error}", final=False)
        else:
            crashpoint("after_letter")
            await self._end(row, "sent")

    async def _read(self, row: Mail) -> Addressed | None:
        if not row.about:
            return Addressed(row.recipient, mail.opened(self.seal, row))
        return await self._notices.written(row) if self._notices else None

    async def _hand_over(self, found: Addressed, id: int) -> None:
        message = composed(found.letter, self._sender, found.recipient, self._host, id)
        await asyncio.wait_for(self._send(message), SEND_SECONDS)

    async def _failed(self, row: Mail, why: str, *, final: bool) -> None:
        if final or row.tries >= len(WAITS_MS):
            await self._end(row, "refused" if final else "given_up", why)
            return
        await tries.put_off("mail", row.id, WAITS_MS[row.tries], last_error=why[:500])
        metrics.LETTERS.labels("again").inc()
        log.warning("mail.failed", mail=row.id, tries=row.tries + 1, error=why)

    async def _end(self, row: Mail, outcome: Outcome, why: str = "") -> None:
        async with storage.transaction():
            await Mail.filter(id=row.id).delete()
            if row.about and self._notices:
                await self._notices.ended(row, outcome, why)
        metrics.LETTERS.labels(outcome).inc()
        if outcome in {"refused", "given_up"}:
            log.warning("mail.given_up", mail=row.id, tries=row.tries + 1, error=why)
        elif outcome == "dropped":
            log.info("mail.dropped", mail=row.id, tries=row.tries + 1)
        else:
            log.info("mail.sent", mail=row.id, tries=row.tries + 1)


def composed(letter: Letter, sender: str, recipient: str, host: str, id: int) -> EmailMessage:
    """The letter as mail servers take it; nobody's out-of-office answers it (RFC 3834).

    One that is sent twice has the same Message-ID twice, by which mail programs show it once.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = label(letter.subject, 150)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<letter-{id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers:
        message[name] = value
    message.set_content(letter.text)
    return message


def sender_of(name: str, contact: str, host: str) -> str:
    """Whom letters are from: the contact where it is an address, else nobody who reads."""
    address = contact if "@" in contact and ":" not in contact else f"noreply@{host}"
    return formataddr((label(name, 60), address))


def by_smtp(url: str) -> Send:
    """Sends through a mail server: `smtps://`, or `smtp://` with STARTTLS where it is offered."""
    parts = urlsplit(url)

    async def send(message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            timeout=SEND_SECONDS,
        )

    return send


def into_files(folder: Path) -> Send:
    """Writes each letter into a file, for trying things out; the log says into which."""

    def write(message: EmailMessage) -> Path:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{clock.now_ms()}-{ids.token(4)}.eml"
        path.write_bytes(bytes(message))
        return path

    async def send(message: EmailMessage) -> None:
        path = await asyncio.to_thread(write, message)
        log.info("mail.written", file=str(path), subject=message["Subject"])

    return send
