"""Other hosts: their software, the signatures they take, and who is blocked."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from federation import clock, limits
from federation.errors import Malformed
from federation.fetch import Fetcher
from federation.http import Http
from federation.keys import Keyring
from federation.models import Peer
from federation.peers import Peers
from federation.uris import Uris
from fedigroups.store import Store
from neighbour import CONFIG, Neighbour
from network import Network

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NOW = 1_790_000_000_000


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def peers(network: Network) -> Peers:
    uris = Uris(CONFIG.origin)
    return Peers(Fetcher(Http(network, CONFIG), Keyring(CONFIG.secret), CONFIG, uris), CONFIG)


@pytest.fixture
def lemmy(network: Network) -> Neighbour:
    neighbour = Neighbour.on(network, "l.example")
    neighbour.serve_nodeinfo("lemmy", "0.19.20")
    return neighbour


# Families


async def test_the_family_of_a_host_is_asked_once_a_day(
    network: Network, peers: Peers, lemmy: Neighbour
) -> None:
    with clock.held(NOW):
        assert await peers.family("l.example") == "thread"
        assert await peers.family("L.example") == "thread"
    assert len(network.log) == 2

    lemmy.serve_nodeinfo("mastodon")
    with clock.held(NOW + limits.NODEINFO_FRESH_SECONDS * 1_000 - 1):
        assert await peers.family("l.example") == "thread"
    with clock.held(NOW + limits.NODEINFO_FRESH_SECONDS * 1_000):
        assert await peers.family("l.example") == "microblog"


async def test_what_a_host_runs_is_kept_for_the_operator(peers: Peers, lemmy: Neighbour) -> None:
    with clock.held(NOW):
        await peers.family(lemmy.host)

    row = await peers.show("l.example")
    assert row is not None
    assert (row.software, row.version, row.family) == ("lemmy", "0.19.20", "thread")
    assert (row.asked_at, row.first_seen_at) == (NOW, NOW)


async def test_a_host_that_does_not_answer_is_unknown_and_left_alone_for_an_hour(
    network: Network, peers: Peers
) -> None:
    with clock.held(NOW):
        assert await peers.family("l.example") == "unknown"
        assert await peers.family("l.example") == "unknown"
    assert len(network.log) == 1

    Neighbour.on(network, "l.example").serve_nodeinfo("lemmy")
    with clock.held(NOW + limits.NEGATIVE_SECONDS * 1_000):
        assert await peers.family("l.example") == "thread"


async def test_a_host_that_stops_answering_keeps_its_family(
    network: Network, peers: Peers, lemmy: Neighbour
) -> None:
    with clock.held(NOW):
        await peers.family(lemmy.host)
    network.fail(lemmy.host, 503)

    with clock.held(NOW + clock.DAY):
        assert await peers.family(lemmy.host) == "thread"
        assert await peers.family(lemmy.host) == "thread"

    assert len(network.log) == 3


async def test_unknown_software_is_not_asked_for_again_all_the_time(
    network: Network, peers: Peers
) -> None:
    Neighbour.on(network, "x.example").serve_nodeinfo("homemade")

    with clock.held(NOW):
        assert await peers.family("x.example") == "unknown"
    with clock.held(NOW + limits.NEGATIVE_SECONDS * 1_000):
        assert await peers.family("x.example") == "unknown"

    assert len(network.log) == 2


async def test_twenty_who_ask_for_one_family_at_once_share_the_request(
    network: Network, peers: Peers, lemmy: Neighbour
) -> None:
    lemmy.door = asyncio.Event()
    asking = [asyncio.create_task(peers.family(lemmy.host)) for _ in range(20)]
    while not network.log and not all(task.done() for task in asking):
        await asyncio.sleep(0.01)
        lemmy.door.set()

    assert await asyncio.gather(*asking) == ["thread"] * 20
    assert len(network.log) == 2


async def test_what_is_known_of_a_family_costs_no_request(
    network: Network, peers: Peers, lemmy: Neighbour
) -> None:
    assert await peers.known_family(lemmy.host) == "unknown"
    assert network.log == []

    await peers.family(lemmy.host)
    assert await peers.known_family("L.EXAMPLE") == "thread"


async def test_we_do_not_ask_ourselves(network: Network, peers: Peers) -> None:
    assert await peers.family("groups.example") == "unknown"

    assert network.log == []


# Blocks


async def test_a_blocked_host_is_never_asked(
    network: Network, peers: Peers, lemmy: Neighbour
) -> None:
    await peers.block(lemmy.host, "spam")

    assert await peers.family(lemmy.host) == "unknown"
    assert network.log == []


@pytest.mark.parametrize(
    "host",
    [
        "bad.example",
        "BAD.example",
        "bad.example.",
        "bad.example:443",
        "bad.example:8443",
        "a.bad.example",
        "a.b.bad.example:8443",
    ],
)
async def test_a_block_holds_for_every_spelling_and_below(peers: Peers, host: str) -> None:
    await peers.block("Bad.Example")

    assert await peers.is_blocked(host)


@pytest.mark.parametrize("host", ["example", "notbad.example", "bad.example.org", "bad.examples"])
async def test_a_block_holds_for_nobody_else(peers: Peers, host: str) -> None:
    await peers.block("bad.example")

    assert not await peers.is_blocked(host)


async def test_a_limit_holds_below_too_and_is_no_block(peers: Peers) -> None:
    await peers.limit("loud.example", "few moderators")
    assert await peers.is_limited("a.loud.example:8443")
    assert not await peers.is_limited("example")
    assert not await peers.is_blocked("loud.example")
    await peers.block("loud.example")
    assert (await Peer.get(host="loud.example")).note == "few moderators"
    await peers.unlimit("loud.example")
    assert not await peers.is_limited("loud.example")
    with pytest.raises(Malformed):
        await peers.limit("groups.example")


async def test_where_only_some_are_allowed_all_others_are_blocked(network: Network) -> None:
    config = replace(CONFIG, allowed_only=True)
    fetcher = Fetcher(Http(network, config), Keyring(config.secret), config, Uris(config.origin))
    peers = Peers(fetcher, config)
    await peers.allow("m.example")
    await peers.block("bad.m.example")
    hosts = ["m.example", "a.m.example", "bad.m.example", "h.example", "groups.example"]
    blocked = [host for host in hosts if await peers.is_blocked(host)]
    assert blocked == ["bad.m.example", "h.example"]
    standings = await peers.standings(hosts[:4])
    assert [host for host, standing in standings.items() if standing.blocked] == blocked
    await peers.disallow("m.example")
    assert await peers.is_blocked("m.example")


async def test_one_port_can_be_blocked(peers: Peers) -> None:
    await peers.block("bad.example:8443")

    assert await peers.is_blocked("bad.example:8443")
    assert not await peers.is_blocked("bad.example")


async def test_addresses_can_be_blocked_too(peers: Peers) -> None:
    await peers.block("[2001:db8::1]")

    assert await peers.is_blocked("[2001:db8::1]:8443")
    assert not await peers.is_blocked("[2001:db8::2]")


async def test_a_host_can_be_taken_back(peers: Peers) -> None:
    await peers.block("bad.example", "spam")
    await peers.learn_forms({"bad.example": "rfc9421"})
    await peers.unblock("BAD.example")

    assert not await peers.is_blocked("bad.example")
    assert await peers.form("bad.example") == "rfc9421"


async def test_blocking_again_changes_the_note(peers: Peers) -> None:
    await peers.block("bad.example", "spam")
    await peers.block("bad.example", "more spam")

    assert [(row.host, row.note) for row in await peers.all()] == [("bad.example", "more spam")]


@pytest.mark.parametrize("host", ["", "https://bad.example", "bad.example/x", "b d", "bäd.example"])
async def test_a_bad_name_cannot_be_blocked(peers: Peers, host: str) -> None:
    with pytest.raises(Malformed):
        await peers.block(host)

    assert await Peer.all().count() == 0


# Signatures and signs of life


async def test_the_form_that_a_host_took_is_remembered_for_thirty_days(peers: Peers) -> None:
    assert await peers.form("m.example") == ""
    with clock.held(NOW):
        await peers.learn_forms({"m.example": "cavage"})
        await peers.learn_forms({"m.example": "rfc9421"})

    with clock.held(NOW + 30 * clock.DAY):
        assert await peers.form("M.example") == "rfc9421"
    with clock.held(NOW + 30 * clock.DAY + 1):
        assert await peers.form("m.example") == ""


async def test_what_was_heard_of_a_host_is_written_once_a_minute(peers: Peers) -> None:
    for moment in (NOW, NOW + 59_999):
        with clock.held(moment):
            await peers.heard("m.example")
    row = await peers.show("m.example")
    assert row is not None
    assert row.heard_at == NOW

    with clock.held(NOW + 60_000):
        await peers.heard("m.example")
    row = await peers.show("m.example")
    assert row is not None
    assert (row.heard_at, row.first_seen_at) == (NOW + 60_000, NOW)


async def test_news_of_one_kind_leaves_the_rest_of_the_row(peers: Peers, lemmy: Neighbour) -> None:
    await peers.family(lemmy.host)
    await peers.learn_forms({lemmy.host: "cavage"})
    await peers.heard(lemmy.host)
    await peers.block(lemmy.host, "x")

    row = await peers.show(lemmy.host)
    assert row is not None
    assert (row.software, row.family, row.signature_form) == ("lemmy", "thread", "cavage")
    assert row.blocked
    assert row.heard_at


async def test_twenty_at_once_make_one_row(peers: Peers, database: Store) -> None:
    await asyncio.gather(*(peers.learn_forms({"m.example": "cavage"}) for _ in range(20)))

    assert [row.host for row in await peers.all()] == ["m.example"]


async def test_nobody_is_shown_before_they_were_met(peers: Peers) -> None:
    assert await peers.show("m.example") is None
    assert await peers.all() == []
