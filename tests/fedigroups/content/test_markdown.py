"""What people here write, as HTML; and whom they name."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedigroups.content.markdown import Mention, find_handles, render
from fedigroups.content.sanitise import clean, plain


class Tags(HTMLParser):
    """The tags that a parser finds, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ANN = Mention("https://m.example/users/ann", "https://m.example/@ann")
REL = 'rel="nofollow noopener noreferrer ugc"'


def test_the_usual_marks_work() -> None:
    out = render("# Head\n\n**bold** and `code`\n\n- one\n- two\n\n> said", {})

    assert out == (
        "<h1>Head</h1>\n<p><strong>bold</strong> and <code>code</code></p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<blockquote>\n<p>said</p>\n</blockquote>\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '![a](b "onerror=alert(1)")',
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<javascript:alert(1)>",
        "a <b>loud</b> word",
        "[x]: javascript:alert(1)\n\n[x]",
        "[x](https://h.example 'a\" onclick=\"alert(1)')",
    ],
)
def test_raw_html_and_script_addresses_are_only_words(text: str) -> None:
    found = Tags(render(text, {})).found

    assert {tag for tag, _ in found} <= {"p", "a"}
    for _, attributes in found:
        assert set(attributes) <= {"href", "rel"}
        assert (attributes.get("href") or "https:").startswith(("https:", "mailto:"))


def test_an_address_becomes_a_link_and_a_file_name_does_not() -> None:
    out = render("see https://h.example/x and notes.md", {})

    assert (
        out
        == f'<p>see <a href="https://h.example/x" {REL}>https://h.example/x</a> and notes.md</p>\n'
    )


def test_a_known_handle_becomes_a_mention() -> None:
    out = render("Hello @ann@M.example, and @bob@l.example.", {"@ann@m.example": ANN})

    assert out == (
        f'<p>Hello <a href="https://m.example/@ann" class="u-url mention" {REL}>@ann@M.example</a>'
        ", and @bob@l.example.</p>\n"
    )


def test_a_handle_in_code_or_in_a_link_stays_as_it_is() -> None:
    text = "`@ann@m.example` [@ann@m.example](https://h.example)\n\n    @ann@m.example\n"

    assert find_handles(text) == []
    assert "mention" not in render(text, {"@ann@m.example": ANN})


def test_a_mention_with_a_page_that_is_no_web_address_links_to_the_id() -> None:
    eve = Mention("https://evil.example/eve", "javascript:alert(1)")

    assert 'href="https://evil.example/eve"' in render(
        "@eve@evil.example", {"@eve@evil.example": eve}
    )


def test_a_mention_that_leads_nowhere_safe_is_no_link() -> None:
    assert render("@eve@evil.example", {"@eve@evil.example": Mention("javascript:x")}) == (
        "<p>@eve@evil.example</p>\n"
    )


def test_handles_are_found_once_each_in_their_order() -> None:
    text = (
        "!welders@groups.example and **@ann@m.example**, (@bob_b@l.example:8443) @ann@M.EXAMPLE! "
        "mail ann@m.example, https://m.example/@eve@evil.example, @nobody, @a.b-c@h.example."
    )

    assert find_handles(text) == [
        "!welders@groups.example",
        "@ann@m.example",
        "@bob_b@l.example:8443",
        "@a.b-c@h.example",
    ]


def test_a_post_names_a_bounded_number_of_people() -> None:
    assert len(find_handles(" ".join(f"@a{i}@m.example" for i in range(500)))) == 50


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "*a " * 30_000,
        "`" * 90_000,
        "> " * 40_000,
        "https://" * 10_000,
        "@a@a." * 10_000,
        "//a.b " * 8_000,
    ],
)
def test_hostile_markdown_takes_bounded_time(text: str) -> None:
    start = time.process_time()
    render(text, {})

    assert time.process_time() - start < 3


def test_text_that_is_too_much_for_the_parser_is_shown_as_it_is() -> None:
    assert plain(render("[" * 6_000, {})) == "[" * 6_000
    assert render("a\n" * 6_000, {}).startswith("<pre>")  # each line a block, slow as a sign


@given(st.text(alphabet=st.sampled_from(list("ab@!.m<>[]()*_`#> \n-:/&\"'\\1"))))
@settings(deadline=None, max_examples=200)
def test_whatever_is_written_comes_out_clean(text: str) -> None:
    out = render(text, {"@a@m": ANN, "@b@m": ANN})

    assert clean(out) == out
