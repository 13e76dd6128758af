"""One namespace for people and groups: what every peer can find, and nothing that we need."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenery
from federation.errors import Malformed
from federation.uris import Uris
from fedigroups.accounts.names import RESERVED, check_free, check_name
from fedigroups.store import Store

URIS = Uris("https://groups.example")


@pytest.mark.parametrize("name", ["welders", "w", "w2", "a_b", "0", "x" * 63])
def test_a_good_name_is_given_as_it_is(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Welders",
        "wéld",
        "a-b",
        "a.b",
        "_a",
        "a_",
        "a b",
        "a\n",
        "x" * 64,
        "оlga",
        "a@b",
        "../x",
    ],
)
def test_a_name_that_some_peer_would_not_find_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(Malformed, match="for example 'welders'"):
        check_name(name)


@pytest.mark.parametrize("name", ["admin", "inbox", "activities", "moderation", "nobody"])
def test_a_name_that_means_something_here_is_reserved(name: str) -> None:
    assert name in RESERVED
    with pytest.raises(Malformed, match="reserved"):
        check_name(name)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=70))
def test_whatever_is_let_through_makes_the_same_url_and_handle_everywhere(name: str) -> None:
    try:
        check_name(name)
    except Malformed:
        return
    assert name == name.lower()
    assert name.isascii()
    local = URIS.parse(URIS.group(name))
    assert local is not None
    assert (local.kind, local.name) == ("group", name)


@pytest.mark.anyio
@pytest.mark.parametrize("state", ["live", "gone"])
async def test_a_name_is_never_given_twice_even_after_its_first_owner_left(
    database: Store, state: str
) -> None:
    await scenery.person("olga@groups.example", state=state)
    await scenery.group("welders")
    await scenery.person("vic@h.example")
    for name in ("olga", "welders"):
        with pytest.raises(Malformed, match="taken"):
            await check_free(name, URIS)
    await check_free("vic", URIS)
