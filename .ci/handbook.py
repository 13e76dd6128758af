"""Make a website of the handbook: `handbook.py FOLDER TARGET`. Run by `make handbook`."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Fedigroups</title>
<style>
body {{ max-width: 56rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
pre, code {{ font-family: ui-monospace, monospace; font-size: .9em; }}
pre {{ overflow-x: auto; padding: .75rem; background: #8881; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
td, th {{ border: 1px solid #8886; padding: .25rem .5rem; text-align: left; vertical-align: top; }}
:root {{ color-scheme: light dark; }}
</style>
<nav><a href="README.html">Handbook</a></nav>
<main>
{body}
</main>
</html>
"""


def main(folder: Path, target: Path) -> None:
    """Write a page of HTML for each page of Markdown."""
    target.mkdir(parents=True, exist_ok=True)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        title = re.search(r"^# (.*)$", text, re.MULTILINE)
        body = re.sub(r'href="([\w-]+)\.md(#[^"]*)?"', r'href="\1.html\2"', markdown.render(text))
        body = re.sub(r"<(h[2-6])>(.*?)</\1>", _anchored, body)
        name = html.escape(title[1] if title else page.stem)
        (target / f"{page.stem}.html").write_text(PAGE.format(title=name, body=body), "utf-8")


def _anchored(head: re.Match[str]) -> str:
    words = re.sub(r"<[^>]+>", "", head[2])
    slug = re.sub(r"[^\w\- ]", "", html.unescape(words).lower()).replace(" ", "-")
    return f'<{head[1]} id="{slug}">{head[2]}</{head[1]}>'


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
