"""The page on which people say how they look to others: name, words, pictures, being found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import FederationError, Malformed
from federation.models import Actor
from fedigroups.accounts import looks
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.looks import Beside
from fedigroups.api.body import Body
from fedigroups.media.models import Media
from fedigroups.web import forms, portraits, refusals, versions, visitors
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in

_BLAMED = (
    ("a note has", "note"),
    ("a field has", "pairs"),
    ("a description has", "icon_text"),
)
"""How a refusal begins, and the field that it is about; any other is about the name."""


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/settings/profile", signed_in(profile), methods=["GET", "POST"])]


@dataclass(frozen=True, slots=True)
class Typed:
    """What is in the form."""

    name: str
    note: str
    pairs: tuple[tuple[str, str], ...]
    icon_text: str
    banner_text: str
    indexable: bool
    discoverable: bool
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """As many rows of a name and a value as there may be."""
        return [*self.pairs, *[("", "")] * limits.PROFILE_FIELDS][: limits.PROFILE_FIELDS]

    @property
    def values(self) -> dict[str, object]:
        """What a form that changes it was made of."""
        names = ("name", "note", "pairs", "icon_text", "banner_text", "indexable", "discoverable")
        return {name: getattr(self, name) for name in names}

    def problem(self, name: str) -> str:
        """What is wrong in a field; "" when nothing is."""
        return self.problems.get(name, "")


async def profile(request: Request, session: Session) -> Response:
    """`/settings/profile`: what apps change by `update_credentials`, by the same rules."""
    person = session.account.actor
    if request.method != "POST":
        done = _("It is kept.") if "kept" in request.query_params else ""
        return await _shown(request, session, await _now(person), done)
    sent = await forms.read(request, most=portraits.FORM_BYTES, files=len(portraits.PICTURES))
    typed = _typed(sent)
    if problems := await _kept(request, person, sent, typed):
        return await _shown(request, session, replace(typed, problems=problems))
    return visitors.seen("/settings/profile?kept")


async def _shown(request: Request, session: Session, typed: Typed, done: str = "") -> Response:
    return page(
        request,
        session,
        "profile",
        _("Profile"),
        typed=typed,
        problems=typed.problems,
        done=done,
        seen=versions.mark((await _now(session.account.actor)).values),
    )


async def _now(person: Actor) -> Typed:
    beside = await looks.written(person)
    return Typed(
        name=person.name or person.username,
        note=beside["note"],
        pairs=tuple((name, value) for name, value in json.loads(beside["pairs"])),
        icon_text=beside["icon_text"],
        banner_text=beside["banner_text"],
        indexable=person.indexable,
        discoverable=person.discoverable,
    )


def _typed(sent: Body) -> Typed:
    numbers = range(limits.PROFILE_FIELDS)
    return Typed(
        name=sent.text("name").strip(),
        note=sent.text("note").replace("\r\n", "\n").strip(),
        pairs=tuple((sent.text(f"pair{one}"), sent.text(f"value{one}")) for one in numbers),
        icon_text=sent.text("icon_text").strip(),
        banner_text=sent.text("banner_text").strip(),
        indexable=sent.flag("indexable"),
        discoverable=sent.flag("discoverable"),
    )


async def _kept(request: Request, person: Actor, sent: Body, typed: Typed) -> dict[str, str]:
    """Keep what was typed; or what is wrong, by field, and then nothing is kept."""
    try:
        versions.check(sent, (await _now(person)).values)
    except Malformed as error:
        return {"name": refusals.said(error)}
    given: dict[str, Media | None] = {}
    for name in portraits.PICTURES:
        try:
            given[name] = await portraits.uploaded(request, person, sent, name)
        except FederationError as error:
            return {name: refusals.said(error)}
    try:
        await looks.change(
            person,
            icon=given["icon"],
            banner=given["banner"],
            name=typed.name,
            indexable=typed.indexable,
            discoverable=typed.discoverable,
            beside=Beside(
                note=typed.note,
                pairs=typed.pairs,
                icon_text=typed.icon_text,
                banner_text=typed.banner_text,
            ),
        )
    except Malformed as error:
        text = str(error)
        blamed = next((name for start, name in _BLAMED if text.startswith(start)), "name")
        return {blamed: refusals.said(error)}
    for name in portraits.PICTURES:
        if sent.flag(f"no_{name}") and given[name] is None:
            await looks.drop(person, name)
    return {}
