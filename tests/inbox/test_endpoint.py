from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import clock, digests, limits, signatures, storage
from federation.errors import Misconfigured
from federation.keys import Signer
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.store import Store
from inbox.pressure import Pressure
from neighbour import Neighbour, rsa
from network import Network
from senders import ORIGIN, Doorstep, Person, as_bytes, cavage, doorstep, receipts

pytestmark = pytest.mark.anyio

DOORS = [
    "/inbox",
    "/groups/welders/inbox",
    "/users/olga/inbox",
    "/actor/inbox",
    "/users/welders/inbox",
]


@dataclass
class Scene:
    """Ann and Eve before our door."""

    network: Network
    door: Doorstep
    ann: Person
    eve: Person

    def fetches(self) -> int:
        return len(self.network.requests("GET"))


@asynccontextmanager
async def opened(pressure: Pressure | None = None) -> AsyncIterator[Scene]:
    network = Network()
    people = [
        Person(Neighbour.on(network, host), name)
        for host, name in (("m.example", "ann"), ("evil.example", "eve"))
    ]
    async with doorstep(network, pressure) as door:
        yield Scene(network, door, *people)


@pytest.fixture
async def scene(database: Store) -> AsyncIterator[Scene]:
    async with opened() as made:
        yield made


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["detail"]
    return document


@pytest.mark.parametrize("path", DOORS)
async def test_a_signed_activity_is_stored_and_accepted_at_every_door(
    scene: Scene, path: str
) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow, path), path)
    assert (answer.status_code, answer.content) == (202, b"")
    (row,) = await receipts()
    assert row["door"] == ORIGIN + path
    assert bytes(row["body"]) == as_bytes(follow)
    assert len(scene.door.woken) == 1


async def test_both_forms_of_signature_are_taken(scene: Scene) -> None:
    for number, form in enumerate(("cavage", "rfc9421")):
        follow = scene.ann.follow(number)
        headers = scene.ann.sign(follow, form=form)  # type: ignore[arg-type]
        assert (await scene.door.post(follow, headers)).status_code == 202


async def test_an_unsigned_activity_is_told_how_to_sign(scene: Scene) -> None:
    answer = await scene.door.post(scene.ann.follow(), {})
    assert answer.status_code == 401
    assert "content-digest" in answer.headers["accept-signature"]
    assert "(request-target)" in answer.headers["www-authenticate"]
    assert "not signed" in problem(answer)["detail"]
    assert await receipts() == []
    assert scene.fetches() == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/groups/nobody/inbox", 404),
        ("/groups/welders/inbox/", 404),
        ("/groups%2Fwelders/inbox", 404),
        ("/groups/welders%2Finbox", 404),
        ("/groups/Welders/inbox", 404),
        ("/groups/welders/inbox;x", 404),
        ("/users/nobody/inbox", 404),
    ],
)
async def test_there_is_nobody_behind_any_other_door(scene: Scene, path: str, status: int) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow, path), path)
    assert answer.status_code == status
    assert "no inbox" in problem(answer)["detail"]
    assert scene.fetches() == 0


async def test_a_body_over_the_limit_is_too_large(scene: Scene) -> None:
    body = b" " * (limits.BODY_BYTES + 1)
    answer = await scene.door.post(body, scene.ann.sign(body))
    assert answer.status_code == 413
    assert str(limits.BODY_BYTES) in problem(answer)["detail"]
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[1]", b"{", b"[" * 100_000, b"\xff\xfe{}", b'{"id":"https://m.example/1"}'],
)
async def test_what_is_no_activity_is_a_bad_request_before_any_signature(
    scene: Scene, body: bytes
) -> None:
    answer = await scene.door.post(body, scene.ann.sign(body))
    assert answer.status_code == 400
    problem(answer)
    assert scene.fetches() == 0
    assert await receipts() == []


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}, {"Content-Type": ""}]
)
async def test_a_wrong_media_type_is_a_bad_request_and_never_415(
    scene: Scene, headers: dict[str, str]
) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow) | headers)
    assert answer.status_code == 400


