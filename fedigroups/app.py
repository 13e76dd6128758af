"""This module makes the ASGI apps of an instance: routes and middleware.

Whoever serves them opens the instance first: `fedigroups/worker.py` (`running`).
"""

from __future__ import annotations

from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from federation import limits, origin, storage
from federation.errors import FederationError
from federation.pace import MINUTE_SECONDS, Buckets, Memory
from federation.sealing import Seal
from federation.webfinger import lookup
from federation.wire import Wire
from fedigroups import __version__
from fedigroups.accounts import secrets
from fedigroups.accounts.attempts import Attempts
from fedigroups.accounts.reception import Reception
from fedigroups.api.front import Front
from fedigroups.api.shares import Shares
from fedigroups.bus import CHANGED, MAIL
from fedigroups.instance import Instance
from fedigroups.mastodon import routes as mastodon
from fedigroups.oauth import endpoints as oauth
from fedigroups.store import Ambient
from fedigroups.streaming import routes as streaming
from fedigroups.web import (
    activitypub,
    errors,
    health,
    media,
    metrics,
    pages,
    translation,
    wellknown,
)
from fedigroups.web.answers import Answers
from fedigroups.web.edge import Edge
from fedigroups.web.headers import SecurityHeaders
from fedigroups.web.hosting import founding_pages
from fedigroups.web.metrics import Timed
from fedigroups.web.presented import Presented
from fedigroups.web.reading import Reading
from fedigroups.web.site import Site, SubscribeTemplate
from fedigroups.web.translation import Spoken
from inbox.endpoint import Doors, inbox_endpoint
from inbox.pressure import Pressure

log = structlog.get_logger("fedigroups.app")

DOORS_SECONDS = 2.0
"""How long an inbox is remembered to be there: every delivery asks."""
TEMPLATE_SECONDS = 60.0
"""How long it is remembered where a server lets its people follow others, or nowhere."""

INBOXES = (
    "/inbox",
    "/groups/{name}/inbox",
    "/users/{name}/inbox",
    "/actor/inbox",
    "/moderation/inbox",
)


def make_app(instance: Instance) -> ASGIApp:
    """The app: inboxes, documents, pages, and what clients ask."""
    translation.ready()
    site, pressure = site_of(instance), Pressure(on=instance.settings.rate_limits)
    app = Starlette(
        routes=[
            *_inboxes(instance, pressure),
            *health.routes(),
            *health.seen_routes(instance.settings.secret),
            *metrics.routes(instance.settings),
            *wellknown.routes(
                instance.wire,
                contact=site.contact,
                open_registrations=instance.settings.signup == "open",
            ),
            *oauth.routes(),
            *mastodon.routes(),
            *streaming.routes(),
            *media.routes(instance.media),
            *founding_pages.routes(),
            *activitypub.routes(instance.wire, pressure),
            *pages.routes(),
        ],
        exception_handlers=errors.handlers(),
    )
    app.state.site = site
    app.state.reception = reception_of(instance)
    app.state.media = instance.media
    app.state.hub = instance.hub
    app.state.shares = Shares(on=instance.settings.rate_limits)
    app.router.redirect_slashes = False  # it would build a URL from the Host header
    app.state.presented = presented = Presented(Reading(app), app.state)
    front = Front(Edge(Ambient(presented, instance.store)), app.state.shares)
    answers = Answers(Spoken(_guarded(front, instance)))
    instance.bus.listen(CHANGED, lambda _: answers.forget())
    instance.bus.listen(CHANGED, lambda _: presented.changed())
    return Timed(answers, app)


def make_worker_app(instance: Instance) -> ASGIApp:
    """The app of a process that only works: it says whether it lives and is ready, nothing else."""
    app = Starlette(routes=[*health.routes(), *metrics.routes(instance.settings)])
    app.router.redirect_slashes = False
    return _guarded(Ambient(app, instance.store), instance)


def _guarded(app: ASGIApp, instance: Instance) -> ASGIApp:
    https = instance.wire.config.origin.startswith("https:")
    return SecurityHeaders(app, https=https, images=instance.media.pictures.sources)


def site_of(instance: Instance) -> Site:
    """What the pages know of the instance."""
    wire = instance.wire
    return Site(
        name=instance.settings.instance_name or wire.config.host,
        origin=wire.config.origin,
        host=wire.config.host,
        contact=instance.settings.contact,
        software_version=__version__,
        uris=wire.uris,
        subscribe_template=_template_finder(wire),
        source_url=instance.settings.source_url,
        may_sign_up=instance.settings.signup in ("open", "approval"),
        allowed_only=wire.config.allowed_only,
        pictures=instance.media.pictures,
    )


def reception_of(instance: Instance) -> Reception:
    """What lets people in knows of the instance."""
    settings = instance.settings
    return Reception(
        wire=instance.wire,
        name=settings.instance_name or instance.wire.config.host,
        signup=settings.signup,
        confirm_email=settings.confirm_email,
        password_grant=settings.password_grant,
        attempts=Attempts(on=settings.rate_limits),
        seal=Seal(settings.secret),
        form_key=secrets.keyed(settings.secret, "forms").encode(),
        vapid=instance.vapid,
        posted=partial(instance.bus.publish, MAIL),
        sends_mail=bool(settings.smtp_url),
    )


def _inboxes(instance: Instance, pressure: Pressure) -> list[BaseRoute]:
    receive = inbox_endpoint(instance.wire, instance.recorder, doors(instance.wire), pressure)
    return [Route(path, receive, methods=["POST"]) for path in INBOXES]


def doors(wire: Wire) -> Doors:
    """Which inboxes there are: the shared one, and one for each actor here that still lives.

    One that is closed by another process is open for `DOORS_SECONDS` more.
    """
    open_doors: Memory[bool] = Memory()

    async def exists(uri: str) -> bool:
        if uri == wire.uris.shared_inbox or open_doors.get(uri):
            return True
        found = await storage.row(
            "SELECT 1 AS one FROM actor WHERE uri = ? AND local = ? AND state = 'live'",
            uri.removesuffix("/inbox"),
            True,
        )
        if found is not None:
            open_doors.put(uri, True, DOORS_SECONDS)
        return found is not None

    return exists


def _template_finder(wire: Wire) -> SubscribeTemplate:
    """Any visitor can make us ask another host: so each site is asked only so often."""
    scheme = "http" if wire.config.allow_http else "https"
    known: Memory[str] = Memory()
    visits = Buckets(limits.LOOKUPS_PER_HOST, MINUTE_SECONDS)

    async def ask(handle: str) -> str:
        if visits.take(origin.site_of(handle.partition("@")[2])):
            log.info("page.too_many_lookups", handle=handle)
            return ""
        try:
            return (await lookup(wire.fetcher, handle, scheme=scheme)).subscribe_template
        except FederationError as error:
            log.info("page.no_subscribe_template", handle=handle, reason=str(error))
            return ""

    async def find(handle: str) -> str | None:
        found = known.get(handle)
        if found is None:
            found = await ask(handle)
            known.put(handle, found, TEMPLATE_SECONDS)
        return found or None

    return find
