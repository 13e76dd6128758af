"""This module writes a post as JSON once for all who are shown the same.

They differ in what they did with it, in whose boost it is, and in what their filters say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import orjson

from federation.models import Actor
from federation.storage import Row
from federation.uris import Uris
from fedigroups.groups import polls
from fedigroups.groups.visibility import can_see
from fedigroups.mastodon.present import statuses
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.present.statuses import Company
from fedigroups.mastodon.reading import filters, posts
from fedigroups.mastodon.reading.filters import Filters
from fedigroups.mastodon.reading.posts import Entry, Reader
from fedigroups.media.pictures import Pictures
from fedigroups.streaming.audience import Stance


@dataclass(frozen=True, slots=True)
class Parent:
    """What of the post that is answered decides who is told of it; all None when there is none."""

    author_id: int
    state: str
    visibility: str


@dataclass(slots=True)
class Renditions:
    """A post that some people are shown, as each of them is."""

    row: Row
    parent: Parent
    company: Company
    pictures: Pictures
    filters: dict[int, Filters]
    choices: dict[int, tuple[int, ...]]
    """What each chose in its poll, by actor."""
    _made: dict[tuple[object, ...], str] = field(default_factory=dict)

    @classmethod
    async def of(
        cls, pictures: Pictures, post_id: int, shown: dict[int, Stance], boosters: Collection[int]
    ) -> Renditions | None:
        """Read for all of them together; None when the first of them may not read it after all.

        `shown` are who may read it, by actor, and not empty.
        """
        reader = Reader(await Actor.get_or_none(id=next(iter(shown))), pictures)
        row = await posts.row(post_id, reader)
        if row is None:
            return None
        company = await posts.company_of([row], Reader(None, pictures), set(boosters))
        having = [id for id, stance in shown.items() if stance.filters]
        hiding = await filters.of_all(having) if having else {}
        choices = await polls.choices_in(post_id) if company.polls else {}
        parent = Parent(row["parent_author_id"], row["parent_state"], row["parent_visibility"])
        return cls(row, parent, company, pictures, hiding, choices)

    def json(self, entry: Entry, actor_id: int, stance: Stance, context: str) -> str:
        """The Status as somebody is shown it in a list; "" when a filter says not to."""
        hits: list[Entity] = []
        if mine := self.filters.get(actor_id):
            hits = filters.results(self.row, mine, actor_id, context)
        if any(hit["filter"]["filter_action"] == "hide" for hit in hits):
            return ""
        is_author = actor_id == self.row["author_id"]
        chosen = self.choices.get(actor_id, ())
        whose = (actor_id, context) if hits else ()
        alike = (entry.id, is_author, stance.marks, chosen, whose, self._sees_parent(stance))
        if alike not in self._made:
            self._made[alike] = self._write(entry, actor_id, stance, hits)
        return self._made[alike]

    def _sees_parent(self, stance: Stance) -> bool:
        return self.parent.state == "live" and can_see(stance.viewer, self.parent)

    def _write(self, entry: Entry, actor_id: int, stance: Stance, hits: list[Entity]) -> str:
        id = self.row["id"]
        company = replace(
            self.company,
            signed_in=True,
            reader_id=actor_id,
            marks={id: stance.marks},
            filtered={id: hits},
            choices={id: self.choices.get(actor_id, ())},
        )
        row = self.row | {"sees_parent": self._sees_parent(stance)}
        shown = statuses.status(row, company)
        if entry.by:
            uri = Uris(self.pictures.origin).boost(company.accounts[entry.by]["uri"], shown["uri"])
            shown = statuses.boost(entry.id, entry.by, entry.at, shown, uri, company)
        return orjson.dumps(shown).decode()
