"""This module makes the Instance, as old clients (v1) and new ones (v2) ask for it.

`version` begins like Mastodon's: clients read features off it and cannot parse anything else. What
this software is called is in NodeInfo.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import limits
from fedigroups import __version__
from fedigroups.content.sanitise import excerpt
from fedigroups.mastodon import pictures
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.media import names

VERSION = f"4.3.0 (compatible; Fedigroups {__version__})"
API_VERSION = 2
"""Grouped notifications; 3 and more would promise what is not here."""
DESCRIPTION = "Groups that anybody in the fediverse can join, read and post into."
CHARACTERS = limits.CONTENT_CHARS // 2
URL_CHARACTERS = 23


@dataclass(frozen=True, slots=True)
class About:
    """What an instance says of itself."""

    name: str
    origin: str
    host: str
    contact: str
    source_url: str
    signup: str
    people: int = 0
    statuses: int = 0
    peers: int = 0
    active_month: int = 0
    contact_account: Entity | None = None
    rules: tuple[str, ...] = ()
    vapid_key: str = ""
    said: str = ""
    """What whoever runs it says of it, as safe HTML."""
    icon_url: str = ""

    @property
    def streaming(self) -> str:
        """Where streams are."""
        return self.origin.replace("http", "ws", 1)

    @property
    def description(self) -> str:
        """One plain line."""
        return excerpt(self.said) or DESCRIPTION

    @property
    def email(self) -> str:
        """An address to write to: strict decoders want a text, if an empty one."""
        return self.contact if "@" in self.contact else ""


def v2(about: About) -> Entity:
    """An Instance."""
    thumbnail = about.icon_url or pictures.url(about.origin, "thumbnail")
    return {
        "domain": about.host,
        "title": about.name,
        "version": VERSION,
        "source_url": about.source_url,
        "description": about.description,
        "usage": {"users": {"active_month": about.active_month}},
        "thumbnail": {"url": thumbnail, "blurhash": None, "versions": {}, "description": ""},
        "icon": [{"src": about.icon_url or pictures.url(about.origin, "group"), "size": "120x120"}],
        "languages": ["en"],
        "configuration": _configuration(about),
        "registrations": {
            "enabled": about.signup in {"open", "approval"},
            "approval_required": about.signup == "approval",
            "reason_required": about.signup == "approval",
            "message": None,
            "min_age": None,
            "url": f"{about.origin}/signup",
        },
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": about.email, "account": about.contact_account},
        "rules": rules(about),
    }


def v1(about: About) -> Entity:
    """A V1::Instance; toot reads `uri`, a bare host, and Mastodon.py reads `version`."""
    return {
        "uri": about.host,
        "title": about.name,
        "short_description": about.description,
        "description": about.said or DESCRIPTION,
        "email": about.email,
        "version": VERSION,
        "urls": {"streaming_api": about.streaming},
        "stats": {
            "user_count": about.people,
            "status_count": about.statuses,
            "domain_count": about.peers,
        },
        "thumbnail": about.icon_url or pictures.url(about.origin, "thumbnail"),
        "languages": ["en"],
        "registrations": about.signup in {"open", "approval"},
        "approval_required": about.signup == "approval",
        "invites_enabled": False,
        "configuration": _configuration(about),
        "contact_account": about.contact_account,
        "rules": rules(about),
    }


def rules(about: About) -> list[Entity]:
    """The Rules of the instance."""
    return [
        {"id": str(number), "text": text, "hint": "", "translations": {}}
        for number, text in enumerate(about.rules, 1)
    ]


def _configuration(about: About) -> Entity:
    return {
        "urls": {
            "streaming": about.streaming,
            "status": None,
            "about": f"{about.origin}/about",
            "privacy_policy": None,
            "terms_of_service": None,
        },
        "vapid": {"public_key": about.vapid_key},
        "accounts": {
            "max_featured_tags": limits.FEATURED_TAGS,
            "max_pinned_statuses": limits.PINNED_POSTS,
            "max_profile_fields": limits.PROFILE_FIELDS,
            "profile_field_name_limit": limits.PROFILE_FIELD_CHARS,
            "profile_field_value_limit": limits.PROFILE_FIELD_CHARS,
        },
        "statuses": {
            "max_characters": CHARACTERS,
            "max_media_attachments": limits.MEDIA_PER_POST,
            "characters_reserved_per_url": URL_CHARACTERS,
        },
        "media_attachments": {
            "supported_mime_types": [*names.TAKEN],
            "description_limit": limits.ALT_CHARS,
            "image_size_limit": limits.UPLOAD_BYTES,
            "image_matrix_limit": limits.IMAGE_PIXELS,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": limits.POLL_OPTIONS,
            "max_characters_per_option": limits.POLL_OPTION_CHARS,
            "min_expiration": limits.POLL_SECONDS[0],
            "max_expiration": limits.POLL_SECONDS[1],
        },
        "translation": {"enabled": False},
    }
