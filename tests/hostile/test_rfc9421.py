"""Message signatures at the door: what is covered, by whom, once."""

from __future__ import annotations

import json

import pytest

from federation import clock
from federation.signatures import SignedRequest
from federation.vocabulary import ACTIVITY_JSON
from neighbour import rsa
from servers import GROUP
from signing import Message, b64_sha, parameters
from trials import Scene

pytestmark = pytest.mark.anyio

SHARED = "https://groups.example/inbox"


def body_of(scene: Scene) -> bytes:
    return json.dumps(scene.vic.act("Like", f"{GROUP}/threads/0")).encode()


def message(scene: Scene, **changed: object) -> Message:
    """Vic's good request to the shared inbox, but for what is changed."""
    body = body_of(scene)
    good: dict[str, object] = {
        "body": body,
        "content_digest": f"sha-256=:{b64_sha(body)}:",
        "parameters": parameters(created=now()),
    }
    return Message(**(good | changed))  # type: ignore[arg-type]


def now() -> int:
    return clock.now_ms() // 1_000


async def sent(scene: Scene, request: SignedRequest) -> int:
    """What the door answers, behind a proxy; only the keys of the two are asked for."""
    headers = dict(request.headers) | {"Content-Type": ACTIVITY_JSON}
    async with scene.nothing_changes(asks=("h.example", "evil.example")):
        return await scene.raw(request.body, headers, f"http://groups.example{request.target}")


async def test_a_proper_message_signature_is_taken(scene: Scene) -> None:
    # H061, H068: the positive control
    assert await sent(scene, message(scene).sent()) == 202
    apart = ("@method", "@authority", "@path", "content-digest")
    assert await sent(scene, message(scene, components=apart).sent()) == 202
    follow = scene.eve.follow()
    assert await scene.eve.send(follow, form="rfc9421") == 202


async def test_what_is_used_must_be_covered(scene: Scene) -> None:
    # H061
    for components in (
        (),
        ("@target-uri", "content-digest"),
        ("@method", "content-digest"),
        ("@method", "@path", "content-digest"),
        ("@method", "@authority", "content-digest"),
        ("@method", "@target-uri"),
        ("date",),
    ):
        request = message(scene, components=components)
        assert await sent(scene, request.sent()) == 401, components
    for missing in ("created", "keyid"):
        request = message(scene, parameters=parameters(**{"created": now()} | {missing: None}))
        assert await sent(scene, request.sent()) == 401, missing
    await scene.still_serves()


async def test_the_actor_is_behind_the_label_that_verified(scene: Scene) -> None:
    # H062: Eve's good signature does not vouch for the junk that names Vic beside it
    body = body_of(scene)
    common = {"body": body, "content_digest": f"sha-256=:{b64_sha(body)}:"}
    eves = Message(
        key=rsa("eve"),
        parameters=parameters(created=now(), keyid=f'"{scene.eve.uri}#main-key"'),
        **common,  # type: ignore[arg-type]
    )
    junk = Message(
        key=rsa("eve"),
        label="sig2",
        parameters=parameters(created=now()),
        **common,  # type: ignore[arg-type]
    )
    for first, second in ((eves, junk), (junk, eves)):
        request = eves.sent(
            f"{first.input()}, {second.input()}", f"{first.value()}, {second.value()}"
        )
        assert await sent(scene, request) == 401
    good = message(scene, label="sig2", **common)
    both = good.sent(f"{junk.input()[:-1]}x, ".replace("sig2", "sig1") + good.input(), "x")
    assert await sent(scene, both) in {400, 401}
    await scene.still_serves()


async def test_no_parameter_and_no_algorithm_is_ignored(scene: Scene) -> None:
    # H064, H065
    for component in (
        *('"content-digest";req', '"content-digest";bs', '"content-digest";sf'),
        *('"content-digest";tr', '"content-digest";key="a"', '"@query-param";name="x"'),
        *('"@status"', '"@unknown"', '"@signature-params"', '"Content-Digest"', '""'),
    ):
        request = message(scene, components=("@method", "@target-uri", "content-digest", component))
        assert await sent(scene, request.sent()) in {400, 401}, component
    for alg in ("hmac-sha256", "none", "ed25519", "rsa-pss-sha512", "ecdsa-p256-sha256", ""):
        request = message(scene, parameters=parameters(created=now(), alg=f'"{alg}"'))
        assert await sent(scene, request.sent()) == 401, alg
    for name, value in (("x", "1"), ("tag", "1"), ("expires", '"soon"'), ("created", '"now"')):
        request = message(scene, parameters=parameters(**{"created": now(), name: value}))
        assert await sent(scene, request.sent()) in {400, 401}, name
    await scene.still_serves()


async def test_every_digest_fits_and_nothing_is_said_twice(scene: Scene) -> None:
    # H066, H067
    body = body_of(scene)
    good = f"sha-256=:{b64_sha(body)}:"
    for digest in (
        f"{good}, sha-512=:{b64_sha(b'other', 'sha512')}:",
        f"{good}, {good}",
        f"sha-256=:{b64_sha(b'other')}:",
        f"sha-256={b64_sha(body)}",
        "md5=:XUFAKrxLKna5cZ2REBfFkg==:",
        "",
    ):
        request = message(scene, body=body, content_digest=digest)
        assert await sent(scene, request.sent()) in {400, 401}, digest
    twice = ("@method", "@target-uri", "content-digest", "@method")
    assert await sent(scene, message(scene, components=twice).sent()) == 401
    one = message(scene)
    other = one.value().replace("sig1", "sig2")
    for input, value in (
        (one.input(), other),
        (f"{one.input()}, {one.input()}", one.value()),
        (one.input(), f"{one.value()}, {one.value()}"),
        (f"{one.input()}, {one.input().replace('sig1', 'sig2')}", one.value()),
    ):
        assert await sent(scene, one.sent(input, value)) in {400, 401}
    await scene.still_serves()


async def test_our_place_is_what_the_operator_configured(scene: Scene) -> None:
    # H068
    for wrong in (
        {"target_uri": "http://groups.example/inbox"},
        {"target_uri": "https://evil.example/inbox"},
        {"target_uri": f"{GROUP}/inbox"},
        {"target_uri": f"{SHARED}?x=1"},
    ):
        assert await sent(scene, message(scene, **wrong).sent()) == 401, wrong
    apart = ("@method", "@authority", "@path", "content-digest")
    for authority in ("evil.example", "groups.example:8443", "GROUPS.EXAMPLE:443"):
        request = message(scene, components=apart, authority=authority)
        assert await sent(scene, request.sent()) == 401, authority


async def test_a_nonce_is_taken_once(scene: Scene) -> None:
    # H069
    with_nonce = parameters(created=now(), nonce='"n1"')
    assert await sent(scene, message(scene, parameters=with_nonce).sent()) == 202
    assert await sent(scene, message(scene, parameters=with_nonce).sent()) == 401
    fresh = parameters(created=now(), nonce='"n2"')
    assert await sent(scene, message(scene, parameters=fresh).sent()) == 202
