"""This module knows what pages show of people, groups, threads, posts: values, read from rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from federation.storage import Row
from fedigroups.content import emoji, sanitise
from fedigroups.content.emoji import Emoji
from fedigroups.groups import attachments, emoji_columns, topics
from fedigroups.groups.attachments import Attachment
from fedigroups.groups.visibility import is_listed, open_sql

Sort = Literal["active", "new", "top"]
SORTS: tuple[Sort, ...] = ("active", "new", "top")
SLUG = (
    "CASE WHEN g.hosted THEN g.name ELSE g.name || '@' || "
    "(SELECT home.host FROM actor home WHERE home.id = g.actor_id) END"
)
"""How a group is named in addresses here: `welders`, or `welders@h.example` for one elsewhere."""
THREAD_TITLE = (
    f"CASE WHEN {open_sql('root')} OR p.visibility = 'members' THEN t.title ELSE '' END"
    " AS thread_title"
)
"""In what thread somebody reads a post: not the title of a beginning that they may not read."""
_ADDRESSABLE = re.compile(r"@[A-Za-z0-9_.-]{1,64}@[a-z0-9.:-]{1,255}")

PERSON_COLUMNS = ("id", "uri", "username", "host", "name", "page_url", "icon_url", "local")
POST_COLUMNS = (
    *("id", "uri", "page_url", "author_id", "thread_id", "parent_id", "kind", "title", "content"),
    *("warning", "language", "sensitive", "attachments", "visibility", "state", "reason"),
    *("published_at", "updated_at", "likes_count", "boosts_count"),
)


def person_columns(alias: str) -> str:
    """The columns of a `Person` for a SELECT, each named `author_...`."""
    listed = ", ".join(f"{alias}.{column} AS author_{column}" for column in PERSON_COLUMNS)
    return f"{listed}, {emoji_columns.of_person(alias)}"


def post_columns(alias: str) -> str:
    """The columns of a `PostView` for a SELECT, each named `post_...`."""
    listed = ", ".join(f"{alias}.{column} AS post_{column}" for column in POST_COLUMNS)
    return f"{listed}, {emoji_columns.of_post(alias)}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, here or elsewhere."""

    id: int
    uri: str
    username: str
    host: str
    name: str
    page_url: str
    local: bool
    icon_url: str = ""
    emoji: Emoji = ()
    """That their name may have."""

    @property
    def handle(self) -> str:
        """`@ann@m.example`."""
        return f"@{self.username}@{self.host}"

    @property
    def link(self) -> str:
        """The page about them here; their server's where our address cannot name them, or ""."""
        if self.local:
            return f"/@{self.username}"
        return f"/{self.handle}" if _ADDRESSABLE.fullmatch(self.handle) else self.origin_url

    @property
    def origin_url(self) -> str:
        """The page about them on their own server; "" for people here."""
        if self.local:
            return ""
        return sanitise.safe_url(self.page_url) or sanitise.safe_url(self.uri)


@dataclass(frozen=True, slots=True)
class Host:
    """Somebody who looks after a group: `owner` or `moderator`."""

    person: Person
    role: str


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A group as lists show it."""

    id: int
    uri: str
    name: str
    host: str
    title: str
    description: str
    language: str
    topics: tuple[str, ...]
    join_policy: str
    members: int
    active_at: int
    icon_url: str
    emoji: Emoji
    hosted: bool
    """Whether it lives here; the `name` of one elsewhere ends in `@` and its host."""

    @property
    def handle(self) -> str:
        """`@welders@groups.example`."""
        return f"@{self.name}@{self.host}" if self.hosted else f"@{self.name}"

    @property
    def link(self) -> str:
        """Its page."""
        return f"/groups/{self.name}"


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group as its own page shows it; `next` is the `before` of the page after it, or ""."""

    card: GroupCard
    summary_html: str
    banner_url: str
    rules: tuple[str, ...]
    post_policy: str
    hosts: tuple[Host, ...]
    pinned: tuple[ThreadRow, ...]
    threads: tuple[ThreadRow, ...]
    sort: Sort
    next: str


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread as lists show it; `state` is its root's."""

    id: int
    group_name: str
    group_title: str
    group_emoji: Emoji
    title: str
    author: Person
    excerpt: str
    state: str
    replies: int
    likes: int
    pinned: bool
    locked: bool
    active_at: int
    created_at: int
    emoji: Emoji

    @property
    def link(self) -> str:
        """Its page."""
        return f"/groups/{self.group_name}/threads/{self.id}"


@dataclass(frozen=True, slots=True)
class PostView:
    """A post; one that is no longer live has neither words nor author to show."""

    id: int
    uri: str
    page_url: str
    author_id: int
    author: Person
    thread_id: int
    parent_id: int | None
    kind: str
    title: str
    content: str
    warning: str
    language: str
    sensitive: bool
    attachments: tuple[Attachment, ...]
    visibility: str
    state: str
    reason: str
    published_at: int
    updated_at: int
    likes: int
    boosts: int
    emoji: Emoji = ()

    @property
    def origin_url(self) -> str:
        """Where its author published it, for posts of other servers; "" for ours."""
        if self.author.local:
            return ""
        return sanitise.safe_url(self.page_url) or sanitise.safe_url(self.uri)

    @property
    def changed_at(self) -> int:
        """When it was edited last, or else published."""
        return self.updated_at or self.published_at

    @property
    def is_listed(self) -> bool:
        """Whether lists and feeds have it."""
        return is_listed(self)


