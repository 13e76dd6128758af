"""Every text of a page is said in every language, and no page has a text that is not."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment

from fedigroups.web import translation

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "fedigroups" / "web"
TEMPLATES = sorted((PAGES / "templates").rglob("*.html"))
HTMX = "22283ef68cb7545914f0a88a1bdedc7256a703d1d580c1d255217d0a50d31313"
SPOKEN = ("aria-label", "alt", "title", "placeholder")
"""Attributes that people read or hear."""
NAMES = {"Fedigroups", "·", "@"}
CODE = re.compile(r"fedigroups |--|groups\.example")


def _words() -> ModuleType:
    spec = importlib.util.spec_from_file_location("words", ROOT / ".ci" / "words.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


words = _words()


def test_every_text_is_translated_into_every_language() -> None:
    missing = {language: words.untranslated(catalog) for language, catalog in words.catalogs()}
    assert missing == {one: [] for one in translation.LANGUAGES if one != "en"}, "run: make words"


def test_translations_have_the_values_and_the_elements_of_their_texts() -> None:
    for language, catalog in words.catalogs():
        for message in catalog:
            if message.id:
                one = message.id if isinstance(message.id, str) else message.id[0]
                said = message.string if isinstance(message.string, tuple) else (message.string,)
                for form in said:
                    assert values(form) == values(one), (language, one)
                    assert elements(form) == elements(one), (language, one)


def test_no_sentence_of_a_language_stands_in_another() -> None:
    said: dict[str, str] = {}
    for language, catalog in words.catalogs():
        for message in catalog:
            form = message.string if isinstance(message.string, str) else message.string[0]
            if len(re.sub(r"%\(\w+\)s", "", form).split()) > 2:
                assert said.setdefault(form, language) == language, (language, form)


def values(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text)) - {"%(count)s"}


def elements(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+[^>]*>", text))


class Bare(HTMLParser):
    """What of a template people would read that no catalog knows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._key = False
        self.feed(html)

    def handle_data(self, data: str) -> None:
        if not self._key:  # what stands on a keyboard
            self._note(data)

    def handle_endtag(self, tag: str) -> None:
        self._key = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._key = tag == "kbd"
        for name, value in attrs:
            if name in SPOKEN and value:
                self._note(value)

    def _note(self, text: str) -> None:
        text = text.strip()
        has_letters = any(sign in string.ascii_letters for sign in text)
        if has_letters and text not in NAMES and not CODE.search(text):
            self.found.append(text)


def outside_of_blocks(source: str) -> Iterator[str]:
    """What a template says as it stands, without expressions, statements, and `trans` blocks."""
    environment = Environment(extensions=["jinja2.ext.i18n"])
    translated = False
    for _, kind, value in environment.lex(source):
        if kind == "name" and value in {"trans", "endtrans"}:
            translated = value == "trans"
        elif kind == "data" and not translated:
            yield value
        elif kind in {"variable_end", "block_end"}:
            yield ""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_has_no_text_of_its_own(path: Path) -> None:
    html = "".join(outside_of_blocks(path.read_text(encoding="utf-8")))
    assert Bare(html).found == []


def test_what_others_made_is_served_as_it_came() -> None:
    content = (PAGES / "static" / "vendor" / "htmx-2.0.8.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == HTMX
