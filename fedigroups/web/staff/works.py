"""The page of what runs by itself: letters, pictures, and the rounds of the workers."""

from __future__ import annotations

from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups import rounds
from fedigroups.accounts import letters
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.mail_models import Mail
from fedigroups.media import sweeping
from fedigroups.web import forms, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

LATE = 20
NAMES = MappingProxyType(
    {
        "housekeeping": noted("Housekeeping: what may be forgotten is forgotten, about each hour"),
        "expiring": noted("Bans and mutes that end, and weekly threads, each minute"),
        "on_time": noted("What is scheduled: posts, deletions, ends of polls"),
        "processor": noted("Working on what arrives"),
        "scheduler": noted("Delivering to other servers"),
        "mailer": noted("Sending letters"),
        "pusher": noted("Telling apps"),
        "index": noted("Entering posts into the search"),
        "streams": noted("Telling open pages and apps what is new"),
    }
)


def routes() -> list[BaseRoute]:
    """The page, for whoever runs the instance."""
    return [Route("/admin/works", for_staff(works, admin=True), methods=["GET", "POST"])]


async def works(request: Request, session: Session) -> Response:
    """`/admin/works`: `POST` sends a letter to whoever asks, to see that letters arrive."""
    if request.method == "POST":
        await forms.read(request)
        reception, account = receptions.of(request), session.account
        letter = letters.test(reception.name, reception.origin)
        await reception.write(account.email, letter)
        await noted_down(session, "mail test", to=account.email)
        return visitors.seen("/admin/works?done=letter")
    late = Mail.filter(tries__gt=0)
    return page(
        request,
        session,
        "works",
        _("What runs by itself"),
        waiting=await Mail.all().count(),
        late=await late.order_by("-tries", "id").limit(LATE),
        used=await sweeping.usage(),
        rounds=await rounds.known(),
        names=NAMES,
    )
