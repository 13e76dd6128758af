"""F01: a process that dies after the mail server took a letter sends it once more, the same one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from conftest import MakeUrl
from federation.sealing import Seal
from fedigroups.accounts import mail
from fedigroups.accounts.mail import Letter
from guests import housed
from mail_server import MailServer

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

ORIGIN = "http://127.0.0.1:8000"
SENDS = """
import asyncio
import sys
from federation import clock
from fedigroups.tries import LEASE_MS
from fedigroups.instance import assemble
from fedigroups.settings import here

async def send():
    instance = assemble(here())
    await instance.open()
    with instance.store.context(), clock.held(clock.now_ms() + int(sys.argv[1]) * LEASE_MS):
        await instance.mailer.drain()
    await instance.close()

asyncio.run(send())
"""
"""A worker that sends what waits, so many leases from now."""


async def test_a_letter_is_never_lost_and_is_sent_twice_by_the_same_name_at_most(
    make_url: MakeUrl, tmp_path: Path
) -> None:
    url = await make_url("sqlite")
    async with housed(url, str(tmp_path), FEDIGROUPS_ORIGIN=ORIGIN):
        await mail.post(Seal(bytes.fromhex("5e" * 32)), "tom@mail.example", Letter("Hello", "Tom"))
    async with MailServer().listening() as server:
        environment = os.environ | {
            "FEDIGROUPS_ORIGIN": ORIGIN,
            "FEDIGROUPS_DATABASE_URL": url,
            "FEDIGROUPS_DATA_DIR": str(tmp_path),
            "FEDIGROUPS_SECRET": "5e" * 32,
            "FEDIGROUPS_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        }

        async def ended(leases: int, **more: str) -> int:
            """How a process ends that sends all that waits then."""
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", SENDS, str(leases)), cwd=tmp_path, env=environment | more
            )
            return await process.wait()

        assert await ended(0, FEDIGROUPS_CRASHPOINT="after_letter") == -signal.SIGKILL
        assert len(server.took) == 1
        assert await ended(2) == 0
        assert await ended(4) == 0
    first, again = server.mails
    assert first["Message-ID"] == again["Message-ID"]
