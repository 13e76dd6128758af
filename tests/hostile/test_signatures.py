"""Who signed, what is covered and when: 401, 400 or 503, and nothing happens."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from email.utils import formatdate

import httpx
import pytest

from federation import clock, signatures
from federation.keys import Signer
from federation.vocabulary import ACTIVITY_JSON
from neighbour import rsa, rsa_key
from servers import GROUP
from trials import INBOX, Scene

pytestmark = pytest.mark.anyio

Headers = dict[str, str]
SHARED = "https://groups.example/inbox"


def like(scene: Scene) -> bytes:
    return json.dumps(scene.vic.act("Like", f"{GROUP}/threads/0")).encode()


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def signed_over(scene: Scene, body: bytes, covered: str, **more: str) -> Headers:
    """Vic's good signature over these headers, with these values instead of the usual ones."""
    values = {
        "(request-target)": "post /groups/welders/inbox",
        "host": "groups.example",
        "date": formatdate(clock.now_ms() / 1_000, usegmt=True),
        "digest": f"SHA-256={sha256(body)}",
    } | more
    text = "\n".join(f"{name}: {values[name]}" for name in covered.split() if name in values)
    signer = Signer(f"{scene.vic.uri}#main-key", "rsa", rsa("vic"))
    signature = base64.b64encode(signer.sign(text.encode())).decode()
    sent = {name: value for name, value in values.items() if not name.startswith("(") and value}
    return sent | {
        "Content-Type": ACTIVITY_JSON,
        "Signature": f'keyId="{scene.vic.uri}#main-key",algorithm="rsa-sha256",'
        f'headers="{covered}",signature="{signature}"',
    }


async def refused(
    scene: Scene, headers: Headers, body: bytes, *statuses: int, url: str = INBOX
) -> None:
    """Nothing comes of it; a key that fails is asked for once more, at its own host."""
    before = await scene.receipts()
    async with scene.nothing_changes(asks=("h.example", "evil.example")):
        assert await scene.raw(body, headers, url) in statuses, headers
    assert await scene.receipts() == before


async def test_an_unsigned_or_barely_signed_request_is_refused(scene: Scene) -> None:
    # H025, H026, H027, H029, H055
    body = like(scene)
    bare = {"Content-Type": ACTIVITY_JSON}
    await refused(scene, bare, body, 401)
    for covered in (
        "date",
        "host date digest",
        "(request-target) date digest",
        "(request-target) host date",
        "(request-target) host digest",
        "(request-target)",
    ):
        await refused(scene, signed_over(scene, body, covered), body, 401)
    everything = "(request-target) host date digest"
    for digest in ("", "MD5=XUFAKrxLKna5cZ2REBfFkg==", "SHA-512=AAAA", "SHA-256=AAAA"):
        await refused(scene, signed_over(scene, body, everything, digest=digest), body, 400, 401)
    get = signed_over(scene, body, everything, **{"(request-target)": "get /groups/welders/inbox"})
    await refused(scene, get, body, 401)
    assert await scene.raw(body, signed_over(scene, body, everything)) == 202
    await scene.still_serves()


async def test_another_body_or_digest_than_the_signed_one_is_refused(scene: Scene) -> None:
    # H027, H028, H030, H031
    body, other = like(scene), like(scene)
    good = scene.signed(body, scene.vic)
    await refused(scene, good, other, 401)
    await refused(scene, good | {"Digest": f"SHA-256={sha256(other)}"}, other, 401)
    digest = sha256(body)
    spellings = [
        f"SHA-256={digest},SHA-256={sha256(other)}",
        f"SHA-256={digest[:10]} {digest[10:]}",
        f"SHA-256={digest[:-1]}",
        f"SHA-256={digest}=",
        f"SHA-256=!{digest[1:]}",
        f"SHA-256={base64.b64encode(b'x' * 31).decode()}",
        f"SHA-256={base64.b64encode(b'x' * 33).decode()}",
    ]
    for spelling in spellings:
        headers = signed_over(scene, body, "(request-target) host date digest", digest=spelling)
        await refused(scene, headers, body, 400, 401)
    await scene.still_serves()


