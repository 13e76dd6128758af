"""The tables of group life: groups, members, threads, posts, reactions, and what is remembered."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI, Actor
from federation.table import Model


class Group(Model):
    """A group: hosted here, or elsewhere and followed by people of ours."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "fedigroups.Actor", related_name="group", on_delete=fields.RESTRICT
    )
    actor_id: int
    name = fields.CharField(max_length=255)
    """The handle's first half, lower case."""
    hosted = fields.BooleanField(default=True)
    title = fields.TextField()
    description = fields.TextField(default="")
    """One plain line."""
    summary = fields.TextField(default="")
    """What the group is for, as its hosts wrote it (Markdown)."""
    summary_html = fields.TextField(default="")
    rules = fields.TextField(default="")
    """One rule a line."""
    language = fields.CharField(max_length=16, default="en")
    topics = fields.TextField(default="", db_default="")
    """What it is about: names of hashtags, with blanks between them."""
    icon_url = fields.TextField(default="")
    banner_url = fields.TextField(default="")
    join_policy = fields.CharField(max_length=16, default="open")
    """`open`, `approval` or `invite`."""
    post_policy = fields.CharField(max_length=16, default="members")
    """`anyone`, `members` or `moderators` may start threads; replies are open to the unbanned."""
    approve = fields.CharField(max_length=16, default="nobody", db_default="nobody")
    """Whose posts a moderator looks at before others do: `nobody`, `newcomers`, `links` (posts
    with links) or `everyone`."""
    newcomer_posts = fields.IntField(default=3, db_default=3)
    """After how many posts somebody is no newcomer any more."""
    servers_allowed = fields.TextField(default="", db_default="")
    """One a line: people of other servers may neither join nor write; empty for all."""
    servers_blocked = fields.TextField(default="", db_default="")
    """One a line: their people may neither join nor write."""
    boost_replies = fields.BooleanField(default=False)
    state = fields.CharField(max_length=16, default="open")
    """`open`, `suspended` by whoever runs the instance, or `closed` for good (a Tombstone)."""
    members_count = fields.IntField(default=0)
    threads_count = fields.IntField(default=0)
    active_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()
    updated_at = fields.BigIntField(default=0)
    synchronized_at = fields.BigIntField(default=0, db_default=0)
    """Of a group elsewhere, when it was last asked which people here follow it (FEP-8fcf)."""

    class Meta:
        table = "groups"
        indexes = (("hosted", "active_at"), ("name",))

    def __str__(self) -> str:
        return self.name


class Member(Model):
    """An actor's standing in a group; see `fedigroups.groups.states` for the legal moves."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="members", on_delete=fields.CASCADE
    )
    group_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="memberships", on_delete=fields.CASCADE
    )
    actor_id: int
    state = fields.CharField(max_length=16)
    """`invited`, `asked`, `member`, `refused`, `left`, `removed` or `banned`."""
    role = fields.CharField(max_length=16, default="member")
    """`member`, `moderator` or `owner`."""
    follow_uri = fields.CharField(max_length=URI, default="", db_index=True)
    follow = fields.TextField(default="")
    """The Follow as it came (JSON): an Accept embeds it verbatim."""
    inbox = fields.CharField(max_length=URI, default="", db_default="")
    """Through which inbox their server reads it, empty for none: a follower of a group here who
    lives elsewhere, or of one elsewhere who lives here. `groups.routing` says."""
    reason = fields.TextField(default="")
    shows = fields.BooleanField(default=True, db_default=True)
    """Whether its threads are in their home timeline; without, one may be a member all the same."""
    bell = fields.BooleanField(default=False, db_default=False)
    """Whether they are notified of each new thread."""
    banned_until = fields.BigIntField(default=0, db_default=0)
    """When a ban ends by itself; 0 for never."""
    muted_until = fields.BigIntField(default=0, db_default=0)
    """Until when the member may read and not write."""
    asked_at = fields.BigIntField(default=0)
    joined_at = fields.BigIntField(default=0)
    changed_at = fields.BigIntField(default=0)
    shut_out = False
    """In no table: the group takes nothing from their server. `membership.standing` says."""
    moved = False
    """In no table: they lived here and live elsewhere now; this account only reads."""

    class Meta:
        table = "member"
        unique_together = (("group", "actor"),)
        indexes = (("actor", "state"), ("group", "state"), ("group", "inbox"))

    def __str__(self) -> str:
        return f"member {self.actor_id} of group {self.group_id}: {self.state}"


class Thread(Model):
    """A conversation of a group: its root post and all that answers it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="threads", on_delete=fields.CASCADE
    )
    group_id: int
    title = fields.TextField(default="")
    root_id = fields.BigIntField()
    """The id of the post that started it."""
    posts_count = fields.IntField(default=0)
    locked = fields.BooleanField(default=False)
    pinned_at = fields.BigIntField(default=0)
    visible = fields.BooleanField(default=True)
    """False once its root is deleted or removed and nothing remains to read."""
    active_at = fields.BigIntField()
    created_at = fields.BigIntField()

    class Meta:
        table = "thread"
        indexes = (("group", "visible", "active_at"), ("group", "id"), ("root_id",))

    def __str__(self) -> str:
        return f"thread {self.id}"


