"""`mail`: what waits to be sent by mail, and whether the mail server takes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import aiosmtplib
import click

from federation import clock, storage
from federation.errors import Refused
from fedigroups.accounts import mailboxes
from fedigroups.accounts.mail import Letter
from fedigroups.accounts.mail_models import Mail
from fedigroups.cli.run import as_json, facts, show, tell, told_as_json, with_instance
from fedigroups.instance import Instance


@click.group("mail")
def mails() -> None:
    """Letters that wait, and the mail server."""


@mails.command()
@as_json
def status(json_: bool) -> None:
    """What waits or fails, and how many addresses refuse all."""

    async def work(instance: Instance) -> dict[str, Any]:
        row = await storage.row(
            "SELECT (SELECT COUNT(*) FROM mail) AS waiting,"
            " (SELECT COUNT(*) FROM mail WHERE tries > 0) AS tried,"
            " (SELECT COALESCE(MIN(created_at), 0) FROM mail) AS since,"
            " (SELECT COUNT(*) FROM mailing WHERE refused_at > 0) AS refused,"
            " (SELECT COUNT(*) FROM mailing WHERE digest_at > 0) AS digests,"
            " (SELECT COUNT(*) FROM notification WHERE mail = 'new') AS undecided"
        )
        found = row or {}
        failed = await Mail.filter(tries__gt=0).order_by("-tries", "id").first()
        return {
            "server": urlsplit(instance.settings.smtp_url).hostname or None,
            "waiting": found["waiting"],
            "tried_again": found["tried"],
            "oldest": clock.rfc3339(found["since"]) if found["since"] else None,
            "last_error": failed.last_error if failed else None,
            "notifications_to_look_at": found["undecided"],
            "people_with_a_digest": found["digests"],
            "addresses_that_refuse": found["refused"],
        }

    found = with_instance(work)
    show(json_, found, facts(found | {"server": found["server"] or "none: letters become files"}))


@mails.command()
@click.argument("address")
@told_as_json
def test(address: str) -> None:
    """Send a letter to ADDRESS now, and say what came of it."""
    mailboxes.check(address)

    async def work(instance: Instance) -> bool:
        host = instance.wire.config.host
        letter = Letter(
            f"A letter from {host}", f"Whoever runs {host} tries out whether its mail arrives.\n"
        )
        try:
            await instance.mailer.try_out(address, letter)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Refused(
                f"the mail server did not take it: {error or type(error).__name__}; see "
                "FEDIGROUPS_SMTP_URL and FEDIGROUPS_CONTACT, or ask whoever runs it"
            ) from error
        return bool(instance.settings.smtp_url)

    sent = with_instance(work)
    said = "The mail server took it; look whether it arrives." if sent else (
        "There is no mail server: it is a file in the folder `mail` of the data folder."
    )  # fmt: skip
    tell(said, sent=sent, address=address)
