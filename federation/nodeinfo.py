"""This module knows what software a host runs, what it is sent for that, and what we say we run.

NodeInfo 2.0 and 2.1, FEP-f1d5; FEP-2677 for the link to the instance actor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from federation import __version__, origin, strict_json
from federation.errors import Malformed, NotUsable, TooLarge
from federation.fetch import Budget, Fetcher
from federation.uris import Uris

Family = Literal["thread", "microblog", "unknown"]
Version = Literal["2.0", "2.1"]

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
SOFTWARE = "fedigroups"

THREAD = frozenset(
    {
        "discourse",
        "fedigroups",
        "forte",
        "friendica",
        "hubzilla",
        "kbin",
        "lemmy",
        "mbin",
        "nodebb",
        "piefed",
        "streams",
    }
)
"""They take a wrapped activity (FEP-1b12) and have no use for a boost."""

MICROBLOG = frozenset(
    {
        "akkoma",
        "areionskey",
        "calckey",
        "catodon",
        "cherrypick",
        "chuckya",
        "ecko",
        "fedibird",
        "firefish",
        "foundkey",
        "glitch",
        "glitch-soc",
        "glitchcafe",
        "gotosocial",
        "hometown",
        "honk",
        "iceshrimp",
        "iceshrimp.net",
        "kmyblue",
        "magnetar",
        "mastodon",
        "meisskey",
        "misskey",
        "mitra",
        "pixelfed",
        "pleroma",
        "rebased",
        "sharkey",
        "smithereen",
        "snac",
        "snac2",
        "takahe",
        "threads",
        "wafrn",
    }
)
"""They take a boost, and are harmed by a wrapped activity (they resolve it to a boost again)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,63}")
_READABLE = ("2.1", "2.0", "1.1", "1.0")


@dataclass(frozen=True, slots=True)
class Software:
    """What a host says it runs: the name in lower case, the version as it wrote it."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What NodeInfo publishes in numbers; of hidden groups and people nothing is counted."""

    users: int = 0
    active_month: int = 0
    active_halfyear: int = 0
    posts: int = 0
    comments: int = 0
    groups: int = 0


def family_of(name: str) -> Family:
    """Which dialect the software of that name is sent; `unknown` gets both for new posts.

    WordPress, PeerTube, Mobilizon and Guppe boost and are boosted, yet some read wrapped
    activities too: they stay unknown.
    """
    known = name.strip().lower()
    if known in THREAD:
        return "thread"
    return "microblog" if known in MICROBLOG else "unknown"


def index(origin: str) -> dict[str, Any]:
    """The answer at `/.well-known/nodeinfo`."""
    links = [
        {"rel": f"{SCHEMA}{version}", "href": f"{origin}/nodeinfo/{version}"}
        for version in ("2.0", "2.1")
    ]
    return {"links": [*links, {"rel": APPLICATION, "href": Uris(origin).instance_actor}]}


def document(
    version: Version,
    origin: str,
    name: str,
    counts: Counts,
    *,
    description: str = "",
    open_registrations: bool = False,
) -> dict[str, Any]:
    """The answer at `/nodeinfo/{version}`: numbers and the instance's own name, no person's."""
    software = {"name": SOFTWARE, "version": __version__}
    if version == "2.1":
        software["homepage"] = origin
    users = {
        "total": counts.users,
        "activeMonth": counts.active_month,
        "activeHalfyear": counts.active_halfyear,
    }
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": open_registrations,
        "usage": {
            "users": users,
            "localPosts": counts.posts,
            "localComments": counts.comments,
        },
        "metadata": {
            "nodeName": name,
            "nodeDescription": description,
            "groups": counts.groups,
        },
    }


async def ask(
    fetcher: Fetcher, host: str, scheme: str = "https", budget: Budget | None = None
) -> Software:
    """What `host` says it runs: two requests, both to that host.

    Raises `NotUsable` or `Gone` when it does not say, `Unreachable` when it does not answer
    properly, `Forbidden` and `OverBudget` as every fetch.
    """
    links = await _get(fetcher, f"{scheme}://{host}/.well-known/nodeinfo", budget)
    return _software(await _get(fetcher, _document_url(links, host, scheme), budget))


async def _get(fetcher: Fetcher, url: str, budget: Budget | None) -> dict[str, Any]:
    answer = await fetcher.raw(url, budget, accept="application/json")
    try:
        return strict_json.loads(answer.body)
    except (Malformed, TooLarge) as error:
        raise NotUsable(f"{url} is no NodeInfo: {error}") from error


def _document_url(found: dict[str, Any], host: str, scheme: str) -> str:
    listed = found.get("links")
    links = {
        link["rel"]: link["href"]
        for link in (listed if isinstance(listed, list) else [])
        if isinstance(link, dict)
        and isinstance(link.get("rel"), str)
        and isinstance(link.get("href"), str)
    }
    for version in _READABLE:
        href = links.get(f"{SCHEMA}{version}")
        if href is not None and origin.host_or_empty(href) == host:
            parts = urlsplit(href)
            # Behind a proxy some write http: where the host says https is asked over https.
            return f"{scheme}://{host}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    raise NotUsable(f"{host} links to no NodeInfo document of its own")


def _software(document: dict[str, Any]) -> Software:
    said = document.get("software")
    name = said.get("name") if isinstance(said, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name.strip().lower()):
        raise NotUsable("the NodeInfo document names no software")
    version = said.get("version") if isinstance(said, dict) else None
    return Software(name.strip().lower(), version[:64] if isinstance(version, str) else "")