class Post(Model):
    """What somebody said in a thread, with its sanitised text and the document as it came."""

    id = fields.BigIntField(primary_key=True, generated=False)
    uri = fields.CharField(max_length=URI, unique=True)
    page_url = fields.TextField(default="")
    author: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="posts", on_delete=fields.RESTRICT
    )
    author_id: int
    thread: fields.ForeignKeyRelation[Thread] = fields.ForeignKeyField(
        "fedigroups.Thread", related_name="posts", on_delete=fields.CASCADE
    )
    thread_id: int
    parent_id = fields.BigIntField(null=True)
    """The id of the post that this one answers; null for a thread's root."""
    depth = fields.IntField(default=0)
    kind = fields.CharField(max_length=32)
    title = fields.TextField(default="")
    content = fields.TextField(default="")
    """Safe HTML: sanitised once, when it came in."""
    warning = fields.TextField(default="")
    """The content warning, plain text."""
    language = fields.CharField(max_length=16, default="")
    sensitive = fields.BooleanField(default=False)
    attachments = fields.TextField(default="[]")
    """JSON: a list of `{kind, url, text}`, checked URLs only; of a picture perhaps also
    `media_type`, `width`, `height`, `blurhash` and `focus`."""
    document = fields.TextField(default="")
    """The object as its origin served it (JSON)."""
    visibility = fields.CharField(max_length=16, default="public")
    """`public`, `unlisted` or `members`."""
    state = fields.CharField(max_length=16, default="live")
    """`live`, `held`, `removed` (by a moderator) or `deleted` (by its author)."""
    reason = fields.TextField(default="")
    published_at = fields.BigIntField()
    """As its author says, never later than its receipt."""
    updated_at = fields.BigIntField(default=0)
    """The `updated` of the newest version, or 0 when it was never edited."""
    received_at = fields.BigIntField()
    likes_count = fields.IntField(default=0)
    dislikes_count = fields.IntField(default=0)
    boosts_count = fields.IntField(default=0)

    class Meta:
        table = "post"
        indexes = (
            *(("thread", "id"), ("author", "id"), ("parent_id",)),
            *(("author", "state", "published_at"), ("parent_id", "state")),
        )

    def __str__(self) -> str:
        return self.uri


class Revision(Model):
    """A post as it read before an edit; it goes when the post's words go."""

    id = fields.BigIntField(primary_key=True, generated=False)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "fedigroups.Post", related_name="revisions", on_delete=fields.CASCADE
    )
    post_id: int
    title = fields.TextField(default="")
    content = fields.TextField(default="")
    warning = fields.TextField(default="")
    sensitive = fields.BooleanField(default=False)
    attachments = fields.TextField(default="[]")
    written_at = fields.BigIntField()

    class Meta:
        table = "revision"
        indexes = (("post", "id"),)

    def __str__(self) -> str:
        return f"post {self.post_id} as of {self.written_at}"


