"""The page on which moderators of a group see what waits, and decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.api.body import Body
from fedigroups.groups.models import Post
from fedigroups.moderation import acts, appeals, approval, evasion, filing, reported, submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.evasion import Seen
from fedigroups.moderation.kinds import KINDS
from fedigroups.moderation.models import Appeal
from fedigroups.web import forms
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting.frame import AT_DESKS, page, seen
from fedigroups.web.moderation import reports
from fedigroups.web.moderation.tried import NOTHING, Tried, refused
from fedigroups.web.translation import gettext as _

WAITING = ("accept", "refuse", "ask")
SHOWN = ("remove", "restore", "lock", "unlock")
"""What is decided on the page of a post."""
VERDICTS = ("uphold", "overturn")


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/groups/{name}/moderation", for_hosts(desk), methods=["GET", "POST"])]


async def desk(request: Request, host: Host) -> Response:
    """`/groups/{name}/moderation`: 404 for whoever does not moderate the group."""
    tried = NOTHING
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            await _decide(request, host, sent)
            about = {one: sent.text(one) for one in ("post", "report", "appeal", "text")}
            kind = sent.text("decision")
            await audit.by(host.actor, f"moderate {kind}", name=host.group.name, **about)
            return seen(host, "moderation", kind if kind in AT_DESKS else "decided")
        except Malformed as error:
            tried = refused(sent, error)
    return await _page(request, host, tried)


async def _decide(request: Request, host: Host, sent: Body) -> None:
    wire, decider, group_id = receptions.of(request).wire, host.actor, host.group.id
    kind, text = sent.text("decision"), sent.text("text")
    if kind in VERDICTS:
        number = sent.number("appeal")
        if not await Appeal.exists(id=number, decision__group_id=group_id):
            raise Malformed("there is no such appeal here")
        await appeals.settle(wire, decider, number, text, overturned=kind == "overturn")
        return
    if "report" in sent:
        await reports.act(request, decider, sent, staff=False, group_id=group_id)
        return
    if kind not in WAITING + SHOWN:
        raise Malformed("choose what to decide")
    post = await Post.get_or_none(id=sent.number("post"), thread__group_id=group_id).select_related(
        "author", "thread__group__actor"
    )
    if post is None:
        raise Malformed("that post does not wait here")
    rule = sent.number("rule") if KINDS[kind].against else 0
    act = Act(kind=kind, hosted=host.hosted, decider=decider, post=post, rule=rule, text=text)
    await decide(wire, act)


async def _page(request: Request, host: Host, tried: Tried) -> Response:
    waiting = await submissions.waiting(host.group)
    authors: dict[int, Seen] = {}
    for _row, post in waiting:
        known = authors[post.author_id].links if post.author_id in authors else frozenset()
        links = known | approval.links_in(post.content)
        authors[post.author_id] = Seen(post.author.username, links)
    return page(
        request,
        host,
        "desk",
        _("Moderation"),
        problems={"form": tried.problem} if tried.problem else {},
        tried=tried,
        group_rules=acts.rules(host.group),
        waiting=waiting,
        hints=await evasion.hints(host.group, authors),
        appeals=await appeals.waiting(host.group),
        reports=await reported.shown(await filing.waiting(host.group.id, host.actor)),
    )
