"""The pages of people with an account here, and of single posts of theirs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fedigroups.groups import read
from fedigroups.web import addresses, errors, render
from fedigroups.web import site as sites
from fedigroups.web.translation import gettext as _


async def person_page(request: Request) -> Response:
    """`/@{name}`: who somebody is, the groups they look after, what they wrote in public."""
    name: str = request.path_params["name"]
    before = addresses.asked_number(request, "before")
    page = await read.person_page(name.lower(), before)
    if page is None or page.state in {"suspended", "pending"}:
        return errors.not_found(request)
    if page.state == "gone":
        return errors.gone(request)
    site = sites.of(request)
    return render.page(
        request,
        "person.html",
        title=page.person.name,
        description=_("%(handle)s on %(site)s", handle=page.person.handle, site=site.name),
        canonical=f"{site.origin}{page.person.link}",
        activity=page.person.uri,
        page=page,
        is_first=before == 0,
    )


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
