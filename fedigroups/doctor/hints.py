"""This module looks at NATS, where it carries the hints of new work from process to process."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from nats.errors import Error

from fedigroups.bus import nats
from fedigroups.doctor.findings import Check, Finding, judged
from fedigroups.instance import Instance


async def _nats(instance: Instance) -> Finding:
    servers = instance.settings.nats_url
    if not servers:
        return Finding("NATS", "ok", "none is named, and none is needed")
    lost = [said for server in servers if (said := await _refusal(instance, server))]
    remedy = (
        "Start it, or see FEDIGROUPS_NATS_URL: host, port, user and password. Nothing is lost "
        "meanwhile: every process looks for work by itself, some seconds later."
    )
    return judged("NATS", not lost, "; ".join(lost) or f"{len(servers)} of them answer", remedy)


async def _refusal(instance: Instance, server: str) -> str:
    """Why one of them does not take us in; empty when it does."""
    try:
        async with nats.dial([server], nats.subject(instance.settings.origin), _unheard, _unlost):
            return ""
    except (Error, OSError, TimeoutError) as error:
        host = urlsplit(server).netloc.rpartition("@")[2]
        return f"{host} does not take us in: {error or type(error).__name__}"


def _unheard(_topic: str, _payload: bytes) -> None:
    """What is said meanwhile is for others."""


def _unlost() -> None:
    """That the line ends is as it should be."""


HINTS: Sequence[Check] = (Check("NATS", _nats),)
