"""Custom emoji: which a document brings, and where they are drawn."""

from __future__ import annotations

import pytest

from federation import limits
from fedigroups.content import emoji

FOX = (("fox", "https://m.example/fox.png"),)
URL = "/copy?of=https://m.example/fox.png&amp;small"
DRAWN = f'<img class="emoji" src="{URL}" alt=":fox:" title=":fox:" loading="lazy" decoding="async">'


def shown(url: str) -> str:
    return f"/copy?of={url}&small"


@pytest.mark.parametrize(
    ("html", "drawn"),
    [
        ("<p>A :fox: at 10:30:fox:</p>", f"<p>A {DRAWN} at 10:30{DRAWN}</p>"),
        ("<p>An :owl:, a fox</p>", "<p>An :owl:, a fox</p>"),
        ('<a href="https://x.example/:fox:">x</a>', '<a href="https://x.example/:fox:">x</a>'),
        ('<abbr title="1 > 0 :fox:">x</abbr>', '<abbr title="1 > 0 :fox:">x</abbr>'),
        (
            "<pre><code>:fox:</code>\n:fox:</pre> :fox:",
            f"<pre><code>:fox:</code>\n:fox:</pre> {DRAWN}",
        ),
    ],
)
def test_a_picture_is_drawn_in_text_and_nowhere_else(html: str, drawn: str) -> None:
    assert emoji.pictured(html, FOX, shown) == drawn


def test_so_many_are_drawn_and_what_has_no_picture_stays_a_word() -> None:
    most = limits.EMOJI_PICTURES
    assert most == 50
    counts = [emoji.pictured(":fox:" * n, FOX, shown).count("<img") for n in (most - 1, most + 1)]
    assert counts == [most - 1, most]
    assert emoji.pictured(":fox:", FOX, lambda _url: "") == ":fox:"


@pytest.mark.parametrize("document", ["", "{", "[]", '{"tag": 1}', '{"tag": {"type": "Emoji"}}'])
def test_a_document_that_brings_none_is_no_trouble(document: str) -> None:
    assert emoji.stored(document) == ()
