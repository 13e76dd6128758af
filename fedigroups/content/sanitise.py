"""This module decides which HTML and which links of a stranger a page of ours may carry.

What comes out of `clean` is the only HTML that is stored, shown or put into a feed. It is an
allow-list: no pictures (they would tell their host who reads), no styles, no ids, no scripts,
classes only from a short list.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata
from urllib.parse import urlsplit

import nh3
import structlog

from federation import limits

log = structlog.get_logger("fedigroups.content")

PASSES = 6
"""How often the sanitiser may run until its output no longer changes."""
REL = "nofollow noopener noreferrer ugc"
SCHEMES = frozenset({"http", "https", "mailto", "xmpp", "gemini", "matrix"})


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_INLINE = _names(
    "a abbr b bdi br cite code del em i ins kbd mark q rp rt ruby s samp small span strong sub sup"
    " u var"
)
_BLOCK = _names(
    "blockquote dd details div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre summary table tbody td th"
    " thead tr ul"
)
_SWALLOWED = _names(
    "script style template iframe object svg math noscript noembed noframes title textarea"
    " select audio video canvas"
)
_NONE: dict[str, set[str]] = {"*": set()}
"""Said, because otherwise `title` and `lang` are allowed everywhere."""
_ATTRIBUTES = _NONE | {"a": {"href"}, "ol": {"start", "reversed"}, "abbr": {"title"}}
_CLASSES = {
    "a": {"mention", "hashtag", "u-url"},
    "span": {"mention", "h-card", "invisible", "ellipsis"},
}

_OPENING = re.compile(r"<[a-zA-Z]")
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{limits.HTML_TAG_CHARS}}}")
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"<(?:br|hr)>|</?(?:p|div|li|h[1-6]|blockquote|tr|pre|ul|ol|dl|dt|dd|table)>")
_CELL = re.compile(r"</t[dh]>")
_PICTURE = re.compile(r'<img src="([^"]*)"(?: alt="([^"]*)")?>')
_LINK = re.compile(r'(<a(?: (?!href)[a-z]+="[^"]*")* href="([^"]*)"[^>]*>)(.*?)(</a>)', re.DOTALL)
_ANCHOR = re.compile(r'<a(?: [a-z]+="[^"]*")*>|</a>')
_HIDING = re.compile(r'<span(?: class="([^"]*)")?>|(</span>)|<[^<>]*>|([^<]+)')
_UNREAD = re.compile(r"^[\x00-\x20]+|[\t\n\r]")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_WITH_HOST = re.compile(r"https?://[^/\\?#@]+(?:[/?#]|$)", re.IGNORECASE)
_BEFORE_HOST = r"^[@!][\w.-]{1,64}@|(?<![\w/=:?&%])https?://|(?<![\w/.])(?=www\.)"
_ALONE = r"^(?=[\w.-]+\.[^\W\d_]{2,}(?:[/:?#]\S*)?$)"
_CLAIM = re.compile(rf"(?:{_BEFORE_HOST}|{_ALONE})([\w-]+(?:\.[\w-]+)+)", re.IGNORECASE)
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[\w/.~%?&=@:+,;!-]*)?", re.ASCII)
_NOT_IN_URLS = re.compile(
    r"[\x00-\x20\x7f-\xa0\\<>\"`\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Nor marks of direction (RFC 3987 section 4.1)."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that look like none: a name of nothing else would be no name."""


def _href(_tag: str, attribute: str, value: str) -> str | None:
    """The value to keep, as browsers read it: a link to the web has a host that everybody finds.

    None shows one host before an `@` and goes to the one behind it, or, as `https:h.example`, goes
    to a host that only browsers see (WHATWG URL, section 4.4).
    """
    if attribute != "href":
        return value
    url = _UNREAD.sub("", value)
    return None if _WEB.match(url) and not _WITH_HOST.match(url) else url


_cleaner = nh3.Cleaner(
    tags=set(_INLINE | _BLOCK),
    clean_content_tags=set(_SWALLOWED),
    attributes=_ATTRIBUTES,
    attribute_filter=_href,
    allowed_classes=_CLASSES,
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel=REL,
)
_pictures = nh3.Cleaner(
    tags={*_INLINE, *_BLOCK, "img"},
    clean_content_tags=set(_SWALLOWED),
    attributes=_ATTRIBUTES | {"img": {"src", "alt"}},
    allowed_classes=_CLASSES,
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel=None,
)
_words = nh3.Cleaner(
    tags=set(_BLOCK | {"br"}),
    clean_content_tags=set(_SWALLOWED),
    attributes=_NONE,
    link_rel=None,
)


