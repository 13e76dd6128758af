"""This module spoils what was good: documents, headers, addresses and HTML, a little at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from hypothesis import strategies as st

import replay
from federation.documents import id_of
from federation.errors import Malformed
from federation.origin import origin_of
from federation.vocabulary import AS2, PUBLIC

GROUP = "https://groups.example/groups/welders"
VIC = "https://h.example/users/vic"
EVE = "https://evil.example/users/eve"
NOTE = f"{VIC}/statuses/2"
"""Vic's post in the group, as `trials.Scene.post` makes it first."""
IVY = "https://evil.example/users/ivy"
HERS = f"{IVY}/statuses/2"
"""The post of Ivy, who is honest and has her account where Eve has hers."""
TOM = "https://groups.example/users/tom"
POLL = f"{TOM}/posts/1"
"""Stands for the poll that Tom makes here, whose id nobody can know before."""

Document = dict[str, Any]
Path = tuple[str | int, ...]

PLACES = [
    *(IVY, HERS, f"{IVY}#main-key", POLL),
    *(GROUP, VIC, EVE, NOTE, PUBLIC, f"{GROUP}/followers", f"{VIC}/followers", f"{EVE}/followers"),
    *(f"{VIC}#main-key", f"{EVE}#main-key", f"{EVE}/statuses/1", f"{EVE}/follow/1"),
    *("https://groups.example/users/olga", "https://groups.example/users/tom"),
    *("https://groups.example/actor", "https://groups.example/moderation", "acct:vic@h.example"),
    *("https://H.EXAMPLE:443/users/vic", "https://h.example./users/vic", "https://vic@h.example/"),
    *(
        "https://127.0.0.1/x",
        "https://localhost/",
        "https://[::1]/",
        "https://0x7f.1/",
        "as:Public",
    ),
    *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//h.example/x", ""),
    *(
        "https://h.example/users/vic\x00",
        "https://h.example/ /",
        "https://h.example\\@evil.example/",
    ),
]
KINDS = [
    *("Create", "Update", "Delete", "Undo", "Follow", "Accept", "Reject", "Announce", "Like"),
    *("Dislike", "EmojiReact", "Add", "Remove", "Block", "Flag", "Move", "Leave", "Join", "Lock"),
    *("Note", "Page", "Article", "Question", "Video", "Event", "Tombstone", "Person", "Group"),
    *("Application", "Collection", "OrderedCollection", "Mention", "Hashtag", "Link", "Image"),
    *("Multikey", "Key", "create", "as:Create", f"{AS2}#Create", "", "🤷"),
]
KEYS = [
    *(
        "id",
        "type",
        "actor",
        "object",
        "target",
        "result",
        "to",
        "cc",
        "bto",
        "audience",
        "@context",
    ),
    *("attributedTo", "inReplyTo", "content", "contentMap", "summary", "name", "nameMap", "source"),
    *("published", "updated", "url", "attachment", "tag", "icon", "image", "replies", "context"),
    *("proof", "signature", "publicKey", "assertionMethod", "inbox", "endpoints", "alsoKnownAs"),
    *("votersCount", "totalItems", "endTime", "closed"),
    *("movedTo", "oneOf", "anyOf", "quote", "quoteUrl", "_misskey_quote", "removeData", "language"),
    *(
        "interactionPolicy",
        "sensitive",
        "mediaType",
        "@id",
        "@type",
        "@graph",
        "@reverse",
        "orderedItems",
    ),
]
HTML = [
    *("<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "<svg/onload=alert(1)>"),
    *('<a href="javascript:alert(1)">x</a>', "<style>*{}</style>", '<p style="x" class="fa">x</p>'),
    *(
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;">',
        "<b>" * 40,
        "&lt;b&gt;",
    ),
    *(
        "<!--",
        "]]>",
        "<![CDATA[",
        "<p",
        "</p>",
        "<a href='",
        '">',
        "&#x3c;script&#x3e;",
        "\u202e",
        "<br>",
    ),
]
TIMES = [
    *("2026-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "1970-01-01", "2099-12-31T23:59:60Z"),
    *("2026-02-30T00:00:00Z", "2026-01-01T00:00:00+99:99", "0000-00-00T00:00:00Z", "soon"),
]
NUMBERS = [0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 1.5, -0.0, 1e308]
JUNK: list[Any] = [
    None,
    True,
    False,
    {},
    [],
    [[]],
    [None],
    {"id": None},
    {"type": []},
    [{}],
    [{}, {}],
]

words = st.one_of(
    st.sampled_from([*PLACES, *KINDS, *HTML, *TIMES]),
    st.text(max_size=30),
    st.sampled_from(["x" * 3_000, "é" * 70_000, "\U0001f468\u200d" * 50, "\ufffe\uffff"]),
)
values = st.one_of(
    words,
    st.sampled_from(NUMBERS),
    st.sampled_from(JUNK).map(copy.deepcopy),
    st.lists(words, max_size=3),
    st.dictionaries(st.sampled_from(KEYS), words, max_size=3),
)


def good() -> list[Document]:
    """Activities as peers write them, by Eve, some of them about what is Vic's."""
    note = {
        "id": f"{EVE}/statuses/1",
        "type": "Note",
        "attributedTo": EVE,
        "to": [PUBLIC],
        "cc": [GROUP, f"{GROUP}/followers"],
        "content": '<p>Hello <a class="mention" href="https://h.example/@vic">@vic</a></p>',
        "published": "2026-01-01T00:00:00Z",
        "tag": [{"type": "Mention", "href": GROUP, "name": "@welders"}],
        "attachment": [
            {"type": "Image", "mediaType": "image/png", "url": "https://evil.example/a.png"}
        ],
    }
    page = note | {
        "type": "Page",
        "name": "Rods",
        "audience": GROUP,
        "to": [GROUP, PUBLIC],
        "cc": [],
    }
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 7}}
        for name in ("MIG", "TIG")
    ]
    poll = note | {"type": "Question", "oneOf": options, "endTime": "2099-01-01T00:00:00Z"}
    poll |= {"id": f"{EVE}/statuses/3", "votersCount": 7}
    vote = {"id": f"{EVE}#votes/1", "type": "Note", "name": "MIG", "attributedTo": EVE}
    vote |= {"inReplyTo": POLL, "to": [TOM]}
    theirs = note | {"id": NOTE, "attributedTo": VIC, "updated": "2099-01-01T00:00:00Z"}
    hers = note | {"id": HERS, "updated": "2099-01-01T00:00:00Z"}
    reply = note | {"inReplyTo": NOTE}
    person = {
        "id": EVE,
        "type": "Person",
        "preferredUsername": "eve",
        "inbox": f"{EVE}/inbox",
        "publicKey": {"id": f"{EVE}#main-key", "owner": EVE, "publicKeyPem": "x"},
    }
    follow = {"id": f"{EVE}/follow/1", "type": "Follow", "actor": EVE, "object": GROUP}
    return [
        *(act("Create", one) for one in (note, page, poll, reply)),
        *(act("Update", one) for one in (note, theirs, hers, person)),
        *(act("Create", one) for one in (hers, hers | {"attributedTo": IVY})),
        *(act("Create", one, to=[TOM]) for one in (vote, vote | {"name": "TIG"})),
        *(act("Create", vote | {"attributedTo": one}, to=[TOM]) for one in (IVY, VIC)),
        *(act("Update", poll | one) for one in ({"closed": True}, {"id": POLL})),
        *(act(kind, HERS) for kind in ("Delete", "Undo")),
        *(act(kind, NOTE) for kind in ("Delete", "Like", "Dislike", "Announce", "EmojiReact")),
        *(act("Undo", one) for one in (follow, act("Like", NOTE), f"{VIC}/follow/1")),
        *(act(kind, follow | {"actor": VIC}) for kind in ("Accept", "Reject")),
        *(act(kind, NOTE, target=f"{GROUP}/featured") for kind in ("Add", "Remove")),
        *(act("Announce", act(kind, NOTE, actor=VIC)) for kind in ("Like", "Delete", "Undo")),
        act("Announce", [act("Like", NOTE, actor=VIC), act("Like", NOTE)]),
        act("Announce", act("Create", theirs, actor=VIC)),
        act("Block", VIC, target=GROUP),
        act("Flag", [NOTE, VIC], content="spam"),
        act("Move", EVE, target=VIC),
        act("Delete", EVE, removeData=True),
        act("Leave", GROUP),
        act("Add", VIC, target=f"{GROUP}/moderators"),
        follow,
    ]


