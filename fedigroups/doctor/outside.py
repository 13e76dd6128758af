"""This module looks at the instance from outside: name, TLS, proxy, WebFinger, NodeInfo, clock."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from federation import clock, ids, limits, nodeinfo, storage
from federation.errors import FederationError
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups import __version__
from fedigroups.doctor.findings import Check, Finding, judged
from fedigroups.doctor.visit import Answer, addresses, private, visit
from fedigroups.instance import Instance
from fedigroups.setting_values import is_loopback
from fedigroups.web import health

TLS_MS = 14 * clock.DAY
TLS_PART = 4
"""Of a certificate that is made for few days, so much of them: it is renewed before."""
CLOCK_MS = 5 * clock.MINUTE
PEERS_ASKED = 5
FORM_BYTES = 2 * limits.UPLOAD_BYTES + limits.FORM_BYTES
"""Of the largest form: two pictures, and the words beside them."""
PRETENDED = "192.0.2.77"
_SIGNED = ("signature", "signature-input", "digest", "content-digest", "date")
_QUERY = "as=a%2Fb&as=c+d"
_CUT = {400, 413, 502}
"""What proxies answer when a body is larger than they take, before or while they hand it on."""
_PROXY = "See the examples for Caddy and nginx in deploy/, and `serve --proxies`."


async def origin(instance: Instance) -> Finding:
    """Whether the origin leads here: all other checks from outside wait for that."""
    name, remedy = instance.settings.origin, "Is the server running, and the proxy in front of it?"
    try:
        found = await asyncio.to_thread(addresses, name)
        answer = await asyncio.to_thread(visit, name, "/livez", {})
    except ssl.SSLError as error:
        return Finding("origin", "ok", f"something answers at {name} ({error.reason})")
    except OSError as error:
        if instance.wire.config.allow_http:
            return Finding("origin", "note", f"nobody serves {name} now, where only you look")
        return Finding("origin", "wrong", f"{name} does not answer: {error}", remedy)
    hidden = [] if is_loopback(name) else private(found)
    if hidden:
        remedy = (
            "Let its DNS entry name the public address. Where only this machine sees another one, "
            "look from elsewhere: curl " + f"{name}/livez"
        )
        said = f"{urlsplit(name).hostname} is at {', '.join(hidden)}, which nobody outside reaches"
        return Finding("origin", "wrong", said, remedy)
    if answer.status != 200 or answer.body != b"ok\n":
        said = f"{name}/livez is answered {answer.status}, and not by Fedigroups"
        return Finding("origin", "wrong", said, f"Let the proxy hand on to the server. {_PROXY}")
    return Finding("origin", "ok", f"{name} leads here, and it can never change")


async def _tls(instance: Instance) -> Finding:
    if instance.settings.origin.startswith("http:"):
        return Finding("TLS", "note", "none, for trying things out on this machine")
    remedy = "Let the proxy have a certificate that browsers trust: Caddy does so by itself."
    try:
        answer = await asyncio.to_thread(visit, instance.settings.origin, "/livez", {})
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason
        return Finding("TLS", "wrong", f"other servers will not trust it: {why}", remedy)
    begins, ends = answer.certified
    left, soon = ends - clock.now_ms(), min(TLS_MS, (ends - begins) // TLS_PART)
    remedy = "See why it is not renewed: the proxy's log says so."
    return judged("TLS", left > soon, f"the certificate holds for {_long(left)}", remedy)


def _long(left: int) -> str:
    if left < 2 * clock.DAY:
        return f"{left // clock.HOUR} hours"
    return f"{left // clock.DAY} days"


async def _proxy(instance: Instance) -> Finding:
    if instance.settings.origin.startswith("http:") and is_loopback(instance.settings.origin):
        return Finding("proxy", "note", "none, for trying things out on this machine")
    nonce = ids.token()
    sent = {
        "Authorization": f"Bearer {health.proof(instance.settings.secret, nonce)}",
        "X-Forwarded-For": PRETENDED,
        **{name.title(): "probe" for name in _SIGNED},
    }
    path = f"{health.PROXYZ}?nonce={nonce}&{_QUERY}"
    answer = await asyncio.to_thread(visit, instance.settings.origin, path, sent)
    seen = answer.json()
    if answer.status != 200 or not isinstance(seen, dict):
        said = (
            f"the server there ({answer.status}) has another secret than this program, or version"
        )
        remedy = "Is it this instance that the origin leads to? Restart it after an upgrade."
        return Finding("proxy", "wrong", said, remedy)
    faults = [*_altered(urlsplit(instance.settings.origin).netloc, seen), *_strangers(seen)]
    if not await asyncio.to_thread(_takes_forms, instance.settings.origin, path, sent):
        faults.append(
            f"it does not hand on {FORM_BYTES // 1_000_000 + 1} MB, which a form with pictures may "
            "have (Caddy: request_body, nginx: client_max_body_size)"
        )
    if seen["version"] != __version__:
        faults.append(f"the server runs {seen['version']}, and this command {__version__}")
    return judged("proxy", not faults, "; ".join(faults) or "it hands on what came", _PROXY)


def _takes_forms(origin_: str, path: str, sent: Mapping[str, str]) -> bool:
    """Whether the largest form comes through; a proxy may hang up on what it finds too large.

    What nothing can be said of, as it takes too long, counts as coming through.
    """
    try:
        answer = visit(origin_, path, sent, method="POST", body=bytes(FORM_BYTES))
    except TimeoutError:
        return True
    except OSError:
        return False
    return answer.status not in _CUT


def _altered(host: str, seen: Mapping[str, Any]) -> Iterator[str]:
    """What of a request did not come through as it was sent: signatures are made over it."""
    if seen["host"] != host:
        yield f"it changes Host from {host} to {seen['host']}"
    if not str(seen["query"]).endswith(_QUERY):
        yield "it changes the query"
    lost = [name for name in _SIGNED if name not in seen["headers"]]
    if lost:
        yield f"it drops {', '.join(lost)}"


def _strangers(seen: Mapping[str, Any]) -> Iterator[str]:
    """Whether visitors are told apart, and none can pretend to be another."""
    client, said = str(seen["client"]), str(seen["forwarded"])
    if not said:
        yield "it does not say who visits (X-Forwarded-For): all visitors count as one"
    elif client == PRETENDED:
        yield (
            "it hands on what visitors say in X-Forwarded-For, so that anybody can pretend to be "
            "anybody: let it replace that header, or name the proxy in --proxies instead of *"
        )
    elif client not in said:
        yield f"--proxies does not name it ({client}): what it says of visitors is not believed"


async def _documents(instance: Instance) -> Finding:
    headers = {"Accept": ACTIVITY_JSON}
    answer = await asyncio.to_thread(visit, instance.settings.origin, "/actor", headers)
    media, document = answer.headers.get("content-type", ""), answer.json()
    right = media.startswith(ACTIVITY_JSON) and isinstance(document, dict)
    well = right and document.get("id") == instance.wire.uris.instance_actor
    said = "documents are found" if well else f"/actor is answered {answer.status} as {media!r}"
    return judged("documents", well, said, f"Let no cache ignore Accept (Vary). {_PROXY}")


async def _webfinger(instance: Instance) -> Finding:
    # The instance's own actor is named like the host, which with a port is no handle.
    own = instance.wire.uris.instance_actor
    actor = await Actor.filter(local=True, state="live").exclude(uri=own).first()
    if actor is None:
        return Finding("WebFinger", "skipped", "nobody is here yet")
    handle = instance.wire.uris.handle(actor.username)
    path = f"/.well-known/webfinger?resource={quote(f'acct:{handle}')}"
    answer = await asyncio.to_thread(visit, instance.settings.origin, path, {})
    links = [one for one in _links(answer) if one.get("rel") == "self"]
    well = [one.get("href") for one in links] == [actor.uri]
    said = f"@{handle} is found" if well else f"@{handle} is not found ({answer.status})"
    return judged("WebFinger", well, said, f"Let the proxy hand on /.well-known/ too. {_PROXY}")


async def _nodeinfo(instance: Instance) -> Finding:
    remedy = f"Let the proxy hand on /.well-known/ and /nodeinfo/ too. {_PROXY}"
    name = instance.settings.origin
    index = await asyncio.to_thread(visit, name, "/.well-known/nodeinfo", {})
    ends = [
        str(one.get("href")).removeprefix(name)
        for one in _links(index)
        if str(one.get("rel")).startswith(nodeinfo.SCHEMA)
    ]
    for end in ends:
        document = (await asyncio.to_thread(visit, name, end, {})).json()
        software = document.get("software") if isinstance(document, dict) else None
        if not isinstance(software, dict) or software.get("name") != nodeinfo.SOFTWARE:
            return Finding("NodeInfo", "wrong", f"{end} is not ours", remedy)
    found = "it says what runs here" if ends else f"there is none ({index.status})"
    return judged("NodeInfo", bool(ends), found, remedy)


def _links(answer: Answer) -> list[dict[str, Any]]:
    document = answer.json()
    links = document.get("links") if isinstance(document, dict) else None
    return [one for one in links if isinstance(one, dict)] if isinstance(links, list) else []


async def clocks(instance: Instance) -> Finding:
    """Our time beside that of servers that we know: of several, the one in the middle."""
    rows = await storage.rows(
        "SELECT host FROM lane WHERE state = 'open' AND succeeded_at > 0"
        " ORDER BY succeeded_at DESC LIMIT ?",
        PEERS_ASKED,
    )
    asked = [_off(instance, str(row["host"])) for row in rows]
    known = sorted(off for off in await asyncio.gather(*asked) if off is not None)
    if not known:
        return Finding("clock", "note", "no other server can be asked yet")
    off = known[len(known) // 2]
    found = f"{abs(off) // clock.SECOND} s {'behind' if off > 0 else 'ahead of'} other servers"
    remedy = "Set this machine's clock by NTP: others refuse what is signed an hour off."
    return judged("clock", abs(off) < CLOCK_MS, found, remedy)


async def _off(instance: Instance, host: str) -> int | None:
    """By how much that server's clock is ahead of ours (ms); None when it does not say."""
    scheme = "http" if instance.wire.config.allow_http else "https"
    try:
        answer = await instance.wire.fetcher.raw(
            f"{scheme}://{host}/.well-known/nodeinfo", max_bytes=limits.ANSWER_BYTES
        )
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except (FederationError, ValueError, TypeError):
        return None
    return int(said.timestamp() * clock.SECOND) - clock.now_ms()


TLS = Check("TLS", _tls)
OUTSIDE = (
    Check("proxy", _proxy),
    Check("documents", _documents),
    Check("WebFinger", _webfinger),
    Check("NodeInfo", _nodeinfo),
)
