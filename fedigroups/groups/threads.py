"""This module keeps threads: it stores posts once, below what they answer, and counts them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import copy

from federation import addressing, bare, clock, ids, limits, storage
from federation.documents import ObjectDoc, read_object
from federation.errors import Malformed
from fedigroups import news
from fedigroups.content.sanitise import clean, excerpt, label, plain, safe_url
from fedigroups.groups import attachments, indexing, noted, policies, polls
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.models import Crosspost, Group, Post, Revision, Thread
from fedigroups.groups.visibility import can_see
from fedigroups.media import uploads
from fedigroups.notify import telling
from inbox import awaited

_CALLED = re.compile(r"(?:[@!][\w.-]{1,64}(?:@[\w.:-]{1,255})?[\s,:]+)+")
_SHOWN = ("title", "content", "warning", "sensitive", "attachments")
_EMPTIED: dict[str, object] = {
    "title": "",
    "content": "",
    "warning": "",
    "attachments": "[]",
    "document": "",
}


async def parent_of(document: ObjectDoc) -> Post | None:
    """The post of ours that the object answers."""
    if not document.in_reply_to:
        return None
    return await placed(document.in_reply_to)


async def placed(uri: str) -> Post | None:
    """The post of that URI, with its thread and the thread's group; None when we have none."""
    post = await bare.one(Post, "uri = ?", uri)
    if post is None:
        return None
    (post.thread,) = await bare.those(Thread, "id", [post.thread_id])
    (post.thread.group,) = await bare.those(Group, "id", [post.thread.group_id])
    return post


async def store(
    group: Group,
    arrival: Arrival,
    parent: Post | None,
    visibility: str,
    *,
    post_id: int | None = None,
    held: bool = False,
) -> Post | None:
    """The new post in its thread; None when it is known or too deep.

    With `held` it waits for a moderator: until `release` nobody else sees it or is told of it.

    One that was deleted before it came is so from the start, without its words: what answers it
    has its place below it, as if both had come in their order.
    """
    document = arrival.object
    known, buried = await _known_and_buried(document.id, arrival.author.uri)
    if known or _depth(parent) > limits.ANCESTORS:
        return None
    post = _post(arrival, parent, visibility, post_id or ids.new(), held=held, buried=buried)
    await attach(group, post, parent.thread if parent else None)
    if buried:
        await end(post, "deleted")
        post.state = "deleted"
        return post
    if document.kind == "Question" and not arrival.author.local:
        await polls.keep(post, document)
    await indexing.enter(post, group.id, await noted.note(post.id, document))
    if not held:
        news.say("post", post.id)
        await _tell(group, post, document, parent)
    return post


def _post(
    arrival: Arrival,
    parent: Post | None,
    visibility: str,
    post_id: int,
    *,
    held: bool,
    buried: bool,
) -> Post:
    document, now = arrival.object, clock.now_ms()
    return Post(
        id=post_id,
        uri=document.id,
        author_id=arrival.author.id,
        parent_id=parent.id if parent else None,
        depth=_depth(parent),
        visibility=visibility,
        published_at=min(document.published or now, now),
        updated_at=_version(document),
        received_at=now,
        state="held" if held else "live",
        **written(document) | (_EMPTIED if buried else {}),
    )


def _depth(parent: Post | None) -> int:
    """How many posts stand above one that answers this."""
    return parent.depth + 1 if parent else 0


async def release(group: Group, post: Post) -> None:
    """Show a post that was held: it is counted, and whom it concerns is told, as of a new one.

    Raises `Malformed` when it was taken away meanwhile.
    """
    if not await Post.filter(id=post.id, state="held").update(state="live"):
        raise Malformed("{post} is gone, or shown already", post=post.uri)
    post.state = "live"
    await _entitle(post)
    if can_see(None, post):
        await _count_in(group, post)
    news.say("post", post.id)
    parent = await Post.get_or_none(id=post.parent_id) if post.parent_id else None
    await _tell(group, post, read_object(json.loads(post.document)), parent)
    await awaited.arrived(post.uri)


async def restore(group: Group, post: Post) -> None:
    """Show a post again that was removed. Raises `Malformed` for one that is so no more."""
    if not await Post.filter(id=post.id, state="removed").update(state="live", reason=""):
        raise Malformed("{post} is not removed any more", post=post.uri)
    post.state = "live"
    await uploads.show_again(post.uri)
    news.say("post", post.id)
    if can_see(None, post):
        await _count_in(group, post)
    await _entitle(post)


