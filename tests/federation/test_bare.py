"""Models by SQL of ours: what the ORM stores is read alike, and what is stored the ORM reads."""

from __future__ import annotations

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

import scenery
from federation import bare, ids, storage
from federation.models import Actor
from fedigroups.groups.models import Group, Post, Thread

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def values(model: Model) -> dict[str, object]:
    """What its columns hold."""
    return {field: getattr(model, field) for field in model._meta.db_fields}


async def post() -> Post:
    """A post of Vic's, as the ORM stores it."""
    group = await scenery.group("welders")
    vic = await scenery.person("vic@h.example")
    _, made = await scenery.thread(group, vic, "Which rod?")
    return await Post.get(id=made.id)


async def test_a_row_reads_as_the_orm_reads_it() -> None:
    stored = await post()
    found = await bare.one(Post, "uri = ?", stored.uri)
    assert found is not None
    assert values(found) == values(stored)
    for model in (Actor, Group, Thread):
        rows = await bare.those(model, "id", [one.id for one in await model.all()])
        assert {row.id: values(row) for row in rows} == {
            row.id: values(row) for row in await model.all()
        }


async def test_rows_that_hang_together_are_read_at_once() -> None:
    stored = await post()
    tail = "FROM post p JOIN thread t ON t.id = p.thread_id LEFT JOIN actor a ON a.id = ?"
    models = {"p": Post, "t": Thread, "a": Actor}
    found, thread, nobody = await bare.joined(models, f"{tail} WHERE p.id = ?", 1, stored.id)
    assert (values(found), nobody) == (values(stored), None)
    assert values(thread) == values(await Thread.get(id=stored.thread_id))
    assert await bare.joined(models, f"{tail} WHERE p.id = ?", 1, 2) == []


async def test_what_is_not_there_is_none() -> None:
    assert await bare.one(Post, "uri = ?", "https://h.example/none") is None
    assert await bare.those(Post, "uri", []) == []
    assert await bare.those(Post, "uri", ["https://h.example/none"]) == []


async def test_a_row_that_is_added_is_what_the_orm_reads_and_changes() -> None:
    kept = await post()
    copy = Post(**values(kept) | {"id": ids.new(), "uri": "https://h.example/copy"})
    await bare.add(copy)
    assert values(await Post.get(id=copy.id)) == values(copy)
    copy.title = "Another"
    await copy.save()
    assert (await Post.get(id=copy.id)).title == "Another"


async def test_a_row_whose_key_is_taken_is_refused() -> None:
    kept = await post()
    with pytest.raises(IntegrityError):
        await bare.add(Post(**values(kept) | {"id": ids.new()}))
    assert await Post.all().count() == 1


async def test_a_long_list_is_parted_as_a_statement_takes_it() -> None:
    assert [len(part) for part in storage.parts(range(2_500))] == [1_000, 1_000, 500]
    assert list(storage.parts([])) == []
