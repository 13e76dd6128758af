"""This module fetches documents from their origins, and decides which answers are believed.

A document is believed when it came from the origin that its `id` names, over the last redirect, in
an ActivityPub media type (FEP-fe34). Everything is a GET signed by the instance actor.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from federation import documents, limits, negotiation, origin, signatures, strict_json
from federation.config import FederationConfig
from federation.errors import (
    Forbidden,
    Gone,
    Malformed,
    NotUsable,
    OverBudget,
    Refused,
    Unreachable,
)
from federation.http import Answer, Http, on_wire, retry_after
from federation.keys import Keyring
from federation.pace import Memory
from federation.uris import Uris
from federation.vocabulary import ACTIVITY_JSON, LD_JSON

ACCEPT = f"{ACTIVITY_JSON}, {LD_JSON}"
_REDIRECTED = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429)
_LOCATION = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash: `urljoin` would drop a tab silently."""


class Budget:
    """How many requests one incoming activity may still cause."""

    def __init__(self, fetches: int = limits.FETCHES_PER_ACTIVITY) -> None:
        self.left = fetches
        self._rekeys = limits.REKEYS_PER_PROOF

    def spend(self) -> None:
        """Count one request; raises OverBudget when none is left."""
        if self.left <= 0:
            raise OverBudget("one activity needs more fetches than one activity may cause")
        self.left -= 1

    def spend_rekey(self) -> None:
        """Count one actor whose keys are asked for anew; raises OverBudget when it is too many."""
        if self._rekeys <= 0:
            raise OverBudget("one activity names more changed keys than it needs")
        self._rekeys -= 1


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as its origin serves it, at the URL that is its id."""

    url: str
    document: dict[str, Any]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Errand:
    """What stays the same over the hops of one fetch."""

    accept: str
    signed: bool
    budget: Budget | None
    until: float
    max_bytes: int


class Fetcher:
    """Fetches with the instance's own key; remembers for an hour what is gone."""

    def __init__(self, http: Http, keyring: Keyring, config: FederationConfig, uris: Uris) -> None:
        self._http = http
        self._keyring = keyring
        self._config = config
        self._uris = uris
        self._gone: Memory[int] = Memory(limits.NEGATIVE_ENTRIES)
        """The status with which a URL was said to be gone."""
        self.is_blocked: Callable[[str], Awaitable[bool]] = _nobody
        """Whether a host must not be asked, where a redirect leads to as well."""

    async def get(
        self, uri: str, budget: Budget | None = None, *, signed: bool = True, anew: bool = False
    ) -> Fetched:
        """The document at a URI, with its `id` equal to the URL that it was finally served at.

        With `anew` it is asked for though it was gone a short time ago: it may be there by now.
        Raises Gone (404, 410, a Tombstone; remembered for NEGATIVE_SECONDS), Unreachable (come back
        later), NotUsable (another media type, broken JSON, somebody else's id, a private document),
        Forbidden (our own URI, one where we do not connect, a blocked host) and OverBudget.
        """
        url = self._asked(uri)
        if not anew:
            self._refuse_gone(url)
        errand = self._errand(ACCEPT, signed, budget)
        try:
            return await self._document(url, errand)
        except Gone as gone:
            self._gone.put(url, gone.status, limits.NEGATIVE_SECONDS)
            raise

    async def raw(
        self,
        uri: str,
        budget: Budget | None = None,
        *,
        accept: str = "application/json",
        signed: bool = False,
        max_bytes: int = limits.ANSWER_BYTES,
    ) -> Answer:
        """The 200 answer at a URI in any media type, over redirects: WebFinger, NodeInfo, pictures.

        Raises what `get` raises, and judges neither media type nor body.
        """
        errand = self._errand(accept, signed, budget, max_bytes)
        return await self._follow(self._asked(uri), errand)

    # What is asked for

    def _asked(self, uri: str) -> str:
        try:
            url = origin.without_fragment(origin.canonical(uri))
        except Malformed as error:
            raise Forbidden(str(error)) from error
        if self._uris.is_local(url):
            raise Forbidden(f"{url} is our own: it is read here, not fetched")
        if not url.startswith("https:") and not self._config.allow_http:
            raise Forbidden(f"{url} is not https")
        return url

    def _errand(
        self,
        accept: str,
        signed: bool,
        budget: Budget | None,
        max_bytes: int = limits.ANSWER_BYTES,
    ) -> _Errand:
        until = asyncio.get_running_loop().time() + limits.FETCH_SECONDS
        return _Errand(accept, signed, budget, until, max_bytes)

    # Hops

    async def _follow(self, url: str, errand: _Errand) -> Answer:
        """The 200 answer after at most REDIRECTS redirects; each hop is checked and signed anew."""
        asked, seen = url, {url}
        for _ in range(limits.REDIRECTS + 1):
            answer = await self._hop(url, errand)
            if answer.status not in _REDIRECTED:
                return _accepted(answer, asked)
            url = self._next(url, answer)
            if url in seen:
                raise NotUsable(f"{asked} is redirected in a circle")
            seen.add(url)
        raise NotUsable(f"{asked} is redirected more than {limits.REDIRECTS} times")

    def _next(self, url: str, answer: Answer) -> str:
        location = answer.headers.get("location", "")
        if not location:
            raise NotUsable(f"{url} redirects to nowhere")
        if not _LOCATION.fullmatch(location):
            raise Forbidden(f"{url} redirects to a broken address: {location[:200]!r}")
        try:
            following = self._asked(urljoin(url, location))
        except ValueError as error:
            raise Forbidden(f"{url} redirects to a broken address: {error}") from error
        if url.startswith("https:") and not following.startswith("https:"):
            raise Forbidden(f"{url} redirects from https to http")
        return following

    async def _hop(self, url: str, errand: _Errand) -> Answer:
        if await self.is_blocked(origin.host_of(url)):
            raise Forbidden(f"{url} is on a host that is blocked here")
        if errand.budget is not None:
            errand.budget.spend()
        wire = on_wire(url)
        headers = {"Accept": errand.accept}
        if errand.signed:
            signer = await self._keyring.signer(self._uris.instance_actor)
            headers |= signatures.sign(signer, "GET", wire, None, "cavage")
        left = errand.until - asyncio.get_running_loop().time()
        answer = await self._http.send(
            "GET", wire, headers, seconds=max(left, 0.0), max_bytes=errand.max_bytes
        )
        return Answer(answer.status, answer.headers, answer.body, url)

    # Whether it is what was asked for

    async def _document(self, url: str, errand: _Errand) -> Fetched:
        fetched, named = await self._read(url, errand)
        if named != fetched.url:
            # One more question, at the name it gives itself on that same origin: FEP-fe34.
            try:
                fetched, again = await self._read(named, errand)
            except Gone as gone:
                raise NotUsable(f"{url} is called {named}, where there is nothing") from gone
            if again != fetched.url:
                raise NotUsable(f"{url} is called {named}, which is called {again}")
        if "Tombstone" in documents.many(fetched.document.get("type")):
            raise Gone(f"{url} is a tombstone")
        return fetched

    async def _read(self, url: str, errand: _Errand) -> tuple[Fetched, str]:
        answer = await self._follow(url, errand)
        media = answer.headers.get("content-type", "")
        if not negotiation.is_activity_type(media):
            raise NotUsable(f"{answer.url} is {media[:100]!r}, which is no ActivityPub document")
        try:
            document = strict_json.loads(answer.body)
        except Refused as error:
            raise NotUsable(f"{answer.url}: {error}") from error
        return Fetched(answer.url, document, answer.body), _name(document, answer.url)

    def _refuse_gone(self, url: str) -> None:
        status = self._gone.get(url)
        if status is not None:
            raise Gone(f"{url} was gone a short time ago ({status})", status=status)


async def _nobody(_host: str) -> bool:
    return False


def _accepted(answer: Answer, asked: str) -> Answer:
    status = answer.status
    if status == 200:
        return answer
    said = f"{asked} answers {status}"
    if status in (404, 410) and origin.same_origin(answer.url, asked):
        raise Gone(said, status=status)
    if status >= 500 or status in _LATER:
        raise Unreachable(said, retry_after=retry_after(answer.headers))
    raise NotUsable(said)


def _name(document: dict[str, Any], url: str) -> str:
    """A document's id without its fragment; raises NotUsable unless `url` may speak for it."""
    value = document.get("id")
    if not isinstance(value, str) or not origin.same_origin(value, url):
        raise NotUsable(f"{url} serves a document of another origin, or without an id")
    return origin.without_fragment(origin.canonical(value))
