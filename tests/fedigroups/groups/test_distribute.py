"""A hosted group sends each act once, in the dialect that each reader takes, and takes it back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

import scenery
from federation import storage
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.groups import distribute
from fedigroups.groups.distribute import Inner, carries_signature
from fedigroups.groups.models import Announced, Post
from outbox import streams
from outbox.models import Activity
from outbox.publish import Draft, Place
from village import Here

pytestmark = pytest.mark.anyio


@dataclass
class Story:
    """A root by Ann of m.example and an answer by Bob of l.example."""

    here: Here
    ann: Actor
    bob: Actor
    root: Post
    answer: Post

    def inner(self, kind: str, number: int = 1, host: str = "m.example", **more: Any) -> Inner:
        uri = f"https://{host}/acts/{kind.lower()}/{number}"
        body = json.dumps({"id": uri, "type": kind, "actor": self.ann.uri} | more)
        return Inner(uri, body.encode(), host, carries_signature(more))

    async def post(self, post: Post | None = None, **more: Any) -> list[Draft]:
        """The group sends a new post."""
        new = post or self.root
        author = self.ann if new.author_id == self.ann.id else self.bob
        drafts = await distribute.post(
            self.here.wire, self.here.hosted, self.inner("Create", new.id), new, author, **more
        )
        return await self.here.publish(drafts)

    async def delete(self, post: Post | None = None, inner: Inner | None = None) -> list[Draft]:
        """The group takes a post back."""
        gone = post or self.root
        author = self.ann if gone.author_id == self.ann.id else self.bob
        drafts = await distribute.delete(
            self.here.wire, self.here.hosted, inner or self.inner("Delete"), gone, author
        )
        return await self.here.publish(drafts)

    def where(self, draft: Draft) -> list[str]:
        """The dialects on which a draft stands; `direct` before one inbox."""
        return [_dialect(place) for place in draft.places]


def _dialect(place: Place) -> str:
    return f"direct {place.inbox}" if place.inbox else place.stream.split(":")[2]


def said(draft: Draft) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(draft.activity.body)
    return document


@pytest.fixture
async def story(here: Here) -> Story:
    ann, bob = await here.remote("ann@m.example"), await here.remote("bob@l.example")
    thread, root = await scenery.thread(here.group, ann)
    answer = await scenery.post(thread, bob, root)
    await here.family("l.example", "thread", "lemmy")
    return Story(here, ann, bob, root, answer)


async def test_a_thread_starter_goes_wrapped_to_threads_and_by_id_to_microblogs(
    story: Story,
) -> None:
    wrapped, boost = await story.post()
    assert story.where(wrapped) == ["thread"]
    assert story.inner("Create", story.root.id).body in wrapped.activity.body
    assert said(wrapped)["audience"] == story.here.actor.uri
    assert story.where(boost) == ["microblog", f"direct {story.ann.inbox}"]
    assert said(boost)["object"] == story.root.uri
    assert boost.activity.uri == story.here.wire.uris.boost("welders", story.root.uri)


async def test_whoever_reads_the_boosts_anyway_is_not_told_twice(story: Story) -> None:
    group_id = story.here.group.id
    await streams.subscribe(streams.microblog(group_id), story.ann.delivery_inbox, "m.example")
    _, boost = await story.post()
    assert story.where(boost) == ["microblog"]


async def test_an_author_of_the_thread_family_is_sent_no_boost(story: Story) -> None:
    await story.here.family("m.example", "thread", "piefed")
    _, boost = await story.post()
    assert story.where(boost) == ["microblog"]


async def test_an_author_here_is_told_by_nobody(story: Story) -> None:
    olga = await scenery.person("olga@groups.example")
    _, root = await scenery.thread(story.here.group, olga)
    _, boost = await distribute.post(
        story.here.wire, story.here.hosted, story.inner("Create"), root, olga
    )
    assert story.where(boost) == ["microblog"]


async def test_an_answer_goes_to_threads_alone(story: Story) -> None:
    (wrapped,) = await story.post(story.answer)
    assert (story.where(wrapped), wrapped.places[0].kind) == (["thread"], "reply")


async def test_a_group_that_wants_it_boosts_answers_too(story: Story) -> None:
    await story.here.change(boost_replies=True)
    assert len(await story.post(story.answer)) == 2


async def test_nothing_is_announced_twice(story: Story) -> None:
    assert len(await story.post()) == 2
    assert await story.post() == []
    inner = story.inner("Update")
    for expected in (1, 0):
        drafts = await distribute.edit(story.here.wire, story.here.hosted, inner, story.root)
        assert len(drafts) == expected


async def test_the_host_that_an_act_came_from_gets_no_copy_and_lemmy_does(story: Story) -> None:
    for host, skipped in (("m.example", "m.example"), ("l.example", "")):
        inner = story.inner("Like", 1, host)
        (draft,) = await distribute.vote(story.here.wire, story.here.hosted, inner, story.root)
        assert draft.places[0].skip_host == skipped


async def test_what_was_unlisted_is_announced_unlisted(story: Story) -> None:
    story.root.visibility = "unlisted"
    for draft in await story.post():
        document = said(draft)
        assert document["to"] == [story.here.actor.followers]
        assert PUBLIC in document["cc"]


async def test_votes_are_wrapped_and_never_boosted(story: Story) -> None:
    inner = story.inner("Like")
    (draft,) = await distribute.vote(story.here.wire, story.here.hosted, inner, story.root)
    assert story.where(draft) == ["thread"]


@pytest.mark.parametrize("mark", ["signature", "proof"])
async def test_an_edit_that_convinces_by_itself_is_forwarded_as_it_came(
    story: Story, mark: str
) -> None:
    inner = story.inner("Update", **{mark: {"type": "..."}})
    wrapped, raw = await distribute.edit(story.here.wire, story.here.hosted, inner, story.root)
    assert story.where(wrapped) == ["thread"]
    assert (story.where(raw), raw.activity.body, raw.activity.uri) == (
        ["microblog"],
        inner.body,
        inner.uri,
    )
    assert not raw.activity.public
    assert raw.places[0].skip_host == "m.example"


async def test_an_edit_that_microblogs_would_not_believe_is_not_forwarded(story: Story) -> None:
    inner = story.inner("Update")
    (wrapped,) = await distribute.edit(story.here.wire, story.here.hosted, inner, story.root)
    assert story.where(wrapped) == ["thread"]


async def test_a_delete_undoes_the_boost_with_the_id_that_it_had(story: Story) -> None:
    _, boost = await story.post()
    wrapped, undo = await story.delete()
    assert story.where(wrapped) == ["thread"]
    assert story.where(undo) == ["microblog", f"direct {story.ann.inbox}"]
    assert said(undo)["object"]["id"] == boost.activity.uri
    assert undo.places[0].undoes_object
    assert "@context" not in said(undo)["object"]


async def test_what_was_never_boosted_is_not_undone_and_nothing_is_undone_twice(
    story: Story,
) -> None:
    await story.post(story.answer)
    (wrapped,) = await story.delete(story.answer)
    assert story.where(wrapped) == ["thread"]
    await story.post()
    await story.delete()
    assert await story.delete() == []
    (again,) = await story.delete(inner=story.inner("Delete", 2))
    assert story.where(again) == ["thread"]


async def test_a_signed_delete_is_forwarded_to_microblogs_too(story: Story) -> None:
    await story.post()
    drafts = await story.delete(inner=story.inner("Delete", proof={"type": "..."}))
    assert [story.where(one)[0] for one in drafts] == ["thread", "microblog", "microblog"]


async def served(uri: str) -> bool:
    return (await Activity.get(uri=uri)).public


async def test_what_carried_the_words_of_a_post_is_served_no_more_and_its_end_is(
    story: Story,
) -> None:
    created, boost = await story.post()
    deleted, undo = await story.delete()
    assert not await served(created.activity.uri)
    assert not await served(boost.activity.uri)
    assert await served(deleted.activity.uri)
    assert await served(undo.activity.uri)
    await distribute.hide(story.root.uri)
    assert await served(undo.activity.uri)


async def test_what_was_not_sent_yet_is_not_sent_any_more(story: Story) -> None:
    await story.post()
    await story.post(story.answer)
    await story.delete()
    rows = await storage.rows(
        "SELECT object_uri, kind, cancelled FROM log_entry WHERE stream LIKE 'group:%' ORDER BY id"
    )
    cancelled = {(row["object_uri"], row["kind"]) for row in rows if row["cancelled"]}
    assert cancelled == {(story.root.uri, "post")}


async def test_a_profile_goes_by_the_group_to_microblogs_and_by_moderation_to_threads(
    here: Here,
) -> None:
    document = {"@context": ["x"], "id": here.actor.uri, "type": "Group", "name": "Welders"}
    own, inner, outer = await distribute.profile(here.wire, here.hosted, document)
    assert _dialect(own.places[0]) == "microblog"
    assert said(own)["actor"] == said(own)["object"]["id"] == here.actor.uri
    assert inner.places == ()
    assert said(inner)["actor"] == here.wire.uris.moderation_actor
    assert _dialect(outer.places[0]) == "thread"
    assert said(outer)["object"] == said(inner)


# An author who wants to be asked first (GoToSocial's interactionPolicy.canAnnounce)


async def waiting(story: Story) -> tuple[Draft, Draft]:
    wrapped, boost = await story.post(can_announce=(story.ann.uri,))
    return wrapped, boost


async def test_without_leave_only_the_author_is_shown_the_boost(story: Story) -> None:
    stream = streams.microblog(story.here.group.id)
    await streams.subscribe(stream, story.ann.delivery_inbox, "m.example")
    wrapped, boost = await waiting(story)
    assert wrapped.places == ()
    assert story.where(boost) == [f"direct {story.ann.inbox}"]


async def test_a_group_that_is_named_in_the_policy_needs_no_leave(story: Story) -> None:
    wrapped, boost = await story.post(can_announce=(story.here.actor.uri,))
    assert story.where(wrapped) == ["thread"]
    assert story.where(boost)[0] == "microblog"


async def test_an_answer_waits_for_leave_as_well_and_is_then_not_boosted(story: Story) -> None:
    await story.post(story.answer, can_announce=())
    uri = story.here.wire.uris.boost("welders", story.answer.uri)
    drafts = await distribute.allowed(story.here.wire, story.here.hosted, uri, "https://l/ok")
    assert [story.where(draft) for draft in drafts] == [["thread"], []]


async def test_with_leave_everybody_is_shown_both_forms_with_the_approval(story: Story) -> None:
    wrapped, boost = await waiting(story)
    approval = f"{story.ann.uri}/ok/1"
    drafts = await distribute.allowed(
        story.here.wire, story.here.hosted, boost.activity.uri, approval
    )
    assert [story.where(draft) for draft in drafts] == [["thread"], ["microblog"]]
    assert drafts[0].activity.body == wrapped.activity.body
    leave = {"approvedBy": approval, "announceAuthorization": approval}
    assert said(drafts[1]) == said(boost) | leave
    await story.here.publish(drafts)
    assert json.loads((await Activity.get(uri=boost.activity.uri)).body)["approvedBy"] == approval
    assert not await Announced.exists(waiting=True)


@pytest.mark.parametrize("act", ["edit", "vote"])
async def test_while_it_waits_nothing_is_said_about_a_post(story: Story, act: str) -> None:
    await waiting(story)
    send: Callable[..., Awaitable[list[Draft]]] = getattr(distribute, act)
    inner = story.inner("Update", proof={})
    assert await send(story.here.wire, story.here.hosted, inner, story.root) == []


async def test_a_post_that_ends_while_it_waits_ends_for_its_author_alone(story: Story) -> None:
    await waiting(story)
    (undo,) = await story.delete()
    assert story.where(undo) == [f"direct {story.ann.inbox}"]
    assert said(undo)["type"] == "Undo"
