"""Feeds: Atom that every reader understands (RFC 4287)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenery
from fedigroups.store import Store
from fedigroups.web.feeds import Feed, document
from scenery import browser

ATOM = "{http://www.w3.org/2005/Atom}"


async def feed(path: str) -> ElementTree.Element:
    async with browser() as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def links(element: ElementTree.Element) -> dict[str, str]:
    return {link.attrib["rel"]: link.attrib["href"] for link in element.findall(f"{ATOM}link")}


@pytest.mark.anyio
async def test_a_groups_feed_has_its_newest_threads(database: Store) -> None:
    ann = await scenery.person("ann@m.example", name="Ann")
    thread, root = await scenery.thread(
        await scenery.group(description="Metal"),
        ann,
        language="en",
        updated_at=scenery.START + 60_000,
        attachments=[{"kind": "Image", "url": "https://m.example/a.png?a&b", "text": "a <bead>"}],
    )
    await scenery.post(thread, ann, root, content="<p>only in the thread's feed</p>")

    found = await feed("/groups/welders/feed.atom")
    page = "https://groups.example/groups/welders"
    assert found.tag == f"{ATOM}feed"
    assert found.findtext(f"{ATOM}id") == f"{page}/feed.atom"
    assert found.findtext(f"{ATOM}title") == "Welders"
    assert found.findtext(f"{ATOM}updated") == "2026-01-02T10:01:05Z"
    assert links(found) == {"self": f"{page}/feed.atom", "alternate": page}

    (entry,) = found.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == root.uri
    assert entry.findtext(f"{ATOM}title") == "MIG or TIG?"
    assert entry.findtext(f"{ATOM}published") == "2026-01-02T10:00:05Z"
    assert entry.findtext(f"{ATOM}updated") == "2026-01-02T10:01:05Z"
    assert links(entry) == {"alternate": f"{page}/threads/{thread.id}#post-{root.id}"}
    author = entry.find(f"{ATOM}author")
    assert author is not None
    assert author.findtext(f"{ATOM}name") == "Ann (@ann@m.example)"
    assert author.findtext(f"{ATOM}uri") == ann.uri
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.attrib == {"type": "html"}
    assert content.text == (
        '<p>Which one for thin sheet?</p><p><a href="https://m.example/a.png?a&amp;b" '
        'rel="nofollow noopener noreferrer ugc">a &lt;bead&gt;</a></p>'
    )


@pytest.mark.anyio
async def test_a_threads_feed_has_its_newest_posts(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann)
    reply = await scenery.post(thread, ann, root, content="<p>Both.</p>")
    await scenery.post(thread, ann, root, visibility="unlisted")
    await scenery.post(thread, ann, root, visibility="members")
    await scenery.post(thread, ann, root, state="removed")

    found = await feed(f"/groups/welders/threads/{thread.id}/feed.atom")
    entries = found.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [reply.uri, root.uri]
    assert entries[0].findtext(f"{ATOM}title") == "Both."


@pytest.mark.anyio
async def test_a_thread_that_nobody_can_read_has_no_feed(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann, state="deleted")
    await scenery.post(thread, ann, root, visibility="members")
    path = f"/groups/welders/threads/{thread.id}/feed.atom"
    async with browser() as client:
        assert (await client.get(path)).status_code == 404
        await scenery.post(thread, ann, root, visibility="unlisted")  # its page is there, then
        assert (await client.get(path)).status_code == 200


@pytest.mark.anyio
async def test_a_feed_of_an_empty_group_is_a_feed(database: Store) -> None:
    await scenery.group(active_at=0)

    found = await feed("/groups/welders/feed.atom")
    assert found.findtext(f"{ATOM}updated") == "2026-01-02T10:00:05Z"
    assert found.findall(f"{ATOM}entry") == []


@pytest.mark.anyio
async def test_hostile_words_are_text_in_a_feed(database: Store) -> None:
    hostile = '"]]><script>alert(1)</script>\ufffe&\x0b'
    ann = await scenery.person("ann@m.example", name=hostile)
    group = await scenery.group(title=hostile, description=hostile)
    await scenery.thread(group, ann, hostile, warning=hostile, language='en" x="')

    found = await feed("/groups/welders/feed.atom")
    (entry,) = found.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == '"]]><script>alert(1)</script>&'
    assert entry.attrib == {}
    content = entry.findtext(f"{ATOM}content")
    assert content is not None
    assert "<script>" not in content


@given(st.text(max_size=60), st.text(max_size=60))
@settings(deadline=None, max_examples=100)
def test_a_feed_is_well_formed_whatever_it_is_called(title: str, subtitle: str) -> None:
    title = title.encode("utf-8", "ignore").decode()
    subtitle = subtitle.encode("utf-8", "ignore").decode()
    xml = document(Feed("https://groups.example", "/f", "/p", title, subtitle, "g", 0, ()))

    assert ElementTree.fromstring(xml).tag == f"{ATOM}feed"
