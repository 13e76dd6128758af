"""This module packs all that is kept of somebody into one file, for them to take along."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from dataclasses import asdict
from typing import Any

from federation import clock, storage
from federation.models import Actor
from federation.vocabulary import AS2
from federation.wire import Wire
from fedigroups.accounts import mailing, sessions
from fedigroups.accounts.app_models import Token
from fedigroups.accounts.models import Account
from fedigroups.groups.documents import actor_document
from fedigroups.groups.models import Member
from fedigroups.personal import everything

AT_ONCE = 500
"""Posts that are read together."""
README = """All that this server keeps of your account. A server of this kind takes it in whole
(Settings, Bring along): the groups, and most of what is in private.json.

actor.json     you, as other servers see you
account.json   what only you and this server know, but for your password, which is not kept
posts.json     what you wrote, as it was sent (ActivityStreams)
groups.csv     the groups that you are in; other servers can import it as a list of follows
likes.json     what you liked
private.json   your bookmarks, drafts, lists and filters, the threads that you read,
               how you voted, what you and moderators wrote to each other, and whom you
               mute, block or made a note of
"""


async def pack(wire: Wire, account: Account) -> bytes:
    """A zip archive; whoever wrote ten thousand posts holds up nobody else."""
    actor = await account.actor
    files = {
        "README.txt": README,
        "actor.json": await actor_document(actor, wire.keyring, wire.uris),
        "account.json": await _account(account),
        "posts.json": await _posts(actor.id, f"{actor.uri}/outbox"),
        "groups.csv": await _groups(actor.id),
        "likes.json": await _likes(actor.uri),
        "private.json": await everything.packed(actor.id),
    }
    return await asyncio.to_thread(_zipped, files)


async def _account(account: Account) -> dict[str, Any]:
    tokens = Token.filter(account_id=account.id).select_related("app").order_by("id")
    return {
        "email": account.email,
        "role": account.role,
        "created": clock.rfc3339(account.created_at),
        "language": account.language,
        "visibility": account.visibility,
        "mail_about": account.mail_about.split(),
        "mail": asdict(mailing.chosen(await mailing.of(account.id))),
        "sessions": [
            {"browser": one.agent, "address": one.address, "since": clock.rfc3339(one.created_at)}
            for one in await sessions.of(account)
        ],
        "apps": [
            {"name": one.app.name, "scopes": one.scopes, "since": clock.rfc3339(one.created_at)}
            for one in await tokens
        ],
    }


async def _posts(actor_id: int, uri: str) -> dict[str, Any]:
    items: list[Any] = []
    last = 0
    while rows := await storage.rows(
        "SELECT id, document FROM post WHERE author_id = ? AND state = 'live' AND id > ?"
        " ORDER BY id LIMIT ?",
        *(actor_id, last, AT_ONCE),
    ):
        items += [json.loads(row["document"]) for row in rows if row["document"]]
        last = rows[-1]["id"]
    return {
        "@context": AS2,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


async def _groups(actor_id: int) -> str:
    """In the form in which Mastodon exports and imports follows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Account address", "Show boosts", "Notify on new posts", "Languages"])
    found = Member.filter(actor_id=actor_id, state="member").select_related("group__actor")
    for member in await found.order_by("id"):
        heard = [str(bool(one)).lower() for one in (member.shows, member.bell)]
        writer.writerow([_named(member.group.actor), *heard, ""])
    return out.getvalue()


def _named(group: Actor) -> str:
    """Its handle; its id where a spreadsheet would take the handle for a formula."""
    handle: str = group.handle
    return handle if handle[0].isalnum() or handle[0] == "_" else group.uri


async def _likes(actor_uri: str) -> list[str]:
    rows = await storage.rows(
        "SELECT p.uri FROM reaction r JOIN post p ON p.id = r.post_id WHERE r.actor_uri = ?"
        " ORDER BY r.id",
        actor_uri,
    )
    return [row["uri"] for row in rows]


def _zipped(files: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, said in files.items():
            archive.writestr(name, said if isinstance(said, str) else _json(said))
    return out.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
