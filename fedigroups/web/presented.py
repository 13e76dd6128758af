"""This module tells pages what whoever runs the instance says of it.

It reads that anew after something was written that is shown, here or by another process, and once
a second at most.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from federation.pace import Memory
from fedigroups import about, announcements
from fedigroups.accounts.reception import Reception
from fedigroups.store import TROUBLE
from fedigroups.web.site import Site

FRESH_SECONDS = 1.0
UNASKED = ("/livez", "/readyz", "/metrics", "/static/")
"""Answers that say nothing of it: whether the process lives must not hang on the database."""


class Presented:
    """ASGI middleware inside the ambient database: it brings `site` and `reception` up to date.

    Found at `app.state.presented`.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self._state = state
        self._site: Site = state.site
        self._reception: Reception = state.reception
        self._fresh: Memory[bool] = Memory(entries=1)
        self._is_read = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; whoever comes while it is read anew is shown what was before."""
        if not (self._is_read or self._fresh.get("")) and _is_shown(scope):
            self._fresh.put("", True, FRESH_SECONDS)
            self._is_read = True
            await self._look()
        await self.app(scope, receive, send)

    def changed(self) -> None:
        """Something was written that is shown; perhaps it is this."""
        self._is_read = False

    def forget(self) -> None:
        """It was changed by this process: it is read anew at once."""
        self._is_read = False
        self._fresh.forget("")

    async def _look(self) -> None:
        try:
            said, standing = await about.read(), await announcements.standing()
        except TROUBLE:
            self._is_read = False
            return  # whoever asks the database next says so
        name = said.name or self._site.name
        self._state.site = replace(self._site, name=name, said=said, announcements=tuple(standing))
        self._state.reception = replace(self._reception, name=said.name or self._reception.name)


def _is_shown(scope: Scope) -> bool:
    return scope["type"] == "http" and not scope["path"].startswith(UNASKED)
