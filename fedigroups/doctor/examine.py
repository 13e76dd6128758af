"""This module decides in which order an instance is looked at, and what waits for what."""

from __future__ import annotations

from fedigroups.doctor import outside as out
from fedigroups.doctor import rows
from fedigroups.doctor.findings import Check, Finding
from fedigroups.doctor.hints import HINTS
from fedigroups.doctor.machine import MACHINE
from fedigroups.doctor.work import WORK
from fedigroups.instance import Instance

CLOCK = Check("clock", out.clocks)
ORIGIN = Check("origin", out.origin)
DATABASE = Check("database", rows.opened)
MIGRATIONS = Check("migrations", rows.migrations)
_INSIDE = (*rows.ROWS, *WORK, *HINTS)


async def examine(instance: Instance, *, outside: bool) -> list[Finding]:
    """What every check finds at an instance that is not open; it is not open afterwards either."""
    try:
        found = [await check.made(instance) for check in MACHINE]
        found.append(await DATABASE.made(instance))
        if not found[-1].well:
            return [*found, *_left_out((MIGRATIONS, *_INSIDE, *_asking()), "the database is first")]
        with instance.store.context():
            return found + await _with_rows(instance, outside=outside)
    finally:
        await instance.close()


async def _with_rows(instance: Instance, *, outside: bool) -> list[Finding]:
    found = [await MIGRATIONS.made(instance)]
    if not found[0].well:
        return [*found, *_left_out((*_INSIDE, *_asking()), "the migrations are first")]
    found += [await check.made(instance) for check in _INSIDE]
    if not outside:
        return [*found, *_left_out(_asking(), "--inside was said")]
    found.append(await CLOCK.made(instance))
    found.append(await ORIGIN.made(instance))
    if found[-1].verdict != "ok":
        return [*found, *_left_out((out.TLS, *out.OUTSIDE), "the origin is first")]
    found.append(await out.TLS.made(instance))
    if not found[-1].well:
        return [*found, *_left_out(out.OUTSIDE, "TLS is first")]
    return found + [await check.made(instance) for check in out.OUTSIDE]


def _asking() -> tuple[Check, ...]:
    return (CLOCK, ORIGIN, out.TLS, *out.OUTSIDE)


def _left_out(checks: tuple[Check, ...], why: str) -> list[Finding]:
    return [check.skipped(why) for check in checks]
