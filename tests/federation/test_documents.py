from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import addressing, strict_json
from federation.documents import (
    id_of,
    ids_of,
    kind_of,
    link_of,
    many,
    one,
    read_activity,
    read_actor,
    read_object,
    text_of,
    time_of,
    uri_of,
    uris_of,
)
from federation.errors import FederationError, Malformed
from federation.vocabulary import ACTOR_TYPES, PUBLIC

WIRE = Path(__file__).resolve().parents[2] / "../shared/wire"

ANN = "https://m.example/users/ann"
BOB = "https://l.example/u/bob"
EVE = "https://evil.example/u/eve"
WELDERS = "https://groups.example/groups/welders"
NOTE = f"{ANN}/statuses/1"

junk: list[Any] = [None, 7, True, "", "1", "admin", [], {}, [[]], [None], {"id": 7}, "acct:ann@m"]


def create(**changes: Any) -> dict[str, Any]:
    return {"id": f"{NOTE}/activity", "type": "Create", "actor": ANN, "object": note()} | changes


def note(**changes: Any) -> dict[str, Any]:
    return {"id": NOTE, "type": "Note", "attributedTo": ANN, "content": "<p>hi</p>"} | changes


def person(**changes: Any) -> dict[str, Any]:
    key = {"id": f"{ANN}#main-key", "owner": ANN, "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nM"}
    return {
        "id": ANN,
        "type": "Person",
        "preferredUsername": "ann",
        "inbox": f"{ANN}/inbox",
        "publicKey": key,
    } | changes


# One or many


@pytest.mark.parametrize(
    ("value", "everything"),
    [(None, []), ([], []), ("a", ["a"]), (["a", None, "b"], ["a", "b"]), ({}, [{}]), (0, [0])],
)
def test_one_value_and_many_are_read_alike(value: Any, everything: list[Any]) -> None:
    assert many(value) == everything
    assert one(value) == (everything[0] if everything else None)


def test_an_id_is_a_string_or_the_id_of_an_object() -> None:
    assert id_of("as:Public") == id_of({"id": "as:Public"}) == id_of(["as:Public"]) == "as:Public"
    assert ids_of(["a", {"id": "b"}, {}, 7, None]) == ["a", "b"]
    assert uris_of(["as:Public", {"id": "HTTPS://M.Example/users/ann"}, EVE]) == [ANN, EVE]


@pytest.mark.parametrize("value", junk)
def test_junk_has_no_uri(value: Any) -> None:
    assert uri_of(value) == ""
    assert link_of(value) == ""


def test_a_type_is_one_short_string() -> None:
    assert kind_of({"type": "Note"}) == kind_of({"type": ["Note"]}) == "Note"
    for several in (["Note", "Page"], [], None, {}, 7, "x" * 100):
        assert kind_of({"type": several}) == ""
    assert kind_of("Note") == ""


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"name": "Torches"}, "Torches"),
        ({"name": ["Torches", "Brenner"]}, "Torches"),
        ({"nameMap": {"de": "Brenner"}}, "Brenner"),
        ({"nameMap": {"de": "Brenner", "en": "Torches"}, "language": "en"}, "Torches"),
        ({"nameMap": {"de": "Brenner", "en": "Torches"}}, "Brenner"),
        ({"name": {"en": "Torches"}}, "Torches"),
        ({"name": {"@value": "Torches", "@language": "en"}}, "Torches"),
        ({"name": {"@language": "en", "@value": "Torches"}}, "Torches"),
        ({"name": None, "nameMap": {"de": None, "en": "Torches"}}, "Torches"),
        ({"name": 7, "nameMap": [1]}, ""),
        ({"name": {"en": 7}}, ""),
        ({}, ""),
    ],
)
def test_a_text_may_be_given_by_language(document: dict[str, Any], text: str) -> None:
    assert text_of(document, "name") == text


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-02T10:00:05Z", 1_767_348_005_000),
        ("2026-01-02T10:00:05z", 1_767_348_005_000),
        ("2026-01-02T10:00:05+00:00", 1_767_348_005_000),
        ("2026-01-02T12:00:05+02:00", 1_767_348_005_000),
        ("2026-01-02T10:00:05", 1_767_348_005_000),
        ("2026-01-02 10:00:05", 1_767_348_005_000),
        ("2026-01-02T10:00:05.123456789Z", 1_767_348_005_123),
        ("2026-01-02T10:00:05.5Z", 1_767_348_005_500),
        ("10000-01-02T10:00:05Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00+02:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("yesterday", None),
        ("2026-01-02T10:00:05Z" + " " * 100, None),
        (1_767_348_005, None),
        (["2026-01-02T10:00:05Z"], None),
        (None, None),
    ],
)
def test_times_are_read_in_every_spelling_of_the_wire(text: Any, ms: int | None) -> None:
    assert time_of(text) == ms


# Activities


def test_an_activity_says_who_did_what_to_which_object() -> None:
    doc = read_activity(create(target={"id": WELDERS, "type": "Collection"}))
    assert (doc.id, doc.kind, doc.actor) == (f"{NOTE}/activity", "Create", ANN)
    assert (doc.object_id, doc.object_kind, doc.inner) == (NOTE, "Note", note())
    assert doc.target == WELDERS


def test_an_object_may_be_named_by_its_id_alone() -> None:
    doc = read_activity(create(type="Like", object="https://M.example:443/users/ann/statuses/1"))
    assert (doc.object_id, doc.object_kind, doc.inner) == (NOTE, "", None)


def test_a_list_of_one_object_is_that_object() -> None:
    doc = read_activity(create(object=[note()]))
    assert doc.object_id == NOTE
    assert doc.inner == doc.object == note()


