"""What strangers' HTML may become on our pages (hostile input, family 9)."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import limits
from fedigroups.content import sanitise
from fedigroups.content.sanitise import clean, excerpt, label, plain, safe_url
from vectors import assert_harmless

ACTIVE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a href='javascript:alert(1)'>x</a></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,x'></object><embed src=x>",
    "<form action=https://evil.example><input name=p><button formaction=x>ok</button></form>",
    "<base href=https://evil.example><meta http-equiv=refresh content='0;url=x'>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>*{display:none}</style>",
    "<p id=main style='position:fixed;inset:0' onclick=alert(1) data-x=1>x</p>",
    "<marquee onstart=alert(1)><blink>x</blink></marquee>",
    "<video src=x onloadstart=alert(1)></video><audio autoplay src=x></audio>",
]

MUTATING = [
    "<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<p><button><p>x</p></button></p>",
    "<a href=https://a.example><table><a href=https://b.example>x</a></table></a>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<select><option><img src=x onerror=alert(1)></select>",
    "<plaintext><script>alert(1)</script>",
]

TARGETS = [
    "javascript:alert(1)",
    "JaVa\tScRiPt:alert(1)",
    "&#106;avascript:alert(1)",
    " \x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://h.example/x",
    "file:///etc/passwd",
    "//evil.example/x",
    "/groups/welders/join?handle=eve@evil.example",
    "https://h.example@evil.example/",
    "https:\\\\h.example@evil.example/",
]


@pytest.mark.parametrize("html", ACTIVE + MUTATING)
def test_nothing_active_survives(html: str) -> None:
    out = clean(html)

    assert_harmless(out)
    assert "alert" not in re.sub(r"&lt;.*", "", out)


@pytest.mark.parametrize("html", ["</p>" * 3_000, "<p>" + "</p>" * 2_500, "a\n" * 5_000])
def test_what_a_parser_adds_is_counted_too(html: str) -> None:
    out = clean(html)
    assert clean(out) == out


@pytest.mark.parametrize("html", ACTIVE + MUTATING)
def test_what_was_cleaned_is_the_same_when_it_is_parsed_again(html: str) -> None:
    assert clean(clean(html)) == clean(html)


@pytest.mark.parametrize("target", TARGETS)
def test_a_link_with_a_target_that_is_not_allowed_leads_nowhere(target: str) -> None:
    out = clean(f'<p><a href="{target}">words</a></p>')

    assert "href" not in out
    assert plain(out) == "words"


@given(st.text(alphabet=st.sampled_from(list("<>/=\"'&;:!-ap bitdmsvgxhref#\0\r\n\u00a0"))))
@settings(deadline=None, max_examples=300)
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = clean(html)

    assert clean(once) == once
    assert_harmless(once)


PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "</b>", "<table>", "<tr>", "<td>", "</table>", "<ul><li>"),
        *("<a href=https://a.example>", "</a>", "<a href='https://b.example' class='mention x'>"),
        *("<svg>", "</svg>", "<math>", "<style>", "</style>", "<script>", "<!--", "-->", "<pre>\n"),
        *("@vic@h.example", "https://bank.example", "x", " ", "&lt;", "&#0;", "\ud800", "</form>"),
        *("<img src=https://h.example/a.png alt='a \"b\" <i>'>", "<h1>", "<blockquote>", "<br>"),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(deadline=None, max_examples=300)
def test_no_mixture_of_tags_is_unstable_or_harmful(html: str) -> None:
    once = clean(html)

    assert clean(once) == once
    assert_harmless(once)


def test_what_looks_like_a_tag_inside_an_attribute_is_not_text() -> None:
    html = '<p title="a>b" lang="x>y">words</p>'

    assert (plain(html), clean(html)) == ("words", "<p>words</p>")


@pytest.mark.parametrize(
    "name", ["script", "style", "template", "iframe", "object", "svg", "math", "noscript", "select"]
)
def test_what_is_inside_of_an_active_element_is_not_shown_as_text(name: str) -> None:
    assert "p{}" not in clean(f"<p>Hi</p><{name}>p{{}}</{name}>")


def test_styles_ids_and_unknown_classes_are_dropped() -> None:
    out = clean('<p id="main" style="position:fixed" class="modal"><span class="fa invisible">x')

    assert out == '<p><span class="invisible">x</span></p>'


def test_the_shape_of_a_microblogs_mention_is_kept() -> None:
    given_html = (
        '<p><span class="h-card" translate="no"><a href="https://m.example/@ann" '
        'class="u-url mention" rel="me">@<span>ann</span></a></span> hello</p>'
    )

    assert clean(given_html) == (
        '<p><span class="h-card"><a href="https://m.example/@ann" class="u-url mention" '
        'rel="nofollow noopener noreferrer ugc">@<span>ann</span></a></span> hello</p>'
    )


@pytest.mark.parametrize(
    "words",
    [
        *("@vic@h.example", "https://h.example/login", "www.h.example", "h.example/login"),
        *("see https://h.example", "https://h\u200b.example", "\uff48ttps://h.example"),
        '<span class="invisible">https://{real}/</span>h.example',
        '<span class="invisible"><span>x</span>https://{real}/</span>h.example',
        'h.example<span class="invisible"> ({real})</span>',
    ],
)
def test_a_link_that_names_another_host_than_its_target_says_where_it_leads(words: str) -> None:
    for real in ("evil.example", "www.h.example.evil.example"):
        said = words.replace("{real}", real)
        href = f'href="https://{real}/x"'
        for told in (f'{href} class="mention"', f'class="mention" {href}'):
            out = clean(f"<a {told}>{said}</a>")
            assert out.endswith(f"{said} ({real})</a>")
            assert clean(out) == out


SHORTENED = (
    '<span class="invisible">https://www.</span><span class="ellipsis">h.example/some/lo</span>'
    '<span class="invisible">ng.way.home</span>'
)


@pytest.mark.parametrize(
    "words",
    [
        *("@vic@h.example", "https://www.h.example/x", "read notes.md", SHORTENED),
        *("https://h.example/?u=https://m.example", "https://h.example/https://m.example"),
    ],
)
def test_an_honest_link_keeps_its_words(words: str) -> None:
    assert f">{words}</a>" in clean(f'<a href="https://h.example/x">{words}</a>')


def test_a_link_in_a_link_lends_its_words_to_nobody() -> None:
    inner = '<table><tr><td><a href="https://evil.example">https://h.example</a></td></tr></table>'

    assert "evil.example" not in clean(f'<a href="https://h.example">{inner}</a>')


@pytest.mark.parametrize(
    "href",
    [
        *("https:evil.example", "https:/evil.example", "https:///evil.example"),
        *("https:\\\\evil.example", "\x01https://h.example@evil.example"),
        *("ht\ttps://h.example@evil.example", "https://h.example\\@evil.example"),
    ],
)
def test_a_link_whose_host_only_browsers_find_leads_nowhere(href: str) -> None:
    assert "href" not in clean(f'<a href="{href}">https://h.example</a>')


def test_a_picture_becomes_a_link_with_its_description() -> None:
    out = clean('<p><img src="https://l.example/a.png" alt="a &quot;bead&quot; &lt;b&gt;"></p>')

    assert plain(out) == '[a "bead" <b>]'
    assert 'href="https://l.example/a.png"' in out


@pytest.mark.parametrize(
    "source", ["mailto:ann@m.example", "xmpp:ann@m.example", "ftp://h.example/a.png", "/a", "a.png"]
)
def test_a_picture_that_is_nowhere_on_the_web_leaves_nothing(source: str) -> None:
    assert clean(f'<img src="{source}" alt="A letter">') == ""


def test_a_link_to_no_site_leads_nowhere() -> None:
    for href in ("/settings", "settings", "//evil.example/x", "?x", "#x"):
        assert "href" not in clean(f'<a href="{href}">x</a>')


def test_no_nul_is_left_where_no_parser_looks() -> None:
    for html in ("a\0b", "<br>" * 2_001 + "a\0b", f"<b {'a' * 9_000}>a\0b"):
        assert "\0" not in clean(html) + plain(html)


@pytest.mark.parametrize("html", ["<annotation>", "<math><annotation>x", "<![CDATA[x]]>", "<?x?>"])
def test_malformed_markup_makes_nothing_fail(html: str) -> None:
    assert_harmless(clean(html))


def test_surrogates_and_nul_make_nothing_fail() -> None:
    assert clean("a\ud800\0b") == "ab"


class Panicking:
    """A parser that fails as the Rust one does."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def clean(self, html: str) -> str:
        raise self.error


