"""The pages of what a group says of itself: its texts and rules, and how it looks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed, Slowed, TooLarge, Unreachable
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.api.body import Body
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.web import forms, portraits, refusals, versions, words
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.translation import gettext as _
from outbox.publish import publish

_VALUES = words.JOIN_LONG | words.POSTING | words.APPROVING


def routes() -> list[BaseRoute]:
    """The pages."""
    settings = "/groups/{name}/settings"
    return [
        Route(settings, for_hosts(texts), methods=["GET", "POST"]),
        Route(f"{settings}/pictures", for_hosts(pictures), methods=["GET", "POST"]),
    ]


async def texts(request: Request, host: Host) -> Response:
    """`/groups/{name}/settings`: texts, rules, topics, who may join and who may write."""
    now = fields.of_group(host.group)
    typed = now
    problems: dict[str, str] = {}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = fields.texts(sent, fields.PROFILE)
        following, problems = versions.met(sent.text(versions.FIELD), now, typed, _VALUES)
        typed |= following
        try:
            if not problems:
                await change(request, host, "texts", _profile(Body({**sent.values, **following})))
                return seen(host, "settings", "kept")
        except Malformed as error:
            problems = fields.blamed(error, "title")
    return page(
        request,
        host,
        "settings",
        _("Settings"),
        typed=typed,
        problems=problems,
        seen=versions.mark(now),
    )


def _profile(sent: Body) -> Profile:
    rules = [line for text in sent.text("rules").splitlines() if (line := fields.line(text))]
    return Profile(
        title=fields.line(sent.text("title")),
        description=fields.line(sent.text("description")),
        summary=sent.text("summary").strip(),
        rules="\n".join(rules),
        language=sent.text("language").strip(),
        topics=sent.text("topics"),
        join_policy=sent.text("join_policy"),
        post_policy=sent.text("post_policy"),
        approve=sent.text("approve") or None,
        newcomer_posts=sent.number("newcomer_posts") if "newcomer_posts" in sent else None,
        boost_replies=sent.flag("boost_replies"),
    )


async def pictures(request: Request, host: Host) -> Response:
    """`/groups/{name}/settings/pictures`: icon and banner, from files."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        sent = await forms.read(request, most=portraits.FORM_BYTES, files=len(portraits.PICTURES))
        profile = Profile()
        for field in portraits.PICTURES:
            try:
                profile = replace(profile, **await _given(request, host, sent, field))
            except (Malformed, TooLarge, Slowed, Unreachable) as error:
                problems[field] = refusals.said(error)
        if not problems:
            await change(request, host, "pictures", profile)
            return seen(host, "settings/pictures", "kept")
    return page(request, host, "pictures", _("Pictures"), problems=problems)


async def _given(request: Request, host: Host, sent: Body, field: str) -> dict[str, Any]:
    """What becomes of a picture: none, another one, or nothing."""
    if sent.flag(f"no_{field}"):
        return {f"{field}_url": ""}
    media = await portraits.uploaded(request, host.hosted.actor, sent, field)
    return {field: media} if media else {}


async def change(request: Request, host: Host, what: str, profile: Profile) -> None:
    """Do it, committed, and tell whoever reads the group. Nothing to change is no mistake here."""
    if profile == Profile():
        return
    async with storage.transaction():
        wire = receptions.of(request).wire
        await publish(await founding.change(wire, host.hosted, profile))
        await audit.by(host.actor, "group set", name=host.group.name, page=what)
