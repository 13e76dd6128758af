"""The page of what was decided about somebody here, on which they appeal."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts.entry_models import Session
from fedigroups.content import catalogues
from fedigroups.groups.models import Post
from fedigroups.moderation import answering, appeals, filing
from fedigroups.moderation.kinds import KINDS
from fedigroups.moderation.models import Appeal, Decision
from fedigroups.moderation.wording import REPORTS
from fedigroups.web import forms, refusals, translation
from fedigroups.web.moderation.tried import NOTHING, Tried
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in

SHOWN = 100


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/settings/decisions", signed_in(decisions), methods=["GET", "POST"])]


async def decisions(request: Request, session: Session) -> Response:
    """`/settings/decisions`: what was decided about somebody, newest first, and an appeal."""
    person = session.account.actor
    done, tried = "", NOTHING
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            decision = await Decision.get_or_none(id=sent.number("decision"))
            if decision is None:
                raise Malformed("there is no such decision")
            async with storage.transaction():
                await appeals.lodge(person, decision, sent.text("text"))
            done = _("Your appeal is with the moderators. You will be told what they decide.")
        except Malformed as error:
            about = (sent.text("decision"), "appeal")
            tried = Tried(*about, text=sent.text("text"), problem=refusals.said(error))
    say = catalogues.saying(translation.locale())
    found = (
        await Decision.filter(person_id=person.id)
        .exclude(kind__in=list(REPORTS))
        .order_by("-id")
        .limit(SHOWN)
        .select_related("group")
    )
    posts = [one.post_id for one in found if one.post_id]
    held = Post.filter(id__in=posts or [0], state="held", author_id=person.id)
    appealed = await Appeal.filter(decision_id__in=[one.id for one in found] or [0])
    return page(
        request,
        session,
        "decisions",
        _("Decisions about you"),
        problems={"form": tried.problem} if tried.problem else {},
        tried=tried,
        done=done,
        waiting={post.id for post in await held},
        reports=[(one, say(one.outcome) if one.outcome else "") for one in await filing.by(person)],
        decisions=[_shown(one, session.account.language) for one in found],
        appeals={one.decision_id: one for one in appealed},
    )


def _shown(decision: Decision, language: str) -> tuple[Decision, list[str], bool]:
    kind = KINDS[decision.kind]
    group = decision.group.title or decision.group.name
    told = answering.about(decision, group, language or decision.group.language)
    return decision, told, kind.against
