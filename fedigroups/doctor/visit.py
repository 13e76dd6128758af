"""This module visits our own origin as a stranger does: by its name, over its TLS, past its proxy.

The transport that all else leaves by does not speak to this instance itself, and tells nothing of
certificates.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from federation import clock

SECONDS = 10.0
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and from when until when the certificate holds (ms; 0 without TLS)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    certified: tuple[int, int]

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def visit(
    origin: str, path: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes = b""
) -> Answer:
    """The answer to one request. Raises OSError when nobody answers or TLS is not in order."""
    parts = urlsplit(origin)
    host, secure = parts.hostname or "", parts.scheme == "https"
    link = (
        http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=_trust())
        if secure
        else http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    )
    try:
        link.request(method, path, body or None, dict(headers))
        sock = link.sock
        certified = _certified(sock) if isinstance(sock, ssl.SSLSocket) else (0, 0)
        answer = link.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, answer.read(MOST_BYTES), certified)
    except http.client.HTTPException as error:
        raise OSError(f"what answers there speaks no HTTP ({error!r})") from error
    finally:
        link.close()


def addresses(origin: str) -> list[str]:
    """Where its name leads to. Raises OSError when it leads nowhere."""
    found = socket.getaddrinfo(urlsplit(origin).hostname, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def private(addresses_: list[str]) -> list[str]:
    """Those that nobody outside can reach."""
    return [one for one in addresses_ if not ip_address(one.partition("%")[0]).is_global]


def _trust() -> ssl.SSLContext:
    """The system's trust store, or that of SSL_CERT_FILE."""
    return ssl.create_default_context()


def _certified(sock: ssl.SSLSocket) -> tuple[int, int]:
    certificate = sock.getpeercert() or {}
    begins, ends = (
        int(ssl.cert_time_to_seconds(str(certificate[name]))) * clock.SECOND
        for name in ("notBefore", "notAfter")
    )
    return begins, ends
