"""What stands on which stream: stored once, placed many times, numbered without a gap."""

from __future__ import annotations

import asyncio

import pytest

from federation import ids, storage
from federation.models import Actor
from fedigroups.store import Store
from outbox import publish as publish_module
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, cancel, publish, publish_farewell
from receivers import MICROBLOG, ORIGIN, THREAD, WELDERS, draft

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

INBOX = "https://l.example/inbox"


async def say(*drafts: Draft) -> None:
    async with storage.transaction():
        await publish(drafts)


async def log_of(stream: str) -> list[tuple[int, str]]:
    found = await storage.rows(
        "SELECT e.seq, a.uri FROM log_entry e JOIN activity a ON a.id = e.activity_id"
        " WHERE e.stream = ? ORDER BY e.seq",
        stream,
    )
    return [(row["seq"], row["uri"].rsplit("/", 1)[1]) for row in found]


async def undone(stream: str = THREAD) -> list[int]:
    found = await storage.rows("SELECT undoes FROM log_entry WHERE stream = ? ORDER BY seq", stream)
    return [row["undoes"] for row in found]


async def test_an_activity_is_stored_once_with_its_bytes() -> None:
    await say(draft("1"))
    await say(draft("1"))
    rows = await storage.rows("SELECT uri, actor_uri, kind, body, public FROM activity")
    assert len(rows) == 1
    assert bytes(rows[0]["body"]) == draft("1").activity.body
    assert rows[0]["actor_uri"] == WELDERS
    assert bool(rows[0]["public"])


async def test_a_second_publication_adds_nothing_where_it_stands_already() -> None:
    await say(draft("1"))
    await say(draft("1"))
    assert await log_of(THREAD) == [(1, "1")]
    await say(draft("2"))
    assert await log_of(THREAD) == [(1, "1"), (2, "2")]


async def test_a_second_publication_adds_the_places_that_are_new() -> None:
    await say(draft("1"))
    await say(Draft(draft("1").activity, (Place(THREAD, "post"), Place(MICROBLOG, "post"))))
    assert await log_of(THREAD) == [(1, "1")]
    assert await log_of(MICROBLOG) == [(1, "1")]


async def test_the_first_bytes_of_an_activity_stay() -> None:
    await say(draft("1"))
    other = Outgoing(f"{ORIGIN}/activities/1", WELDERS, "Announce", b'{"id": "other"}')
    await say(Draft(other, (Place(MICROBLOG, "post"),)))
    row = await storage.row("SELECT body FROM activity")
    assert row is not None
    assert bytes(row["body"]) == draft("1").activity.body


async def test_an_activity_may_stand_on_two_streams_and_on_none() -> None:
    both = Draft(draft("1").activity, (Place(THREAD, "post"), Place(MICROBLOG, "post")))
    await say(both, Draft(draft("2").activity, ()))
    assert await log_of(THREAD) == [(1, "1")]
    assert await log_of(MICROBLOG) == [(1, "1")]
    assert len(await storage.rows("SELECT id FROM activity")) == 2


async def test_an_activity_that_is_placed_twice_on_a_stream_stands_there_once() -> None:
    await say(draft("1"), draft("2"), draft("1"))
    assert await log_of(THREAD) == [(1, "1"), (2, "2")]


async def test_drafts_keep_their_order_on_a_stream() -> None:
    await say(*(draft(str(n)) for n in (3, 1, 2)))
    assert [name for _, name in await log_of(THREAD)] == ["3", "1", "2"]