async def test_the_bytes_are_verified_as_they_came(scene: Scene) -> None:
    # H032, H037, H039
    follow = scene.vic.follow() | {"summary": "é"}
    body = json.dumps(follow, indent=3, sort_keys=True).encode().replace(b": ", b" :\t")
    headers = scene.signed(body, scene.vic)
    assert "\\u00e9" in body.decode()
    assert await scene.raw(body, headers) == 202
    body = like(scene)
    headers = scene.signed(body, scene.vic)
    name = next(name for name in headers if name.lower() == "signature")
    headers[name] = headers[name].replace('"rsa-sha256"', '"hs2019"')
    assert await scene.raw(body, headers) == 202


async def test_a_signature_header_with_odd_parameters_is_refused(scene: Scene) -> None:
    # H035, H038, H040, H041
    body = like(scene)
    good = scene.signed(body, scene.vic)
    name = next(name for name in good if name.lower() == "signature")
    now = clock.now_ms() // 1_000
    changes: list[Callable[[str], str]] = [
        lambda text: f"{text},{text.split(',')[0]}",
        lambda text: text + ',headers="(request-target) host date digest"',
        lambda text: text.replace("rsa-sha256", "none"),
        lambda text: text.replace("rsa-sha256", "hmac-sha256"),
        lambda text: text.replace("rsa-sha256", "rsa-sha1"),
        lambda text: text.replace("(request-target)", "(request-target) (created)"),
        lambda text: text + f",created={now + 7_300}",
        lambda text: text + ",expires=5",
        lambda text: text + f",created={now + 60},expires={now + 30}",
        lambda text: text + ',expires="1e400"',
        lambda text: text + ',expires="abc"',
        lambda text: text + ",expires=-1",
        lambda text: re.sub(r'signature="[^"]+"', 'signature="AAAA"', text),
        lambda text: "keyId",
        lambda text: 'keyId="' + "x" * 60_000,
    ]
    for change in changes:
        headers = good | {name: change(good[name])}
        before = await scene.receipts()
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.raw(body, headers) in {400, 401}, headers[name][:300]
        assert await scene.receipts() == before
    await scene.still_serves()


async def test_a_date_that_is_not_about_now_is_refused(scene: Scene) -> None:
    # H042
    body = like(scene)
    now = clock.now_ms() / 1_000
    everything = "(request-target) host date digest"
    for seconds in (-7_300, 7_300, 10 * 365 * 86_400):
        date = formatdate(now + seconds, usegmt=True)
        await refused(scene, signed_over(scene, body, everything, date=date), body, 401)
    for date in ("soon", "2026-01-01T00:00:00Z", "Sat, 99 Feb 2026 10:00:00 GMT", "", "0"):
        headers = signed_over(scene, body, everything, date=date)
        await refused(scene, headers, body, 400, 401)
    await scene.still_serves()


async def test_who_signs_is_the_actor_and_nobody_else(scene: Scene) -> None:
    # H044, H045, H046
    bob = scene.home.member("bob")
    await scene.send(bob.act("Like", f"{GROUP}/threads/0"), bob)
    note = await scene.post()
    undo = scene.vic.act("Undo", scene.vic.follow())
    like = scene.vic.act("Like", note["id"])
    for activity in (undo, like, scene.vic.follow(), scene.vic.act("Delete", scene.vic.uri)):
        body = json.dumps(activity).encode()
        for who in (scene.eve, bob):
            await refused(scene, scene.signed(body, who), body, 401, 403)
    lies = [
        scene.vic.act("Delete", note["id"]),
        scene.vic.act("Update", note | {"content": "Eve was here.", "updated": "2099-01-01"}),
        scene.vic.create(scene.vic.note("By Eve.", id=f"{scene.vic.uri}/statuses/none")),
    ]
    scene.home.answer("/users/vic/statuses/none", 404)
    for lie in lies:
        for who in (scene.eve, bob):
            async with scene.nothing_changes(asks=("h.example",)):
                assert await scene.send(lie, who) == 202
            assert (await scene.why())[0] == "ignored"
    body = json.dumps(scene.vic.act("Delete", note["id"])).encode()
    ours = [f"{GROUP}#main-key", "https://groups.example/actor#main-key"]
    for key_id in (
        *ours,
        "acct:vic@h.example",
        "did:key:z6Mk",
        "file:///etc/passwd",
        "data:,x",
    ):
        async with scene.nothing_changes():
            status = await scene.raw(body, scene.signed(body, scene.vic, key_id=key_id))
            assert status in {400, 401}, key_id
    await scene.still_serves()


