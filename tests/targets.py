"""This module knows what is fuzzed: for each target an input, what is done with it, what must hold.

A target raises nothing, or it found something.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message as Sent

from federation import (
    clock,
    documents,
    limits,
    linked_data,
    negotiation,
    origin,
    signatures,
    strict_json,
    webfinger,
)
from federation.documents import read_activity, read_actor, read_object, read_question
from federation.errors import FederationError, Refused
from federation.http import on_wire, retry_after
from federation.signatures import SignedRequest
from federation.uris import Uris
from fedigroups import blocklist
from fedigroups.api import body
from fedigroups.content import markdown, sanitise
from fedigroups.web import addresses
from fresh import fresh_world
from mutants import HTML, PLACES, SIGNS, SPLICES, spoilt
from mutants import documents as spoilt_documents
from signing import NOW, Cavage, Message, parameters, vic
from storm import Told, storm

SECONDS = 2.0
"""No single input may take longer, on a busy machine."""

URIS = Uris("https://groups.example")


@dataclass(frozen=True)
class Target:
    """What is fuzzed, from what, and how many inputs a short run tries."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]
    examples: int = 300
    share: int = 1
    """How much of the time of a long run it gets, beside others."""
    world: bool = False
    """Whether `check` is given the file of a populated database, too."""


# Signatures


def _tampered(request: SignedRequest, draw: st.DrawFn) -> SignedRequest:
    """The request with one or more of its parts spoilt after it was signed."""
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.integers(0, 5))
        headers = list(request.headers)
        if part == 0:
            request = replace(request, target=draw(spoilt(st.just(request.target))))
        elif part == 1:
            request = replace(request, body=request.body + draw(st.binary(max_size=3)))
        elif part == 2:
            request = replace(request, method=draw(st.sampled_from(["GET", "POST", "PUT", "post"])))
        else:
            number = draw(st.integers(0, len(headers) - 1))
            name, value = headers[number]
            changed = (name, draw(spoilt(st.just(value))).strip())
            headers[number : number + 1] = [(name, value), changed] if part == 5 else [changed]
            request = replace(request, headers=headers)
    return request


