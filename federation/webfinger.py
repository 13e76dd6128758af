"""This module knows how a handle finds its actor, and what we answer for ours (RFC 7033)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from federation import limits, negotiation, origin, strict_json
from federation.documents.readers import canonical_or_empty
from federation.errors import Gone, Malformed, NotUsable, TooLarge
from federation.fetch import Budget, Fetcher
from federation.uris import Uris
from federation.vocabulary import ACTIVITY_JSON

JRD_JSON = "application/jrd+json"
ACTOR_TYPE = "https://www.w3.org/ns/activitystreams#type"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENT = "https://w3id.org/fep/3b86/Follow"
"""The page for following somebody (FEP-3b86): like the older one, with `{object}` for their id."""

_NAME = re.compile(r"[A-Za-z0-9_.~+-]{1,128}")
_SCHEMES = re.compile(r"^(?:acct|group):", re.IGNORECASE)
_PAGE = re.compile(r"/@([a-z0-9_.-]{1,64})")

Admit = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handle:
    """`vic@h.example`; two handles name the same account when they are equal in lower case."""

    name: str
    host: str

    def __str__(self) -> str:
        return f"{self.name}@{self.host}"

    def names_as(self, other: Handle) -> bool:
        """Whether both name one account: peers spell the name in either case."""
        return str(self).lower() == str(other).lower()


@dataclass(frozen=True, slots=True)
class Found:
    """Where a handle led: its actor, and the page on which its host lets people follow others.

    `handle` is the one that the account's own host confirmed; it differs from the one asked for
    where that was an alias.
    """

    actor_uri: str
    subscribe_template: str
    handle: str


def jrd(
    subject_handle: str, actor_uri: str, actor_kind: str, page_url: str, origin: str
) -> dict[str, Any]:
    """The answer to `acct:{subject_handle}`.

    It has one `self` link (NodeBB takes the last, Lemmy the last that it can read) and says what
    kind of actor that is, which Lemmy asks for before it fetches.
    """
    return {
        "subject": f"acct:{subject_handle}",
        "aliases": list(dict.fromkeys(uri for uri in (page_url, actor_uri) if uri)),
        "links": [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page_url or actor_uri},
            {
                "rel": "self",
                "type": ACTIVITY_JSON,
                "href": actor_uri,
                "properties": {ACTOR_TYPE: actor_kind},
            },
            {"rel": SUBSCRIBE, "template": f"{origin}/follow?uri={{uri}}"},
        ],
    }


def read_handle(text: str) -> Handle:
    """The handle in `vic@h.example`, `@vic@h.example`, `!vic@h.example` or `acct:vic@h.example`.

    Refuses (`Malformed`) whatever is not one name and one plain host; nothing is ever cut out of
    a host to make it fit.
    """
    bare = _SCHEMES.sub("", text[: limits.URI_CHARS], count=1).removeprefix("!").removeprefix("@")
    name, at, host = bare.partition("@")
    if not at or len(text) > limits.URI_CHARS or not _NAME.fullmatch(name):
        raise Malformed("a handle looks like vic@h.example, not {typed!r}", typed=text[:200])
    if origin.host_of(f"https://{host}/") != host.lower():
        raise Malformed("not a host name: {host!r}", host=host[:200])
    return Handle(name, host.lower())


def parse_resource(resource: str, uris: Uris) -> str | None:
    """The local name that an asked-for `resource` means, in lower case; None when it is not ours.

    Takes handles and the URLs of actors and of their pages. The instance actor is named like the
    host, by its own URL or by that of the instance (FEP-d556); the moderation actor `moderation`.
    Refuses (`Malformed`) what is neither a handle nor a URL.
    """
    if resource.lower().startswith(("https://", "http://")):
        return _name_at(origin.canonical(resource), uris)
    handle = read_handle(resource)
    return handle.name.lower() if handle.host == origin.host_of(uris.origin) else None


async def lookup(
    fetcher: Fetcher,
    handle: str,
    *,
    scheme: str = "https",
    budget: Budget | None = None,
    admit: Admit | None = None,
) -> Found:
    """Where `handle` leads.

    A host that names another subject is believed only once that subject's own host, asked once,
    names the same. `admit` is awaited with each host before it is asked, and may refuse it.
    Raises `Malformed` (no handle), `Gone` (nobody by that name), `NotUsable` (no actor, or no
    agreement on the subject), `Unreachable`, `Forbidden`, `OverBudget`.
    """
    asked = read_handle(handle)
    said = await _ask(fetcher, asked, scheme, budget, admit)
    if said.subject.names_as(asked):
        return said.found()
    second = await _ask(fetcher, said.subject, scheme, budget, admit)
    if not second.subject.names_as(said.subject):
        raise NotUsable(f"{asked} leads to {said.subject}, whose host speaks of {second.subject}")
    return second.found()


@dataclass(frozen=True, slots=True)
class _Said:
    subject: Handle
    actor_uri: str
    template: str

    def found(self) -> Found:
        if not self.actor_uri:
            raise NotUsable(f"{self.subject} has no link to an ActivityPub actor")
        return Found(self.actor_uri, self.template, str(self.subject))


def _unknown(handle: Handle, status: int = 404) -> Gone:
    said = "{host} knows nobody named {name}"
    return Gone(said, status=status, host=handle.host, name=handle.name)


async def _ask(
    fetcher: Fetcher, handle: Handle, scheme: str, budget: Budget | None, admit: Admit | None
) -> _Said:
    if admit is not None:
        await admit(handle.host)
    resource = quote(f"acct:{handle}", safe="")
    url = f"{scheme}://{handle.host}/.well-known/webfinger?resource={resource}"
    try:
        answer = await fetcher.raw(url, budget, accept=f"{JRD_JSON}, application/json")
    except Gone as error:
        raise _unknown(handle, error.status) from error
    if not answer.body.strip():  # PieFed: 200 and nothing, for a name that it does not know
        raise _unknown(handle)
    try:
        return _read(strict_json.loads(answer.body))
    except (Malformed, TooLarge) as error:
        raise NotUsable(f"the WebFinger answer for {handle} is no JRD: {error}") from error


def _read(document: dict[str, Any]) -> _Said:
    subject = document.get("subject")
    if not isinstance(subject, str) or not subject.lower().startswith("acct:"):
        raise Malformed("it has no subject that is a handle")
    listed = document.get("links")
    links = [link for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
    # Lemmy lists the group last where a person has the same name.
    actors = [canonical_or_empty(link.get("href")) for link in links if _is_self(link)]
    templates = _templates(links, SUBSCRIBE)
    templates += [one.replace("{object}", "{uri}") for one in _templates(links, INTENT)]
    return _Said(
        read_handle(subject),
        next((uri for uri in reversed(actors) if uri), ""),
        next((template for template in templates if "{uri}" in template), ""),
    )


def _templates(links: list[dict[str, Any]], rel: str) -> list[str]:
    return [canonical_or_empty(link.get("template")) for link in links if link.get("rel") == rel]


def _is_self(link: dict[str, Any]) -> bool:
    kind = link.get("type")
    return (
        link.get("rel") == "self" and isinstance(kind, str) and negotiation.is_activity_type(kind)
    )


def _name_at(url: str, uris: Uris) -> str | None:
    if url.rstrip("/") == uris.origin:
        return origin.host_of(uris.origin)
    local = uris.parse(url)
    if local is None:
        page = _PAGE.fullmatch(url.removeprefix(uris.origin))
        return page[1] if page else None
    match local.kind:
        case "group" | "person":
            return local.name
        case "instance":
            return origin.host_of(uris.origin)
        case "moderation":
            return "moderation"
        case _:
            return None
