"""This module is an S3-compatible server that checks who asks: a process of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from fedigroups.cli.stage import free_port
from fedigroups.media import sigv4
from fedigroups.media.sigv4 import Credentials

START_SECONDS = 30.0
_POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True)
class BucketServer:
    """The server with one bucket, and a key that opens it."""

    url: str
    credentials: Credentials


@contextmanager
def running() -> Iterator[BucketServer]:
    """A server with a bucket `media`, open to one key alone."""
    port = free_port()
    # Its first calls need no key: they make the user whose key the others need.
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield _prepared(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def _prepared(origin: str) -> BucketServer:
    _manage(origin, Action="CreateUser", UserName="olga")
    answer = _manage(origin, Action="CreateAccessKey", UserName="olga")
    _manage(
        origin,
        Action="PutUserPolicy",
        UserName="olga",
        PolicyName="all",
        PolicyDocument=_POLICY,
    )
    key, secret = (
        re.search(rf"<{name}>([^<]+)<", answer)[1] for name in ("AccessKeyId", "SecretAccessKey")
    )
    credentials = Credentials(key, secret)
    url = f"{origin}/media"
    headers = sigv4.sign(credentials, "PUT", url, {}, b"", datetime.now(UTC))
    with urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)):
        return BucketServer(url, credentials)


def _manage(origin: str, **words: str) -> str:
    """What the server's own management answers."""
    scope = "Credential=x/20260101/us-east-1/iam/aws4_request"
    request = urllib.request.Request(
        f"{origin}/",
        data=urlencode({"Version": "2010-05-08", **words}).encode(),
        headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=x"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def _wait(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the S3 server did not start")
