"""This module writes mails: plain text in the reader's language, each with why it came at its end.

Texts and titles of strangers stand in the text and in the subject, on one line there; never in
another header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

from fedigroups.accounts.mail import Letter
from fedigroups.content import catalogues
from fedigroups.content.catalogues import noted
from fedigroups.content.sanitise import shorten
from fedigroups.mails.readable import Alive, Desk, Said, Word
from fedigroups.moderation import answering

TEXT_CHARS = 1_000
"""Of one post; the rest is on its page."""
QUOTE_CHARS = 200
"""The same in a digest."""
SAID: Mapping[str, str] = {
    "reply": noted("%(name)s (%(handle)s) answers you in %(group)s:"),
    "mention": noted("%(name)s (%(handle)s) names you in %(group)s:"),
    "thread": noted("%(name)s (%(handle)s) writes in %(group)s:"),
    "poll": noted("A poll of %(name)s (%(handle)s) in %(group)s has ended:"),
}
WAITING: Mapping[str, str] = {
    "request": noted("Requests to join: %(count)s"),
    "to_review": noted("Posts that wait: %(count)s"),
    "report": noted("Reports: %(count)s"),
    "appeal": noted("Appeals: %(count)s"),
    "mail": noted("Letters to moderators: %(count)s"),
}
ACCEPTED = noted("You are a member of %(group)s now.")
REFUSED = noted("Your request to join %(group)s was turned down.")
LETTER = noted("The moderators of %(group)s write to you:")
UNTITLED = noted("A thread in %(group)s")
THREAD = noted("%(title)s (%(group)s)")
DESK = noted("Something waits for you as a moderator")
DIGEST = noted("New in your groups at %(instance)s")
ALIVE = noted("Where most was written that you have not read:")
FRESH = noted("New: %(count)s")
FOR_YOU = noted("For you:")
ALL = noted("All of it:")
WHY_NOTICE = noted(
    "You get this mail because your account @%(name)s at %(instance)s has mail about such things "
    "switched on, and you had not read of it yet."
)
WHY_DIGEST = noted(
    "You get this mail because your account @%(name)s at %(instance)s has a digest switched on."
)
CHANGE = noted("Choose what comes by mail: %(link)s")
STOP = noted("No more such mail, without signing in: %(link)s")

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom it is written: their name, where, in which language, and what ends such mail."""

    name: str
    instance: str
    origin: str
    host: str
    language: str
    stop: str
    """The address that ends it with one click."""


def of_thread(reader: Reader, posts: Sequence[Said]) -> Letter:
    """What was said in a thread. All mails of a thread stand together in mail programs."""
    say, first = catalogues.saying(reader.language), posts[0]
    about = say(THREAD) if first.title else say(UNTITLED)
    subject = about % {"title": first.title, "group": first.group}
    root = f"<thread-{first.thread_id}@{reader.host}>"
    parts = [_post(say, reader, one, TEXT_CHARS) for one in posts]
    together = (("In-Reply-To", root), ("References", root))
    return _letter(reader, say, subject, parts, "notifications", WHY_NOTICE, together)


def of_group(reader: Reader, words: Sequence[Word]) -> Letter:
    """What moderators decided or wrote, or what came of a request to join."""
    say = catalogues.saying(reader.language)
    told = [_told(say, reader, one) for one in words]
    parts = ["\n\n".join(paragraphs) for paragraphs in told]
    return _letter(reader, say, told[0][0].rstrip(":"), parts, "notifications", WHY_NOTICE)


def of_desks(reader: Reader, desks: Sequence[Desk]) -> Letter:
    """What waits for a moderator."""
    say = catalogues.saying(reader.language)
    subject = say(DESK)
    if len(desks) == 1:
        subject = f"{subject} ({desks[0].group})"
    parts = list(_desks(say, reader, desks))
    return _letter(reader, say, subject, parts, "notifications", WHY_NOTICE)


def digest(
    reader: Reader,
    alive: Sequence[Alive],
    posts: Sequence[Said],
    words: Sequence[Word],
    desks: Sequence[Desk],
) -> Letter:
    """What is new since the last one."""
    say = catalogues.saying(reader.language)
    parts = list(_desks(say, reader, desks))
    own = ["\n".join(_told(say, reader, one)) for one in words]
    own += [_post(say, reader, one, QUOTE_CHARS) for one in posts]
    own += [f"{say(ALL)} {reader.origin}/notifications"] if own else []
    parts += [f"{say(FOR_YOU)}\n\n" + "\n\n".join(own)] if own else []
    threads = [
        f"{say(THREAD) % {'title': one.title, 'group': one.group}}\n"
        f"{say(FRESH) % {'count': one.fresh}} · {reader.origin}{one.link}"
        for one in alive
    ]
    parts += [f"{say(ALIVE)}\n\n" + "\n\n".join(threads)] if threads else []
    subject = say(DIGEST) % {"instance": reader.instance}
    return _letter(reader, say, subject, parts, "digest", WHY_DIGEST)


def _post(say: Say, reader: Reader, one: Said, chars: int) -> str:
    who = {"name": one.name, "handle": one.handle, "group": one.group}
    text = shorten(one.text, chars) if one.text else "…"
    quoted = indent(text, "> ", lambda _line: True)
    return f"{say(SAID[one.kind]) % who}\n\n{quoted}\n\n{reader.origin}{one.link}"


def _told(say: Say, reader: Reader, one: Word) -> list[str]:
    link = f"{reader.origin}{one.link}"
    if one.decision is not None:
        return [*answering.about(one.decision, one.group, reader.language), link]
    if one.kind == "letter":
        return [
            say(LETTER) % {"group": one.group},
            indent(one.text, "> ", lambda _line: True),
            link,
        ]
    said = ACCEPTED if one.kind == "accepted" else REFUSED
    return [say(said) % {"group": one.group}, link]


def _desks(say: Say, reader: Reader, desks: Sequence[Desk]) -> Iterable[str]:
    for one in desks:
        lines = [say(WAITING[kind]) % {"count": count} for kind, count in one.waiting]
        yield "\n".join([f"{one.group}:", *lines, f"{reader.origin}{one.link}"])


def _letter(
    reader: Reader,
    say: Say,
    subject: str,
    parts: Sequence[str],
    about: str,
    why: str,
    more: tuple[tuple[str, str], ...] = (),
) -> Letter:
    settings = f"{reader.origin}/settings/mail"
    footer = [
        say(why) % {"name": reader.name, "instance": reader.instance},
        say(CHANGE) % {"link": settings},
        say(STOP) % {"link": reader.stop},
    ]
    text = "\n\n\n".join(parts) + "\n\n-- \n" + "\n".join(footer) + "\n"
    headers = (
        ("List-Id", f"<{about}.{reader.host}>"),
        ("List-Unsubscribe", f"<{reader.stop}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        *more,
    )
    return Letter(subject, text, headers)
