"""Pages in a real browser: axe finds nothing, and people get where they want to, with and without
scripts."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest
from playwright.async_api import Browser, Page, Response, Route, async_playwright, expect

import browser
import gallery
from federation.models import Actor, Peer
from fedigroups.accounts.entry_models import Session
from fedigroups.groups import speaking
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.models import AnnouncementRead
from gallery import PAGES, PASSWORD, Gallery

try:
    import axe_playwright_python

    AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
except ImportError:
    AXE = ""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not browser.PROGRAM, reason="no Chromium here: .ci/browser installs it on Debian"
    ),
]
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
WEIGHED = {"document", "script", "stylesheet"}
PHONE = {"width": 390, "height": 844}
PASTES = """text => {
  const carrier = new DataTransfer();
  carrier.items.add(new File([new Uint8Array(8)], "a.png", {type: "image/png"}));
  const more = {clipboardData: carrier, bubbles: true, cancelable: true};
  text.dispatchEvent(new ClipboardEvent("paste", more));
}"""
FOUND = """async scheme => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const all = {type: "tag", values: tags}, colours = {type: "rule", values: ["color-contrast"]};
  const said = await axe.run(document, {runOnly: scheme === "light" ? all : colours});
  return said.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
}"""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Gallery]:
    async with gallery.opened(f"sqlite://{tmp_path}/gallery.sqlite3", str(tmp_path)) as shop:
        yield shop


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=browser.PROGRAM, args=["--no-sandbox"]
        )
        yield opened
        await opened.close()


async def entered(shop: Gallery, chromium: Browser, who: str, **options: object) -> Page:
    """A browser in which somebody is signed in, or nobody."""
    context = await chromium.new_context(viewport=PHONE, **options)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    if who:
        await page.goto(f"{shop.origin}/login")
        await page.get_by_label("Name or e-mail address").fill(who)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(lambda url: "/login" not in url)  # whole, for who counts
    return page


async def test_who_goes_back_after_somebody_signed_out_finds_nothing_of_theirs(
    shop: Gallery, chromium: Browser
) -> None:
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("group"))
    await page.goto(f"{shop.origin}/feed")
    await page.locator("form[action='/logout']").evaluate("form => form.submit()")
    await page.wait_for_url(f"{shop.origin}/")
    await page.go_back()
    await page.wait_for_url(f"{shop.origin}/login")
    await page.go_back()
    await page.wait_for_url(shop.url("group"))
    await expect(page.locator("form[action='/logout']")).to_have_count(0)


@SCRIPTS
async def test_an_invitation_is_carried_on_through_making_an_account(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "", java_script_enabled=scripts)
    await page.goto(shop.url("invited"))
    await page.get_by_role("link", name="Make an account").click()
    await page.get_by_label("Name", exact=True).fill("nina")
    await page.get_by_label("E-mail address").fill("nina@mail.example")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await page.get_by_role("button", name="Come in as nina").click()
    await page.wait_for_url(f"{shop.origin}/groups/welders")
    assert await Member.exists(actor__username="nina", state="member")


@pytest.mark.timeout(300)
async def test_axe_finds_nothing_on_any_page(shop: Gallery, chromium: Browser) -> None:
    faults: list[str] = []
    for who in sorted({who for _, who in PAGES.values()}):
        for scheme in ("light", "dark"):
            page = await entered(shop, chromium, who, bypass_csp=True, color_scheme=scheme)
            for name in (name for name, (_, one) in PAGES.items() if one == who):
                await page.goto(shop.url(name))
                await page.evaluate(AXE)
                if found := await page.evaluate(FOUND, scheme):
                    faults.append(f"{name} {scheme}: {found}")
            await page.context.close()
    assert not faults, "\n".join(faults)


@SCRIPTS
async def test_a_newcomer_gets_from_the_home_page_to_a_first_post(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    """On a phone, in fewer than 20 presses and fields; what the machine takes of two minutes is
    little."""
    page = await entered(shop, chromium, "", java_script_enabled=scripts)
    await page.goto(shop.origin)
    begun = perf_counter()
    await page.get_by_role("link", name="Make an account").click()
    await page.get_by_label("Name", exact=True).fill("nina")
    await page.get_by_label("E-mail address").fill("nina@mail.example")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Make the account").click()
    await page.get_by_role("main").get_by_role("link", name="Find a group").first.click()
    await page.get_by_role("link", name="Bakers", exact=True).click()
    await page.get_by_role("button", name="Join").first.click()
    await page.get_by_role("link", name="New thread", exact=True).click()
    await page.get_by_label("Title").fill("Hello")
    await page.get_by_label("Text", exact=True).fill("My first loaf was a **brick**.")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator(".preview strong")).to_have_text("brick")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hello")
    assert (await Post.get(title="Hello")).content.startswith("<p>My first loaf")
    assert perf_counter() - begun < 60


@SCRIPTS
async def test_a_member_answers_likes_and_saves_in_place(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "tom", java_script_enabled=scripts)
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(shop.url("thread-member"))
    post = page.locator(f"#post-{shop.ids['post']}")
    await post.get_by_role("button", name="Like").click()
    await expect(post.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    await post.get_by_role("link", name="Reply").click()
    await page.get_by_role("textbox", name="Your answer").fill("With argon?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("With argon?")).to_be_visible()
    assert (await Post.get(id=shop.ids["post"])).likes_count == 1
    assert said == []


async def test_what_is_selected_stands_in_the_answer_as_a_quote(
    shop: Gallery, chromium: Browser
) -> None:
    """And what was typed before stays."""
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("thread-member"))
    post = page.locator(f"#post-{shop.ids['post']}")
    words = post.locator(".prose")
    answer = post.get_by_role("textbox", name="Your answer")
    await words.evaluate("one => getSelection().selectAllChildren(one)")
    said = await words.inner_text()
    await post.get_by_role("link", name="Reply").click()
    await expect(answer).to_have_value(f"> {said}\n\n")
    await answer.press_sequentially("Why?")
    await words.evaluate("one => getSelection().selectAllChildren(one)")
    await post.get_by_role("link", name="Reply").click()
    await expect(answer).to_have_value(f"> {said}\n\nWhy?\n\n> {said}\n\n")


@SCRIPTS
async def test_who_is_signed_out_meanwhile_signs_in_and_is_back_where_they_were(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "tom", java_script_enabled=scripts)
    await page.goto(shop.url("thread-member"))
    await Session.all().delete()
    await page.locator(f"#post-{shop.ids['post']}").get_by_role("button", name="Like").click()
    await page.get_by_label("Name or e-mail address").fill("tom")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    await expect(page).to_have_url(shop.url("thread-member"))
    assert (await Post.get(id=shop.ids["post"])).likes_count == 0


async def test_a_like_shows_at_once_and_is_taken_back_when_it_cannot_be_sent(
    shop: Gallery, chromium: Browser
) -> None:
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("thread-member"))
    like = page.locator(f"#post-{shop.ids['post']}").get_by_role("button", name="Like")
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/like", held.put)
    await like.click()
    await expect(like).to_have_attribute("aria-pressed", "true")
    await (await held.get()).abort()
    await expect(like).to_have_attribute("aria-pressed", "false")


@SCRIPTS
async def test_a_visitor_joins_from_where_they_are(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "", java_script_enabled=scripts)
    await page.goto(shop.url("group"))
    await page.get_by_role("link", name="Join from your server").click()
    await page.get_by_label("Your own address").fill("@ann@m.example")
    await page.get_by_role("button", name="Take me there").click()
    await expect(page.get_by_text("It takes three steps by hand")).to_be_visible()


async def test_a_reply_is_told_while_the_thread_is_read(shop: Gallery, chromium: Browser) -> None:
    page = await entered(shop, chromium, "")
    async with page.expect_request("**/live?*"):
        await page.goto(shop.url("thread"))
    olga = await Actor.get(username="olga")
    parent = await Post.get(id=shop.ids["post"])
    await asyncio.sleep(0.5)
    await speaking.answer(shop.instance.wire, olga, parent, Text("Argon, always."))
    await page.get_by_role("button", name="1 new reply").click()
    await expect(page.get_by_text("Argon, always.")).to_be_visible()


async def test_what_is_typed_is_kept_as_a_draft_without_a_press(
    shop: Gallery, chromium: Browser
) -> None:
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("compose"))
    async with page.expect_response(lambda answer: answer.status == 204):
        await page.get_by_label("Text", exact=True).press_sequentially("Where do I get rods")
    await page.goto(shop.url("compose"))
    await expect(page.get_by_label("Text", exact=True)).to_have_value("Where do I get rods")


async def test_whoever_reads_with_the_keyboard_gets_from_post_to_post_and_answers(
    shop: Gallery, chromium: Browser
) -> None:
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("group-member"))
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".thread-row .stretch").first).to_be_focused()
    await page.goto(shop.url("thread-member"))
    for key in "jjjk":
        await page.keyboard.press(key)
    second = page.locator(".post").nth(1)
    await expect(second).to_be_focused()
    await page.keyboard.press("r")
    answer = second.get_by_role("textbox", name="Your answer")
    await expect(answer).to_be_focused()
    await page.keyboard.type("j/?")
    await expect(answer).to_have_value("j/?")
    await page.goto(shop.url("thread-member"))
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("?")
    await page.get_by_label("Use these keys").uncheck()
    await page.get_by_role("button", name="Close the list").click()
    await page.keyboard.press("j")
    await expect(page.locator(".post:focus")).to_have_count(0)


async def test_a_name_is_offered_and_a_picture_is_pasted(shop: Gallery, chromium: Browser) -> None:
    page = await entered(shop, chromium, "tom")
    await page.goto(shop.url("reply"))
    text = page.get_by_role("textbox", name="Your answer")
    await text.press_sequentially("Thanks @ol")
    await expect(page.get_by_role("option", name="Olga", selected=True)).to_be_visible()
    await expect(text).to_have_attribute("aria-activedescendant", "named-0")
    await page.keyboard.press("Enter")
    await expect(text).to_have_value(f"Thanks @olga@{shop.instance.wire.config.host} ")
    await expect(page.locator(".names")).to_be_hidden()
    await text.evaluate(PASTES)
    words = page.get_by_label("What is in it, for who cannot see it")
    await expect(words).to_be_focused()
    assert (
        await page.get_by_label("Picture", exact=True).evaluate("it => it.files[0].name") == "a.png"
    )
    await text.evaluate(PASTES)
    await expect(page.get_by_text("There is a picture already.")).to_be_visible()


async def test_a_picture_is_sent_with_a_bar_and_leads_where_it_would_without(
    shop: Gallery, chromium: Browser, tmp_path: Path
) -> None:
    """What is wrong is shown in the form; what is good leads on, to the very post."""
    page = await entered(shop, chromium, "tom")
    good, bad = tmp_path / "seam.png", tmp_path / "bad.png"
    good.write_bytes(gallery.seam())
    bad.write_bytes(b"no picture")
    await page.goto(shop.url("reply"))
    await page.get_by_role("textbox", name="Your answer").fill("Look at this one.")
    await page.get_by_text("Picture, language").click()
    await page.get_by_label("Picture", exact=True).set_input_files(bad)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.headers.get("x-progress", "")))
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#file0-problem")).to_be_visible()
    assert "yes" in asked
    await page.get_by_label("Picture", exact=True).set_input_files(good)
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/groups/welders/threads/*#post-*")
    await expect(page.locator(".post:target")).to_contain_text("Look at this one.")


async def test_a_group_page_is_light_and_asks_for_little(shop: Gallery, chromium: Browser) -> None:
    """Less than 60 kB as compressed, and four requests, before the news that it then waits for."""
    for who, name in (("", "group"), ("tom", "group-member")):
        page = await entered(shop, chromium, who)
        asked: list[str] = []
        came: list[Response] = []
        page.on("request", lambda one, asked=asked: asked.append(one.url))
        page.on("response", lambda one, came=came: came.append(one))
        await page.goto(shop.url(name))
        assert len([url for url in asked if not url.endswith("/live")]) <= 4, asked
        bodies = [await one.body() for one in came if one.request.resource_type in WEIGHED]
        assert sum(len(gzip.compress(body)) for body in bodies) < 60_000
        await page.context.close()


@SCRIPTS
async def test_where_one_is_stands_in_sight_and_how_to_write_on_every_screen(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "olga", java_script_enabled=scripts)
    await page.goto(shop.url("hosting-handing-over"))
    here = page.locator(".settings-nav [aria-current]")
    await expect(here).to_be_in_viewport(ratio=1)
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 844})
        for name in ("group-host", "feed"):
            await page.goto(shop.url(name))
            link = page.get_by_role("link", name="New thread", exact=True)
            await expect(link).to_be_in_viewport(ratio=1)


@SCRIPTS
async def test_a_host_lets_in_pins_and_bans_and_staff_block_a_server(
    shop: Gallery, chromium: Browser, scripts: bool
) -> None:
    page = await entered(shop, chromium, "olga", java_script_enabled=scripts)
    await page.get_by_role("button", name="I have read it").click()
    await page.goto(shop.url("hosting-requests"))
    await page.get_by_role("button", name="Let in").click()
    await expect(page.get_by_text("They are in.")).to_be_visible()
    await page.goto(shop.url("thread"))
    await page.get_by_role("button", name="Pin this thread").click()
    await page.get_by_role("link", name="Pinned threads").click()
    await expect(page.get_by_role("button", name="Unpin MIG or TIG")).to_be_visible()
    await page.goto(shop.url("hosting-member"))
    await page.get_by_label("Why?").first.fill("Spam")
    await page.get_by_role("button", name="Ban").click()
    await expect(page.get_by_text("Reason: Spam")).to_be_visible()
    await page.goto(shop.url("admin-servers"))
    await page.get_by_label("Server", exact=True).fill("bad.example")
    await page.get_by_role("button", name="Block it").first.click()
    await expect(page.get_by_text("Nothing is taken from that server")).to_be_visible()
    member = await Member.get(id=shop.ids["member"])
    assert (member.state, (await Peer.get(host="bad.example")).blocked) == ("banned", True)
    assert await AnnouncementRead.all().count() == 1
