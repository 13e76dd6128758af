from __future__ import annotations

from typing import Any

import pytest

from federation import limits
from federation.documents import ActorDoc, KeyDoc, read_actor
from federation.errors import Malformed
from federation.vocabulary import ACTIVITY_TYPES, ACTOR_TYPES, POST_TYPES

ANN = "https://m.example/users/ann"
BOB = "https://l.example/u/bob"
EVE = "https://evil.example/u/eve"

junk: list[Any] = [None, 7, True, "", "1", "admin", [], {}, [[]], [None], {"id": 7}, "acct:ann@m"]


def person(**changes: Any) -> dict[str, Any]:
    key = {"id": f"{ANN}#main-key", "owner": ANN, "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nM"}
    return {
        "id": ANN,
        "type": "Person",
        "preferredUsername": "ann",
        "inbox": f"{ANN}/inbox",
        "publicKey": key,
    } | changes


def read_ann(**changes: Any) -> ActorDoc:
    return read_actor(person(**changes))


def test_a_mastodon_person_is_read() -> None:
    doc = read_ann(
        name="Ann",
        summary="<p>welds</p>",
        url="https://m.example/@ann",
        icon={"type": "Image", "url": "https://m.example/ann.png"},
        endpoints={"sharedInbox": "https://m.example/inbox"},
        outbox=f"{ANN}/outbox",
        followers=f"{ANN}/followers",
        featured=f"{ANN}/featured",
        published="2026-01-02T00:00:00Z",
        alsoKnownAs=[EVE, "junk"],
        movedTo=BOB,
        suspended=True,
        webfinger="ann@m.example",
    )
    assert (doc.id, doc.kind, doc.username, doc.name) == (ANN, "Person", "ann", "Ann")
    assert (doc.inbox, doc.shared_inbox) == (f"{ANN}/inbox", "https://m.example/inbox")
    assert (doc.outbox, doc.followers) == (f"{ANN}/outbox", f"{ANN}/followers")
    assert (doc.url, doc.icon_url) == ("https://m.example/@ann", "https://m.example/ann.png")
    assert (doc.also_known_as, doc.moved_to, doc.suspended) == ((EVE,), BOB, True)
    assert (doc.featured, doc.webfinger) == (f"{ANN}/featured", "ann@m.example")
    assert [key.id for key in doc.keys] == [f"{ANN}#main-key"]


@pytest.mark.parametrize(
    "value",
    [
        *junk,
        "javascript:alert(1)",
        "https://evil.example/inbox",
        "https://groups.example/inbox",
        "https://127.0.0.1/inbox",
        "https://m.example:8443/inbox",
        "https://m.example@evil.example/inbox",
        [f"{ANN}/inbox"],
        {"id": "https://evil.example/inbox"},
    ],
)
def test_an_inbox_that_is_not_on_the_host_of_its_actor_is_none(value: Any) -> None:
    doc = read_ann(
        inbox=value,
        outbox=value,
        followers=value,
        featured=value,
        endpoints={"sharedInbox": value},
    )
    assert {doc.inbox, doc.outbox, doc.followers, doc.featured, doc.shared_inbox} == {""}


@pytest.mark.parametrize("endpoints", [None, [], "https://m.example/inbox", {}, 7])
def test_odd_endpoints_have_no_shared_inbox(endpoints: Any) -> None:
    assert read_ann(endpoints=endpoints).shared_inbox == ""


@pytest.mark.parametrize("kind", ["Note", "Collection", "Tombstone", "", None, ["Person", "Group"]])
def test_what_is_no_actor_is_refused(kind: Any) -> None:
    with pytest.raises(Malformed):
        read_ann(type=kind)


@pytest.mark.parametrize("id", junk)
def test_an_actor_without_an_id_is_refused(id: Any) -> None:
    with pytest.raises(Malformed):
        read_ann(id=id)