# quirk 97
@pytest.mark.parametrize(
    "media",
    [
        "application/activity+json; charset=utf-8",
        "application/activity+json;charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/json",
    ],
)
async def test_every_media_type_of_peers_is_taken(scene: Scene, media: str) -> None:
    follow = scene.ann.follow()
    headers = scene.ann.sign(follow) | {"Content-Type": media}
    assert (await scene.door.post(follow, headers)).status_code == 202


async def test_a_blocked_host_is_told_so_before_anybody_is_asked(scene: Scene) -> None:
    await scene.door.wire.peers.block("evil.example")
    follow = scene.eve.follow()
    answer = await scene.door.post(follow, scene.eve.sign(follow))
    assert answer.status_code == 403
    mine = scene.ann.follow()
    answer = await scene.door.post(mine, scene.eve.sign(mine))
    assert answer.status_code == 403
    assert scene.fetches() == 0


async def test_eve_is_not_ann(scene: Scene) -> None:
    follow = scene.ann.follow()
    for headers in (
        scene.eve.sign(follow),
        scene.eve.sign(follow, key_id=scene.ann.key_id),
        Person(scene.ann.home, "ben").sign(follow),
    ):
        answer = await scene.door.post(follow, headers)
        assert answer.status_code == 401
        problem(answer)
    assert await receipts() == []


async def test_nobody_acts_for_our_own_people_from_outside(scene: Scene) -> None:
    forged = scene.eve.follow() | {
        "id": f"{ORIGIN}/activities/1",
        "actor": f"{ORIGIN}/users/olga",
    }
    for key_id in ("", f"{ORIGIN}/users/olga#main-key"):
        answer = await scene.door.post(forged, scene.eve.sign(forged, key_id=key_id))
        assert answer.status_code == 401
    assert scene.fetches() == 0


@pytest.mark.parametrize("path", ["/inbox", "/users/welders/inbox", "/users/olga/inbox?x=2"])
async def test_a_signature_is_good_for_the_inbox_that_it_was_made_for(
    scene: Scene, path: str
) -> None:
    follow = scene.ann.follow()
    headers = scene.ann.sign(follow, "/users/olga/inbox?x=1")
    assert (await scene.door.post(follow, headers, path)).status_code == 401
    answer = await scene.door.post(follow, headers, "/users/olga/inbox?x=1")
    assert answer.status_code == 202


async def test_a_captured_get_does_not_become_a_post(scene: Scene) -> None:
    follow = scene.ann.follow()
    signer = Signer(scene.ann.key_id, "rsa", scene.ann.key)
    headers = signatures.sign(signer, "GET", f"{ORIGIN}/inbox", None, "cavage")
    headers["Digest"] = digests.digest(as_bytes(follow))
    assert (await scene.door.post(follow, headers)).status_code == 401


async def test_a_signature_without_the_query_is_not_good_with_one(scene: Scene) -> None:
    """No inbox of ours has one, so who adds one sends somewhere else than its author did."""
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow), "/inbox?x=1")
    assert answer.status_code == 401


async def test_another_body_than_the_signed_one_is_refused(scene: Scene) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(as_bytes(follow) + b" ", scene.ann.sign(follow))
    assert answer.status_code == 401


@pytest.mark.parametrize("header", ["date", "digest", "host", "signature"])
async def test_a_header_that_is_signed_and_there_twice_is_refused(
    scene: Scene, header: str
) -> None:
    follow = scene.ann.follow()
    headers = cavage(scene.ann, follow)
    twice = [*headers.items(), (header, headers[header]), ("content-type", ACTIVITY_JSON)]
    answer = await scene.door.client.post("/inbox", content=as_bytes(follow), headers=twice)
    assert answer.status_code in (400, 401)


