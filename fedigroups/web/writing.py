"""This module reads what somebody writes in a form of ours, with its pictures, and shows it again.

Whatever goes wrong, what was typed is in the form that is shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from federation import limits
from federation.errors import Malformed, NotHere, Slowed, TooLarge, Unreachable
from federation.models import Actor
from fedigroups.accounts import secrets
from fedigroups.api import body as bodies
from fedigroups.api.body import Body
from fedigroups.content import languages, markdown
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.media import uploads
from fedigroups.media.models import Media
from fedigroups.media.uploads import Words
from fedigroups.personal.drafts import Written
from fedigroups.web import refusals, versions
from fedigroups.web.translation import gettext as _

FORM_BYTES = limits.UPLOAD_BYTES * 2 + limits.FORM_BYTES
FILES = 2
"""So many pictures may come with one press; a post has more, added one press after another."""
ONCE_CHARS = 64
POLL_HOURS = (1, 24, 72, 168)
"""How long a poll may be open; the second is what a form begins with."""
WORDS = ("title", "text", "warning", "language")
POLL = ("poll", "poll_hours", "poll_multiple", "poll_hidden")


@dataclass(frozen=True, slots=True)
class Writing:
    """What is in the form; `once` sees to it that a form sent twice makes one post."""

    title: str = ""
    text: str = ""
    warning: str = ""
    language: str = ""
    sensitive: bool = False
    pictures: tuple[Media, ...] = ()
    once: str = ""
    seen: str = ""
    """Of an edit: what the form was made of, as `versions.mark`."""
    draft_at: int = 0
    poll: str = ""
    """What can be chosen in a poll: an option in each line."""
    poll_hours: int = 24
    poll_multiple: bool = False
    poll_hidden: bool = False
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong, by the name of the field; under "" what is wrong with the whole."""

    @property
    def preview(self) -> str:
        """The text as it will be read."""
        return markdown.render(self.text, {}).strip()

    @property
    def words(self) -> dict[str, str]:
        """What an edit changes, by the name of the field."""
        sensitive = "1" if self.sensitive else ""
        return {name: getattr(self, name) for name in WORDS} | {"sensitive": sensitive}

    def problem(self, name: str) -> str:
        """What is wrong in a field; "" when nothing is."""
        return self.problems.get(name, "")

    def wrong(self, name: str, text: str) -> Writing:
        """The same, with what is wrong in a field."""
        return replace(self, problems=self.problems | {name: text})

    def as_text(self) -> Text:
        """What is said with it."""
        return Text(
            self.text.strip(),
            title=self.title.strip(),
            warning=self.warning.strip(),
            language=self.language,
            sensitive=self.sensitive or bool(self.warning.strip()),
            whole=True,
            media=tuple(one.id for one in self.pictures),
            poll=self._asked(),
        )

    def _asked(self) -> Asked | None:
        options = tuple(line.strip() for line in self.poll.splitlines() if line.strip())
        if not options:
            return None
        return Asked(options, self.poll_hours * 3_600, self.poll_multiple, self.poll_hidden)

    def as_draft(self) -> Written:
        """What is kept of it until it is sent."""
        return Written(self.title, self.text, self.warning, self.language, self._kept_poll())

    def _kept_poll(self) -> str:
        if not self.poll.strip():
            return ""
        short = replace(self, poll=self.poll[: limits.CONTENT_CHARS])
        return json.dumps({name: getattr(short, name) for name in POLL})


def empty(language: str = "", text: str = "", title: str = "") -> Writing:
    """The form before anything was sent."""
    return Writing(title=title, language=language, text=text, once=secrets.new())


def of_draft(draft: Written) -> Writing:
    """The form with a draft in it."""
    return Writing(
        title=draft.title,
        text=draft.text,
        warning=draft.warning,
        language=draft.language,
        once=secrets.new(),
        draft_at=draft.changed_at,
        **json.loads(draft.poll or "{}"),
    )


def typed(sent: Body) -> Writing:
    """What was typed, without pictures: enough to show it again to whoever is not signed in."""
    language = sent.text("language")[:16]
    return Writing(
        title=" ".join(sent.text("title").split()),
        text=sent.text("text").replace("\r\n", "\n"),
        warning=" ".join(sent.text("warning").split()),
        language=language if languages.is_tag(language) else "",
        sensitive=sent.flag("sensitive"),
        once=sent.text("once")[:ONCE_CHARS] or secrets.new(),
        seen=sent.text(versions.FIELD),
        poll=sent.text("poll").replace("\r\n", "\n"),
        poll_hours=sent.number("poll_hours", POLL_HOURS[1], most=POLL_HOURS[-1]),
        poll_multiple=sent.flag("poll_multiple"),
        poll_hidden=sent.flag("poll_hidden"),
    )


async def read(request: Request, author: Actor, sent: Body, held: Sequence[Media] = ()) -> Writing:
    """What was written, its new pictures taken in and the words of all of them kept.

    `held` are those that the post holds already.
    """
    writing = typed(sent)
    pictures: list[Media] = []
    for text in sent.texts("picture"):
        picture = await _known(author, text, sent, held)
        if picture is not None:
            pictures.append(picture)
    for number in range(FILES):
        file = sent.file(f"file{number}")
        if file is None or not file.filename or not file.size:
            continue
        try:
            pictures.append(await _uploaded(request, author, file, sent.text(f"words{number}")))
        except (Malformed, TooLarge, Slowed, Unreachable) as error:
            writing = writing.wrong("file0", refusals.said(error))
    writing = replace(writing, pictures=tuple(pictures))
    if len(pictures) > limits.MEDIA_PER_POST:
        most = limits.MEDIA_PER_POST
        return writing.wrong("file0", _("A post has at most %(most)s pictures.", most=most))
    return writing


def checked(writing: Writing, *, titled: bool = False) -> Writing:
    """The same with what is missing or too long, each beside its field."""
    if titled and not writing.title.strip():
        writing = writing.wrong("title", _("A thread needs a title: in a line, what it is about."))
    if len(writing.title) > limits.TITLE_CHARS:
        most = limits.TITLE_CHARS
        writing = writing.wrong("title", _("A title has at most %(most)s characters.", most=most))
    if not writing.text.strip() and not writing.pictures:
        writing = writing.wrong("text", _("Write something first."))
    if len(writing.text) > limits.CONTENT_CHARS // 2:
        most = limits.CONTENT_CHARS // 2
        writing = writing.wrong("text", _("A text has at most %(most)s characters.", most=most))
    return writing


def current(writing: Writing, now: Writing) -> Writing:
    """An edit that undoes nothing: what was left alone follows `now`, and the rest is asked."""
    following, asked = versions.met(writing.seen, now.words, writing.words)
    values: dict[str, Any] = dict(following)
    if "sensitive" in following:
        values["sensitive"] = bool(following["sensitive"])
    problems, seen = writing.problems | asked, versions.mark(now.words)
    return replace(writing, **values, problems=problems, seen=seen)


async def _known(author: Actor, text: str, sent: Body, held: Sequence[Media]) -> Media | None:
    """A picture that came with an earlier press, with its words as they are now."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    if sent.text("drop") == text:
        return None
    kept = next((one for one in held if str(one.id) == text), None)
    if kept is not None:
        return kept
    words = Words(sent.text(f"alt{text}")[: limits.ALT_CHARS])
    try:
        return await uploads.describe(author, int(text), words)
    except NotHere:
        return None


async def _uploaded(request: Request, author: Actor, file: UploadFile, words: str) -> Media:
    said = Words(words[: limits.ALT_CHARS])
    return await uploads.accept(request.app.state.media, author, bodies.pieces(file), said)