async def test_a_request_is_good_for_one_inbox_and_again_has_no_second_effect(
    scene: Scene,
) -> None:
    # H053, H058
    follow = json.dumps(scene.eve.follow()).encode()
    headers = scene.signed(follow, scene.eve)
    await refused(scene, headers, follow, 401, url=SHARED)
    await refused(scene, headers, follow, 401, url="https://groups.example/users/olga/inbox")
    await refused(scene, headers, follow, 401, url=f"{INBOX}?x=1")
    assert await scene.raw(follow, headers) == 202
    await scene.settle()
    with clock.held(clock.now_ms() + 4 * clock.MINUTE):
        async with scene.nothing_changes():
            assert await scene.raw(follow, headers) == 202
    assert scene.evil.kinds() == ["Accept{Follow}"]


async def test_a_blocked_host_is_refused_before_anybody_is_asked(scene: Scene) -> None:
    # H043, H235
    peers = scene.ours.wire.peers
    await scene.ours.run(lambda: peers.block("evil.example", "spam"))
    sub = type(scene.evil).at(scene.world.network, "deep.evil.example", "mastodon").member("sue")
    for who in (scene.eve, sub):
        before = await scene.receipts()
        async with scene.nothing_changes():
            assert await scene.send(who.follow(), who) == 403
        assert await scene.receipts() == before
    body = like(scene)
    key_id = f"{scene.eve.uri}#main-key"
    await refused(scene, scene.signed(body, scene.eve, key_id=key_id), body, 401, 403)
    await scene.still_serves()


async def test_a_key_that_changed_is_learned_once_and_a_flood_asks_once(scene: Scene) -> None:
    # H047, H048
    home, vic = scene.home, scene.vic
    home.serve("/users/vic", home.person("vic", rsa("vic two")))
    body = like(scene)
    signer = Signer(f"{vic.uri}#main-key", "rsa", rsa("vic two"))
    fresh = {"Content-Type": ACTIVITY_JSON} | signatures.sign(signer, "POST", INBOX, body, "cavage")
    assert await scene.raw(body, fresh) == 202
    old = like(scene)
    assert await scene.raw(old, scene.signed(old, vic)) == 401
    asked = len(scene.world.network.requests("GET", vic.uri))
    for _ in range(50):
        bad = like(scene)
        assert await scene.raw(bad, scene.signed(bad, vic)) == 401
    assert len(scene.world.network.requests("GET", vic.uri)) == asked
    home.serve("/users/vic", home.person("vic", rsa("vic")))
    with clock.held(clock.now_ms() + 6 * clock.MINUTE):
        await scene.still_serves()


