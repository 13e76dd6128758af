from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import limits, origin
from federation.errors import Malformed

VIC = "https://h.example/u/vic"

hosts = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{2,5}){1,3}\Z")
paths = st.from_regex(r"\A(/[A-Za-z0-9._~%?#=&é-]{0,12}){0,4}\Z")


@pytest.mark.parametrize(
    "spelling",
    [
        "https://H.EXAMPLE/u/vic",
        "HTTPS://h.example/u/vic",
        "https://h.example:443/u/vic",
        "https://h.example:0443/u/vic",
    ],
)
def test_every_spelling_of_one_actor_has_one_canonical_form(spelling: str) -> None:
    assert origin.canonical(spelling) == VIC


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example./u/vic",
        "https://h..example/u/vic",
        "https://.h.example/u/vic",
        "https://höst.example/u/vic",
        "https://\u212aelvin.example/",
        "https://groups.example@evil.example/",
        "https://groups.example:pass@evil.example/",
        "https://good.example\\@evil.example/",
        "https://good.example/\\evil.example/",
        "https://good.exam\tple/",
        "https://good.example/a\nb",
        "https://good.example/a b",
        " https://good.example/a",
        "https://good.example/a\u2028b",
        "https://good.example/a\u0085b",
        "https://good.example/a\x00b",
        "https://good.example/\ud800",
        "https://good.example%2f@evil.example/",
        "https://good%2eexample/",
        "https:///path",
        "https://",
        "https:h.example/",
        "//h.example/u/vic",
        "h.example/u/vic",
        "ftp://h.example/",
        "javascript:alert(1)",
        "did:web:h.example",
        "",
        "https://h.example:/",
        "https://h.example:0/",
        "https://h.example:65536/",
        "https://h.example:٤٤٣/",
        "https://-h.example/",
        "https://h-.example/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://127.00.0.1/",
        "https://1127.0.0.1/",
        "https://127.0.0.1.5/",
        "https://h.example.0x7F/",
        "https://[::1/",
        "https://[:::1]/",
        "https://[fe80::1%25eth0]/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        f"https://h.example/{'a' * limits.URI_CHARS}",
    ],
)
def test_a_url_that_two_programs_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(Malformed):
        origin.canonical(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example",
        "https://h.example/",
        "https://h.example/Users/Vic?P=1#Main-Key",
        "https://h.example/users/vic#updates/17",
        "https://h.example?p=1",
        "https://xn--hst-sna.example/é/%C3%A9",
        "http://127.0.0.1:8000/users/vic",
        "https://[::1]:8443/users/vic",
        "https://under_score.example/",
    ],
)
def test_the_path_the_query_and_the_fragment_stay_as_they_are(url: str) -> None:
    assert origin.canonical(url) == url


def test_an_ipv6_host_has_one_spelling() -> None:
    assert origin.host_of("https://[0:0:0::0001]:443/") == "[::1]"


def test_the_host_carries_its_port_only_where_it_is_not_the_default() -> None:
    assert origin.host_of("http://h.example:80/") == "h.example"
    assert origin.host_of("http://h.example:443/") == "h.example:443"
    assert origin.origin_of("https://H.example:8443/a") == "https://h.example:8443"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://H.example:443/x", True),
        ("http://h.example/u/vic", False),
        ("https://h.example:8443/u/vic", False),
        ("https://h.example.evil.example/u/vic", False),
        ("https://evil.example/https://h.example/", False),
        ("https://h.example@evil.example/", False),
        ("not a url", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(other: str, same: bool) -> None:
    assert origin.same_origin(VIC, other) is same
    assert origin.same_origin(other, VIC) is same


def test_nothing_malformed_is_of_its_own_origin() -> None:
    assert not origin.same_origin("junk", "junk")


def test_the_fragment_is_cut_at_the_first_hash() -> None:
    assert origin.without_fragment(f"{VIC}#main#key") == VIC
    assert origin.without_fragment(VIC) == VIC


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: "https://" + rest))
@settings(deadline=None, max_examples=200)
def test_any_text_is_either_made_canonical_once_or_refused(text: str) -> None:
    try:
        once = origin.canonical(text)
    except Malformed:
        assert not origin.same_origin(text, text)
        return
    assert origin.canonical(once) == once
    assert once.startswith(origin.origin_of(text))


@given(hosts, paths)
@settings(deadline=None, max_examples=200)
def test_an_ordinary_url_is_already_canonical(host: str, path: str) -> None:
    url = f"https://{host}{path}"
    assert origin.canonical(url) == url
    assert origin.canonical(f"HTTPS://{host.upper()}:443{path}") == url


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("m.example", "m.example"),
        ("a.m.example", "m.example"),
        ("x.y.a.m.example:8443", "m.example"),
        ("social.welders.co.uk", "welders.co.uk"),
        ("welders.co.uk", "welders.co.uk"),
        ("social.welders.de", "welders.de"),
        ("co.uk", "co.uk"),
        ("localhost:8001", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:8443", "192.0.2.1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_subdomains_are_of_one_site(host: str, site: str) -> None:
    assert origin.site_of(host) == site
