from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.uris import COLLECTIONS, Local, Uris

URIS = Uris("https://groups.example")
WELDERS = URIS.group("welders")
OLGA = URIS.person("olga")


def test_the_shapes_of_our_urls_are_kept_for_ever() -> None:
    assert WELDERS == "https://groups.example/groups/welders"
    assert OLGA == "https://groups.example/users/olga"
    assert URIS.instance_actor == "https://groups.example/actor"
    assert URIS.moderation_actor == "https://groups.example/moderation"
    assert URIS.shared_inbox == "https://groups.example/inbox"
    assert URIS.inbox(WELDERS) == f"{WELDERS}/inbox"
    assert URIS.thread(WELDERS, 5) == f"{WELDERS}/threads/5"
    assert URIS.post("olga", 5) == f"{OLGA}/posts/5"
    assert URIS.post_page("olga", 5) == "https://groups.example/@olga/5"
    assert URIS.activity(5) == "https://groups.example/activities/5"
    assert URIS.handle("welders") == "welders@groups.example"


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_that_is_minted_is_parsed_again(collection: str) -> None:
    uri = getattr(URIS, collection)(WELDERS)
    assert uri == f"{WELDERS}/{collection}"
    assert URIS.parse(uri) == Local("collection", "welders", collection, WELDERS)


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        (WELDERS, Local("group", "welders", "", WELDERS)),
        (OLGA, Local("person", "olga", "", OLGA)),
        (URIS.post("olga", 5), Local("post", "olga", "5", OLGA)),
        (URIS.post_page("olga", 5), Local("post", "olga", "5", "")),
        (URIS.thread(WELDERS, 5), Local("thread", "welders", "5", WELDERS)),
        (URIS.activity(5), Local("activity", "", "5", "")),
        (URIS.instance_actor, Local("instance", "", "", URIS.instance_actor)),
        (URIS.moderation_actor, Local("moderation", "", "", URIS.moderation_actor)),
        (URIS.shared_inbox, Local("shared_inbox")),
        (URIS.inbox(WELDERS), Local("inbox", "welders", "", WELDERS)),
        (URIS.inbox(OLGA), Local("inbox", "olga", "", OLGA)),
        (URIS.inbox(URIS.moderation_actor), Local("inbox", "", "", URIS.moderation_actor)),
        ("HTTPS://Groups.Example:443/groups/welders", Local("group", "welders", "", WELDERS)),
    ],
)
def test_what_is_minted_is_parsed_again(uri: str, local: Local) -> None:
    assert URIS.parse(uri) == local


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/groups/welders",
        "https://groups.example.evil.example/groups/welders",
        "https://groups.example@evil.example/groups/welders",
        "http://groups.example/groups/welders",
        "https://groups.example",
        "https://groups.example/",
        f"{WELDERS}/",
        f"{WELDERS}#main-key",
        f"{WELDERS}?page=1",
        f"{WELDERS}/../tinkers",
        f"{WELDERS}/likes",
        "https://groups.example/groups/",
        "https://groups.example/groups/Welders",
        f"https://groups.example/groups/{'w' * 65}",
        "not a url",
        "",
    ],
)
def test_what_we_did_not_mint_names_nothing(uri: str) -> None:
    assert URIS.parse(uri) is None


def test_a_url_is_local_by_its_origin_alone() -> None:
    assert URIS.is_local("https://GROUPS.example:443/whatever?x=1#y")
    assert not URIS.is_local("http://groups.example/groups/welders")
    assert not URIS.is_local("https://groups.example@evil.example/groups/welders")
    assert not URIS.is_local("groups.example")


def test_a_boost_has_the_same_id_on_every_retry_and_another_for_every_group_and_object() -> None:
    first = URIS.boost("welders", "https://m.example/1")
    assert first == URIS.boost("welders", "https://m.example/1")
    assert first not in {
        URIS.boost("tinkers", "https://m.example/1"),
        URIS.boost("welders", "https://m.example/2"),
    }
    assert URIS.parse(first) == Local("activity", "", first.rpartition("/")[2], "")


def test_an_instance_on_another_port_knows_its_own_urls_only() -> None:
    third = Uris("http://127.0.0.1:8003")
    assert third.handle("olga") == "olga@127.0.0.1:8003"
    assert third.parse(third.person("olga")) == Local("person", "olga", "", third.person("olga"))
    assert third.parse("http://127.0.0.1/users/olga") is None


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=200)
def test_no_path_makes_the_parser_fall(path: str) -> None:
    local = URIS.parse(f"https://groups.example/{path}")
    assert local is None or URIS.is_local(f"https://groups.example/{path}")
