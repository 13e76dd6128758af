"""This module keeps the log of administrative acts: who did what here, when, and to what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from federation import clock, ids, storage
from federation.limits import DECISION_CHARS
from federation.models import Actor
from fedigroups.models import Act

KEPT_MS = 730 * clock.DAY


@dataclass(frozen=True, slots=True)
class Noted:
    """One act, as it is told."""

    id: int
    at: int
    who: str
    what: str
    detail: str

    @property
    def facts(self) -> dict[str, str]:
        """The facts that `told` wrote, by name; text that is no JSON stands under "" alone."""
        try:
            read = json.loads(self.detail)
        except ValueError:
            return {"": self.detail} if self.detail else {}
        return {name: str(value) for name, value in read.items()} if isinstance(read, dict) else {}


async def note(who: str, what: str, detail: str = "") -> None:
    """Write down that somebody did something; in the transaction that did it, if there is one."""
    await Act.create(id=ids.new(), at=clock.now_ms(), who=who, what=what, detail=detail)


async def by(person: Actor, what: str, **facts: object) -> None:
    """Write down what somebody did on a page, as a command would be: its name, and to what."""
    await note(f"@{person.username}", what, told(facts))


def told(facts: Mapping[str, object]) -> str:
    """The facts that were given, as JSON."""
    return written({name: value for name, value in facts.items() if value})


def written(facts: Mapping[str, object]) -> str:
    """All of the facts, as JSON; also what is empty, because somebody emptied it.

    Each text has room for the longest reason that is taken; of a longer one the beginning is told.
    """
    texts = {name: text[:DECISION_CHARS] for name, text in facts.items() if isinstance(text, str)}
    return json.dumps({**facts, **texts}, ensure_ascii=False, default=str)


async def newest(limit: int, what: str = "", before: int = 0) -> list[Noted]:
    """The newest acts, the latest first, or those before an id.

    With `what`, those whose name begins like that.
    """
    found = await storage.rows(
        "SELECT id, at, who, what, detail FROM act WHERE SUBSTR(what, 1, ?) = ? AND id < ?"
        " ORDER BY id DESC LIMIT ?",
        *(len(what), what, before or ids.BIGGEST, limit),
    )
    return [Noted(**row) for row in found]


async def reason(what: str, name: str) -> str:
    """Why this was last done to what is called so, as far as it is written down."""
    row = await storage.row(
        "SELECT id, at, who, what, detail FROM act WHERE what = ? AND detail LIKE ? ESCAPE '!'"
        " ORDER BY id DESC LIMIT 1",
        *(what, f"%{storage.like(told({'name': name})[1:-1])}%"),
    )
    facts = Noted(**row).facts if row else {}
    return facts.get("reason") or facts.get("text", "")


async def retire() -> None:
    """Forget acts of more than two years ago."""
    await storage.execute("DELETE FROM act WHERE at < ?", clock.now_ms() - KEPT_MS)