def test_several_objects_are_left_to_the_verb() -> None:
    doc = read_activity(create(type="Flag", object=[ANN, note(), None]))
    assert (doc.object_id, doc.object_kind, doc.inner) == ("", "", None)
    assert ids_of(doc.object) == [ANN, NOTE]


@pytest.mark.parametrize("value", [None, [], {}, "tag:old,2011:1", {"type": "Follow"}])
def test_an_object_without_an_id_has_none(value: Any) -> None:
    assert read_activity(create(object=value)).object_id == ""


@pytest.mark.parametrize("actor", [{"id": ANN, "type": "Person"}, [ANN], [ANN, f"{ANN}/2"]])
def test_an_actor_may_be_embedded_or_listed(actor: Any) -> None:
    assert read_activity(create(actor=actor)).actor == ANN


@pytest.mark.parametrize("value", [*junk, "http://", ["x"]])
@pytest.mark.parametrize("key", ["id", "actor"])
def test_an_activity_without_id_or_actor_is_refused(key: str, value: Any) -> None:
    with pytest.raises(Malformed):
        read_activity(create(**{key: value}))


@pytest.mark.parametrize("kind", [None, 7, {}, [], ["Create", "Delete"], "x" * 5_000, ""])
def test_an_activity_of_no_single_type_is_refused(kind: Any) -> None:
    with pytest.raises(Malformed):
        read_activity(create(type=kind))


@pytest.mark.parametrize("value", [7, True, 1.5, [7]])
def test_an_object_that_is_a_number_is_refused(value: Any) -> None:
    with pytest.raises(Malformed):
        read_activity(create(object=value))


def test_actors_on_several_hosts_are_refused() -> None:
    with pytest.raises(Malformed):
        read_activity(create(actor=[ANN, EVE]))
    with pytest.raises(Malformed):
        read_activity(create(actor=[ANN, "junk"]))


def test_an_activity_on_another_host_than_its_actor_is_refused() -> None:
    with pytest.raises(Malformed):
        read_activity(create(actor=EVE))
    with pytest.raises(Malformed):
        read_activity(create(id="https://m.example:8443/1"))


def test_the_document_is_kept_as_it_came() -> None:
    document = create(unknown={"b": 1, "a": 2})
    assert read_activity(document).document is document


# Anything at all

KEYS = """
id type actor object target to cc audience attributedTo inReplyTo name nameMap content contentMap
summary source mediaType url href published updated language sensitive attachment tag context
interactionPolicy canAnnounce automaticApproval always icon inbox endpoints sharedInbox outbox
followers moderators featured movedTo alsoKnownAs publicKey owner publicKeyPem assertionMethod
controller publicKeyMultibase webfinger preferredUsername identifier @value
"""
WORDS = "as:Public Create Note Group Person Mention Multikey en 2026-01-02T10:00:05Z https://"

keys = st.sampled_from(KEYS.split())
words = st.sampled_from([*WORDS.split(), ANN, NOTE, EVE, WELDERS, PUBLIC, "", "-----BEGIN "])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
documents = st.builds(
    lambda start, rest: start | rest,
    st.sampled_from([{}, create(), note(), person()]),
    st.dictionaries(keys, values, max_size=8),
)


@given(documents)
@settings(deadline=None, max_examples=400)
def test_no_document_brings_out_anything_but_a_refusal(document: dict[str, Any]) -> None:
    for reader in (read_activity, read_object, read_actor):
        try:
            doc = reader(document)
        except FederationError:
            continue
        assert doc.id.startswith("http")
        assert doc.document is document
    inner = document.get("object")
    addressing.visibility(document)
    addressing.named(document, inner if isinstance(inner, dict) else None)


@given(documents)
@settings(deadline=None, max_examples=200)
def test_every_actor_that_is_read_lives_on_one_host(document: dict[str, Any]) -> None:
    try:
        doc = read_actor(document)
    except FederationError:
        return
    host = "/".join(doc.id.split("/")[:3])
    owned = (doc.inbox, doc.shared_inbox, doc.outbox, doc.followers, doc.moderators, doc.featured)
    for uri in (*owned, *(key.id for key in doc.keys)):
        assert uri == "" or uri.split("/")[2] == host.split("/")[2]


# What other servers really sent


def recorded(*under: str) -> list[Path]:
    return sorted(path for name in under for path in (WIRE / name).rglob("*.json"))


def read_recorded(path: Path) -> str:
    try:
        raw = path.read_bytes().replace(b'"SCRUBBED_ID"', b'"https://kbin.test/f/1"')
        document = strict_json.loads(raw)
    except FederationError:
        return "refused"
    kind = kind_of(document)
    reader = (
        read_actor if kind in ACTOR_TYPES else read_activity if "actor" in document else read_object
    )
    try:
        reader(document)
    except FederationError:
        return "refused"
    return "read"


@pytest.mark.wire
@pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded documents are not here")
def test_no_recorded_document_brings_out_anything_but_a_refusal() -> None:
    for path in recorded("."):
        read_recorded(path)


@pytest.mark.wire
@pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded documents are not here")
@pytest.mark.parametrize(
    "under",
    [
        "lemmy/activities",
        "lemmy/objects",
        "mastodon/activities",
        "mastodon/objects",
        "mbin/activities",
        "mbin/snapshots",
        "discourse/integration",
        "discourse/objects",
        "friendica/activities",
        "friendica/objects",
        "peertube/activities",
        "peertube/objects",
        "pleroma/activities",
        "pleroma/objects",
        "smithereen/activities",
        "smithereen/objects",
        "mobilizon/objects",
        "nodebb/objects",
        "wordpress/activities",
        "wordpress/objects",
    ],
)
def test_what_the_known_peers_really_send_is_read(under: str) -> None:
    paths = recorded(under)
    assert paths
    assert [path.name for path in paths if read_recorded(path) != "read"] == []
