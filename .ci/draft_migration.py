"""Write the next migration from the models: `draft_migration.py NAME`, or `--from-scratch`.

Run by `make migration NAME=what_changes`. What Tortoise writes is tidied; what it guesses
(renames above all) is for the author to read before it is committed.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tortoise.migrations.writer import MigrationWriter

from fedigroups import drift, settings, store

FOLDER = Path(__file__).resolve().parents[1] / "fedigroups" / "migrations"
KEY = r"primary_key=True, unique=True, db_index=True"
NOISE = (
    (rf"BigIntField\({KEY}\)", "BigIntField(primary_key=True, generated=False)"),
    (KEY, "primary_key=True"),
    (r", unique=False\b", ""),
    (r"\bunique=False\b", ""),
    (r" +bases=\['Model'\],\n", ""),
)


def tidied(source: str, sentence: str) -> str:
    """A migration as a person would have written it."""
    for pattern, better in NOISE:
        source = re.sub(pattern, better, source)
    return f'"""{sentence}"""\n\n{source}'


async def drafts() -> list[MigrationWriter]:
    """What the models say that the migrations do not."""
    with tempfile.TemporaryDirectory() as folder:
        where = store.Store(settings.load({"FEDIGROUPS_DATA_DIR": folder}))
        await where.open()
        try:
            with where.context():
                return await drift.unwritten(store.orm_config(where.database)["apps"])
        finally:
            await where.close()


def main(arguments: list[str]) -> int:
    """Write one file under fedigroups/migrations, or say that there is nothing to write."""
    if arguments == ["--from-scratch"]:
        for old in FOLDER.glob("[0-9]*.py"):
            old.unlink()
    elif len(arguments) != 1 or not re.fullmatch(r"[a-z][a-z0-9_]*", arguments[0]):
        print("usage: draft_migration.py NAME | --from-scratch   (NAME: a_few_words)")
        return 2
    written = asyncio.run(drafts())
    if not written:
        print("The migrations already say what the models say.")
        return 0
    name = written[0].name
    if arguments != ["--from-scratch"]:
        name = f"{name[:4]}_{arguments[0]}"
    words = "The first tables." if written[0].initial else arguments[0].replace("_", " ") + "."
    path = FOLDER / f"{name}.py"
    path.write_text(tidied(written[0].as_string(), words.capitalize()), encoding="utf-8")
    for command in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, str(path)]
        subprocess.run(ruff, check=True)  # noqa: S603 - the linter of this environment
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
