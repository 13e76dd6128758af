"""This module keeps polls: what can be chosen in a post, what each chose, and how it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from federation import bare, clock, ids, limits, storage
from federation.documents import ObjectDoc, read_question
from federation.errors import Malformed
from federation.models import Actor
from fedigroups import news
from fedigroups.groups.models import Post
from fedigroups.groups.poll_models import Ballot, Poll


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll that somebody makes: it ends so many seconds after it is said."""

    options: tuple[str, ...]
    seconds: int
    multiple: bool = False
    hides_totals: bool = False


def check(asked: Asked) -> None:
    """Raise `Malformed` for a poll that nobody can vote in, or that is too much."""
    least, most = limits.POLL_SECONDS
    if len(asked.options) < 2:
        raise Malformed("a poll has two options at least")
    if len(asked.options) > limits.POLL_OPTIONS:
        raise Malformed("a poll has at most {most} options", most=limits.POLL_OPTIONS)
    if not all(option.strip() for option in asked.options):
        raise Malformed("an option of a poll says something")
    if any(len(option) > limits.POLL_OPTION_CHARS for option in asked.options):
        raise Malformed(
            "an option of a poll has at most {most} characters", most=limits.POLL_OPTION_CHARS
        )
    if len({option.strip() for option in asked.options}) < len(asked.options):
        raise Malformed("the options of a poll differ from each other")
    if asked.seconds < least:
        raise Malformed(f"a poll is open for {least} seconds at least")
    if asked.seconds > most:
        raise Malformed(f"a poll is open for at most {most} seconds")


def made(asked: Asked, post_id: int) -> Poll:
    """The poll that begins now, not stored yet."""
    return Poll(
        id=ids.new(),
        post_id=post_id,
        options=json.dumps([option.strip() for option in asked.options]),
        counts=json.dumps([0] * len(asked.options)),
        multiple=asked.multiple,
        hides_totals=asked.hides_totals,
        counted_here=True,
        ends_at=clock.now_ms() + asked.seconds * clock.SECOND,
    )


async def keep(post: Post, document: ObjectDoc) -> None:
    """Store the poll of another server's post, or how it stands; other options begin anew.

    One that is counted here is not changed by any document.
    """
    known, said = await of(post.id), read_question(document.document)
    if known is not None and (known.counted_here or await retold(post, document)):
        return
    if said is None or known is not None:
        await Poll.filter(post_id=post.id).delete()
    if said is None:
        return
    poll = Poll(
        id=ids.new(),
        post_id=post.id,
        options=json.dumps(said.options),
        counts=json.dumps(said.votes),
        multiple=said.multiple,
        voters_count=said.voters,
        ends_at=said.ends_at,
        ended=0 < said.ends_at <= clock.now_ms(),
    )
    await bare.add(poll)


async def retold(post: Post, document: ObjectDoc) -> bool:
    """Take how the poll of another server stands; False when it is not that poll."""
    known, said = await of(post.id), read_question(document.document)
    if known is None or said is None or known.counted_here:
        return False
    if json.loads(known.options) != list(said.options) or known.multiple != said.multiple:
        return False
    await Poll.filter(id=known.id).update(
        counts=json.dumps(said.votes), voters_count=said.voters, ends_at=said.ends_at
    )
    news.say("edit", post.id)
    return True


async def cast(post: Post, actor: Actor, choices: Sequence[int]) -> None:
    """Count what somebody chose, inside the caller's transaction. Raises `Malformed`.

    Where several may be chosen, one may come after another: other servers send each alone.
    """
    # Whoever writes first counts first; the other waits here and reads what that one wrote.
    await storage.execute("UPDATE poll SET ended = ended WHERE post_id = ?", post.id)
    poll = await of(post.id)
    if poll is None:
        raise Malformed("there is no poll in that post")
    before = await chosen([post.id], actor.id)
    if refusal := refusal_to_vote(poll, before.get(post.id, ()), choices):
        raise Malformed(refusal)
    now, counts = clock.now_ms(), json.loads(poll.counts)
    for choice in choices:
        counts[choice] += 1
        ballot = Ballot(
            id=ids.new(), poll_id=poll.id, actor_id=actor.id, choice=choice, created_at=now
        )
        await bare.add(ballot)
    await Poll.filter(id=poll.id).update(
        counts=json.dumps(counts),
        voters_count=poll.voters_count + (not before),
        tally_due_at=poll.tally_due_at or now + limits.TALLY_SECONDS * clock.SECOND,
    )


def refusal_to_vote(poll: Poll, before: Sequence[int], choices: Sequence[int]) -> str:
    """Why that cannot be chosen, or an empty string."""
    if is_over(poll):
        return "the poll has ended"
    if before and (not poll.multiple or set(choices) & set(before)):
        return "you have already voted in this poll"
    return _refusal_of(poll, choices)


def _refusal_of(poll: Poll, choices: Sequence[int]) -> str:
    if not choices:
        return "choose at least one option"
    if not all(0 <= choice < len(json.loads(poll.options)) for choice in choices):
        return "that option does not exist"
    if len(set(choices)) < len(choices):
        return "an option can be chosen once"
    if not poll.multiple and len(choices) > 1:
        return "one option alone can be chosen in this poll"
    return ""


def is_over(poll: Poll) -> bool:
    """Whether nobody can vote any more."""
    return poll.ended or 0 < poll.ends_at <= clock.now_ms()


def shows_totals(poll: Poll) -> bool:
    """Whether how it stands may be known."""
    return not poll.hides_totals or is_over(poll)


async def of(post_id: int) -> Poll | None:
    """The poll of a post."""
    return await bare.one(Poll, "post_id = ?", post_id)


async def by_post(post_ids: Iterable[int]) -> dict[int, Poll]:
    """The polls of these posts. One query."""
    return {poll.post_id: poll for poll in await bare.those(Poll, "post_id", post_ids)}


async def chosen(post_ids: Sequence[int], actor_id: int) -> dict[int, tuple[int, ...]]:
    """What somebody chose, by post. One query."""
    rows = await storage.rows(
        "SELECT p.post_id, b.choice FROM ballot b JOIN poll p ON p.id = b.poll_id"  # noqa: S608 - our own SQL
        f" WHERE b.actor_id = ? AND p.post_id IN ({storage.marks(len(post_ids))})"
        " ORDER BY b.id",
        *(actor_id, *post_ids),
    )
    return _gathered((row["post_id"], row["choice"]) for row in rows)


async def choices_in(post_id: int) -> dict[int, tuple[int, ...]]:
    """What each who lives here chose in one poll, by actor. One query."""
    rows = await storage.rows(
        "SELECT b.actor_id, b.choice FROM ballot b JOIN poll p ON p.id = b.poll_id"
        " JOIN actor a ON a.id = b.actor_id WHERE p.post_id = ? AND a.local = ?"
        " ORDER BY b.id",
        *(post_id, True),
    )
    return _gathered((row["actor_id"], row["choice"]) for row in rows)


def _gathered(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for key, choice in pairs:
        found[key] = (*found.get(key, ()), choice)
    return found
