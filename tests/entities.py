"""What the strictest decoders of Mastodon's clients demand of each entity, as checks.

Each check raises AssertionError with the path of the value that would fail a whole page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any, str], None]


def _is(kind: type, value: Any, at: str) -> None:
    assert isinstance(value, kind), f"{at} is {value!r}"
    assert kind is bool or not isinstance(value, bool), f"{at} is {value!r}"


def text(value: Any, at: str) -> None:
    _is(str, value, at)


def flag(value: Any, at: str) -> None:
    _is(bool, value, at)


def count(value: Any, at: str) -> None:
    _is(int, value, at)
    assert value >= 0, f"{at} is {value!r}"


def id(value: Any, at: str) -> None:
    text(value, at)
    assert re.fullmatch(r"[0-9]{1,19}", value), f"{at} is {value!r}"
    assert int(value) < 2**63, at


def url(value: Any, at: str) -> None:
    text(value, at)
    parts = urlsplit(value)
    assert parts.scheme in {"http", "https"}, f"{at} is {value!r}"
    assert parts.hostname, f"{at} is {value!r}"


def moment(value: Any, at: str) -> None:
    text(value, at)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), f"{at} is {value!r}"


def day(value: Any, at: str) -> None:
    text(value, at)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", value), f"{at} is {value!r}"


def null(value: Any, at: str) -> None:
    assert value is None, f"{at} is {value!r}"


def maybe(check: Check) -> Check:
    """The value, or null; the key is there."""

    def either(value: Any, at: str) -> None:
        if value is not None:
            check(value, at)

    return either


def many(check: Check) -> Check:
    def each(value: Any, at: str) -> None:
        _is(list, value, at)
        for place, one in enumerate(value):
            check(one, f"{at}[{place}]")

    return each


def one_of(*words: str) -> Check:
    def among(value: Any, at: str) -> None:
        assert value in words, f"{at} is {value!r}"

    return among


def like(shape: Mapping[str, Check], **optional: Check) -> Check:
    """An object with all these keys, and perhaps some more."""

    def alike(value: Any, at: str) -> None:
        _is(dict, value, at)
        for key, check in shape.items():
            assert key in value, f"{at}.{key} is missing"
            check(value[key], f"{at}.{key}")
        for key, check in optional.items():
            if key in value:
                check(value[key], f"{at}.{key}")

    return alike


FIELD = like({"name": text, "value": text, "verified_at": maybe(moment)})
EMOJI = like({"shortcode": text, "url": url, "static_url": url, "visible_in_picker": flag})
_ACCOUNT: dict[str, Check] = {
    "id": id,
    "username": text,
    "acct": text,
    "url": url,
    "uri": text,
    "display_name": text,
    "note": text,
    "avatar": url,
    "avatar_static": url,
    "header": url,
    "header_static": url,
    "created_at": moment,
    "last_status_at": maybe(day),
    "locked": flag,
    "bot": flag,
    "group": flag,
    "discoverable": flag,
    "followers_count": count,
    "following_count": count,
    "statuses_count": count,
    "fields": many(FIELD),
    "emojis": many(EMOJI),
    "roles": many(like({"id": text, "name": text})),
}
ACCOUNT = like(_ACCOUNT, moved=like(_ACCOUNT))
VISIBILITY = one_of("public", "unlisted", "private", "direct")
CREDENTIALS = like(
    {
        **_ACCOUNT,
        "source": like(
            {
                "privacy": VISIBILITY,
                "sensitive": flag,
                "language": maybe(text),
                "note": text,
                "fields": many(FIELD),
                "follow_requests_count": count,
            }
        ),
        "role": like({"id": text, "name": text, "color": text, "permissions": text}),
    }
)
MENTION = like({"id": id, "username": text, "url": url, "acct": text})
TAG = like({"name": text, "url": url, "history": many(like({}))}, following=flag)
MEDIA = like(
    {
        "id": id,
        "type": one_of("image", "video", "gifv", "audio", "unknown"),
        "url": url,
        "preview_url": maybe(url),
        "remote_url": maybe(url),
        "meta": like({}),
        "description": maybe(text),
        "blurhash": maybe(text),
    }
)
FILTER = like(
    {
        "id": id,
        "title": text,
        "context": many(one_of("home", "notifications", "public", "thread", "account")),
        "expires_at": maybe(moment),
        "filter_action": one_of("warn", "hide"),
    }
)
FILTER_RESULT = like(
    {
        "filter": FILTER,
        "keyword_matches": maybe(many(text)),
        "status_matches": maybe(many(id)),
    }
)
POLL = like(
    {
        "id": id,
        "expires_at": maybe(moment),
        "expired": flag,
        "multiple": flag,
        "votes_count": count,
        "voters_count": maybe(count),
        "options": many(like({"title": text, "votes_count": maybe(count)})),
        "emojis": many(EMOJI),
    },
    voted=flag,
    own_votes=many(count),
)
_STATUS: dict[str, Check] = {
    "id": id,
    "uri": url,
    "created_at": moment,
    "account": ACCOUNT,
    "content": text,
    "visibility": VISIBILITY,
    "sensitive": flag,
    "spoiler_text": text,
    "media_attachments": many(MEDIA),
    "mentions": many(MENTION),
    "tags": many(TAG),
    "emojis": many(EMOJI),
    "replies_count": count,
    "reblogs_count": count,
    "favourites_count": count,
    "url": maybe(url),
    "edited_at": maybe(moment),
    "in_reply_to_id": maybe(id),
    "in_reply_to_account_id": maybe(id),
    "language": maybe(text),
    "poll": maybe(POLL),
    "card": null,
    "application": null,
}
_MARKS: dict[str, Check] = {
    "favourited": flag,
    "reblogged": flag,
    "bookmarked": flag,
    "muted": flag,
    "filtered": many(FILTER_RESULT),
}
_OWN = like({**_STATUS, **_MARKS})
STATUS = like({**_STATUS, "reblog": maybe(like({**_STATUS, "reblog": null}))})
"""As a stranger reads it."""
STATUS_SEEN = like({**_STATUS, **_MARKS, "reblog": maybe(_OWN)})
"""As somebody reads it who is signed in."""
CONTEXT = like({"ancestors": many(STATUS), "descendants": many(STATUS)})
EDIT = like(
    {
        "content": text,
        "spoiler_text": text,
        "sensitive": flag,
        "created_at": moment,
        "account": ACCOUNT,
        "media_attachments": many(MEDIA),
        "emojis": many(EMOJI),
    }
)
SOURCE = like({"id": id, "text": text, "spoiler_text": text})
RELATIONSHIP = like(
    {
        "id": id,
        **dict.fromkeys(
            (
                *("following", "showing_reblogs", "notifying", "followed_by", "blocking"),
                *("blocked_by", "muting", "muting_notifications", "requested", "requested_by"),
                *("domain_blocking", "endorsed"),
            ),
            flag,
        ),
        "languages": maybe(many(text)),
        "note": text,
    }
)
KINDS = one_of(
    *("mention", "favourite", "reblog", "update", "status", "follow", "follow_request", "poll"),
    "moderation_warning",
)
WARNING = like(
    {
        "id": id,
        "action": one_of("none", "delete_statuses"),
        "text": text,
        "status_ids": many(id),
        "target_account": ACCOUNT,
        "appeal": maybe(text),
        "created_at": moment,
    }
)
NOTIFICATION = like(
    {"id": id, "type": KINDS, "created_at": moment, "account": ACCOUNT, "group_key": text},
    status=STATUS_SEEN,
    moderation_warning=WARNING,
)
PUSH = like(
    {
        "id": count,
        "endpoint": url,
        "standard": flag,
        "alerts": like(
            dict.fromkeys(("mention", "status", "reblog", "follow", "favourite", "poll"), flag)
        ),
        "policy": one_of("all", "followed", "follower", "none"),
        "server_key": text,
    }
)
GROUPED = like(
    {
        "accounts": many(ACCOUNT),
        "statuses": many(STATUS_SEEN),
        "notification_groups": many(
            like(
                {
                    "group_key": text,
                    "notifications_count": count,
                    "type": KINDS,
                    "most_recent_notification_id": count,
                    "page_min_id": id,
                    "page_max_id": id,
                    "latest_page_notification_at": moment,
                    "sample_account_ids": many(id),
                    "status_id": maybe(id),
                },
                moderation_warning=WARNING,
            )
        ),
    }
)
POLICY = like(
    {
        **dict.fromkeys(
            (
                *("for_not_following", "for_not_followers", "for_new_accounts"),
                *("for_private_mentions", "for_limited_accounts"),
            ),
            one_of("accept", "filter", "drop"),
        ),
        "summary": like({"pending_requests_count": count, "pending_notifications_count": count}),
    }
)
SEARCH = like({"accounts": many(ACCOUNT), "statuses": many(STATUS), "hashtags": many(TAG)})
LIST = like(
    {
        "id": id,
        "title": text,
        "replies_policy": one_of("followed", "list", "none"),
        "exclusive": flag,
    }
)
MARKER = like({"last_read_id": text, "version": count, "updated_at": moment})
RULE = like({"id": text, "text": text})
_CONFIGURATION = like(
    {
        "urls": like({"streaming": text}),
        "vapid": like({"public_key": text}),
        "accounts": like({"max_featured_tags": count}),
        "statuses": like(
            {
                "max_characters": count,
                "max_media_attachments": count,
                "characters_reserved_per_url": count,
            }
        ),
        "media_attachments": like({"supported_mime_types": many(text)}),
        "polls": like(
            {
                "max_options": count,
                "max_characters_per_option": count,
                "min_expiration": count,
                "max_expiration": count,
            }
        ),
    }
)


def version(value: Any, at: str) -> None:
    """As Mastodon.py and IceCubes take it to pieces."""
    text(value, at)
    assert re.fullmatch(r"\d+\.\d+\.\d+ \(compatible; .+\)", value), f"{at} is {value!r}"
    float(value[:3])


INSTANCE = like(
    {
        "domain": text,
        "title": text,
        "version": version,
        "source_url": url,
        "description": text,
        "usage": like({"users": like({"active_month": count})}),
        "thumbnail": like({"url": url}),
        "languages": many(text),
        "configuration": _CONFIGURATION,
        "registrations": like({"enabled": flag, "approval_required": flag}),
        "api_versions": like({"mastodon": count}),
        "contact": like({"email": text, "account": maybe(ACCOUNT)}),
        "rules": many(RULE),
    }
)
OLD_INSTANCE = like(
    {
        "uri": text,
        "title": text,
        "short_description": text,
        "description": text,
        "email": text,
        "version": version,
        "urls": like({"streaming_api": text}),
        "stats": like({"user_count": count, "status_count": count, "domain_count": count}),
        "thumbnail": url,
        "languages": many(text),
        "registrations": flag,
        "approval_required": flag,
        "invites_enabled": flag,
        "configuration": _CONFIGURATION,
        "contact_account": maybe(ACCOUNT),
        "rules": many(RULE),
    }
)
_REPORT = {
    "id": id,
    "action_taken": flag,
    "action_taken_at": maybe(moment),
    "category": one_of("spam", "legal", "violation", "other"),
    "comment": text,
    "forwarded": flag,
    "created_at": moment,
}
REPORT = like(
    {
        **_REPORT,
        "status_ids": many(id),
        "rule_ids": many(id),
        "target_account": ACCOUNT,
    }
)
ADMIN_ACCOUNT = like(
    {
        **dict.fromkeys(("id", "username", "email", "locale"), text),
        **dict.fromkeys(
            (*("confirmed", "approved", "disabled", "sensitized", "silenced", "suspended"),),
            flag,
        ),
        "domain": maybe(text),
        "created_at": moment,
        "ip": null,
        "ips": many(text),
        "invite_request": maybe(text),
        "role": like({"id": text, "name": text, "color": text, "permissions": text}),
        "account": ACCOUNT,
    }
)
ADMIN_REPORT = like(
    {
        **_REPORT,
        "updated_at": moment,
        "account": ADMIN_ACCOUNT,
        "target_account": ADMIN_ACCOUNT,
        "assigned_account": maybe(ADMIN_ACCOUNT),
        "action_taken_by_account": maybe(ADMIN_ACCOUNT),
        "statuses": many(STATUS),
        "rules": many(RULE),
    }
)
SERVER_BLOCK = like(
    {
        **dict.fromkeys(("domain", "digest", "private_comment", "public_comment"), text),
        **dict.fromkeys(("reject_media", "reject_reports", "obfuscate"), flag),
        "id": id,
        "created_at": moment,
        "severity": one_of("silence", "suspend", "noop"),
    }
)
MAIL_BLOCK = like(
    {
        "id": id,
        "domain": text,
        "created_at": moment,
        "allow_with_approval": flag,
        "history": many(like({})),
    }
)
NETWORK_BLOCK = like(
    {
        "id": id,
        "ip": text,
        "severity": one_of("sign_up_requires_approval", "sign_up_block", "no_access"),
        "comment": text,
        "created_at": moment,
        "expires_at": maybe(moment),
    }
)
MAILBOX_BLOCK = like({"id": id, "canonical_email_hash": text})
COUNT = like({"count": count})
FEATURED_TAG = like(
    {"id": id, "name": text, "url": url, "statuses_count": text, "last_status_at": maybe(day)}
)
KEYWORD = like({"id": id, "keyword": text, "whole_word": flag})
FILTER_STATUS = like({"id": id, "status_id": id})
OLD_FILTER = like(
    {
        "id": id,
        "phrase": text,
        "context": many(text),
        "whole_word": flag,
        "expires_at": maybe(moment),
        "irreversible": flag,
    }
)
PREFERENCES = like(
    {
        "posting:default:visibility": VISIBILITY,
        "posting:default:sensitive": flag,
        "posting:default:language": maybe(text),
        "reading:expand:media": text,
        "reading:expand:spoilers": flag,
    }
)
SCHEDULED = like(
    {
        "id": id,
        "scheduled_at": moment,
        "params": like({"text": text, "visibility": maybe(VISIBILITY)}),
        "media_attachments": many(MEDIA),
        "mentions": many(MENTION),
    }
)
ANNOUNCEMENT = like(
    {
        "id": id,
        "content": text,
        "starts_at": maybe(moment),
        "ends_at": maybe(moment),
        "all_day": flag,
        "published_at": moment,
        "updated_at": moment,
        "read": flag,
        **{
            name: many(like({"there is nothing of the kind": text}))
            for name in ("mentions", "statuses", "tags", "emojis", "reactions")
        },
    }
)
ERROR = like({"error": text})


def check(entity: Any, wanted: Check) -> Any:
    """The entity, which every decoder takes."""
    wanted(entity, "it")
    return entity
