"""This module keeps what whoever runs the instance says of it, and how its pages look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from federation import ids, storage
from federation.errors import Malformed
from federation.limits import SUMMARY_CHARS
from fedigroups.content import markdown
from fedigroups.models import InstanceText

TEXTS = ("about", "rules", "privacy", "contact")
"""Said in each language of the pages: Markdown; of the rules, one a line."""
LOOKS = ("name", "colour", "icon")
"""The same in all languages; the icon is the URL of an upload."""
KINDS = frozenset({*TEXTS, *LOOKS})
FIRST = "en"
"""The language whose text stands in for one that is not there."""
TITLE_CHARS = 60
"""Of a name: it stands in the head of each page."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Said:
    """All of it, as it was read."""

    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By kind and language."""

    @property
    def name(self) -> str:
        """How the instance is called; empty for what the settings say."""
        return self.texts.get(("name", ""), "")

    @property
    def colour(self) -> str:
        """`#rrggbb`, or empty."""
        return self.texts.get(("colour", ""), "")

    @property
    def icon(self) -> str:
        """The URL of its icon, or empty."""
        return self.texts.get(("icon", ""), "")

    def text(self, kind: str, language: str) -> str:
        """The text in that language; else in English, else in whichever there is."""
        wished = self.texts.get((kind, language)) or self.texts.get((kind, FIRST))
        others = (text for (one, _), text in sorted(self.texts.items()) if one == kind)
        return wished or next(others, "")

    def html(self, kind: str, language: str) -> str:
        """The same as safe HTML."""
        return rendered(self.text(kind, language))

    def rules(self, language: str) -> tuple[str, ...]:
        """The rules, in their order."""
        lines = (line.strip() for line in self.text("rules", language).splitlines())
        return tuple(line for line in lines if line)


NOTHING = Said()


@lru_cache(maxsize=64)
def rendered(text: str) -> str:
    """Markdown of staff as safe HTML, which stands on every page: it is kept."""
    return markdown.render(text, {}) if text else ""


async def read() -> Said:
    """All that is said."""
    rows = await storage.rows("SELECT kind, language, text FROM instance_text")
    return Said({(row["kind"], row["language"]): row["text"] for row in rows})


async def write(kind: str, language: str, text: str) -> None:
    """Say that from now on; nothing when it is empty. Raises `Malformed` for too much of it."""
    kept = text.strip().lower() if kind == "colour" else text.strip()
    _check(kind, kept)
    async with storage.transaction():
        await storage.hold(f"text {kind} {language}")
        await InstanceText.filter(kind=kind, language=language).delete()
        if kept:
            await InstanceText.create(id=ids.new(), kind=kind, language=language, text=kept)


def _check(kind: str, text: str) -> None:
    if len(text) > SUMMARY_CHARS:
        raise Malformed("a text has at most {most} characters", most=SUMMARY_CHARS)
    if kind == "name" and len(text) > TITLE_CHARS:
        raise Malformed("a server's name has at most {most} characters", most=TITLE_CHARS)
    if kind == "colour" and text and not _COLOUR.fullmatch(text):
        raise Malformed("a colour is written like #0f6b5c")
