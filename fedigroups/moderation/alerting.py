"""This module tells moderators of a group who live elsewhere what is reported, and nobody else.

The thread family reads a Flag, and shows it to them among their reports; a microblog shows its
people none, so there they are written a note. Neither says who reported.
"""

from __future__ import annotations

from federation import ids
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.content import catalogues
from fedigroups.content.catalogues import noted
from fedigroups.groups import distribute, lookup
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Member, Post
from fedigroups.groups.policies import STAFF
from fedigroups.groups.visibility import can_see
from fedigroups.moderation import answering, wording
from fedigroups.moderation.filing import Filed
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place

SAID = noted("Something in %(group)s, of which you are a moderator, was reported: %(about)s")
NEXT = noted("Reply to this message, and the other moderators of the group read what you say.")


async def alerts(wire: Wire, filed: Filed) -> list[Draft]:
    """What they are sent; nothing of a post that not everybody may read, for it stays here."""
    posts = Post.filter(id=filed.post_id).select_related("thread__group")
    post = await posts.first() if filed.post_id else None
    if post is not None and not can_see(None, post):
        return []
    hosted = await lookup.hosting(filed.group_id)
    moderators = Member.filter(
        group_id=filed.group_id, state="member", role__in=list(STAFF), actor__local=False
    ).exclude(actor_id__in=[filed.person_id, filed.reporter.id])
    drafts: dict[str, Draft] = {}
    for member in await moderators.order_by("id").select_related("actor"):
        person = member.actor
        if not person.inbox or person.state != "live":
            continue
        if post is not None and await distribute.thread_family(person):
            inbox, group = person.delivery_inbox, hosted.actor.uri
            drafts[inbox] = flag(wire, inbox, group, post.uri, filed.text, group)
        else:
            drafts[person.uri] = await _note(wire, hosted, person, filed, post)
    return list(drafts.values())


async def _note(
    wire: Wire, hosted: Hosted, person: Actor, filed: Filed, post: Post | None
) -> Draft:
    say = catalogues.saying(hosted.group.language)
    title, answers = hosted.group.title or hosted.group.name, post.uri if post else ""
    about = (post.page_url or post.uri) if post else next(iter(filed.objects), "")
    told = [say(SAID) % {"group": title, "about": about}]
    told += [say(wording.ANSWER) % {"text": filed.text.strip()}] if filed.text.strip() else []
    uri = wire.uris.answer(hosted.actor.uri, ids.new())
    return await answering.direct(wire, hosted, person, uri, [*told, say(NEXT)], answers)


def flag(
    wire: Wire, inbox: str, to: str, about: str | list[str], text: str, audience: str = ""
) -> Draft:
    """A Flag in the name of our instance, before one inbox."""
    by = wire.uris.moderation_actor
    document = build.flag(wire.uris.activity(ids.new()), by, to, about, text, audience)
    outgoing = Outgoing(document["id"], by, "Flag", dumps(document), public=False)
    return Draft(outgoing, (Place(streams.direct(inbox), "report", inbox=inbox),))
