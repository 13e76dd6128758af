"""The page on which somebody brings along what they were elsewhere."""

from __future__ import annotations

import httpx
import pytest

from federation import limits
from fedigroups.groups.importing import Importer
from fedigroups.personal.import_models import Import, ImportRow
from fedigroups.personal.models import BlockedHost
from guests import ORIGIN, Guest, House, hidden

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

HOSTS = b"#domain\nevil.example\n=cmd()\nspam.example\n"


async def upload(guest: Guest, content: bytes, **fields: str) -> httpx.Response:
    shown = await guest.get("/settings/import")
    return await guest.client.post(
        "/settings/import",
        data=hidden(shown) | {"format": "hosts"} | fields,
        files={"file": ("x.csv", content)},
        headers={"Origin": ORIGIN},
    )


async def test_a_file_is_shown_then_done_and_what_failed_is_a_list(house: House) -> None:
    importer = Importer(house.instance.wire)
    async with house.guest() as guest:
        await guest.sign_in()
        assert (await upload(guest, HOSTS)).status_code == 303
        shown = await guest.get("/settings/import")
        assert "servers to block: 2" in shown.text
        assert "=cmd()" in shown.text
        assert not await importer.step()
        assert not await BlockedHost.exists()
        forged = await guest.post("/settings/import", {"act": "start"})
        assert forged.status_code == 403
        await guest.fill("/settings/import", act="start")
        running = await guest.get("/settings/import")
        assert '<progress class="progress" value="0" max="2"' in running.text
        assert 'hx-trigger="every 3s"' in running.text
        refused = await guest.client.post(
            "/settings/import",
            data=hidden(running) | {"format": "hosts"},
            files={"file": ("x.csv", HOSTS)},
            headers={"Origin": ORIGIN},
        )
        assert (refused.status_code, "another file" in refused.text.lower()) == (422, True)
        while await importer.step():
            pass
        assert await BlockedHost.all().count() == 2
        hostile = "<script>50% %(x)s</script>"
        await ImportRow.filter(outcome="left_out").update(reason=hostile)
        done = await guest.get("/settings/import")
        assert "&lt;script&gt;50% %(x)s" in done.text
        assert "What became of the file" in done.text
        listed = await guest.get("/settings/import/failures.csv")
        assert listed.text.splitlines()[1].startswith("'=cmd(),host,left_out,")
        await guest.fill("/settings/import", act="drop")
    assert not await Import.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0", b"a\0b", b"x" * (limits.IMPORT_TEXT_BYTES + 1), b"," * 1_000_000],
    ids=["nothing", "utf-16", "nul", "large", "wide"],
)
async def test_a_bad_file_is_refused_with_a_word(house: House, content: bytes) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        refused = await upload(guest, content)
    assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert not await Import.exists()


async def test_nobody_reads_what_another_brought_along(house: House) -> None:
    await house.settle("tom")
    async with house.guest() as olga, house.guest() as tom:
        await olga.sign_in()
        await tom.sign_in("tom")
        await upload(olga, HOSTS)
        assert "=cmd()" not in (await tom.get("/settings/import")).text
        assert "cmd" not in (await tom.get("/settings/import/failures.csv")).text
        await tom.fill("/settings/import", act="start")
        await tom.fill("/settings/import", act="drop")
        assert "servers to block: 2" in (await olga.get("/settings/import")).text
