"""How whoever asks looks to others: name, words, pictures; of the group, if they act as one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits, storage
from federation.errors import Malformed, Unreachable
from federation.models import Actor
from fedigroups.accounts import looks
from fedigroups.accounts.looks import Beside
from fedigroups.accounts.models import Account
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import founding, lookup
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import accounts as present
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import people, relations
from fedigroups.mastodon.reading.windows import Window
from fedigroups.media import uploads
from fedigroups.media.library import Library
from fedigroups.media.models import Media
from fedigroups.media.pictures import Pictures
from fedigroups.oauth.access import Access, authorised
from outbox.publish import publish

ASKED = 80
"""More who ask to join are counted as so many."""
_FORM_BYTES = 2 * limits.UPLOAD_BYTES + limits.FORM_BYTES


def routes() -> list[BaseRoute]:
    """The addresses of profiles."""
    return [
        Route("/api/v1/accounts/update_credentials", update_credentials, methods=["PATCH"]),
        Route("/api/v1/profile/avatar", drop_avatar, methods=["DELETE"]),
        Route("/api/v1/profile/header", drop_header, methods=["DELETE"]),
    ]


async def update_credentials(request: Request) -> Response:
    """`PATCH /api/v1/accounts/update_credentials`: what is not sent stays as it is."""
    access = await authorised(request, "write:accounts")
    said = await bodies.read(request, most=_FORM_BYTES, files=2)
    try:
        pictures = await _uploaded(request.app.state.media, access.actor, said)
    except Unreachable as error:
        raise ApiError(503, str(error)) from error
    finally:
        await said.close()
    if access.acting is None:
        await _change_person(access, said, *pictures)
    else:
        await _change_group(request, access.acting, said, *pictures)
    return json_answer(await credentials(access, asking.pictures_of(request)))


async def drop_avatar(request: Request) -> Response:
    """`DELETE /api/v1/profile/avatar`."""
    return await _drop(request, "icon")


async def drop_header(request: Request) -> Response:
    """`DELETE /api/v1/profile/header`."""
    return await _drop(request, "banner")


async def credentials(access: Access, pictures: Pictures) -> Entity:
    """The CredentialAccount of whoever asks, as whom they act."""
    rows = await people.rows([access.actor.id])
    asked = await relations.members(access.actor.id, Window(ASKED), state="asked")
    if access.acting is None:
        beside = await looks.written(access.person)
    else:
        group = await Group.get(actor_id=access.acting.id)
        beside = await looks.of(access.acting.id) | {"note": group.summary}
    row = rows[access.actor.id]
    shown = await people.whole(row, pictures)
    return shown | present.credentials(row, pictures, access.account, beside, requests=len(asked))


async def _uploaded(
    library: Library, actor: Actor, said: Body
) -> tuple[Media | None, Media | None]:
    avatar, header = said.file("avatar"), said.file("header")
    return (
        await uploads.accept_icon(library, actor, bodies.pieces(avatar)) if avatar else None,
        await uploads.accept(library, actor, bodies.pieces(header)) if header else None,
    )


async def _change_person(
    access: Access, said: Body, icon: Media | None, banner: Media | None
) -> None:
    """Keep what is said; raises `Malformed` for too long a text and an unknown visibility."""
    source, owner = said.part("source"), access.account
    visibility = source.text("privacy", owner.visibility)
    if visibility not in {"public", "unlisted", "private"}:
        raise Malformed("privacy is public, unlisted or private")
    owner.visibility = visibility
    owner.language = source.text("language", owner.language)[:16]
    owner.sensitive = source.flag("sensitive", owner.sensitive)
    await looks.change(
        access.person,
        icon=icon,
        banner=banner,
        name=said.text("display_name"),
        beside=_beside(said, note="note" in said),
        discoverable=said.flag("discoverable", access.person.discoverable),
        indexable=said.flag("indexable", access.person.indexable),
    )
    await Account.filter(id=owner.id).update(
        visibility=visibility, language=owner.language, sensitive=owner.sensitive
    )


async def _change_group(
    request: Request, acting: Actor, said: Body, icon: Media | None, banner: Media | None
) -> None:
    """The same of a group; the servers that read it are told."""
    profile = Profile(
        title=said.text("display_name") if "display_name" in said else None,
        summary=said.text("note") if "note" in said else None,
        join_policy=("approval" if said.flag("locked") else "open") if "locked" in said else None,
        icon=icon,
        banner=banner,
    )
    hosted = await lookup.hosted(acting.uri)
    if hosted is None:
        raise asking.missing()
    await looks.beside(acting, _beside(said, note=False))
    if profile != Profile():
        async with storage.transaction():
            await publish(await founding.change(asking.wire_of(request), hosted, profile))


def _beside(said: Body, *, note: bool) -> Beside:
    rows = [(one.text("name"), one.text("value")) for one in said.parts("fields_attributes")]
    hosts = said.texts("attribution_domains")
    return Beside(
        note=said.text("note") if note else None,
        pairs=rows if "fields_attributes" in said else None,
        icon_text=said.text("avatar_description") if "avatar_description" in said else None,
        banner_text=said.text("header_description") if "header_description" in said else None,
        credited=hosts if "attribution_domains" in said else None,
    )


async def _drop(request: Request, field: str) -> Response:
    access = await authorised(request, "write:accounts")
    if access.acting is None:
        await looks.drop(access.person, field)
    elif hosted := await lookup.hosted(access.acting.uri):
        profile = Profile(icon_url="") if field == "icon" else Profile(banner_url="")
        async with storage.transaction():
            await publish(await founding.change(asking.wire_of(request), hosted, profile))
    return json_answer(await credentials(access, asking.pictures_of(request)))
