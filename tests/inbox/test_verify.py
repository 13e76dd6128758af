from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from federation import clock, digests, storage, strict_json
from federation.documents import read_activity
from federation.errors import BadSignature, Blocked, Malformed, OutOfTime, Unreachable
from federation.signatures import SignedRequest
from fedigroups.store import Store
from inbox.pressure import Pressure
from inbox.verify import Sender, Verifier
from neighbour import Neighbour, instance, rsa, rsa_key
from network import Network
from senders import ORIGIN, Body, Person, as_bytes, cavage

pytestmark = pytest.mark.anyio


@dataclass
class Court:
    """Our verifier, the people whom it judges, and the network in which it may ask."""

    network: Network
    verifier: Verifier
    ann: Person
    eve: Person

    async def verify(
        self, document: dict[str, Any], headers: dict[str, str], body: Body | None = None
    ) -> Sender:
        sent = as_bytes(document if body is None else body)
        fields = [(name.lower(), value) for name, value in headers.items()]
        request = SignedRequest("POST", "/inbox", fields, sent, ORIGIN)
        return await self.verifier.verify(request, read_activity(document))

    def fetches(self) -> int:
        return len(self.network.requests("GET"))


@pytest.fixture
async def court(database: Store) -> AsyncIterator[Court]:
    network = Network()
    wire = await instance(network)
    ann = Person(Neighbour.on(network, "m.example"), "ann")
    eve = Person(Neighbour.on(network, "evil.example"), "eve")
    yield Court(network, Verifier(wire, Pressure()), ann, eve)
    await wire.close()


async def everything() -> list[list[dict[str, Any]]]:
    tables = ("receipt", "activity", "stream")
    return [await storage.rows(f"SELECT * FROM {table}") for table in tables]


@pytest.mark.parametrize("form", ["cavage", "rfc9421"])
async def test_ann_who_signs_is_ann(court: Court, form: Any) -> None:
    follow = court.ann.follow()
    sender = await court.verify(follow, court.ann.sign(follow, form=form))
    assert sender == Sender(court.ann.uri, proven=True)
    assert court.fetches() == 1


async def test_a_key_that_is_known_is_not_asked_for_again(court: Court) -> None:
    for number in range(3):
        follow = court.ann.follow(number)
        await court.verify(follow, court.ann.sign(follow))
    assert court.fetches() == 1


async def test_eve_with_her_own_key_is_not_ann_and_nobody_is_asked(court: Court) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature, match="on another host"):
        await court.verify(follow, court.eve.sign(follow))
    assert court.fetches() == 0


async def test_eve_who_names_the_key_of_ann_is_not_ann(court: Court) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature):
        await court.verify(follow, court.eve.sign(follow, key_id=court.ann.key_id))


async def test_a_neighbour_on_the_same_host_is_not_ann(court: Court) -> None:
    ben = Person(court.ann.home, "ben")
    follow = court.ann.follow()
    with pytest.raises(BadSignature, match="ben"):
        await court.verify(follow, ben.sign(follow))


async def test_a_junk_signature_beside_a_good_one_of_another_proves_nothing(court: Court) -> None:
    follow = court.ann.follow()
    eve, ann = court.eve.sign(follow, form="rfc9421"), court.ann.sign(follow, form="rfc9421")
    junk = eve["Signature"].replace("sig1=", "sig2=")
    both = eve | {
        "Signature-Input": ", ".join(
            [eve["Signature-Input"], ann["Signature-Input"].replace("sig1=", "sig2=")]
        ),
        "Signature": ", ".join([eve["Signature"], junk]),
    }
    with pytest.raises(BadSignature):
        await court.verify(follow, both)


async def test_of_two_good_signatures_that_of_the_actor_counts(court: Court) -> None:
    note = {"id": f"{court.ann.uri}/posts/1", "type": "Note"}
    create = court.ann.act("Create", note)
    eve, ann = court.eve.sign(create, form="rfc9421"), court.ann.sign(create, form="rfc9421")
    both = {
        name: f"{eve[name]}, {ann[name].replace('sig1=', 'sig2=')}"
        for name in ("Signature-Input", "Signature")
    }
    assert await court.verify(create, eve | both) == Sender(court.ann.uri, proven=True)
    assert await court.verify(create, eve) == Sender(court.eve.uri, proven=False)


