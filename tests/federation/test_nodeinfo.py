"""What software a host runs, what it is sent for that, and what we say we run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest

from federation import __version__, nodeinfo
from federation.errors import Gone, NotUsable, OverBudget, Unreachable
from federation.fetch import Budget, Fetcher
from federation.http import Http
from federation.keys import Keyring
from federation.nodeinfo import Counts, Software
from federation.uris import Uris
from neighbour import CONFIG, Neighbour
from network import Network

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
RECORDED = Path(__file__).resolve().parents[2] / "../shared/wire"


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def fetcher(network: Network) -> Fetcher:
    return Fetcher(Http(network, CONFIG), Keyring(CONFIG.secret), CONFIG, Uris(ORIGIN))


@pytest.fixture
def h(network: Network) -> Neighbour:
    return Neighbour.on(network, "h.example")


def link(version: str, href: Any) -> dict[str, Any]:
    return {"rel": f"{SCHEMA}{version}", "href": href}


# Families


@pytest.mark.parametrize(
    "name",
    [
        "lemmy",
        "piefed",
        "mbin",
        "kbin",
        "nodebb",
        "discourse",
        "friendica",
        "hubzilla",
        "streams",
        "forte",
        "fedigroups",
    ],
)
def test_forums_are_sent_activities(name: str) -> None:
    assert nodeinfo.family_of(name) == "thread"


@pytest.mark.parametrize(
    "name",
    [
        "mastodon",
        "glitch",
        "hometown",
        "misskey",
        "sharkey",
        "firefish",
        "cherrypick",
        "iceshrimp",
        "foundkey",
        "calckey",
        "catodon",
        "pleroma",
        "akkoma",
        "gotosocial",
        "snac",
        "pixelfed",
        "mitra",
        "takahe",
        "honk",
        "wafrn",
        "smithereen",
        "threads",
    ],
)
def test_microblogs_are_sent_boosts(name: str) -> None:
    assert nodeinfo.family_of(name) == "microblog"


@pytest.mark.parametrize("name", ["", "wordpress", "peertube", "mobilizon", "guppe", "lemmy2", "x"])
def test_what_is_not_known_is_unknown(name: str) -> None:
    assert nodeinfo.family_of(name) == "unknown"


def test_the_case_of_a_name_does_not_matter() -> None:
    assert nodeinfo.family_of(" Lemmy ") == "thread"


def test_no_software_is_of_two_families() -> None:
    assert not nodeinfo.THREAD & nodeinfo.MICROBLOG


# What we say


def test_the_index_links_both_versions_and_the_instance_actor() -> None:
    links = {one["rel"]: one["href"] for one in nodeinfo.index(ORIGIN)["links"]}

    assert links == {
        f"{SCHEMA}2.0": f"{ORIGIN}/nodeinfo/2.0",
        f"{SCHEMA}2.1": f"{ORIGIN}/nodeinfo/2.1",
        "https://www.w3.org/ns/activitystreams#Application": f"{ORIGIN}/actor",
    }


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_our_document_has_all_that_the_schema_asks_for(version: Literal["2.0", "2.1"]) -> None:
    counts = Counts(users=7, active_month=3, active_halfyear=5, posts=40, comments=90, groups=2)

    document = nodeinfo.document(
        version, ORIGIN, "Groups", counts, description="A place", open_registrations=True
    )

    assert document["version"] == version
    assert document["protocols"] == ["activitypub"]
    assert document["services"] == {"inbound": [], "outbound": []}
    assert document["openRegistrations"] is True
    assert document["usage"] == {
        "users": {"total": 7, "activeMonth": 3, "activeHalfyear": 5},
        "localPosts": 40,
        "localComments": 90,
    }
    assert document["metadata"] == {
        "nodeName": "Groups",
        "nodeDescription": "A place",
        "groups": 2,
    }
    assert re.fullmatch("[a-z0-9-]+", document["software"]["name"])
    assert document["software"]["version"] == __version__


def test_only_2_1_knows_a_homepage() -> None:
    said = [nodeinfo.document(version, ORIGIN, "Groups", Counts()) for version in ("2.0", "2.1")]

    assert ["homepage" in one["software"] for one in said] == [False, True]


def test_nothing_personal_is_published() -> None:
    text = json.dumps(nodeinfo.document("2.1", ORIGIN, "Groups", Counts()))

    assert not re.search(r"mail|peer|block|python|starlette", text, re.IGNORECASE)


@pytest.mark.wire
def test_our_document_is_as_the_published_schema_wants_it() -> None:
    path = RECORDED / "nodeinfo/nodeinfo_2.0.json"
    if not path.exists():
        pytest.skip("the recorded documents are not here")
    schema = json.loads(path.read_text())

    document = nodeinfo.document("2.0", ORIGIN, "Groups", Counts())

    assert set(document) == set(schema["required"])
    assert set(document["software"]) == set(schema["properties"]["software"]["required"])
    assert set(document["usage"]) <= set(schema["properties"]["usage"]["properties"])


async def test_we_understand_ourselves(network: Network, fetcher: Fetcher) -> None:
    second = Neighbour.on(network, "second.example")
    second.serve("/.well-known/nodeinfo", nodeinfo.index("https://second.example"))
    document = nodeinfo.document("2.1", "https://second.example", "Second", Counts())
    second.serve("/nodeinfo/2.1", document)

    assert await nodeinfo.ask(fetcher, "second.example") == Software("fedigroups", __version__)


# What we ask


async def test_a_host_says_what_it_runs(network: Network, fetcher: Fetcher, h: Neighbour) -> None:
    h.serve_nodeinfo("Lemmy", "0.19.20")

    assert await nodeinfo.ask(fetcher, "h.example") == Software("lemmy", "0.19.20")
    assert len(network.log) == 2


async def test_the_newest_version_that_we_read_is_asked_for(fetcher: Fetcher, h: Neighbour) -> None:
    links = [
        link("9.9", h.url("/9.9")),
        link("1.0", h.url("/1.0")),
        link("2.1", h.url("/x?v=2.1")),
        link("2.0", h.url("/2.0")),
    ]
    h.serve("/.well-known/nodeinfo", {"links": links})
    h.serve("/x?v=2.1", {"software": {"name": "iceshrimp.net", "version": 7}})

    assert await nodeinfo.ask(fetcher, "h.example") == Software("iceshrimp.net", "")


async def test_only_the_host_itself_is_asked(
    network: Network, fetcher: Fetcher, h: Neighbour
) -> None:
    other = Neighbour.on(network, "other.example")
    other.serve_nodeinfo("lemmy")
    h.serve("/.well-known/nodeinfo", {"links": [link("2.0", other.url("/nodeinfo/2.0"))]})

    with pytest.raises(NotUsable):
        await nodeinfo.ask(fetcher, "h.example")

    assert {one.host for one in network.log} == {"h.example"}


async def test_a_link_over_http_is_followed_over_https(
    network: Network, fetcher: Fetcher, h: Neighbour
) -> None:
    h.serve_nodeinfo("mbin")
    links = [link("2.0", "http://h.example/nodeinfo/2.0")]
    h.serve("/.well-known/nodeinfo", {"links": links})

    assert (await nodeinfo.ask(fetcher, "h.example")).name == "mbin"
    assert all(one.url.startswith("https://") for one in network.log)


@pytest.mark.parametrize(
    "index",
    [
        {},
        [],
        {"links": None},
        {"links": {}},
        {"links": ["x", 1, {}, {"rel": 1, "href": 2}]},
        {"links": [{"rel": f"{SCHEMA}2.0", "href": ["https://h.example/nodeinfo/2.0"]}]},
        {"links": [{"rel": f"{SCHEMA}2.0", "href": "javascript:alert(1)"}]},
    ],
)
async def test_an_index_without_a_document_is_not_usable(
    fetcher: Fetcher, h: Neighbour, index: Any
) -> None:
    h.serve("/.well-known/nodeinfo", index)

    with pytest.raises(NotUsable):
        await nodeinfo.ask(fetcher, "h.example")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"software": "lemmy"},
        {"software": []},
        {"software": {}},
        {"software": {"name": 1}},
        {"software": {"name": ""}},
        {"software": {"name": "<script>"}},
        {"software": {"name": "a" * 65}},
    ],
)
async def test_a_document_without_a_name_is_not_usable(
    fetcher: Fetcher, h: Neighbour, document: Any
) -> None:
    h.serve_nodeinfo("lemmy")
    h.serve("/nodeinfo/2.0", document)

    with pytest.raises(NotUsable):
        await nodeinfo.ask(fetcher, "h.example")


async def test_an_endless_version_is_cut(fetcher: Fetcher, h: Neighbour) -> None:
    h.serve_nodeinfo("lemmy", "1" * 10_000)

    assert len((await nodeinfo.ask(fetcher, "h.example")).version) == 64


async def test_a_host_without_nodeinfo_is_told_apart_from_one_in_trouble(
    fetcher: Fetcher, h: Neighbour
) -> None:
    with pytest.raises(Gone):
        await nodeinfo.ask(fetcher, "h.example")
    h.answer("/.well-known/nodeinfo", 502)
    with pytest.raises(Unreachable):
        await nodeinfo.ask(fetcher, "h.example")
    h.answer("/.well-known/nodeinfo", 403)
    with pytest.raises(NotUsable):
        await nodeinfo.ask(fetcher, "h.example")


async def test_both_questions_count(fetcher: Fetcher, h: Neighbour) -> None:
    h.serve_nodeinfo("lemmy")

    with pytest.raises(OverBudget):
        await nodeinfo.ask(fetcher, "h.example", budget=Budget(1))