async def hold_back(post: Post) -> None:
    """Let a post wait that was shown: until `release` it is neither seen nor counted."""
    await Post.filter(id=post.id).update(state="held")
    await _count_out(post)
    post.state = "held"


async def _entitle(post: Post) -> None:
    """Name the thread by the post that starts it."""
    if post.parent_id is None:
        title = post.title or _subject(post.content) or post.uri
        await Thread.filter(id=post.thread_id).update(title=title)


async def _count_in(group: Group, post: Post) -> None:
    """Count a post that is seen from now on, and its thread if it is the first of it to be."""
    now = clock.now_ms()
    shown = await storage.rows(
        "UPDATE thread SET posts_count = posts_count + 1, active_at = ?, visible = ?"
        " WHERE id = ? RETURNING posts_count",
        *(now, True, post.thread_id),
    )
    await storage.execute(
        "UPDATE groups SET threads_count = threads_count + ?, active_at = ? WHERE id = ?",
        *(int(shown[0]["posts_count"] == 1), now, group.id),
    )


async def _known_and_buried(uri: str, actor_uri: str) -> tuple[bool, bool]:
    """Whether we have the post, and whether its author took it back before it came."""
    found = await storage.at_once(
        "SELECT EXISTS (SELECT 1 FROM post WHERE uri = ?) AS known, EXISTS"
        " (SELECT 1 FROM tombstone WHERE uri = ? AND actor_uri = ? AND until > ?) AS buried",
        *(uri, uri, actor_uri, clock.now_ms()),
    )
    return bool(found[0]["known"]), bool(found[0]["buried"])


async def _tell(group: Group, post: Post, document: ObjectDoc, parent: Post | None) -> None:
    """Notify whom the new post concerns."""
    named = [tag.href for tag in document.tags if tag.kind == "Mention" and tag.href]
    answered = parent.author_id if parent else 0
    await telling.mentioned(post.id, post.author_id, post.thread_id, named, answered)
    if parent is None:
        await telling.started(post.id, post.author_id, group.id)
    else:
        await telling.replied(post.id, post.author_id, post.thread_id)


def _subject(content: str) -> str:
    """How an untitled post begins, without the group and the people that it calls first."""
    begins = excerpt(content, limits.TITLE_CHARS)
    return begins[match.end() :] if (match := _CALLED.match(begins)) else begins


def _version(document: ObjectDoc) -> int:
    """The `updated` of what comes edited already, so that an older Update changes nothing."""
    if not document.updated or document.updated <= (document.published or 0):
        return 0
    return clock.credible(document.updated, clock.now_ms())


async def attach(group: Group, post: Post, thread: Thread | None) -> Thread:
    """Save the post in the thread, or as the root of a new one; `Malformed` in a closed group.

    What a stranger may see is counted, and moves its thread and group up; nothing else does, for
    numbers and places in lists are shown to strangers. What came before it and is about it is
    processed next.
    """
    now, counts = clock.now_ms(), can_see(None, post)
    if thread is None:
        thread = Thread(
            id=ids.new(),
            group_id=group.id,
            title=post.title or _subject(post.content) or post.uri,
            root_id=post.id,
            posts_count=int(counts),
            active_at=now,
            created_at=now,
        )
        await bare.add(thread)
    post.thread = thread
    await bare.add(post)
    if counts:
        await _count(group, thread, now, is_start=post.parent_id is None)
    await awaited.arrived(post.uri)
    return thread


async def _count(group: Group, thread: Thread, now: int, *, is_start: bool) -> None:
    if not is_start:
        await storage.at_once(
            "UPDATE thread SET posts_count = posts_count + 1, active_at = ? WHERE id = ?",
            *(now, thread.id),
        )
    if not await storage.at_once(
        "UPDATE groups SET threads_count = threads_count + ?, active_at = ?"
        " WHERE id = ? AND state = 'open' RETURNING 1 AS one",
        *(int(is_start), now, group.id),
    ):  # whoever closes it came first: nothing follows its farewell
        raise Malformed(policies.CLOSED)


def written(document: ObjectDoc) -> dict[str, object]:
    """The columns that an author writes, made safe: used when a post comes and when it changes."""
    return {
        "page_url": safe_url(document.url) or safe_url(document.id),
        "kind": document.kind,
        "title": label(document.name, limits.TITLE_CHARS),
        "content": clean(document.content),
        "warning": plain(document.summary)[: limits.NAME_CHARS],
        "language": document.language[:16],
        "sensitive": document.sensitive,
        "attachments": attachments.kept(document),
        "document": json.dumps(addressing.without_blind(document.document), ensure_ascii=False),
    }


