"""This module mints and parses the URLs of this instance; no other module knows their shapes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from federation import origin as origins
from federation.errors import Malformed

Kind = Literal[
    "group",
    "person",
    "post",
    "activity",
    "thread",
    "instance",
    "moderation",
    "shared_inbox",
    "inbox",
    "collection",
]

COLLECTIONS = (
    "outbox",
    "followers",
    "following",
    "featured",
    "moderators",
    "followers_synchronization",
)

_NAME = r"(?P<name>[a-z0-9_.-]{1,64})"
_ID = r"(?P<id>[A-Za-z0-9_-]{1,64})"
_ACTOR = rf"(?P<actor>/groups/{_NAME}|/users/{_NAME.replace('name', 'person')}|/actor|/moderation)"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("group", re.compile(rf"(?P<actor>/groups/{_NAME})")),
    ("person", re.compile(rf"(?P<actor>/users/{_NAME})")),
    ("post", re.compile(rf"(?P<actor>/users/{_NAME})/posts/{_ID}")),
    ("post", re.compile(rf"/@{_NAME}/{_ID}")),
    ("thread", re.compile(rf"(?P<actor>/groups/{_NAME})/threads/{_ID}")),
    ("activity", re.compile(rf"/activities/{_ID}")),
    ("instance", re.compile(r"(?P<actor>/actor)")),
    ("moderation", re.compile(r"(?P<actor>/moderation)")),
    ("shared_inbox", re.compile(r"/inbox")),
    ("inbox", re.compile(rf"{_ACTOR}/inbox")),
    ("collection", re.compile(rf"{_ACTOR}/(?P<id>{'|'.join(COLLECTIONS)})")),
)


@dataclass(frozen=True, slots=True)
class Local:
    """What a URL of ours names; `name` and `id` are empty where its kind has none.

    `id` of a collection is its last word (`followers`); `actor` is the URI of the local actor that
    it is or belongs to, empty for activities and the shared inbox.
    """

    kind: Kind
    name: str = ""
    id: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Uris:
    """The URLs of the instance at `origin` (`https://groups.example`)."""

    origin: str

    def group(self, name: str) -> str:
        """The id of a group."""
        return f"{self.origin}/groups/{name}"

    def person(self, name: str) -> str:
        """The id of a person with an account here."""
        return f"{self.origin}/users/{name}"

    @property
    def instance_actor(self) -> str:
        """The id of the Application that signs our fetches."""
        return f"{self.origin}/actor"

    @property
    def moderation_actor(self) -> str:
        """The id of the Service that performs moderation (Lemmy takes no Group there)."""
        return f"{self.origin}/moderation"

    @property
    def shared_inbox(self) -> str:
        """The inbox of everybody here."""
        return f"{self.origin}/inbox"

    def inbox(self, actor_uri: str) -> str:
        """The inbox of one local actor."""
        return f"{actor_uri}/inbox"

    def outbox(self, actor_uri: str) -> str:
        """The outbox of one local actor."""
        return f"{actor_uri}/outbox"

    def followers(self, actor_uri: str) -> str:
        """The followers collection of one local actor."""
        return f"{actor_uri}/followers"

    def following(self, actor_uri: str) -> str:
        """The following collection of one local actor."""
        return f"{actor_uri}/following"

    def featured(self, group_uri: str) -> str:
        """The pinned threads of a group."""
        return f"{group_uri}/featured"

    def moderators(self, group_uri: str) -> str:
        """The moderators of a group (FEP-1b12 `attributedTo`)."""
        return f"{group_uri}/moderators"

    def followers_synchronization(self, actor_uri: str) -> str:
        """The followers of one asking host (FEP-8fcf)."""
        return f"{actor_uri}/followers_synchronization"

    def thread(self, group_uri: str, id: int | str) -> str:
        """The `context` collection of a thread (FEP-7888)."""
        return f"{group_uri}/threads/{id}"

    def answer(self, group_uri: str, id: int | str) -> str:
        """The id of a note by which a group told somebody what it decided; not served."""
        return f"{group_uri}/answers/{id}"

    def is_answer(self, uri: str) -> bool:
        """Whether a URL is of the shape of such a note's id."""
        return "/answers/" in uri and self.is_local(uri)

    def post(self, person_name: str, id: int | str) -> str:
        """The id of a post written here."""
        return f"{self.person(person_name)}/posts/{id}"

    def post_page(self, person_name: str, id: int | str) -> str:
        """The page on which people read a post written here."""
        return f"{self.origin}/@{person_name}/{id}"

    def hashtag(self, name: str) -> str:
        """Where groups are found that speak of a hashtag."""
        return f"{self.origin}/groups?q={quote(name)}"

    def activity(self, id: int | str) -> str:
        """The id of an activity of ours."""
        return f"{self.origin}/activities/{id}"

    def boost(self, group_name: str, object_uri: str) -> str:
        """The id of the one boost that a group ever gives to an object: the same on every retry."""
        digest = hashlib.sha256(f"{group_name}\n{object_uri}".encode()).hexdigest()
        return self.activity(f"boost-{digest[:32]}")

    def handle(self, name: str) -> str:
        """`welders@groups.example`."""
        return f"{name}@{origins.host_of(self.origin)}"

    def is_local(self, uri: str) -> bool:
        """Whether a URL is of our origin; False when it is no proper URL."""
        return origins.same_origin(uri, self.origin)

    def parse(self, uri: str) -> Local | None:
        """What a URL of ours names; None for foreign ones and ones with a query or a fragment."""
        try:
            known = origins.canonical(uri)
        except Malformed:
            return None
        path = known.removeprefix(self.origin)
        if path == known:
            return None
        for kind, pattern in _PATTERNS:
            if match := pattern.fullmatch(path):
                return self._local(kind, match.groupdict())
        return None

    def _local(self, kind: Kind, found: dict[str, str | None]) -> Local:
        actor = found.get("actor")
        return Local(
            kind,
            found.get("name") or found.get("person") or "",
            found.get("id") or "",
            self.origin + actor if actor else "",
        )
