"""ChatMessage: Lemmy's private message, by which somebody there answers what they were told.

It does not say what it answers: it is an appeal against the newest decision that it can be.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import addressing
from federation.documents import text_of, uri_of
from federation.errors import NotUsable
from federation.origin import same_origin
from fedigroups.content.sanitise import plain
from fedigroups.moderation import appeals, mail
from inbox.registry import Outcome, Received, done, ignored

KIND = "ChatMessage"
_READ_BY_MODERATORS = frozenset({"moderation", "group"})
"""Kinds of actors here."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody says to us alone."""

    text: str


def read(received: Received) -> Message:
    """The message. Raises `NotUsable` unless its author sent it to us, from where its id is.

    One to a person here is not for moderators to read.
    """
    activity, inner = received.activity, received.activity.inner or {}
    if received.announcer is not None or uri_of(inner.get("attributedTo")) != activity.actor:
        raise NotUsable("a message is nobody's but its author's")
    if not same_origin(activity.object_id, activity.actor):
        raise NotUsable("a message has an id on its author's host: another's would then be taken")
    to = map(received.wire.uris.parse, addressing.read(inner).to)
    if not any(one is not None and one.kind in _READ_BY_MODERATORS for one in to):
        raise NotUsable("a message to somebody else is not for moderators to read, however it came")
    return Message(plain(text_of(inner, "content")))


async def on_message(received: Received, said: Message) -> Outcome:
    """Take it as an appeal, if there is something to appeal against."""
    decision = await appeals.newest(received.actor)
    if decision is None and (group := await mail.last_of(received.actor)):
        await mail.write(group, received.actor, said.text, received.activity.object_id)
        return done(f"mail to the moderators of {group.name}")
    if decision is None:
        return ignored("nothing was decided that it could be an answer to")
    await appeals.lodge(received.actor, decision, said.text)
    return done(f"an appeal against decision {decision.id}")
