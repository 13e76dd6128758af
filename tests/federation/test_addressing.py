from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import limits
from federation.addressing import Audience, mentions, named, read, visibility
from federation.vocabulary import PUBLIC

WELDERS = "https://groups.example/groups/welders"
ANN = "https://m.example/users/ann"
FOLLOWERS = f"{ANN}/followers"
BOB = "https://l.example/u/bob"

recipients = st.lists(
    st.sampled_from(
        [PUBLIC, "as:Public", "Public", FOLLOWERS, WELDERS, ANN, "junk", None, 7, {"id": BOB}, []]
    ),
    max_size=4,
)
field = recipients | st.sampled_from([None, "Public", WELDERS, "", 7, {}, {"id": WELDERS}])
addressed = st.fixed_dictionaries({}, optional={"to": field, "cc": field, "audience": field})


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public", {"id": PUBLIC}])
def test_public_is_one_thing_in_all_its_spellings(public: Any) -> None:
    assert read({"to": public, "cc": [public, FOLLOWERS]}) == Audience(
        (PUBLIC,), (PUBLIC, FOLLOWERS), ()
    )


@pytest.mark.parametrize("value", [None, [], "", 7, {}, [None, 3, {}, [[]], "junk", "acct:ann@m"]])
def test_what_is_no_recipient_is_left_out(value: Any) -> None:
    assert read({"to": value, "cc": value}) == Audience()


def test_recipients_are_canonical_and_bounded() -> None:
    many = [f"https://m.example/{n}" for n in range(limits.RECIPIENTS + 5)]
    found = read({"to": "HTTPS://Groups.Example:443/groups/welders", "cc": many})
    assert found.to == (WELDERS,)
    assert len(found.cc) == limits.RECIPIENTS


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ({"to": [PUBLIC], "cc": [FOLLOWERS]}, "public"),
        ({"to": "as:Public"}, "public"),
        ({"cc": "Public"}, "unlisted"),
        ({"to": [FOLLOWERS], "cc": [PUBLIC]}, "unlisted"),
        ({"to": [], "cc": [PUBLIC, WELDERS]}, "unlisted"),
        ({"to": [FOLLOWERS, WELDERS]}, "followers"),
        ({"to": [WELDERS], "cc": [FOLLOWERS]}, "followers"),
        ({"to": "https://f.example/followers/ann"}, "followers"),
        ({"to": [WELDERS]}, "direct"),
        ({"to": [], "cc": []}, "direct"),
        ({"to": None, "cc": None}, "direct"),
        ({"audience": PUBLIC}, "direct"),
        ({"to": "https://followers.example/u/x"}, "direct"),
        ({}, "direct"),
    ],
)
def test_who_may_see_a_document(doc: dict[str, Any], expected: str) -> None:
    assert visibility(doc) == expected


def test_of_an_activity_and_its_object_the_narrower_counts() -> None:
    public, followers = {"to": [PUBLIC]}, {"to": [FOLLOWERS]}
    assert visibility(public, followers) == "followers"
    assert visibility(public, {"to": [], "cc": []}) == "direct"
    assert visibility({"cc": [PUBLIC]}, public) == "unlisted"


def test_a_bridge_that_addresses_only_one_of_the_two_is_understood() -> None:
    assert visibility({"to": [PUBLIC]}, {"type": "Note"}) == "public"
    assert visibility({"to": None}, {"to": [PUBLIC]}) == "public"


def test_nothing_said_is_not_public() -> None:
    assert visibility() == "direct"
    assert visibility({}, {}) == "direct"


def test_a_microblog_post_names_the_group_that_it_mentions() -> None:
    note = {"cc": [FOLLOWERS], "tag": {"type": "Mention", "href": WELDERS, "name": "@welders"}}
    assert named({"to": [PUBLIC]}, note) == [FOLLOWERS, WELDERS]


@pytest.mark.parametrize(
    "obj",
    [
        {"audience": WELDERS},
        {"audience": [BOB, WELDERS]},
        {"to": WELDERS},
        {"cc": [{"id": WELDERS, "type": "Group"}]},
        {"target": WELDERS},
        {"target": {"type": "Collection", "id": f"{WELDERS}/wall", "attributedTo": WELDERS}},
        {"tag": [{"type": "Hashtag", "href": BOB}, {"type": "Mention", "href": WELDERS}]},
        {"attributedTo": [{"type": "Person", "id": BOB}, {"type": "Group", "id": WELDERS}]},
    ],
)
def test_wherever_a_peer_puts_the_group_it_is_found(obj: dict[str, Any]) -> None:
    assert WELDERS in named({"type": "Create"}, obj)
    assert WELDERS in named(obj, None)
    assert WELDERS in named(obj, {})


def test_a_person_that_a_post_is_attributed_to_is_not_named_by_it() -> None:
    owners = [BOB, {"type": "Person", "id": ANN}]
    assert named({}, {"attributedTo": owners, "tag": [{"type": "Hashtag", "href": BOB}]}) == []


def test_the_plainest_word_comes_first_and_each_uri_once() -> None:
    activity = {"to": [PUBLIC, BOB], "cc": [WELDERS, BOB]}
    note = {"audience": WELDERS, "to": [FOLLOWERS], "tag": [{"type": "Mention", "href": ANN}]}
    assert named(activity, note) == [WELDERS, BOB, FOLLOWERS, ANN]


def test_mentions_are_unique_canonical_and_bounded() -> None:
    tags: list[Any] = [
        {"type": "Mention", "href": "https://Groups.Example/groups/welders"},
        {"type": "Mention", "href": WELDERS},
        {"type": "Mention", "href": "@welders"},
        {"type": "Mention"},
        {"type": "Hashtag", "href": "https://m.example/tags/tig"},
        "junk",
        None,
    ]
    assert mentions({"tag": tags}) == [WELDERS]
    crowd = [{"type": "Mention", "href": f"https://m.example/{n}"} for n in range(200)]
    assert len(mentions({"tag": crowd})) == limits.MENTIONS


@given(st.lists(addressed, max_size=3))
@settings(deadline=None, max_examples=150)
def test_visibility_does_not_depend_on_the_order_of_documents(docs: list[dict[str, Any]]) -> None:
    assert len({visibility(*order) for order in itertools.permutations(docs)}) == 1


@given(addressed, addressed)
@settings(deadline=None, max_examples=150)
def test_another_document_never_widens_what_one_says(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    order = ["direct", "followers", "unlisted", "public"]
    if one.get("to") is not None or one.get("cc") is not None:
        assert order.index(visibility(one, other)) <= order.index(visibility(one))


@given(addressed, addressed)
@settings(deadline=None, max_examples=150)
def test_everybody_addressed_is_named(activity: dict[str, Any], obj: dict[str, Any]) -> None:
    found = named(activity, obj)
    for audience in (read(activity), read(obj)):
        everybody = {*audience.to, *audience.cc, *audience.audience}
        assert everybody - {PUBLIC} <= set(found)
    assert PUBLIC not in found
    assert len(found) == len(set(found))
