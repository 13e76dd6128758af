"""This module writes the ledger: a row for each decision, in the commit that takes it."""

from __future__ import annotations

from federation import clock, ids
from fedigroups.moderation.acts import Act, rule_text
from fedigroups.moderation.answering import Answer
from fedigroups.moderation.effects.done import Done
from fedigroups.moderation.kinds import Kind
from fedigroups.moderation.models import Decision


async def write(act: Act, kind: Kind, done: Done, answer: Answer) -> Decision:
    """The new row; nothing here ever changes one."""
    concerned, post = act.concerned, act.post
    return await Decision.create(
        id=ids.new(),
        group_id=act.hosted.group.id,
        kind=act.kind,
        post_id=post.id if post else 0,
        object_uri=post.uri if post else act.object_uri,
        person_id=concerned.id if concerned else 0,
        decider_id=act.decider.id if act.decider else 0,
        rule=act.rule,
        rule_text=rule_text(act.hosted.group, act.rule) if act.rule else "",
        text=act.text.strip(),
        unnamed=kind.unnamed or act.unnamed,
        until=act.until,
        took_ms=done.took_ms,
        appealed_id=act.about.id if act.about else 0,
        activity_uri=done.activity_uri,
        answer_uri=answer.note_uri,
        created_at=clock.now_ms(),
    )