def act(kind: str, object: Any, **more: Any) -> Document:
    return {
        "@context": AS2,
        "id": f"{EVE}/{kind.lower()}/9",
        "type": kind,
        "actor": EVE,
        "object": object,
        "to": [PUBLIC],
        "cc": [GROUP],
    } | more


@cache
def corpus() -> tuple[Document, ...]:
    """Ours, and what others were recorded to send, as if Eve had sent it to the group."""
    return (*good(), *(as_eves(one.document) for one in recorded()))


def recorded() -> list[replay.Recorded]:
    """Nothing where the recorded documents are not here."""
    return replay.recorded() if replay.WIRE.is_dir() else []


def as_eves(document: Document) -> Document:
    """The activity, of Eve and of things on her host."""
    told = replay.to_us(replay.filled(document))
    actor = id_of(told["actor"])
    text = json.dumps(told).replace(f'"{actor}"', f'"{EVE}"')
    with suppress(Malformed):
        text = text.replace(origin_of(actor), "https://evil.example")
    made: Document = json.loads(text)
    return made | {"actor": EVE}


# How a document is spoilt


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a document."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*at, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from paths(item, (*at, number))


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


@st.composite
def mutated(draw: st.DrawFn, documents: st.SearchStrategy[Document]) -> Document:
    """A document in which up to four places are not as they were."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(0, 4))):
        places = list(paths(document))
        if not places:
            break
        _spoil(draw, document, draw(st.sampled_from(places)), places)
    return document


def _spoil(draw: st.DrawFn, document: Document, path: Path, places: list[Path]) -> None:
    above, key = at(document, path[:-1]), path[-1]
    old = above[key]
    how = draw(st.integers(0, 8))
    if how == 0:
        del above[key]
    elif how <= 3:
        above[key] = draw(values)
    elif how == 4:
        above[key] = copy.deepcopy(at(document, draw(st.sampled_from(places))))
    elif how == 5:
        above[key] = draw(st.sampled_from([[old], [old, old], {"id": old}, {"@id": old}, [[old]]]))
    elif how == 6:
        above[key] = [old, draw(values)]
    elif how == 7 and isinstance(above, dict):
        above[draw(st.sampled_from(KEYS))] = draw(values)
    elif how == 8 and isinstance(old, str):
        above[key] = draw(spoilt(st.just(old)))


documents = mutated(
    st.one_of(
        st.integers(0, 10**6).map(lambda n: good()[n % len(good())]),
        st.integers(0, 10**6).map(lambda n: corpus()[n % len(corpus())]),
    )
)
"""Any of the corpus, spoilt or not."""


# How a text is spoilt

SIGNS = [
    *"\"\\,=;: ()\t\n\0@#?/.[]{}<>'*éKı\u200b。\ud7ff\x7f\x85\u2028",
    *("\r\n", "//", "..", "%00", "%2f", "%5c", "xn--", "0x7f", "99999"),
]
SPLICES = [
    *SIGNS,
    *('keyId="x"', "keyid", "headers=", "sig1", "sig2=", ":AAAA:", "created=1", ";created=1"),
    *(";req", "sha-256", "SHA-256=", "1e400", "-1", "99999999999999999999", "?1", "@method"),
]


@st.composite
def spoilt(draw: st.DrawFn, texts: st.SearchStrategy[str], pieces: Sequence[str] = SPLICES) -> str:
    """A text with up to four pieces cut out, put in, doubled or swapped."""
    text = draw(texts)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.sampled_from([0, 0, 0, 1, 2, 12])), len(text))
        piece = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(pieces),
                st.just(text[start:end] * 2),
                st.just(text[start:end].swapcase()),
                st.text(max_size=4),
            )
        )
        text = text[:start] + piece + text[end:]
    return text