async def test_streams_are_touched_in_sorted_order(monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[str] = []
    advance = streams.advance

    async def watched(stream: str, count: int) -> int:
        touched.append(stream)
        return await advance(stream, count)

    monkeypatch.setattr(publish_module.streams, "advance", watched)
    places = tuple(Place(streams.thread(n), "post") for n in (3, 1, 2))
    await say(Draft(draft("1").activity, places))
    assert touched == sorted(touched)
    assert len(touched) == 3


async def test_publishing_outside_of_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        await publish([draft("1")])


async def test_what_is_rolled_back_was_never_published() -> None:
    async def fails() -> None:
        async with storage.transaction():
            await publish([draft("1")])
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    await say(draft("2"))
    assert await log_of(THREAD) == [(1, "2")]


async def test_numbers_have_no_gap_whatever_commits_beside_each_other() -> None:
    async def one(n: int) -> None:
        async with storage.transaction():
            await publish([draft(f"{n}"), draft(f"{n}b", stream=MICROBLOG)])
            await asyncio.sleep(0.001 * (n % 3))
            if n % 4 == 0:
                raise LookupError

    await asyncio.gather(*(one(n) for n in range(24)), return_exceptions=True)
    for stream in (THREAD, MICROBLOG):
        log = await log_of(stream)
        assert [seq for seq, _ in log] == list(range(1, 19))
        head = await storage.row("SELECT head FROM stream WHERE name = ?", stream)
        assert head == {"head": 18}


async def test_the_same_activity_published_at_the_same_time_stands_there_once() -> None:
    await asyncio.gather(*(say(draft("1"), draft("2", stream=MICROBLOG)) for _ in range(8)))
    assert await log_of(THREAD) == [(1, "1")]
    assert await log_of(MICROBLOG) == [(1, "2")]


async def test_a_reader_never_passes_a_number_that_commits_late(database: Store) -> None:
    """On PostgreSQL the second publisher waits for the first; SQLite has one writer."""
    began, go = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with storage.transaction():
            await publish([draft("slow")])
            began.set()
            await go.wait()

    first = asyncio.create_task(slow())
    await began.wait()
    second = asyncio.create_task(say(draft("fast")))
    await asyncio.sleep(0.05)
    if database.kind == "postgres":
        assert await log_of(THREAD) == []
    go.set()
    await asyncio.gather(first, second)
    assert await log_of(THREAD) == [(1, "slow"), (2, "fast")]


# Direct answers


async def test_a_direct_place_makes_its_stream_and_its_subscription() -> None:
    answer = draft("accept", stream="", kind="answer", inbox=INBOX)
    await say(answer)
    assert await log_of(streams.direct(INBOX)) == [(1, "accept")]
    row = await storage.row("SELECT stream, inbox, host, cursor, claimed FROM subscription")
    assert row == {
        "stream": streams.direct(INBOX),
        "inbox": INBOX,
        "host": "l.example",
        "cursor": 0,
        "claimed": 0,
    }
    assert await storage.row("SELECT host, state FROM lane") == {
        "host": "l.example",
        "state": "open",
    }


async def test_a_second_direct_place_does_not_move_the_cursor() -> None:
    for name in ("accept", "reject"):
        await say(draft(name, stream="", kind="answer", inbox=INBOX))
    assert await storage.rows("SELECT cursor FROM subscription") == [{"cursor": 0}]


# What takes back what


async def test_an_entry_that_undoes_an_object_names_the_first_about_it() -> None:
    await say(draft("other"), draft("create", object_uri="o"), draft("edit", object_uri="o"))
    await say(draft("delete", object_uri="o", undoes_object=True))
    assert await undone() == [0, 0, 0, 2]


async def test_what_was_said_again_is_taken_back_again() -> None:
    await say(draft("1", object_uri="o"), draft("2", object_uri="o", undoes_object=True))
    await say(draft("3", object_uri="o"), draft("4", object_uri="o", undoes_object=True))
    await say(draft("5", object_uri="o", undoes_object=True))
    assert await undone() == [0, 1, 0, 3, 3]


async def test_taking_back_what_was_never_said_is_no_undo() -> None:
    await say(draft("delete", object_uri="o", undoes_object=True))
    assert await undone() == [0]


async def test_cancelling_marks_what_is_about_the_object_on_that_stream_alone() -> None:
    await say(draft("1", object_uri="o"), draft("2", object_uri="p"))
    await say(draft("3", object_uri="o", stream=MICROBLOG))
    await say(draft("4", object_uri="o", undoes_object=True))
    async with storage.transaction():
        await cancel(THREAD, "o")
    rows = await storage.rows("SELECT stream, seq FROM log_entry WHERE cancelled")
    assert rows == [{"stream": THREAD, "seq": 1}]


# After a farewell


async def test_nothing_of_an_actor_follows_its_farewell_and_others_are_heard() -> None:
    for uri, name in ((WELDERS, "welders"), (f"{ORIGIN}/users/ann", "ann")):
        row = {"uri": uri, "username": name, "host": "groups.example", "local": True}
        await Actor.create(id=ids.new(), kind="Group", **row)
    await say(draft("1"))
    async with storage.transaction():
        await publish_farewell(draft("delete"))
    assert (await Actor.get(uri=WELDERS)).state == "gone"
    ann = Outgoing(f"{ORIGIN}/activities/3", f"{ORIGIN}/users/ann", "Note", b"{}")
    direct = draft("2", inbox=INBOX)
    await say(draft("1", stream=MICROBLOG), direct, Draft(ann, (Place(MICROBLOG, "post"),)))
    async with storage.transaction():
        await publish_farewell(draft("delete again"))
    assert await log_of(THREAD) == [(1, "1"), (2, "delete")]
    assert await log_of(MICROBLOG) == [(1, "3")]
    assert await log_of(streams.direct(INBOX)) == []
    assert not await storage.rows("SELECT id FROM activity WHERE uri = ?", direct.activity.uri)


# Readers


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that go to the database."""
    seen: list[str] = []
    for name in ("rows", "execute"):
        real = getattr(storage, name)

        async def watched(sql: str, *values: object, real: object = real) -> object:
            seen.append(sql)
            return await real(sql, *values)  # type: ignore[operator]

        monkeypatch.setattr(storage, name, watched)
    return seen


async def test_publishing_costs_the_same_whoever_reads(statements: list[str]) -> None:
    await say(draft("0"))
    statements.clear()
    await say(draft("1"))
    alone = len(statements)
    now = [
        (n, THREAD, f"https://h{n}.example/inbox", f"h{n}.example", 0, 0, 0) for n in range(10_000)
    ]
    await storage.execute_many(
        "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        now,
    )
    statements.clear()
    await say(draft("2"))
    assert len(statements) == alone
    assert alone <= 6


async def test_a_subscription_begins_at_the_head_and_is_made_once() -> None:
    await say(draft("1"), draft("2"))
    await streams.subscribe(THREAD, INBOX, "l.example")
    await say(draft("3"))
    await streams.subscribe(THREAD, INBOX, "l.example")
    rows = await storage.rows("SELECT cursor, claimed FROM subscription")
    assert rows == [{"cursor": 2, "claimed": 2}]


async def test_a_subscription_to_a_stream_that_is_not_there_makes_it() -> None:
    await streams.subscribe(THREAD, INBOX, "l.example")
    assert await storage.rows("SELECT name, head FROM stream") == [{"name": THREAD, "head": 0}]


async def test_unsubscribing_ends_what_waits_for_another_attempt_too() -> None:
    for stream in (
        THREAD,
        MICROBLOG,
        streams.again(THREAD, INBOX, 2),
        streams.again(THREAD, INBOX, 3),
    ):
        await streams.subscribe(stream, INBOX, "l.example")
    await streams.unsubscribe(THREAD, INBOX)
    assert await storage.rows("SELECT stream FROM subscription") == [{"stream": MICROBLOG}]


@pytest.mark.parametrize("stream", [THREAD, MICROBLOG, streams.direct(INBOX)])
async def test_the_name_of_a_stream_says_what_it_is(stream: str) -> None:
    waiting = streams.again(stream, INBOX, 3)
    assert len(waiting) < 255
    assert streams.is_again(waiting)
    assert not streams.is_again(stream)
    assert streams.original(waiting) == streams.original(stream) == stream
    assert (streams.attempt(stream), streams.attempt(waiting)) == (1, 3)
    assert streams.is_direct(stream) is (stream == streams.direct(INBOX))
