"""This module says why something was refused in the language of the page.

The rules below the pages refuse in English, with numbers and names in it; what pages can meet of it
is known here by its shape. What is not known is shown as it came.
"""

from __future__ import annotations

import re

from federation import clock
from fedigroups.web import words
from fedigroups.web.app_words import SENTENCES
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
    ".*only members vote in polls of this group; join it first": noted(
        "Only members vote in polls of this group: join it first."
    ),
    ".*only moderators start threads in this group": noted("Only hosts start threads here."),
    ".*the thread is locked": noted("The thread is locked: it takes no more replies."),
    ".*the group is closed": noted("The group is closed."),
    r".*banned from the group: (?P<reason>.*)": noted("You are banned here: %(reason)s"),
    r".*muted until (?P<until>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)": noted(
        "You read here, and write nothing until %(until)s: hosts of the group muted you."
    ),
    "the post that you answer is gone": noted("The post that you answer is gone."),
    "there is nothing here": noted("There is nothing here"),
    "the post that you like is gone": noted("The post is gone."),
    ".*is not yours to (edit|delete), or is gone": noted("The post is not yours, or is gone."),
    "something was changed or decided meanwhile": noted(
        "Something was changed meanwhile, and nothing was done now. Here is how it stands: press "
        "again if you still want it."
    ),
    ".*changed meanwhile; look at it and try again": noted(
        "The post was changed meanwhile. Look at it, and try again."
    ),
    "the thread is too deep for another reply; start a new one": noted(
        "The thread is too deep for another reply: start a new one."
    ),
    r".*owns (?P<group>\S+); make somebody else the owner first": noted(
        "You own this group: make somebody else its owner first."
    ),
    r"(?P<who>\S+) owns \S+ already": noted("%(who)s owns the group already."),
    r"an account moves once in (?P<most>\d+) days": noted(
        "An account moves once in %(most)s days."
    ),
    r"an account names at most (?P<most>\d+) others": noted(
        "An account names at most %(most)s others."
    ),
    "that is this account itself": noted("That is this account itself."),
    r"(?P<who>\S+) is not an account of a person": noted("%(who)s is not an account of a person."),
    r"(?P<who>\S+) has itself moved: name the account where you live now": noted(
        "%(who)s has itself moved: name the account where you live now."
    ),
    r"(?P<who>\S+) does not say that (?P<own>\S+) is yours: .*": noted(
        "%(who)s does not say yet that %(own)s is yours. Say so there first, in its settings for "
        "moving from another account."
    ),
    "you are signed in here with another account; sign out first": noted(
        "You are signed in here with another account: sign out first."
    ),
    ".*this account has moved, and only reads now": noted(
        "Your account has moved, and only reads now."
    ),
    r"a post has at most (?P<most>\d+) pictures": noted("A post has at most %(most)s pictures."),
    r"a picture has at most (?P<most>\d+) MB": noted("A picture has at most %(most)s MB."),
    r"a description has at most (?P<most>\d+) characters": noted(
        "A description has at most %(most)s characters."
    ),
    r"a note has at most (?P<most>\d+) characters": noted(
        "What you say about yourself has at most %(most)s characters."
    ),
    r"a field has at most (?P<most>\d+) characters": noted(
        "A word, and what belongs to it, have at most %(most)s characters."
    ),
    "that post is going already": noted("The post is going already."),
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
    "an account cannot be made here with that e-mail address; .*": noted(
        "An account cannot be made here with that e-mail address: ask whoever runs this server."
    ),
    "an account cannot be made here from your network; .*": noted(
        "An account cannot be made here from your network: ask whoever runs this server."
    ),
    "a network is written like .*": noted(
        "A network is written like 203.0.113.0/24 or 2001:db8::/32."
    ),
    r"a network of this kind has /(?P<few>\d+) to /(?P<many>\d+): .*": noted(
        "A network of this kind has /%(few)s to /%(many)s."
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
    r"an account has at most (?P<most>\d+) passkeys; .*": noted(
        "An account has at most %(most)s passkeys: remove one first."
    ),
    "this passkey is known already": noted("This passkey is known already."),
    "this is no passkey that was made here just now; begin again": noted(
        "No passkey was made, or it took too long. Begin again."
    ),
    "cookies are off: without them nobody can sign in": noted(
        "Cookies are off: without them nobody can sign in."
    ),
    "this link was used already.*": noted("This link was used already: ask for another one."),
    "accounts here are by invitation: ask somebody who has one": noted(
        "Accounts here are by invitation: ask somebody who has one."
    ),
    "a language is a tag such as en or pt-BR": noted("A language is a tag such as en or pt-BR."),
    r"an invitation is for 1 to (?P<people>\d+) people, .* 1 to (?P<days>\d+) days": noted(
        "An invitation is for 1 to %(people)s people, and good for 1 to %(days)s days."
    ),
    r"(?P<who>\S+) has not asked to join \S+": noted("%(who)s does not ask to join any more."),
    r"(?P<who>\S+) is not a member of \S+": noted("%(who)s is not a member."),
    r"(?P<who>\S+) is not banned from \S+": noted("%(who)s is not banned."),
    r"(?P<who>\S+) is \w+ in \S+ and cannot become \w+": noted(
        "That cannot be done any more with %(who)s: look at the page again."
    ),
    r"one person owns at most (?P<most>\d+) groups; .*": noted(
        "One person owns at most %(most)s groups: ask whoever runs this server for more."
    ),
    "a topic is one word of letters and digits, such as welding": noted(
        "A topic is one word of letters and digits, such as welding."
    ),
    r"a group has at most (?P<most>\d+) topics": noted("A group has at most %(most)s topics."),
    r"a group has at most (?P<most>\d+) links; .*": noted(
        "A group has at most %(most)s links: withdraw one first."
    ),
    r"a group needs a title of 1 to (?P<most>\d+) characters": noted(
        "A group needs a title of 1 to %(most)s characters."
    ),
    r"a description is one line of at most (?P<most>\d+) characters": noted(
        "A description is one line of at most %(most)s characters."
    ),
    r"a summary has at most (?P<most>\d+) (characters|bytes, marks included)": noted(
        "That is too long: at most %(most)s characters are taken."
    ),
    r"rules have at most (?P<most>\d+) characters": noted(
        "Rules have at most %(most)s characters."
    ),
    "a poll has two options at least": noted("A poll has two options at least."),
    r"a poll has at most (?P<most>\d+) options": noted("A poll has at most %(most)s options."),
    r"an option of a poll has at most (?P<most>\d+) characters": noted(
        "An option of a poll has at most %(most)s characters."
    ),
    "the options of a poll differ from each other": noted("The options of a poll must differ."),
    "a post has a poll or pictures, not both": noted("A post has a poll or pictures, not both."),
    "the poll has ended": noted("This poll has ended."),
    "the poll is gone": noted("The post is gone."),
    "you have already voted in this poll": noted("You have already voted in this poll."),
    "you cannot vote in your own poll": noted("You cannot vote in your own poll."),
    "choose at least one option": noted("Choose at least one option."),
    "that option does not exist": noted("There is no such option."),
    "choose what to do": noted("Choose what to do."),
    "choose to whom": noted("Choose to whom."),
    "say why: a reason is needed": noted("Say why: a reason is needed."),
    "they are not in the group any more": noted("They are not in the group any more."),
    "a group is owned by somebody who has an account here": noted(
        "A group is owned by somebody who has an account here."
    ),
    "type a whole address, like .*|a handle looks like .*|not a host name: .*": noted(
        "Type a whole address, like @ann@m.example."
    ),
    r"(?P<who>\S+) is a group: invite people": noted("%(who)s is a group: invite people."),
    "nobody was found at that address; .*|.* knows nobody named .*": noted(
        "Nobody was found at that address: look whether it is right."
    ),
    r"\S+/\.well-known/webfinger\?.*": noted(
        "Nobody was found at that address: look whether it is right."
    ),
    "we know nobody called (?P<who>.*); name them like .*": noted("Nobody is called %(who)s here."),
    ".* sends more than this server takes": noted(
        "Too much was asked of late: please try again in a minute."
    ),
    "The file is no .* picture.": noted("The file is no picture that can be shown here."),
    "The file takes .*": noted("The file takes too much to open: try a smaller one."),
    r"a suspension needs a reason of at most (?P<most>\d+) characters": noted(
        "A suspension needs a reason of at most %(most)s characters."
    ),
    "to block a host, name it like .*": noted("Name a server like bad.example."),
    "there is no server to block in that list": noted("There is no server to block in that list."),
    "the group takes nothing from that server": noted("The group takes nothing from that server."),
    r"a list of \w+ servers has at most (?P<most>\d+) characters": noted(
        "A list of servers has at most %(most)s characters."
    ),
    r"a list of \w+ servers has names like m.example, not '(?P<name>.*)'": noted(
        "A list has names of servers like m.example: “%(name)s” is none."
    ),
    "the thread is pinned already": noted("The thread is pinned already."),
    "the thread is not pinned already": noted("The thread is not pinned any more."),
    "that thread is not in this group": noted("That thread is not in this group."),
    r"a group has at most (?P<most>\d+) pinned threads; .*": noted(
        "A group has at most %(most)s pinned threads: unpin one first."
    ),
    ".* is not for everybody": noted("Only what everybody may read can be pinned."),
    r"somebody is new for 1 to (?P<most>\d+) posts": noted(
        "Somebody is new for 1 to %(most)s posts."
    ),
    "newcomer_posts must be a whole number": noted("Type a whole number."),
    "an announcement needs a text": noted("Write something first."),
    "an announcement ends after it begins, and not in the past": noted(
        "It must end after it begins, and not in the past."
    ),
    r"at most (?P<most>\d+) announcements stand; end one first": noted(
        "At most %(most)s announcements stand at a time: end one first."
    ),
    "that announcement has ended already": noted("That announcement has ended already."),
    "a time is written like .*": noted("A time is written like 2026-01-02T10:00."),
    r"a server's name has at most (?P<most>\d+) characters": noted(
        "A server’s name has at most %(most)s characters."
    ),
    "a colour is written like .*": noted("A colour is written like #0f6b5c."),
    r"that needs a text of at most (?P<most>\d+) characters": noted(
        "That needs a text of at most %(most)s characters."
    ),
    r"the group (?P<name>\S+) is not (open|suspended) any more": noted(
        "The group %(name)s is in another state by now: look at the page again."
    ),
    r"(?P<name>\S+) is closed already": noted("The group %(name)s is closed already."),
    "that is not the name of the group": noted("That is not the name of the group."),
    "to .* needs a reason that whom it concerns can read": noted(
        "Say why: whom it concerns is told."
    ),
    "to .* needs the number of the rule that it rests on": noted(
        "Choose the rule that it is about."
    ),
    "choose what to decide": noted("Choose what to do."),
    "that post does not wait here": noted("That post does not wait here any more."),
    "you can appeal against a decision that was taken against you, no other": noted(
        "You can appeal against what was decided about you, and nothing else."
    ),
    "there is no such decision": noted("There is no such decision."),
    r"appeals are taken for (?P<days>\d+) days after a decision": noted(
        "Appeals are taken for %(days)s days after a decision."
    ),
    "say why you think that the decision is wrong": noted("Say why it is wrong."),
    "there is an appeal against this decision already": noted("You have appealed already."),
    "nobody decides about their own appeal; .*": noted(
        "Nobody decides about their own appeal: another moderator looks at it."
    ),
    "another moderator looks at an appeal than the one who decided; .*": noted(
        "You decided this yourself: another moderator looks at the appeal."
    ),
    "a note says something": noted("Write something first."),
    "that report was answered meanwhile; look at the list again": noted(
        "That report was answered meanwhile: look at the list again."
    ),
    "you wrote that yourself: edit it, or delete it": noted(
        "You wrote that yourself: edit it, or delete it."
    ),
    "choose what becomes of the report": noted("Choose what to do."),
    "say in words what becomes of it: whoever reported it reads that": noted(
        "Say what becomes of it: whoever reported it reads that."
    ),
    "another moderator looks into that report; take it over first": noted(
        "Another moderator looks into that report: take it over first."
    ),
    "that was forwarded already": noted("Their server was told already."),
    r"at most (?P<most>\d+) messages a day; wait for an answer": noted(
        "At most %(most)s messages a day: wait for an answer."
    ),
    "a mute ends at some time: say for how many days": noted("Say for how many days."),
    "that is for the owner of the group": noted("That is for the owner of the group."),
    "that is for who runs this server": noted("That is for whoever runs this server."),
    "there is nothing in that file": noted(
        "There is nothing in that file that can be brought along. Is it what you chose above?"
    ),
    "choose what the file is": noted("Choose what the file is."),
    r"a file has at most (?P<most>\d+) rows": noted("A file has at most %(most)s rows."),
    r"a file has at most (?P<most>\d+) MB": noted("A file has at most %(most)s MB."),
    r"a list has at most (?P<most>\d+) MB": noted("A list has at most %(most)s MB."),
    r"a list has at most (?P<most>\d+) servers": noted("A list has at most %(most)s servers."),
    r"that file is not text \(UTF-8\)|a list is text, and holds no NUL": noted(
        "That file is no list: it is not text (UTF-8)."
    ),
    r"a line has at most (?P<most>\d+) characters": noted(
        "A line has at most %(most)s characters."
    ),
    r"line (?P<line>\d+) of that list cannot be read: .*": noted(
        "Line %(line)s of that list cannot be read."
    ),
    "that is no file that Settings, Export made": noted(
        "That is no file that “Export” makes: a zip archive with your groups in it."
    ),
    "there is no file to begin with": noted("There is no file any more: send it again."),
    "another file is under way: wait until it is done, or stop it": noted(
        "Another file is under way: wait until it is done, or leave the rest undone."
    ),
    r"(?P<name>\S+) is the last admin here: .*": noted(
        "%(name)s is the last admin here: make somebody else one first."
    ),
    r"you own (?P<groups>.*): ask whoever runs this server .*": noted(
        "You own %(groups)s. Hand them over or close them first, on their own pages."
    ),
    r"your pictures have (?P<used>\d+) MB of the (?P<most>\d+) MB .*": noted(
        "Your pictures have %(used)s MB of the %(most)s MB that one person may keep here: delete "
        "posts with pictures to make room."
    ),
    r"rules look back (?P<most>\d+) days at most": noted("Rules look back %(most)s days at most."),
    r"a week has the days 1 .*": noted("A week has the days 1 (Monday) to 7 (Sunday)."),
    r"a rule has at most (?P<most>\d+) words": noted("A rule has at most %(most)s words."),
    r"a word of a rule has at most (?P<most>\d+) characters": noted(
        "A word of a rule has at most %(most)s characters."
    ),
    r"a group has at most (?P<most>\d+) rules; remove one first": noted(
        "A group has at most %(most)s rules: remove one first."
    ),
    "nobody appeals against decision .*|there is no appeal .*|there is no such appeal here": noted(
        "That appeal was decided meanwhile."
    ),
    "that report is open|there is no such report|that report is another group's": noted(
        "That report was answered meanwhile: look at the list again."
    ),
    "whom it is about lives here, or is not known: there is nobody to tell": noted(
        "Whom it is about lives here: there is no other server to tell."
    ),
    "only an owner of .* may .*": noted("That is for the owner of the group."),
    "the group .* is not .* any more": noted(
        "The group was suspended, opened or closed meanwhile: look at it again."
    ),
    "nobody can make an account here at the moment": noted(
        "Nobody can make an account here at the moment."
    ),
}
_KNOWN = tuple((re.compile(shape, re.DOTALL), text) for shape, text in _SHAPES.items())


def said(error: Exception) -> str:
    """What the error says, to whoever reads the page."""
    return of_text(str(error))


def of_text(text: str) -> str:
    """The same, of the words of a refusal."""
    if text in SENTENCES:
        return _(text)
    for shape, known in _KNOWN:
        if match := shape.fullmatch(text):
            return _(known, **_told(match.groupdict()))
    return text


def _told(facts: dict[str, str]) -> dict[str, str]:
    """The same, with a time as the page says times."""
    try:
        return facts | {"until": words.exact(clock.ms_of(facts["until"]))}
    except (KeyError, ValueError):
        return facts
