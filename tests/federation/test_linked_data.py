"""Linked Data signatures: which documents are believed, and that no other spelling of them is.

Each attack below leaves the graph as it was, so that its signature verifies for whoever looks at
the graph alone, and makes plain readers read something else.
"""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import jsonld, limits, linked_data
from federation.errors import Malformed
from federation.keys import PublicKey, load_public
from federation.vocabulary import AS2, PUBLIC
from linked import MASTODON, Json, deceives, signed
from neighbour import ed25519, rsa
from stopwatch import is_quicker

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "../shared/wire"
VIC = "https://h.example/users/vic"
KEY_ID = f"{VIC}#main-key"
NOTE = f"{VIC}/statuses/2"
ASKED = "https://m.example/users/ann/statuses/1"
WELDERS = "https://groups.example/groups/welders"


def vic(uri: str = KEY_ID) -> PublicKey:
    return PublicKey(uri, VIC, "rsa", rsa("vic").public_key())


def update(**more: Any) -> Json:
    """An edit as a Mastodon sends it."""
    document = {
        "@context": MASTODON,
        "id": f"{NOTE}#updates/1767348005",
        "type": "Update",
        "actor": VIC,
        "published": "2026-01-02T10:00:05Z",
        "to": [PUBLIC],
        "cc": [f"{VIC}/followers", WELDERS],
        "object": {
            "id": NOTE,
            "type": "Note",
            "summary": None,
            "inReplyTo": ASKED,
            "published": "2026-01-01T10:00:05Z",
            "updated": "2026-01-02T10:00:05Z",
            "url": "https://h.example/@vic/2",
            "attributedTo": VIC,
            "to": [PUBLIC],
            "cc": [f"{VIC}/followers", WELDERS],
            "sensitive": True,
            "atomUri": NOTE,
            "inReplyToAtomUri": ASKED,
            "conversation": "tag:m.example,2026-01-01:objectId=1:objectType=Conversation",
            "content": "<p>Schweißen: 20 €</p>",
            "contentMap": {"de": "<p>Schweißen: 20 €</p>"},
            "attachment": [
                {
                    "type": "Document",
                    "mediaType": "image/png",
                    "url": "https://h.example/rod.png",
                    "name": "A rod",
                    "blurhash": "UAR{#[D",
                    "focalPoint": [-1.0, 0.18],
                    "width": 640,
                }
            ],
            "tag": [
                {"type": "Mention", "href": WELDERS, "name": "@welders@groups.example"},
                {"type": "Hashtag", "href": "https://h.example/tags/mig", "name": "#mig"},
            ],
            "replies": {
                "id": f"{NOTE}/replies",
                "type": "Collection",
                "first": {"type": "CollectionPage", "partOf": f"{NOTE}/replies", "items": []},
            },
            "instrument": NOTE,
        },
    }
    return document | more


def verifies(document: Json, key: PublicKey | None = None) -> bool:
    signature = linked_data.signature_of(document)
    assert signature is not None
    return linked_data.verify(linked_data.covered(document, signature), signature, key or vic())


def by_vic(document: Json) -> Json:
    return signed(document, KEY_ID, "vic")


# What is believed


def test_what_a_mastodon_signs_verifies_with_its_key() -> None:
    document = by_vic(update())
    before = copy.deepcopy(document)
    assert verifies(document)
    assert document == before


def test_a_document_that_travelled_as_json_still_verifies() -> None:
    assert verifies(json.loads(json.dumps(by_vic(update()), indent=2, sort_keys=True)))


def test_friendica_may_use_short_iris_for_keys_of_others() -> None:
    document = update() | {"diaspora:guid": "1", "diaspora:comment": "{}"}
    context = [*MASTODON, {"diaspora": "https://diasporafoundation.org/ns/"}]
    assert verifies(by_vic(document | {"@context": context}))


def test_a_delete_verifies_and_with_another_object_it_does_not() -> None:
    gone = {"id": NOTE, "type": "Tombstone", "atomUri": NOTE}
    document = by_vic(
        {
            "@context": MASTODON,
            "id": f"{NOTE}#delete",
            "type": "Delete",
            "actor": VIC,
            "to": [PUBLIC],
            "object": gone,
        }
    )
    assert verifies(document)
    assert not verifies(document | {"object": gone | {"id": f"{VIC}/statuses/3"}})


def test_the_signing_of_another_key_does_not_verify() -> None:
    document = by_vic(update())
    eve = PublicKey(KEY_ID, VIC, "rsa", rsa("eve").public_key())
    assert not verifies(document, eve)
    assert not verifies(document, vic(f"{VIC}#another-key"))


