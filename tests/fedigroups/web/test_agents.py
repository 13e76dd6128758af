"""Browsers are called what people call them."""

from __future__ import annotations

import pytest

from fedigroups.web import agents

WEBKIT = "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"


@pytest.mark.parametrize(
    ("agent", "called"),
    [
        (f"{LINUX} Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (WEBKIT % "Linux; Android 15" + " Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        (WEBKIT % "Windows NT 10.0" + " Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        (WEBKIT % "iPhone; like Mac OS X" + " Version/18.0 Safari/604.1", "Safari on iPhone"),
        (WEBKIT % "Macintosh; Intel Mac OS X 14" + " Safari/605.1", "Safari on macOS"),
        ("Tusky/28", "Tusky/28"),
        ("", "A browser that does not say its name"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, called: str) -> None:
    assert agents.called(agent) == called
