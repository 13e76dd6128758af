"""This module says in words what stands in the log of acts under the names of commands."""

from __future__ import annotations

from fedigroups.web import words
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

_DECIDED = frozenset({"group", "moderate", "reports"})
"""Where an act is called as the decision that it is."""
ACTS = {
    # of accounts
    "user create": noted("Made an account"),
    "user set": noted("Changed a profile"),
    "user token": noted("Gave an app access to an account"),
    "user password": noted("Gave an account a new password"),
    "user drop-passkeys": noted("Removed the passkeys of an account"),
    "user confirm": noted("Helped somebody to confirm their address"),
    "user approve": noted("Let somebody have an account"),
    "user refuse": noted("Did not let somebody have an account"),
    "user role": noted("Gave somebody a role on this server"),
    "user sign-out": noted("Signed somebody out everywhere"),
    "user sign_out": noted("Signed somebody out everywhere"),
    "user suspend": noted("Suspended an account"),
    "user lift": noted("Lifted the suspension of an account"),
    "user unsuspend": noted("Lifted the suspension of an account"),
    "user close": noted("Closed an account"),
    "user invite": noted("Made an invitation to this server"),
    "user block-sign-ups": noted("Kept an address from signing up"),
    "user unblock-sign-ups": noted("Let an address sign up again"),
    "user move": noted("Moved an account, or stopped the move"),
    "user aliases": noted("Changed the other addresses of an account"),
    # of groups
    "group create": noted("Made a group"),
    "group set": noted("Changed a group"),
    "group approve": noted("Let somebody into a group"),
    "group reject": words.DECISIONS["refuse_join"],
    "group remove": words.DECISIONS["expel"],
    "group pardon": words.DECISIONS["unban"],
    "group role": noted("Gave somebody a role in a group"),
    "group invite": noted("Invited somebody into a group"),
    "group link": noted("Made a link into a group"),
    "group withdraw": noted("Withdrew an invitation"),
    "group join": noted("Had somebody join a group"),
    "group leave": noted("Had somebody leave a group"),
    "group contact": noted("Wrote to the owner of a group"),
    "group suspend": noted("Suspended a group"),
    "group lift": noted("Lifted the suspension of a group"),
    "group unsuspend": noted("Lifted the suspension of a group"),
    "group close": noted("Closed a group"),
    # of what is moderated
    "post remove": words.DECISIONS["remove"],
    "moderate settle": noted("Looked at an appeal"),
    "moderate answer": noted("Answered a report"),
    "moderate automatic": noted("Changed a rule that runs by itself"),
    "moderate mail": noted("Wrote to a member"),
    "moderate up": noted("Moved a pinned thread"),
    "moderate down": noted("Moved a pinned thread"),
    "moderate claim": noted("Took a report on"),
    "moderate note": noted("Noted something about a report"),
    "moderate forward": noted("Sent a report on to another server"),
    "reports claim": noted("Took a report on"),
    "reports note": noted("Noted something about a report"),
    "reports forward": noted("Sent a report on to another server"),
    # of servers
    "peer block": noted("Blocked a server"),
    "peer unblock": noted("Unblocked a server"),
    "peer limit": noted("Limited a server"),
    "peer unlimit": noted("Lifted the limit of a server"),
    "peer allow": noted("Allowed a server"),
    "peer disallow": noted("Took back that a server is allowed"),
    "peer note": noted("Noted something about a server"),
    "peer import": noted("Blocked the servers of a list"),
    "peer purge": noted("Removed what is here of a server"),
    "queue retry": noted("Had what is owed tried again"),
    # of this server
    "announcement make": noted("Announced something"),
    "announcement change": noted("Changed an announcement"),
    "announcement end": noted("Ended an announcement"),
    "instance texts": noted("Changed the texts of this server"),
    "instance look": noted("Changed how this server looks"),
    "mail test": noted("Sent a letter to see that letters arrive"),
    "maintenance on": noted("Stopped all changes for a while"),
    "maintenance off": noted("Let everything be changed again"),
    "media sweep": noted("Cleared pictures away"),
    "search reindex": noted("Made the search index anew"),
    "key rotate": noted("Changed keys"),
    "key start-over": noted("Replaced all keys, because the secret was lost"),
    "doctor": noted("Mended what was found wrong"),
    "database vacuum": noted("Gave back room of the database"),
}
FACTS = {
    "name": noted("Name"),
    "handle": noted("Address in the fediverse"),
    "email": noted("E-mail address"),
    "host": noted("Server"),
    "hosts": noted("Servers"),
    "reason": noted("Why"),
    "why": noted("Why"),
    "note": noted("Note"),
    "text": noted("Text"),
    "role": noted("Role"),
    "days": noted("Days"),
    "language": noted("Language"),
}
"""What an act was about and why; the rest stands as commands call it."""


def act(what: str) -> str:
    """What was done, in the language of the page; the name of the command where it has no words."""
    floor, _blank, kind = what.partition(" ")
    if floor in _DECIDED and what not in ACTS and kind in words.DECISIONS:
        return _(words.DECISIONS[kind])
    return _(ACTS[what]) if what in ACTS else what


def fact(name: str) -> str:
    """What a fact of it is called."""
    return _(FACTS[name]) if name in FACTS else name