def test_the_signing_of_a_key_of_another_kind_does_not_verify() -> None:
    document = by_vic(update())
    signature = linked_data.signature_of(document)
    assert signature is not None
    message = linked_data.covered(document, signature)
    other = replace(signature, value=ed25519("vic").sign(message))
    key = PublicKey(KEY_ID, VIC, "ed25519", ed25519("vic").public_key())
    assert key.verify(other.value, message)
    assert not linked_data.verify(message, other, key)


TAMPERED: list[Callable[[Json], Any]] = [
    lambda document: document.update(id=f"{NOTE}#updates/2"),
    lambda document: document.update(type="Create"),
    lambda document: document.update(actor="https://h.example/users/bob"),
    lambda document: document["cc"].pop(),
    lambda document: document["object"].update(content="<p>Free!</p>"),
    lambda document: document["object"].update(inReplyTo=None),
    lambda document: document["object"].update(sensitive=False),
    lambda document: document["object"]["tag"].pop(),
    lambda document: document["object"]["contentMap"].update(de="<p>Frei!</p>"),
    lambda document: document["object"]["attachment"][0]["focalPoint"].reverse(),
    lambda document: document["signature"].update(created="2026-01-02T10:00:06Z"),
    lambda document: document["signature"].update(nonce="1"),
]


@pytest.mark.parametrize("tamper", TAMPERED)
def test_a_changed_document_or_signature_does_not_verify(tamper: Callable[[Json], Any]) -> None:
    document = json.loads(json.dumps(by_vic(update())))
    tamper(document)
    assert not verifies(document)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "Ed25519Signature2020"},
        {"type": ["RsaSignature2017"]},
        {"creator": {"id": KEY_ID}},
        {"created": 5},
        {"signatureValue": None},
        {"signatureValue": "not base64!"},
        {"signatureValue": "AAAA "},
        {"@context": {"creator": "https://evil.example/ns#creator"}},
        {"proofPurpose": "assertionMethod"},
    ],
)
def test_a_signature_of_another_shape_is_none(changed: Json) -> None:
    document = by_vic(update())
    document["signature"] |= changed
    assert linked_data.signature_of(document) is None


def test_a_list_of_signatures_and_one_inside_the_object_are_none() -> None:
    document = by_vic(update())
    inside = update() | {"object": by_vic(update()["object"] | {"@context": MASTODON})}
    assert linked_data.signature_of(document | {"signature": [document["signature"]]}) is None
    assert linked_data.signature_of(inside) is None


# Attacks: the graph is as it was, and plain readers would be deceived


def context(document: Json, *more: Any) -> None:
    document["@context"] = [*document["@context"], *more]


def _renamed_by_a_context(document: Json) -> None:
    document["object"]["answers"] = document["object"].pop("inReplyTo")
    context(document, {"answers": {"@id": "as:inReplyTo", "@type": "@id"}})


def _renamed_to_a_short_iri(document: Json) -> None:
    document["object"]["as:content"] = document["object"].pop("content")


def _renamed_to_a_long_iri(document: Json) -> None:
    document["object"][f"{AS2}#content"] = document["object"].pop("content")


def _a_type_by_its_iri(document: Json) -> None:
    document["object"]["type"] = "as:Note"


def _a_value_by_a_prefix(document: Json) -> None:
    document["object"]["inReplyTo"] = "asked:1"
    context(document, {"asked": ASKED[:-1]})


def _one_value_in_a_list(document: Json) -> None:
    document["object"]["updated"] = [document["object"]["updated"]]


def _a_list_in_a_list(document: Json) -> None:
    document["object"]["cc"] = [document["object"]["cc"]]


def _an_id_as_an_object(document: Json) -> None:
    document["object"]["tag"][0]["href"] = {"id": WELDERS, "name": None, "tag": []}


def _half_of_it_hung_elsewhere(document: Json) -> None:
    note = document["object"]
    note["instrument"] = {"id": NOTE, "updated": note.pop("updated"), "cc": note.pop("cc")}


def _half_of_it_in_a_list(document: Json) -> None:
    note = document["object"]
    document["object"] = [{"id": NOTE, "updated": note.pop("updated")}, note]


def _an_alias_of_id(document: Json) -> None:
    document["object"]["uri"] = document["object"].pop("id")
    context(document, {"uri": "@id"})


def _a_keyword(document: Json) -> None:
    document["object"]["@type"] = document["object"].pop("type")


