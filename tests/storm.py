"""This module lets one stranger send what they like, and looks whether anybody else notices."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from federation import storage
from federation.vocabulary import PUBLIC
from fedigroups.accounts.people import person_named
from fedigroups.groups import lookup, speaking
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from mutants import EVE, GROUP, HERS, NOTE, POLL
from trials import Scene, set_up
from world import World

ANSWERS = {202, 400, 401, 403, 404, 413, 429, 503}
PAGES = ("", "/outbox", "/feed.atom", "/followers", "/featured", "/moderators")
THEIRS = ("https://evil.example/users/eve", "https://evil.example/users/den")

Document = dict[str, Any]
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Told:
    """What Eve sends: as a member or not, in an Announce of a group of hers or not."""

    activities: list[Document] = field(repr=True)
    member: bool = False
    announced: bool = False
    own_word: bool = True
    """Whether each has her as its actor, whatever else was done to it."""


async def storm(world: World, told: Told) -> None:
    """Let it happen; AssertionError when something came of it that must not."""
    scene = await set_up(world)
    note = await scene.post()
    await scene.send(scene.vic.act("Like", note["id"]), scene.vic)
    ivy = scene.evil.member("ivy")
    await scene.send(ivy.follow(), ivy)
    assert (note["id"], (await scene.post("6013", ivy))["id"]) == (NOTE, HERS)
    poll = await scene.ours.run(lambda: _ask(scene))
    if told.member:
        await scene.send(scene.eve.follow())
    den = scene.evil.member("den", "Group")
    before = await _others(scene)
    for activity in told.activities:
        sent = copy.deepcopy(activity)
        if told.own_word:
            sent["actor"] = EVE
        if told.announced:
            sent = den.act("Announce", sent, to=[PUBLIC])
        body = json.dumps(sent).replace(POLL, poll).encode("utf-8", "surrogatepass")
        status = await (den if told.announced else scene.eve).send(body)
        assert status in ANSWERS, (status, sent)
        await scene.settle()
    assert await scene.faults() == []
    after = await _others(scene)
    for table, rows in before.items():
        assert after[table] == rows, (table, set(rows) ^ set(after[table]))
    await _check_pages(scene)
    scene.world.network.heal("h.example")
    written = await scene.ours.write("tom", "Is anybody here?")
    assert written.state == "live"
    await scene.settle()
    assert scene.home.came("Announce{Create}") or scene.home.inbox


async def _ask(scene: Scene) -> str:
    """The id of a poll of Tom's."""
    tom = await person_named(scene.ours.wire, "tom")
    group = await lookup.any_group("welders")
    asked = Text("Which one?", poll=Asked(("MIG", "TIG"), 3_600))
    return (await speaking.write(scene.ours.wire, tom, group, asked)).uri


async def _others(scene: Scene) -> Rows:
    """Every row that is neither Eve's nor her group's, in the columns that she may not change.

    What her neighbour Ivy has on the same host is as little hers as what is Vic's. She may write to
    moderators, who then hear of it in the name of their group.
    """
    asked = {
        "actor": f"SELECT uri, kind, name, inbox, state, moved_to FROM actor WHERE {_not('uri')}",
        "key": f"SELECT uri, public FROM key WHERE {_not('uri')}",
        "groups": "SELECT name, state, title, rules FROM groups WHERE hosted",
        "member": "SELECT a.uri, m.state, m.role FROM member m JOIN actor a ON a.id = m.actor_id"
        f" JOIN groups g ON g.id = m.group_id WHERE g.hosted AND {_not('a.uri')}",
        "post": "SELECT p.uri, a.uri, p.content, p.title, p.warning, p.state,"
        " CASE p.kind WHEN 'Question' THEN '' ELSE p.document END,"  # it has how the poll stands
        " p.visibility, p.updated_at, p.parent_id, p.thread_id FROM post p"
        f" JOIN actor a ON a.id = p.author_id WHERE {_not('a.uri')}",
        "thread": "SELECT t.id, t.group_id, t.title, t.root_id, t.locked, t.pinned_at, t.visible"
        " FROM thread t JOIN post p ON p.id = t.root_id JOIN actor a ON a.id = p.author_id"
        f" WHERE {_not('a.uri')}",
        "poll": "SELECT p.options, p.multiple, p.counted_here, p.ends_at, p.ended FROM poll p"
        " JOIN post o ON o.id = p.post_id JOIN actor a ON a.id = o.author_id"
        f" WHERE {_not('a.uri')}",
        "ballot": "SELECT b.poll_id, a.uri, b.choice FROM ballot b"
        f" JOIN actor a ON a.id = b.actor_id WHERE {_not('a.uri')}",
        "report": "SELECT r.id, r.person_id, r.state FROM report r"
        f" JOIN actor a ON a.id = r.reporter_id WHERE {_not('a.uri')}",
        "decision": "SELECT id, kind FROM decision WHERE decider_id <> 0",
        "notification": "SELECT n.actor_id, n.kind, a.uri, n.post_id FROM notification n"
        " JOIN actor a ON a.id = n.sender_id"
        f" WHERE n.kind NOT IN ('report', 'mail', 'appeal') AND {_not('a.uri')}",
        "subscription": "SELECT stream, inbox FROM subscription WHERE host <> 'evil.example'",
        "reaction": f"SELECT actor_uri, kind, activity_uri FROM reaction WHERE {_not('actor_uri')}",
        "tombstone": f"SELECT uri, actor_uri FROM tombstone WHERE {_not('actor_uri')}",
        "account": "SELECT id, email FROM account",
    }
    with scene.ours.instance.store.context():
        return {
            table: [tuple(row.values()) for row in await storage.rows(f"{sql} ORDER BY 1, 2")]
            for table, sql in asked.items()
        }


def _not(column: str) -> str:
    return " AND ".join(f"NOT {column} LIKE '{one}%'" for one in THEIRS)


async def _check_pages(scene: Scene) -> None:
    with scene.ours.instance.store.context():
        threads = await storage.rows("SELECT id FROM thread LIMIT 5")
    urls = [GROUP + page for page in PAGES] + ["https://groups.example/"]
    urls += [f"{GROUP}/threads/{row['id']}" for row in threads]
    for url in urls:
        for accept in ("text/html", "application/activity+json"):
            request = httpx.Request("GET", url, headers={"Accept": accept})
            response = await scene.world.network.handle_async_request(request)
            await response.aread()
            assert response.status_code in {200, 404}, (url, response.status_code)
            assert "<script" not in response.text.replace('<script src="/static/', "")
