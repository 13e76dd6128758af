"""This module has what is refused to whoever reads, writes and has an account, as pages say it."""

from __future__ import annotations

from fedigroups.web.translation import noted

SAID = {
    "a text has at most {most} characters": noted("A text has at most %(most)s characters."),
    "a title has at most {most} characters": noted("A title has at most %(most)s characters."),
    "there is nothing to say: give a text": noted("Write something first."),
    "only members start threads in this group; join it first": noted(
        "Only members start threads in this group: join it first."
    ),
    "only members vote in polls of this group; join it first": noted(
        "Only members vote in polls of this group: join it first."
    ),
    "only moderators start threads in this group": noted("Only hosts start threads here."),
    "the thread is locked": noted("The thread is locked: it takes no more replies."),
    "the group is closed": noted("The group is closed."),
    "banned from the group: {reason}": noted("You are banned here: %(reason)s"),
    "muted until {until:%Y-%m-%dT%H:%M:%SZ}": noted(
        "You read here, and write nothing until %(until)s: hosts of the group muted you."
    ),
    "the post that you answer is gone": noted("The post that you answer is gone."),
    "there is nothing here": noted("There is nothing here"),
    "the post that you like is gone": noted("The post is gone."),
    "{post} is not yours to delete, or is gone": noted("The post is not yours, or is gone."),
    "{post} is not yours to edit, or is gone": noted("The post is not yours, or is gone."),
    "something was changed or decided meanwhile": noted(
        "Something was changed meanwhile, and nothing was done now. Here is how it stands: "
        "press again if you still want it."
    ),
    "{post} changed meanwhile; look at it and try again": noted(
        "The post was changed meanwhile. Look at it, and try again."
    ),
    "the thread is too deep for another reply; start a new one": noted(
        "The thread is too deep for another reply: start a new one."
    ),
    "{who} owns {group}; make somebody else the owner first": noted(
        "You own this group: make somebody else its owner first."
    ),
    "an account moves once in {most} days": noted("An account moves once in %(most)s days."),
    "an account names at most {most} others": noted("An account names at most %(most)s others."),
    "that is this account itself": noted("That is this account itself."),
    "{who} is not an account of a person": noted("%(who)s is not an account of a person."),
    "{who} has itself moved: name the account where you live now": noted(
        "%(who)s has itself moved: name the account where you live now."
    ),
    (
        "{who} does not say that {own} is yours: say so there first, in its settings for "
        "moving from another account"
    ): noted(
        "%(who)s does not say yet that %(own)s is yours. Say so there first, in its settings "
        "for moving from another account."
    ),
    "it was signed in a page of another site": noted("It was signed in a page of another site."),
    "you are signed in here with another account; sign out first": noted(
        "You are signed in here with another account: sign out first."
    ),
    "this account has moved, and only reads now": noted(
        "Your account has moved, and only reads now."
    ),
    "a post has at most {most} pictures": noted("A post has at most %(most)s pictures."),
    "the picture {picture} is in another post; upload it again": noted(
        "A picture is in another post: upload it again."
    ),
    "there is no picture {picture} of yours here; upload it again": noted(
        "A picture is not here any more: upload it again."
    ),
    "an option of a poll says something": noted("Each option of a poll says something."),
    "a poll is not changed any more: delete the post and write it anew": noted(
        "A poll is not changed any more: delete the post and write it anew."
    ),
    "something that was sent is longer than it may be": noted(
        "Something that was sent is longer than it may be."
    ),
    "you do not run this group": noted("You do not run this group."),
    (
        "this link is not whole: copy all of it from the mail, or sign in and see the settings"
    ): noted(
        "This link is not whole: copy all of it from the mail, or sign in and see the settings."
    ),
    "a time zone is one of the list, for example Europe/Rome": noted(
        "A time zone is one of the list, for example Europe/Rome."
    ),
    "a picture has at most {most} MB": noted("A picture has at most %(most)s MB."),
    "a description has at most {most} characters": noted(
        "A description has at most %(most)s characters."
    ),
    "a note has at most {most} characters": noted(
        "What you say about yourself has at most %(most)s characters."
    ),
    "a field has at most {most} characters": noted(
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
    "a password has {least} to {most} characters": noted(
        "A password has %(least)s to %(most)s characters."
    ),
    "a password may not be your name or your address": noted(
        "A password may not be your name or your address."
    ),
    (
        "{name!r} cannot be a name: use 1 to {most} lower-case letters, digits and _ (not "
        "first or last), for example 'welders'"
    ): noted(
        "“%(name)s” cannot be a name: use 1 to 63 lower-case letters, digits and _ (not first "
        "or last), for example welders."
    ),
    "the name {name!r} is reserved; choose another": noted(
        "The name “%(name)s” is reserved: choose another."
    ),
    "the name {name!r} is taken on this instance; choose another": noted(
        "The name “%(name)s” is taken here: choose another."
    ),
    (
        "that cannot be an e-mail address; it has a name, @ and a host, for example "
        "olga@mail.example"
    ): noted(
        "That cannot be an e-mail address: it has a name, @ and a host, like olga@mail.example."
    ),
    "somebody here has the address {email}; use another one": noted(
        "Somebody here has the address %(email)s: use another one."
    ),
    "an account cannot be made here with that e-mail address; ask whoever runs this server": noted(
        "An account cannot be made here with that e-mail address: ask whoever runs this server."
    ),
    "an account cannot be made here from your network; ask whoever runs this server": noted(
        "An account cannot be made here from your network: ask whoever runs this server."
    ),
    "a network is written like 203.0.113.0/24 or 2001:db8::/32": noted(
        "A network is written like 203.0.113.0/24 or 2001:db8::/32."
    ),
    (
        "a network of this kind has /{few} to /{many}: more of the world is not kept out by "
        "a slip, and what is smaller is not told from its neighbours"
    ): noted("A network of this kind has /%(few)s to /%(many)s."),
    "an account needs a password": noted("An account needs a password."),
    "a reason has at most {most} characters": noted("A reason has at most %(most)s characters."),
    "say why you want an account: somebody reads that and decides": noted(
        "Say why you want an account: somebody reads that and decides."
    ),
    "this invitation was used up, or is no more; ask for another one": noted(
        "This invitation was used up, or is no more: ask for another one."
    ),
    "an account has at most {most} passkeys; remove one first": noted(
        "An account has at most %(most)s passkeys: remove one first."
    ),
    "this passkey is known already": noted("This passkey is known already."),
    "this is no passkey that was made here just now; begin again": noted(
        "No passkey was made, or it took too long. Begin again."
    ),
    "cookies are off: without them nobody can sign in": noted(
        "Cookies are off: without them nobody can sign in."
    ),
    "this link was used already": noted("This link was used already: ask for another one."),
    "this link was used already; ask for another one": noted(
        "This link was used already: ask for another one."
    ),
    "accounts here are by invitation: ask somebody who has one": noted(
        "Accounts here are by invitation: ask somebody who has one."
    ),
    "a language is a tag such as en or pt-BR": noted("A language is a tag such as en or pt-BR."),
    "an invitation is for 1 to {people} people, and good for 1 to {days} days": noted(
        "An invitation is for 1 to %(people)s people, and good for 1 to %(days)s days."
    ),
    "a poll has two options at least": noted("A poll has two options at least."),
    "a poll has at most {most} options": noted("A poll has at most %(most)s options."),
    "an option of a poll has at most {most} characters": noted(
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
    "say why: a reason is needed": noted("Say why: a reason is needed."),
    "they are not in the group any more": noted("They are not in the group any more."),
    "a group is owned by somebody who has an account here": noted(
        "A group is owned by somebody who has an account here."
    ),
    "a handle looks like vic@h.example, not {typed!r}": noted(
        "Type a whole address, like @ann@m.example."
    ),
    "not a host name: {host!r}": noted("Type a whole address, like @ann@m.example."),
    "type a whole address, like @ann@m.example": noted(
        "Type a whole address, like @ann@m.example."
    ),
    "{who} is a group: invite people": noted("%(who)s is a group: invite people."),
    "nobody was found at that address; look whether it is right": noted(
        "Nobody was found at that address: look whether it is right."
    ),
    "{host} knows nobody named {name}": noted(
        "Nobody was found at that address: look whether it is right."
    ),
    (
        "we know nobody called {who}; name them like vic@h.example, as `fedigroups group "
        "members GROUP` does"
    ): noted("Nobody is called %(who)s here."),
    "{who} sends more than this server takes": noted(
        "Too much was asked of late: please try again in a minute."
    ),
    "The file takes more time or memory to open than one picture may.": noted(
        "The file takes too much to open: try a smaller one."
    ),
    "The file takes too long to open.": noted(
        "The file takes too much to open: try a smaller one."
    ),
    "The file {why}.": noted("The file is no picture that can be shown here, or it is too large."),
    "there is nothing in that file": noted(
        "There is nothing in that file that can be brought along. Is it what you chose above?"
    ),
    "choose what the file is": noted("Choose what the file is."),
    "a file has at most {most} rows": noted("A file has at most %(most)s rows."),
    "a file has at most {most} MB": noted("A file has at most %(most)s MB."),
    "a list has at most {most} MB": noted("A list has at most %(most)s MB."),
    "a list has at most {most} servers": noted("A list has at most %(most)s servers."),
    "a list is text, and holds no NUL": noted("That file is no list: it is not text (UTF-8)."),
    "that file is not text (UTF-8)": noted("That file is no list: it is not text (UTF-8)."),
    "a line has at most {most} characters": noted("A line has at most %(most)s characters."),
    "line {line} of that list cannot be read: {error}": noted(
        "Line %(line)s of that list cannot be read."
    ),
    "that is no file that Settings, Export made": noted(
        "That is no file that “Export” makes: a zip archive with your groups in it."
    ),
    "there is no file to begin with": noted("There is no file any more: send it again."),
    "another file is under way: wait until it is done, or stop it": noted(
        "Another file is under way: wait until it is done, or leave the rest undone."
    ),
    (
        "{name} is the last admin here: make somebody else one first (fedigroups user role "
        "NAME admin)"
    ): noted("%(name)s is the last admin here: make somebody else one first."),
    (
        "you own {groups}: ask whoever runs this server to make somebody else the owner "
        "first (fedigroups group role {first} HANDLE owner)"
    ): noted("You own %(groups)s. Hand them over or close them first, on their own pages."),
    (
        "your pictures have {used} MB of the {most} MB that one person may keep here; delete "
        "posts with pictures to make room"
    ): noted(
        "Your pictures have %(used)s MB of the %(most)s MB that one person may keep here: "
        "delete posts with pictures to make room."
    ),
}