@dataclass(frozen=True, slots=True)
class Shown:
    """A post in its place in a thread.

    `level` is 1 for an answer to the root; `answers` is the post that it answers, None when that
    is the root, stands right above it, or is not on this page.
    """

    post: PostView
    level: int
    answers: PostView | None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A thread: the root first, then replies in reading order.

    A later page has the replies from some point on; `next` is the `after` of the one that goes on,
    or 0.
    """

    id: int
    group: GroupCard
    title: str
    locked: bool
    listed: bool
    root: PostView
    replies: tuple[Shown, ...]
    is_first: bool
    next: int

    @property
    def live(self) -> int:
        """How many of the replies on this page have words."""
        return sum(shown.post.state == "live" for shown in self.replies)


@dataclass(frozen=True, slots=True)
class PersonPost:
    """A post out of its thread, as its author's page and a search show it."""

    post: PostView
    group_name: str
    group_title: str
    group_emoji: Emoji
    thread_title: str

    @property
    def link(self) -> str:
        """Where in its thread it is read."""
        return f"/groups/{self.group_name}/threads/{self.post.thread_id}#post-{self.post.id}"


def person(row: Row) -> Person:
    """The author in a row that was selected with `person_columns`."""
    return _person(*(row[f"author_{column}"] for column in (*PERSON_COLUMNS, "emoji")))


@lru_cache(maxsize=1_024)  # the posts of a page are by few people
def _person(
    id: int,
    uri: str,
    username: str,
    host: str,
    name: str,
    page_url: str,
    icon_url: str,
    local: bool,
    document: str,
) -> Person:
    username = sanitise.label(username, 64)
    name = sanitise.label(name, 80) or username
    known = emoji.stored(document)
    return Person(id, uri, username, host, name, page_url, bool(local), icon_url, known)


def post(row: Row) -> PostView:
    """The post in a row that was selected with `post_columns` and `person_columns`."""
    live = row["post_state"] == "live"
    return PostView(
        id=row["post_id"],
        uri=row["post_uri"],
        page_url=row["post_page_url"],
        author_id=row["post_author_id"],
        author=person(row),
        thread_id=row["post_thread_id"],
        parent_id=row["post_parent_id"],
        kind=row["post_kind"],
        title=sanitise.label(row["post_title"]) if live else "",
        content=row["post_content"] if live else "",
        warning=sanitise.label(row["post_warning"]) if live else "",
        language=row["post_language"],
        sensitive=bool(row["post_sensitive"]),
        attachments=attachments.shown(row["post_attachments"]) if live else (),
        visibility=row["post_visibility"],
        state=row["post_state"],
        reason=sanitise.label(row["post_reason"]),
        published_at=row["post_published_at"],
        updated_at=row["post_updated_at"],
        likes=row["post_likes_count"],
        boosts=row["post_boosts_count"],
        emoji=emoji.stored(row["post_emoji"]) if live else (),
    )


def person_post(row: Row) -> PersonPost:
    """The post in a row that was selected with its group's and its thread's names too."""
    return PersonPost(
        post=post(row),
        group_name=row["group_name"],
        group_title=sanitise.label(row["group_title"]) or row["group_name"],
        group_emoji=emoji.stored(row["group_emoji"]),
        thread_title=sanitise.label(row["thread_title"]),
    )


def card(row: Row) -> GroupCard:
    """The group in a row that was selected with `read.CARD`."""
    return GroupCard(
        id=row["group_id"],
        uri=row["group_uri"],
        name=row["group_name"],
        host=row["group_host"],
        title=sanitise.label(row["group_title"]) or row["group_name"],
        description=sanitise.label(row["group_description"], 500),
        language=row["group_language"],
        topics=topics.of(row["group_topics"]),
        join_policy=row["group_join_policy"],
        members=row["group_members_count"],
        active_at=row["group_active_at"],
        icon_url=row["group_icon_url"],
        emoji=emoji.stored(row["group_emoji"]),
        hosted=bool(row["group_hosted"]),
    )


def title(row: Row) -> str:
    """A thread's title; microblogs' threads have none, so theirs is how they begin."""
    own = sanitise.label(row["thread_title"]) or sanitise.label(row["post_warning"])
    return own or sanitise.excerpt(row["post_content"], 80)


def _beginning(row: Row) -> str:
    """How the root begins, unless its title says just that."""
    begins = sanitise.excerpt(row["post_content"])
    return "" if begins.startswith(title(row)[:60].rstrip("…")) else begins


def thread_row(row: Row) -> ThreadRow:
    """The thread in a row that was selected with `read.THREADS`."""
    live = row["post_state"] == "live"
    spoiler = sanitise.label(row["post_warning"])
    return ThreadRow(
        id=row["thread_id"],
        group_name=row["group_name"],
        group_title=sanitise.label(row["group_title"]) or row["group_name"],
        group_emoji=emoji.stored(row["group_emoji"]),
        title=title(row) if live else "",
        author=person(row),
        excerpt=_beginning(row) if live and not spoiler else "",
        state=row["post_state"],
        replies=row["replies"],
        likes=row["post_likes_count"] if live else 0,
        pinned=bool(row["pinned_at"]),
        locked=bool(row["locked"]),
        active_at=row["active_at"],
        created_at=row["created_at"],
        emoji=emoji.stored(row["post_emoji"]) if live else (),
    )


def thread(row: Row) -> ThreadPage:
    """The thread in a row with its group and its root, as its page has it but for the replies."""
    root = post(row)
    return ThreadPage(
        id=row["thread_id"],
        group=card(row),
        title=title(row) if root.state == "live" else "",
        locked=bool(row["locked"]),
        listed=root.visibility == "public",
        root=root,
        replies=(),
        is_first=True,
        next=0,
    )
