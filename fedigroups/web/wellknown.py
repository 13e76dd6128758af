"""What other servers ask first: WebFinger, host-meta, NodeInfo, and security.txt."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation import clock, limits, nodeinfo, storage, webfinger, wellknown
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups.visibility import open_sql
from fedigroups.web import site as sites
from fedigroups.web.answers import Endpoint, shared

YEAR_MS = 365 * clock.DAY


def routes(wire: Wire, *, contact: str, open_registrations: bool) -> list[BaseRoute]:
    """The well-known URLs of this instance."""
    origin = wire.config.origin
    known = WellKnown(wire, open_registrations)
    there = "/.well-known"
    xml, security = wellknown.host_meta_xml(origin), contact or f"{origin}/about"
    return [
        Route(f"{there}/webfinger", shared(known.webfinger)),
        Route(f"{there}/nodeinfo", shared(known.nodeinfo_index)),
        Route("/nodeinfo/{version:str}", shared(known.nodeinfo)),
        Route(f"{there}/host-meta", _constant(xml, "application/xrd+xml")),
        Route(f"{there}/host-meta.json", _constant(wellknown.host_meta_json(origin), JRD)),
        Route(f"{there}/security.txt", _security(origin, security)),
        Route(f"{there}/change-password", _to_password),
    ]


JRD = "application/jrd+json"
OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"}


class WellKnown:
    """Names and numbers of one instance."""

    def __init__(self, wire: Wire, open_registrations: bool) -> None:
        self.wire = wire
        self.open_registrations = open_registrations

    async def webfinger(self, request: Request) -> Response:
        """Who a handle is: 404 for nobody, 400 for what is no handle."""
        resource = request.query_params.get("resource", "")
        if not resource or len(resource) > limits.URI_CHARS:
            return _problem(400, "ask with ?resource=acct:name@" + self.wire.config.host)
        try:
            name = webfinger.parse_resource(resource, self.wire.uris)
        except Malformed as error:
            return _problem(400, str(error))
        actor = await self._named(name) if name else None
        if actor is None:
            return _problem(404, "nobody here has that name")
        subject = self.wire.uris.handle(actor.username)
        document = webfinger.jrd(
            subject, actor.uri, actor.kind, actor.page_url, self.wire.config.origin
        )
        return JSONResponse(document, headers=OPEN, media_type=JRD)

    async def _named(self, name: str) -> Actor | None:
        return await Actor.filter(username=name, local=True, state="live").first()

    async def nodeinfo_index(self, request: Request) -> Response:
        """Where NodeInfo is, and the instance actor (FEP-2677)."""
        return JSONResponse(nodeinfo.index(self.wire.config.origin), headers=OPEN)

    async def nodeinfo(self, request: Request) -> Response:
        """NodeInfo 2.0 and 2.1; stays up under load, for Lemmy buries a host without it."""
        version = request.path_params["version"].removesuffix(".json")
        if version not in {"2.0", "2.1"}:
            return _problem(404, "NodeInfo is served as /nodeinfo/2.0 and /nodeinfo/2.1")
        document = nodeinfo.document(
            version,
            self.wire.config.origin,
            sites.of(request).name,
            await _counts(),
            open_registrations=self.open_registrations,
        )
        schema = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
        return JSONResponse(
            document, headers=OPEN, media_type=f'application/json; profile="{schema}"'
        )


async def _counts() -> nodeinfo.Counts:
    """Of what strangers may read: what somebody says to members alone makes no number move."""
    now = clock.now_ms()
    written = (
        f"FROM post JOIN account ON account.actor_id = post.author_id WHERE {open_sql('post')}"
    )
    writers = f"SELECT COUNT(DISTINCT post.author_id) {written} AND post.received_at > ?"
    counted = await storage.rows(
        "SELECT (SELECT COUNT(*) FROM account o JOIN actor a ON a.id = o.actor_id"  # noqa: S608 - our own SQL
        "   WHERE o.confirmed_at > 0 AND o.approved_at > 0 AND a.state = 'live') AS users,"
        f" ({writers}) AS month, ({writers}) AS halfyear,"
        f" (SELECT COUNT(*) {written} AND post.parent_id IS NULL) AS posts,"
        f" (SELECT COUNT(*) {written} AND post.parent_id IS NOT NULL) AS comments,"
        " (SELECT COUNT(*) FROM groups WHERE hosted = ? AND state = 'open') AS groups_here",
        *(now - 30 * clock.DAY, now - 182 * clock.DAY, True),
    )
    row = counted[0]
    return nodeinfo.Counts(
        users=row["users"],
        active_month=row["month"],
        active_halfyear=row["halfyear"],
        posts=row["posts"],
        comments=row["comments"],
        groups=row["groups_here"],
    )


def _problem(status: int, detail: str) -> Response:
    return JSONResponse(
        {
            "title": "Not Found" if status == 404 else "Bad Request",
            "status": status,
            "detail": detail,
        },
        status,
        {"Access-Control-Allow-Origin": "*"},
        "application/problem+json",
    )


def _constant(text: str, media_type: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        """Where WebFinger is (RFC 6415)."""
        return Response(text, headers=OPEN, media_type=media_type)

    return answer


def _security(origin: str, contact: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        """Whom to tell of a weakness (RFC 9116)."""
        expires = clock.now_ms() + YEAR_MS
        return PlainTextResponse(wellknown.security_txt(origin, contact, expires))

    return answer


async def _to_password(request: Request) -> Response:
    """Where a password is changed."""
    return RedirectResponse("/settings/password", 302)
