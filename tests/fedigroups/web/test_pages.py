"""The pages as a browser without scripts meets them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import scenery
from federation.errors import Unreachable
from federation.models import Actor
from fedigroups.groups.models import Group, Thread
from fedigroups.store import Store
from fedigroups.web import static
from scenery import SITE, browser

pytestmark = pytest.mark.anyio

HOSTILE = '"><img src=x onerror=alert(1)></title><script>alert(2)</script>{{ 7 * 7 }}\u202e'


class Page(HTMLParser):
    """What a parser makes of a page: its elements, and the text outside of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self, **wanted: str) -> list[str]:
        """The targets of `<link>` elements with these attributes."""
        return [
            attributes["href"]
            for tag, attributes in self.elements
            if tag == "link" and wanted.items() <= attributes.items()
        ]

    def text(self) -> str:
        return " ".join(self.words.split())


async def get(path: str, status: int = 200, **headers: str) -> Page:
    async with browser() as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


async def test_an_empty_instance_says_how_to_make_the_first_group(database: Store) -> None:
    page = await get("/")

    assert "fedigroups group create welders --owner olga" in page.text()
    assert "@welders@groups.example" in page.text()


async def test_the_home_page_has_groups_and_what_is_talked_about(database: Store) -> None:
    ann = await scenery.person("ann@m.example", name="Ann")
    group = await scenery.group(description="We join metal.", members_count=1)
    _, root = await scenery.thread(group, ann)
    await scenery.post(await root.thread, ann, root)

    text = (await get("/")).text()
    assert "MIG or TIG? Which one for thin sheet? Ann@ann@m.example in Welders" in text
    assert "1 reply" in text
    assert "We join metal. 1 member" in text


async def test_the_directory_finds_groups_by_their_words(database: Store) -> None:
    await scenery.group()
    await scenery.group("bakers", "Bakers")

    assert "Bakers" not in (await get("/groups?q=metal")).text()
    text = (await get("/groups?q=BAKE")).text()
    assert ("Bakers" in text, "Welders" in text) == (True, False)
    assert "No group here has that in its name" in (await get("/groups?q=%25")).text()


async def test_a_group_says_what_it_is_for_and_who_looks_after_it(database: Store) -> None:
    olga = await scenery.person("olga@groups.example", name="Olga")
    group = await scenery.group(
        members_count=3,
        join_policy="approval",
        summary_html="<p>Ask <strong>anything</strong>.</p>",
        rules="Be kind.\n\n No selling. \n",
    )
    await scenery.join(group, olga, "owner")

    page = await get("/groups/welders")
    text = page.text()
    assert "3 members" in text
    assert "Anybody may ask to join; a host of the group decides." in text
    assert "Ask anything." in text
    assert "Be kind. No selling." in text
    assert "Olga @olga@groups.example Owner" in text.replace("Olga@olga", "Olga @olga")
    assert ("strong", {}) in page.elements


async def test_a_group_names_its_other_forms(database: Store) -> None:
    await scenery.group()

    page = await get("/groups/welders")
    assert page.links(type="application/activity+json") == ["https://groups.example/groups/welders"]
    assert page.links(type="application/atom+xml") == ["/groups/welders/feed.atom"]
    async with browser() as client:
        answer = await client.get("/groups/welders")
    assert answer.headers["link"] == (
        '<https://groups.example/groups/welders>; rel="alternate"; type="application/activity+json"'
    )


async def test_a_page_is_shown_whatever_letters_the_id_of_its_group_has(database: Store) -> None:
    group = await scenery.group()
    await Actor.filter(id=group.actor_id).update(uri='https://h.example/groups/"ŝweißer>, <x>')
    async with browser() as client:
        answer = await client.get("/groups/welders")
    assert answer.status_code == 200
    assert answer.headers["link"].startswith("<https://h.example/groups/%22%C5%9Dwei%C3%9Fer%3E,%")