async def test_an_older_signature_counts_when_the_newer_one_is_junk(court: Court) -> None:
    follow = court.ann.follow()
    good = court.ann.sign(follow)
    headers = {"Signature-Input": "junk", **good}
    await court.verify(follow, headers)


@pytest.mark.parametrize(
    "covered",
    [
        ("date",),
        ("(request-target)", "host", "date"),
        ("(request-target)", "date", "digest"),
        ("host", "date", "digest"),
        ("(request-target)", "host", "digest"),
    ],
)
async def test_a_signature_must_cover_what_it_is_used_for(
    court: Court, covered: tuple[str, ...]
) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature, match="must cover"):
        await court.verify(follow, cavage(court.ann, follow, covered))


@pytest.mark.parametrize(
    "parameters", ['algorithm="none",', 'algorithm="hmac-sha256",', 'algorithm="rsa-sha1",']
)
async def test_other_algorithms_are_refused(court: Court, parameters: str) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature):
        await court.verify(follow, cavage(court.ann, follow, parameters=parameters))


async def test_hs2019_with_an_rsa_key_and_no_algorithm_are_taken(court: Court) -> None:
    for number, parameters in enumerate(['algorithm="hs2019",', ""]):
        follow = court.ann.follow(number)
        await court.verify(follow, cavage(court.ann, follow, parameters=parameters))


async def test_another_body_than_the_signed_one_is_refused(court: Court) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature):
        await court.verify(follow, court.ann.sign(follow), as_bytes(follow) + b" ")


@pytest.mark.parametrize("digest", ["", "MD5=abc=", "SHA-512=abc="])
async def test_a_digest_is_sha_256_and_there(court: Court, digest: str) -> None:
    follow = court.ann.follow()
    with pytest.raises((BadSignature, Malformed)):
        await court.verify(follow, cavage(court.ann, follow, digest=digest))


@pytest.mark.parametrize(
    "key_id",
    ["acct:ann@m.example", "did:key:z6Mk", "file:///etc/passwd", "data:,x", f"{ORIGIN}/users/olga"],
)
async def test_a_key_that_is_no_url_or_ours_is_never_asked_for(court: Court, key_id: str) -> None:
    follow = court.ann.follow()
    with pytest.raises(BadSignature):
        await court.verify(follow, court.ann.sign(follow, key_id=key_id))
    assert court.fetches() == 0


async def test_a_key_on_a_blocked_host_is_refused_before_anybody_is_asked(court: Court) -> None:
    await court.verifier._wire.peers.block("evil.example")
    follow = court.ann.follow()
    with pytest.raises(Blocked):
        await court.verify(follow, court.eve.sign(follow))
    assert court.fetches() == 0


# quirk 81
async def test_a_new_key_is_fetched_once_and_the_old_one_is_no_longer_good(court: Court) -> None:
    first, second, third = (court.ann.follow(number) for number in range(3))
    await court.verify(first, court.ann.sign(first))
    old = court.ann.key
    court.ann.key = rsa("ann's new key")
    court.ann.serve()
    await court.verify(second, court.ann.sign(second))
    assert court.fetches() == 2
    court.ann.key = old
    with pytest.raises(BadSignature):
        await court.verify(third, court.ann.sign(third))
    assert court.fetches() == 2


async def test_a_flood_of_bad_signatures_causes_one_question(court: Court) -> None:
    follow = court.ann.follow()
    await court.verify(follow, court.ann.sign(follow))
    forged = court.eve.sign(follow, key_id=court.ann.key_id)
    for _ in range(50):
        with pytest.raises(BadSignature):
            await court.verify(follow, forged)
    assert court.fetches() == 2


async def test_made_up_keys_of_a_host_cause_few_questions(court: Court) -> None:
    follow = court.ann.follow()
    for _ in range(20):
        with pytest.raises(BadSignature):
            await court.verify(
                follow, court.eve.sign(follow, key_id="https://m.example/users/none#main-key")
            )
    assert court.fetches() == 1


