"""This module turns the Markdown that people here write into safe HTML, and finds whom it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from federation import limits
from fedigroups.content import sanitise

_SIGN = re.compile(r"[\[\]*_~`<&!:\n]")
HANDLE = re.compile(
    r"(?<![\w@!./:-])"
    r"([@!])([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)"
    r"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}(?::[0-9]{1,5})?)"
    r"(?![\w@])"
)


_HASHTAG = re.compile(r"(?<![\w#&/])#(\w{0,99}[^\W\d_]\w{0,99})")


@dataclass(frozen=True, slots=True)
class Mention:
    """Whom a handle means: the actor's id, and the page that a click leads to."""

    uri: str
    page_url: str = ""

    @property
    def href(self) -> str:
        """The page when it may be linked to, else the id, else ""."""
        return sanitise.safe_url(self.page_url) or sanitise.safe_url(self.uri)


def _parser(*, breaks: bool = False) -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False, "linkify": True, "breaks": breaks})
    if parser.linkify is not None:
        # `ann@m.example` inside a handle is no e-mail address, `notes.md` no host.
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        # `//h.example` leads nowhere here, and many of them take time by their number's square.
        parser.linkify.add("//", None)
    return parser


_markdown = _parser()
_with_breaks = _parser(breaks=True)


def render(text: str, mentions: Mapping[str, Mention], *, breaks: bool = False) -> str:
    """The safe HTML of `text`; never raises. With `breaks`, a line ends where its writer ended it.

    A handle that is a key of `mentions`, as `find_handles` answers it, becomes a link; handles
    in code and in links stay as they are.
    """
    tokens = _parsed(text)
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children, mentions))
    writer = _with_breaks if breaks else _markdown
    return sanitise.clean(writer.renderer.render(tokens, writer.options, {}))


def find_handles(text: str) -> list[str]:
    """The handles in `text` outside code and links, in order and once each.

    Each as `@name@host` or `!name@host` with the host in lower case; at most `limits.MENTIONS`.
    """
    found: dict[str, None] = {}
    for token in _parsed(text):
        for words in _plain_text(token.children or []):
            for match in HANDLE.finditer(words.content):
                found.setdefault(_key(match))
    return list(found)[: limits.MENTIONS]


def find_hashtags(text: str) -> list[str]:
    """The hashtags in `text` outside code and links, without their sign, in order and once each.

    At most half of `limits.TAGS`: mentions are tags too.
    """
    found: dict[str, str] = {}
    for token in _parsed(text):
        for words in _plain_text(token.children or []):
            for match in _HASHTAG.finditer(words.content):
                found.setdefault(match[1].lower(), match[1])
    return list(found.values())[: limits.TAGS // 2]


def _parsed(text: str) -> list[Token]:
    text = text[: limits.CONTENT_CHARS]
    if len(_SIGN.findall(text)) <= limits.MARKDOWN_SIGNS:
        return _markdown.parse(text)
    # Brackets alone take the parser time by the square of their number, and each line is a block.
    return [Token("fence", "code", 0, content=text)]


def _key(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}@{match[3].lower()}"


def _plain_text(children: list[Token]) -> Iterator[Token]:
    """The text tokens that are not inside a link."""
    inside = 0
    for child in children:
        inside += (child.type == "link_open") - (child.type == "link_close")
        if child.type == "text" and not inside:
            yield child


def _linked(children: list[Token], mentions: Mapping[str, Mention]) -> Iterator[Token]:
    outside = {id(token) for token in _plain_text(children)}
    for child in children:
        if id(child) in outside:
            yield from _split(child, mentions)
        else:
            yield child


def _split(token: Token, mentions: Mapping[str, Mention]) -> Iterator[Token]:
    """A text token as the texts and mention links that it consists of."""
    at = 0
    for match in HANDLE.finditer(token.content):
        mention = mentions.get(_key(match))
        if mention is None or not mention.href:
            continue
        yield _words(token.content[at : match.start()])
        attributes: dict[str, str | int | float] = {"href": mention.href, "class": "u-url mention"}
        yield Token("link_open", "a", 1, attrs=attributes)
        yield _words(match[0])
        yield Token("link_close", "a", -1)
        at = match.end()
    yield _words(token.content[at:])


def _words(content: str) -> Token:
    return Token("text", "", 0, content=content)