# quirk 80
@pytest.mark.parametrize(
    "digest",
    [
        "",
        "MD5=aaaa",
        "SHA-512=aaaa",
        "SHA-256=",
        "SHA-256=!!!!",
        "SHA-256=YWJj",
        "SHA-256= a a",
        "sha-256=YWJj,SHA-256=YWJj",
    ],
)
async def test_a_digest_that_is_not_that_of_the_body_is_refused(scene: Scene, digest: str) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, cavage(scene.ann, follow, digest=digest))
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 01 Jan 2100 00:00:00 GMT",
        "yesterday",
        "",
        "Thu, 01 Jan 2026 00:00:00",
        "Thu, 99 Jan 99999 99:00:00 GMT",
    ],
)
async def test_a_date_that_is_not_now_is_refused(scene: Scene, date: str) -> None:
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, cavage(scene.ann, follow, date=date))
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize(
    "parameters",
    [
        'algorithm="none",',
        'algorithm="hmac-sha256",',
        'algorithm="hs2019",expires="1e400",',
        'algorithm="hs2019",expires="abc",',
        'algorithm="hs2019",expires="-1",',
        'algorithm="hs2019",expires="1",',
        'keyId="https://evil.example/users/eve#main-key",',
        'headers="date",',
        "=,=,",
    ],
)
async def test_a_signature_with_odd_parameters_is_refused(scene: Scene, parameters: str) -> None:
    follow = scene.ann.follow()
    headers = cavage(scene.ann, follow, parameters=parameters)
    if "expires" in parameters:
        headers = cavage(
            scene.ann,
            follow,
            ("(request-target)", "host", "date", "digest", "(expires)"),
            parameters=parameters,
        )
    answer = await scene.door.post(follow, headers)
    assert answer.status_code in (400, 401)
    assert await receipts() == []


@pytest.mark.parametrize("trouble", [500, 429, httpx.ReadTimeout("silence")])
async def test_a_key_host_that_is_down_is_503_and_never_401(
    scene: Scene, trouble: int | Exception
) -> None:
    scene.network.fail("m.example", trouble)
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow))
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 3_600
    problem(answer)
    scene.network.heal("m.example")
    with clock.held(clock.now_ms() + 2 * clock.MINUTE):
        again = await scene.door.post(follow, scene.ann.sign(follow))
    assert again.status_code == 202


async def test_who_is_kept_waiting_is_told_to_come_back_and_the_errand_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INBOX_SECONDS", 0.05)
    scene.ann.home.door = asyncio.Event()
    follow = scene.ann.follow()
    answer = await scene.door.post(follow, scene.ann.sign(follow))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    scene.ann.home.door.set()
    monkeypatch.setattr(limits, "INBOX_SECONDS", 9.0)
    assert (await scene.door.post(follow, scene.ann.sign(follow))).status_code == 202
    assert scene.fetches() == 1


async def test_a_database_that_is_away_is_503_and_never_202(scene: Scene) -> None:
    follow = scene.ann.follow()
    assert (await scene.door.post(follow, scene.ann.sign(follow))).status_code == 202
    await storage.execute("ALTER TABLE receipt RENAME TO away")
    second = scene.ann.follow(2)
    answer = await scene.door.post(second, scene.ann.sign(second))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    await storage.execute("ALTER TABLE away RENAME TO receipt")
    await storage.execute("ALTER TABLE peer RENAME TO away")
    scene.door.wire.peers._named.forget("")  # a moment later
    answer = await scene.door.post(second, scene.ann.sign(second))
    assert answer.status_code == 503
    await storage.execute("ALTER TABLE away RENAME TO peer")
    assert (await scene.door.post(second, scene.ann.sign(second))).status_code == 202


async def test_a_fault_in_how_this_server_is_set_up_is_503(database: Store) -> None:
    class Broken(Pressure):
        def check_host(self, host: str) -> None:
            raise Misconfigured("FEDIGROUPS_SECRET is that of another instance")

    async with opened(Broken()) as scene:
        follow = scene.ann.follow()
        answer = await scene.door.post(follow, scene.ann.sign(follow))
        assert answer.status_code == 503
        assert "not set up" in problem(answer)["detail"]
        assert "FEDIGROUPS" not in answer.text


@pytest.mark.parametrize("kind", ["Delete", "Update"])
async def test_a_stranger_who_is_gone_is_accepted_unread(scene: Scene, kind: str) -> None:
    scene.ann.home.answer("/users/ann", 410)
    farewell = scene.ann.act(kind, scene.ann.uri)
    answer = await scene.door.post(farewell, scene.ann.sign(farewell))
    assert answer.status_code == 202
    assert scene.fetches() == 0
    assert await receipts() == []


