"""What somebody kept for themselves goes along with them, and nothing of it stays behind."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from clients import App, signed_in
from federation import storage
from federation.models import Actor
from fedigroups import announcements
from fedigroups.accounts import people
from fedigroups.groups import closing, deleting, takeout
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import mail
from fedigroups.moderation.models import ModMail
from fedigroups.personal import drafts, imports, reading
from fedigroups.personal.drafts import Written
from fedigroups.personal.everything import TABLES
from fedigroups.personal.import_files import Line
from world import Town, World

pytestmark = pytest.mark.anyio


async def fill(town: Town, tom: App) -> None:
    """Tom keeps something of every kind."""
    root = await town.write("olga", "Which rod?")
    olga, group = await tom.account("olga"), await tom.account("welders")
    await tom.post(f"/api/v1/statuses/{root.id}/bookmark")
    await tom.post(f"/api/v1/statuses/{root.id}/mute")
    await tom.post(f"/api/v1/accounts/{olga['id']}/note", comment="Knows her rods")
    await tom.post("/api/v1/markers", home={"last_read_id": "1"})
    await tom.post("/api/v1/tags/tig/follow")
    made = await tom.post("/api/v1/lists", title="Friends")
    await tom.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[olga["id"]])
    words = [{"keyword": "sale"}]
    await tom.post("/api/v2/filters", title="Sales", context=["home"], keywords_attributes=words)
    await tom.post(f"/api/v1/accounts/{group['id']}/follow", notify=True)
    await town.write("olga", "Another?")
    await tom.post("/api/v1/tags/mig/feature")
    await tom.post("/api/v1/domain_blocks", domain="evil.example")
    await tom.ask("PATCH", "/api/v1/accounts/update_credentials", json={"note": "I weld"})
    later = {"status": "@welders Later", "scheduled_at": "2099-01-01T00:00:00Z"}
    await tom.ask("POST", "/api/v1/statuses", json=later)
    key = {"Idempotency-Key": "a key"}
    await tom.ask("POST", "/api/v1/statuses", headers=key, json={"status": "@welders Mine, @olga!"})
    tom_id = int((await tom.account("tom"))["id"])
    await town.run(lambda: reading.follow(tom_id, root.thread_id))
    await town.run(lambda: drafts.keep(tom_id, "welders", Written(text="Perhaps")))
    brought = [Line("host", "spam.example")]
    await town.run(lambda: imports.keep(tom_id, brought, overwrites=False))
    note = await town.run(lambda: announcements.make("We move."))
    await tom.post(f"/api/v1/announcements/{note.id}/dismiss")
    (own,) = await tom.get(f"/api/v1/accounts/{(await tom.account('tom'))['id']}/statuses")
    await tom.post(f"/api/v1/statuses/{own['id']}/pin")
    mine = await town.run(lambda: Post.get(id=int(own["id"])).select_related("author"))
    await town.run(lambda: deleting.begin(mine.author, mine))
    welders = await town.run(lambda: Group.get(name="welders"))
    await town.run(lambda: mail.write(welders, mine.author, "May I sell rods?"))
    brought = [Line("group", "@pilots@m.example")]
    await town.run(lambda: imports.keep(mine.author_id, brought, overwrites=False))
    async with signed_in(town, "olga") as olgas:
        poll = {"options": ["MIG", "TIG"], "expires_in": 3_600}
        asked = await olgas.post("/api/v1/statuses", status="@welders Which?", poll=poll)
    await tom.post(f"/api/v1/polls/{asked['id']}/votes", choices=[0])


async def kept(town: Town, actor: Actor) -> set[str]:
    """The tables that still have something of an actor."""

    async def work() -> set[str]:
        return {
            table
            for table in TABLES
            if await storage.row(f"SELECT id FROM {table} WHERE actor_id = ?", actor.id)
        }

    found: set[str] = await town.run(work)
    return found


async def test_nothing_that_somebody_kept_is_left_when_they_close_their_account(
    world: World,
) -> None:
    town = await world.town()
    tom = await town.person("tom")
    async with signed_in(town, "tom") as app:
        await fill(town, app)
    assert await kept(town, tom) == set(TABLES)

    async def close() -> None:
        await closing.close(town.wire, await people.account_named("tom"), posts=False)

    await town.run(close)
    assert await kept(town, tom) == set()
    assert await town.run(lambda: ModMail.all().count()) == 0
    async with signed_in(town, "olga") as olga:
        assert await olga.get("/api/v1/notifications") == []


async def test_what_somebody_kept_is_in_the_file_that_they_take_along(world: World) -> None:
    town = await world.town()
    async with signed_in(town, "tom") as app:
        await fill(town, app)

    async def pack() -> bytes:
        return await takeout.pack(town.wire, await people.account_named("tom"))

    with zipfile.ZipFile(io.BytesIO(await town.run(pack))) as archive:
        own: dict[str, Any] = json.loads(archive.read("private.json"))
        groups = archive.read("groups.csv").decode()
    assert len(own["bookmarks"]) == 1
    assert own["people"][0]["note"] == "Knows her rods"
    assert own["hashtags"] == ["tig"]
    assert [(one["moderators"], bool(one["own"]), one["text"]) for one in own["mail"]] == [
        ("welders", True, "May I sell rods?")
    ]
    assert own["lists"] == [{"title": "Friends", "handle": "olga@groups.example"}]
    assert own["filters"][0]["keyword"] == "sale"
    assert (own["featured_hashtags"], own["blocked_hosts"]) == (["mig"], ["evil.example"])
    assert (own["profile"][0]["note"], len(own["pinned"]), len(own["scheduled"])) == (
        "I weld",
        1,
        1,
    )
    assert "welders@groups.example,true,true" in groups
