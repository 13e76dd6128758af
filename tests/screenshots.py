"""Takes a picture of every page, on a phone and a wide screen, light and dark: `make screenshots`.

They are written to `screenshots/`; with names of pages as arguments, those pages alone.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

import browser
import gallery
from gallery import PAGES, PASSWORD, Gallery

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
SIZES = {"phone": (390, 844), "wide": (1280, 900)}
SCHEMES = ("light", "dark")


async def take(shop: Gallery, chromium: Browser, names: list[str]) -> None:
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            viewport = {"width": width, "height": height}
            for who in sorted({PAGES[name][1] for name in names}):
                context = await chromium.new_context(viewport=viewport, color_scheme=scheme)
                page = await context.new_page()
                if who:
                    await page.goto(f"{shop.origin}/login")
                    await page.fill("[name=name]", who)
                    await page.fill("[name=password]", PASSWORD)
                    await page.click("main button[type=submit]")
                for name in names:
                    if PAGES[name][1] == who:
                        await page.goto(shop.url(name))
                        await page.screenshot(
                            path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True
                        )
                await context.close()


async def main(names: list[str]) -> None:
    if not browser.PROGRAM:
        sys.exit("There is no Chromium here; on Debian .ci/browser installs it.")
    if unknown := set(names) - set(PAGES):
        sys.exit(f"There is no page {', '.join(sorted(unknown))}. There are: {', '.join(PAGES)}")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/gallery.sqlite3"
        async with gallery.opened(url, folder) as shop, async_playwright() as playwright:
            chromium = await playwright.chromium.launch(
                executable_path=browser.PROGRAM, args=["--no-sandbox"]
            )
            await take(shop, chromium, names)
            await chromium.close()
    print(f"{FOLDER} has {len(list(FOLDER.glob('*.png')))} pictures.")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(PAGES)))
