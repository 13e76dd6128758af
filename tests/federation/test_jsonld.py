from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld as pyld

from federation import addressing, jsonld
from federation.documents import read_activity, read_actor, read_object
from federation.errors import FederationError, Malformed
from federation.vocabulary import AS2, SECURITY
from stopwatch import is_quicker

CONTEXTS = sorted(Path(jsonld.__file__).parent.glob("contexts/*.jsonld"))
ANN = "https://m.example/users/ann"
NOTE = f"{ANN}/statuses/1"
WELDERS = "https://groups.example/groups/welders"


def plainly(document: dict[str, Any]) -> dict[str, Any]:
    """The document with our plain keys in place of its own."""
    return dict(pyld.compact(jsonld.expand(document), jsonld.PLAIN, jsonld._OPTIONS))


def create(context: Any = AS2, **changes: Any) -> dict[str, Any]:
    return {
        "@context": context,
        "id": f"{NOTE}/activity",
        "type": "Create",
        "actor": ANN,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "object": {"id": NOTE, "type": "Note", "attributedTo": ANN, "content": "hi"},
    } | changes


def test_a_plain_document_stays_what_it_is() -> None:
    doc = read_activity(plainly(create()))
    assert (doc.id, doc.kind, doc.actor, doc.object_id) == (
        f"{NOTE}/activity",
        "Create",
        ANN,
        NOTE,
    )
    assert addressing.visibility(doc.document) == "public"


def test_a_document_in_expanded_spelling_is_read_after_all() -> None:
    spelt = {
        "@context": {"as": f"{AS2}#"},
        "@id": NOTE,
        "@type": "as:Note",
        "as:attributedTo": {"@id": ANN},
        "as:content": "hi",
        "https://www.w3.org/ns/activitystreams#audience": {"@id": WELDERS},
    }
    with pytest.raises(Malformed):
        read_object(spelt)
    doc = read_object(plainly(spelt))
    assert (doc.id, doc.kind, doc.attributed_to, doc.content) == (NOTE, "Note", ANN, "hi")
    assert addressing.named({}, doc.document) == [WELDERS]


def test_the_terms_of_the_known_peers_get_their_plain_keys() -> None:
    document = {
        "@context": [AS2, SECURITY, {"t": "http://joinmastodon.org/ns#", "l": "https://join-lemmy.org/ns#"}],
        "id": WELDERS,
        "type": "Group",
        "t:featured": {"id": f"{WELDERS}/featured"},
        "l:moderators": {"id": f"{WELDERS}/moderators"},
        "publicKey": {
            "id": f"{WELDERS}#main-key",
            "owner": WELDERS,
            "publicKeyPem": "-----BEGIN PUBLIC KEY-----",
        },
    }  # fmt: skip
    doc = read_actor(plainly(document))
    assert (doc.featured, doc.moderators) == (f"{WELDERS}/featured", f"{WELDERS}/moderators")
    assert [key.id for key in doc.keys] == [f"{WELDERS}#main-key"]


@pytest.mark.parametrize(
    "context",
    [
        "https://evil.example/ctx",
        [AS2, "https://evil.example/ctx"],
        [AS2, {"x": {"@id": "as:x", "@context": "https://evil.example/ctx"}}],
        [AS2, {"@import": "https://evil.example/ctx"}],
        [AS2, "https://evil.example/litepub-0.1.jsonld"],
        [AS2, "//evil.example/contexts"],
        ["https://evil.example/ctx"] * 20,
        [[AS2, "https://evil.example/ctx"]],
        7,
    ],
)
def test_a_context_that_is_not_pinned_is_refused_and_not_fetched(context: Any) -> None:
    def look() -> None:
        with pytest.raises(Malformed) as refusal:
            plainly(create(context))
        assert "explain every key" not in str(refusal.value)  # it was not even looked at

    assert is_quicker(1.0, look)


def test_a_context_deep_inside_is_refused_too() -> None:
    inner = {"@context": "https://evil.example/ctx", "id": NOTE, "type": "Note"}
    with pytest.raises(Malformed):
        plainly(create(object={"type": "Like", "object": [inner]}))


@pytest.mark.parametrize(
    "inline",
    [
        {"actor": "https://evil.example/#y", "object": "as:actor"},
        {"object": {"@id": "as:actor", "@type": "@id"}},
        {"id": "as:url"},
        {"type": None},
        {"publicKey": "sec:owner"},
        {"as": "https://evil.example/#"},
        {"as": {"@id": "https://evil.example/#"}},
        {"@vocab": "https://evil.example/#"},
        {"@base": "https://evil.example/"},
        {"@propagate": False},
        {"x": {"@reverse": "as:actor"}},
        {"x": "@graph"},
        {"x": {"@id": "@included"}},
        {"x": {"@id": "as:x", "@protected": True}},
    ],
)
def test_no_document_gives_the_words_of_authority_another_meaning(inline: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        plainly(create([AS2, inline]))


@pytest.mark.parametrize(
    "inline",
    [
        {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive", "@language": "und"},
        {"toot": "http://joinmastodon.org/ns#", "featured": {"@id": "toot:featured"}},
        {"id": "@id", "type": "@type"},
        {"focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}},
    ],
)
def test_what_peers_really_define_inline_is_taken(inline: dict[str, Any]) -> None:
    context = [AS2, {"toot": "http://joinmastodon.org/ns#"}, inline]
    assert read_activity(plainly(create(context))).actor == ANN


@pytest.mark.parametrize(
    "context",
    [
        "https://pleroma.example/schemas/litepub-0.1.jsonld",
        "https://mbin.example/contexts",
        "http://www.w3.org/ns/activitystreams",
        "https://join-lemmy.org/context.json",
        "https://w3id.org/security/data-integrity/v1",
    ],
)
def test_the_contexts_of_the_known_peers_are_here(context: str) -> None:
    assert read_activity(plainly(create([AS2, context]))).object_id == NOTE


@pytest.mark.parametrize("key", ["@graph", "@included", "@reverse"])
def test_graphs_are_not_read(key: str) -> None:
    with pytest.raises(Malformed):
        plainly(create(**{key: [{"id": NOTE}]}))
    with pytest.raises(Malformed):
        plainly(create(object={key: {"id": NOTE}}))


def test_the_document_that_came_is_left_as_it_was() -> None:
    document = create([AS2, "https://mbin.example/contexts"])
    before = json.dumps(document)
    plainly(document)
    assert json.dumps(document) == before


@pytest.mark.parametrize("path", CONTEXTS, ids=lambda path: path.stem)
def test_every_context_of_ours_can_be_used_beside_activitystreams(path: Path) -> None:
    url = next(url for url, name in jsonld._OURS.items() if name == path.stem)
    assert read_activity(plainly(create([AS2, url]))).object_id == NOTE


def test_every_context_that_is_named_is_there() -> None:
    assert {path.stem for path in CONTEXTS} == set(jsonld._OURS.values())


KEYS = """
@context @id @type @value @language @list @set @index @json @nest @none id type actor object to tag
content contentMap name items published url publicKey proof as:actor
"""

words = st.sampled_from([AS2, ANN, NOTE, "Note", "as:Public", "", "@id", "2026-01-02", "_:b0"])
keys = st.sampled_from(KEYS.split())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(keys, values, max_size=5), st.booleans())
@settings(deadline=None, max_examples=300)
def test_no_document_brings_out_anything_but_a_refusal(
    document: dict[str, Any], with_context: bool
) -> None:
    try:
        found = jsonld.expand({"@context": AS2} | document if with_context else document)
    except FederationError:
        return
    assert isinstance(found, list)
