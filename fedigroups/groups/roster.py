"""This module reads who is in a group, who asks to come in, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from federation import clock, limits, storage
from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.groups import admitting
from fedigroups.groups.models import Group, Member

PAGE = 50
HOSTS = "hosts"
"""Members who look after the group, as a list of their own."""
STATES = ("member", HOSTS, "invited", "refused", "left", "removed", "banned")
"""The lists of people that hosts can see; those who ask have a page of their own."""

_ROWS = (
    "SELECT m.id, m.state, m.role, m.reason, m.asked_at, m.joined_at, m.changed_at,"
    " m.banned_until, m.muted_until,"
    " a.id AS actor_id, a.uri, a.username, a.host, a.name, a.summary, a.icon_url, a.local,"
    " a.page_url, a.published_at, COALESCE(p.software, '') AS software,"
    " COALESCE(p.first_seen_at, 0) AS host_seen_at,"
    " (SELECT COUNT(*) FROM member o JOIN actor b ON b.id = o.actor_id"
    " WHERE o.group_id = m.group_id AND o.state = 'member' AND b.host = a.host) AS neighbours"
    " FROM member m JOIN actor a ON a.id = m.actor_id LEFT JOIN peer p ON p.host = a.host"
    " WHERE m.group_id = ?"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's standing in a group, and where they come from."""

    id: int
    """Of the membership."""
    actor_id: int
    state: str
    role: str
    reason: str
    asked_at: int
    joined_at: int
    changed_at: int
    banned_until: int
    """When the ban ends by itself; 0 for never."""
    muted_until: int
    name: str
    handle: str
    host: str
    link: str
    icon_url: str
    says: str
    """What they say of themselves, as plain text."""
    local: bool
    since: int
    """When their account was made, as its server says; 0 when it does not."""
    software: str
    host_seen_at: int
    neighbours: int
    """Members of the group from the same server."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of them; `next` is the `before` of the page after this one, or 0."""

    entries: tuple[Entry, ...]
    next: int


@dataclass(frozen=True, slots=True)
class Heir:
    """Somebody to whom a group can be handed over."""

    username: str
    name: str
    role: str


async def asking(group: Group) -> tuple[Entry, ...]:
    """Who waits to be let in, the longest first. One query."""
    rows = await storage.rows(
        f"{_ROWS} AND m.state = 'asked' ORDER BY m.asked_at, m.id LIMIT ?", group.id, PAGE
    )
    return tuple(map(_entry, rows))


async def listed(group: Group, state: str, query: str = "", before: int = 0) -> Page:
    """Those of a list, with `query` in name or handle; the newest first. One query."""
    clauses, values = [_ROWS, "m.state = ?"], [group.id, "member" if state == HOSTS else state]
    if state == HOSTS:
        clauses.append("m.role <> 'member'")
    if words := sanitise.label(query, limits.QUERY_CHARS).lower().lstrip("@"):
        name, _, host = words.partition("@")
        like = [f"%{storage.like(one)}%" for one in (words, name, host)]
        clauses.append(
            "(LOWER(a.name) LIKE ? ESCAPE '!' OR (LOWER(a.username) LIKE ? ESCAPE '!'"
            " AND a.host LIKE ? ESCAPE '!') OR a.host LIKE ? ESCAPE '!')"
        )
        values += [*like, like[0]]
    if before:
        clauses.append("m.id < ?")
        values.append(before)
    rows = await storage.rows(
        f"{' AND '.join(clauses)} ORDER BY m.id DESC LIMIT ?", *values, PAGE + 1
    )
    entries = tuple(map(_entry, rows[:PAGE]))
    return Page(entries, entries[-1].id if len(rows) > PAGE else 0)


async def one(group: Group, member_id: int) -> Entry | None:
    """The standing of this id in the group, or None. One query."""
    row = await storage.row(f"{_ROWS} AND m.id = ?", group.id, member_id)
    return _entry(row) if row else None


async def heirs(group: Group, owner: Actor) -> tuple[Heir, ...]:
    """The people here who could own the group instead, those who moderate it first. One query.

    At most one more than `PAGE`, which says that there are more.
    """
    rows = await storage.rows(
        "SELECT a.username, a.name, m.role FROM member m JOIN actor a ON a.id = m.actor_id"
        " WHERE m.group_id = ? AND m.state = 'member' AND m.actor_id <> ? AND a.local = ?"
        " AND a.state = 'live' AND a.moved_to = ''"
        " ORDER BY CASE m.role WHEN 'member' THEN 1 ELSE 0 END, a.username LIMIT ?",
        *(group.id, owner.id, True, PAGE + 1),
    )
    return tuple(
        Heir(row["username"], sanitise.label(row["name"], 80) or row["username"], row["role"])
        for row in rows
    )


async def counts(group: Group) -> dict[str, int]:
    """How many there are in each state, and how many look after the group. One query."""
    rows = await storage.rows(
        "SELECT state, COUNT(*) AS number, COUNT(CASE WHEN role <> 'member' THEN 1 END) AS hosts"
        " FROM member WHERE group_id = ? GROUP BY state",
        group.id,
    )
    found = {row["state"]: row["number"] for row in rows}
    return found | {HOSTS: sum(row["hosts"] for row in rows if row["state"] == "member")}


def _entry(row: storage.Row) -> Entry:
    return Entry(
        id=row["id"],
        actor_id=row["actor_id"],
        state=row["state"],
        role=row["role"],
        reason=row["reason"],
        asked_at=row["asked_at"],
        joined_at=row["joined_at"],
        changed_at=row["changed_at"],
        banned_until=row["banned_until"],
        muted_until=row["muted_until"] if row["muted_until"] > clock.now_ms() else 0,
        name=sanitise.label(row["name"], 80) or row["username"],
        handle=f"{row['username']}@{row['host']}",
        host=row["host"],
        link=sanitise.safe_url(row["page_url"]) or sanitise.safe_url(row["uri"]),
        icon_url=row["icon_url"],
        says=sanitise.excerpt(row["summary"], 500),
        local=bool(row["local"]),
        since=row["published_at"],
        software=row["software"],
        host_seen_at=row["host_seen_at"],
        neighbours=row["neighbours"],
    )


async def outside(group: Group) -> dict[str, int]:
    """The servers from which the group takes nobody, and how many members are from there.

    Who looks after the group is not counted. One query.
    """
    rows = await storage.rows(
        "SELECT a.host AS host, COUNT(*) AS members FROM member m JOIN actor a ON a.id = m.actor_id"
        " WHERE m.group_id = ? AND m.state = 'member' AND m.role = 'member' AND a.local = ?"
        " GROUP BY a.host ORDER BY a.host",
        *(group.id, False),
    )
    return {
        row["host"]: row["members"] for row in rows if admitting.shuts_out_host(group, row["host"])
    }


async def people_of(group: Group, hosts: Iterable[str], limit: int) -> list[Actor]:
    """Members from these servers, but for who looks after the group; the first so many."""
    some = [*hosts][:limit]
    found = Member.filter(group_id=group.id, state="member", role="member", actor__host__in=some)
    rows = await found.order_by("id").limit(limit).select_related("actor") if some else []
    return [row.actor for row in rows]
