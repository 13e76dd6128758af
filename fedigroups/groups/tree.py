"""This module puts the posts of a thread into reading order: each answer below what it answers.

The order is a list with levels, not nested values, so that neither a thread of ten thousand
replies nor a circle of posts that answer one another can make a page fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from federation import limits
from fedigroups.groups.views import PostView, Shown
from fedigroups.groups.visibility import Viewer, can_see, left_a_place

LEVELS = 6
"""Deeper replies are not indented further."""


def reading_order(
    root_id: int, posts: Sequence[PostView], viewer: Viewer | None = None
) -> tuple[Shown, ...]:
    """The posts of `posts` (oldest first) that have something to show, without the root.

    A post that the viewer (None: a stranger) may not see is left out, and its answers move up to
    what it answered; a deleted or removed one stays as an empty place while something live is
    below it.
    """
    known = {post.id: post for post in posts}
    shown = _worth_showing(known, viewer)
    below: defaultdict[int, list[PostView]] = defaultdict(list)
    for post in posts:
        if post.id in shown and post.id != root_id:
            below[_place(post, known, shown, root_id)].append(post)
    return tuple(_walk(root_id, shown, below))


def fitting(sizes: Sequence[Mapping[str, int]]) -> list[int]:
    """The ids of the first of these, `limits.THREAD_CHARS` in all: one whatever its `size` is."""
    found: list[int] = []
    left = limits.THREAD_CHARS
    for row in sizes:
        left -= row["size"]
        if found and left < 0:
            break
        found.append(row["id"])
    return found


def _worth_showing(known: Mapping[int, PostView], viewer: Viewer | None) -> dict[int, PostView]:
    """Posts that can be seen, and the ended ones above them."""
    shown: dict[int, PostView] = {}
    for post in known.values():
        if not can_see(viewer, post):
            continue
        above: PostView | None = post
        while above is not None and above.id not in shown:
            if not can_see(viewer, above) and not left_a_place(above):
                break
            shown[above.id] = above
            above = known.get(above.parent_id) if above.parent_id else None
    return {post_id: known[post_id] for post_id in known if post_id in shown}


def _place(
    post: PostView, known: Mapping[int, PostView], shown: Mapping[int, PostView], root_id: int
) -> int:
    """The id of the nearest shown post above, or the root's."""
    passed = {post.id}
    above = post.parent_id
    while above is not None and above in known and above not in passed:
        if above in shown:
            return above
        passed.add(above)
        above = known[above].parent_id
    return root_id


def _walk(
    root_id: int, shown: Mapping[int, PostView], below: Mapping[int, list[PostView]]
) -> list[Shown]:
    order: list[Shown] = []
    done = {root_id}
    # Posts in a circle are below nothing that is reached from the root: each starts a walk too.
    starts = [*below.get(root_id, ()), *(post for post in shown.values() if post.id != root_id)]
    for start in starts:
        waiting = [(start, 1)]
        while waiting:
            post, level = waiting.pop()
            if post.id in done:
                continue
            done.add(post.id)
            answers = below.get(post.id, [])
            order.append(Shown(post, min(level, LEVELS), _to_name(post, level, shown, order)))
            waiting += [(answer, level + 1) for answer in reversed(answers)]
    return order


def _to_name(
    post: PostView, level: int, shown: Mapping[int, PostView], order: Sequence[Shown]
) -> PostView | None:
    """The post that this one answers, where its place does not show it by itself."""
    follows = bool(order) and order[-1].post.id == post.parent_id
    if level == 1 or (follows and level <= LEVELS):
        return None
    return shown.get(post.parent_id or 0)
