"""Activities that somebody else brings: proven by their actor, hearsay, or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from federation import clock, limits, storage
from federation.documents import ActivityDoc, read_activity
from federation.errors import NotUsable, OverBudget, Unreachable
from federation.vocabulary import PUBLIC
from fedigroups.store import Store
from inbox.pressure import Pressure
from inbox.process import Processor
from inbox.record import digest_of
from inbox.registry import Hearsay, Outcome, Received, Registry, done
from linked import Json, signed
from neighbour import Neighbour, rsa
from network import Network
from senders import Body, Doorstep, Person, doorstep, receipts

pytestmark = pytest.mark.anyio

HOSTS = {"ann": "m.example", "vic": "h.example", "eve": "evil.example"}


@dataclass
class Scene:
    """Vic, whose acts Ann forwards; and Eve, who would like to."""

    network: Network
    door: Doorstep
    ann: Person
    vic: Person
    eve: Person

    async def bring(self, person: Person, document: Body) -> int:
        """What we answer when this person brings that document, signed as a request of theirs."""
        return (await self.door.post(document, person.sign(document))).status_code

    def fetches(self) -> int:
        return len(self.network.requests("GET"))

    def create(self, **more: Any) -> Json:
        note = {"id": f"{self.vic.uri}/posts/1", "type": "Note", "attributedTo": self.vic.uri}
        return self.vic.act("Create", note | {"to": [PUBLIC], "content": "<p>MIG.</p>"} | more)

    def by_vic(self, document: Json) -> Json:
        return signed(document, self.vic.key_id, "vic")


@asynccontextmanager
async def opened(pressure: Pressure | None = None) -> AsyncIterator[Scene]:
    network = Network()
    people = [Person(Neighbour.on(network, host), name) for name, host in HOSTS.items()]
    async with doorstep(network, pressure) as door:
        yield Scene(network, door, *people)


@pytest.fixture
async def scene(database: Store) -> AsyncIterator[Scene]:
    async with opened() as made:
        yield made


# Proven by its actor


async def test_what_its_actor_signed_is_taken_as_if_the_actor_had_sent_it(scene: Scene) -> None:
    document = scene.by_vic(scene.create())
    assert await scene.bring(scene.ann, document) == 202
    (row,) = await receipts()
    assert (row["actor_uri"], row["host"], row["teller"]) == (scene.vic.uri, "h.example", "")
    assert scene.fetches() == 2  # the two keys, each with its owner


async def test_it_is_the_same_whether_forwarded_or_sent(scene: Scene) -> None:
    document = scene.by_vic(scene.create())
    for person in (scene.ann, scene.vic, scene.eve):
        assert await scene.bring(person, document) == 202
    assert len(await receipts()) == 1


async def test_a_fresh_act_of_any_kind_is_proven_by_its_actors_signature(scene: Scene) -> None:
    follow = scene.by_vic(scene.vic.follow())
    assert await scene.bring(scene.ann, follow) == 202
    with clock.held(clock.now_ms() + 2 * clock.HOUR):
        late = signed(scene.vic.follow(2), scene.vic.key_id, "vic", clock.now_ms() - 2 * clock.HOUR)
        assert await scene.bring(scene.ann, late) == 401
    assert len(await receipts()) == 1


async def test_the_request_must_be_signed_whatever_is_in_it(scene: Scene) -> None:
    document = scene.by_vic(scene.create())
    wrong = scene.ann.sign(scene.create(name="another body"))
    posing = scene.eve.sign(document, key_id=scene.ann.key_id)
    for headers in ({}, wrong, posing):
        answer = await scene.door.post(document, headers)
        assert answer.status_code == 401, answer.text
    assert await receipts() == []


async def test_the_host_of_the_actors_key_is_waited_for(scene: Scene) -> None:
    scene.network.fail("h.example", httpx.ConnectTimeout("no answer"))
    assert await scene.bring(scene.ann, scene.by_vic(scene.create())) == 503
    assert await receipts() == []


@pytest.mark.parametrize("state", ["blocked", "suspended"])
async def test_nothing_is_taken_from_whom_nobody_wants(scene: Scene, state: str) -> None:
    if state == "blocked":
        await scene.door.wire.peers.block("evil.example")
    else:
        await scene.door.wire.directory.actor(scene.eve.uri)
        await storage.execute("UPDATE actor SET state = ? WHERE uri = ?", state, scene.eve.uri)
    before = scene.fetches()
    for document in (scene.create(), scene.by_vic(scene.create())):
        assert await scene.bring(scene.eve, document) == 403
    assert await scene.bring(scene.ann, scene.create()) == 202
    assert scene.fetches() <= before + (0 if state == "blocked" else 1) + 1


async def test_an_actor_of_a_blocked_host_is_not_let_in_by_another(scene: Scene) -> None:
    await scene.door.wire.peers.block("h.example")
    assert await scene.bring(scene.ann, scene.by_vic(scene.create())) == 403
    assert scene.fetches() == 0


# Hearsay


async def test_what_nobody_proves_is_kept_as_what_its_teller_said(scene: Scene) -> None:
    vic = scene.vic
    documents = [
        scene.create(),
        scene.by_vic(scene.create()) | {"id": f"{vic.uri}/tampered"},
        vic.act("Update", scene.create()["object"]),
        vic.act("Delete", f"{vic.uri}/posts/1"),
        vic.act("Create", f"{vic.uri}/posts/2", 2),
    ]
    for document in documents:
        assert await scene.bring(scene.ann, document) == 202
    rows = await receipts()
    assert {(row["host"], row["teller"]) for row in rows} == {("m.example", scene.ann.uri)}
    assert {row["actor_uri"] for row in rows} == {scene.vic.uri}
    assert len(rows) == 5


async def test_a_neighbour_on_the_same_host_only_tells_too(scene: Scene) -> None:
    ben = Person(scene.vic.home, "ben")
    assert await scene.bring(ben, scene.create()) == 202
    (row,) = await receipts()
    assert row["teller"] == ben.uri


async def test_a_lie_is_no_duplicate_of_the_truth(scene: Scene) -> None:
    document = scene.create()
    for person in (scene.eve, scene.eve, scene.ann, scene.vic, scene.vic, scene.ann):
        assert await scene.bring(person, document) == 202
    tellers = [row["teller"] for row in await receipts()]
    assert tellers == [scene.eve.uri, scene.ann.uri, ""]


def test_the_digest_of_what_is_proven_stays_what_it_was() -> None:
    """Else everything that arrived before an upgrade could arrive once more."""
    assert digest_of("https://h.example/1", "https://h.example/vic").startswith("a06ee00504ad5fb5")


@pytest.mark.parametrize(
    "verb",
    [
        *("Follow", "Like", "Dislike", "EmojiReact", "Undo", "Accept", "Reject", "Announce"),
        *("Block", "Move", "Flag", "Add", "Remove", "Leave", "Lock"),
    ],
)
async def test_nobodys_word_is_taken_for_anything_else(scene: Scene, verb: str) -> None:
    for object in (f"{scene.vic.uri}/posts/1", {"id": f"{scene.vic.uri}/1", "type": "Note"}):
        assert await scene.bring(scene.ann, scene.vic.act(verb, object)) == 401
    assert await receipts() == []
    assert scene.fetches() == 0


async def test_an_object_that_its_actors_origin_cannot_be_asked_about_is_refused(
    scene: Scene,
) -> None:
    vic, ann = scene.vic, scene.ann
    for document in (
        vic.act("Create", {"id": f"{ann.uri}/posts/1", "type": "Note"}),
        vic.act("Update", f"{ann.uri}/posts/1"),
        vic.act("Delete", f"{ann.uri}/posts/1"),
        vic.act("Delete", "https://groups.example/users/olga/posts/1"),
        vic.act("Create", [f"{vic.uri}/posts/1", f"{vic.uri}/posts/2"]),
        vic.act("Create", {"type": "Note", "content": "nameless"}),
    ):
        assert await scene.bring(ann, document) == 401
    assert scene.fetches() == 0


@pytest.mark.parametrize("verb", ["Delete", "Update"])
async def test_an_account_is_no_hearsay(scene: Scene, verb: str) -> None:
    await scene.door.wire.directory.actor(scene.vic.uri)
    assert await scene.bring(scene.ann, scene.vic.act(verb, scene.vic.uri)) == 401
    embedded = scene.vic.act(verb, {"id": scene.vic.uri, "type": "Person"})
    assert await scene.bring(scene.ann, embedded) == 401
    assert await receipts() == []


async def test_who_brings_too_much_is_slowed_and_not_those_whom_it_names(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.INBOX_PER_MINUTE", 3)
    async with opened() as scene:
        for number in range(3):
            document = scene.create() | {"id": f"{scene.vic.uri}/{number}"}
            assert await scene.bring(scene.eve, document) == 202
        for document in (scene.create(), scene.by_vic(scene.create())):
            assert await scene.bring(scene.eve, document) == 429
            assert await scene.bring(scene.ann, document) == 202


async def test_an_unproven_request_makes_us_ask_a_few_times(scene: Scene) -> None:
    before = len(scene.network.log)
    for number in range(20):
        lie = signed(scene.create(), scene.vic.key_id, "eve") | {"id": f"{scene.vic.uri}/{number}"}
        assert await scene.bring(scene.eve, lie) == 202
    assert len(scene.network.log) - before <= 3  # two keys, and one of them once more


async def test_a_host_whose_claims_came_to_nothing_is_not_checked_for_ever(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.VAIN_CLAIMS_PER_HOST", 2)
    async with opened() as scene:
        lies = [signed(scene.create(), scene.vic.key_id, "eve")]
        lies += [lies[0] | {"id": f"{scene.vic.uri}/{number}"} for number in range(2)]
        for lie in lies:
            assert await scene.bring(scene.eve, lie) == 202
        true = scene.by_vic(scene.create() | {"id": f"{scene.vic.uri}/true"})
        for person in (scene.eve, scene.ann):
            assert await scene.bring(person, true) == 202
        assert [row["teller"] for row in await receipts()] == [scene.eve.uri] * 4 + [""]


# What becomes of hearsay


@dataclass
class Court:
    """What asks origins in the place of the product, and the handlers behind it."""

    heard: list[Hearsay]
    applied: list[Received]
    answer: ActivityDoc | Exception | None = None

    async def attest(self, hearsay: Hearsay) -> ActivityDoc:
        self.heard.append(hearsay)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or hearsay.activity

    async def apply(self, received: Received) -> Outcome:
        self.applied.append(received)
        return done()

    async def process(self, scene: Scene) -> list[tuple[str, str]]:
        """State and reason of all receipts, after all that is due."""
        registry = Registry(self.attest)
        registry.register("Create", self.apply)
        await Processor(scene.door.wire, registry, lambda: None).drain()
        return [(row["state"], row["reason"]) for row in await receipts()]


@pytest.fixture
def court() -> Court:
    return Court([], [])


async def test_a_handler_is_given_what_the_origin_said_and_not_what_was_told(
    scene: Scene, court: Court
) -> None:
    truth = scene.create(content="<p>TIG.</p>")
    court.answer = read_activity(truth)
    await scene.bring(scene.ann, scene.create())
    assert await court.process(scene) == [("done", "")]
    ((heard,), (applied,)) = (court.heard, court.applied)
    assert (heard.teller, heard.activity.document) == (scene.ann.uri, scene.create())
    assert applied.activity.document == truth
    assert b"TIG" in applied.body
    assert b"MIG" not in applied.body
    assert (applied.actor.uri, applied.announcer) == (scene.vic.uri, None)
    assert applied.budget is heard.budget


async def test_what_its_actor_proves_is_not_asked_about(scene: Scene, court: Court) -> None:
    await scene.bring(scene.ann, scene.by_vic(scene.create()))
    assert await court.process(scene) == [("done", "")]
    assert court.heard == []


async def test_what_the_origin_does_not_say_has_no_effect_and_nobody_is_met(
    scene: Scene, court: Court
) -> None:
    court.answer = NotUsable("it is not so")
    await scene.bring(scene.ann, scene.create())
    assert await court.process(scene) == [("ignored", "it is not so")]
    assert court.applied == []
    assert await scene.door.wire.directory.known(scene.vic.uri) is None


async def test_an_origin_that_does_not_answer_is_asked_again(scene: Scene, court: Court) -> None:
    court.answer = Unreachable("not now", retry_after=60.0)
    await scene.bring(scene.ann, scene.create())
    assert await court.process(scene) == [("received", "not now")]
    court.answer = None
    with clock.held(clock.now_ms() + 2 * clock.MINUTE):
        assert await court.process(scene) == [("done", "")]
    assert [hearsay.teller for hearsay in court.heard] == [scene.ann.uri] * 2


async def test_hearsay_has_a_small_budget(scene: Scene, court: Court) -> None:
    await scene.bring(scene.ann, scene.create())
    await court.process(scene)
    (hearsay,) = court.heard
    for _ in range(limits.FETCHES_PER_HEARSAY - 1):  # one was for the actor
        hearsay.budget.spend()
    with pytest.raises(OverBudget):
        hearsay.budget.spend()


async def test_nobody_was_heard_of_whom_others_only_tell(scene: Scene, court: Court) -> None:
    await scene.bring(scene.ann, scene.create())
    await court.process(scene)
    heard = {row["host"]: row["heard_at"] for row in await storage.rows("SELECT * FROM peer")}
    assert heard.get("m.example", 0) > 0
    assert heard.get("h.example", 0) == 0


async def test_without_anything_that_could_ask_hearsay_is_ignored(scene: Scene) -> None:
    await scene.bring(scene.ann, scene.create())
    await Processor(scene.door.wire, Registry(), lambda: None).drain()
    (row,) = await receipts()
    assert row["state"] == "ignored"
    assert "what" in row["reason"]


async def test_a_new_key_of_who_forwards_is_learned_at_the_door(scene: Scene) -> None:
    assert await scene.bring(scene.ann, scene.create()) == 202
    scene.ann.key = rsa("ann's new key")
    scene.ann.serve()
    assert await scene.bring(scene.ann, scene.create() | {"id": f"{scene.vic.uri}/2"}) == 202
