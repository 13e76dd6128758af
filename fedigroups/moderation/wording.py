"""This module says decisions to whom they concern, in their language where there is a catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from federation import clock
from fedigroups.content import catalogues
from fedigroups.content.catalogues import noted


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind of decision is said: what was decided, and what to do next."""

    said: str
    next: str = ""


APPEAL = noted(
    "If you think that this is wrong, reply to this message and say why: "
    "another moderator looks at it, where the group has one."
)
_EDIT = noted("Edit your post, and moderators look at it again.")

WORDS: Mapping[str, Words] = {
    "hold": Words(
        noted("Your post in %(group)s waits until a moderator has looked at it: %(text)s."),
        noted("Only you and the moderators see it until then. You will be told what they decide."),
    ),
    "accept": Words(noted("Your post is accepted in %(group)s, and everybody can see it now.")),
    "refuse": Words(noted("Your post was not accepted in %(group)s."), _EDIT),
    "ask": Words(noted("A moderator of %(group)s asks you to change your post."), _EDIT),
    "turn_away": Words(noted("What you wrote was not taken into %(group)s.")),
    "remove": Words(noted("A moderator removed your post from %(group)s.")),
    "restore": Words(noted("Your post is shown in %(group)s again.")),
    "lock": Words(noted("Your thread in %(group)s is locked: only moderators answer in it now.")),
    "unlock": Words(noted("Your thread in %(group)s is open to answers again.")),
    "pin": Words(noted("Your thread in %(group)s is pinned: it stands before the others.")),
    "unpin": Words(noted("Your thread in %(group)s is not pinned any more.")),
    "warn": Words(noted("A moderator of %(group)s warns you.")),
    "mute": Words(noted("You may read %(group)s and write nothing in it for some time.")),
    "unmute": Words(noted("You may write in %(group)s again.")),
    "ban": Words(noted("You are banned from %(group)s.")),
    "unban": Words(
        noted("You are not banned from %(group)s any more."),
        noted("Follow the group again to come back."),
    ),
    "expel": Words(noted("You were put out of %(group)s."), noted("You may ask to join again.")),
    "refuse_join": Words(noted("Your request to join %(group)s was turned down.")),
    "appoint": Words(noted("You are a moderator of %(group)s now.")),
    "dismiss": Words(noted("You are not a moderator of %(group)s any more.")),
    "transfer": Words(noted("You are the owner of %(group)s now.")),
    "heed": Words(noted("The moderators of %(group)s did something about what you reported.")),
    "set_aside": Words(
        noted("The moderators of %(group)s looked at what you reported, and leave it as it is.")
    ),
    "uphold": Words(noted("Your appeal in %(group)s was looked at: the decision stands.")),
    "overturn": Words(noted("Your appeal in %(group)s was looked at: the decision is taken back.")),
}

REPORTS = frozenset({"heed", "set_aside"})
CANNED: tuple[str, ...] = (
    noted("Thank you: it was removed."),
    noted("Thank you: we spoke with its author."),
    noted("Thank you: who wrote it may not write here any more."),
    noted("It is within the rules of this group."),
    noted("It is for another server to decide about that."),
)
"""Answers to who reported that are ready, and are said in the language of each."""

RULE = noted("It rests on rule %(number)s of the group: %(rule)s")
REASON = noted("The reason: %(text)s")
ANSWER = noted("They say: %(text)s")
ENDS = noted("It ends by itself on %(until)s.")


def paragraphs(
    kind: str,
    *,
    group: str,
    language: str,
    text: str = "",
    rule: int = 0,
    rule_text: str = "",
    until: int = 0,
    appealable: bool = False,
) -> list[str]:
    """What somebody is told, as plain text."""
    words = WORDS[kind]
    say = catalogues.saying(language)
    text = say(text) if text else ""  # a policy's own words have translations, people's have none
    told = [say(words.said) % {"group": group, "text": text}]
    if rule:
        told.append(say(RULE) % {"number": rule, "rule": rule_text})
    if text and "%(text)s" not in words.said:
        told.append(say(ANSWER if kind in REPORTS else REASON) % {"text": text})
    if until:
        told.append(say(ENDS) % {"until": clock.rfc3339(until)})
    if words.next:
        told.append(say(words.next))
    if appealable:
        told.append(say(APPEAL))
    return told
