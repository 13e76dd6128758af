"""The page on which staff say from where no accounts are taken: mail hosts, addresses, networks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock
from federation.errors import Malformed
from fedigroups.accounts import signup_blocks
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.signup_models import SignUpBlock
from fedigroups.api.body import Body
from fedigroups.web import addresses, forms, refusals, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

PAGE = 100
PATH = "/admin/sign-ups"
DAYS = (0, 7, 30, 365)
"""For how long somebody may choose; 0 is for good."""


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route(PATH, for_staff(sign_ups), methods=["GET", "POST"])]


async def sign_ups(request: Request, session: Session) -> Response:
    """`/admin/sign-ups`: what is blocked, a form for more, and a button to end each."""
    problems: dict[str, str] = {}
    typed = {"what": "", "note": "", "days": "0"}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = {name: sent.text(name) for name in typed}
        try:
            done = await _changed(session, sent)
            return visitors.seen(f"{PATH}?done={done}")
        except Malformed as error:
            problems = {"what": refusals.said(error)}
    before = addresses.asked_number(request, "before")
    found = SignUpBlock.filter(id__lt=before) if before else SignUpBlock.all()
    rows = await found.order_by("-id").limit(PAGE + 1)
    return page(
        request,
        session,
        "sign-ups",
        _("Sign-ups"),
        found=rows[:PAGE],
        first=PATH if before else "",
        later=f"?before={rows[PAGE - 1].id}" if len(rows) > PAGE else "",
        typed=typed,
        days=DAYS,
        problems=problems,
    )


async def _changed(session: Session, sent: Body) -> str:
    """What was done. Of an address, the log has what the table has: its digest."""
    if lifted := sent.number("lift"):
        found = await signup_blocks.lift(lifted)
        if found is None:
            raise Malformed("choose what to do")
        await noted_down(session, "user unblock-sign-ups", value=found.value)
        return "sign_ups_lift"
    what, note = sent.text("what"), sent.text("note").strip()
    days = sent.number("days")
    made = await signup_blocks.block(
        signup_blocks.kind_of(what),
        what,
        note,
        asks=sent.flag("ask"),
        seconds=(days if days in DAYS else 0) * clock.DAY // clock.SECOND,
    )
    await noted_down(
        session, "user block-sign-ups", value=made.value, note=note, days=days, ask=made.asks
    )
    return "sign_ups_block"
