"""What leaves has the shapes that peers read: each test names the reader that would choke."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation import clock
from federation.addressing import visibility
from federation.documents import read_activity, time_of
from federation.strict_json import dumps
from federation.vocabulary import AS2, PUBLIC
from outbox import build

GROUP = "https://groups.example/groups/welders"
FOLLOWERS = f"{GROUP}/followers"
OLGA = "https://groups.example/users/olga"
ANN = "https://m.example/users/ann"
NOTE = "https://m.example/users/ann/statuses/1"
URI = "https://groups.example/activities/1"
FOLLOW = {"id": f"{ANN}/follow/1", "type": "Follow", "actor": ANN, "object": GROUP, "x": [1]}


def page(**more: Any) -> dict[str, Any]:
    return {
        "@context": [AS2, {"sensitive": "as:sensitive"}],
        "id": f"{OLGA}/posts/1",
        "type": "Page",
        "attributedTo": OLGA,
        "to": [GROUP, PUBLIC],
        "cc": [FOLLOWERS],
        "audience": GROUP,
        "published": "2026-01-02T10:00:05Z",
    } | more


def everything() -> dict[str, dict[str, Any]]:
    """One of each."""
    inner = json.dumps({"id": f"{NOTE}/create", "type": "Create", "actor": ANN}).encode()
    boost = build.boost(URI, GROUP, FOLLOWERS, NOTE, ANN, 0)
    return {
        "accept": build.accept(URI, GROUP, ANN, FOLLOW),
        "reject": build.reject(URI, GROUP, ANN, FOLLOW),
        "follow": build.follow(URI, OLGA, GROUP),
        "undo": build.undo(URI, boost, cc=[FOLLOWERS]),
        "announce": json.loads(build.announce(URI, GROUP, FOLLOWERS, inner)),
        "boost": boost,
        "create": build.create(URI, page()),
        "update": build.update(URI, page(updated="2026-01-02T11:00:00Z")),
        "delete": build.delete(URI, OLGA, f"{OLGA}/posts/1", GROUP),
        "remove": build.remove(URI, "https://groups.example/moderation", NOTE, GROUP, "spam"),
        "like": build.like(URI, OLGA, NOTE, GROUP, ANN),
        "update_group": build.update_group(URI, GROUP, page(id=GROUP, type="Group"), FOLLOWERS),
        "delete_actor": build.delete_actor(URI, OLGA, f"{OLGA}/followers"),
    }


@pytest.mark.parametrize("name", everything())
def test_each_can_be_read_and_begins_with_the_context_of_activitystreams(name: str) -> None:
    document = everything()[name]
    context = document["@context"]
    assert (context[0] if isinstance(context, list) else context) == AS2
    read = read_activity(document)
    assert (read.id, read.actor) == (URI, document["actor"])
    assert isinstance(document["to"], list)
    assert isinstance(document.get("cc", []), list)


@pytest.mark.parametrize("name", everything())
def test_a_context_stands_at_the_top_alone(name: str) -> None:
    document = everything()[name]
    inner = document["object"]
    if name != "announce" and isinstance(inner, dict):
        assert "@context" not in inner


@pytest.mark.parametrize("shape", [build.accept, build.reject])
def test_piefed_and_mbin_read_the_follow_inside_of_its_answer(shape: Any) -> None:
    document = shape(URI, GROUP, ANN, FOLLOW)
    assert document["object"] == FOLLOW
    assert document["object"] is not FOLLOW
    assert document["to"] == [ANN]
    assert visibility(document) == "direct"


def test_lemmy_takes_a_follow_that_is_addressed_to_its_group_alone() -> None:
    document = build.follow(URI, OLGA, GROUP)
    assert (document["to"], document["object"]) == ([GROUP], GROUP)


def test_an_undo_embeds_what_it_takes_back_and_is_by_the_same_actor() -> None:
    follow = build.follow(f"{OLGA}/follow/1", OLGA, GROUP)
    document = build.undo(URI, follow)
    assert (document["actor"], document["to"]) == (OLGA, [GROUP])
    assert document["object"]["id"] == f"{OLGA}/follow/1"
    assert "cc" not in document


def test_what_is_announced_stays_byte_for_byte_as_it_came() -> None:
    inner = b' {"z": 1.50, "a": "\\u00fc", "id": "x",  "proof": {}}\n'
    body = build.announce(URI, GROUP, FOLLOWERS, inner)
    assert inner.strip() in body
    assert json.loads(body)["object"]["a"] == "ü"


@pytest.mark.parametrize(("unlisted", "seen"), [(False, "public"), (True, "unlisted")])
def test_lemmy_wants_both_to_and_cc_of_an_announce(unlisted: bool, seen: str) -> None:
    wrapped = json.loads(build.announce(URI, GROUP, FOLLOWERS, b"{}", unlisted=unlisted))
    boost = build.boost(URI, GROUP, FOLLOWERS, NOTE, ANN, 0, unlisted=unlisted)
    for document in (wrapped, boost):
        assert visibility(document) == seen
        assert {PUBLIC, FOLLOWERS} <= {*document["to"], *document["cc"]}
    assert wrapped["audience"] == GROUP


def test_the_author_is_told_of_a_boost_by_cc() -> None:
    assert ANN in build.boost(URI, GROUP, FOLLOWERS, NOTE, ANN, 0)["cc"]


@pytest.mark.parametrize("ahead", [-clock.DAY, 0, clock.HOUR])
def test_misskey_drops_a_boost_that_is_older_than_its_post(ahead: int) -> None:
    published = clock.now_ms() + ahead
    document = build.boost(URI, GROUP, FOLLOWERS, NOTE, ANN, published)
    boosted = time_of(document["published"])
    assert boosted is not None
    assert boosted >= published // 1_000 * 1_000
    assert boosted >= clock.now_ms() - 2_000


def test_an_approval_is_named_as_both_readers_of_it_know_it() -> None:
    boost = build.boost(URI, GROUP, FOLLOWERS, NOTE, ANN, 0)
    leave = f"{ANN}/ok/1"
    named = {"approvedBy": leave, "announceAuthorization": leave}
    assert json.loads(build.approved(dumps(boost), leave)) == boost | named


@pytest.mark.parametrize("shape", [build.create, build.update])
def test_an_object_and_what_carries_it_are_addressed_alike(shape: Any) -> None:
    document = shape(URI, page())
    assert (document["to"], document["cc"]) == ([GROUP, PUBLIC], [FOLLOWERS])
    assert document["audience"] == GROUP
    assert document["actor"] == OLGA
    assert document["@context"] == page()["@context"]
    assert document["published"] == "2026-01-02T10:00:05Z"


def test_an_update_is_as_new_as_its_object() -> None:
    document = build.update(URI, page(updated="2026-01-02T11:00:00Z"))
    assert document["published"] == "2026-01-02T11:00:00Z"


def test_what_names_no_audience_is_carried_without_one() -> None:
    bare = {key: value for key, value in page().items() if key != "audience"}
    assert "audience" not in build.create(URI, bare)


def test_an_author_deletes_without_a_summary_and_a_moderator_with_one() -> None:
    own = build.delete(URI, OLGA, f"{OLGA}/posts/1", GROUP)
    assert "summary" not in own
    assert own["object"]["type"] == "Tombstone"
    for reason in ("spam", ""):
        removed = build.remove(URI, "https://groups.example/moderation", NOTE, GROUP, reason)
        assert removed["summary"]
        assert removed["object"] == NOTE
        assert (removed["cc"], removed["audience"]) == ([GROUP], GROUP)


def test_mastodon_takes_a_profile_from_its_own_actor_and_lemmy_from_a_moderator() -> None:
    document = page(id=GROUP, type="Group")
    own = build.update_group(URI, GROUP, document, FOLLOWERS)
    assert (own["actor"], own["cc"]) == (own["object"]["id"], [FOLLOWERS])
    by = build.update_group(URI, "https://groups.example/moderation", document, FOLLOWERS)
    assert by["cc"] == [GROUP]
    assert by["audience"] == own["audience"] == GROUP


def test_a_like_goes_to_the_author_and_the_group() -> None:
    document = build.like(URI, OLGA, NOTE, GROUP, ANN)
    assert (document["to"], document["cc"], document["object"]) == ([ANN], [GROUP], NOTE)


def test_the_end_of_an_actor_is_said_by_that_actor_to_all() -> None:
    document = build.delete_actor(URI, OLGA, f"{OLGA}/followers")
    assert document["object"] == document["actor"] == OLGA
    assert visibility(document) == "public"
