"""The frame of the settings: who is signed in, what all pages show, and the password once more."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedigroups.accounts import invitations, passwords
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.attempts import Place
from fedigroups.accounts.entry_models import Session
from fedigroups.web import forms
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from inbox.pressure import address_of

WRONG = noted("That is not your password.")
NONE: Mapping[str, str] = MappingProxyType({})
"""Nothing is wrong."""


def page(request: Request, session: Session, name: str, title: str, **values: Any) -> Response:
    """A page of the settings, with what all of them show.

    With `problems` (a text for each field; of `form`, above all of them) its status is 422.
    """
    problems = {name: _(text) for name, text in values.pop("problems", {}).items()}
    return forms.page(
        request,
        f"settings/{name}.html",
        title=_(title),
        nav="settings",
        at=name,
        account=session.account,
        person=session.account.actor,
        may_invite=invitations.may_invite(session.account, receptions.of(request).signup),
        problems=problems,
        **{"done": "", **values},
    )


async def proven(request: Request, session: Session, shown: str) -> bool:
    """Whether the password was shown once more: a browser left open must not be enough."""
    reception, account = receptions.of(request), session.account
    place = Place(address_of(request), f"session {session.id}")
    reception.attempts.sign_in(str(account.id), place)
    if await passwords.is_right(account.password_hash, shown):
        return True
    reception.attempts.failed(str(account.id), place)
    return False
