"""This module signs requests to S3-compatible stores (AWS Signature Version 4, in the header).

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, and the region that it is used in."""

    key: str
    secret: str = field(repr=False)
    region: str = "us-east-1"


def sign(
    credentials: Credentials,
    method: str,
    url: str,
    headers: Mapping[str, str],
    payload: bytes,
    at: datetime,
) -> dict[str, str]:
    """The headers to send: those given, and the ones that prove who asks.

    `url` is spelt as it goes on the wire, and has no query.
    """
    parts = urlsplit(url)
    digest = hashlib.sha256(payload).hexdigest()
    moment = at.strftime("%Y%m%dT%H%M%SZ")
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    sent |= {"x-amz-content-sha256": digest, "x-amz-date": moment}
    covered = sent | {"host": parts.netloc}
    names = ";".join(sorted(covered))
    canonical = "\n".join(
        [
            *(method, parts.path or "/", ""),
            *(f"{name}:{covered[name]}" for name in sorted(covered)),
            *("", names, digest),
        ]
    )
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = _mac(_key(credentials, moment[:8]), to_sign).hex()
    sent["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.key}/{scope},SignedHeaders={names},"
        f"Signature={signature}"
    )
    return sent


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
