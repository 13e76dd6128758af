"""This module has what is refused to hosts of groups and to whoever runs the server, for pages."""

from __future__ import annotations

from fedigroups.web.translation import noted

SAID = {
    "{who} has not asked to join {group}": noted("%(who)s does not ask to join any more."),
    "{who} is not a member of {group}": noted("%(who)s is not a member."),
    "{who} is not banned from itself": noted("%(who)s is not banned."),
    "{who} is not banned from {group}": noted("%(who)s is not banned."),
    "{who} is {old} in {group} and cannot become {state}": noted(
        "That cannot be done any more with %(who)s: look at the page again."
    ),
    "one person owns at most {most} groups; ask whoever runs this server for more": noted(
        "One person owns at most %(most)s groups: ask whoever runs this server for more."
    ),
    "a topic is one word of letters and digits, such as welding": noted(
        "A topic is one word of letters and digits, such as welding."
    ),
    "a group has at most {most} topics": noted("A group has at most %(most)s topics."),
    "a group has at most {most} links; withdraw one first": noted(
        "A group has at most %(most)s links: withdraw one first."
    ),
    "a group needs a title of 1 to {most} characters": noted(
        "A group needs a title of 1 to %(most)s characters."
    ),
    "a description is one line of at most {most} characters": noted(
        "A description is one line of at most %(most)s characters."
    ),
    "a summary has at most {most} bytes, marks included": noted(
        "That is too long: at most %(most)s characters are taken."
    ),
    "a summary has at most {most} characters": noted(
        "That is too long: at most %(most)s characters are taken."
    ),
    "rules have at most {most} characters": noted("Rules have at most %(most)s characters."),
    "a suspension needs a reason of at most {most} characters": noted(
        "A suspension needs a reason of at most %(most)s characters."
    ),
    "to block a host, name it like bad.example": noted("Name a server like bad.example."),
    "to block a host, name it like bad.example, not {host!r}": noted(
        "Name a server like bad.example."
    ),
    "there is no server to block in that list": noted("There is no server to block in that list."),
    "the group takes nothing from that server": noted("The group takes nothing from that server."),
    "a list of {which} servers has at most {most} characters": noted(
        "A list of servers has at most %(most)s characters."
    ),
    "a list of {which} servers has names like m.example, not {name!r}": noted(
        "A list has names of servers like m.example: “%(name)s” is none."
    ),
    "the thread is pinned already": noted("The thread is pinned already."),
    "the thread is not pinned already": noted("The thread is not pinned any more."),
    "the thread is locked already": noted("The thread is locked already."),
    "the thread is not locked already": noted("The thread is not locked any more."),
    "that thread is not in this group": noted("That thread is not in this group."),
    "a group has at most {most} pinned threads; unpin one first": noted(
        "A group has at most %(most)s pinned threads: unpin one first."
    ),
    "{post} is not for everybody": noted("Only what everybody may read can be pinned."),
    "somebody is new for 1 to {most} posts": noted("Somebody is new for 1 to %(most)s posts."),
    "{name} must be a whole number": noted("Type a whole number."),
    "an announcement needs a text": noted("Write something first."),
    "an announcement ends after it begins, and not in the past": noted(
        "It must end after it begins, and not in the past."
    ),
    "at most {most} announcements stand; end one first": noted(
        "At most %(most)s announcements stand at a time: end one first."
    ),
    "that announcement has ended already": noted("That announcement has ended already."),
    "a time is written like 2026-01-02T10:00": noted("A time is written like 2026-01-02T10:00."),
    "a server's name has at most {most} characters": noted(
        "A server’s name has at most %(most)s characters."
    ),
    "a colour is written like #0f6b5c": noted("A colour is written like #0f6b5c."),
    "that needs a text of at most {most} characters": noted(
        "That needs a text of at most %(most)s characters."
    ),
    "the group {name} is not {old} any more": noted(
        "The group %(name)s is in another state by now: look at the page again."
    ),
    "{name} is closed already": noted("The group %(name)s is closed already."),
    "that is not the name of the group": noted("That is not the name of the group."),
    "to {act} needs a reason that whom it concerns can read": noted(
        "Say why: whom it concerns is told."
    ),
    "to {act} needs the number of the rule that it rests on": noted(
        "Choose the rule that it is about."
    ),
    "choose what to decide": noted("Choose what to do."),
    "that post does not wait here": noted("That post does not wait here any more."),
    "you can appeal against a decision that was taken against you, no other": noted(
        "You can appeal against what was decided about you, and nothing else."
    ),
    "there is no such decision": noted("There is no such decision."),
    "appeals are taken for {days} days after a decision": noted(
        "Appeals are taken for %(days)s days after a decision."
    ),
    "say why you think that the decision is wrong": noted("Say why it is wrong."),
    "there is an appeal against this decision already": noted("You have appealed already."),
    "nobody decides about their own appeal; another moderator looks at it": noted(
        "Nobody decides about their own appeal: another moderator looks at it."
    ),
    "another moderator looks at an appeal than the one who decided; this group has one": noted(
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
    "at most {most} messages a day; wait for an answer": noted(
        "At most %(most)s messages a day: wait for an answer."
    ),
    "a mute ends at some time: say for how many days": noted("Say for how many days."),
    "that is for the owner of the group": noted("That is for the owner of the group."),
    "that is for who runs this server": noted("That is for whoever runs this server."),
    "rules look back {most} days at most": noted("Rules look back %(most)s days at most."),
    "a week has the days 1 (Monday) to 7 (Sunday)": noted(
        "A week has the days 1 (Monday) to 7 (Sunday)."
    ),
    "a rule has at most {most} words": noted("A rule has at most %(most)s words."),
    "a word of a rule has at most {most} characters": noted(
        "A word of a rule has at most %(most)s characters."
    ),
    "a group has at most {most} rules; remove one first": noted(
        "A group has at most %(most)s rules: remove one first."
    ),
    "nobody appeals against decision {number} any more": noted(
        "That appeal was decided meanwhile."
    ),
    "there is no appeal {number}": noted("That appeal was decided meanwhile."),
    "there is no such appeal here": noted("That appeal was decided meanwhile."),
    "that report is another group's": noted(
        "That report was answered meanwhile: look at the list again."
    ),
    "that report is open": noted("That report was answered meanwhile: look at the list again."),
    "there is no such report": noted("That report was answered meanwhile: look at the list again."),
    "whom it is about lives here, or is not known: there is nobody to tell": noted(
        "Whom it is about lives here: there is no other server to tell."
    ),
    "{who} owns {group} already": noted("%(who)s owns the group already."),
    "choose to whom": noted("Choose to whom."),
    "{who} moderates {group} already": noted("%(who)s moderates the group already."),
    "{who} does not moderate {group}": noted("%(who)s does not moderate the group."),
    "{who} does not moderate {group} here": noted("That is for moderators of the group."),
    "a ban ends in the future, or never": noted("A ban ends in the future, or never."),
    "{post} starts no thread of {group}": noted("The post starts no thread of this group."),
    "{post} is gone": noted("The post is gone."),
    "{post} is gone already": noted("The post is gone."),
    "{post} was not removed from {group}": noted("The post is gone, or shown already."),
    "{post} is not removed any more": noted("The post is gone, or shown already."),
    "{post} is gone, or shown already": noted("The post is gone, or shown already."),
    "{post} does not wait for a moderator; look at the queue again": noted(
        "The post does not wait any more: look at the queue again."
    ),
    "{group} has no rule {number}: it has {most}; `fedigroups moderate rules {group}` lists them": (
        noted("There is no such rule any more: look at the list again.")
    ),
    "{group} has no rule {number}; `fedigroups moderate automatic` lists them": noted(
        "There is no such rule any more: look at the list again."
    ),
    "{pattern} is no pattern: {why}": noted("%(pattern)s is no pattern: %(why)s"),
    "{pattern} repeats too much: write a shorter pattern": noted(
        "%(pattern)s repeats too much: write a shorter pattern."
    ),
    "only an owner of {group} may {act}": noted("That is for the owner of the group."),
    "nobody can make an account here at the moment": noted(
        "Nobody can make an account here at the moment."
    ),
}
