"""This module does what a file says that somebody brought, a few rows at a time.

What was done is written down row by row, so that a process that is stopped goes on where it was;
whoever is asked twice to do the same finds that it is so already.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable

import structlog

from federation import clock, limits, storage
from federation.errors import FederationError, Malformed
from federation.models import Actor
from federation.origin import host_of, site_of
from federation.pace import MINUTE_SECONDS, Buckets
from federation.sentences import Sentence
from federation.wire import Wire
from fedigroups.content.catalogues import noted
from fedigroups.groups import joining, membership, policies, resolving
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.visibility import can_see
from fedigroups.personal import (
    hashtags,
    hosts,
    imports,
    keeping,
    listings,
    stances,
    word_filters,
)
from fedigroups.personal.import_models import Import, ImportRow
from fedigroups.personal.models import BlockedHost, Bookmark, Stance, WordFilter
from fedigroups.personal.word_filters import Keyword, Rule

LEASE_MS = 10 * clock.MINUTE
"""How long no other worker takes up what one has taken up."""
PEOPLE = noted("people cannot be followed here, groups can")
YOURSELF = noted("that is yourself")
NO_POST = noted("no group that is known here shows it")
WAITS = noted("you asked to join, and it has not answered yet")

Ended = tuple[str, str]
"""The outcome of a row, and why."""
DONE: Ended = ("done", "")
ALREADY: Ended = ("already", "")

_ENDING = ("block", "mute", "host")

log = structlog.get_logger("fedigroups.imports")


class Importer:
    """Works off the imports of an instance; asks each site no more often than pages do."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._sites = Buckets(limits.LOOKUPS_PER_HOST, MINUTE_SECONDS)

    async def step(self) -> bool:
        """Do some rows of the import that waits longest; whether there was one."""
        now = clock.now_ms()
        taken = await storage.row(
            "UPDATE import_batch SET step_at = ? WHERE id = (SELECT id FROM import_batch WHERE"
            " state = 'running' AND step_at <= ? ORDER BY step_at, id LIMIT 1)"
            " AND state = 'running' AND step_at <= ? RETURNING id",
            *(now + LEASE_MS, now, now),
        )
        if taken is None:
            return False
        row = await Import.get(id=taken["id"]).select_related("actor")
        if row.actor.state != "live" or row.actor.moved_to:
            await imports.stop(row.actor_id)
        elif not await self._some(row):
            await _finish(row)
        return True

    async def _some(self, batch: Import) -> bool:
        """Whether anything is left that was not tried; then it is given back, also when stopped."""
        left = ImportRow.filter(batch_id=batch.id, outcome="").order_by("id")
        rows = await left.limit(limits.IMPORT_ROWS_PER_STEP)
        try:
            for row in rows:
                if ended := await self._tried(batch.actor, row):
                    outcome, why = ended
                    mine = ImportRow.filter(id=row.id, outcome="")
                    await mine.update(outcome=outcome, reason=Sentence(why).kept())
        finally:
            if rows:
                given_back = Import.filter(id=batch.id, state="running")
                await given_back.update(step_at=clock.now_ms())
        return bool(rows)

    async def _must_wait(self, row: ImportRow) -> bool:
        """Whether its server was asked too often of late; takes a share of it if not."""
        if row.kind == "post":
            is_known, host = await Post.exists(uri=row.subject), host_of(row.subject)
        elif row.kind in {"group", "block", "mute", "note", "list"}:
            is_known = await _known(row.subject) is not None
            host = _host(row.subject)
        else:
            return False
        return not is_known and self._sites.take(site_of(host)) > 0

    async def _tried(self, person: Actor, row: ImportRow) -> Ended | None:
        """What became of it; None when it waits for its turn."""
        try:
            return None if await self._must_wait(row) else await self._do(person, row)
        except FederationError as error:
            return "failed", error.sentence
        except Exception:
            log.exception("import.failed", row=row.id, kind=row.kind)
            return "failed", "something went wrong here; whoever runs this server can read what"

    async def _do(self, person: Actor, row: ImportRow) -> Ended:
        done: Awaitable[Ended]
        match row.kind:
            case "group":
                done = self._join(person, row)
            case "host":
                done = _block_host(person, row.subject)
            case "post":
                done = self._save(person, row.subject)
            case "hashtag":
                done = _follow(person, row.subject)
            case "filter":
                done = _filter(person, row)
            case "list":
                done = self._list(person, row)
            case _:
                done = self._judge(person, row)
        return await done

    async def _actor(self, subject: str) -> Actor:
        known = await _known(subject)
        if known is not None:
            return known
        if subject.startswith(("https://", "http://")):
            return await self._wire.directory.actor(subject)
        return await self._wire.directory.by_handle(subject)

    async def _join(self, person: Actor, row: ImportRow) -> Ended:
        group = await self._actor(row.subject)
        if group.kind != "Group":
            return "skipped", PEOPLE
        before = await Member.get_or_none(
            actor_id=person.id, group__actor_id=group.id, state__in=["member", "asked"]
        )
        is_new = before is None or before.id > row.id  # or died here before it was written down
        state = before.state if before else await joining.join(self._wire, person, group)
        if state == "refused":
            return "failed", await _why_refused(person, group)
        if row.more and is_new:
            shows, bell = json.loads(row.more)
            mine = Member.filter(actor_id=person.id, group__actor_id=group.id)
            await mine.update(shows=shows, bell=bell)
        reason = WAITS if state == "asked" else ""
        return ("done" if is_new else "already"), reason

    async def _judge(self, person: Actor, row: ImportRow) -> Ended:
        """Block, mute, or a note."""
        target = await self._actor(row.subject)
        if target.id == person.id:
            return "skipped", YOURSELF
        now = await Stance.get_or_none(actor_id=person.id, target_id=target.id)
        if row.kind == "note":
            if now is not None and now.note:
                return ALREADY
            await stances.note(person.id, target.id, row.more)
        elif row.kind == "block":
            if now is not None and now.blocked:
                return ALREADY
            await stances.judge(person.id, target.id, "blocked", True)
        else:
            if now is not None and now.muted:
                return ALREADY
            await stances.judge(person.id, target.id, "muted", True)
        return DONE

    async def _list(self, person: Actor, row: ImportRow) -> Ended:
        target = await self._actor(row.subject)
        titles = dict.fromkeys(json.loads(row.more))
        put = [await listings.put(person.id, title, target.id) for title in titles]
        return DONE if any(put) else ALREADY

    async def _save(self, person: Actor, uri: str) -> Ended:
        post = await _readable(person, uri)
        if post is None and not self._wire.uris.is_local(uri):
            await resolving.post_at(self._wire, uri)
            post = await _readable(person, uri)
        if post is None:
            return "failed", NO_POST
        if await Bookmark.exists(actor_id=person.id, post_id=post.id):
            return ALREADY
        await keeping.bookmark(person.id, post.id)
        return DONE


