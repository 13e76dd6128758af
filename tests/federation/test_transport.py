"""The connections themselves: where they may lead, how long they are kept, what ends them."""

from __future__ import annotations

import asyncio
import datetime
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx
import pytest
import trustme

from federation import limits
from federation.config import FederationConfig
from federation.connection import Connection
from federation.errors import Forbidden, Unreachable
from federation.http import Answer, Http
from federation.transport import GuardedTransport, Resolver, check
from loopback import (
    SECRET,
    Loopback,
    Visitor,
    always,
    answering,
    at_loopback,
    loopback_config,
    ok,
    public_config,
)

pytestmark = pytest.mark.anyio


class Client:
    """An `Http` over a guarded transport, for a test to ask with."""

    def __init__(
        self,
        config: FederationConfig,
        resolver: Resolver | None,
        trust: ssl.SSLContext | None,
    ) -> None:
        self.transport = GuardedTransport(config, resolver=resolver, trust=trust)
        self.http = Http(self.transport, config)

    async def get(self, url: str, seconds: float = 5.0) -> Answer:
        return await self.http.send("GET", url, {}, seconds=seconds, max_bytes=100_000)

    async def post(self, url: str, body: bytes = b"{}", seconds: float = 5.0) -> Answer:
        return await self.http.send(
            "POST", url, {}, body, seconds=seconds, max_bytes=64_000, cut=True
        )


@asynccontextmanager
async def client(
    config: FederationConfig | None = None,
    resolver: Resolver | None = at_loopback,
    trust: ssl.SSLContext | None = None,
) -> AsyncIterator[Client]:
    made = Client(config or loopback_config(), resolver, trust or bare_context())
    try:
        yield made
    finally:
        await made.http.close()


def bare_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Names:
    """A name service that says what the test told it, and remembers how often it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


# Where a connection may lead


@pytest.mark.parametrize(
    "url",
    [
        "http://h.example/",
        "https://h.example:25/",
        "https://h.example:6379/",
        "https://h.example:80/",
        "http://h.example:443/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://8.8.8.8/",
        "https://localhost/",
        "https://x.localhost/",
        "https://nas.local/",
        "https://vault.internal/",
        "https://intranet/",
        "https://abc.onion/",
        "https://groups.example/",
        "https://GROUPS.example:443/",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://evil\t.example/",
        "https://evil.example\n/",
        "https://good.example%2f@evil.example/",
        "https://evil.example./",
        "https://",
        "ftp://h.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_public_instance_asks_nobody_about_such_a_url(url: str, method: str) -> None:
    names = Names(["127.0.0.1"])
    async with client(public_config(), names) as eve:
        with pytest.raises(Forbidden):
            await (eve.get(url) if method == "GET" else eve.post(url))

    assert names.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "192.0.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
async def test_a_public_name_that_leads_inside_is_refused(address: str) -> None:
    async with client(public_config(), Names([address])) as eve:
        with pytest.raises(Forbidden, match=r"evil\.example"):
            await eve.get("https://evil.example/u/eve")
        with pytest.raises(Forbidden, match=r"evil\.example"):
            await eve.post("https://evil.example/inbox")


async def test_a_name_with_one_private_address_is_refused_whole() -> None:
    async with client(public_config(), Names(["93.184.215.14", "127.0.0.1"])) as eve:
        with pytest.raises(Forbidden):
            await eve.get("https://evil.example/")


async def test_the_connection_is_made_to_the_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(["127.0.0.2"], ["127.0.0.3"])
    config = FederationConfig(
        "http://127.0.0.1:1", SECRET, (ip_network("127.0.0.2/32"),), allow_http=True
    )

    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("the name was resolved a second time")

    async with Loopback(answering(ok()), address="127.0.0.2") as server, client(config, names) as c:
        monkeypatch.setattr(socket, "getaddrinfo", nobody)
        assert (await c.get(server.url())).status == 200
        assert names.asked == ["h.example"]
        await asyncio.sleep(0.05)
        with pytest.raises(Forbidden):
            await c.get(server.url())

    assert server.visits == 1


async def test_the_systems_names_are_judged_too() -> None:
    async with Loopback(always(ok())) as server:
        async with client(resolver=None) as tom:
            assert (await tom.get(server.url(host="localhost"))).status == 200
        no_networks = FederationConfig("http://127.0.0.1:1", SECRET, allow_http=True)
        async with client(no_networks, None) as tom:
            with pytest.raises(Forbidden):
                await tom.get(server.url(host="localhost"))
            with pytest.raises(Forbidden):
                await tom.get(server.url(host="127.0.0.1"))


async def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    async def no_such_name(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def no_address(host: str, port: int) -> Sequence[str]:
        return []

    for resolver in (no_such_name, no_address):
        async with client(public_config(), resolver) as tom:
            with pytest.raises(Unreachable, match=r"h\.example"):
                await tom.get("https://h.example/")


async def test_the_next_address_is_tried_when_the_first_refuses() -> None:
    names = Names(["127.0.0.3", "127.0.0.1"])
    async with Loopback(always(ok())) as server, client(resolver=names) as tom:
        assert (await tom.get(server.url())).status == 200


async def test_a_refused_connection_is_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with client() as tom:
        with pytest.raises(Unreachable, match="cannot be connected"):
            await tom.get(f"http://h.example:{port}/")


async def test_an_address_that_never_answers_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "CONNECT_SECONDS", 0.4)
    async with Loopback(always(ok())) as server:
        with deaf("127.0.0.9", server.port), socket.socket() as first, socket.socket() as second:
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.9", server.port))
            async with client(resolver=Names(["127.0.0.9", "127.0.0.1"])) as tom:
                assert (await tom.get(server.url())).status == 200
            async with client(resolver=Names(["127.0.0.9"])) as tom:
                with pytest.raises(Unreachable):
                    await tom.get(server.url())


def deaf(address: str, port: int) -> socket.socket:
    """A listener that accepts nothing and whose queue holds one."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(0)
    return sock


