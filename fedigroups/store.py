"""This module knows the database: opening it, making it ambient, bringing its tables up to date.

Each app has its own `TortoiseContext`: several instances can live in one process. A process
speaks one kind of database at a time, because Tortoise keeps each model's dialect process-wide.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import asyncpg
from starlette.types import ASGIApp, Receive, Scope, Send
from tortoise.context import TortoiseContext, _current_context
from tortoise.exceptions import DBConnectionError, OperationalError

from federation import storage
from federation.errors import Misconfigured
from fedigroups import database_url, upgrade
from fedigroups.changes import Watched, nobody, nowhere
from fedigroups.models import Setting

MODELS = (
    "federation.models",
    "inbox.models",
    "outbox.models",
    "fedigroups.models",
    "fedigroups.accounts.models",
    "fedigroups.accounts.entry_models",
    "fedigroups.accounts.signup_models",
    "fedigroups.accounts.mail_models",
    "fedigroups.accounts.app_models",
    "fedigroups.media.models",
    "fedigroups.groups.models",
    "fedigroups.groups.invitation_models",
    "fedigroups.groups.poll_models",
    "fedigroups.moderation.models",
    "fedigroups.notify.models",
    "fedigroups.personal.models",
    "fedigroups.personal.import_models",
    "fedigroups.push.models",
)
"""Every module with tables; all are one Tortoise app, `fedigroups`."""

TROUBLE = (
    OSError,
    sqlite3.Error,
    OperationalError,
    DBConnectionError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""What a database that is away, full or damaged raises."""
_open_kinds: Counter[str] = Counter()


class Where(Protocol):
    """What of the settings this module needs."""

    @property
    def origin(self) -> str:
        """The public origin."""

    @property
    def database_url(self) -> str:
        """`sqlite://...` or `postgres://...`."""


def orm_config(database: database_url.Database) -> dict[str, Any]:
    """What Tortoise is told: one connection, named by its kind, and one app."""
    return {
        "connections": {database.kind: database.connection()},
        "apps": {
            "fedigroups": {
                "models": list(MODELS),
                "default_connection": database.kind,
                "migrations": "fedigroups.migrations",
            }
        },
    }


class Store:
    """The database of one instance; `exclusive` is for the server, which shares SQLite with none.

    Short commands open the same file beside a running server and wait for its writes to end.
    `changed` is called after each commit of this process that may change what is shown, `said`
    with what acts say.
    """

    def __init__(
        self,
        settings: Where,
        *,
        exclusive: bool = False,
        changed: Callable[[], None] = nobody,
        said: Callable[[bytes], None] = nowhere,
    ) -> None:
        self.changed = changed
        self.said = said
        self.origin = settings.origin
        self.database = database_url.parse(settings.database_url)
        self.exclusive = exclusive
        self._context: TortoiseContext | None = None
        self._claim: IO[str] | None = None

    @property
    def kind(self) -> str:
        """`sqlite` or `postgres`."""
        return self.database.kind

    async def open(self) -> None:
        """Connect; refuses with Misconfigured when the database cannot be used as configured."""
        if self._context is not None:
            raise RuntimeError("the store is open already")
        if any(_open_kinds[kind] for kind in _open_kinds if kind != self.kind):
            raise RuntimeError("a process speaks one kind of database at a time")
        if self.exclusive and self.database.path:
            self._claim = claim(self.database.path)
        self._context = TortoiseContext()
        _open_kinds[self.kind] += 1
        try:
            with self.context():
                await self._connect()
                await self._check_origin()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Disconnect; nothing happens when it is closed already."""
        context, self._context = self._context, None
        if context is not None:
            _open_kinds[self.kind] -= 1
            token = _current_context.set(context)
            try:
                await context.close_connections()
            finally:
                _current_context.reset(token)
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    @contextmanager
    def context(self) -> Iterator[None]:
        """Make this database the ambient one inside the block, and in tasks started there."""
        if self._context is None:
            raise RuntimeError("the store is not open")
        token = _current_context.set(self._context)
        try:
            yield
        finally:
            _current_context.reset(token)

    async def migrate(self, *, at_once: bool = True) -> list[str]:
        """Bring the tables up to date and remember the origin; returns the steps taken.

        An empty database gets its tables `at_once`, or by each step. Refuses with Misconfigured a
        database of a newer version, of another program, or of another origin. Nothing is changed
        unless all steps succeed.
        """
        with self.context():
            apps = orm_config(self.database)["apps"]
            steps = await upgrade.upgrade(self.database, apps, at_once=at_once)
            await self._remember_origin()
        return steps

    async def _connect(self) -> None:
        try:
            if self.database.path:
                _make(self.database.path)
            if self._context is not None:
                await self._context.init(config=orm_config(self.database))
            await storage.rows("SELECT 1 AS one")
            link = cast(Watched, storage.connection())
            link.changed, link.said = self.changed, self.said
        except TROUBLE as error:
            raise Misconfigured(self.database.refusal(error)) from error

    async def _check_origin(self) -> None:
        if await upgrade.has_tables("setting"):
            await self._known_origin()

    async def _remember_origin(self) -> None:
        if not await self._known_origin():
            await storage.execute(
                "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
                "origin",
                self.origin,
            )
            await self._known_origin()

    async def _known_origin(self) -> bool:
        known = await Setting.get_or_none(key="origin")
        if known is not None and known.value != self.origin:
            raise Misconfigured(
                f"This database belongs to {known.value}, but FEDIGROUPS_ORIGIN is {self.origin}. "
                "Other servers know its groups by the old origin, so it cannot change: set "
                f"FEDIGROUPS_ORIGIN={known.value}, or give the new origin a database of its own "
                "with FEDIGROUPS_DATABASE_URL"
            )
        return known is not None


class Ambient:
    """ASGI middleware: the app inside sees this store's database in every request.

    A server runs each request in a task of its own, so each is told. Whoever serves opens it first.
    """

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app = app
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the lifespan."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        with self.store.context():
            await self.app(scope, receive, send)


def _make(path: Path) -> None:
    """A new file is its owner's alone, whoever may look into its folder; its log is as it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)


def claim(path: Path) -> IO[str]:
    """The lock of the one server on a SQLite file, held until closed or the process ends.

    Refuses with Misconfigured while another process has it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = open(f"{path}.serving", "a", encoding="ascii")  # noqa: SIM115 - held while serving
    except OSError as error:
        raise Misconfigured(
            f"{path} cannot be used ({error.strerror}): FEDIGROUPS_DATA_DIR, or the file of "
            "FEDIGROUPS_DATABASE_URL, must be where this program may write, for example "
            "FEDIGROUPS_DATA_DIR=/var/lib/fedigroups"
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise Misconfigured(
            f"Another server already serves {path}: SQLite is for one server process. Stop the "
            "other one, or set FEDIGROUPS_DATABASE_URL to another file or to PostgreSQL, for "
            f"example {database_url.EXAMPLE}"
        ) from error
    return held
