"""This module changes how a person of this instance looks to others."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.content.markdown import render
from fedigroups.content.sanitise import label, plain
from fedigroups.media import uploads
from fedigroups.media.models import Media

EMPTY = {
    "note": "",
    "pairs": "[]",
    "icon_text": "",
    "banner_text": "",
    "credited": "",
    "aliases": "",
    "tell_at": 0,
}
_COLUMNS = ", ".join(EMPTY)
_NEW = f"INSERT INTO profile (id, actor_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROW = f"SELECT {_COLUMNS} FROM profile WHERE actor_id = ?"
_SOONER = "tell_at = CASE WHEN profile.tell_at > 0 THEN profile.tell_at ELSE excluded.tell_at END"
NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Beside:
    """What an actor shows beside name and pictures; None leaves a field as it is."""

    note: str | None = None
    pairs: Sequence[tuple[str, str]] | None = None
    """Rows of a name and a value; those without a name are left out."""
    icon_text: str | None = None
    banner_text: str | None = None
    credited: Sequence[str] | None = None
    """Hosts whose pages may name the actor as their author."""


async def change(
    person: Actor,
    *,
    icon: Media | None = None,
    banner: Media | None = None,
    name: str = "",
    beside: Beside | None = None,
    indexable: bool | None = None,
    discoverable: bool | None = None,
) -> None:
    """Give somebody another icon, banner or name to show, committed; the old pictures go.

    `indexable` and `discoverable` say how they are found. What is not given stays as it is. Raises
    `Malformed` for a picture that is in use already, and for too much beside it.
    """
    given = {"indexable": indexable, "discoverable": discoverable}
    columns: dict[str, str | bool] = {
        field: value for field, value in given.items() if value is not None
    }
    if name := label(name, NAME_CHARS):
        columns["name"] = name
    written = _written(beside) if beside else {}
    if beside and beside.note is not None:
        columns["summary"] = render(beside.note, {}, breaks=True).strip()
    async with storage.transaction():
        for field, media in (("icon", icon), ("banner", banner)):
            if media is not None:
                await uploads.hold(f"{person.uri}#{field}", [media])
                columns[f"{field}_url"] = media.url
        await Actor.filter(id=person.id).update(**columns, updated_at=clock.now_ms())
        await keep(person.id, {**written, **due()})


async def beside(actor: Actor, said: Beside) -> None:
    """Change what any actor here shows beside name and pictures, committed. Raises `Malformed`."""
    if written := _written(said):
        async with storage.transaction():
            await keep(actor.id, written)


async def drop(person: Actor, field: str) -> None:
    """Show no `icon`, or no `banner`, any more."""
    columns = {f"{field}_url": "", "updated_at": clock.now_ms()}
    async with storage.transaction():
        await let_go(person, field)
        await Actor.filter(id=person.id).update(**columns)
        await keep(person.id, {f"{field}_text": "", **due()})


async def let_go(person: Actor, *fields: str) -> None:
    """The pictures of whoever is gone, or shows others, go too. In the caller's transaction."""
    for field in fields or ("icon", "banner"):
        await uploads.let_go(f"{person.uri}#{field}")


async def of(actor_id: int) -> dict[str, Any]:
    """What an actor shows beside name and pictures, as it is stored. One query."""
    return await storage.row(_ROW, actor_id) or dict(EMPTY)


async def written(person: Actor) -> dict[str, Any]:
    """The same as they wrote it: words that came by another way are given as plain text."""
    found = await of(person.id)
    return found | {"note": found["note"] or plain(person.summary)}


def _written(said: Beside) -> dict[str, str]:
    given = {field.name: getattr(said, field.name) for field in fields(said)}
    _check(said)
    if said.pairs is not None:
        rows = [(label(name), value.strip()) for name, value in said.pairs]
        given["pairs"] = json.dumps([row for row in rows if row[0]], ensure_ascii=False)
    if said.credited is not None:
        given["credited"] = " ".join(host.strip().lower() for host in said.credited)
    return {name: str(value) for name, value in given.items() if value is not None}


def _check(said: Beside) -> None:
    if len(said.note or "") > limits.SUMMARY_CHARS // 2:
        raise Malformed("a note has at most {most} characters", most=limits.SUMMARY_CHARS // 2)
    if len(said.pairs or ()) > limits.PROFILE_FIELDS:
        raise Malformed(f"a profile has at most {limits.PROFILE_FIELDS} fields")
    if any(len(word) > limits.PROFILE_FIELD_CHARS for row in said.pairs or () for word in row):
        raise Malformed("a field has at most {most} characters", most=limits.PROFILE_FIELD_CHARS)
    texts = (said.icon_text or "", said.banner_text or "", *(said.credited or ()))
    if any(len(text) > limits.ALT_CHARS for text in texts) or len(said.credited or ()) > 100:
        raise Malformed("a description has at most {most} characters", most=limits.ALT_CHARS)


async def keep(actor_id: int, written: Mapping[str, object]) -> None:
    """Write columns of the row, whether there is one or not; in the caller's transaction.

    What is to be told already is told when it was to be, however often things change until then.
    """
    values = {**EMPTY, **written}
    kept = [f"{name} = excluded.{name}" for name in written if name != "tell_at"]
    kept += [_SOONER] if "tell_at" in written else []
    await storage.execute(
        f"{_NEW} ON CONFLICT (actor_id) DO UPDATE SET {', '.join(kept)}",
        *(ids.new(), actor_id, *values.values()),
    )


def due() -> dict[str, int]:
    """That servers which know the person are to be told, soon: what follows at once goes along."""
    return {"tell_at": clock.now_ms() + limits.PROFILE_TOLD_SECONDS * clock.SECOND}