@pytest.mark.parametrize("trouble", [500, 503, 429, httpx.ConnectTimeout("no answer")])
async def test_a_host_that_does_not_answer_is_waited_for(
    court: Court, trouble: int | Exception
) -> None:
    court.network.fail("m.example", trouble)
    follow = court.ann.follow()
    with pytest.raises(Unreachable):
        await court.verify(follow, court.ann.sign(follow))


async def test_a_host_that_does_not_answer_about_a_new_key_is_waited_for(court: Court) -> None:
    first, second = court.ann.follow(1), court.ann.follow(2)
    await court.verify(first, court.ann.sign(first))
    court.ann.key = rsa("ann's new key")
    court.network.fail("m.example", 502)
    with pytest.raises(Unreachable):
        await court.verify(second, court.ann.sign(second))


async def test_a_key_of_somebody_elses_is_refused(court: Court) -> None:
    court.ann.serve(publicKey=rsa_key("https://m.example/users/ben", court.ann.key))
    follow = court.ann.follow()
    with pytest.raises(BadSignature):
        await court.verify(follow, court.ann.sign(follow))


async def test_a_nonce_is_good_for_one_request(court: Court) -> None:
    follow = court.ann.follow()
    headers = court.ann.sign(follow, form="rfc9421")
    headers_with = dict(headers)
    headers_with["Signature-Input"] += ';nonce="once"'
    with pytest.raises(BadSignature):  # the nonce is part of what must be signed
        await court.verify(follow, headers_with)
    await court.verify(follow, headers)


async def test_verifying_writes_nothing_but_whom_the_directory_met(court: Court) -> None:
    before = await everything()
    follow = court.ann.follow()
    await court.verify(follow, court.ann.sign(follow))
    with pytest.raises(BadSignature):
        await court.verify(follow, court.eve.sign(follow))
    assert await everything() == before


@pytest.mark.parametrize("kind", ["Delete", "Update"])
async def test_a_stranger_who_speaks_of_itself_is_moot_and_nobody_is_asked(
    court: Court, kind: str
) -> None:
    assert await court.verifier.is_moot(read_activity(court.ann.act(kind, court.ann.uri)))
    embedded = court.ann.act(kind, {"id": court.ann.uri, "type": "Person"})
    assert await court.verifier.is_moot(read_activity(embedded))
    assert court.fetches() == 0


async def test_what_a_stranger_says_of_anything_else_is_not_moot(court: Court) -> None:
    for activity in (
        court.ann.act("Delete", f"{court.ann.uri}/posts/1"),
        court.ann.act("Delete", court.eve.uri),
        court.ann.act("Follow", court.ann.uri),
    ):
        assert not await court.verifier.is_moot(read_activity(activity))


async def test_what_somebody_known_says_of_itself_is_not_moot_until_it_is_gone(
    court: Court,
) -> None:
    farewell = read_activity(court.ann.act("Delete", court.ann.uri))
    directory = court.verifier._wire.directory
    await directory.actor(court.ann.uri)
    assert not await court.verifier.is_moot(farewell)
    await directory.bury(court.ann.uri)
    assert await court.verifier.is_moot(farewell)


async def known_without_key(court: Court) -> None:
    """Ann is known, and her key is not: it was refused or is kept apart."""
    await court.verifier._wire.directory.actor(court.ann.uri)
    await storage.execute("DELETE FROM key WHERE uri = ?", court.ann.key_id)


async def test_a_farewell_whose_key_is_gone_is_believed_when_the_origin_says_410(
    court: Court,
) -> None:
    await known_without_key(court)
    farewell = court.ann.act("Delete", court.ann.uri)
    court.ann.home.answer("/users/ann", 410)
    await court.verify(farewell, court.ann.sign(farewell))


@pytest.mark.parametrize("status", [404, 500, 200])
async def test_a_farewell_that_nobody_confirms_is_not_believed(court: Court, status: int) -> None:
    await known_without_key(court)
    farewell = court.ann.act("Delete", court.ann.uri)
    if status == 200:
        court.ann.serve(publicKey=None)
    else:
        court.ann.home.answer("/users/ann", status)
    with pytest.raises((BadSignature, Unreachable)):
        await court.verify(farewell, court.ann.sign(farewell))