async def edit(post: Post, document: ObjectDoc) -> bool:
    """Take a newer version; False for one that is not newer, or of a post that is gone.

    Also False when the row is no longer as the caller read it. An `updated` far ahead is from now.
    """
    now = clock.now_ms()
    version = clock.credible(document.updated or now, now)
    current = clock.credible(post.updated_at, post.received_at) or post.published_at
    if post.state in {"deleted", "removed"} or version <= current:
        return False
    columns = written(document)
    if not document.updated and reads_the_same(post, columns):
        return False
    as_read = Post.filter(id=post.id, state=post.state, updated_at=post.updated_at)
    if not await as_read.update(**columns, updated_at=version):
        return False
    await _remember(post, columns)
    await noted.forget(post.id)
    edited = copy(post)
    edited.update_from_dict(columns)
    if "Question" in (post.kind, document.kind):
        await polls.keep(post, document)
    names = await noted.note(post.id, document)
    await indexing.enter(edited, post.thread.group_id, names)
    if post.state == "live":
        await _entitle(edited)
    news.say("edit", post.id)
    return True


def reads_the_same(post: Post, columns: Mapping[str, object]) -> bool:
    """Whether a newer version, as `written` has it, says what the post says."""
    return all(columns[name] == getattr(post, name) for name in _SHOWN)


async def _remember(post: Post, columns: dict[str, object]) -> None:
    """Keep how the post read, when its words change, and tell who boosted them."""
    kept = {name: getattr(post, name) for name in _SHOWN}
    if post.state == "held" or reads_the_same(post, columns):
        return  # what is held nobody saw, and nobody shall
    written_at = post.updated_at or post.published_at
    await Revision.create(id=ids.new(), post_id=post.id, written_at=written_at, **kept)
    await storage.execute(
        "DELETE FROM revision WHERE post_id = ? AND id NOT IN"
        " (SELECT id FROM revision WHERE post_id = ? ORDER BY id DESC LIMIT ?)",
        *(post.id, post.id, limits.REVISIONS),
    )
    await telling.edited(post.id, post.author_id)


async def end(post: Post, state: str, reason: str = "") -> bool:
    """Take the post away: `deleted` by its author or `removed` by a moderator.

    A deleted post's words go; a thread that has nothing left to read is shown no more. False when
    that was done meanwhile: what its author deleted is removed, and shown again, by nobody.
    """
    found = await storage.rows(f"SELECT state FROM post WHERE id = ?{storage.held()}", post.id)  # noqa: S608
    post.state = found[0]["state"] if found else "deleted"
    if post.state in {"deleted", state}:
        return False
    emptied = _EMPTIED if state == "deleted" else {}
    await Post.filter(id=post.id).update(state=state, reason=reason, **emptied)
    if emptied:
        for table in ("revision", "poll"):
            await storage.execute(f"DELETE FROM {table} WHERE post_id = ?", post.id)  # noqa: S608
        await noted.forget(post.id)
        await indexing.leave(post.id)
    await uploads.let_go(post.uri, withheld=state == "removed")
    await _count_out(post)
    return True


async def _count_out(post: Post) -> None:
    """Count a post no more that is not seen any more; an empty thread is shown no more."""
    was_counted = can_see(None, post)
    if was_counted:
        await storage.execute(
            "UPDATE thread SET posts_count = posts_count - 1 WHERE id = ?", post.thread_id
        )
    if not await Post.filter(thread_id=post.thread_id, state="live").exists():
        await _close_thread(post, was_counted=was_counted)
    elif post.parent_id is None:
        await Thread.filter(id=post.thread_id).update(title="")
    if post.state == "live":
        news.ended(post.id, await _known_as(post))


async def _known_as(post: Post) -> list[int]:
    """The ids that clients know a post by: of what starts a thread, those of its boosts too."""
    if post.parent_id is not None:
        return [post.id]
    shown = await bare.those(Crosspost, "thread_id", [post.thread_id])
    return [post.id, post.thread_id, *(one.id for one in shown)]


async def _close_thread(post: Post, *, was_counted: bool) -> None:
    hidden = await Thread.filter(id=post.thread_id, visible=True).update(visible=False)
    if hidden and was_counted:
        await storage.execute(
            "UPDATE groups SET threads_count = threads_count - 1 "
            "WHERE id = (SELECT group_id FROM thread WHERE id = ?)",
            post.thread_id,
        )
