"""Letters are sent once the reason for them is committed, and tried again while they cannot be."""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from federation import clock
from federation.sealing import Seal
from fedigroups.accounts import mail, mailer
from fedigroups.accounts.mail import Letter
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.mailer import Mailer
from fedigroups.store import Store
from guests import House
from mail_server import MailServer

pytestmark = pytest.mark.anyio

SEAL = Seal(b"s" * 32)
LETTER = Letter("A new password", "Open this: https://groups.example/reset?token=secret\n")


def mailer_to(port: int) -> Mailer:
    send = mailer.by_smtp(f"smtp://127.0.0.1:{port}")
    sender = mailer.sender_of("Welders' Groups", "olga@groups.example", "groups.example")
    return Mailer(SEAL, "groups.example", sender, send)


async def test_a_letter_is_sent_and_forgotten(database: Store) -> None:
    await mail.post(SEAL, "tom@mail.example", LETTER)
    assert b"secret" not in bytes((await Mail.get()).sealed)
    async with MailServer().listening() as server:
        await mailer_to(server.port).drain()
    [sent] = server.took
    message = email.message_from_string(sent)
    assert message["To"] == "tom@mail.example"
    assert message["From"] == "Welders' Groups <olga@groups.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "token=secret" in str(message.get_payload())
    assert await Mail.all().count() == 0


async def test_a_letter_waits_while_the_mail_server_is_away_or_busy(database: Store) -> None:
    start = clock.now_ms()
    await mail.post(SEAL, "tom@mail.example", LETTER)
    async with MailServer([b"450 later\r\n"]).listening() as server:
        sending = mailer_to(server.port)
        with clock.held(start + 1):
            await sending.drain()
            await sending.drain()
        row = await Mail.get()
        assert (row.tries, "later" in row.last_error) == (1, True)
        with clock.held(start + 2 * clock.MINUTE):
            await sending.drain()
        assert len(server.took) == 1
    await mail.post(SEAL, "tom@mail.example", LETTER)
    await mailer_to(server.port).drain()
    assert (await Mail.get()).tries == 1


async def test_a_letter_that_is_refused_for_good_or_for_days_is_given_up(database: Store) -> None:
    await mail.post(SEAL, "nobody@mail.example", LETTER)
    async with MailServer([b"550 nobody\r\n"]).listening() as server:
        await mailer_to(server.port).drain()
    assert await Mail.all().count() == 0
    await mail.post(SEAL, "tom@mail.example", LETTER)
    tries = 0
    for hour in range(24 * 4):
        with clock.held(clock.now_ms() + hour * clock.HOUR):
            await mailer_to(server.port).drain()
        if row := await Mail.get_or_none():
            tries = row.tries
    assert (tries, await Mail.all().count()) == (len(mailer.WAITS_MS), 0)


async def test_a_letter_that_cannot_be_read_holds_up_no_other_and_ends(database: Store) -> None:
    for name in ("bad", "tom"):
        await mail.post(SEAL, f"{name}@mail.example", LETTER)
    await Mail.filter(recipient__startswith="bad").update(sealed=b"bad")
    async with MailServer().listening() as server:
        for left in range(len(mailer.WAITS_MS), -1, -1):
            await Mail.all().update(next_try_at=0)
            await mailer_to(server.port).drain()
            assert await Mail.all().count() == (left > 0)
    assert len(server.took) == 1


async def test_two_workers_send_a_letter_once(database: Store) -> None:
    for number in range(5):
        await mail.post(SEAL, f"tom{number}@mail.example", LETTER)
    async with MailServer().listening() as server:
        await asyncio.gather(*(mailer_to(server.port).drain() for _ in range(3)))
    assert len(server.took) == 5


@pytest.mark.parametrize("bad", ["Hello\r\nBcc: x@y.example", "Hello\nX: y"])
async def test_no_subject_adds_a_header(database: Store, bad: str) -> None:
    message = mailer.composed(Letter(bad, "..."), "a@b.example", "c@d.example", "b.example", 1)
    assert message["Bcc"] is None
    assert len(bytes(message).partition(b"\n\n")[0].splitlines()) <= 11


async def test_without_a_mail_server_letters_are_files_and_the_log_holds_no_secret(
    open_house: Callable[..., Awaitable[House]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = await open_house()
    async with house.guest() as guest:
        await guest.fill("/forgot", email="olga@mail.example")
    await house.instance.settle()
    [path] = (tmp_path / "mail").glob("*.eml")
    found = re.search(r"token=\S+", path.read_text())
    assert found
    assert found[0] not in capsys.readouterr().out
    assert path.parent.stat().st_mode & 0o077 == 0
