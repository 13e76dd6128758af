"""Files in a bucket: a server that checks signatures, and servers that fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import bucket_server
from bucket_server import BucketServer
from federation.errors import Unreachable
from fedigroups.media import bucket, names, sigv4
from fedigroups.media.bucket import Bucket
from fedigroups.media.sigv4 import Credentials
from loopback import Loopback, always, answering, ok, public_config

pytestmark = pytest.mark.anyio

KEY = names.file(names.new(), "image/png")
SOMEBODY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with bucket_server.running() as found:
        yield found


# The two examples of the specification, "Authenticating Requests: Using the Authorization Header"


@pytest.mark.parametrize(
    ("method", "path", "headers", "payload", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    ],
)
def test_requests_are_signed_as_the_specification_does(
    method: str, path: str, headers: dict[str, str], payload: bytes, signature: str
) -> None:
    url = f"https://examplebucket.s3.amazonaws.com{path}"
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    sent = sigv4.sign(SOMEBODY, method, url, headers, payload, moment)
    assert sent["authorization"].endswith(f"Signature={signature}")


@pytest.mark.processes
async def test_a_file_is_kept_found_and_forgotten(server: BucketServer) -> None:
    store = Bucket(server.url, server.credentials, public_config())
    try:
        await store.put(KEY, b"picture" * 100_000, "image/png")
        assert await store.get(KEY) == b"picture" * 100_000
        assert store.path(KEY) is None
        await store.delete(KEY)
        await store.delete(KEY)
        assert await store.get(KEY) is None
    finally:
        await store.close()


@pytest.mark.processes
async def test_a_wrong_secret_is_refused_and_said(server: BucketServer) -> None:
    wrong = replace(server.credentials, secret="wrong")
    store = Bucket(server.url, wrong, public_config())
    try:
        with pytest.raises(Unreachable, match=r"403.*SignatureDoesNotMatch"):
            await store.put(KEY, b"picture", "image/png")
    finally:
        await store.close()


async def test_a_moment_of_trouble_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_PAUSES", (0.0, 0.0))
    trouble = ok(b"<Code>SlowDown</Code>", "503 Slow Down")
    async with Loopback(answering(trouble, trouble, ok())) as server:
        store = Bucket(server.url("/media", "127.0.0.1"), SOMEBODY, public_config())
        await store.put(KEY, b"picture", "image/png")
        await store.close()


async def test_trouble_that_lasts_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_PAUSES", (0.0, 0.0))
    async with Loopback(always(ok(b"out of order", "500 Broken"))) as server:
        store = Bucket(server.url("/media", "127.0.0.1"), SOMEBODY, public_config())
        for attempt in (store.put(KEY, b"x", "image/png"), store.get(KEY), store.delete(KEY)):
            with pytest.raises(Unreachable, match="500: out of order"):
                await attempt
        await store.close()
    nowhere = Bucket("http://127.0.0.1:1/media", SOMEBODY, public_config())
    with pytest.raises(Unreachable):
        await nowhere.get(KEY)
    await nowhere.close()


async def test_a_bucket_that_sends_us_elsewhere_is_not_followed() -> None:
    moved = ok(b"", "301 Moved", Location="http://127.0.0.1:1/")
    async with Loopback(always(moved)) as server:
        store = Bucket(server.url("/media", "127.0.0.1"), SOMEBODY, public_config())
        with pytest.raises(Unreachable, match="301"):
            await store.get(KEY)
        await store.close()
