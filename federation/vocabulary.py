"""This module knows the words of ActivityStreams that more than one module has to spell.

https://www.w3.org/TR/activitystreams-vocabulary/
"""

from __future__ import annotations

AS2 = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
"""What we send; what we read may also say one of `PUBLIC_SPELLINGS`."""
PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_JSON = "application/activity+json"
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})

POST_TYPES = frozenset(
    {"Article", "Audio", "Event", "Image", "Link", "Note", "Page", "Question", "Video"}
)

ACTIVITY_TYPES = frozenset(
    {
        "Accept",
        "Add",
        "Announce",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "EmojiReact",
        "Flag",
        "Follow",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "Lock",
        "Move",
        "Reject",
        "Remove",
        "TentativeAccept",
        "TentativeReject",
        "Undo",
        "Update",
    }
)
