"""Who may join, post and answer: pure decisions over rows, each refusal with its reason."""

from __future__ import annotations

from federation import clock
from federation.models import Actor
from fedigroups.groups.models import Group, Member, Thread
from fedigroups.groups.visibility import Viewer

STAFF = frozenset({"moderator", "owner"})
SHUT_OUT = "the group takes nothing from that server"
"""Its hosts decided so: `admitting`."""


def viewer(actor: Actor, member: Member | None) -> Viewer:
    """The actor as one who looks at posts of the group that the row is of."""
    shut_out = actor.state != "live"
    if member is not None and member.state == "banned":
        return Viewer(actor.id, "banned", shut_out)
    if is_staff(member):
        return Viewer(actor.id, "moderator", shut_out)
    is_member = member is not None and member.state == "member"
    return Viewer(actor.id, "member" if is_member else "none", shut_out)


def is_staff(member: Member | None) -> bool:
    """Whether the member is a moderator or owner of the group."""
    return member is not None and member.state == "member" and member.role in STAFF


def refusal_to_join(group: Group, member: Member | None) -> str:
    """Why the actor may not join, or an empty string."""
    if group.state != "open":
        return "the group is closed"
    if member is not None and member.state == "banned":
        return f"banned from the group: {member.reason or 'no reason was recorded'}"
    if member is not None and member.shut_out:
        return SHUT_OUT
    if group.join_policy == "invite" and (
        member is None or member.state not in {"invited", "member"}
    ):
        return "the group admits by invitation only"
    return ""


def admits_at_once(group: Group, member: Member | None) -> bool:
    """Whether a request to join is granted without a moderator's look."""
    known = member is not None and member.state in {"member", "invited"}
    return known or group.join_policy == "open"


def refusal_to_post(group: Group, member: Member | None) -> str:
    """Why the actor may not start a thread, or an empty string."""
    if refusal := refusal_to_write(group, member):
        return refusal
    if group.post_policy == "anyone" or is_staff(member):
        return ""
    if group.post_policy == "moderators":
        return "only moderators start threads in this group"
    if member is None or member.state != "member":
        return "only members start threads in this group; join it first"
    return ""


def refusal_to_reply(group: Group, member: Member | None, thread: Thread) -> str:
    """Why the actor may not answer in the thread, or an empty string.

    Somebody who never joined may: a Mastodon author who never followed is normal.
    """
    if refusal := refusal_to_write(group, member):
        return refusal
    if not thread.visible:
        return "nothing is left of the thread"
    if thread.locked and not is_staff(member):
        return "the thread is locked"
    return ""


def refusal_to_write(group: Group, member: Member | None) -> str:
    """Why the actor may say nothing at all, or an empty string."""
    if refusal := refusal_to_react(group, member):
        return refusal
    if member is not None and member.muted_until > clock.now_ms():
        return f"muted until {clock.rfc3339(member.muted_until)}"
    return ""


def refusal_to_react(group: Group, member: Member | None) -> str:
    """Why the actor may not even like a post, or an empty string."""
    if group.state != "open":
        return "the group is closed"
    if member is not None and member.state == "banned":
        return f"banned from the group: {member.reason or 'no reason was recorded'}"
    return SHUT_OUT if member is not None and member.shut_out else ""