def clean(html: str) -> str:
    """`html` with only what our allow-list has; the same when cleaned again.

    Never raises: what cannot be cleaned comes back as escaped text. A link whose words name one
    host and whose target is another gets the real host added. A picture becomes a link to it.
    The answer has at most `limits.CONTENT_CHARS` characters.
    """
    rest = _tidy(html)[: limits.CONTENT_CHARS]
    while True:
        out = _settled(rest)
        if len(out) <= limits.CONTENT_CHARS:
            return out
        rest = rest[: len(rest) // 2]


def plain(html: str) -> str:
    """The words of `html`, a line for each paragraph; never raises."""
    return _text(_tidy(html)[: limits.CONTENT_CHARS])


def excerpt(html: str, chars: int = 200) -> str:
    """The beginning of the words of `html` on one line, at most `chars` characters."""
    return shorten(" ".join(plain(html).split()), chars)


def shorten(line: str, chars: int) -> str:
    """`line` in at most `chars` characters, cut between words where there is one to cut at."""
    if len(line) <= chars:
        return line
    head = line[: max(chars - 1, 0)]
    spot = head.rfind(" ")
    return (head[:spot] if spot > chars // 2 else head).rstrip(" .,;:") + "…"


def label(text: str, chars: int = limits.LABEL_CHARS) -> str:
    """A name or title of a stranger as one short line.

    Without control and invisible direction characters and with few combining marks in a row, so
    that it stays in its place on a page.
    """
    if not text:
        return ""
    if text.isascii() and text.isprintable():
        return shorten(" ".join(text[: chars * 8].split()), chars)
    kept: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text[: chars * 8]):
        category = unicodedata.category(sign)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > limits.LABEL_MARKS or (category in {"Cc", "Cf", "Cs"} and not sign.isspace()):
            continue
        kept.append(" " if sign in _BLANKS else sign)
    return shorten(" ".join("".join(kept).split()), chars)


def safe_url(url: str) -> str:
    """`url` when it is a plain http or https URL that a page may link to, otherwise "".

    Refused: other schemes, user names in it, blanks and control characters, an empty host.
    """
    if len(url) > limits.URI_CHARS:
        return ""
    if _PLAIN_URL.fullmatch(url):  # as most are: nothing in it to look for
        return url
    if _NOT_IN_URLS.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return ""
    good = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc
    return url if good else ""


def _tidy(html: str) -> str:
    """`html` without what no parser is meant to see: lone surrogates and NUL."""
    return html.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")


def _settled(html: str) -> str:
    """`html` cleaned until cleaning changes nothing more: what a browser parses is what we saw."""
    if _is_overgrown(html):
        return _escaped(_text(html))
    before = _without_pictures(html)
    for _ in range(PASSES):
        after = _with_true_hosts(_run(_cleaner, before))
        if after == before:
            fits = _depth(after) <= limits.HTML_DEPTH and not _is_overgrown(after)
            return after if fits else _escaped(_text(after))
        before = after
    return _escaped(_text(html))


def _is_overgrown(html: str) -> bool:
    """Whether a parser would need more time for `html` than anything honest deserves."""
    return len(_OPENING.findall(html)) > limits.HTML_ELEMENTS or _LONG_TAG.search(html) is not None


def _run(cleaner: nh3.Cleaner, html: str) -> str:
    try:
        return cleaner.clean(html)
    except BaseException as error:
        # A panic of the Rust parser is no Exception; everything else that is none goes on up.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        log.warning("content.not_cleaned", reason=type(error).__name__)
        return _escaped(html)


def _escaped(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "".join(
        f"<p>{entities.escape(line, quote=False).replace(chr(0xA0), '&nbsp;')}</p>"
        for line in lines
        if line
    )


def _text(html: str) -> str:
    words = html if _is_overgrown(html) else _run(_words, html)
    marked = _BREAK.sub("\n", _CELL.sub(" ", words))
    lines = entities.unescape(_ANY_TAG.sub("", marked)).splitlines()
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def _depth(html: str) -> int:
    deepest = level = 0
    for closing, name in _TAG.findall(html):
        if name not in {"br", "hr"}:
            level += -1 if closing else 1
            deepest = max(deepest, level)
    return deepest


def _without_pictures(html: str) -> str:
    """Pictures as links with their alternative text (Lemmy's and NodeBB's posts have them)."""
    if "<img" not in html.lower():
        return html
    return _PICTURE.sub(_picture_link, _run(_pictures, html))


def _picture_link(found: re.Match[str]) -> str:
    words = (found[2] or "").strip() or "picture"
    return f'<a href="{found[1]}">[{words.replace("<", "&lt;")}]</a>'


def _with_true_hosts(html: str) -> str:
    return _LINK.sub(_named_truly, _without_inner_links(html))


def _without_inner_links(html: str) -> str:
    """A link in another one, which a table lets it be, is none: whose words would they be?"""
    level = 0

    def outermost(found: re.Match[str]) -> str:
        nonlocal level
        level += -1 if found[0] == "</a>" else 1
        return found[0] if level == (found[0] != "</a>") else ""

    return _ANCHOR.sub(outermost, html)


def _named_truly(found: re.Match[str]) -> str:
    opening, href, inner, closing = found.groups()
    real = _host(entities.unescape(href))
    said = f" ({entities.escape(real)})"
    claims = _claims(_ANY_TAG.sub("", inner)) | _claims(_unhidden(inner))
    if not real or claims <= {_bare(real)} or inner.endswith(said):
        return found[0]
    return f"{opening}{inner}{said}{closing}"


def _claims(words: str) -> set[str]:
    """The hosts that the words of a link name, as a reader reads them."""
    read = entities.unescape(words)
    if not read.isascii():
        seen = (sign for sign in read if unicodedata.category(sign) != "Cf")
        read = unicodedata.normalize("NFKC", "".join(seen))
    return {_bare(host) for host in _CLAIM.findall(read.strip())}


def _unhidden(html: str) -> str:
    """The words without those that apps hide, by the class with which microblogs shorten links."""
    hidden: list[bool] = []
    kept: list[str] = []
    for piece in _HIDING.finditer(html):
        if piece[3] and not any(hidden):
            kept.append(piece[3])
        elif piece[2] and hidden:
            hidden.pop()
        elif piece[0].startswith("<span"):
            hidden.append("invisible" in (piece[1] or ""))
    return "".join(kept)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.").rstrip(".")