@pytest.mark.parametrize(
    ("changes", "moderators"),
    [
        ({"attributedTo": f"{ANN}/moderators"}, f"{ANN}/moderators"),
        ({"moderators": f"{ANN}/mods", "attributedTo": f"{ANN}/moderators"}, f"{ANN}/mods"),
        ({"attributedTo": [{"type": "Person", "id": f"{ANN}/owner"}]}, ""),
        ({"attributedTo": "https://evil.example/moderators"}, ""),
        ({"attributedTo": f"{ANN}/moderators", "type": "Person"}, ""),
    ],
)
def test_a_group_names_its_moderators_as_lemmy_does(
    changes: dict[str, Any], moderators: str
) -> None:
    assert read_actor(person(type="Group") | changes).moderators == moderators


def test_the_largest_icon_of_a_peertube_actor_is_taken() -> None:
    icons = [{"url": "https://m.example/48.jpg"}, {"url": "https://m.example/120.jpg"}, {}]
    assert read_ann(icon=icons).icon_url == "https://m.example/120.jpg"


@pytest.mark.parametrize(
    "key",
    [
        {"owner": EVE},
        {"owner": None},
        {"id": "https://evil.example/key"},
        {"id": None},
        {"publicKeyPem": None},
        {"publicKeyPem": "ssh-rsa AAAA"},
        {"publicKeyPem": "-----BEGIN PUBLIC KEY-----" + "A" * 20_000},
    ],
)
def test_a_key_that_is_not_the_actors_own_is_left_out(key: dict[str, Any]) -> None:
    assert read_ann(publicKey=person()["publicKey"] | key).keys == ()


@pytest.mark.parametrize("key", junk)
def test_a_key_that_is_none_is_left_out(key: Any) -> None:
    assert read_ann(publicKey=key, assertionMethod=key).keys == ()


def test_an_ed25519_key_is_read_beside_the_rsa_key() -> None:
    multikey = {
        "id": f"{ANN}#ed25519-key",
        "type": "Multikey",
        "controller": ANN,
        "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQXJPt4swbTQ2",
    }
    doc = read_ann(
        assertionMethod=[
            multikey,
            multikey | {"controller": EVE},
            multikey | {"publicKeyMultibase": "zDnaP256"},
            multikey | {"type": "JsonWebKey"},
            f"{ANN}#by-id",
        ]
    )
    assert [key.algorithm for key in doc.keys] == ["rsa", "ed25519"]
    assert doc.keys[1] == KeyDoc(
        f"{ANN}#ed25519-key", ANN, "ed25519", multikey["publicKeyMultibase"]
    )


def test_keys_and_aliases_are_bounded() -> None:
    doc = read_ann(publicKey=[person()["publicKey"]] * 100, alsoKnownAs=[BOB] * 1_000)
    assert len(doc.keys) == limits.KEYS_PER_ACTOR
    assert len(doc.also_known_as) == limits.ALIASES


@pytest.mark.parametrize("name", ["", "a b", "a@b", "<b>", "a/b", "x" * 5_000, "a\nb", 7, None])
def test_a_username_that_no_handle_can_carry_is_none(name: Any) -> None:
    assert read_ann(preferredUsername=name).username == ""


def test_the_vocabularies_do_not_overlap() -> None:
    assert not ACTOR_TYPES & POST_TYPES | ACTOR_TYPES & ACTIVITY_TYPES


@pytest.mark.parametrize(
    ("before", "found"),
    [(limits.MULTIKEYS - 2, 1), (limits.MULTIKEYS - 1, 1), (limits.MULTIKEYS, 0)],
)
def test_only_so_many_multikeys_are_looked_at(before: int, found: int) -> None:
    multikey = {
        "id": f"{ANN}#ed25519-key",
        "type": "Multikey",
        "controller": ANN,
        "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQXJPt4swbTQ2",
    }
    doc = read_ann(assertionMethod=[*[f"{ANN}#by-id"] * before, multikey])
    assert len([key for key in doc.keys if key.algorithm == "ed25519"]) == found
