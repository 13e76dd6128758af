"""This module writes Atom feeds (RFC 4287) of groups and threads: public posts, whole texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response

from federation import clock
from fedigroups.content import languages, sanitise
from fedigroups.groups import read
from fedigroups.groups.views import PostView
from fedigroups.web import errors
from fedigroups.web import site as sites
from fedigroups.web.addresses import number

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `path` is its own path, `page` the path of the page that it is a feed of."""

    origin: str
    path: str
    page: str
    title: str
    subtitle: str
    group: str
    updated_at: int
    posts: Sequence[PostView]

    @property
    def url(self) -> str:
        """Its own address, which is its id too."""
        return f"{self.origin}{self.path}"


async def group_feed(request: Request) -> Response:
    """`/groups/{name}/feed.atom`: what started the newest threads."""
    group = await read.find_group(request.path_params["name"])
    if group is None:
        return errors.not_found(request)
    if group.state != "open":
        return errors.not_open(request, group.state)
    page = f"/groups/{group.name}"
    feed = Feed(
        origin=sites.of(request).origin,
        path=f"{page}/feed.atom",
        page=page,
        title=sanitise.label(group.title) or group.name,
        subtitle=sanitise.label(group.description, 500),
        group=group.name,
        updated_at=group.active_at or group.created_at,
        posts=await read.newest_threads(group),
    )
    return _response(feed)


async def thread_feed(request: Request) -> Response:
    """`/groups/{name}/threads/{id}/feed.atom`: the newest posts of a thread."""
    thread_id = number(request.path_params["id"])
    thread = await read.thread_head(thread_id) if thread_id else None
    if thread is None or thread.group.name != request.path_params["name"] or not thread.listed:
        return errors.not_found(request)
    page = f"{thread.group.link}/threads/{thread.id}"
    feed = Feed(
        origin=sites.of(request).origin,
        path=f"{page}/feed.atom",
        page=page,
        title=thread.title or "A thread without its beginning",
        subtitle=f"In {thread.group.title}",
        group=thread.group.name,
        updated_at=thread.root.changed_at,
        posts=await read.newest_posts(thread.id),
    )
    return _response(feed)


def _response(feed: Feed) -> Response:
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(document(feed), headers=headers, media_type=MEDIA_TYPE)


def document(feed: Feed) -> bytes:
    """The feed as UTF-8 XML."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    text(root, "id", feed.url)
    text(root, "title", feed.title)
    if feed.subtitle:
        text(root, "subtitle", feed.subtitle)
    newest = max([feed.updated_at, *(post.changed_at for post in feed.posts)])
    text(root, "updated", clock.rfc3339(newest))
    link(root, "self", feed.url, "application/atom+xml")
    link(root, "alternate", f"{feed.origin}{feed.page}", "text/html")
    text(root, "generator", "Fedigroups")
    for post in feed.posts:
        _entry(root, feed, post)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _entry(root: Element, feed: Feed, post: PostView) -> None:
    entry = SubElement(root, "entry")
    if language := languages.tag_or(post.language):
        entry.set("xml:lang", language)
    text(entry, "id", post.uri)
    text(entry, "title", _title(post))
    text(entry, "published", clock.rfc3339(post.published_at))
    text(entry, "updated", clock.rfc3339(post.changed_at))
    page = f"{feed.origin}/groups/{feed.group}/threads/{post.thread_id}#post-{post.id}"
    link(entry, "alternate", page, "text/html")
    author = SubElement(entry, "author")
    text(author, "name", f"{post.author.name} ({post.author.handle})")
    text(author, "uri", post.author.uri)
    text(entry, "content", _content(post)).set("type", "html")


def _title(post: PostView) -> str:
    own = post.title or post.warning or sanitise.excerpt(post.content, 80)
    return own or f"A post by {post.author.handle}"


def _content(post: PostView) -> str:
    """The cleaned text as it is stored, with what is attached as links."""
    warning = f"<p><strong>{escape(post.warning)}</strong></p>" if post.warning else ""
    attached = "".join(
        f'<p><a href="{escape(one.url)}" rel="{sanitise.REL}">{escape(one.text or one.url)}</a></p>'
        for one in post.attachments
    )
    return warning + post.content + attached


def text(parent: Element, name: str, words: str) -> Element:
    """A child of this name with these words, but for what no XML may hold."""
    child = SubElement(parent, name)
    child.text = _NOT_XML.sub("", words)
    return child


def link(parent: Element, rel: str, href: str, media_type: str) -> None:
    """A link of the parent's."""
    SubElement(parent, "link", {"rel": rel, "type": media_type, "href": href})
