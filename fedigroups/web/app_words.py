"""This module has the sentences that apps alone are refused with, for whoever reads them there.

They are said below the pages, in English; here they are for the catalogs of other languages.
"""

from __future__ import annotations

from fedigroups.web.translation import noted

SENTENCES = frozenset(
    {
        noted("Record not found"),
        noted("This action is not allowed"),
        noted("The access token is invalid"),
        noted("This action is outside the authorized scopes"),
        noted("Your login is missing a confirmed e-mail address"),
        noted("Your login is currently pending approval"),
        noted("Your login is currently disabled"),
        noted("You do not run this group any more: sign in as somebody else"),
        noted("You act as a group here: sign in as yourself to do that"),
        noted("A group speaks in its own threads only: sign in as yourself for this"),
        noted(
            "Say which group this is for: mention it, like @welders, if you are in it. Or choose, "
            "in your settings on this server, a group for what names none"
        ),
        noted(
            "There are no direct messages here: what is written is written in a group. Post it for "
            "followers, and only the members of the group who have an account here read it"
        ),
        noted("A group of another server shows what is said in it to everybody"),
        noted("A post here is public, unlisted, or private: for members of its group"),
        noted("The post that you answer is not there"),
        noted("Only groups can be followed on this server"),
        noted("Say how long the poll is open: poll[expires_in], in seconds"),
        noted("That is yourself"),
        noted("That post does not stand in the group that you act as"),
        noted("The boost was taken back meanwhile"),
        noted("This list is the group itself: leave the group, and it is gone"),
        noted("Sign in to have other servers asked, or to go on in the results"),
        noted("You have reported much today: try again tomorrow"),
        noted("Validation failed: Someone else's post cannot be pinned"),
        noted("Validation failed: File can't be blank"),
        noted("A server is blocked here (suspend) or limited (silence)"),
        noted("That account is on another server: block the server, or ban them from groups"),
        noted("An account is suspended here, with a reason (`text`), or not: the type is suspend"),
        noted(
            "A network is kept from making accounts here (sign_up_block or "
            "sign_up_requires_approval); a proxy or firewall keeps it out altogether"
        ),
    }
)
