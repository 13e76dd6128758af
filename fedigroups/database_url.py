"""This module knows what a database URL says: which engine, and what it needs to connect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from federation.errors import Misconfigured

EXAMPLE = "postgres://fedigroups:secret@db.example/fedigroups"
SECONDS_IN_LOCK = 10

_SQLITE = {
    "busy_timeout": SECONDS_IN_LOCK * 1_000,
    "journal_mode": "WAL",
    "journal_size_limit": 67_108_864,
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "cache_size": -65_536,
    "temp_store": "MEMORY",
}
_SESSION = {
    "application_name": "fedigroups",
    "timezone": "UTC",
    "jit": "off",
    "synchronous_commit": "on",  # whatever the server's default: a 202 says that it is on the disk
    "lock_timeout": "30s",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "60s",
}
_NUMBERS = {"minsize", "maxsize", "command_timeout", "statement_cache_size"}


@dataclass(frozen=True, slots=True)
class Database:
    """Where the rows are: `kind` is `sqlite` (then `path` is its file) or `postgres`."""

    kind: str
    engine: str
    credentials: dict[str, Any]
    path: Path | None = None

    def connection(self) -> dict[str, Any]:
        """What Tortoise is told about it."""
        return {"engine": self.engine, "credentials": dict(self.credentials)}

    def refusal(self, error: Exception) -> str:
        """That it does not open, where it is, and what to look at; without user and password."""
        why = f"does not open ({type(error).__name__}: {error})"
        if self.path:
            return (
                f"The database {self.path} {why}: may this program's user write that file and its "
                f"folder, has the disk room (df -h {self.path.parent}), is FEDIGROUPS_DATABASE_URL "
                "right?"
            )
        host, port = self.credentials["host"] or "localhost", self.credentials["port"]
        return (
            f"The database {self.credentials['database']} at {host}, port {port}, {why}: does "
            "PostgreSQL run there and let this machine in, has its disk room, is "
            f"FEDIGROUPS_DATABASE_URL right? For example {EXAMPLE}"
        )


def parse(url: str) -> Database:
    """What a URL says; refuses with Misconfigured, in a sentence, what it cannot read."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest:
        return _sqlite(Path(unquote(rest)))
    if scheme in {"postgres", "postgresql"}:
        return _postgres(url)
    raise Misconfigured(
        "FEDIGROUPS_DATABASE_URL must begin with sqlite:// or postgres://, "
        f"for example sqlite:///var/lib/fedigroups/fedigroups.sqlite3 or {EXAMPLE}"
    )


def _sqlite(path: Path) -> Database:
    path = path.absolute()
    return Database(
        "sqlite", "fedigroups.sqlite_engine", {"file_path": str(path), **_SQLITE}, path=path
    )


def _postgres(url: str) -> Database:
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as error:
        raise Misconfigured(
            f"FEDIGROUPS_DATABASE_URL cannot be read ({error}); for example {EXAMPLE}"
        ) from error
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise Misconfigured(f"FEDIGROUPS_DATABASE_URL names no database; for example {EXAMPLE}")
    credentials = {
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "host": parts.hostname,
        "port": port,
        "database": name,
        "minsize": 1,
        "maxsize": 10,
        "server_settings": dict(_SESSION),
        **_options(parts),
    }
    return Database("postgres", "fedigroups.asyncpg_engine", credentials)


def _options(parts: SplitResult) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query):
        if name == "host":
            options["host"] = value
        elif name == "sslmode":
            options["ssl"] = value
        elif name in _NUMBERS and value.isdecimal():
            options[name] = int(value)
        else:
            raise Misconfigured(
                f"FEDIGROUPS_DATABASE_URL says {name}={value}, which means nothing here; known are "
                f"host, sslmode, {', '.join(sorted(_NUMBERS))}"
            )
    return options
