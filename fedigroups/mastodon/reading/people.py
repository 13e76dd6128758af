"""This module reads accounts: any number of people and groups in one query."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Iterable, Mapping

from federation import storage
from federation.storage import Row
from fedigroups.groups.visibility import open_sql
from fedigroups.mastodon.present import accounts
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.media.pictures import Pictures

_COLUMNS = (
    "a.id, a.uri, a.kind, a.local, a.host, a.username, a.name, a.summary, a.page_url, a.icon_url, "
    "a.document, a.moved_to, a.discoverable, a.indexable, a.state, a.published_at, a.fetched_at, "
    "g.id AS group_id, g.hosted, g.title, g.summary_html, g.rules, g.icon_url AS group_icon, "
    "COALESCE(NULLIF(g.banner_url, ''), a.banner_url) AS banner_url, "
    "x.pairs, x.icon_text, x.banner_text, g.join_policy, g.post_policy, g.members_count,"
    " g.threads_count, g.active_at, g.state AS group_state"
)
_COUNTS = (
    "(SELECT COUNT(*) FROM member m WHERE m.actor_id = a.id AND m.state = 'member') AS following, "
    f"(SELECT COUNT(*) FROM post p WHERE p.author_id = a.id AND {open_sql('p')}) AS statuses, "
    f"(SELECT MAX(p.published_at) FROM post p WHERE p.author_id = a.id AND {open_sql('p')})"
    " AS last_at"
)
SELECT = (
    f"SELECT {_COLUMNS}, {_COUNTS} FROM actor a LEFT JOIN groups g ON g.actor_id = a.id"
    " LEFT JOIN profile x ON x.actor_id = a.id"
)
_PRESENT = frozenset({"live", "suspended"})
SHOWN = "a.state IN ('live', 'suspended') AND (g.id IS NULL OR g.state = 'open')"
"""Who is there for clients: not who waits to be let in, and not who is gone."""


async def rows(ids: Iterable[int]) -> dict[int, Row]:
    """The rows of these actors by id, whatever became of them, and of where the moved ones live.

    One query.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await storage.rows(
        f"WITH asked AS (SELECT o.id, o.moved_to FROM {storage.table('wanted', id='bigint')}"
        f" JOIN actor o ON o.id = wanted.id) {SELECT} WHERE a.id IN (SELECT id FROM asked UNION"
        " SELECT n.id FROM asked JOIN actor n ON n.uri = asked.moved_to"
        " WHERE asked.moved_to <> '')",
        storage.packed([(one,) for one in wanted]),
    )
    return {row["id"]: row for row in found}


async def by_id(ids: Iterable[int], pictures: Pictures) -> dict[int, Entity]:
    """The Accounts of these actors by id: authors of what is shown. One query.

    That of somebody who moved has the one where they live now as `moved`, if it is known.
    """
    return _accounts(await rows(ids), pictures)


async def one(id: int) -> Row | None:
    """The row of an account that is there for clients. One query."""
    return await storage.row(f"{SELECT} WHERE a.id = ? AND {SHOWN}", id)


async def whole(row: Row, pictures: Pictures) -> Entity:
    """The Account in a row; for those who moved, also where they live now, if that is known."""
    if row["moved_to"]:
        return (await by_id([row["id"]], pictures))[row["id"]]
    return accounts.account(row, pictures)


async def listed(ids: list[int], pictures: Pictures) -> list[Entity]:
    """The Accounts of these actors in this order; whoever is gone is left out."""
    found = await rows(ids)
    shown = _accounts(found, pictures)
    return [shown[id] for id in ids if id in found and found[id]["state"] in _PRESENT]


async def named(acct: str, host: str) -> Row | None:
    """The account called `name`, `name@host` or by its URI, that we know of. One query."""
    if acct.startswith(("https://", "http://")):
        return await storage.row(f"{SELECT} WHERE a.uri = ? AND {SHOWN}", acct)
    name, _, at = acct.strip().lstrip("@!").partition("@")
    return await storage.row(
        f"{SELECT} WHERE LOWER(a.username) = ? AND a.host = ? AND a.kind <> 'Application'"
        f" AND {SHOWN} ORDER BY a.local DESC, a.id LIMIT 1",
        *(name.lower(), at.lower() or host),
    )


def _accounts(found: Mapping[int, Row], pictures: Pictures) -> dict[int, Entity]:
    homes = {row["uri"]: row for row in found.values() if _is_there(row)}
    shown = {id: accounts.account(row, pictures) for id, row in found.items()}
    for id, row in found.items():
        home = homes.get(row["moved_to"]) if row["state"] == "live" else None
        if home is not None:
            shown[id] = shown[id] | {"moved": accounts.account(home, pictures)}
    return shown


def _is_there(row: Row) -> bool:
    """`SHOWN`, of a row."""
    is_open = row["group_id"] is None or row["group_state"] == "open"
    return is_open and row["state"] in _PRESENT
