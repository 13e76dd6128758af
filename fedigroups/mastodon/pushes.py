"""This module says to a device what a notification is, as Mastodon's apps read it."""

from __future__ import annotations

from functools import partial

import orjson

from federation.sealing import Seal
from fedigroups.api.answers import ApiError
from fedigroups.content.sanitise import excerpt
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import notices
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.media.pictures import Pictures
from fedigroups.oauth import access
from fedigroups.push import subscriptions
from fedigroups.push.models import PushSubscription
from fedigroups.push.sending import Compose

BODY_CHARS = 140
TITLE_CHARS = 120
_TITLES = {
    "mention": "{} mentioned you",
    "status": "{} started a thread",
    "reblog": "{} boosted your post",
    "favourite": "{} likes your post",
    "update": "{} edited a post",
    "poll": "A poll by {} has ended",
    "follow": "{} joined",
    "follow_request": "{} asks to join",
}


def composer(seal: Seal, pictures: Pictures) -> Compose:
    """What composes for the pusher."""
    return partial(compose, seal, pictures)


async def compose(
    seal: Seal, pictures: Pictures, to: PushSubscription, notice_id: int
) -> bytes | None:
    """The message; None when whoever subscribed may not read it, or not use the app, any more."""
    try:
        let_in = await access.by_id(to.token_id, "push")
    except ApiError:
        return None
    reader = Reader(let_in.actor, pictures, "notifications")
    row = await notices.one(reader, notice_id)
    shown = await notices.show([row], reader) if row else []
    if not shown:
        return None
    token = seal.open(bytes(to.sealed_token), subscriptions.NAME).decode()
    return orjson.dumps(_message(shown[0], token, let_in.account.locale or "en"))


def _message(notice: Entity, token: str, locale: str) -> Entity:
    sender = notice["account"]
    name = sender["display_name"] or sender["username"]
    return {
        "access_token": token,
        "preferred_locale": locale,
        "notification_id": int(notice["id"]),  # IceCubes decodes an integer here
        "notification_type": notice["type"],
        "icon": sender["avatar_static"],
        "title": _TITLES[notice["type"]].format(name[:TITLE_CHARS]),
        "body": _body(notice),
    }


def _body(notice: Entity) -> str:
    status = notice.get("status")
    if status is None:
        return excerpt(notice["account"]["note"], BODY_CHARS)
    return status["spoiler_text"][:BODY_CHARS] or excerpt(status["content"], BODY_CHARS)
