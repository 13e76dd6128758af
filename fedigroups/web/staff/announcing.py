"""The page on which something is announced to everybody here, for a time."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock
from federation.errors import Malformed
from fedigroups import announcements
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.content import markdown
from fedigroups.models import Announcement
from fedigroups.web import forms, refusals, versions, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.hosting import fields
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

PAST = 20
BLANK = {"text": "", "begins": "", "ends": ""}


def routes() -> list[BaseRoute]:
    """The page, for whoever runs the instance."""
    announce = for_staff(announcing, admin=True)
    return [Route("/admin/announcements", announce, methods=["GET", "POST"])]


async def announcing(request: Request, session: Session) -> Response:
    """`/admin/announcements`: those that stand, to be changed; those that stood, and a new one."""
    problems, typed, about = {}, BLANK, 0
    if request.method == "POST":
        sent = await forms.read(request)
        typed, about = fields.texts(sent, BLANK), sent.number("change")
        try:
            problems = await _overtaken(sent, about, typed)
            if not problems:
                done = await _do(session, sent.number("end"), about, typed)
                request.app.state.presented.forget()
                return visitors.seen(f"/admin/announcements?done={done}")
        except Malformed as error:
            problems = _blamed(error)
    standing = await announcements.standing()
    return page(
        request,
        session,
        "announcements",
        _("Announcements"),
        problems=problems,
        typed=typed,
        about=about,
        standing=[(one, markdown.render(one.text, {}), _kept(one)) for one in standing],
        past=await announcements.past(PAST),
        now=clock.now_ms(),
        mark=versions.mark,
    )


async def _overtaken(sent: Body, about: int, typed: dict[str, str]) -> dict[str, str]:
    """Have the fields that were left alone follow what was changed meanwhile; what is asked."""
    changed = await Announcement.get_or_none(id=about) if about else None
    if changed is None:
        return {}
    following, asked = versions.met(sent.text(f"seen-{about}"), _kept(changed), typed)
    typed |= following
    return asked


async def _do(session: Session, ended: int, changed: int, typed: dict[str, str]) -> str:
    """End one, change one, or make one; what was done."""
    if ended:
        await announcements.end(ended)
        await noted_down(session, "announcement end", id=ended)
        return "end"
    said = (typed["text"], _time(typed["begins"]), _time(typed["ends"]))
    if changed:
        await announcements.change(changed, *said)
        await noted_down(session, "announcement change", id=changed, **typed)
        return "kept"
    await announcements.make(*said)
    await noted_down(session, "announcement make", **typed)
    return "announce"


def _kept(one: Announcement) -> dict[str, str]:
    """What its form has before anybody types."""
    times = {"begins": one.begins_at, "ends": one.ends_at}
    return {"text": one.text} | {
        name: f"{clock.moment(ms):%Y-%m-%dT%H:%M}" if ms else "" for name, ms in times.items()
    }


def _time(text: str) -> int:
    """What a field of a date and a time says, as UTC (ms); 0 for nothing. Raises `Malformed`."""
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed("a time is written like 2026-01-02T10:00") from error
    return int(moment.timestamp() * clock.SECOND)


def _blamed(error: Malformed) -> dict[str, str]:
    """The refusal under the field that it is about."""
    text = str(error)
    field = "ends" if "ends after" in text or "a time is" in text else "text"
    field = "act" if "ended already" in text else field
    return {field: refusals.said(error)}