class PanicException(BaseException):
    """What a panic of a Rust extension looks like: no Exception."""


@pytest.mark.parametrize("error", [ValueError("no"), PanicException("no")])
def test_when_the_sanitiser_fails_the_text_is_shown_escaped(error: BaseException) -> None:
    out = sanitise._run(Panicking(error), "<b>one\ntwo")  # type: ignore[arg-type]

    assert out == "<p>&lt;b&gt;one</p><p>two</p>"


def test_an_interrupt_is_not_taken_for_a_failure_of_the_sanitiser() -> None:
    with pytest.raises(KeyboardInterrupt):
        sanitise._run(Panicking(KeyboardInterrupt()), "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "html",
    [
        "<b>" * 100_000,
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<div>" * 20_000,
        "<ul><li>" * 12_000,
        "<a" * 50_000,
        "".join(f"<b a={i}>" for i in range(1_990)),
        "<b " + " ".join(f"a{i}" for i in range(15_000)) + ">x",
        "<a href=https://x.example>" * 1_900,
        "<p>x</p>" * 12_000,
        "<a href='https://x.example'>" + "www." * 20_000,
    ],
)
def test_hostile_sizes_take_bounded_time_and_room(html: str) -> None:
    start = time.process_time()
    out = clean(html)

    assert time.process_time() - start < 3
    assert len(out) <= limits.CONTENT_CHARS
    assert sanitise._depth(out) <= limits.HTML_DEPTH
    assert clean(out) == out


