"""The page on which people choose what comes by mail, and when."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import Malformed
from fedigroups.accounts import mailing
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.mailing import Chosen
from fedigroups.accounts.models import Account
from fedigroups.api.body import Body
from fedigroups.web import forms, refusals, translation, versions
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in

HOURS = {str(hour): f"{hour:02}:00" for hour in range(24)}
ZONES = {zone: zone.replace("_", " ") for zone in mailing.ZONES}
_WORDS = {**mailing.WHENS, **mailing.DIGESTS, **HOURS, **ZONES, **translation.LANGUAGES}


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/settings/mail", signed_in(chosen), methods=["GET", "POST"])]


async def chosen(request: Request, session: Session) -> Response:
    """`/settings/mail`: what comes by mail, at once or in a digest, and in which language."""
    account, done = session.account, ""
    problems: dict[str, str] = {}
    typed = now = await _chosen(account)
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            if sent.text("again"):
                await mailing.forgive(account.id)
            else:
                typed = {name: sent.text(name) for name in now}
                following, problems = versions.met(sent.text(versions.FIELD), now, typed, _WORDS)
                typed |= following
                if not problems:
                    await _choose(account, typed)
            done = "" if problems else _("It is kept.")
        except Malformed as error:
            problems = {"form": refusals.said(error)}
    now = await _chosen(account)
    return page(
        request,
        session,
        "mail",
        _("E-mail"),
        problems=problems,
        done=done,
        mine=await mailing.of(account.id),
        typed=typed if problems else now,
        seen=versions.mark(now),
        kinds=mailing.KINDS,
        whens=mailing.WHENS,
        digests=mailing.DIGESTS,
        hours=HOURS,
        zones=ZONES,
        tongues=translation.LANGUAGES,
        most=limits.NOTICE_MAILS_A_DAY,
        sends_mail=receptions.of(request).sends_mail,
    )


async def _chosen(account: Account) -> dict[str, str]:
    """What the form has before anybody types."""
    wish = mailing.chosen(await mailing.of(account.id))
    return {
        **wish.choices,
        "on": "1" if wish.notices else "",
        "digest": wish.digest,
        "hour": str(wish.hour),
        "zone": wish.zone,
        "locale": account.locale or translation.spoken(),
    }


async def _choose(account: Account, typed: dict[str, str]) -> None:
    """Keep it. Raises `Malformed` for what cannot be chosen."""
    sent = Body({**typed})
    choices = {kind: typed[kind] for kind in mailing.KINDS}
    hour, on = sent.number("hour"), sent.flag("on")
    zone = typed["zone"] or mailing.UTC
    await mailing.choose(account, Chosen(choices, typed["digest"], hour, on, zone))
    if typed["locale"] in translation.LANGUAGES:
        account.locale = typed["locale"]
        await account.save(update_fields=["locale"])