@st.composite
def requests(draw: st.DrawFn) -> tuple[SignedRequest, SignedRequest]:
    """A good request of either form, and what became of it on its way."""
    form = draw(st.integers(0, 8))
    with clock.held(NOW):
        good = [
            Cavage(host="evil.example").sent(),
            Cavage(covered=("(request-target)", "date", "digest")).sent(),
            Message(components=("@method", "@path", "content-digest")).sent(),
            Message(target_uri="https://evil.example/inbox", authority="evil.example").sent(),
            Cavage().sent(),
            Cavage(algorithm="hs2019", created=str(NOW // 1_000)).sent(),
            Message().sent(),
            Message(parameters=parameters(nonce='"n"', tag='"t"')).sent(),
            Message(components=("@method", "@authority", "@path", "content-digest")).sent(),
        ][form]
    return good, _tampered(good, draw)


def signed_requests(pair: tuple[SignedRequest, SignedRequest]) -> None:
    """What still verifies says what was signed: method, place, body and host are as they were."""
    good, sent = pair
    with clock.held(NOW):
        try:
            claims = signatures.read(sent)
        except Refused:
            return
        for claim in claims:
            if claim.key_id != vic().uri:  # it would be asked for at its own host
                continue
            try:
                claim.check(sent, vic())
            except Refused:
                continue
            assert sent.body == good.body
            assert {"host", "@target-uri", "@authority"} & set(claim.covered)
            if "host" in claim.covered:
                assert sent.fields["host"].lower() in {"groups.example", "groups.example:443"}
            assert sent.method.upper() == good.method
            assert sent.target.partition("?")[0] == good.target
            for name in claim.covered:
                if not name.startswith(("(", "@")):
                    assert sent.values(name) == good.values(name) or name == "host"


def signature_headers(header: tuple[str, str]) -> None:
    """Any header at all is read or refused, and only what covers enough is read."""
    input, value = header
    for request in (
        Cavage().sent(value),
        Message().sent(input, value),
        replace(Message().sent(input, value), body=b"", method="GET"),
    ):
        with clock.held(NOW):
            try:
                claims = signatures.read(request)
            except Refused:
                continue
        for claim in claims:
            assert origin.canonical(claim.key_id) == claim.key_id
            assert not URIS.is_local(claim.key_id)
            assert {"(request-target)", "@method"} & set(claim.covered)
            if request.method == "POST":
                assert {"digest", "content-digest"} & set(claim.covered)


NAMES = ["(request-target)", "host", "date", "digest", "(created)", "user-agent"]
COMPONENTS = ["@method", "@target-uri", "@authority", "@path", "content-digest", "date", "@x"]


def _listed(names: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True)


def _cavage(names: list[str]) -> str:
    return re.sub(r'headers="[^"]*"', f'headers="{" ".join(names)}"', Cavage().value())


def _input(names: list[str]) -> str:
    return re.sub(r"\(.*\)", "(" + " ".join(f'"{name}"' for name in names) + ")", Message().input())


LISTS = st.tuples(_listed(COMPONENTS).map(_input), _listed(NAMES).map(_cavage))
"""Headers in order that cover all kinds of things."""
SPOILT = st.tuples(
    spoilt(st.sampled_from([Message().input(), 'sig1=("@method");created=1, sig2=()'])),
    spoilt(st.sampled_from([Cavage().value(), Message().value(), "sig1=:AA==:, sig2=:AA==:"])),
)


# JSON


def json_bytes(raw: bytes) -> None:
    """What is read is what Python's own reader reads, without a key twice, and stays the same."""
    try:
        read = strict_json.loads(raw)
    except Refused:
        return
    assert json.loads(raw, object_pairs_hook=_once) == read
    again = strict_json.dumps(read)
    assert strict_json.loads(again) == read
    assert b"\\u0000" not in again


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _raw(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)


def _written(document: Any) -> str:
    try:
        return _raw(document).decode()
    except (TypeError, orjson.JSONEncodeError):
        return "{}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


ODD = ['{"a":1e400}', '{"a":"\\ud800"}', '{"a":{"b":1},"a":2}', "[" * 50, '{"a":0.1e-5}']
JSON = st.one_of(
    spoilt(spoilt_documents.map(_written)).map(_bytes),
    st.binary(max_size=60),
    spoilt(st.sampled_from(ODD)).map(_bytes),
)


# Addresses


def urls(url: str) -> None:
    """A URL that is taken has one host, to us and to whoever else reads it."""
    try:
        known = origin.canonical(url)
    except Refused:
        return
    host = origin.host_of(url)
    assert origin.canonical(known) == known
    assert origin.host_of(known) == host
    assert len(host) <= limits.HOST_CHARS
    assert host.isascii()
    parts = urlsplit(known)
    assert parts.scheme in {"http", "https"}
    assert parts.netloc == host
    wire = on_wire(known)
    assert wire.isascii()
    assert httpx.URL(wire).netloc.decode() == host
    assert origin.host_of(wire) == host
    for written in (known, wire):
        assert not re.search(r"[\s\\\x00-\x1f]", written)
    assert origin.same_origin(url, known)


URLS = st.one_of(
    spoilt(st.sampled_from([*PLACES, "https://h.example:8443/a?b#c"]), SIGNS),
    st.lists(st.sampled_from(["https:", "//", "h.example", "/", "a", *SIGNS])).map("".join),
    st.text(max_size=40).map(lambda text: f"https://{text}/"),
)


def handles(text: str) -> None:
    """A handle that is read has a plain name and host; a resource is nobody, ours, or refused."""
    try:
        found = webfinger.read_handle(text)
    except Refused:
        pass
    else:
        assert str(webfinger.read_handle(str(found))) == str(found)
        assert origin.host_of(f"https://{found.host}/") == found.host
        assert "@" not in found.name
    try:
        name = webfinger.parse_resource(text, URIS)
    except Refused:
        name = None
    assert name is None or re.fullmatch(r"[a-z0-9_.~+-]{1,128}", name)
    typed = addresses.handle(text)
    assert not typed or typed.count("@") == 1


HANDLES = spoilt(
    st.sampled_from(
        [
            *("acct:welders@groups.example", "@vic@h.example", "!club@h.example", "group:a@b.c"),
            *("https://groups.example/users/olga", "https://groups.example/@olga", "acct:a@h:1"),
        ]
    )
)


def words(text: str) -> None:
    """Media types, waits and languages: whatever is said is understood or is nothing."""
    assert negotiation.is_activity_type(text) in {True, False}
    assert negotiation.wants_activity(text) in {True, False}
    wait = retry_after({"retry-after": text})
    assert wait is None or limits.RETRY_AFTER_SECONDS[0] <= wait <= limits.RETRY_AFTER_SECONDS[1]


WORDS = spoilt(
    st.sampled_from(
        [
            'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
            "application/activity+json; charset=utf-8",
            *("120", "Fri, 31 Dec 1999 23:59:59 GMT"),
        ]
    )
)


# HTML


class _Reader(HTMLParser):
    """Sees every tag of a page as a browser might."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = sanitise._INLINE | sanitise._BLOCK
        if tag not in allowed:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "id", "src", "srcdoc"}:
                self.bad.append(f"{tag} {name}")
            if name == "href" and (value or "").split(":")[0] not in sanitise.SCHEMES:
                self.bad.append(f"{tag} {value}")


def html(text: str) -> None:
    """What comes out is safe, stays as it is when cleaned again, and did not take long."""
    begun = time.process_time()
    for out in (sanitise.clean(text), markdown.render(text, {})):
        reader = _Reader()
        reader.feed(out)
        reader.close()
        assert reader.bad == []
        assert len(out) <= limits.CONTENT_CHARS or out != sanitise.clean(text)
    once = sanitise.clean(text)
    assert sanitise.clean(once) == once
    label = sanitise.label(text)
    assert "\n" not in label
    sanitise.plain(text)
    url = sanitise.safe_url(text)
    assert not url or url.startswith(("http://", "https://"))
    assert time.process_time() - begun < SECONDS


PIECES = st.sampled_from(
    [*HTML, *SPLICES, "<a ", "href=", "<div>", "</div>", "<x", "<annotation>", "&", "&#0;", "a"]
)
HTMLS = st.one_of(
    st.lists(PIECES, max_size=12).map("".join),
    spoilt(st.lists(st.sampled_from(HTML), min_size=1, max_size=4).map("".join)),
    st.tuples(PIECES, st.integers(1, 3_000)).map(lambda pair: pair[0] * pair[1]),
)


# Documents


def readers(document: Any) -> None:
    """Every reader reads or refuses; what it reads is of proper hosts and within the limits."""
    begun = time.process_time()
    parts = [document, *documents.many(document.get("object"))]
    for part in (part for part in parts if isinstance(part, dict)):
        for read in (read_activity, read_object, read_actor):
            try:
                found = read(part)
            except Refused:
                continue
            assert origin.canonical(found.id) == found.id
        if (poll := read_question(part)) is not None:
            assert 0 < len(poll.options) == len(poll.votes) <= limits.POLL_OPTIONS_ELSEWHERE
            assert len(set(poll.options)) == len(poll.options)
            assert all(0 <= number < 2**31 for number in (*poll.votes, poll.voters))
            assert 0 <= poll.ends_at < 2**63
        signature = linked_data.signature_of(part)
        if signature is not None:
            with suppress(FederationError):
                linked_data.covered(part, signature)
    assert time.process_time() - begun < SECONDS * 2


# What apps send, and lists of blocks


def bodies(sent: tuple[bytes, str]) -> None:
    """Whatever an app says is read or refused, and what is read is of the kind that was asked."""
    raw, kind = sent

    async def receive() -> Sent:
        return {"type": "http.request", "body": raw, "more_body": False}

    headers = [(b"content-type", _bytes(kind))]
    scope = {"type": "http", "method": "POST", "query_string": raw, "headers": headers, "app": None}
    with suppress(FederationError):
        said = asyncio.run(body.read(Request(scope, receive)))
        for name in list(said.values):
            for read in (said.text, said.flag, said.number):
                with suppress(FederationError):
                    read(name)
            assert all(0 <= number < 2**63 for number in said.ids(name))
            assert all(isinstance(one, str) for one in said.texts(name))
            assert all(isinstance(one.values, dict) for one in said.parts(name))
            said.part(name)


FORMS = [
    *("poll[options][]=MIG&poll[options][]=TIG&poll[expires_in]=300", "choices[0]=1&choices[]=2"),
    *("id[]=1&id[]=" + "9" * 19, "fields_attributes[0][name]=a&fields_attributes[][name]=b"),
    *('{"status_ids":["1",2],"poll":{"options":["MIG"]}}', '{"data":{"alerts":{"poll":true}}}'),
    '--x\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\n1\r\n--x--\r\n',
]
BODY_KINDS = [
    *("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("multipart/form-data", "text/plain", ""),
]
BODIES = st.tuples(
    spoilt(st.sampled_from(FORMS), [*SIGNS, "9" * 5_000, "[]", "[0]", "&", "=", '"', "null"]).map(
        _bytes
    ),
    st.one_of(st.sampled_from(BODY_KINDS), spoilt(st.sampled_from(BODY_KINDS))),
)


def blocklists(text: str) -> None:
    """A list is read or refused; what it blocks are hosts, in the one spelling that rows have."""
    try:
        found = blocklist.parse(text)
    except Refused:
        return
    assert all(
        origin.host_of(f"https://{host}/") == host for host in (*found.blocks, *found.limits)
    )
    assert not any("\0" in note for note in found.blocks.values())
    if found.blocks or found.limits:
        again = blocklist.parse(blocklist.write(found.blocks, found.limits))
        assert (set(again.blocks), set(again.limits)) == (set(found.blocks), set(found.limits))


BLOCKLISTS = spoilt(
    st.sampled_from(
        [
            "#domain,#severity,#public_comment\nevil.example,suspend,Spam\nb**d.example,suspend,\n",
            "evil.example\nso.example\n",
            '"evil.example","suspend","two\nlines"\n',
        ]
    ),
    [*SIGNS, "\r", "\n", ",", '"', "x" * 140_000, *PLACES],
)


# The whole way in


def inbox(told: tuple[Told, str]) -> None:
    """Nobody is served worse, and nothing of anybody else's is changed."""

    async def run() -> None:
        story, template = told
        async with fresh_world(template) as world:
            await storm(world, story)

    asyncio.run(run())


ACTIVITIES = st.lists(spoilt_documents, min_size=1, max_size=6)
TOLD = st.builds(
    Told,
    activities=ACTIVITIES,
    member=st.booleans(),
    announced=st.booleans(),
    own_word=st.sampled_from([True, True, True, False]),
)


TARGETS = {
    "signed requests": Target(requests(), signed_requests),
    "signature headers": Target(st.one_of(LISTS, SPOILT), signature_headers),
    "json": Target(JSON, json_bytes),
    "urls": Target(URLS, urls, 500),
    "handles": Target(HANDLES, handles, 500),
    "words in headers": Target(WORDS, words),
    "html": Target(HTMLS, html, 200),
    "bodies of apps": Target(BODIES, bodies, 200),
    "lists of blocks": Target(BLOCKLISTS, blocklists, 200),
    "documents": Target(spoilt_documents, readers, 200, share=2),
    "inbox": Target(TOLD, inbox, 6, share=6, world=True),
}
"""By name; all that a stranger can make us read."""
