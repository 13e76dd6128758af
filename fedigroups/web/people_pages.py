"""The pages of people, here and elsewhere, and of single posts of theirs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fedigroups.accounts import reception as receptions
from fedigroups.groups import authors, read
from fedigroups.groups.authors import PersonPage
from fedigroups.personal import unwanted
from fedigroups.web import addresses, errors, render, visitors
from fedigroups.web import site as sites
from fedigroups.web.translation import gettext as _


async def person_page(request: Request) -> Response:
    """`/@{name}`, `/@{name}@{host}`: who somebody is, what they look after and wrote here.

    Of people elsewhere only what their server let us know, with the way there; search engines are
    asked to read them on their own server.
    """
    me = visitors.known(request)
    before = addresses.asked_number(request, "before")
    name: str = request.path_params["name"]
    page = await authors.page(name, before, me.actor.id if me else 0)
    if page is None or page.state in {"suspended", "pending"} or await _is_blocked(request, page):
        return errors.not_found(request)
    if page.state == "gone":
        return errors.gone(request)
    site, person = sites.of(request), page.person
    is_unwanted = bool(me and await unwanted.among(me.actor.id, {person.id}))
    return render.page(
        request,
        "person.html",
        title=person.name,
        description=_("%(handle)s on %(site)s", handle=person.handle, site=site.name),
        canonical=f"{site.origin}{person.link}" if person.local else person.origin_url,
        activity=person.uri if person.local else "",
        indexed=person.local,
        page=page,
        is_first=before == 0,
        is_own=me is not None and me.actor.id == person.id,
        is_unwanted=is_unwanted,
    )


async def _is_blocked(request: Request, page: PersonPage) -> bool:
    if page.person.local:
        return False
    return await receptions.of(request).wire.peers.is_blocked(page.person.host)


async def post_page(request: Request) -> Response:
    """`/@{name}/{id}`: on to the thread that the post is in, at its place."""
    site = sites.of(request)
    uri = site.uris.post(request.path_params["name"].lower(), request.path_params["id"])
    found = await read.post_permalink(uri)
    if found is None:
        return errors.not_found(request)
    if found.gone:
        return errors.gone(request)
    return RedirectResponse(found.link, 302, headers={"Link": render.activity_link(found.uri)})
