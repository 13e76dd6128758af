"""The floor of an inbox: a bare Starlette route that digests, verifies and stores before its 202.

It stores in a thread of its own, as many rows in one commit as wait (group commit). It looks
nothing up, refuses nothing with a reason, and knows all keys by heart.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
import threading
from base64 import b64decode, b64encode
from contextlib import nullcontext
from pathlib import Path
from queue import Empty, SimpleQueue

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROWS = 64
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_TABLE = """
CREATE TABLE IF NOT EXISTS receipt (
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, actor TEXT NOT NULL, body BLOB NOT NULL
)
"""


def app(database: str, keys: str) -> nullcontext[Starlette]:
    """An app with one route; `keys` is a JSON file of key ids and their PEM."""
    known = {
        key_id: load_pem_public_key(pem.encode())
        for key_id, pem in json.loads(Path(keys).read_text()).items()
    }
    writer = _Writer(database)

    async def receive(request: Request) -> Response:
        body = await request.body()
        if not _is_signed(request, body, known):
            return Response(status_code=401)
        activity = orjson.loads(body)
        digest = hashlib.sha256(activity["id"].encode()).hexdigest()
        await writer.write((digest, activity["actor"], body))
        return Response(status_code=202)

    return nullcontext(Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])]))


def _is_signed(request: Request, body: bytes, known: dict[str, RSAPublicKey]) -> bool:
    headers = request.headers
    digest = "SHA-256=" + b64encode(hashlib.sha256(body).digest()).decode()
    if headers["digest"] != digest:
        return False
    said = dict(_PARAMETER.findall(headers["signature"]))
    text = "\n".join(
        f"(request-target): post {request.url.path}"
        if name == "(request-target)"
        else f"{name}: {headers[name]}"
        for name in said["headers"].split()
    )
    try:
        key = known[said["keyId"]]
        key.verify(b64decode(said["signature"]), text.encode(), PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


class _Writer:
    """One thread with one connection; each write is answered once it is committed."""

    def __init__(self, database: str) -> None:
        self._waiting: SimpleQueue[tuple[tuple[object, ...], asyncio.Future[None]]] = SimpleQueue()
        self._database = database
        threading.Thread(target=self._run, daemon=True).start()

    async def write(self, row: tuple[object, ...]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put((row, written))
        await written

    def _run(self) -> None:
        link = sqlite3.connect(self._database, isolation_level=None)
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA synchronous = FULL")
        link.execute(_TABLE)
        while True:
            batch = [self._waiting.get()]
            while len(batch) < ROWS:
                try:
                    batch.append(self._waiting.get_nowait())
                except Empty:
                    break
            link.execute("BEGIN")
            link.executemany(
                "INSERT OR IGNORE INTO receipt (digest, actor, body) VALUES (?, ?, ?)",
                [row for row, _ in batch],
            )
            link.execute("COMMIT")
            batch[0][1].get_loop().call_soon_threadsafe(_tell, [written for _, written in batch])


def _tell(answers: list[asyncio.Future[None]]) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_result(None)
