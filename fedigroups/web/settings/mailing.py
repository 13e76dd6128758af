"""The page on which people choose what comes by mail, and when."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import Malformed
from fedigroups.accounts import mailing
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.mailing import Chosen
from fedigroups.accounts.models import Session
from fedigroups.web import forms, refusals, translation
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/settings/mail", signed_in(chosen), methods=["GET", "POST"])]


async def chosen(request: Request, session: Session) -> Response:
    """`/settings/mail`: what comes by mail, at once or in a digest, and in which language."""
    account, problems, done = session.account, {}, ""
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            if sent.text("again"):
                await mailing.forgive(account.id)
            else:
                choices = {kind: sent.text(kind) for kind in mailing.KINDS}
                wish = Chosen(choices, sent.text("digest"), sent.number("hour"), sent.flag("on"))
                await mailing.choose(account, wish)
                if sent.text("locale") in translation.LANGUAGES:
                    account.locale = sent.text("locale")
                    await account.save(update_fields=["locale"])
            done = _("It is kept.")
        except Malformed as error:
            problems = {"form": refusals.said(error)}
    mine = await mailing.of(account.id)
    return page(
        request,
        session,
        "mail",
        _("E-mail"),
        problems=problems,
        done=done,
        mine=mine,
        wish=mailing.chosen(mine),
        kinds=mailing.KINDS,
        whens=mailing.WHENS,
        digests=mailing.DIGESTS,
        tongues=translation.LANGUAGES,
        tongue=account.locale or translation.spoken(),
        most=limits.NOTICE_MAILS_A_DAY,
        sends_mail=receptions.of(request).sends_mail,
    )
