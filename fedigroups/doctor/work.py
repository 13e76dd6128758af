"""This module looks at the work: what came, what is owed, letters, pictures, who reads what."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote, urlsplit

import aiosmtplib

from federation import clock, ids, storage
from federation.errors import FederationError
from fedigroups.doctor.findings import Check, Finding, judged
from fedigroups.groups import readers
from fedigroups.instance import Instance
from fedigroups.media import names, sweeping
from inbox import report as arrivals
from outbox import report as deliveries
from outbox.lanes import State

OLD_MS = clock.HOUR
MAIL_SECONDS = 10.0
DOT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A picture of one pixel, to see whether any can be decoded."""
_RUNNING = "Is the server running, with a worker?"


async def _arrivals(_instance: Instance) -> Finding:
    waiting, age = (await arrivals.counts())["received"], await arrivals.oldest_due()
    found = f"{waiting} to process, the oldest has been due for {_minutes(age)}"
    return judged("arrivals", age < OLD_MS, found, f"{_RUNNING} Look for inbox.* in its log.")


async def _owed(_instance: Instance) -> Finding:
    """Hosts that do not answer are not our fault; what is owed to those that do is late."""
    now = clock.now_ms()
    hosts = await deliveries.hosts()
    late = [one for one in hosts if one.state is State.OPEN and one.since < now - OLD_MS]
    failing = sum(one.state is not State.OPEN for one in hosts)
    found = f"{sum(one.owed for one in hosts)} deliveries are owed; {failing} hosts do not answer"
    if not late:
        return Finding("deliveries", "ok", found)
    oldest = _minutes(now - min(one.since for one in late))
    remedy = f"{_RUNNING} `fedigroups queue show` says what each host is owed."
    return Finding("deliveries", "wrong", f"{found}; the oldest waits for {oldest}", remedy)


def _minutes(ms: int) -> str:
    return f"{ms // clock.MINUTE} minutes"


async def _failed(_instance: Instance) -> Finding:
    failed = (await arrivals.counts())["failed"]
    remedy = "See them and their reasons with `fedigroups queue failed`."
    return judged("dead letters", failed == 0, f"{failed} activities failed here", remedy)


async def _readers(_instance: Instance) -> Finding:
    drift = await readers.drift()
    if not drift:
        return Finding("readers", "ok", "each group goes where its members live")
    found = (
        f"{drift.members} members have another inbox by now, {len(drift.missing)} times a server "
        f"is not sent a group that it should be, {len(drift.excess)} times one that it should "
        f"not, {len(drift.digests)} digests of followers are wrong"
    )
    remedy = "Run `fedigroups doctor --mend`; what was missed until then is not sent any more."
    return Finding("readers", "wrong", found, remedy)


async def _pictures(instance: Instance) -> Finding:
    key, probe = names.file(names.new(), names.PREVIEW_TYPE), ids.token(32).encode()
    store, used = instance.media.store, await sweeping.usage()
    remedy = (
        "See that the folder `media` can be written, or what FEDIGROUPS_S3_* say; and that this "
        "program may start processes of its own, of which each takes up to 1 GB of memory."
    )
    try:
        await instance.media.decoder.icon(DOT)
        await store.put(key, probe, names.PREVIEW_TYPE)
        found = await store.get(key)
        await store.delete(key)
    except FederationError as error:
        return Finding("pictures", "wrong", str(error), remedy)
    if found != probe:
        return Finding("pictures", "wrong", "what is stored is not found again", remedy)
    kept = (used.upload_bytes + used.copy_bytes) // 1_000_000
    return Finding("pictures", "ok", f"can be stored and found; {kept} MB are kept")


async def _mail(instance: Instance) -> Finding:
    url = instance.settings.smtp_url
    if not url:
        found = (
            "letters are written into files and reach nobody, and nobody is told by mail what "
            "happens in their groups: FEDIGROUPS_SMTP_URL is not set"
        )
        return Finding("mail", "note", found)
    remedy = "See FEDIGROUPS_SMTP_URL: name, port, user and password; `smtps://` for port 465."
    try:
        await _greeted(url)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        host = urlsplit(url).hostname
        return Finding("mail", "wrong", f"{host} takes no letters from us: {error}", remedy)
    row = await storage.row(
        "SELECT (SELECT COUNT(*) FROM mail WHERE tries > 2) AS late,"
        " (SELECT COUNT(*) FROM mailing WHERE refused_at > 0) AS refused"
    )
    late = int(row["late"]) if row else 0
    refused = row["refused"] if row else 0
    found = (
        f"the mail server lets us in; {late} letters are tried again and again, and {refused} "
        "addresses take no mail any more"
    )
    return judged("mail", late == 0, found, "Look for mail.failed in the server's log.")


async def _greeted(url: str) -> None:
    """Do all that comes before a letter. Raises what aiosmtplib raises."""
    parts = urlsplit(url)
    link = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        timeout=MAIL_SECONDS,
    )
    async with link:
        await link.noop()


WORK = (
    Check("arrivals", _arrivals),
    Check("deliveries", _owed),
    Check("dead letters", _failed),
    Check("readers", _readers),
    Check("pictures", _pictures),
    Check("mail", _mail),
)
