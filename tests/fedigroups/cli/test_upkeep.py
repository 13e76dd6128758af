"""What an operator looks after now and then: blocks, purges, maintenance, vacuum, who did what."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from commands import Run, ask, typed
from conftest import MakeUrl
from federation import storage
from federation.errors import Malformed
from fedigroups import blocklist, readonly, worker
from fedigroups.groups import purging
from servers import Server
from world import World

LIST = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
evil.example,suspend,true,true,"spam, much of it",false
loud.example,silence,false,false,,false
h.example,suspend,true,true,,false
"""


def test_what_is_done_here_is_written_down_with_who_and_when(founded: Run) -> None:
    assert founded("peer", "block", "evil.example", "--note", "spam").exit_code == 0
    secret = founded("user", "password", "tom", "--password-stdin", given="correct horse one\n")
    assert secret.exit_code == 0
    assert founded("key", "rotate", "--all", "--dry-run").exit_code == 0
    assert founded("peer", "block", "").exit_code != 0
    said = ask(founded, "audit")
    assert [one["what"] for one in said[:2]] == ["user password", "peer block"]
    assert json.loads(said[1]["detail"]) == {"host": "evil.example", "note": "spam"}
    assert "command line" in said[1]["who"]
    assert said[1]["at"].endswith("Z")
    assert "correct horse" not in json.dumps(said)
    assert [one["what"] for one in ask(founded, "audit", "peer")] == ["peer block"]
    assert founded("group", "set", "welders", "--allow-servers", "").exit_code == 0
    emptied = json.loads(ask(founded, "audit", "group set")[0]["detail"])
    assert emptied == {"name": "welders", "servers_allowed": ""}


def test_a_list_of_mastodons_is_taken_over_and_given_out(founded: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    founded("peer", "block", "h.example")
    would = ask(founded, "peer", "import", str(tmp_path / "list.csv"), "--dry-run")
    assert would[0]["result"] == "would be blocked"
    assert len([one for one in ask(founded, "peer", "list") if one["blocked"]]) == 1
    done = ask(founded, "peer", "import", str(tmp_path / "list.csv"))
    assert [one["result"] for one in done] == [
        "blocked", "blocked already", "limited"
    ]  # fmt: skip
    printed = founded("peer", "export").stdout
    assert blocklist.parse(printed).blocks == {"evil.example": "", "h.example": ""}
    assert blocklist.parse(printed).limits == {"loud.example": ""}
    assert '"spam, much of it"' in founded("peer", "export", "--notes").stdout
    elsewhere = typed(tmp_path / "other", "peer", "import", "-", given="evil.example\n\nx y\n")
    assert (elsewhere.exit_code, "is no host" in elsewhere.stdout) == (0, True)
    none = typed(tmp_path / "other", "peer", "import", "-", given="Dear all, here is my list.\n")
    assert (none.exit_code, "no server to block" in none.stderr) == (1, True)


@pytest.mark.anyio
async def test_what_a_blocked_host_sent_is_forgotten_and_readers_are_told(world: World) -> None:
    ours, second = await world.town(), await world.town("second.example")
    await second.join("mia", "@welders@groups.example")
    evil = Server.at(world.network, "evil.example", "mastodon")
    eve = evil.member("eve")
    assert await eve.send(eve.follow()) == 202
    await world.settle()
    spam = eve.note("Buy followers")
    assert await eve.send(eve.create(spam)) == 202
    await world.settle()
    kept = await ours.write("tom", "Mine stays.", "Mine")
    await world.settle()
    copies = ours.instance.media.copies
    heard: list[int] = []

    async def purge() -> purging.Purged:
        return await purging.purge(ours.wire, copies, "evil.example", heard.append)

    with pytest.raises(Malformed, match="is not blocked"):
        await ours.run(purge)
    await ours.run(lambda: ours.wire.peers.block("evil.example"))
    done = await ours.run(purge)
    assert (done.posts, done.members) == (1, 1)
    assert sum(heard) == done.all
    await world.settle()
    assert (await ours.members())["eve@evil.example"] == "left"
    for town in (ours, second):
        gone, stays = await town.post(spam["id"]), await town.post(kept.uri)
        assert gone is not None
        assert gone.state in {"removed", "deleted"}
        assert stays is not None
        assert stays.state == "live"
    with ours.instance.store.context():
        assert await purging.found("evil.example") == purging.Purged(0, 0, 0, 0)
        assert await storage.rows("SELECT 1 FROM receipt WHERE host = 'evil.example'") != []


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_while_it_is_looked_after_it_is_read_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "READ_ONLY_SECONDS", 0.05)
    monkeypatch.setattr(readonly, "FRESH_SECONDS", 0.0)
    ours = await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    ann = microblog.member("ann")
    assert await ann.send(ann.follow()) == 202
    await ours.run(readonly.begin)
    assert await ann.send(ann.follow()) == 503
    for path, status in (("/groups/welders", 200), ("/readyz", 200)):
        assert (await _asked(world, "GET", path)).status_code == status
    refused = await _asked(world, "POST", "/api/v1/statuses")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "120")
    assert "looked after" in refused.json()["error"]
    told = await _asked(world, "POST", "/groups/welders/membership", Accept="text/html")
    assert (told.status_code, told.headers["retry-after"]) == (503, "120")
    assert "your browser still has what you typed" in told.text
    working = asyncio.create_task(worker.run(ours.instance))
    try:
        await asyncio.sleep(0.3)
        assert await ours.outcomes() == [("Follow", "received", "")]
        await ours.run(readonly.end)
        for _ in range(1_000):
            await asyncio.sleep(0.02 if not microblog.inbox else 0)
        assert (await ours.outcomes())[0][:2] == ("Follow", "done")
        await ours.run(readonly.begin)
        await asyncio.sleep(0.3)
    finally:
        ours.instance.stopping.set()
        await working


async def _asked(world: World, method: str, path: str, **headers: str) -> httpx.Response:
    request = httpx.Request(method, f"https://groups.example{path}", headers=headers)
    response = await world.network.handle_async_request(request)
    await response.aread()
    return response


@pytest.mark.anyio
async def test_the_database_gives_back_what_deleted_rows_took(
    kind: str, make_url: MakeUrl, tmp_path: Path
) -> None:
    url = await make_url(kind)

    def say(*words: str) -> str:
        done = typed(tmp_path / "data", *words, FEDIGROUPS_DATABASE_URL=url)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "are free" in await asyncio.to_thread(say, "database", "vacuum", "--dry-run")
    found = json.loads(await asyncio.to_thread(say, "database", "vacuum", "--json"))
    assert 0 < found["after"] <= found["bytes"] + 1_000_000
    assert "Open." in await asyncio.to_thread(say, "maintenance", "show")
