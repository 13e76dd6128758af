"""This module says which browser somebody uses, as people would: “Firefox on Android”."""

from __future__ import annotations

from collections.abc import Iterable

from fedigroups.web.translation import gettext as _

BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet")),
    *(("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome")),
    ("Safari/", "Safari"),
)
"""What stands in the name that a browser gives itself; those first that say they are others."""
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def called(agent: str) -> str:
    """The browser and its system, where both are known; else what it says of itself."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return agent or _("A browser that does not say its name")


def _first(known: Iterable[tuple[str, str]], agent: str) -> str:
    return next((name for mark, name in known if mark in agent), "")
