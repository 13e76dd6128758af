"""The pages of the instance itself, and the table of all routes that only people use.

Groups, threads, people and posts have the same address for people and for programs: their
handlers are exported here, for whoever decides between the two.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.models import Peer
from fedigroups.content import sanitise
from fedigroups.groups import read
from fedigroups.web import (
    acting_pages,
    colours,
    completing,
    consent_pages,
    dismissing,
    feeds,
    language_choice,
    member_pages,
    render,
    reset_pages,
    search_pages,
    session_pages,
    signup_pages,
    starting_pages,
    static,
    unsubscribing,
    visitors,
    writing_pages,
)
from fedigroups.web import site as sites
from fedigroups.web.answers import shared
from fedigroups.web.group_pages import answer, directory, group_page, join, tag_page
from fedigroups.web.hosting import (
    handing_over,
    letting_in,
    measuring,
    people,
    pins,
    rules,
    texts,
)
from fedigroups.web.hosting import servers as hosts_servers
from fedigroups.web.moderation import desk, ledger, mail, own, reports
from fedigroups.web.people_pages import person_page, post_page
from fedigroups.web.settings import (
    bringing,
    choices,
    factor,
    leaving,
    mailing,
    moving,
    passkeys,
    profile,
    security,
)
from fedigroups.web.staff import announcing, overview, saying, servers, sign_ups, works
from fedigroups.web.staff import groups as staff_groups
from fedigroups.web.staff import people as staff_people
from fedigroups.web.thread_pages import thread_page
from fedigroups.web.translation import gettext as _

__all__ = ["group_page", "person_page", "post_page", "routes", "thread_page"]

ROBOTS = """User-agent: *
Disallow: /groups/*/join
Disallow: /answer
Disallow: /posts/
Disallow: /login?
Disallow: /search
Disallow: /*?before=
Disallow: /*&before=
Allow: /
"""


async def home(request: Request) -> Response:
    """`/`: what this is, the groups here, and what is being talked about."""
    site = sites.of(request)
    found = await read.home(reader_id=visitors.reader_id(request))
    description = _(
        "Groups at %(host)s, open to people from every server of the fediverse.", host=site.host
    )
    return render.page(
        request,
        "home.html",
        description=description,
        canonical=f"{site.origin}/",
        nav="home",
        home=found,
        may_sign_up=site.may_sign_up,
    )


async def about(request: Request) -> Response:
    """`/about`: who runs this, what it runs, how to take part."""
    site = sites.of(request)
    return render.page(
        request,
        "about.html",
        title=_("About %(site)s", site=site.name),
        canonical=f"{site.origin}/about",
        nav="about",
        contact=_contact(site.contact),
        source=sanitise.safe_url(site.source_url),
    )


async def privacy(request: Request) -> Response:
    """`/about/privacy`: what is kept of whom, who sees it, and for how long."""
    return render.page(request, "privacy.html", title=_("Privacy"), nav="about")


async def how_it_works(request: Request) -> Response:
    """`/help`: what a group is, how to take part, what to do when something is wrong."""
    return render.page(request, "help.html", title=_("How it works"), nav="about")


async def blocked(request: Request) -> Response:
    """`/about/blocked`: the servers that this one does not talk to, and those that it limits."""
    named = await Peer.filter(Q(blocked=True) | Q(limited=True)).order_by("host")
    return render.page(
        request,
        "blocked.html",
        title=_("Blocked servers"),
        nav="about",
        hosts=[one.host for one in named if one.blocked],
        limited=[one.host for one in named if not one.blocked],
        allowed_only=sites.of(request).allowed_only,
    )


async def robots(_request: Request) -> Response:
    """`/robots.txt`."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})


def routes() -> list[BaseRoute]:
    """The routes that have no ActivityStreams form; handlers find the site in `app.state.site`."""
    return [
        *_of_the_instance(),
        Route("/groups", shared(visitors.for_anybody(directory))),
        Route("/tags/{name}", shared(visitors.for_anybody(tag_page))),
        Route("/answer", visitors.for_anybody(answer)),
        Route("/groups/{name}/join", visitors.for_anybody(join)),
        Route("/groups/{name}/feed.atom", shared(feeds.group_feed)),
        Route("/groups/{name}/threads/{id}/feed.atom", shared(feeds.thread_feed)),
        *static.routes(),
        *colours.routes(),
        *completing.routes(),
        *dismissing.routes(),
        *language_choice.routes(),
        *search_pages.routes(),
        *session_pages.routes(),
        *signup_pages.routes(),
        *reset_pages.routes(),
        *security.routes(),
        *factor.routes(),
        *passkeys.routes(),
        *profile.routes(),
        *choices.routes(),
        *leaving.routes(),
        *mailing.routes(),
        *unsubscribing.routes(),
        *bringing.routes(),
        *moving.routes(),
        *consent_pages.routes(),
        *member_pages.routes(),
        *acting_pages.routes(),
        *writing_pages.routes(),
        *starting_pages.routes(),
        *own.routes(),
        *desk.routes(),
        *ledger.routes(),
        *reports.routes(),
        *mail.routes(),
        *people.routes(),
        *letting_in.routes(),
        *texts.routes(),
        *hosts_servers.routes(),
        *pins.routes(),
        *measuring.routes(),
        *rules.routes(),
        *handing_over.routes(),
        *overview.routes(),
        *works.routes(),
        *staff_people.routes(),
        *staff_groups.routes(),
        *sign_ups.routes(),
        *servers.routes(),
        *announcing.routes(),
        *saying.routes(),
    ]


def _of_the_instance() -> list[BaseRoute]:
    return [
        Route("/", shared(visitors.for_anybody(home))),
        Route("/about", visitors.for_anybody(about)),
        Route("/help", visitors.for_anybody(how_it_works)),
        Route("/about/privacy", visitors.for_anybody(privacy)),
        Route("/about/blocked", visitors.for_anybody(blocked)),
        Route("/robots.txt", robots),
    ]


def _contact(contact: str) -> str:
    """What a link to the contact leads to: a page, a mail, or nothing."""
    if link := sanitise.safe_url(contact):
        return link
    is_mail = contact.count("@") == 1 and not any(sign in contact for sign in " <>?&\"'\n")
    return f"mailto:{contact}" if is_mail else ""
