"""What the pages know of the instance that they are pages of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request

from federation.uris import Uris
from fedigroups.about import NOTHING, Said
from fedigroups.media.pictures import Pictures
from fedigroups.models import Announcement

SubscribeTemplate = Callable[[str], Awaitable[str | None]]
"""Of a handle `name@host`: its server's page for following, with `{uri}` in it, or None.

May raise a FederationError: the visitor is then told what to do by hand.
"""


async def no_template(_handle: str) -> str | None:
    """The answer of a site that asks no other server."""
    return None


@dataclass(frozen=True, slots=True)
class Site:
    """The instance: how it is called, where it is, whom to write to, what it runs.

    `contact` is an e-mail address, an http(s) URL, or empty. `source_url` is where the source of
    the running version is (AGPL section 13).
    """

    name: str
    origin: str
    host: str
    contact: str
    software_version: str
    uris: Uris
    pictures: Pictures
    subscribe_template: SubscribeTemplate = no_template
    source_url: str = ""
    may_sign_up: bool = False
    """Whether anybody may make an account, at once or after a yes."""
    allowed_only: bool = False
    """Whether it deals with those servers alone that its operators allowed."""
    said: Said = NOTHING
    """What whoever runs it says of it on pages."""
    announcements: tuple[Announcement, ...] = ()
    """Those that run, or will."""


def of(request: Request) -> Site:
    """The site that the app was built for."""
    site: Site = request.app.state.site
    return site