@pytest.mark.parametrize("fault", [500, 502, 503, 429, OSError("down"), TimeoutError("slow")])
async def test_a_key_host_in_trouble_is_503_and_comes_in_later(
    scene: Scene, fault: int | Exception
) -> None:
    # H050
    new = type(scene.evil).at(scene.world.network, "n.example", "mastodon").member("nan")
    scene.world.network.fail("n.example", fault)
    follow = new.follow()
    body = json.dumps(follow).encode()
    async with scene.nothing_changes(asks=("n.example",)):
        assert await scene.send(follow, new) == 503
        again = httpx.Request("POST", INBOX, content=body, headers=scene.signed(body, new))
        later = await scene.world.network.handle_async_request(again)
        assert (later.status_code, int(later.headers["retry-after"]) > 0) == (503, True)
    scene.world.network.heal("n.example")
    with clock.held(clock.now_ms() + 20 * clock.MINUTE):
        assert await scene.send(follow, new) == 202
    assert (await scene.ours.members())["nan@n.example"] == "member"


async def test_a_farewell_of_a_stranger_costs_nothing(scene: Scene) -> None:
    # H051
    ghost = type(scene.evil).at(scene.world.network, "n.example", "").member("ghost")
    async with scene.nothing_changes():
        assert await scene.send(ghost.act("Delete", ghost.uri), ghost) == 202
    await scene.still_serves()


async def test_a_farewell_is_believed_when_the_origin_says_so_too(scene: Scene) -> None:
    # H052
    bye = scene.vic.act("Delete", scene.vic.uri)
    body = json.dumps(bye).encode()
    async with scene.nothing_changes(asks=("h.example",)):
        assert await scene.raw(body, scene.signed(body, scene.eve)) == 401
        wrong = scene.signed(body, scene.eve, key_id=f"{scene.vic.uri}#main-key")
        assert await scene.raw(body, wrong) == 401
    assert (await scene.ours.members())["vic@h.example"] == "member"
    scene.home.answer("/users/vic", 410)
    with clock.held(clock.now_ms() + 10 * clock.MINUTE):
        late = scene.vic.act("Delete", scene.vic.uri)
        body = json.dumps(late).encode()
        wrong = scene.signed(body, scene.eve, key_id=f"{scene.vic.uri}#main-key")
        assert await scene.raw(body, wrong) == 202
        await scene.settle()
    assert (await scene.ours.members())["vic@h.example"] == "left"


async def test_what_else_a_farewell_says_is_its_actors_word_alone(scene: Scene) -> None:
    # H052: that vic is gone his origin confirms; that his words go with him nobody does
    note = await scene.post()
    scene.home.answer("/users/vic", 410)
    with clock.held(clock.now_ms() + 10 * clock.MINUTE):
        for said in ({"removeData": True}, {"removeData": False}):
            bye = scene.vic.act("Delete", scene.vic.uri, **said)
            body = json.dumps(bye).encode()
            wrong = scene.signed(body, scene.eve, key_id=f"{scene.vic.uri}#main-key")
            async with scene.nothing_changes(asks=("h.example",)):
                assert await scene.raw(body, wrong) == 401
        part = scene.vic.act("Delete", f"{scene.vic.uri}#1")
        body = json.dumps(part).encode()
        wrong = scene.signed(body, scene.eve, key_id=f"{scene.vic.uri}#main-key")
        assert await scene.raw(body, wrong) == 401
        post = await scene.ours.post(note["id"])
        assert post is not None
        assert post.state == "live"
        own = scene.vic.act("Delete", scene.vic.uri, removeData=True)
        assert await scene.send(own, scene.vic) == 202
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert post.state == "deleted"


async def test_keys_that_nobody_should_use_are_refused(scene: Scene) -> None:
    # H056
    uri = scene.evil.url("/users/weak")
    materials = [
        rsa_key(uri, rsa("weak", 1_024))["publicKeyPem"],
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 900_000 + "\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        "",
    ]
    for number, material in enumerate(materials):
        name = f"weak{number}"
        key = rsa_key(scene.evil.url(f"/users/{name}"), rsa("weak", 1_024))
        person = scene.evil.member(name, publicKey=key | {"publicKeyPem": material})
        async with scene.nothing_changes(asks=("evil.example",), but=("actor",)):
            assert await scene.send(person.follow(), person) == 401
    await scene.still_serves()