def test_an_instance_on_loopback_may_ask_its_neighbour_and_not_itself() -> None:
    config = loopback_config("http://localhost:8000")

    check("http", "localhost", 8001, config)
    check("https", "h.example", 8443, config)
    with pytest.raises(Forbidden, match="itself"):
        check("http", "localhost", 8000, config)
    with pytest.raises(Forbidden):
        check("ftp", "localhost", 21, config)


# Keep-alive


async def test_one_connection_serves_many_requests() -> None:
    async with Loopback(always(ok(b"{}"))) as server, client() as tom:
        for _ in range(5):
            assert (await tom.post(server.url("/inbox"))).body == b"{}"

    assert server.visits == 1


async def test_a_kept_connection_that_the_server_closed_is_replaced() -> None:
    async with Loopback(answering(ok())) as server, client() as tom:
        for _ in range(3):
            assert (await tom.post(server.url())).status == 200
            await asyncio.sleep(0.02)

    assert server.visits == 3


async def test_a_stale_connection_is_retried_once_on_a_fresh_one() -> None:
    async def closes_at_the_second(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(ok())
        await visitor.request()

    async with Loopback(closes_at_the_second) as server, client() as tom:
        assert (await tom.post(server.url(), b"first")).status == 200
        assert (await tom.post(server.url(), b"second")).status == 200

    assert server.visits == 2


async def test_a_fresh_connection_that_is_closed_without_a_word_is_not_retried() -> None:
    async with Loopback(answering()) as server, client() as tom:
        with pytest.raises(Unreachable, match="closed the connection"):
            await tom.post(server.url())

    assert server.visits == 1


async def test_a_kept_connection_that_breaks_off_inside_an_answer_is_not_retried() -> None:
    script = answering(ok(), b"HTTP/1.1 200 OK\r\nContent-")
    async with Loopback(script) as server, client() as tom:
        await tom.post(server.url())
        with pytest.raises(Unreachable, match="closed the connection"):
            await tom.post(server.url())

    assert server.visits == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}and more",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + ok(b"[]"),
    ],
)
async def test_a_connection_is_not_kept_after_such_an_answer(answer: bytes) -> None:
    async with Loopback(always(answer)) as server, client() as tom:
        for _ in range(2):
            assert (await tom.get(server.url())).body == b"{}"

    assert server.visits == 2


async def test_bytes_that_nobody_asked_for_end_an_idle_connection() -> None:
    async def says_more(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(ok(b"mine"))
        await asyncio.sleep(0.02)
        await visitor.say(ok(b"poison"))
        await visitor.request()

    async with Loopback(says_more) as server, client() as tom:
        await tom.get(server.url())
        await asyncio.sleep(0.1)
        assert (await tom.get(server.url())).body == b"mine"

    assert server.visits == 2


async def test_an_idle_connection_is_closed_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.1)
    async with Loopback(always(ok())) as server, client() as tom:
        await tom.get(server.url())
        await tom.get(server.url(host="v.example"))
        assert server.open == 2
        await asyncio.sleep(0.3)
        assert server.open == 0
        assert tom.transport._places == {}


async def test_the_longest_idle_connection_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_CONNECTIONS", 2)
    async with Loopback(always(ok())) as server, client() as tom:
        for host in ("a.example", "b.example", "a.example", "c.example"):
            await tom.get(server.url(host=host))
        await asyncio.sleep(0.05)
        assert server.open == 2
        await tom.get(server.url(host="a.example"))
        assert server.visits == 3
        await tom.get(server.url(host="b.example"))

    assert server.visits == 4


async def test_where_few_files_may_be_open_few_connections_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (8, 8))
    async with Loopback(always(ok())) as server, client() as tom:
        for host in ("a.example", "b.example", "c.example"):
            await tom.get(server.url(host=host))
        await asyncio.sleep(0.05)
        assert server.open == 2


async def test_connections_of_two_hosts_are_never_mixed_up() -> None:
    async with Loopback(always(ok())) as server, client() as tom:
        await tom.get(server.url(host="h.example"))
        await tom.get(server.url(host="evil.example"))

    assert server.visits == 2