async def test_a_group_shows_a_code_to_scan(database: Store) -> None:
    await scenery.group()

    codes = [a for tag, a in (await get("/groups/welders")).elements if tag == "path"]
    assert any(re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", a["d"]) for a in codes)


async def test_a_name_in_capitals_leads_to_the_group(database: Store) -> None:
    await scenery.group()

    async with browser() as client:
        answer = await client.get("/groups/Welders")
    assert (answer.status_code, answer.headers["location"]) == (308, "/groups/welders")


async def test_a_closed_group_is_gone_and_an_unknown_one_is_not_there(database: Store) -> None:
    await scenery.group(state="closed")
    await scenery.group("foreign", hosted=False)

    for tail in ("", "/join?handle=a@m.example", "/feed.atom"):
        await get(f"/groups/welders{tail}", 410)
        await get(f"/groups/nobody{tail}", 404)
        await get(f"/groups/foreign{tail}", 404)


async def a_thread() -> tuple[Group, Thread, str]:
    ann, bob = (
        await scenery.person("ann@m.example", name="Ann"),
        await scenery.person("bob@l.example"),
    )
    group = await scenery.group()
    thread, root = await scenery.thread(
        group, ann, likes_count=2, published_at=scenery.START, updated_at=scenery.START + 60_000
    )
    reply = await scenery.post(thread, bob, root, content="<p>TIG.</p>")
    gone = await scenery.post(thread, bob, root, state="removed", reason="rule 2")
    await scenery.post(thread, ann, gone, content="<p>Why?</p>")
    erased = await scenery.post(thread, bob, root, state="deleted", content="")
    await scenery.post(thread, ann, erased, content="<p>Pity.</p>")
    return group, thread, f"/groups/welders/threads/{thread.id}#post-{reply.id}"


async def test_a_thread_is_read_from_top_to_bottom(database: Store) -> None:
    _, thread, link = await a_thread()

    page = await get(f"/groups/welders/threads/{thread.id}")
    text = page.text()
    wanted = ["MIG or TIG?", "Ann@ann@m.example", "View on m.example", "2 likes", "3 replies"]
    wanted += ["TIG.", "Removed by a moderator: rule 2.", "Why?", "Deleted by its author.", "Pity."]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert ("article", {"class": "post", "id": link.partition("#")[2]}) in page.elements
    times = [a for tag, a in page.elements if tag == "time"]
    assert times[0] == {"datetime": "2026-01-02T10:00:05Z", "title": "2 January 2026, 10:00 UTC"}
    assert page.links(type="application/activity+json") == [
        f"https://groups.example/groups/welders/threads/{thread.id}"
    ]


async def test_a_thread_is_not_found_under_another_group(database: Store) -> None:
    _, thread, _ = await a_thread()
    await scenery.group("bakers")

    await get(f"/groups/bakers/threads/{thread.id}", 404)


@pytest.mark.parametrize("id", ["0", "x", "-1", "9" * 40, "1;2", "%00", "١"])
async def test_an_id_that_is_none_is_not_found(database: Store, id: str) -> None:
    await scenery.group()

    for path in (f"/groups/welders/threads/{id}", f"/groups/welders/threads/{id}/feed.atom"):
        await get(path, 404)
    await get(f"/@olga/{id}", 404)


@pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 5_000, "%F0%9F%98%80", "we%20ld", "..%2f"])
async def test_a_name_that_is_none_is_not_found(database: Store, name: str) -> None:
    for path in (f"/groups/{name}", f"/groups/{name}/feed.atom", f"/@{name}"):
        await get(path, 404)
    await get(f"/groups?q={name}")


@pytest.mark.parametrize(
    ("state", "visibility", "status"),
    [
        ("live", "unlisted", 200),
        ("live", "members", 404),
        ("held", "public", 404),
        ("deleted", "public", 410),
        ("removed", "public", 410),
        ("removed", "members", 404),
    ],
)
async def test_a_hidden_thread_does_not_exist_for_a_stranger(
    database: Store, state: str, visibility: str, status: int
) -> None:
    olga = await scenery.person("olga@groups.example")
    group = await scenery.group()
    thread, root = await scenery.thread(group, olga, "Secret", state=state, visibility=visibility)

    page = await get(f"/groups/welders/threads/{thread.id}", status)
    assert ("Secret" in page.text()) == (status == 200)
    for path in ("/", "/groups/welders", "/@olga"):
        assert "Secret" not in (await get(path)).text()
    async with browser() as client:
        answer = await client.get(f"/@olga/{root.id}")
        feed = await client.get("/groups/welders/feed.atom")
        own_feed = await client.get(f"/groups/welders/threads/{thread.id}/feed.atom")
    assert answer.status_code == (302 if status == 200 else status)
    assert "Secret" not in feed.text
    assert own_feed.status_code == 404


