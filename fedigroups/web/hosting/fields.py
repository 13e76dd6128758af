"""This module knows what was typed into which field, and to which one a refusal belongs."""

from __future__ import annotations

from collections.abc import Iterable

from fedigroups.api.body import Body
from fedigroups.groups.models import Group
from fedigroups.web import refusals

PROFILE = (
    *("name", "title", "description", "summary", "rules", "language", "topics"),
    *("join_policy", "post_policy", "approve", "newcomer_posts", "boost_replies"),
)
SERVERS = ("servers_allowed", "servers_blocked")
_BLAMED = (
    ("a group needs a title", "title"),
    ("a description is", "description"),
    ("a summary has", "summary"),
    ("rules have", "rules"),
    ("a language is", "language"),
    ("a topic is", "topics"),
    ("a group has at most", "topics"),
    ("somebody is new", "newcomer_posts"),
    ("newcomer_posts", "newcomer_posts"),
    ("a list of allowed", "servers_allowed"),
    ("a list of blocked", "servers_blocked"),
    ("a reason", "reason"),
    ("say why", "reason"),
    ("a picture", "icon"),
)
"""How a refusal begins, and the field that it is about."""


def blamed(error: Exception, otherwise: str) -> dict[str, str]:
    """The refusal as people read it, under the field that it is about."""
    text = str(error)
    field = next((field for start, field in _BLAMED if text.startswith(start)), otherwise)
    return {field: refusals.said(error)}


def texts(sent: Body, names: Iterable[str]) -> dict[str, str]:
    """What was typed into each field."""
    return {name: sent.text(name) for name in names}


def of_group(group: Group) -> dict[str, str]:
    """What the fields are before anybody types."""
    known = {name: str(getattr(group, name)) for name in PROFILE if name != "boost_replies"}
    return known | {"boost_replies": "1" if group.boost_replies else ""}


def line(text: str) -> str:
    """On one line: what people paste may have several."""
    return " ".join(text.split())
