"""This module tells whom a decision concerns: by an activity for software, by a note for people.

A note goes directly from the group, which is the one form that people on microblogs get to see.
Lemmy takes messages of persons alone, so there it is one of the moderation actor's. People here
are notified, and read it among their decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from federation import ids, storage
from federation.models import Actor
from federation.origin import host_of
from federation.strict_json import dumps, loads
from federation.wire import Wire
from fedigroups.accounts.models import Account
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.moderation import wording
from fedigroups.moderation.acts import Act, rule_text
from fedigroups.moderation.effects.done import Done
from fedigroups.moderation.kinds import KINDS, Kind
from fedigroups.moderation.models import Decision
from fedigroups.notify import telling
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place

DEAF = frozenset({"Group", "Application"})
"""Actors that read no messages: two of them would answer each other for ever."""
ANSWERS = {"accept": "Accept", "refuse": "Reject", "ask": "Reject", "turn_away": "Reject"}
"""Of what is decided about a post that came: what its author's server is answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What whom it concerns is sent, and the id of the note among it."""

    drafts: list[Draft] = field(default_factory=list)
    note_uri: str = ""


async def answer(wire: Wire, act: Act, kind: Kind, done: Done) -> Answer:
    """The answer to somebody on another server; empty for people here and for programs."""
    to = act.concerned
    if to is None or to.local or not to.inbox or to.kind in DEAF or to == act.decider:
        return Answer()
    drafts = [_settled(wire, act, to, done.came)] if act.kind in ANSWERS and done.came else []
    told = await _told(act, kind, to)
    uri = wire.uris.answer(act.hosted.actor.uri, ids.new())
    return Answer([*drafts, await _note(wire, act, to, uri, told)], uri)


async def notify(act: Act, decision: Decision) -> None:
    """Tell somebody who lives here that there is a decision to read."""
    to = act.concerned
    if to is not None and to.local and to != act.decider:
        against = KINDS[act.kind].against
        await telling.decided(to.id, act.hosted.group.id, decision.id, against=against)


async def _told(act: Act, kind: Kind, to: Actor) -> list[str]:
    group = act.hosted.group
    return wording.paragraphs(
        act.kind,
        group=group.title or group.name,
        language=await _language(act, to),
        text=act.text.strip(),
        rule=act.rule,
        rule_text=rule_text(group, act.rule) if act.rule else "",
        until=act.until,
        appealable=kind.against,
    )


async def _language(act: Act, to: Actor) -> str:
    """What they write in, as far as it is known; else what the group speaks."""
    said = act.language or (act.post.language if act.post is not None else "")
    if not said and to.local:
        account = await Account.get_or_none(actor_id=to.id)
        said = account.language if account else ""
    return said or act.hosted.group.language


def _settled(wire: Wire, act: Act, to: Actor, came: Inner) -> Draft:
    """Accept or Reject of the activity in which the post came, with the reason as `summary`."""
    uri = wire.uris.activity(ids.new())
    about = act.post.uri if act.post is not None else act.object_uri
    document = build.answer(
        uri,
        ANSWERS[act.kind],
        act.hosted.actor.uri,
        {"id": came.uri, "type": loads(came.body)["type"], "actor": to.uri, "object": about},
        act.text,
    )
    outgoing = Outgoing(uri, act.hosted.actor.uri, document["type"], dumps(document), public=False)
    return Draft(outgoing, (_before(to),))


async def _note(wire: Wire, act: Act, to: Actor, uri: str, told: list[str]) -> Draft:
    """The Create of a note for nobody else."""
    about = act.post.uri if act.post is not None else act.object_uri
    return await direct(wire, act.hosted, to, uri, told, about)


async def direct(
    wire: Wire, hosted: Hosted, to: Actor, uri: str, told: Sequence[str], about: str
) -> Draft:
    """The Create of a note of the group for one person elsewhere; it answers `about`, if any."""
    html = "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in told)
    return await _sent(wire, hosted.actor.uri, to, uri, html, about)


async def letter(wire: Wire, to: Actor, text: str) -> list[Draft]:
    """A direct note from whoever runs the instance; empty for people here and for programs."""
    if to.local or not to.inbox or to.kind in DEAF:
        return []
    by, uri = wire.uris.moderation_actor, wire.uris.activity(ids.new())
    return [await _sent(wire, by, to, uri, f"<p>{escape(text.strip())}</p>", "")]


async def _sent(wire: Wire, by: str, to: Actor, uri: str, html: str, about: str) -> Draft:
    if await _takes_persons_alone(to):
        by = wire.uris.moderation_actor
        note = build.chat_message(uri, by, to.uri, html)
    else:
        note = build.direct_note(uri, by, to.uri, f"@{to.handle}", html, about)
    document = build.create_direct(wire.uris.activity(ids.new()), note)
    outgoing = Outgoing(document["id"], by, "Create", dumps(document), public=False)
    return Draft(outgoing, (_before(to),))


async def _takes_persons_alone(to: Actor) -> bool:
    row = await storage.row("SELECT software FROM peer WHERE host = ?", host_of(to.inbox))
    return row is not None and row["software"] == "lemmy"


def _before(to: Actor) -> Place:
    return Place(streams.direct(to.inbox), "answer", inbox=to.inbox)


def about(decision: Decision, group: str, language: str) -> list[str]:
    """What a decision said, for whom it concerns, from the ledger."""
    return wording.paragraphs(
        decision.kind,
        group=group,
        language=language,
        text=decision.text.strip(),
        rule=decision.rule,
        rule_text=decision.rule_text,
        until=decision.until,
    )
