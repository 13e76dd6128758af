"""Ways to make a page do what it should not, each with a name: `RUN` runs, `URL` is asked.

They are of families: active elements, handlers, markup that changes when it is parsed again,
targets, styles, names, sizes. Every one of them works on a page that takes HTML as it comes.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

_TAGS = (
    "a abbr b bdi blockquote br cite code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins"
    " kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup table tbody td"
    " th thead tr u ul var"
)
_SCHEMES = {"http", "https", "mailto", "xmpp", "gemini", "matrix"}
_ATTRIBUTES = {"href", "rel", "class", "start", "reversed", "title"}
_CLASSES = {"mention", "hashtag", "u-url", "h-card", "invisible", "ellipsis"}

_EVERY: Final = {
    # what runs
    "script": "<script>RUN</script>",
    "script in pieces": "<scr<script>ipt>RUN</scr</script>ipt>",
    "image": '<img src=URL onerror="RUN">',
    "image with slashes": '<img/src="URL"/onerror=RUN>',
    "svg": '<svg onload="RUN"><circle r=9></svg>',
    "svg script": "<svg><script>RUN</script></svg>",
    "svg animation": (
        '<svg><a><animate attributeName=href values="javascript:RUN"/><text y=9>x</text></a></svg>'
    ),
    "svg foreign": '<svg><foreignObject><img src=URL onerror="RUN"></foreignObject></svg>',
    "svg use": '<svg><use href="URL#x"/></svg>',
    "math": '<math><maction actiontype="statusline" href="javascript:RUN">x</maction></math>',
    "frame": "<iframe srcdoc=\"<script>parent.RUN</script>\"></iframe><iframe src='URL'></iframe>",
    "object": "<object data='URL'></object><embed src='URL'>",
    "details": '<details open ontoggle="RUN"><summary>x</summary></details>',
    "focus": '<input autofocus onfocus="RUN"><button autofocus onfocus=RUN>x</button>',
    "video": '<video src=URL onerror="RUN"></video><audio src=URL autoplay onerror="RUN"></audio>',
    "source": "<picture><source srcset=URL><img srcset='URL 1x'></picture>",
    "marquee": '<marquee onstart="RUN" loop=1>x</marquee>',
    "animation": '<b style="animation:x 1ms" onanimationstart="RUN">x</b>',
    "body": '<body onload="RUN" onpageshow="RUN">',
    "popover": '<b popover onbeforetoggle="RUN">x</b><button popovertarget=x>x</button>',
    # what changes when it is parsed again
    "noscript": '<noscript><p title="</noscript><img src=URL onerror=RUN>">',
    "mglyph": (
        "<math><mtext><table><mglyph><style><!--</style>"
        '<img title="--&gt;&lt;img src=URL onerror=RUN&gt;">'
    ),
    "style in svg": '<svg></p><style><a id="</style><img src=URL onerror=RUN>">',
    "annotation": "<math><annotation-xml encoding=text/html><script>RUN</script></annotation-xml>",
    "annotation without": "<math><annotation><img src=URL onerror=RUN></annotation></math>",
    "title": '<title><a title="</title><img src=URL onerror=RUN>">',
    "textarea": "<textarea><img title='</textarea><img src=URL onerror=RUN>'></textarea>",
    "xmp": "<xmp><p title='</xmp><img src=URL onerror=RUN>'>",
    "template": "<template><img src=URL onerror=RUN></template>",
    "declarative shadow": "<div><template shadowrootmode=open><img src=URL onerror=RUN></template>",
    "comment": "<!--><img src=URL onerror=RUN>-->",
    "bogus comment": "<!foo><img src=URL onerror=RUN><?php '><img src=URL onerror=RUN>",
    "cdata": "<![CDATA[<img src=URL onerror=RUN>]]>",
    "nested forms": "<form><div></form><form><math><mtext></form><form><mglyph><style></math><img "
    "src=URL onerror=RUN></style></mglyph></form>",
    "nested links": "<a href='https://h.example/'><table><a href='javascript:RUN'>x</table></a>",
    "select": "<select><option><style></option></select><img src=URL onerror=RUN></style>",
    "nul": "<im\0g src=URL onerror=RUN><img\0src=URL onerror=RUN>",
    "surrogate": "<p>\ud800<img src=URL onerror=RUN></p>",
    "entities": "&lt;img src=URL onerror=RUN&gt;<p>&amp;lt;script&amp;gt;RUN</p>",
    # where links lead
    "javascript": '<a href="javascript:RUN">x</a>',
    "javascript with tab": '<a href="JaVa\tScRiPt:RUN">x</a><a href=" \x01javascript:RUN">x</a>',
    "javascript in entities": '<a href="&#106;ava&Tab;script&colon;RUN">x</a>',
    "data": '<a href="data:text/html,<script>RUN</script>">x</a><a href="vbscript:RUN">x</a>',
    "blob": '<a href="blob:URL">x</a><a href="filesystem:URL">x</a><a href="file:///etc">x</a>',
    "intent": '<a href="intent://x#Intent;end">x</a><a href="ms-msdt:/id x">x</a>',
    "form": '<form action="URL"><input name=p><button formaction="javascript:RUN">x</form>',
    "base": "<base href='URL' target=_top>",
    "refresh": '<meta http-equiv=refresh content="0;url=URL">',
    "link": "<link rel=stylesheet href=URL><link rel=preconnect href=URL>",
    "ping": '<a href="https://h.example/" ping="URL" target=_blank rel=opener>x</a>',
    "quote": '<blockquote cite="javascript:RUN">x</blockquote><q cite="URL">x</q>',
    # what leaves its place
    "fixed": '<p style="position:fixed;inset:0;z-index:99;background:url(URL)">x</p>',
    "style": "<style>*{position:fixed;background:url(URL)} @import 'URL';</style>",
    "classes": '<p class="masthead modal hero unseen skip fa-spin">x</p><b class=level-6>x</b>',
    "classes among ours": '<a class="mention modal" href="URL"><span class="h-card fa">x</span>',
    "ids": "<p id=main><a id=search name=site><form name=body><img name=getElementById></form>x",
    "old attributes": "<table background=URL width=9999 border=99><td nowrap bgcolor=red>x</table>",
    "font": "<font size=99 color=red>x</font><center>x</center><div align=right dir=rtl>x</div>",
    "wide": "<p>" + "x" * 5_000 + "</p><pre>" + "y" * 5_000 + "</pre>",
    "wide table": "<table><tr>" + "<td>wwwwwwwwww</td>" * 60 + "</tr></table>",
    "deep": "<blockquote>" * 60 + "x" + "</blockquote>" * 60,
    "deeper": "<blockquote><ul><li>" * 30 + "x",
    "long list": "<ol start=99999999999 reversed><li>x</li></ol>",
    "long link": "<a href='https://h.example/" + "z" * 1_500 + "'>" + "z" * 1_500 + "</a>",
    "direction": "<p>\u202egnp.exe\u2066 \u200f</p><bdo dir=rtl>moc.elpmaxe</bdo>",
    "marks": "<p>a" + "\u0301" * 300 + "\u0e47" * 300 + "</p>",
    "closing": "</div></article></li></ol></main></body></html>" * 5 + "<h1>x</h1>",
}


def vectors() -> dict[str, str]:
    """Each with its own call and its own host, so that who did it is seen."""
    return {name: filled(html, number) for number, (name, html) in enumerate(_EVERY.items())}


def filled(html: str, number: int) -> str:
    """The vector with `pwned('v7')` to run and `https://v7.evil.example/x` to ask."""
    url = f"https://v{number}.evil.example/x"
    return html.replace("RUN", f"pwned('v{number}')").replace("URL", url)


class Elements(HTMLParser):
    """The elements that a parser finds, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    """It has only the elements, attributes, classes and targets that may be on a page."""
    for tag, attributes in Elements(html).found:
        assert tag in _TAGS.split()
        assert set(attributes) <= _ATTRIBUTES
        assert set((attributes.get("class") or "").split()) <= _CLASSES
        if "href" in attributes:
            scheme = (attributes["href"] or "").partition(":")[0].lower()
            assert scheme in _SCHEMES
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener noreferrer ugc"
