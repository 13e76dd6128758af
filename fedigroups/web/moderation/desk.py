"""The page on which moderators of a group see what waits, and decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from federation.models import Actor
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.models import Session
from fedigroups.api.body import Body
from fedigroups.groups import membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import acts, appeals, approval, evasion, filing, reported, submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.evasion import Seen
from fedigroups.moderation.models import Appeal
from fedigroups.web import errors, forms, visitors
from fedigroups.web.moderation import reports
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in

DECISIONS = ("accept", "refuse", "ask")
VERDICTS = ("uphold", "overturn")


def routes() -> list[BaseRoute]:
    """The page."""
    return [
        Route("/groups/{name}/moderation", signed_in(desk), methods=["GET", "POST"]),
    ]


async def desk(request: Request, session: Session) -> Response:
    """`/groups/{name}/moderation`: 404 for who does not moderate the group."""
    hosted, viewer = await _hosted(request), session.account.actor
    member = await membership.standing(hosted.group, viewer) if hosted else None
    if hosted is None or not policies.is_staff(member):
        return errors.not_found(request)
    problem = ""
    if request.method == "POST":
        try:
            sent = await forms.read(request)
            await _decide(request, session, hosted, sent)
            kind, name = sent.text("decision"), hosted.group.name
            about = {one: sent.text(one) for one in ("post", "report", "appeal", "text")}
            await audit.by(session.account.actor, f"moderate {kind}", name=name, **about)
            return visitors.seen(request.url.path)
        except Malformed as error:
            problem = str(error)
    return await _page(request, hosted, viewer, problem)


async def _hosted(request: Request) -> Hosted | None:
    group = await Group.get_or_none(
        name=request.path_params["name"], hosted=True, state="open"
    ).select_related("actor")
    return Hosted(group, group.actor) if group else None


async def _decide(request: Request, session: Session, hosted: Hosted, sent: Body) -> None:
    wire, decider = receptions.of(request).wire, session.account.actor
    kind, text = sent.text("decision"), sent.text("text")
    if kind in VERDICTS:
        number = sent.number("appeal")
        if not await Appeal.exists(id=number, decision__group_id=hosted.group.id):
            raise Malformed("there is no such appeal here")
        await appeals.settle(wire, decider, number, text, overturned=kind == "overturn")
        return
    if "report" in sent:
        await reports.act(request, decider, sent, staff=False, group_id=hosted.group.id)
        return
    if kind not in DECISIONS:
        raise Malformed("choose what to decide")
    post = await Post.get_or_none(
        id=sent.number("post"), thread__group_id=hosted.group.id
    ).select_related("author", "thread__group__actor")
    if post is None:
        raise Malformed("that post does not wait here")
    rule = sent.number("rule") if kind != "accept" else 0
    act = Act(kind=kind, hosted=hosted, decider=decider, post=post, rule=rule, text=text)
    await decide(wire, act)


async def _page(request: Request, hosted: Hosted, viewer: Actor, problem: str) -> Response:
    title = hosted.group.title or hosted.group.name
    waiting = await submissions.waiting(hosted.group)
    authors: dict[int, Seen] = {}
    for _row, post in waiting:
        known = authors[post.author_id].links if post.author_id in authors else frozenset()
        links = known | approval.links_in(post.content)
        authors[post.author_id] = Seen(post.author.username, links)
    return forms.page(
        request,
        "moderation/desk.html",
        status=422 if problem else 200,
        title=_("Moderation of %(group)s", group=title),
        nav="groups",
        group=hosted.group,
        problem=problem,
        rules=acts.rules(hosted.group),
        waiting=waiting,
        hints=await evasion.hints(hosted.group, authors),
        appeals=await appeals.waiting(hosted.group),
        reports=await reported.shown(await filing.waiting(hosted.group.id, viewer)),
        viewer_id=viewer.id,
    )