def test_what_is_nested_too_deeply_keeps_its_words() -> None:
    assert clean("<blockquote>" * 100 + "deep") == "<p>deep</p>"


def test_plain_text_has_a_line_for_each_paragraph() -> None:
    html = "<p>a<br>b &lt;x&gt;</p><p>c  d</p><ul><li>e</li><li>f</li></ul><script>x</script>"

    assert plain(html) == "a\nb <x>\nc d\ne\nf"


def test_an_excerpt_is_one_line_cut_between_words() -> None:
    assert excerpt("<p>hello world</p><p>more words here</p>", 15) == "hello world…"
    assert excerpt("<p>short</p>", 15) == "short"
    assert excerpt("<p>" + "x" * 50 + "</p>", 10) == "x" * 9 + "…"


@given(st.text(max_size=400), st.integers(1, 50))
@settings(deadline=None, max_examples=200)
def test_an_excerpt_never_exceeds_its_length(html: str, chars: int) -> None:
    out = excerpt(html, chars)

    assert len(out) <= chars
    assert "\n" not in out


def test_a_label_is_one_short_line_without_tricks() -> None:
    assert label("  Eve\u202egnp.exe\r\nSubject: x\0 ") == "Evegnp.exe Subject: x"
    assert label("a" + "\u0301" * 300) == "á" + "\u0301" * 4
    assert len(label("x" * 1000)) == limits.LABEL_CHARS
    assert label("\ud800") == label("\u3164\u2800") == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/a?b=c#d",
        "http://localhost:8000/",
        "https://h.example",
        "HTTPS://H.example/",
    ],
)
def test_plain_web_addresses_are_safe(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *(target for target in TARGETS if not target.startswith("/groups")),
        *(
            "",
            "h.example",
            "https:///x",
            "http://[",
            "https://h.example:99999/",
            "mailto:a@b.example",
        ),
        *(
            "https://h.example/\nx",
            "https://h.example/ x",
            'https://h.example/"onclick=x',
            "https://h.example/\u202egnp.exe",
            "https://",
        ),
        "https://h.example/" + "x" * limits.URI_CHARS,
    ],
)
def test_everything_else_is_no_safe_address(url: str) -> None:
    assert safe_url(url) == ""


@given(st.text(alphabet='htps:/?#@[]%.-_ \n\\"<ab0é\u2028', max_size=30))
def test_a_safe_address_is_one_for_every_parser(rest: str) -> None:
    for url in (rest, f"https://{rest}", f"https://h.example/{rest}"):
        if safe_url(url):
            parts = urlsplit(url)
            assert parts.scheme in {"http", "https"}
            assert parts.hostname
            assert "@" not in parts.netloc
            assert not set(url) & set(' \n\\"<\u2028')
