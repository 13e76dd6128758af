"""Passkeys in a real browser with a device in software: our pages, our script, our policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import CDPSession, Page, async_playwright, expect

import browser
import gallery
from fedigroups.accounts.entry_models import Passkey, Session
from gallery import PASSWORD, Gallery

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not browser.PROGRAM, reason="no Chromium here: .ci/browser installs it on Debian"
    ),
]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}
AT_ONCE = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
"""A device in software answers unasked where a browser only offers; a person would choose."""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Gallery]:
    async with gallery.opened(f"sqlite://{tmp_path}/gallery.sqlite3", str(tmp_path)) as shop:
        yield shop


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=browser.PROGRAM, args=["--no-sandbox"]
        )
        page = await (await opened.new_context()).new_page()
        page.set_default_timeout(20_000)
        yield page
        await opened.close()


async def with_device(page: Page) -> tuple[CDPSession, dict[str, str]]:
    """The browser gets a device; how it is spoken to, and its name."""
    link = await page.context.new_cdp_session(page)
    await link.send("WebAuthn.enable")
    return link, await link.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


async def sign_in(shop: Gallery, page: Page) -> None:
    await page.goto(f"{shop.origin}/login")
    await page.get_by_label("Name or e-mail address").fill("tom")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


async def add(shop: Gallery, page: Page) -> None:
    await page.goto(shop.url("settings-passkeys"))
    await page.get_by_label("Name of the new passkey").fill("Phone")
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_role("button", name="Make the passkey").click()
    await expect(page.get_by_text("Write these down now")).to_be_visible()
    await page.get_by_role("link", name="I have written them down").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("navigation", name="Settings").get_by_role("button").click()


async def test_a_passkey_is_added_opens_alone_and_after_a_password_and_is_removed(
    shop: Gallery, page: Page
) -> None:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.add_init_script(AT_ONCE)
    await with_device(page)
    await sign_in(shop, page)
    await add(shop, page)
    await expect(page.get_by_text("not used yet")).to_be_visible()
    await sign_out(page)
    await page.goto(f"{shop.origin}/login?next=/saved")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url(f"{shop.origin}/saved")
    await page.goto(shop.url("settings-passkeys"))
    await expect(page.get_by_text("not used yet")).to_have_count(0)
    await sign_out(page)
    await sign_in(shop, page)
    await page.wait_for_url("**/login/second**")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/feed")
    await page.goto(shop.url("settings-passkeys"))
    await page.get_by_role("link", name="Phone").click()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_role("button", name="Remove it").click()
    await page.wait_for_url("**/settings/passkeys")
    assert await Passkey.all().count() == 0
    assert said == []


async def test_the_browser_offers_a_passkey_beside_the_name_and_who_has_none_is_told(
    shop: Gallery, page: Page
) -> None:
    link, device = await with_device(page)
    await sign_in(shop, page)
    await add(shop, page)
    await sign_out(page)
    await page.goto(f"{shop.origin}/login")
    await page.wait_for_url("**/feed")
    assert await Session.all().count() == 1, "nobody pressed anything"
    await link.send("WebAuthn.clearCredentials", device)
    await page.goto(shop.url("settings-passkeys"))
    await sign_out(page)
    await page.goto(f"{shop.origin}/login")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_text("Your browser did not get a passkey")).to_be_visible()
