"""Hold: a moderator looks at a new post before others do."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation import submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def hold(_wire: Wire, act: Act) -> Done:
    """The post, which was stored as held, waits in the queue."""
    await submissions.put(act.hosted.group, act.needed, act.inner, act.text)
    return Done()