async def _known(subject: str) -> Actor | None:
    if subject.startswith(("https://", "http://")):
        return await Actor.get_or_none(uri=subject, state="live")
    name, _, host = subject.partition("@")
    found = await storage.row(
        "SELECT id FROM actor WHERE LOWER(username) = ? AND host = ? AND state = 'live'"
        " AND kind <> 'Application' ORDER BY local DESC, id DESC LIMIT 1",
        *(name, host),
    )
    return await Actor.get(id=found["id"]) if found else None


def _host(subject: str) -> str:
    return host_of(subject) if "://" in subject else subject.partition("@")[2]


async def _why_refused(person: Actor, actor: Actor) -> str:
    group = await Group.get(actor_id=actor.id)
    return policies.refusal_to_join(group, await membership.standing(group, person))


async def _readable(person: Actor, uri: str) -> Post | None:
    """The post of this id, if they may read it."""
    post = await Post.get_or_none(uri=uri).select_related("thread__group__actor", "author")
    if post is None or post.thread.group.state != "open":
        return None
    member = await membership.standing(post.thread.group, person)
    return post if can_see(policies.viewer(person, member), post) else None


async def _block_host(person: Actor, host: str) -> Ended:
    if await BlockedHost.exists(actor_id=person.id, host=host):
        return ALREADY
    await hosts.block(person.id, host)
    return DONE


async def _follow(person: Actor, name: str) -> Ended:
    if await hashtags.follows(person.id, name):
        return ALREADY
    await hashtags.follow(person.id, name)
    return DONE


async def _filter(person: Actor, row: ImportRow) -> Ended:
    if await WordFilter.exists(actor_id=person.id, title=row.subject):
        return ALREADY
    said = json.loads(row.more)
    rule = Rule(row.subject, tuple(said["context"].split()), said["action"] or "warn")
    words = [Keyword(word) for word in said["words"][: limits.FILTER_KEYWORDS]]
    await word_filters.make(person.id, rule, words)
    return DONE


async def _finish(batch: Import) -> None:
    """All rows are done with: what the file does not name ends, if that was wanted."""
    async with storage.transaction():
        if not await Import.filter(id=batch.id, state="running").update(state="done"):
            return
        if batch.overwrites:
            await _end_others(batch)
    log.info("import.done", account=batch.actor.username)


async def _end_others(batch: Import) -> None:
    """Blocks and mutes of the kinds that are in the file, and that it does not name."""
    rows = await ImportRow.filter(batch_id=batch.id).values("kind", "subject")
    named = {kind: {row["subject"] for row in rows if row["kind"] == kind} for kind in _ENDING}
    stands = await Stance.filter(actor_id=batch.actor_id).select_related("target")
    for stance in stands:
        names = {stance.target.uri, stance.target.handle.lower()}
        if named["block"] and stance.blocked and not names & named["block"]:
            await stances.judge(batch.actor_id, stance.target_id, "blocked", False)
        if named["mute"] and stance.muted and not names & named["mute"]:
            await stances.judge(batch.actor_id, stance.target_id, "muted", False)
    if named["host"]:
        blocked = BlockedHost.filter(actor_id=batch.actor_id)
        await blocked.exclude(host__in=list(named["host"])).delete()


def check_may(person: Actor) -> None:
    """Raise `Malformed` for whoever moved: their account only reads."""
    if person.moved_to:
        raise Malformed(policies.MOVED)
