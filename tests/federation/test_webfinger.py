"""How a handle finds its actor, and what we answer for ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import webfinger
from federation.errors import Blocked, Gone, Malformed, NotUsable, OverBudget, Unreachable
from federation.fetch import Budget, Fetcher
from federation.http import Http
from federation.keys import Keyring
from federation.uris import Uris
from federation.vocabulary import ACTIVITY_JSON, LD_JSON
from neighbour import CONFIG, Neighbour
from network import Network

pytestmark = pytest.mark.anyio

URIS = Uris("https://groups.example")
WELDERS = "https://groups.example/groups/welders"
VIC = "https://h.example/users/vic"
RESOURCE = "/.well-known/webfinger?resource=acct%3Avic%40h.example"


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def fetcher(network: Network) -> Fetcher:
    return Fetcher(Http(network, CONFIG), Keyring(CONFIG.secret), CONFIG, URIS)


@pytest.fixture
def h(network: Network) -> Neighbour:
    return Neighbour.on(network, "h.example")


def answer(links: Any, subject: Any = "acct:vic@h.example") -> dict[str, Any]:
    return {"subject": subject, "links": links}


def self_link(href: Any, kind: Any = ACTIVITY_JSON) -> dict[str, Any]:
    return {"rel": "self", "type": kind, "href": href}


# What we answer


def test_a_group_is_answered_for_as_every_peer_wants_it() -> None:
    document = webfinger.jrd(
        "welders@groups.example", WELDERS, "Group", WELDERS, "https://groups.example"
    )

    assert document["subject"] == "acct:welders@groups.example"
    assert document["aliases"] == [WELDERS]
    selves = [link for link in document["links"] if link["rel"] == "self"]
    assert selves == [
        {
            "rel": "self",
            "type": "application/activity+json",
            "href": WELDERS,
            "properties": {"https://www.w3.org/ns/activitystreams#type": "Group"},
        }
    ]
    assert "https://groups.example/follow?uri={uri}" in [
        link.get("template") for link in document["links"]
    ]


def test_the_page_of_a_person_is_another_alias() -> None:
    uri, page = "https://groups.example/users/olga", "https://groups.example/@olga"

    document = webfinger.jrd("olga@groups.example", uri, "Person", page, "https://groups.example")

    assert document["aliases"] == [page, uri]
    assert document["links"][0]["href"] == page


async def test_we_understand_our_own_answer(network: Network, fetcher: Fetcher) -> None:
    second = Neighbour.on(network, "second.example")
    uri = "https://second.example/groups/smiths"
    document = webfinger.jrd("smiths@second.example", uri, "Group", uri, "https://second.example")
    path = "/.well-known/webfinger?resource=acct%3Asmiths%40second.example"
    second.serve(path, document, webfinger.JRD_JSON)

    found = await webfinger.lookup(fetcher, "!smiths@second.example")

    template = "https://second.example/follow?uri={uri}"
    assert found == webfinger.Found(uri, template, "smiths@second.example")


# What we are asked


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("acct:welders@groups.example", "welders"),
        ("ACCT:Welders@GROUPS.example", "welders"),
        ("acct:@welders@groups.example", "welders"),
        ("acct:!welders@groups.example", "welders"),
        ("group:welders@groups.example", "welders"),
        ("welders@groups.example", "welders"),
        ("https://groups.example/groups/welders", "welders"),
        ("https://groups.example/users/olga", "olga"),
        ("https://groups.example/@olga", "olga"),
        ("https://groups.example", "groups.example"),
        ("https://groups.example/", "groups.example"),
        ("https://groups.example/actor", "groups.example"),
        ("acct:groups.example@groups.example", "groups.example"),
        ("https://groups.example/moderation", "moderation"),
    ],
)
def test_a_resource_is_read_generously(resource: str, name: str) -> None:
    assert webfinger.parse_resource(resource, URIS) == name


@pytest.mark.parametrize(
    "resource",
    [
        "acct:ann@other.example",
        "acct:welders@groups.example:8443",
        "https://other.example/groups/welders",
        "https://groups.example/groups/welders/inbox",
        "https://groups.example/users/olga/posts/1",
        "https://groups.example/inbox",
        "http://groups.example/groups/welders",
    ],
)
def test_a_resource_that_is_not_an_actor_of_ours_is_nobody(resource: str) -> None:
    assert webfinger.parse_resource(resource, URIS) is None


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "welders",
        "acct:",
        "acct:welders",
        "acct:@groups.example",
        "acct:ann@groups.example@evil.example",
        "acct:ann@groups.example\r\nX: y",
        "acct:ann@groups.example ",
        "acct:a nn@groups.example",
        "acct:ann@groups.example/../x",
        "acct:ann@groups.example\\",
        "acct:ann@user:pw@groups.example",
        "acct:аnn@groups.example",
        "acct:ann@",
        "https://groups.example\\@evil.example/",
        "https://" + "a" * 1_000_000,
        "acct:" + "a" * 1_000_000 + "@groups.example",
        "acct:ann@" + "a" * 1_000_000,
    ],
)
def test_a_resource_that_is_neither_handle_nor_url_is_malformed(resource: str) -> None:
    with pytest.raises(Malformed):
        webfinger.parse_resource(resource, URIS)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_no_resource_breaks_the_reader(resource: str) -> None:
    for text in (resource, f"acct:{resource}", f"acct:ann@{resource}", f"https://{resource}"):
        try:
            name = webfinger.parse_resource(text, URIS)
        except Malformed:
            continue
        assert name is None or name == name.lower()


@pytest.mark.parametrize(
    "host",
    [
        *("exa/mple.org", "example.org\\", "example.org evil", "example.org.", "bü.example"),
        "exacct:ample.org",
    ],
)
def test_nothing_is_cut_out_of_a_host_to_make_it_fit(host: str) -> None:
    with pytest.raises(Malformed):
        webfinger.read_handle(f"ann@{host}")


# What we ask


async def test_a_handle_leads_to_its_actor(
    network: Network, fetcher: Fetcher, h: Neighbour
) -> None:
    subscribe = "https://h.example/authorize_interaction?uri={uri}"
    links = [self_link(VIC), {"rel": webfinger.SUBSCRIBE, "template": subscribe}]
    h.serve(RESOURCE, answer(links), "application/jrd+json; charset=utf-8")

    found = await webfinger.lookup(fetcher, "@vic@h.example")

    assert found == webfinger.Found(VIC, subscribe, "vic@h.example")
    assert len(network.log) == 1


async def test_the_spelling_of_the_name_is_the_hosts(fetcher: Fetcher, h: Neighbour) -> None:
    h.serve(RESOURCE, answer([self_link(VIC)], "acct:Vic@H.example"))

    found = await webfinger.lookup(fetcher, "vic@h.example")

    assert found.actor_uri == VIC


async def test_of_a_person_and_a_group_with_one_name_the_group_is_found(
    fetcher: Fetcher, h: Neighbour
) -> None:
    links = [
        self_link("https://h.example/u/vic"),
        self_link("https://h.example/c/vic", LD_JSON),
        {"rel": "self", "type": "text/html", "href": "https://h.example/page"},
        {"rel": "self", "type": None, "href": None},
        self_link("javascript:alert(1)"),
        "junk",
    ]
    h.serve(RESOURCE, answer(links))

    assert (await webfinger.lookup(fetcher, "vic@h.example")).actor_uri == "https://h.example/c/vic"


async def test_an_alias_is_asked_for_once_more_at_its_own_host(
    network: Network, fetcher: Fetcher, h: Neighbour
) -> None:
    Neighbour.on(network, "www.example").serve_handle("vic", VIC, subject="vic@h.example")
    h.serve_handle("vic", VIC)

    found = await webfinger.lookup(fetcher, "vic@www.example")

    assert found == webfinger.Found(VIC, "", "vic@h.example")


async def test_eve_cannot_answer_for_vic(network: Network, fetcher: Fetcher, h: Neighbour) -> None:
    evil = Neighbour.on(network, "evil.example")
    evil.serve_handle("x", "https://evil.example/users/eve", subject="vic@h.example")
    h.serve_handle("vic", VIC)

    found = await webfinger.lookup(fetcher, "x@evil.example")

    assert found.actor_uri == VIC


async def test_a_chain_of_subjects_ends_after_one_hop(network: Network, fetcher: Fetcher) -> None:
    Neighbour.on(network, "a.example").serve_handle("x", VIC, subject="x@b.example")
    Neighbour.on(network, "b.example").serve_handle("x", VIC, subject="x@c.example")
    Neighbour.on(network, "c.example").serve_handle("x", VIC)

    with pytest.raises(NotUsable):
        await webfinger.lookup(fetcher, "x@a.example")

    assert [one.host for one in network.log] == ["a.example", "b.example"]


async def test_two_hosts_that_name_each_other_do_not_make_us_run_in_circles(
    network: Network, fetcher: Fetcher
) -> None:
    Neighbour.on(network, "a.example").serve_handle("x", VIC, subject="x@b.example")
    Neighbour.on(network, "b.example").serve_handle("x", VIC, subject="x@a.example")

    with pytest.raises(NotUsable):
        await webfinger.lookup(fetcher, "x@a.example")

    assert len(network.log) == 2


async def test_an_empty_answer_is_nobody_though_its_status_is_200(
    fetcher: Fetcher, h: Neighbour
) -> None:
    """PieFed."""
    h.answer(RESOURCE, 200)

    with pytest.raises(Gone) as refused:
        await webfinger.lookup(fetcher, "vic@h.example")

    assert refused.value.status == 404


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_by_that_name_is_gone(fetcher: Fetcher, h: Neighbour, status: int) -> None:
    h.answer(RESOURCE, status)

    with pytest.raises(Gone):
        await webfinger.lookup(fetcher, "vic@h.example")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_host_in_trouble_is_unreachable(
    fetcher: Fetcher, h: Neighbour, status: int
) -> None:
    h.answer(RESOURCE, status)

    with pytest.raises(Unreachable):
        await webfinger.lookup(fetcher, "vic@h.example")


async def test_a_host_that_is_not_there_is_unreachable(fetcher: Fetcher) -> None:
    with pytest.raises(Unreachable):
        await webfinger.lookup(fetcher, "vic@h.example")


@pytest.mark.parametrize(
    "document",
    [
        [],
        "vic",
        {},
        {"subject": 1, "links": []},
        {"subject": "https://h.example/users/vic", "links": []},
        {"subject": "acct:vic", "links": []},
        answer(None),
        answer({}),
        answer([]),
        answer([{"rel": "self", "href": VIC}]),
        answer([self_link(["a"])]),
        answer([self_link(VIC, "application/json")]),
        answer([self_link("https://h.example\\@evil.example/")]),
    ],
)
async def test_an_answer_without_an_actor_is_not_usable(
    fetcher: Fetcher, h: Neighbour, document: Any
) -> None:
    h.serve(RESOURCE, document)

    with pytest.raises(NotUsable):
        await webfinger.lookup(fetcher, "vic@h.example")


@pytest.mark.parametrize("template", ["javascript:x{uri}", "https://h.example/", 1, None])
async def test_a_template_that_is_no_page_with_a_place_for_us_is_left_out(
    fetcher: Fetcher, h: Neighbour, template: Any
) -> None:
    links = [self_link(VIC), {"rel": webfinger.SUBSCRIBE, "template": template}]
    h.serve(RESOURCE, answer(links))

    assert (await webfinger.lookup(fetcher, "vic@h.example")).subscribe_template == ""


async def test_a_host_that_is_not_admitted_is_not_asked(
    network: Network, fetcher: Fetcher, h: Neighbour
) -> None:
    Neighbour.on(network, "www.example").serve_handle("vic", VIC, subject="vic@h.example")
    h.serve_handle("vic", VIC)

    async def admit(host: str) -> None:
        if host == "h.example":
            raise Blocked("no")

    with pytest.raises(Blocked):
        await webfinger.lookup(fetcher, "vic@www.example", admit=admit)

    assert [one.host for one in network.log] == ["www.example"]


async def test_every_question_counts(fetcher: Fetcher, h: Neighbour) -> None:
    h.serve_handle("vic", VIC)

    with pytest.raises(OverBudget):
        await webfinger.lookup(fetcher, "vic@h.example", budget=Budget(0))
