"""This module keeps files in a bucket of an S3-compatible store, over our one HTTP client."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import structlog

from federation import clock, limits
from federation.config import FederationConfig
from federation.errors import FederationError, Unreachable
from federation.http import Answer, Http, on_wire
from federation.transport import GuardedTransport
from fedigroups.media import sigv4
from fedigroups.media.sigv4 import Credentials

ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
FOR_EVER = "public, max-age=31536000, immutable"
SECONDS = 30.0
_PAUSES = (0.2, 1.0)
_SAID = 300

log = structlog.get_logger("fedigroups.media")


class Bucket:
    """The bucket at a URL: `https://s3.example/name`, or one that has a host of its own.

    The operator names it, so it may be at a private address, and speak plain http.
    """

    def __init__(self, url: str, credentials: Credentials, config: FederationConfig) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        open_config = replace(config, allow_networks=ANYWHERE, allow_http=True)
        self._http = Http(GuardedTransport(open_config), open_config)

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an object, with the headers that it is served with where the bucket is public."""
        headers = {"content-type": media_type, "cache-control": FOR_EVER}
        answer = await self._ask("PUT", key, headers, content)
        self._expect(answer, key, 200)

    async def get(self, key: str) -> bytes | None:
        """A whole object, or None."""
        answer = await self._ask("GET", key)
        if answer.status == 404:
            return None
        self._expect(answer, key, 200)
        return answer.body

    async def delete(self, key: str) -> None:
        """Forget an object."""
        self._expect(await self._ask("DELETE", key), key, 204, 200, 404)

    async def cut_off(self, _before: float) -> list[str]:
        """Nothing: an object is there whole or not at all."""
        return []

    def path(self, key: str) -> Path | None:
        """It is not on this machine."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _ask(
        self, method: str, key: str, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """The answer; what goes wrong in passing is tried again twice."""
        for pause in _PAUSES:
            try:
                answer = await self._ask_once(method, key, headers or {}, content)
            except Unreachable as error:
                log.info("media.store_unreachable", error=str(error))
            else:
                if answer.status < 500 and answer.status != 429:
                    return answer
            await asyncio.sleep(pause)
        return await self._ask_once(method, key, headers or {}, content)

    async def _ask_once(
        self, method: str, key: str, headers: dict[str, str], content: bytes
    ) -> Answer:
        try:
            url = on_wire(f"{self._url}/{key}")
            signed = sigv4.sign(self._credentials, method, url, headers, content, at=clock.now())
            return await self._http.send(
                method, url, signed, content, seconds=SECONDS, max_bytes=limits.UPLOAD_BYTES
            )
        except Unreachable:
            raise
        except FederationError as error:
            raise Unreachable(f"the store of pictures cannot be used: {error}") from error

    def _expect(self, answer: Answer, key: str, *statuses: int) -> None:
        if answer.status not in statuses:
            said = " ".join(answer.body[:_SAID].decode("utf-8", "replace").split())
            log.error("media.store_refused", status=answer.status, key=key, said=said)
            raise Unreachable(f"the store of pictures answers {answer.status}: {said}")