def _a_graph(document: Json) -> None:
    inside = {name: document.pop(name) for name in list(document) if name[0] not in "@s"}
    document["@graph"] = [inside]


def _included(document: Json) -> None:
    note, document["object"] = document["object"], NOTE
    document["@included"] = [note]


def _reversed(document: Json) -> None:
    note = document.pop("object")
    keep = {name: document.pop(name) for name in list(document) if name[0] not in "@s"}
    document.update(note)
    document["@reverse"] = {"object": keep}


def _nested_by_a_context(document: Json) -> None:
    document["object"]["more"] = {"inReplyTo": document["object"].pop("inReplyTo")}
    context(document, {"more": "@nest"})


def _a_context_of_its_own(document: Json) -> None:
    document["object"]["@context"] = {"text": "as:content"}
    document["object"]["text"] = document["object"].pop("content")


def _a_map_by_an_index(document: Json) -> None:
    document["object"]["tag"] = {"a": document["object"]["tag"]}
    context(document, {"tag": {"@id": "as:tag", "@type": "@id", "@container": "@index"}})


def _a_language_for_all(document: Json) -> None:
    del document["object"]["content"]
    document["object"]["text"] = document["object"].pop("contentMap")["de"]
    document["object"]["content"] = {"@value": "<p>Schweißen: 20 €</p>"}
    context(document, {"text": {"@id": "as:content", "@language": "de"}})


def _a_name_for_nothing(document: Json) -> None:
    document["object"]["removeData"] = True
    context(document, {"removeData": None})


def _a_name_of_others_for_nothing(document: Json) -> None:
    document["object"]["frobnicated"] = True
    context(document, {"frobnicated": None})


def _an_address_that_is_not_signed(document: Json) -> None:
    document["object"]["to"] = [PUBLIC, "Public"]


def _a_word_that_is_not_signed(document: Json) -> None:
    document["object"]["removeData"] = True


def _a_node_without_a_name_named(document: Json) -> None:
    note = document["object"]
    note["attachment"][0]["id"] = "_:rod"


ATTACKS = [found for name, found in sorted(globals().items()) if name[:1] == "_" and name[1] != "_"]
ATTACKS = [found for found in ATTACKS if callable(found)]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.strip("_"))
def test_the_same_graph_in_another_spelling_is_refused(attack: Callable[[Json], None]) -> None:
    document = json.loads(json.dumps(by_vic(update())))
    attack(document)
    assert deceives(document, "vic"), "this would be no attack"
    with pytest.raises(Malformed):
        verifies(document)


def test_a_stranger_context_is_refused_and_not_fetched() -> None:
    document = by_vic(update())
    for context in ("https://evil.example/ctx", {"@import": "https://evil.example/ctx"}):
        with pytest.raises(Malformed):
            verifies(document | {"@context": [*MASTODON, context]})


@pytest.mark.parametrize(
    "context",
    [
        {"actor": "https://evil.example/ns#actor", "person": "as:actor"},
        {"as": "https://evil.example/ns#"},
        {"@vocab": f"{AS2}#"},
        {"@base": "https://evil.example/"},
        {"@propagate": False},
    ],
)
def test_a_context_that_redefines_what_decides_is_refused(context: Any) -> None:
    with pytest.raises(Malformed):
        verifies(by_vic(update()) | {"@context": [*MASTODON, context]})


# Whatever is read is one of the names that are compared


READERS = [
    *(ROOT / "federation" / "documents").glob("*.py"),
    ROOT / "federation" / "addressing.py",
    *(ROOT / "fedigroups" / "groups").rglob("*.py"),
    *(ROOT / "inbox").glob("*.py"),
]
ELSEWHERE = {
    *("assertionMethod", "description"),  # of actors, which are read at their origin alone
    *("@context", "@value"),  # refused or absent where a signature is believed
    *(
        "body",
        "by_id",
        "icon_url",
        "kind",
        "media_type",
        "more_body",
        "newcomer_posts",
        "poll",
        "raw_path",
        "rules",
        "summary_html",
        "text",
        "title",
    ),  # of no document
}


def keys_read() -> set[str]:
    """Every key that something here asks a document for."""
    nodes = (node for path in READERS for node in ast.walk(ast.parse(path.read_text())))
    return {key for node in nodes for key in asked(node)}


