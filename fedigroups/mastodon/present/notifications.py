"""This module makes Notifications, alone (v1) and in groups (v2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from federation.storage import Row
from fedigroups.mastodon.present.shapes import Entity, date_time

SAMPLES = 8
NAMES = {"decision": "moderation_warning"}
"""Kinds that clients call otherwise."""
GROUPED = frozenset({"favourite", "reblog"})


def notification(
    row: Row,
    accounts: Mapping[int, Entity],
    statuses: Mapping[int, Entity],
    warnings: Mapping[int, Entity],
) -> Entity:
    """A Notification, with the status that it is about, if it is about one."""
    shown: Entity = {
        "id": str(row["id"]),
        "type": NAMES.get(row["kind"], row["kind"]),
        "created_at": date_time(row["created_at"]),
        "group_key": row["group_key"],
        "account": accounts[row["sender_id"]],
    }
    if row["post_id"]:
        shown["status"] = statuses[row["post_id"]]
    if row["decision_id"] in warnings:
        shown["moderation_warning"] = warnings[row["decision_id"]]
    return shown


def grouped(
    groups: Sequence[Row],
    samples: Mapping[str, Sequence[int]],
    accounts: Mapping[int, Entity],
    statuses: Mapping[int, Entity],
    warnings: Mapping[int, Entity],
) -> Entity:
    """GroupedNotificationsResults; each account and each status is in it once."""
    return {
        "accounts": list(accounts.values()),
        "statuses": list(statuses.values()),
        "notification_groups": [_group(row, samples[row["group_key"]], warnings) for row in groups],
    }


def warning(row: Row, target: Entity) -> Entity:
    """An AccountWarning: a decision against somebody, with its reason."""
    return {
        "id": str(row["id"]),
        "action": "delete_statuses" if row["kind"] == "remove" else "none",
        "text": row["text"],
        "status_ids": [str(row["post_id"])] if row["post_id"] else [],
        "target_account": target,
        "appeal": None,
        "created_at": date_time(row["created_at"]),
    }


def _group(row: Row, senders: Sequence[int], warnings: Mapping[int, Entity]) -> Entity:
    about = warnings.get(row["decision_id"])
    return {
        **({"moderation_warning": about} if about else {}),
        "group_key": row["group_key"],
        "notifications_count": row["count"],
        "type": NAMES.get(row["kind"], row["kind"]),
        "most_recent_notification_id": row["newest"],  # IceCubes decodes an integer here
        "page_min_id": str(row["oldest"]),
        "page_max_id": str(row["newest"]),
        "latest_page_notification_at": date_time(row["created_at"]),
        "sample_account_ids": [str(sender) for sender in senders[:SAMPLES]],
        "status_id": str(row["post_id"]) if row["post_id"] else None,
    }


def policy() -> Entity:
    """A NotificationPolicy: nobody's notifications are put aside here."""
    return {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