async def test_a_farewell_of_somebody_known_is_verified_with_the_key_we_have(
    scene: Scene,
) -> None:
    follow, farewell = scene.ann.follow(), scene.ann.act("Delete", scene.ann.uri)
    await scene.door.post(follow, scene.ann.sign(follow))
    scene.ann.home.answer("/users/ann", 410)
    forged = await scene.door.post(farewell, {})
    assert forged.status_code == 401
    answer = await scene.door.post(farewell, scene.ann.sign(farewell))
    assert answer.status_code == 202
    assert [row["kind"] for row in await receipts()] == ["Follow", "Delete"]


async def test_a_replay_four_minutes_later_is_accepted_and_stored_once(scene: Scene) -> None:
    follow = scene.ann.follow()
    headers = scene.ann.sign(follow)
    assert (await scene.door.post(follow, headers)).status_code == 202
    with clock.held(clock.now_ms() + 4 * clock.MINUTE):
        assert (await scene.door.post(follow, headers)).status_code == 202
    with clock.held(clock.now_ms() + 2 * clock.HOUR):
        assert (await scene.door.post(follow, headers)).status_code == 401
    assert len(await receipts()) == 1


async def test_one_activity_through_five_doors_at_once_is_one_receipt(scene: Scene) -> None:
    follow = scene.ann.follow()
    answers = await asyncio.gather(
        *(scene.door.post(follow, scene.ann.sign(follow, path), path) for path in DOORS * 2)
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len(await receipts()) == 1
    assert scene.fetches() == 1


async def test_an_unknown_kind_of_activity_is_accepted(scene: Scene) -> None:
    odd = scene.ann.act("ResolveReport", "https://l.example/report/1")
    assert (await scene.door.post(odd, scene.ann.sign(odd))).status_code == 202


async def test_a_rotated_key_is_learned_at_the_door(scene: Scene) -> None:
    first, second = scene.ann.follow(1), scene.ann.follow(2)
    await scene.door.post(first, scene.ann.sign(first))
    scene.ann.key = rsa("ann's new key")
    scene.ann.serve()
    assert (await scene.door.post(second, scene.ann.sign(second))).status_code == 202


async def test_a_refusal_is_no_longer_than_it_has_to_be(scene: Scene) -> None:
    follow = scene.ann.follow()
    headers = cavage(scene.ann, follow, host="x" * 5_000)
    answer = await scene.door.post(follow, headers)
    assert answer.status_code in (400, 401)
    assert len(answer.content) < 1_000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "actor", "object", "to", "@context", "x"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["https://m.example/1", "https://groups.example/1", "x"]) | JSON,
        "type": st.sampled_from(["Follow", "Delete", "Announce", ["Like"]]) | JSON,
        "actor": st.sampled_from(["https://m.example/users/ann", f"{ORIGIN}/users/olga"]) | JSON,
        "object": st.sampled_from(["https://m.example/users/ann", ORIGIN]) | JSON,
    },
)
BODIES = st.binary(max_size=200) | NEARLY.map(lambda value: json.dumps(value).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["signature", "signature-input", "digest", "date", "content-digest"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
    | st.sampled_from(
        [
            'keyId="https://m.example/users/ann#main-key",headers="date",signature="YQ=="',
            'sig1=("@method" "@target-uri" "content-digest");created=1;keyid="https://m.example/k"',
            "sig1=:YQ==:",
            "SHA-256=YQ==",
        ]
    ),
    max_size=4,
)


@given(body=BODIES, headers=HEADERS, media=st.sampled_from([ACTIVITY_JSON, "text/plain", ";"]))
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_bytes_arrive_are_refused_by_name_and_never_stored(
    scene: Scene, body: bytes, headers: dict[str, str], media: str
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await scene.door.client.post(
        "/inbox",
        content=body,
        headers={"content-type": media.encode()} | encoded,  # type: ignore[arg-type]
    )
    # 202 is for strangers who delete themselves; a fault of ours would be 503
    assert answer.status_code in (202, 400, 401, 404)
    assert await receipts() == []
    assert scene.fetches() == 0 or answer.status_code == 401
