"""Reporting from an app, and what somebody reported."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from federation.models import Actor
from federation.sentences import Sentence
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups.models import Post
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import people, posts
from fedigroups.moderation import reporting
from fedigroups.moderation.models import Report
from fedigroups.moderation.reporting import Complaint
from fedigroups.oauth.access import authorised

MOST = 20
"""Posts in one report."""


def routes() -> list[BaseRoute]:
    """The address of reports."""
    return [Route("/api/v1/reports", report, methods=["POST"])]


async def report(request: Request) -> Response:
    """`POST /api/v1/reports`: posts of an account, before the moderators of their groups.

    `rule_ids` are the numbers of rules of the group. `staff` (ours) shows it to whoever runs this
    instance, too; where no post is named nobody else sees it.
    """
    access = await authorised(request, "write:reports")
    said = await bodies.read(request)
    about = await _account(said)
    reader = asking.reader_of(request, access)
    ids = said.ids("status_ids")[:MOST]
    readable = await posts.rows(ids, reader)
    named = await Post.filter(id__in=list(readable) or [0], author_id=about.id).select_related(
        "author", "thread__group__actor"
    )
    if len(named) != len(set(ids)):
        raise asking.missing()
    complaint = _complaint(said, about, named)
    try:
        kept = await reporting.report(asking.wire_of(request), access.actor, complaint)
    except Malformed as error:
        said_so = Sentence("Validation failed: {refusal}", refusal=error.sentence)
        raise ApiError(422, said_so) from error
    pictures = asking.pictures_of(request)
    account = (await people.by_id([about.id], pictures))[about.id]
    return json_answer(_entity(await _kept(kept, access.actor, about), complaint, account))


async def _kept(id: int, reporter: Actor, about: Actor) -> Report:
    """The report, or the earlier one that says the same and is open.

    Raises `ApiError` (429) for one that was not taken, of somebody who reports too much.
    """
    mine = Report.filter(reporter_id=reporter.id, person_id=about.id).order_by("-id")
    found = await (mine.get_or_none(id=id) if id else mine.filter(state="open").first())
    if found is None:
        raise ApiError(429, "You have reported much today: try again tomorrow")
    return found


async def _account(said: Body) -> Actor:
    found = await people.one(said.number("account_id"))
    if found is None:
        raise asking.missing()
    return await Actor.get(id=found["id"])


def _complaint(said: Body, about: Actor, named: list[Post]) -> Complaint:
    rules = said.ids("rule_ids")
    return Complaint(
        person=about,
        posts=named,
        text=said.text("comment"),
        category=said.text("category") or ("violation" if rules else "other"),
        rules=rules[:MOST],
        for_staff=said.flag("staff"),
        forward=said.flag("forward"),
    )


def _entity(kept: Report, said: Complaint, account: Entity) -> Entity:
    """The Report."""
    return {
        "id": str(kept.id),
        "action_taken": False,
        "action_taken_at": None,
        "category": kept.category,
        "comment": kept.text,
        "forwarded": bool(kept.forwarded_at),
        "created_at": date_time(kept.created_at),
        "status_ids": [str(post.id) for post in said.posts],
        "rule_ids": [str(number) for number in said.rules],
        "target_account": account,
    }
