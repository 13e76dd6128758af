"""This module keeps the file that somebody brought: what it says, and how far we are with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from fedigroups.content.catalogues import noted
from fedigroups.personal.import_files import Line
from fedigroups.personal.import_models import Import, ImportRow

STOPPED = noted("you stopped it")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: how many rows of each kind came to what; and some that did not."""

    row: Import
    counts: dict[tuple[str, str], int]
    """By kind and outcome; "" is what was not tried yet."""
    failures: tuple[ImportRow, ...]

    @property
    def all(self) -> int:
        """All that there is to do."""
        return sum(many for (_, outcome), many in self.counts.items() if outcome != "left_out")

    @property
    def tried(self) -> int:
        """What is done with, however it ended."""
        return self.all - self.of("")

    def of(self, outcome: str) -> int:
        """How many rows came to that."""
        return sum(many for (_, one), many in self.counts.items() if one == outcome)

    @property
    def kinds(self) -> dict[str, int]:
        """What there is to do, of each kind."""
        found: dict[str, int] = {}
        for (kind, outcome), many in self.counts.items():
            if outcome != "left_out":
                found[kind] = found.get(kind, 0) + many
        return found


async def keep(actor_id: int, lines: Sequence[Line], *, overwrites: bool) -> None:
    """Keep what a file says, in place of the one before; nothing is done yet.

    Raises `Malformed` while another one runs.
    """
    async with storage.transaction():
        await storage.hold(f"import {actor_id}")
        if await Import.exists(actor_id=actor_id, state="running"):
            raise Malformed("another file is under way: wait until it is done, or stop it")
        await drop(actor_id)
        row = Import(
            id=ids.new(),
            actor_id=actor_id,
            state="shown",
            overwrites=overwrites,
            created_at=clock.now_ms(),
        )
        await row.save(force_create=True)
        made = [_row(row.id, line) for line in lines]
        await ImportRow.bulk_create(made, batch_size=_AT_ONCE)


def _row(import_id: int, line: Line) -> ImportRow:
    return ImportRow(
        id=ids.new(),
        batch_id=import_id,
        kind=line.kind,
        subject=line.subject,
        more=line.more,
        outcome="left_out" if line.left_out else "",
        reason=line.left_out,
    )


async def of(actor_id: int, failures: int = 20) -> Progress | None:
    """How far somebody's last import is; None when there is none."""
    row = await Import.get_or_none(actor_id=actor_id)
    if row is None:
        return None
    counted = await storage.rows(
        "SELECT kind, outcome, COUNT(*) AS many FROM import_row WHERE batch_id = ?"
        " GROUP BY kind, outcome",
        row.id,
    )
    counts = {(one["kind"], one["outcome"]): int(one["many"]) for one in counted}
    failed = ImportRow.filter(batch_id=row.id, outcome__in=["failed", "skipped", "left_out"])
    return Progress(row, counts, tuple(await failed.order_by("id").limit(failures)))


async def start(actor_id: int) -> None:
    """Begin with what was shown. Raises `Malformed` when there is nothing of the kind."""
    begun = Import.filter(actor_id=actor_id, state="shown")
    if not await begun.update(state="running", step_at=clock.now_ms()):
        raise Malformed("there is no file to begin with")


async def stop(actor_id: int) -> None:
    """Leave the rest undone; what is done stays."""
    async with storage.transaction():
        row = await Import.get_or_none(actor_id=actor_id, state="running")
        if row is not None:
            await Import.filter(id=row.id).update(state="done")
            rest = ImportRow.filter(batch_id=row.id, outcome="")
            await rest.update(outcome="skipped", reason=STOPPED)


async def drop(actor_id: int) -> None:
    """Forget the file, unless it is under way."""
    await Import.filter(actor_id=actor_id, state__in=["shown", "done"]).delete()


async def failures(actor_id: int) -> str:
    """What did not come about, as a list (CSV) to correct and bring again."""
    found = await of(actor_id, limits.IMPORT_ROWS)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Account address", "Kind", "Outcome", "Reason"])
    for row in found.failures if found else ():
        writer.writerow([_plain(row.subject), row.kind, row.outcome, _plain(row.why)])
    return out.getvalue()


def _plain(text: str) -> str:
    """What no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


async def retire() -> None:
    """Forget files of long ago."""
    old = clock.now_ms() - limits.IMPORT_DAYS * clock.DAY
    await Import.filter(created_at__lt=old).delete()
