"""This module says why something was refused in the language of the page.

The rules below the pages refuse in English, with numbers and names in it; what pages can meet of it
is known here by its shape. What is not known is shown as it came.
"""

from __future__ import annotations

import re

from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

_SHAPES = {
    r"a text has at most (?P<most>\d+) characters": noted(
        "A text has at most %(most)s characters."
    ),
    r"a title has at most (?P<most>\d+) characters": noted(
        "A title has at most %(most)s characters."
    ),
    "there is nothing to say: give a text": noted("Write something first."),
    ".*only members start threads in this group; join it first": noted(
        "Only members start threads in this group: join it first."
    ),
    ".*only moderators start threads in this group": noted("Only hosts start threads here."),
    ".*the thread is locked": noted("The thread is locked: it takes no more replies."),
    ".*the group is closed": noted("The group is closed."),
    r".*banned from the group: (?P<reason>.*)": noted("You are banned here: %(reason)s"),
    "the post that you answer is gone": noted("The post that you answer is gone."),
    "there is nothing here": noted("There is nothing here"),
    "the post that you like is gone": noted("The post is gone."),
    ".*is not yours to (edit|delete), or is gone": noted("The post is not yours, or is gone."),
    ".*changed meanwhile; look at it and try again": noted(
        "The post was changed meanwhile. Look at it, and try again."
    ),
    "the thread is too deep for another reply; start a new one": noted(
        "The thread is too deep for another reply: start a new one."
    ),
    r".*owns (?P<group>\S+); make somebody else the owner first": noted(
        "You own this group: make somebody else its owner first."
    ),
    r"a post has at most (?P<most>\d+) pictures": noted("A post has at most %(most)s pictures."),
    r"a picture has at most (?P<most>\d+) MB": noted("A picture has at most %(most)s MB."),
    r"a description has at most (?P<most>\d+) characters": noted(
        "A description has at most %(most)s characters."
    ),
    "this form was sent from another site; nothing was done": noted(
        "This form was sent from another site; nothing was done."
    ),
    "this form is too old, or cookies are off: go back, load the page again, and retry": noted(
        "This form is too old, or cookies are off: go back, load the page again, and retry."
    ),
    "whoever runs this server invites people": noted("Whoever runs this server invites people."),
    r"a password has (?P<least>\d+) to (?P<most>\d+) characters": noted(
        "A password has %(least)s to %(most)s characters."
    ),
    "a password may not be your name or your address": noted(
        "A password may not be your name or your address."
    ),
    r".(?P<name>.*). cannot be a name: use .*": noted(
        "“%(name)s” cannot be a name: use 1 to 63 lower-case letters, digits and _ "
        "(not first or last), for example welders."
    ),
    r"the name .(?P<name>.*). is reserved; choose another": noted(
        "The name “%(name)s” is reserved: choose another."
    ),
    r"the name .(?P<name>.*). is taken on this instance; choose another": noted(
        "The name “%(name)s” is taken here: choose another."
    ),
    "that cannot be an e-mail address; .*": noted(
        "That cannot be an e-mail address: it has a name, @ and a host, like olga@mail.example."
    ),
    r"somebody here has the address (?P<email>\S+); use another one": noted(
        "Somebody here has the address %(email)s: use another one."
    ),
    "an account needs a password": noted("An account needs a password."),
    r"a reason has at most (?P<most>\d+) characters": noted(
        "A reason has at most %(most)s characters."
    ),
    "say why you want an account: somebody reads that and decides": noted(
        "Say why you want an account: somebody reads that and decides."
    ),
    "this invitation was used up, or is no more; ask for another one": noted(
        "This invitation was used up, or is no more: ask for another one."
    ),
    "this link was used already.*": noted("This link was used already: ask for another one."),
    "accounts here are by invitation: ask somebody who has one": noted(
        "Accounts here are by invitation: ask somebody who has one."
    ),
    "a language is a tag such as en or pt-BR": noted("A language is a tag such as en or pt-BR."),
    r"an invitation is for 1 to (?P<people>\d+) people, .* 1 to (?P<days>\d+) days": noted(
        "An invitation is for 1 to %(people)s people, and good for 1 to %(days)s days."
    ),
}
_KNOWN = tuple((re.compile(shape, re.DOTALL), text) for shape, text in _SHAPES.items())


def said(error: Exception) -> str:
    """What the error says, to whoever reads the page."""
    return of_text(str(error))


def of_text(text: str) -> str:
    """The same, of the words of a refusal."""
    for shape, known in _KNOWN:
        if match := shape.fullmatch(text):
            return _(known, **match.groupdict())
    return text
