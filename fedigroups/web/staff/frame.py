"""The frame of the pages of staff: what each shows, and what was just done."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedigroups import audit
from fedigroups.accounts.entry_models import Session
from fedigroups.web import forms
from fedigroups.web.hosting.frame import AT_DESKS
from fedigroups.web.translation import noted

DONE = AT_DESKS | {
    "approve": noted("They are let in."),
    "refuse": noted("They were not let in, and are forgotten."),
    "confirm": noted("Another letter is on its way to them."),
    "suspend": noted("They are suspended, and are told why."),
    "lift": noted("They may come in again."),
    "sign_out": noted("They are signed out everywhere."),
    "role": noted("Their role is another now."),
    "kept": noted("It is kept."),
    "announce": noted("It is announced."),
    "end": noted("It is shown no more."),
    "group_suspend": noted("The group is suspended, and its owner is told why."),
    "group_lift": noted("The group is open again, and its owner is told."),
    "group_contact": noted("Your letter is on its way to the owner."),
    "group_close": noted("The group is closed for good. Servers that read it are told."),
    "block": noted("Nothing is taken from that server, and nothing sent to it."),
    "unblock": noted("That server is not blocked any more."),
    "limit": noted("What people of that server want and write is looked at first now."),
    "unlimit": noted("That server is not limited any more."),
    "allow": noted("This server deals with that one now."),
    "disallow": noted("This server deals with that one no more."),
    "import": noted("It is done with the servers of the list what it says."),
    "sign_ups_block": noted("No account is taken from there any more."),
    "sign_ups_lift": noted("That is blocked no more."),
    "letter": noted("A letter is on its way to you."),
    "retry": noted("That server is tried again now."),
}
"""What a page says after a form was sent, by the word in its address."""


def page(request: Request, session: Session, name: str, title: str, **values: Any) -> Response:
    """A page of staff. With `problems` (a text for each field) its status is 422."""
    return forms.page(
        request,
        f"staff/{name}.html",
        title=title,
        nav="staff",
        at=name,
        account=session.account,
        **{"done": "" if values.get("problems") else forms.done(request, DONE), **values},
    )


async def noted_down(session: Session, what: str, **facts: object) -> None:
    """Write down in the log of administrative acts that whoever is signed in did it."""
    await audit.by(session.account.actor, what, **facts)