class Tagged(Model):
    """A hashtag of a post, as it is compared: lower case, without its sign."""

    id = fields.BigIntField(primary_key=True, generated=False)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "fedigroups.Post", related_name="tagged", on_delete=fields.CASCADE, db_index=True
    )
    post_id: int
    name = fields.CharField(max_length=100)

    class Meta:
        table = "tagged"
        unique_together = (("name", "post"),)

    def __str__(self) -> str:
        return f"#{self.name}"


class Once(Model):
    """A post that a program asked for with a key of its own: asked again, it gets the same post."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="once", on_delete=fields.CASCADE
    )
    actor_id: int
    key = fields.CharField(max_length=255)
    post_id = fields.BigIntField()
    created_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "once"
        unique_together = (("actor", "key"),)

    def __str__(self) -> str:
        return self.key


class Reaction(Model):
    """A like, dislike, emoji or boost; one in each slot for a pair of post and actor."""

    id = fields.BigIntField(primary_key=True, generated=False)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "fedigroups.Post", related_name="reactions", on_delete=fields.CASCADE
    )
    post_id: int
    actor_uri = fields.CharField(max_length=URI)
    slot = fields.CharField(max_length=64)
    """`vote` (a like or a dislike), `boost`, or `emoji:<text>`."""
    kind = fields.CharField(max_length=16)
    """`like`, `dislike`, `boost` or `emoji`."""
    activity_uri = fields.CharField(max_length=URI, default="", db_index=True)
    vouched = fields.BooleanField(default=False)
    """Counted on a remote group's word: never shown as this person's act."""
    created_at = fields.BigIntField()

    class Meta:
        table = "reaction"
        unique_together = (("post", "slot", "actor_uri"),)
        indexes = (("actor_uri", "id"),)

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor_uri}"


class Announced(Model):
    """What a group announced, for ever: nothing is announced twice in the same form."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="announced", on_delete=fields.CASCADE
    )
    group_id: int
    object_uri = fields.CharField(max_length=URI)
    form = fields.CharField(max_length=16)
    """`create` (a new post, by its id), `wrapped` (any other activity, by its id) or `boost` (a
    post, by its id)."""
    activity_uri = fields.CharField(max_length=URI, db_index=True)
    undone = fields.BooleanField(default=False)
    waiting = fields.BooleanField(default=False)
    """Shown to its author alone until they allow it (GoToSocial's `canAnnounce`)."""
    created_at = fields.BigIntField()

    class Meta:
        table = "announced"
        unique_together = (("group", "form", "object_uri"),)

    def __str__(self) -> str:
        return f"{self.form} {self.object_uri}"


class Crosspost(Model):
    """A group here that shows a thread beside the group in which the thread stands."""

    id = fields.BigIntField(primary_key=True, generated=False)
    thread: fields.ForeignKeyRelation[Thread] = fields.ForeignKeyField(
        "fedigroups.Thread", related_name="crossposts", on_delete=fields.CASCADE
    )
    thread_id: int
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="crossposts", on_delete=fields.CASCADE
    )
    group_id: int
    created_at = fields.BigIntField()

    class Meta:
        table = "crosspost"
        unique_together = (("thread", "group"),)

    def __str__(self) -> str:
        return f"thread {self.thread_id} in group {self.group_id}"


class Tombstone(Model):
    """A delete or an undo that came before what it takes back, or that must never be reversed."""

    id = fields.BigIntField(primary_key=True, generated=False)
    uri = fields.CharField(max_length=URI, unique=True)
    actor_uri = fields.TextField()
    kind = fields.CharField(max_length=16)
    """`delete` or `undo`."""
    until = fields.BigIntField()

    class Meta:
        table = "tombstone"

    def __str__(self) -> str:
        return self.uri


class LostInbox(Model):
    """An inbox that answered 410: on how many days, and when that was last looked into."""

    inbox = fields.CharField(max_length=URI, primary_key=True)
    days = fields.IntField()
    seen_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "lost_inbox"

    def __str__(self) -> str:
        return self.inbox
