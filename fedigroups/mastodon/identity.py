"""Who somebody is, for the app that they sign in with; and signing up through an app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts import reception as receptions
from fedigroups.accounts import signup
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import Wish
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.content.markdown import render
from fedigroups.content.sanitise import label
from fedigroups.mastodon.present import accounts as present
from fedigroups.mastodon.present.accounts import NAME_CHARS
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import people, relations
from fedigroups.mastodon.reading.windows import Window
from fedigroups.oauth import tokens
from fedigroups.oauth.access import Access, authorised, authorised_app
from inbox.pressure import address_of

ASKED = 80
"""More who ask to join are counted as so many."""


def routes() -> list[BaseRoute]:
    """The addresses of identity."""
    return [
        Route("/api/v1/accounts", sign_up, methods=["POST"]),
        Route("/api/v1/accounts/verify_credentials", verify_credentials, methods=["GET"]),
        Route("/api/v1/accounts/update_credentials", update_credentials, methods=["PATCH"]),
    ]


async def verify_credentials(request: Request) -> Response:
    """`GET /api/v1/accounts/verify_credentials`: the person, or the group that they act as."""
    access = await authorised(request, "read:accounts", "profile")
    return json_answer(await _credentials(access, receptions.of(request).origin))


async def update_credentials(request: Request) -> Response:
    """`PATCH /api/v1/accounts/update_credentials`: name, words about oneself, what one prefers.

    A group's profile is changed on its page: 422 for who acts as one.
    """
    access = await authorised(request, "write:accounts")
    if access.acting is not None:
        raise ApiError(422, "A group's profile is changed by its owner, not in an app")
    said = await bodies.read(request)
    await _change(access, said)
    return json_answer(await _credentials(access, receptions.of(request).origin))


async def _change(access: Access, said: Body) -> None:
    """Keep what is said; raises `Malformed` for too long a text and an unknown visibility."""
    profile = {
        "name": label(said.text("display_name", access.person.name), NAME_CHARS),
        "summary": access.person.summary,
        "discoverable": said.flag("discoverable", default=access.person.discoverable),
        "indexable": said.flag("indexable", default=access.person.indexable),
    }
    if "note" in said:
        note = said.text("note")
        if len(note) > limits.SUMMARY_CHARS // 2:
            raise Malformed(f"a note has at most {limits.SUMMARY_CHARS // 2} characters")
        profile["summary"] = render(note, {}, breaks=True).strip()
    source, owner = said.part("source"), access.account
    visibility = source.text("privacy", owner.visibility)
    if visibility not in {"public", "unlisted", "private"}:
        raise Malformed("privacy is public, unlisted or private")
    language = source.text("language", owner.language)[:16]
    async with storage.transaction():
        await Actor.filter(id=access.person.id).update(**profile, updated_at=clock.now_ms())
        await Account.filter(id=owner.id).update(visibility=visibility, language=language)
    owner.visibility, owner.language = visibility, language


async def _credentials(access: Access, origin: str) -> Entity:
    rows = await people.rows([access.actor.id])
    asked = await relations.members(access.actor.id, Window(ASKED), state="asked")
    return present.credentials(
        rows[access.actor.id],
        origin,
        role=access.account.role,
        visibility=access.account.visibility,
        language=access.account.language,
        requests=len(asked),
    )


async def sign_up(request: Request) -> Response:
    """`POST /api/v1/accounts`: a new account, and a token for it, which opens once it is let in."""
    reception, access = receptions.of(request), await authorised_app(request, "write:accounts")
    reception.attempts.sign_up(address_of(request))
    sent = await bodies.read(request)
    if not sent.flag("agreement"):
        raise _invalid("agreement", "ERR_ACCEPTED", "must be accepted")
    wish = Wish(
        name=sent.text("username").strip(),
        email=sent.text("email"),
        password=sent.text("password"),
        reason=sent.text("reason"),
        locale=sent.text("locale")[:16],
    )
    try:
        account = await signup.ask(reception, wish, invitation=sent.text("invite_code"))
    except Malformed as error:
        raise ApiError(422, f"Validation failed: {error}", details={}) from error
    issued = await tokens.issue(access.app, access.scopes, account.id)
    return json_answer(issued.document())


def _invalid(field: str, code: str, words: str) -> ApiError:
    details = {field: [{"error": code, "description": words}]}
    return ApiError(422, f"Validation failed: {field} {words}", details=details)
