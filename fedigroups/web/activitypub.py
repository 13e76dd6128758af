"""The documents that other servers read: actors, collections, threads, posts and activities.

A URL that is also a page answers JSON or HTML by its Accept header; each minted id answers 200
with the very same id (NodeBB and Mastodon fetch what they are shown), 410 where something was,
and 404 where nothing is or nothing is for strangers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import FederationError, Refused, Slowed, Unreachable
from federation.models import Actor
from federation.negotiation import wants_activity
from federation.provenance import visitor
from federation.strict_json import dumps
from federation.vocabulary import ACTIVITY_JSON
from federation.wire import Wire
from fedigroups.groups import collections, lookup, read
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.documents import (
    actor_document,
    group_document,
    suspended_document,
    tombstone,
)
from fedigroups.groups.models import Group, Post
from fedigroups.groups.visibility import can_see, left_a_place
from fedigroups.web import pages
from fedigroups.web.addresses import asked_number, number
from fedigroups.web.answers import Endpoint, shared
from fedigroups.web.visitors import for_anybody
from inbox.endpoint import RETRY_SECONDS, signed_request
from inbox.pressure import Pressure, address_of
from outbox.models import Activity

ACTOR_CACHE = "public, max-age=180"
ASK_AGAIN = "no-cache"
"""What may be taken back at any time is kept by nobody without asking whether it still is so."""


def routes(wire: Wire, pressure: Pressure) -> list[BaseRoute]:
    """Every URL at which this instance serves ActivityPub documents.

    `pressure` bounds what strangers can have verified.
    """
    served = Served(wire, pressure)
    group = "/groups/{name}"
    return [
        Route(group, _either(served.group, for_anybody(pages.group_page))),
        Route(f"{group}/threads/{{id}}", _either(served.thread, for_anybody(pages.thread_page))),
        Route(f"{group}/outbox", shared(served.outbox)),
        Route(f"{group}/followers", shared(served.followers)),
        Route(f"{group}/followers_synchronization", served.followers_of_visitor),
        Route(f"{group}/following", shared(served.following)),
        Route(f"{group}/moderators", shared(served.moderators)),
        Route(f"{group}/featured", shared(served.featured)),
        Route("/users/{name}", _either(served.person, for_anybody(pages.person_page))),
        Route("/users/{name}/posts/{id}", _either(served.post, pages.post_page)),
        Route("/users/{name}/{collection}", shared(served.person_collection)),
        Route("/@{name}", _either(served.person, for_anybody(pages.person_page))),
        Route("/@{name}/{id}", _either(served.post, pages.post_page)),
        Route("/activities/{id}", shared(served.activity)),
        Route("/actor", shared(served.own_actor)),
        Route("/moderation", shared(served.own_actor)),
    ]


def _either(document: Endpoint, page: Endpoint) -> Endpoint:
    @wraps(page)
    async def answer(request: Request) -> Response:
        wanted = wants_activity(request.headers.get("accept", ""))
        response = await (document if wanted else page)(request)
        response.headers["Vary"] = "Accept, Signature"
        return response

    return shared(answer)


def activity_json(
    document: dict[str, Any] | bytes, status: int = 200, cache: str = ASK_AGAIN
) -> Response:
    """A document, with exactly the media type that Lemmy compares with."""
    body = document if isinstance(document, bytes) else dumps(document)
    headers = {
        "Vary": "Accept, Signature",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": cache,
    }
    return Response(body, status, headers, media_type=ACTIVITY_JSON)


def missing(what: str) -> Response:
    """404, as JSON: the reader is a program."""
    return problem(404, "Not Found", f"there is no {what} here")


def problem(status: int, title: str, detail: str, *, wait: float = 0) -> Response:
    """A problem document (RFC 9457); `wait` is after how many seconds to come back."""
    headers = {"Retry-After": str(math.ceil(wait))} if wait else {}
    content = dumps({"title": title, "status": status, "detail": detail})
    return Response(content, status, headers, media_type="application/problem+json")


def _of_group(
    show: Callable[[Served, Hosted], Awaitable[Response]],
) -> Callable[[Served, Request], Awaitable[Response]]:
    """The endpoint of what the open group in the address shows; 404 for any other."""

    @wraps(show)
    async def answer(served: Served, request: Request) -> Response:
        hosted = await served.hosted(request)
        return missing("such group") if hosted is None else await show(served, hosted)

    return answer


class Served:
    """The documents of one instance."""

    def __init__(self, wire: Wire, pressure: Pressure) -> None:
        self.wire = wire
        self.pressure = pressure
        self.uris = wire.uris

    async def group(self, request: Request) -> Response:
        """A group's actor; of one that is suspended little of it, of a closed one its Tombstone."""
        group = await Group.get_or_none(
            name=request.path_params["name"], hosted=True
        ).select_related("actor")
        if group is None:
            return missing("such group")
        if group.state == "closed":
            return self._gone(group.actor.uri, "Group", group.updated_at)
        if group.state == "suspended":
            document = await suspended_document(group.actor, self.wire.keyring, self.uris)
            return activity_json(document, cache=ACTOR_CACHE)
        document = await group_document(group, group.actor, self.wire.keyring, self.uris)
        return activity_json(document, cache=ACTOR_CACHE)

    async def person(self, request: Request) -> Response:
        """A person's actor; of one who is suspended, little more than that they are."""
        uri = self.uris.person(request.path_params["name"])
        actor = await Actor.get_or_none(uri=uri, local=True)
        if actor is None or actor.state == "pending":
            return missing("such person")
        if actor.state == "gone":
            return self._gone(actor.uri, actor.kind, actor.updated_at)
        shape = suspended_document if actor.state == "suspended" else actor_document
        document = await shape(actor, self.wire.keyring, self.uris)
        return activity_json(document, cache=ACTOR_CACHE)

    async def own_actor(self, request: Request) -> Response:
        """The instance's own actors: served to anybody, signed or not, so that keys can be had."""
        actor = await Actor.get(uri=f"{self.wire.config.origin}{request.url.path}")
        return activity_json(
            await actor_document(actor, self.wire.keyring, self.uris), cache=ACTOR_CACHE
        )

    @_of_group
    async def outbox(self, hosted: Hosted) -> Response:
        """The newest Announces of thread starters, each exactly as it was sent."""
        document, items = await collections.outbox(hosted, self.uris)
        body = dumps(document)[:-1] + b',"orderedItems":[' + b",".join(items) + b"]}"
        return activity_json(body)

    @_of_group
    async def followers(self, hosted: Hosted) -> Response:
        """How many members the group has."""
        return activity_json(collections.followers(hosted, self.uris))

    async def followers_of_visitor(self, request: Request) -> Response:
        """The group's followers on the host that signed the request, for nobody else (FEP-8fcf)."""
        hosted = await self.hosted(request)
        if hosted is None:
            return missing("such group")
        try:
            host = await self._visitor(request)
        except Refused as error:
            return problem(error.status, "Not for this visitor", str(error))
        except Slowed as error:
            return problem(429, "Too many at once", str(error), wait=error.seconds)
        except Unreachable as error:
            return problem(503, "Come back later", str(error), wait=RETRY_SECONDS)
        after = asked_number(request, "after") if "after" in request.query_params else None
        document = await collections.followers_of_host(hosted, host, self.uris, after)
        return activity_json(document, cache="private, no-store")

    async def _visitor(self, request: Request) -> str:
        """The host that signed the request; raises what refuses it."""
        address = address_of(request)
        self.pressure.check_address(address)
        try:
            return await visitor(self.wire, signed_request(request, b"", self.wire.config.origin))
        except (Refused, Unreachable):
            if "signature" in request.headers:  # without one, nothing was verified
                self.pressure.unproven(address)
            raise

    @_of_group
    async def following(self, hosted: Hosted) -> Response:
        """A group follows nobody."""
        return activity_json(collections.empty(self.uris.following(hosted.actor.uri)))

    @_of_group
    async def moderators(self, hosted: Hosted) -> Response:
        """Who moderates the group."""
        return activity_json(await collections.moderators(hosted, self.uris))

    @_of_group
    async def featured(self, hosted: Hosted) -> Response:
        """The pinned posts."""
        posts = await collections.pinned(hosted)
        documents = [json.loads(post.document) for post in posts if post.document]
        return activity_json(await collections.featured(hosted, self.uris, documents))

    async def thread(self, request: Request) -> Response:
        """A thread's posts (FEP-7888), of a thread of this group that a stranger may read."""
        hosted = await self.hosted(request)
        found = await read.thread_head(number(request.path_params["id"]))
        if hosted is None or found is None or found.group.id != hosted.group.id:
            return missing("such thread")
        return activity_json(await collections.thread(hosted, found, self.uris))

    async def post(self, request: Request) -> Response:
        """A post that a person here wrote; its Tombstone once it is gone."""
        uri = self.uris.post(request.path_params["name"], number(request.path_params["id"]))
        post = await Post.get_or_none(uri=uri)
        if post is None:
            return missing("such post")
        if left_a_place(post):
            return self._gone(uri, post.kind, post.updated_at or post.received_at)
        if not can_see(None, post):
            return missing("such post")
        return activity_json(post.document.encode())

    async def activity(self, request: Request) -> Response:
        """An activity as it was sent, if it was sent to all."""
        uri = self.uris.activity(request.path_params["id"])
        activity = await Activity.get_or_none(uri=uri, public=True)
        if activity is None or await self._is_hidden(activity.object_uri):
            return missing("such activity")
        return activity_json(bytes(activity.body))

    async def _is_hidden(self, post_uri: str) -> bool:
        """Whether that is a post of which strangers may not even know that it was there."""
        post = await Post.get_or_none(uri=post_uri) if post_uri else None
        return post is not None and not can_see(None, post) and not left_a_place(post)

    async def person_collection(self, request: Request) -> Response:
        """A person's collections: counts, not lists."""
        name, kind = request.path_params["name"], request.path_params["collection"]
        actor = await Actor.get_or_none(uri=self.uris.person(name), local=True, state="live")
        if actor is None or kind not in {"outbox", "followers", "following"}:
            return missing("such collection")
        if kind == "outbox":
            return activity_json(await collections.person_outbox(actor, self.uris))
        return activity_json(collections.empty(f"{actor.uri}/{kind}"))

    async def hosted(self, request: Request) -> Hosted | None:
        """The open group in the address, if there is one."""
        try:
            hosted = await lookup.hosted_named(request.path_params["name"])
        except FederationError:
            return None
        return hosted if hosted.group.state == "open" else None

    def _gone(self, uri: str, kind: str, at: int) -> Response:
        return activity_json(tombstone(uri, kind, at), 410)
