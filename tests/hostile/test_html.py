"""What strangers write is text, or safe HTML and links; `test_browser.py` has it looked at."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from doors import KINDS, ask
from federation import limits
from fedigroups.content import sanitise
from fedigroups.content.markdown import render
from poison import NAMES, attachment, hostile_names
from trials import Scene
from vectors import assert_harmless, vectors

pytestmark = pytest.mark.anyio

OWN_SCRIPT = re.compile(r'<script src="/static/[\w./-]+" defer></script>')
OWN_PICTURE = re.compile(r'<img src="https://groups\.example/media/[\w./-]+" alt="[^"<]*"[^<>]*>')


# The sanitiser, vector by vector


@pytest.mark.parametrize("name", vectors())
def test_nothing_active_is_left_of(name: str) -> None:
    # H157, H158, H159, H161, H163, H164, H170
    out = sanitise.clean(vectors()[name])
    assert sanitise.clean(out) == out
    assert_harmless(out)


@pytest.mark.parametrize("name", vectors())
def test_markdown_is_no_way_around_it(name: str) -> None:
    # H165: HTML in Markdown is text
    out = render(f"{vectors()[name]}\n\n[x](javascript:RUN) ![a](b 'onerror=RUN')", {})
    assert sanitise.clean(out) == out
    assert_harmless(out)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVa\tScRiPt:alert(1)",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "blob:https://h.example/1",
        "https://h.example@evil.example/",
        'https://h.example/"onerror="x',
        "//evil.example/",
        "file:///etc/passwd",
    ],
)
async def test_no_field_with_an_address_carries_another_scheme(scene: Scene, url: str) -> None:
    # H160: url of a post, attachments, emoji, icon, banner, facts of a profile, a group's own page
    den = scene.evil.member("den", "Group", **profile(url))
    two = scene.evil.member("two", **profile(url))
    await scene.ours.join("tom", den.uri)
    await scene.settle()
    await scene.send(two.follow(), two)
    emoji = {"type": "Emoji", "name": ":arc:", "icon": {"type": "Image", "url": url}}
    note = two.note("Look :arc:", url=url, attachment=[attachment(url)], tag=[emoji])
    await scene.send(two.create(note), two)
    post = await scene.ours.post(note["id"])
    assert post is not None
    assert (post.page_url, post.attachments) == (note["id"], "[]")
    thread = f"/groups/welders/threads/{post.thread_id}"
    abroad = ("/groups/den@evil.example", "/@two@evil.example")
    for path in (thread, f"{thread}/feed.atom", "/groups/welders", *abroad):
        answer = await ask(scene.ours, path, KINDS[0])
        assert answer.status_code == 200, path
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
            assert re.match(r"(https?|mailto):|/(?!/)|[#?]", unescape(link)), (path, link)
            assert not re.match(r"https?://[^/]*@", link), (path, link)
        for leaving in re.findall(r'<a [^>]*href="https?://[^>]*evil\.example[^>]*>', answer.text):
            assert f'rel="{sanitise.REL}"' in leaving, (path, leaving)  # H170


def profile(url: str) -> dict[str, Any]:
    """The fields of an actor that may hold an address."""
    field = {"type": "PropertyValue", "name": "Site", "value": f'<a href="{url}">x</a>'}
    icon = {"type": "Image", "mediaType": "image/png", "url": url}
    return {
        "url": url,
        "icon": icon,
        "image": icon,
        "attachment": [field],
        "summary": field["value"],
    }


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_text_wherever_it_stands(scene: Scene, name: str) -> None:
    # H162, H168: body, attributes, title, OpenGraph, JSON, feed; of people, groups, posts, files
    post = await hostile_names(scene, name)
    thread = f"/groups/welders/threads/{post.thread_id}"
    for path in (thread, "/groups/welders", "/", "/groups", "/@tom", "/groups/den@evil.example"):
        text = OWN_SCRIPT.sub("", (await ask(scene.ours, path, KINDS[0])).text)
        assert not re.search(r"<(img|script|/textarea|b style)", OWN_PICTURE.sub("", text)), path
        assert "{{" not in name or path == "/groups" or "{{ 7*7 }}" in text, path
        for sign in "\u202e\u2066\u200b\u200d":
            assert sign not in text, path
        assert "\u0301" * (limits.LABEL_MARKS + 2) not in text, path
    for feed in (f"{thread}/feed.atom", "/groups/welders/feed.atom"):
        fromstring((await ask(scene.ours, feed, KINDS[0])).content)
    for path in (thread, "/groups/welders", "/users/tom"):
        json.loads((await ask(scene.ours, path, KINDS[1])).content)


async def test_a_link_that_shows_another_host_says_where_it_leads(scene: Scene) -> None:
    # H167
    lie = '<a href="https://evil.example/x" class="mention u-url">@vic@h.example</a>'
    note = scene.vic.note(lie)
    await scene.send(scene.vic.create(note), scene.vic)
    post = await scene.ours.post(note["id"])
    assert post is not None
    text = (await ask(scene.ours, f"/groups/welders/threads/{post.thread_id}", KINDS[0])).text
    assert "@vic@h.example (evil.example)</a>" in text


async def test_shortcodes_and_pictures_of_strangers_are_not_put_into_pages(scene: Scene) -> None:
    # H166: pages show no emoji and, of pictures elsewhere, our copies; none is asked for unseen
    emoji = {
        "type": "Emoji",
        "name": ':x"onerror=y:',
        "icon": {"url": "https://evil.example/e.svg"},
    }
    note = scene.vic.note(
        'Hi :x"onerror=y: :blob:',
        tag=[emoji] * 500,
        attachment=[attachment("https://evil.example/a.png")],
    )
    asked = len(scene.world.network.log)
    await scene.send(scene.vic.create(note), scene.vic)
    post = await scene.ours.post(note["id"])
    if post is not None:
        thread = f"/groups/welders/threads/{post.thread_id}"
        text = (await ask(scene.ours, thread, KINDS[0])).text
        assert "<img" not in OWN_PICTURE.sub("", text)
    assert not [one for one in scene.world.network.log[asked:] if one.host == "evil.example"]