async def test_an_unlisted_thread_asks_not_to_be_indexed(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, _ = await scenery.thread(await scenery.group(), ann, visibility="unlisted")

    page = await get(f"/groups/welders/threads/{thread.id}")
    assert ("meta", {"name": "robots", "content": "noindex"}) in page.elements


async def test_a_removed_beginning_shows_no_words_of_it(database: Store) -> None:
    ann, bob = await scenery.person("ann@m.example"), await scenery.person("bob@l.example")
    thread, root = await scenery.thread(
        await scenery.group(), ann, "Buy now", state="removed", content="<p>cheap</p>"
    )
    await scenery.post(thread, bob, root, content="<p>no thanks</p>")

    text = (await get(f"/groups/welders/threads/{thread.id}")).text()
    assert "Removed by a moderator" in text
    assert "no thanks" in text
    assert "Buy now" not in text
    assert "cheap" not in text


async def test_a_content_warning_covers_the_text_until_it_is_opened(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, _ = await scenery.thread(
        await scenery.group(),
        ann,
        "",
        warning="blood",
        attachments=[
            {"kind": "Image", "url": "https://m.example/1.jpg", "text": "a thumb"},
            {"kind": "Image", "url": "javascript:alert(1)", "text": "bad"},
        ],
    )

    page = await get(f"/groups/welders/threads/{thread.id}")
    assert ("details", {"class": "warning"}) in page.elements
    assert "Content warning blood" in page.text()
    targets = [a["href"] for tag, a in page.elements if tag == "a" and "1.jpg" in a["href"]]
    assert targets == ["https://m.example/1.jpg"]
    assert "bad" not in page.text()


async def test_a_persons_page_and_the_way_from_a_post_to_its_thread(database: Store) -> None:
    olga = await scenery.person("olga@groups.example", name="Olga", summary="<p>Boilermaker</p>")
    thread, root = await scenery.thread(await scenery.group(), olga)

    page = await get("/@olga")
    assert "Boilermaker" in page.text()
    assert page.links(type="application/activity+json") == ["https://groups.example/users/olga"]
    async with browser() as client:
        answer = await client.get(f"/@olga/{root.id}")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/groups/welders/threads/{thread.id}#post-{root.id}"
    assert answer.headers["link"].startswith(f"<{root.uri}>;")


@pytest.mark.parametrize(("state", "status"), [("suspended", 404), ("gone", 410)])
async def test_people_who_are_no_longer_here_have_no_page(
    database: Store, state: str, status: int
) -> None:
    await scenery.person("tom@groups.example", state=state)

    await get("/@tom", status)
    await get("/@nobody", 404)
    await get("/@ann@m.example", 404)


async def test_a_visitor_is_sent_to_their_own_server(database: Store) -> None:
    await scenery.group()
    site = scenery.asking("https://m.example/authorize_interaction?uri={uri}")

    async with browser(site) as client:
        answer = await client.get("/groups/welders/join", params={"handle": " @ann@M.example "})
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        "https://m.example/authorize_interaction?uri=https%3A%2F%2Fgroups.example%2Fgroups%2Fwelders"
    )


async def test_a_link_on_another_site_sends_nobody_on_unasked(database: Store) -> None:
    await scenery.group()
    site = scenery.asking("https://evil.example/?{uri}")

    async with browser(site) as client:
        answer = await client.get(
            "/groups/welders/join?handle=a@evil.example", headers={"Sec-Fetch-Site": "cross-site"}
        )
    assert answer.status_code == 200
    assert "Go on to evil.example" in answer.text


@pytest.mark.parametrize(
    "template",
    [
        None,
        "",
        "https://m.example/no-place-for-it",
        "javascript:alert('{uri}')",
        "//evil.example/{uri}",
        "https://m.example/\r\nSet-Cookie: x=1;{uri}",
        "https://m.example@evil.example/{uri}",
    ],
)
async def test_without_a_usable_template_the_page_says_what_to_do(
    database: Store, template: str | None
) -> None:
    await scenery.group()

    async with browser(scenery.asking(template)) as client:
        answer = await client.get("/groups/welders/join?handle=ann@m.example")
    assert answer.status_code == 200
    assert "Search there for @welders@groups.example" in Page(answer.text).text()


async def test_a_server_that_cannot_be_asked_is_told_about_in_words(database: Store) -> None:
    await scenery.group()

    async def unreachable(_handle: str) -> str | None:
        raise Unreachable("no route")

    async with browser(replace(SITE, subscribe_template=unreachable)) as client:
        answer = await client.get("/groups/welders/join?handle=ann@m.example")
    assert "We could not find out where m.example lets people follow" in Page(answer.text).text()


async def test_an_address_of_this_server_is_not_asked_for(database: Store) -> None:
    await scenery.group()

    async def never(_handle: str) -> str | None:
        raise AssertionError("we asked ourselves")

    async with browser(replace(SITE, subscribe_template=never)) as client:
        answer = await client.get("/groups/welders/join?handle=tom@groups.example")
    assert "an address of this very server" in answer.text


@pytest.mark.parametrize(
    "typed", ["ann", "@ann", "ann@", "a b@m.example", "<script>@x", "x" * 9_000, "a@b@c"]
)
async def test_what_is_no_handle_is_answered_with_an_explanation(
    database: Store, typed: str
) -> None:
    await scenery.group()

    async with browser(scenery.asking("https://m.example/{uri}")) as client:
        answer = await client.get("/groups/welders/join", params={"handle": typed})
    assert answer.status_code == 400
    assert "is not a complete address" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("asked", ["", "?handle=", "?handle=%20"])
async def test_who_has_typed_nothing_yet_is_told_how_to_join_and_not_scolded(
    database: Store, asked: str
) -> None:
    await scenery.group()

    async with browser(scenery.asking("https://m.example/{uri}")) as client:
        answer = await client.get(f"/groups/welders/join{asked}")
    assert answer.status_code == 200
    assert "Your own address" in answer.text
    assert "not a complete address" not in answer.text


async def hostile_rows() -> list[str]:
    """Rows in which every word that a stranger writes is an attack; the paths that show them."""
    eve = await scenery.person("olga@groups.example", name=HOSTILE)
    ann = await scenery.person(f"eve{HOSTILE}@evil.example", name=HOSTILE)
    await type(ann).filter(id=ann.id).update(page_url="javascript:alert(3)")
    group = await scenery.group(
        title=HOSTILE, description=HOSTILE, rules=HOSTILE, language=HOSTILE[:16]
    )
    await scenery.join(group, ann, "moderator")
    thread, root = await scenery.thread(
        group,
        ann,
        HOSTILE,
        page_url="javascript:alert(4)",
        language=HOSTILE[:16],
        attachments=[{"kind": HOSTILE, "url": "https://x.example/", "text": HOSTILE}],
    )
    await scenery.post(thread, eve, root, warning=HOSTILE)
    gone = await scenery.post(thread, ann, root, state="removed", reason=HOSTILE)
    await scenery.post(thread, ann, gone)
    return ["/", "/groups", "/groups/welders", f"/groups/welders/threads/{thread.id}", "/@olga"]


async def test_hostile_words_are_escaped_wherever_they_are_shown(database: Store) -> None:
    paths = await hostile_rows()
    paths += [f"/groups?q={HOSTILE}", f"/groups/welders/join?handle={HOSTILE}", f"/{HOSTILE}"]

    async with browser() as client:
        answers = {path: await client.get(path) for path in paths}
    for path, answer in answers.items():
        page = Page(answer.text)
        assert not [tag for tag, _ in page.elements if tag in {"img", "style"}], path
        scripts = [
            attributes.get("src", "") for tag, attributes in page.elements if tag == "script"
        ]
        assert scripts == [static.url("visitor.js")], path
        for tag, attributes in page.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            target = attributes.get("href", attributes.get("action", ""))
            assert not target.lower().startswith(("javascript", "data")), (path, tag)
        assert "49" not in page.text().replace("{{ 7 * 7 }}", "")


async def test_names_of_strangers_are_isolated_and_without_direction_marks(
    database: Store,
) -> None:
    paths = await hostile_rows()

    async with browser() as client:
        for path in paths:
            answer = await client.get(path)
            assert "\u202e" not in answer.text
            assert "<bdi>" in answer.text


async def test_custom_emoji_are_pictures_that_come_through_us(database: Store) -> None:
    """In names, titles and texts, with what they are called; and the rest stays escaped."""
    ann = await scenery.person("ann@m.example", name="Ann :fox: <script>alert(1)</script>")
    icon = {"url": 'https://m.example/fox.png?"onerror=alert(2)'}
    tags = [{"type": "Emoji", "name": ":owl:", "icon": icon}]
    tags += [{"type": "Emoji", "name": ":fox:", "icon": {"url": "https://m.example/fox.png"}}]
    document = json.dumps({"tag": tags})
    await type(ann).filter(id=ann.id).update(document=document)
    group, said = await scenery.group(), "<p>A :fox: and an :owl:</p>"
    thread, root = await scenery.thread(group, ann, "", content=said, document=document)
    await scenery.post(thread, await scenery.person("bob@l.example"), root, content=said)

    for path, many in {"/groups/welders": 2, f"/groups/welders/threads/{thread.id}": 3}.items():
        page = await get(path)
        drawn = [one for tag, one in page.elements if tag == "img"]
        assert len(drawn) == many, path
        for picture in drawn:
            assert picture["alt"] == ":fox:"
            assert picture["src"].startswith("https://groups.example/media/proxy/icon/")
            assert "onerror" not in picture
        assert "<script>alert(1)</script>" in page.text()  # escaped
        assert ":owl:" in page.text()  # whose address is none


async def test_every_link_that_leaves_says_that_it_is_not_ours(database: Store) -> None:
    _, thread, _ = await a_thread()

    page = await get(f"/groups/welders/threads/{thread.id}")
    leaving = [a for tag, a in page.elements if tag == "a" and a["href"].startswith("http")]
    assert leaving
    for attributes in leaving:
        assert attributes["rel"] == "nofollow noopener noreferrer ugc"
        assert "target" not in attributes


async def test_pages_have_one_heading_landmarks_and_a_way_past_the_menu(database: Store) -> None:
    _, thread, _ = await a_thread()
    await scenery.person("olga@groups.example")

    for path in (
        "/",
        "/groups",
        "/groups/welders",
        f"/groups/welders/threads/{thread.id}",
        "/@olga",
    ):
        page = await get(path)
        tags = [tag for tag, _ in page.elements]
        assert tags.count("h1") == 1, path
        assert tags.count("main") == 1
        assert ("a", {"class": "skip", "href": "#main"}) in page.elements
        fields = [a for tag, a in page.elements if tag in {"input", "select", "textarea"}]
        inputs = [a["id"] for a in fields if a.get("type") != "hidden"]
        labels = [a["for"] for tag, a in page.elements if tag == "label"]
        assert inputs == labels
        ids = [a["id"] for _, a in page.elements if "id" in a]
        assert len(ids) == len(set(ids)), path


async def test_the_about_page_says_what_runs_here_and_whom_to_write_to(database: Store) -> None:
    page = await get("/about")

    targets = [a.get("href") for tag, a in page.elements if tag == "a"]
    assert "mailto:olga@groups.example" in targets
    assert "https://source.example/fedigroups" in targets
    assert "Fedigroups 0.1.0" in page.text()


@pytest.mark.parametrize("contact", ["", "javascript:alert(1)", "call me", "a@b?cc=c@d"])
async def test_a_contact_that_is_no_address_is_no_link(database: Store, contact: str) -> None:
    async with browser(replace(SITE, contact=contact)) as client:
        answer = await client.get("/about")
    targets = [a.get("href", "") for tag, a in Page(answer.text).elements if tag == "a"]
    assert not [target for target in targets if target.startswith(("mailto", "javascript"))]


async def test_robots_are_kept_from_pages_without_end(database: Store) -> None:
    async with browser() as client:
        answer = await client.get("/robots.txt")
    assert "Disallow: /groups/*/join" in answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_long_thread_of_many_servers_is_one_light_page(database: Store) -> None:
    """500 replies from five servers: few enough bytes and steps to be there at once.

    (`watchdog.py` bounds the time of a step, and the statements, of this request as of all.)
    """
    people = [await scenery.person(f"ann@{one}.example") for one in ("m", "l", "h", "n", "k")]
    thread, root = await scenery.thread(await scenery.group(), people[0])
    posts = [root]
    for number in range(500):
        parent = posts[-1] if number % 3 else posts[number // 2]
        posts.append(await scenery.post(thread, people[number % 5], parent))
    async with browser() as client:
        answer = await client.get(f"/groups/welders/threads/{thread.id}")
    page = Page(answer.text)
    assert "500 replies" in page.text()
    assert [tag for tag, _ in page.elements].count("article") == 501
    assert len(answer.content) < 800_000
    levels = {known["class"] for tag, known in page.elements if tag == "li"} - {""}
    assert levels == {f"level-{number}" for number in range(1, 7)}
