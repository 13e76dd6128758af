"""At which address a picture is shown."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from fedigroups.media import names
from fedigroups.media.pictures import Asked, Pictures

ORIGIN = "https://groups.example"
PICTURES = Pictures(ORIGIN, f"{ORIGIN}/media", b"s" * 32)
ANN = "https://m.example/ann.png?size=large"


def parts(url: str) -> tuple[str, str, str]:
    size, signature, name = url.removeprefix(f"{ORIGIN}/media/proxy/").split("/")
    return size, signature, name


@pytest.mark.parametrize("size", ["icon", "preview", "whole"])
def test_a_picture_elsewhere_is_shown_by_an_address_that_we_signed(size) -> None:
    shown = PICTURES.shown(ANN, size)
    assert shown.startswith(f"{ORIGIN}/media/proxy/{size}/")
    assert PICTURES.asked(*parts(shown)) == Asked(size, ANN)


def test_nobody_else_can_make_such_an_address() -> None:
    size, signature, name = parts(PICTURES.shown(ANN, "icon"))
    other = base64.urlsafe_b64encode(b"http://169.254.169.254/latest").decode().rstrip("=")
    assert PICTURES.asked("icon", signature, other) is None
    assert PICTURES.asked("whole", signature, name) is None
    assert PICTURES.asked("full", signature, name) is None
    assert PICTURES.asked(size, "", name) is None
    assert PICTURES.asked(size, signature[:-1], name) is None
    assert PICTURES.asked(size, "é" * 22, name) is None
    assert PICTURES.asked(size, signature, name + "=") is None
    assert PICTURES.asked(size, signature, "é") is None
    assert replace(PICTURES, secret=b"t" * 32).asked(size, signature, name) is None


def test_ours_is_shown_from_where_it_is_and_its_preview_beside_it() -> None:
    stem = names.new()
    url = PICTURES.file(names.file(stem, "image/jpeg"))
    assert PICTURES.shown(url) == url
    assert PICTURES.shown(url, "preview") == PICTURES.file(names.preview(stem))
    # After a move to an origin of its own, what was posted before is still ours.
    moved = replace(PICTURES, place="https://media.groups.example")
    assert moved.shown(url, "preview") == PICTURES.file(names.preview(stem))
    assert not PICTURES.is_ours(f"{ORIGIN}/media/../secret")


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "data:image/png;base64,AA", "//x.example/"]
)
def test_what_is_no_address_of_a_picture_is_shown_nowhere(url: str) -> None:
    assert PICTURES.shown(url) == ""


def test_our_own_other_addresses_are_not_asked_through_ourselves() -> None:
    assert PICTURES.shown(f"{ORIGIN}/static/a.png") == f"{ORIGIN}/static/a.png"


def test_without_the_proxy_browsers_are_sent_to_the_other_servers() -> None:
    plain = replace(PICTURES, proxied=False)
    assert plain.shown(ANN, "icon") == ANN
    assert plain.sources == "'self' https:"


def test_a_page_may_have_pictures_from_here_and_from_our_own_other_origin() -> None:
    assert PICTURES.sources == "'self'"
    moved = replace(PICTURES, place="https://media.groups.example/pictures")
    assert moved.sources == "'self' https://media.groups.example"
