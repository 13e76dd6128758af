"""This module decides who may join, post and answer, from rows alone; a refusal has its reason."""

from __future__ import annotations

from federation import clock
from federation.models import Actor
from federation.sentences import Sentence
from fedigroups.content.catalogues import noted
from fedigroups.groups.models import Group, Member, Thread
from fedigroups.groups.visibility import Viewer

CLOSED = noted("the group is closed")
STAFF = frozenset({"moderator", "owner"})
SHUT_OUT = noted("the group takes nothing from that server")
"""Its hosts decided so: `admitting`."""
MOVED = noted("this account has moved, and only reads now")
NOT_PUBLIC = noted("it is not public: a group never shows what was said to a few")
TOO_MANY_GROUPS = noted("it names more groups than one post is shown in")
ALONE = noted(
    "moderators of this group look at it first, and it is shown in another group already: "
    "send it to this group alone"
)
UNDECIDED = noted(
    "what it answers still waits for a moderator of the group; send it again when that is shown"
)
NOTHING = noted("there is nothing in it to read, to see or to answer")
ECHO = noted("what programs write is not shown in groups")
TOO_DEEP = noted("the thread is too deep for another reply; start a new one")


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
    """Whether the member is a moderator or owner of the group, and still lives in that account."""
    if member is None or member.moved:
        return False
    return member.state == "member" and member.role in STAFF


def refusal_to_join(group: Group, member: Member | None) -> str:
    """Why the actor may not join, or an empty string."""
    if group.state != "open":
        return CLOSED
    if member is not None and member.state == "banned":
        return _banned(member)
    if refusal := _refusal_of_account(member):
        return refusal
    if group.join_policy == "invite" and (
        member is None or member.state not in {"invited", "member"}
    ):
        return noted("the group admits by invitation only")
    return ""


def admits_at_once(group: Group, member: Member | None, *, limited: bool) -> bool:
    """Whether a request to join is granted without a moderator's look.

    `limited` are those of servers that operators limited.
    """
    known = member is not None and member.state in {"member", "invited"}
    return known or (group.join_policy == "open" and not limited)


def refusal_to_post(group: Group, member: Member | None) -> str:
    """Why the actor may not start a thread, or an empty string."""
    if refusal := refusal_to_write(group, member):
        return refusal
    if group.post_policy == "anyone" or is_staff(member):
        return ""
    if group.post_policy == "moderators":
        return noted("only moderators start threads in this group")
    if member is None or member.state != "member":
        return noted("only members start threads in this group; join it first")
    return ""


def refusal_to_reply(group: Group, member: Member | None, thread: Thread) -> str:
    """Why the actor may not answer in the thread, or an empty string.

    Somebody who never joined may: a Mastodon author who never followed is normal.
    """
    if refusal := refusal_to_write(group, member):
        return refusal
    if not thread.visible:
        return noted("nothing is left of the thread")
    if thread.locked and not is_staff(member):
        return noted("the thread is locked")
    return ""


def refusal_to_write(group: Group, member: Member | None) -> str:
    """Why the actor may say nothing at all, or an empty string."""
    if refusal := refusal_to_react(group, member):
        return refusal
    if member is not None and member.muted_until > clock.now_ms():
        until = clock.moment(member.muted_until)
        return Sentence("muted until {until:%Y-%m-%dT%H:%M:%SZ}", until=until)
    return ""


def refusal_to_vote(group: Group, member: Member | None) -> str:
    """Why the actor may not vote in a poll, or an empty string: no crowd from outside decides it.

    In a group elsewhere its own server sees to that.
    """
    if refusal := refusal_to_react(group, member):
        return refusal
    if not group.hosted or group.post_policy == "anyone":
        return ""
    if member is None or member.state != "member":
        return noted("only members vote in polls of this group; join it first")
    return ""


def refusal_to_react(group: Group, member: Member | None) -> str:
    """Why the actor may not even like a post, or an empty string."""
    if group.state != "open":
        return CLOSED
    if member is not None and member.state == "banned":
        return _banned(member)
    return _refusal_of_account(member)


def _banned(member: Member) -> Sentence:
    reason = member.reason or "no reason was recorded"
    return Sentence("banned from the group: {reason}", reason=reason)


def _refusal_of_account(member: Member | None) -> str:
    if member is not None and member.moved:
        return MOVED
    return SHUT_OUT if member is not None and member.shut_out else ""