async def test_a_host_is_given_only_a_few_connections() -> None:
    going = asyncio.Event()

    async def slow(visitor: Visitor) -> None:
        while await visitor.request():
            await going.wait()
            await visitor.say(ok())

    async with Loopback(slow) as server, client() as tom:
        asked = [asyncio.create_task(tom.get(server.url())) for _ in range(40)]
        await asyncio.sleep(0.2)
        busy = server.visits
        going.set()
        answers = await asyncio.gather(*asked)

    assert busy == server.visits == 2 * limits.DELIVERIES_PER_HOST
    assert {answer.status for answer in answers} == {200}


async def test_one_who_gives_up_waiting_leaves_the_queue_as_it_was() -> None:
    async def mute(visitor: Visitor) -> None:
        await visitor.reader.read()

    async with Loopback(mute) as server, client() as tom:
        asked = [tom.get(server.url(), seconds=0.3) for _ in range(20)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, Unreachable) for answer in answers)
        await asyncio.sleep(0.05)
        assert server.open == 0
        assert tom.transport._places == {}


async def test_closing_ends_what_is_idle_and_what_is_going_on() -> None:
    async def once(visitor: Visitor) -> None:
        await visitor.request()
        await visitor.say(ok())
        await visitor.request()
        await asyncio.sleep(60)

    async with Loopback(once) as server:
        async with client() as tom:
            await tom.get(server.url())
            going = asyncio.create_task(tom.get(server.url()))
            await asyncio.sleep(0.05)
        with pytest.raises(Unreachable):
            await going


async def test_a_connection_that_was_lost_before_the_request_says_so() -> None:
    connection = Connection(lambda lost: None)
    connection.send(b"GET / HTTP/1.1\r\n\r\n")

    assert connection.silent
    with pytest.raises(Unreachable, match="closed"):
        await connection.head()


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def test_a_trusted_certificate_of_the_right_name_is_spoken_to(authority: trustme.CA) -> None:
    tls = serving(authority.issue_cert("h.example"))
    async with (
        Loopback(always(ok(b"{}")), tls=tls) as server,
        client(trust=trusting(authority)) as tom,
    ):
        for _ in range(3):
            assert (await tom.get(server.url())).body == b"{}"

    assert server.visits == 1


async def test_the_trust_store_is_the_one_that_the_environment_names(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls = serving(authority.issue_cert("h.example"))
    transport = GuardedTransport(loopback_config(), resolver=at_loopback)
    tom = Http(transport, loopback_config())
    async with Loopback(always(ok()), tls=tls) as server:
        answer = await tom.send("GET", server.url(), {}, seconds=5, max_bytes=10)
        await tom.close()

    assert answer.status == 200


@pytest.mark.parametrize("fault", ["expired", "name", "issuer"])
async def test_a_certificate_that_proves_nothing_fails_and_is_not_tried_without(
    authority: trustme.CA, fault: str
) -> None:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    issuer = trustme.CA() if fault == "issuer" else authority
    certificate = issuer.issue_cert(
        "evil.example" if fault == "name" else "h.example",
        not_after=yesterday if fault == "expired" else None,
    )
    async with (
        Loopback(always(ok()), tls=serving(certificate)) as server,
        client(trust=trusting(authority)) as tom,
    ):
        with pytest.raises(Unreachable, match="certificate"):
            await tom.get(server.url())
        with pytest.raises(Unreachable, match="certificate"):
            await tom.post(server.url("/inbox"))

    assert server.visits == 0


async def test_tls_to_a_server_that_speaks_none_is_unreachable(authority: trustme.CA) -> None:
    async with (
        Loopback(always(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server,
        client(trust=trusting(authority)) as tom,
    ):
        with pytest.raises(Unreachable):
            await tom.get(f"https://h.example:{server.port}/", seconds=1)


async def test_a_handshake_that_never_ends_is_ended_by_the_deadline(authority: trustme.CA) -> None:
    async def mute(visitor: Visitor) -> None:
        await visitor.reader.read()

    async with Loopback(mute) as server, client(trust=trusting(authority)) as tom:
        with pytest.raises(Unreachable, match="longer than"):
            await tom.get(f"https://h.example:{server.port}/", seconds=0.3)
        await asyncio.sleep(0.05)
        assert server.open == 0


# What is sent


async def test_a_header_cannot_smuggle_a_second_request() -> None:
    async with Loopback(always(ok())) as server, client() as tom:
        for value in ("a\r\nX: b", "a\nX: b", "a\rb", "a\0b"):
            with pytest.raises(Forbidden):
                await tom.http.send("GET", server.url(), {"X-A": value}, seconds=5, max_bytes=10)

    assert server.visits == 0


async def test_a_request_of_plain_httpx_is_sent_as_well() -> None:
    heard: list[bytes] = []

    async def listens(visitor: Visitor) -> None:
        heard.append(await visitor.request())
        await visitor.say(ok(b"{}"))

    transport = GuardedTransport(loopback_config(), resolver=at_loopback, trust=bare_context())
    async with Loopback(listens) as server, httpx.AsyncClient(transport=transport) as plain:
        answer = await plain.post(server.url("/a?b=c"), content=b"body")

    assert answer.content == b"{}"
    assert heard[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert heard[0].endswith(b"\r\n\r\nbody")
