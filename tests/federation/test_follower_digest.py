"""The digest of followers and its header: the FEP's vector, and whatever strangers send."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import follower_digest
from federation.follower_digest import EMPTY, Synchronization, read

VECTOR = Path(__file__).resolve().parents[2] / "../shared/wire/vectors/fep-8fcf/digest.json"
GROUP = "https://groups.example/groups/welders"
SAID = Synchronization(f"{GROUP}/followers", f"{GROUP}/followers_synchronization", "5e" * 32)

uris = st.text(min_size=1, max_size=40)


# quirk 95
@pytest.mark.wire
def test_the_digest_is_that_of_the_fep() -> None:
    if not VECTOR.is_file():
        pytest.skip("the recorded vector of FEP-8fcf is not beside this checkout")
    vector = json.loads(VECTOR.read_text())
    assert follower_digest.of(vector["followers"]) == vector["digest"]
    assert follower_digest.of(reversed(vector["followers"])) == vector["digest"]


def test_the_digest_of_one_is_their_hash_and_of_nobody_is_zero() -> None:
    ann = "https://m.example/users/ann"
    assert follower_digest.of([ann]) == hashlib.sha256(ann.encode()).hexdigest()
    assert follower_digest.of([]) == EMPTY == "0" * 64


@given(uris, st.sets(uris))
def test_coming_and_going_leaves_the_digest_as_it_was(one: str, others: set[str]) -> None:
    before = follower_digest.of(others)
    assert follower_digest.toggled(follower_digest.toggled(before, one), one) == before
    assert follower_digest.toggled(before, one) == follower_digest.of(others ^ {one})
    assert len(before) == 64


def test_what_we_write_we_read() -> None:
    assert read(SAID.header()) == SAID


@pytest.mark.parametrize(
    "value",
    [
        f'collectionId="{SAID.collection}",url="{SAID.url}",digest="{SAID.digest}"',
        f'url="{SAID.url}" , digest="{SAID.digest.upper()}", collectionId="{SAID.collection}"',
        f'digest="{SAID.digest}", collectionid="{SAID.collection}", url="{SAID.url}", more="x"',
    ],
)
def test_peers_may_write_it_in_any_order_and_spacing(value: str) -> None:
    assert read(value) == SAID


@pytest.mark.parametrize(
    "value",
    [
        "",
        SAID.digest,
        f'collectionId="{SAID.collection}", url="{SAID.url}"',
        f'collectionId="{SAID.collection}", digest="{SAID.digest}"',
        f'url="{SAID.url}", digest="{SAID.digest}"',
        SAID.header().replace("5e5e", "5e", 1),
        SAID.header().replace("5e5e", "zzzz", 1),
        SAID.header() + ', digest="' + "0" * 64 + '"',
        SAID.header() + ", and more",
        SAID.header() + ', more="' + "x" * 5_000 + '"',
        SAID.header().replace('"', "'"),
    ],
)
def test_what_is_no_such_header_says_nothing(value: str) -> None:
    assert read(value) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text)
    read(SAID.header() + text)