async def test_a_farewell_that_eve_forged_kills_nobody_and_asks_once(court: Court) -> None:
    await court.verifier._wire.directory.actor(court.ann.uri)
    farewell = court.ann.act("Delete", court.ann.uri)
    for _ in range(20):
        with pytest.raises(BadSignature):
            await court.verify(farewell, court.eve.sign(farewell))
    known = await court.verifier._wire.directory.known(court.ann.uri)
    assert known is not None
    assert known.state == "live"
    assert court.fetches() == 2


async def test_a_key_behind_too_many_questions_is_not_had(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.FETCHES_PER_PROOF", 0)
    follow = court.ann.follow()
    with pytest.raises(BadSignature, match="cannot be had"):
        await court.verify(follow, court.ann.sign(follow))
    assert court.fetches() == 0


async def test_an_hour_is_the_most_that_clocks_may_differ(court: Court) -> None:
    now = clock.now_ms()
    follow = court.ann.follow()
    with clock.held(now - 59 * clock.MINUTE):
        early = court.ann.sign(follow)
    with clock.held(now - 2 * clock.HOUR):
        too_early = court.ann.sign(follow)
    await court.verify(follow, early)
    with pytest.raises(BadSignature):
        await court.verify(follow, too_early)


async def test_odd_white_space_and_escapes_are_verified_as_they_are(court: Court) -> None:
    raw = b' {"\\u0069d" : "https://m.example/users/ann/1",\n\t"type":"Like", "actor":'
    raw += b'"https://m.example/users/ann","object":"https://groups.example/x"}  '
    document = strict_json.loads(raw)
    await court.verify(document, court.ann.sign(raw), raw)


HOURS_OFF = 13 * clock.HOUR


async def send(court: Court, person: Person, number: int, off: int = 0) -> None:
    """They send by their clock, ours is off by so many ms."""
    follow = person.follow(number)
    signed = person.sign(follow)
    with clock.held(clock.now_ms() + off):
        await court.verify(follow, signed)


async def test_one_host_that_is_hours_off_has_a_wrong_clock(court: Court) -> None:
    await send(court, court.ann, 1)
    for number in (2, 3):
        with pytest.raises(OutOfTime):
            await send(court, court.ann, number, HOURS_OFF)


@pytest.mark.parametrize("off", [HOURS_OFF, -HOURS_OFF])
async def test_when_several_hosts_are_off_by_the_same_our_clock_is_wrong(
    court: Court, off: int
) -> None:
    for person in (court.ann, court.eve):
        await send(court, person, 1)
    with pytest.raises(OutOfTime):
        await send(court, court.ann, 2, off)
    stranger = Person(Neighbour.on(court.network, "l.example"), "bob")
    for person in (court.eve, court.ann, stranger):
        with pytest.raises(Unreachable, match="clock seems to be wrong by 46"):
            await send(court, person, 3, off)
    await send(court, court.ann, 4)


async def test_hosts_that_are_off_by_different_times_repeat_what_is_old(court: Court) -> None:
    for person in (court.ann, court.eve):
        await send(court, person, 1)
    for person, off in ((court.ann, HOURS_OFF), (court.eve, 2 * HOURS_OFF)):
        with pytest.raises(OutOfTime):
            await send(court, person, 2, off)


async def test_while_somebody_is_in_time_our_clock_is_right(court: Court) -> None:
    bob = Person(Neighbour.on(court.network, "l.example"), "bob")
    for person in (court.ann, court.eve, bob):
        await send(court, person, 1)
    for number in (2, 3):
        for person in (court.ann, court.eve):
            with pytest.raises(OutOfTime):
                await send(court, person, number, HOURS_OFF)
            await send(court, bob, number)


async def test_what_is_not_proven_says_nothing_of_our_clock(court: Court) -> None:
    for person in (court.ann, court.eve):
        await send(court, person, 1)
    for person in (court.ann, court.eve):
        follow = person.follow(2)
        signed = person.sign(person.follow(3)) | {"Digest": digests.digest(as_bytes(follow))}
        with clock.held(clock.now_ms() + HOURS_OFF), pytest.raises(BadSignature):
            await court.verify(follow, signed)
    with pytest.raises(OutOfTime):
        await send(court, court.ann, 4, HOURS_OFF)