def asked(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
    place = {"get": 0, "pop": 0, "text_of": 1}.get(name, len(node.args))
    return [
        arg.value
        for arg in node.args[place : place + 1]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]


def test_every_key_that_is_read_has_a_name_that_is_compared() -> None:
    names = jsonld.plain_names()
    assert keys_read() - names.keys() <= ELSEWHERE
    assert len(keys_read() & names.keys()) > 40


def test_no_two_keys_that_are_read_are_names_of_the_same() -> None:
    names = jsonld.plain_names()
    read = sorted(key for key in keys_read() & names.keys() if not key.endswith("Map"))
    by_iri: dict[str, list[str]] = {}
    for key in read:
        by_iri.setdefault(names[key], []).append(key)
    assert [keys for keys in by_iri.values() if len(keys) > 1] == [["items", "orderedItems"]]


# Bombs


def _alike(count: int, below: int) -> Json:
    return {"attachment": [{"attachment": [{"type": "Note"}] * below} for _ in range(count)]}


def _deep(levels: int) -> Json:
    return {"attachment": [_deep(levels - 1), _deep(levels - 1)]} if levels else {"type": "Note"}


CREDENTIALS = "https://www.w3.org/2018/credentials/v1"
BOMBS: dict[str, Json] = {
    "twelve alike": _alike(2, 12),
    "many fours": _alike(150, 4),
    "a tree": _deep(7),
    "a chain": {"items": [{"orderedItems": ["https://h.example/1"] * 400}]},
    "siblings": {"attachment": [{"type": "Document"}] * 450},
    "typed contexts": {
        "@context": [CREDENTIALS, AS2],
        "attachment": [{"type": "VerifiableCredential"}] * 450,
    },
    "terms": {"@context": [AS2, {f"t{n}": f"t{n + 1}:x" for n in range(900)}]},
    "contexts": {"@context": [AS2] * 900},
    "nodes": {"tag": [{"name": str(number)} for number in range(1_500)]},
    "bytes": {"content": "x" * 900_000},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time(name: str) -> None:
    document = {"@context": AS2, "id": f"{NOTE}/activity", "type": "Create", "actor": VIC}
    signature = linked_data.signature_of(by_vic(document))
    assert signature is not None

    def look() -> None:
        with pytest.raises(Malformed):
            linked_data.covered(document | BOMBS[name], signature)

    assert is_quicker(limits.LINKED_SECONDS, look)  # alone it is 0.5 s at most


def test_an_honest_poll_of_options_that_look_alike_is_no_bomb() -> None:
    replies = {"type": "Collection", "totalItems": 0}
    options = [{"type": "Note", "name": str(n), "replies": replies} for n in range(20)]
    poll = update()["object"] | {"type": "Question", "oneOf": options, "votersCount": 0}
    assert verifies(by_vic(update(object=poll)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "@id", "@type", "@value", "to", "content", "tag", "x", ""]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from(["object", "to", "tag", "contentMap", "id", "type", "@context"]))
def test_whatever_a_document_holds_it_is_refused_or_covered(value: Any, key: str) -> None:
    signature = linked_data.signature_of(by_vic({"@context": AS2, "id": NOTE, "type": "Note"}))
    assert signature is not None
    try:
        message = linked_data.covered(update() | {key: value}, signature)
    except Malformed:
        return
    assert len(message) == 128


# The recorded vectors


def _read(name: str) -> Json:
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the recorded vectors are not here")
    document: Json = json.loads(path.read_text())
    return document


@pytest.mark.wire
@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("mastodon_signed_create", True),
        ("mastodon_signed_delete", True),
        ("mastodon_signed_create_tampered", False),
    ],
)
def test_what_a_mastodon_really_signed_verifies(name: str, good: bool) -> None:
    actor = _read("smithereen/ld-signature/mastodon_actor.json")
    document = _read(f"smithereen/ld-signature/{name}.json")
    said = actor["publicKey"]
    key = load_public(said["id"], said["owner"], "rsa", said["publicKeyPem"])
    assert verifies(document, key) is good


@pytest.mark.wire
@pytest.mark.parametrize(
    "name",
    [
        "friendica/activities/create_note.json",
        "friendica/activities/update_note.json",
        "mastodon/activities/delete.json",
        "pleroma/fixtures/mastodon-create-with-attachment.json",
        "pleroma/fixtures/mastodon-post-activity.json",
        "smithereen/activities/create_note.json",
    ],
)
def test_the_manner_in_which_others_write_is_believed(name: str) -> None:
    document = _read(name)
    signature = linked_data.signature_of(document)
    assert signature is not None
    assert linked_data.covered(document, signature)


@pytest.mark.wire
def test_a_word_that_was_added_to_a_recorded_document_is_found() -> None:
    document = _read("pleroma/fixtures/mastodon-like.json")
    with pytest.raises(Malformed, match="nickname"):
        verifies(document)
