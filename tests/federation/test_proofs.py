"""Integrity proofs in documents: FEP-8b32 with eddsa-jcs-2022."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import clock, multikey, proofs
from federation.keys import PublicKey, load_public, public_text
from neighbour import ed25519, rsa

AS2 = "https://www.w3.org/ns/activitystreams"
DI = "https://w3id.org/security/data-integrity/v2"
VIC = "https://h.example/users/vic"
KEY_ID = f"{VIC}#ed25519-key"
VECTORS = Path(__file__).resolve().parents[2] / "../shared/wire/vectors"
Json = dict[str, Any]


def vic() -> PublicKey:
    return load_public(KEY_ID, VIC, "ed25519", public_text(ed25519("vic").public_key()))


def note(**more: Any) -> Json:
    return {
        "@context": [AS2, DI],
        "id": "https://h.example/activities/1",
        "type": "Create",
        "actor": VIC,
        "object": {
            "id": "https://h.example/objects/1",
            "type": "Note",
            "attributedTo": VIC,
            "content": "Schweißen: 20 €\u2028 \U0001f525",
            "location": {"longitude": -71.184902, "latitude": 25.0, "accuracy": 1e-7},
        },
    } | more


def proven(document: Json, *, hidden: Json | None = None, **given: Any) -> Json:
    """The document with a proof by vic; `hidden` is signed in the configuration and not written."""
    config = {
        "@context": document.get("@context"),
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "created": "2026-09-21T14:13:20Z",
    } | given
    config = {name: value for name, value in config.items() if value is not None}
    covered = hashlib.sha256(rfc8785.dumps(document)).digest()
    message = hashlib.sha256(rfc8785.dumps(config | (hidden or {}))).digest() + covered
    value = multikey.encode(ed25519("vic").sign(message))
    return document | {"proof": config | {"proofValue": value}}


def test_a_proof_verifies_with_its_key() -> None:
    # quirk 84
    document = proven(note())
    assert proofs.key_id(document) == KEY_ID
    assert proofs.verify(document, vic())


def test_verifying_leaves_the_document_as_it_is() -> None:
    document = proven(note())
    before = copy.deepcopy(document)
    proofs.verify(document, vic())
    assert document == before


def test_a_document_that_travelled_as_json_still_verifies() -> None:
    sent = json.dumps(proven(note()), indent=1, sort_keys=True)
    assert proofs.verify(json.loads(sent), vic())


def test_a_linked_data_signature_beside_the_proof_is_left_out() -> None:
    document = proven(note()) | {"signature": {"type": "RsaSignature2017"}}
    assert proofs.verify(document, vic())


def test_a_list_of_one_proof_is_one_proof() -> None:
    document = proven(note())
    listed = document | {"proof": [document["proof"]]}
    assert proofs.verify(listed, vic())
    assert proofs.key_id(listed) == KEY_ID


def test_nothing_is_chosen_out_of_several_proofs() -> None:
    document = proven(note())
    several = document | {"proof": [document["proof"], document["proof"]]}
    assert not proofs.verify(several, vic())
    assert proofs.key_id(several) == ""


def test_fedify_signs_the_context_without_writing_it_in_the_proof() -> None:
    document = note()
    hidden = {"@context": document["@context"]}
    proof_without = proven(document, hidden=hidden, **{"@context": None})
    assert "@context" not in proof_without["proof"]
    assert proofs.verify(proof_without, vic())


def test_a_proof_without_a_context_verifies() -> None:
    assert proofs.verify(proven(note(), **{"@context": None}), vic())
    bare = {name: value for name, value in note().items() if name != "@context"}
    assert proofs.verify(proven(bare), vic())


def test_a_context_may_be_added_behind_the_signed_one() -> None:
    # As vc-di-eddsa has it: the proof's context is the beginning of the document's.
    document = proven(note())
    longer = document | {"@context": [AS2, DI, "https://w3id.org/security/v1"]}
    assert proofs.verify(longer, vic())


@pytest.mark.parametrize("context", [[AS2], [DI, AS2], AS2, None, [], ["x", AS2, DI], {}])
def test_another_context_is_refused(context: Any) -> None:
    assert not proofs.verify(proven(note()) | {"@context": context}, vic())


CHANGES: list[Callable[[Json], Any]] = [
    lambda d: d.update(actor="https://evil.example/users/eve"),
    lambda d: d.update(type="Delete"),
    lambda d: d.update(extra=1),
    lambda d: d.pop("id"),
    lambda d: d["object"].update(content="other"),
    lambda d: d["object"]["location"].update(longitude=-71.184903),
    lambda d: d["object"].update(tag=[]),
    lambda d: d["proof"].update(created="2026-09-21T14:13:21Z"),
    lambda d: d["proof"].update(proofPurpose="authentication"),
    lambda d: d["proof"].update(cryptosuite="eddsa-rdfc-2022"),
    lambda d: d["proof"].update(type="Ed25519Signature2020"),
    lambda d: d["proof"].update(verificationMethod="https://evil.example/users/eve#key"),
    lambda d: d["proof"].update(verificationMethod={"id": KEY_ID}),
    lambda d: d["proof"].update(domain="x"),
    lambda d: d["proof"].update(proofValue="z"),
    lambda d: d["proof"].update(proofValue="z1"),
    lambda d: d["proof"].update(proofValue="u" + d["proof"]["proofValue"][1:]),
    lambda d: d["proof"].update(proofValue=d["proof"]["proofValue"] + "1"),
    lambda d: d["proof"].update(proofValue=d["proof"]["proofValue"][:-1]),
    lambda d: d["proof"].update(proofValue="z" + "9" * 100_000),
    lambda d: d["proof"].update(proofValue=7),
    lambda d: d["proof"].update(expires="2020-01-01T00:00:00Z"),
    lambda d: d["proof"].pop("proofValue"),
    lambda d: d["proof"].pop("verificationMethod"),
    lambda d: d.pop("proof"),
    lambda d: d.update(proof=None),
    lambda d: d.update(proof="x"),
    lambda d: d.update(proof=[]),
    lambda d: d.update(big=2**60),
    lambda d: d.update(inf=float("inf")),
    lambda d: d.update(lone="\ud800"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_document_or_proof_is_refused(change: Callable[[Json], Any]) -> None:
    document = proven(note())
    change(document)
    assert not proofs.verify(document, vic())


def test_a_proof_of_another_key_is_refused() -> None:
    document = proven(note())
    eve = PublicKey(KEY_ID, VIC, "ed25519", ed25519("eve").public_key())
    assert not proofs.verify(document, eve)


def test_a_key_of_another_id_or_kind_is_refused() -> None:
    # quirk 84
    document = proven(note())
    key = ed25519("vic").public_key()
    other = PublicKey("https://evil.example/users/eve#key", VIC, "ed25519", key)
    assert not proofs.verify(document, other)
    assert not proofs.verify(document, PublicKey(KEY_ID, VIC, "rsa", rsa("vic").public_key()))


@pytest.mark.parametrize(
    ("expires", "good"),
    [
        ("2026-09-21T15:00:00Z", True),
        ("2026-09-21T15:00:00", True),
        ("2026-09-21T14:00:00Z", False),
        ("2026-09-21T16:00:00+02:00", False),
        ("soon", False),
        (7, False),
    ],
)
def test_a_proof_is_good_until_it_expires(expires: Any, good: bool) -> None:
    document = proven(note(), expires=expires)
    with clock.held(1_790_000_000_000):
        assert proofs.verify(document, vic()) is good


@pytest.mark.parametrize("proof", [None, "x", [], {}, {"type": "DataIntegrityProof"}, [1, 2], 7])
def test_without_a_proof_that_we_know_there_is_no_key_id(proof: Any) -> None:
    assert proofs.key_id({"proof": proof}) == ""
    assert proofs.key_id({}) == ""


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
@settings(deadline=None, max_examples=60)
def test_whatever_a_document_holds_its_proof_survives_json(value: Any) -> None:
    document = proven(note(extra=value))
    assert proofs.verify(json.loads(json.dumps(document)), vic())


@given(VALUES)
@settings(deadline=None, max_examples=100)
def test_no_proof_makes_more_than_a_no(value: Any) -> None:
    assert not proofs.verify(note(proof=value), vic())
    document = proven(note())
    for name in document["proof"]:
        spoiled = document | {"proof": document["proof"] | {name: value}}
        assert not proofs.verify(spoiled, vic())


# The recorded vectors


def _read(name: str) -> str:
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the recorded vectors are not here")
    return path.read_text()


@pytest.mark.wire
def test_the_vector_of_fep_8b32_verifies() -> None:
    feature = _read("fep-8b32.feature")
    texts = feature.split('"""')[1::2]
    signed = [document for text in texts if "proof" in (document := json.loads(text))]
    (actor,) = [d for text in texts if "assertionMethod" in (d := json.loads(text))]
    method = actor["assertionMethod"][0]
    key = load_public(method["id"], actor["id"], "ed25519", method["publicKeyMultibase"])
    assert len(signed) == 2
    for document in signed:
        assert proofs.key_id(document) == key.uri
        assert proofs.verify(document, key)
        assert not proofs.verify(document | {"actor": VIC}, key)


@pytest.mark.wire
def test_the_vector_of_vc_di_eddsa_verifies() -> None:
    document = json.loads(_read("vc-di-eddsa/eddsa-jcs-2022/signedJCS.json"))
    material = json.loads(_read("vc-di-eddsa/keyPair.json"))["publicKeyMultibase"]
    uri = proofs.key_id(document)
    key = load_public(uri, uri.partition("#")[0], "ed25519", material)
    assert proofs.verify(document, key)
    assert not proofs.verify(document | {"name": "x"}, key)


@pytest.mark.wire
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_rfc8785_are_canonical(name: str) -> None:
    value = json.loads(_read(f"jcs-rfc8785/input/{name}.json"))
    assert rfc8785.dumps(value).decode() == _read(f"jcs-rfc8785/output/{name}.json")
