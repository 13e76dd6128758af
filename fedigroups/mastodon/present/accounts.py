"""This module makes Accounts: people and groups alike, a group with `group: true`."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import orjson

from federation.storage import Row
from fedigroups.accounts.models import Account
from fedigroups.content import emoji, facts
from fedigroups.content.sanitise import label
from fedigroups.mastodon import pictures as drawn
from fedigroups.mastodon.present.shapes import Entity, address, date, date_time
from fedigroups.media.pictures import Pictures

NAME_CHARS = 100
ROLES = {"member": ("-99", ""), "moderator": ("2", "Moderator"), "admin": ("3", "Admin")}
_JOINING = {
    "open": "Anybody may join: follow this account.",
    "approval": "Follow this account to ask; a host of the group decides.",
    "invite": "By invitation only.",
}
_POSTING = {
    "anyone": "Anybody may start a thread: mention this account.",
    "members": "Members start threads: follow this account, then mention it.",
    "moderators": "Only moderators start threads; everybody may answer.",
}
_VISIBILITIES = frozenset({"public", "unlisted", "private", "direct"})


def account(row: Row, pictures: Pictures) -> Entity:
    """The Account in a row of `reading.people`; whoever is gone shows nothing but a name."""
    said = read(row["document"]) if row["state"] == "live" else {}
    is_group = row["group_id"] is not None
    picture = _picture(row, pictures)
    header = _header(row, said, pictures)
    username = label(row["username"], NAME_CHARS) or row["host"]
    return {
        "id": str(row["id"]),
        "username": username,
        "acct": username if row["local"] else f"{username}@{row['host']}",
        "display_name": _name(row),
        "locked": _is_locked(row, said),
        "bot": row["kind"] in {"Service", "Application"},
        "discoverable": row["state"] == "live" and bool(row["discoverable"]),
        "indexable": row["state"] == "live" and bool(row["indexable"]),
        "group": is_group or row["kind"] == "Group",
        "created_at": date_time(row["published_at"] or row["fetched_at"]),
        "note": _note(row),
        "url": address(row["page_url"], row["uri"]) or pictures.origin,
        "uri": row["uri"],
        "avatar": picture,
        "avatar_static": picture,
        "header": header,
        "header_static": header,
        "avatar_description": row["icon_text"] or "",
        "header_description": row["banner_text"] or "",
        "followers_count": row["members_count"] or 0,
        "following_count": row["following"],
        "statuses_count": row["threads_count"] if is_group else row["statuses"],
        "last_status_at": date(row["active_at"] if is_group else row["last_at"] or 0),
        "hide_collections": True,
        "noindex": False,
        "emojis": emojis(said, pictures),
        "fields": _shown_fields(row, said),
        "roles": [],
        **({"suspended": True} if row["state"] == "suspended" else {}),
    }


def credentials(
    row: Row, pictures: Pictures, owner: Account, beside: Mapping[str, Any], *, requests: int
) -> Entity:
    """A CredentialAccount: the account of whoever asks, with what they chose for themselves."""
    shown = account(row, pictures)
    return shown | {
        "source": {
            "privacy": owner.visibility if owner.visibility in _VISIBILITIES else "public",
            "sensitive": owner.sensitive,
            "language": owner.language or None,
            "note": beside["note"],
            "fields": [
                {"name": name, "value": value, "verified_at": None}
                for name, value in orjson.loads(beside["pairs"])
            ],
            "follow_requests_count": requests,
            "hide_collections": shown["hide_collections"],
            "discoverable": bool(row["discoverable"]),
            "indexable": bool(row["indexable"]),
            "attribution_domains": beside["credited"].split(),
            "quote_policy": "nobody",
        },
        "role": role(owner.role),
    }


def role(name: str) -> Entity:
    """The Role that somebody has on the instance."""
    number, shown = ROLES.get(name, ROLES["member"])
    return {
        "id": number,
        "name": shown,
        "color": "",
        "permissions": "0",
        "highlighted": False,
    }


def mention(row: Mapping[str, Any], origin: str) -> Entity:
    """A Mention of an account, of a row with its names and addresses."""
    name = label(row["username"], NAME_CHARS) or row["host"]
    return {
        "id": str(row["id"]),
        "username": name,
        "url": address(row["page_url"], row["uri"]) or origin,
        "acct": name if row["local"] else f"{name}@{row['host']}",
    }


def emojis(document: Mapping[str, Any], pictures: Pictures) -> list[Entity]:
    """The CustomEmojis that a document of a stranger's brings along."""
    found: list[Entity] = []
    for code, url in emoji.said(document):
        shown = pictures.shown(url, "icon")
        one = {"shortcode": code, "url": shown, "static_url": shown}
        found.append(one | {"visible_in_picker": False, "category": None})
    return found


def read(document: str | None) -> dict[str, Any]:
    """A document as it was stored; nothing for one that is none."""
    if not document:
        return {}
    try:
        found = orjson.loads(document)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _name(row: Row) -> str:
    if row["state"] == "gone":
        return ""
    return label(row["title"] or row["name"] or "", NAME_CHARS) or label(row["username"], 64)


def _note(row: Row) -> str:
    if row["state"] != "live":
        return ""
    if not row["hosted"]:
        return row["summary"] or row["summary_html"] or ""
    rules = [line.strip() for line in (row["rules"] or "").splitlines() if line.strip()]
    listed = "".join(f"<li>{html.escape(rule)}</li>" for rule in rules)
    return (row["summary_html"] or "") + (f"<ol>{listed}</ol>" if listed else "")


def _picture(row: Row, pictures: Pictures) -> str:
    kind = "group" if row["kind"] == "Group" else "person"
    own = address(row["group_icon"] or "", row["icon_url"]) if row["state"] == "live" else None
    return pictures.shown(own or "", "icon") or drawn.url(pictures.origin, kind)


def _header(row: Row, said: Mapping[str, Any], pictures: Pictures) -> str:
    own = address(row["banner_url"], _image(said)) if row["state"] == "live" else None
    return pictures.shown(own or "", "banner") or drawn.url(pictures.origin, "header")


def _shown_fields(row: Row, said: Mapping[str, Any]) -> list[Entity]:
    if row["state"] != "live":
        return []
    known = facts.own(row["pairs"] or "[]") if row["local"] else facts.stated(said)
    shown: list[Entity] = [
        {"name": one.name, "value": one.html, "verified_at": None} for one in known
    ]
    return shown + (_group_fields(row) if row["hosted"] else [])


def _image(said: Mapping[str, Any]) -> str:
    image = said.get("image")
    if isinstance(image, list):
        image = image[0] if image else None
    url = image.get("url") if isinstance(image, dict) else image
    return url if isinstance(url, str) else ""


def _is_locked(row: Row, said: Mapping[str, Any]) -> bool:
    if row["hosted"]:
        return bool(row["join_policy"] != "open")
    return said.get("manuallyApprovesFollowers") is True


def _group_fields(row: Row) -> list[Entity]:
    return [
        {"name": "Joining", "value": _JOINING[row["join_policy"]], "verified_at": None},
        {"name": "Posting", "value": _POSTING[row["post_policy"]], "verified_at": None},
    ]
