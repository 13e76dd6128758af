"""This module knows how the text of a setting becomes its value, and which text is refused.

Each reader raises ValueError with the end of a sentence that begins with the setting's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from federation import origin as origins
from federation.config import Network
from federation.errors import Malformed, Misconfigured
from federation.sealing import SECRET_BYTES
from fedigroups import database_url

PREFIX = "FEDIGROUPS_"
_SWITCH = {"on": True, "off": False}
_MAIL = re.compile(r"[^@\s]+@[A-Za-z0-9.-]+")
_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Knob:
    """How a setting is read and explained; `default` is text, as a person would write it."""

    help: str
    example: str
    read: Callable[[str], Any]
    default: str = ""
    said: str = ""
    """The default in words, where the text alone would not tell."""
    secret: bool = False


def knob(
    help_: str,
    example: str,
    read: Callable[[str], Any],
    default: str = "",
    *,
    said: str = "",
    secret: bool = False,
) -> dict[str, Knob]:
    """The metadata of a field of the settings."""
    return {"knob": Knob(help_, example, read, default, said, secret)}


def is_loopback(origin: str) -> bool:
    """Whether an origin is on this machine only: `localhost`, `*.localhost`, 127.0.0.0/8, ::1."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(text: str) -> str:
    """A canonical origin: https, or http on loopback; nothing after the host and port."""
    try:
        found = origins.canonical(text).rstrip("/")
    except Malformed as error:
        raise ValueError("must be an origin with scheme and host") from error
    if found != origins.origin_of(found):
        raise ValueError("must end after the host: no path, query or fragment")
    if found.startswith("http://") and not is_loopback(found):
        raise ValueError("must begin with https:// (http is for localhost only)")
    return found


def database(text: str) -> str:
    """A database URL that `database_url.parse` takes; empty for the file in the data folder."""
    if text:
        try:
            database_url.parse(text)
        except Misconfigured as error:
            sentence = str(error).removeprefix("FEDIGROUPS_DATABASE_URL ")
            raise ValueError(re.split(r"[,;] for example", sentence)[0]) from error
    return text


def folder(text: str) -> Path:
    """An absolute path; relative ones begin at the working directory."""
    if not text:
        raise ValueError("must name a folder")
    return Path(text).expanduser().absolute()


def word(*allowed: str) -> Callable[[str], str]:
    """A reader that takes one of these words."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(filter(None, allowed))}")
        return text

    return read


def switch(text: str) -> bool:
    """`on` or `off`."""
    if text not in _SWITCH:
        raise ValueError("must be on or off")
    return _SWITCH[text]


def url(*schemes: str) -> Callable[[str], str]:
    """A reader that takes a URL with one of these schemes and a host, or nothing."""

    beginnings = " or ".join(f"{scheme}://" for scheme in schemes)

    def read(text: str) -> str:
        if text:
            parts = urlsplit(text)
            if parts.scheme not in schemes or not parts.hostname:
                raise ValueError(f"must be a URL that begins with {beginnings}")
        return text

    return read


def urls(*schemes: str) -> Callable[[str], tuple[str, ...]]:
    """A reader that takes such URLs, separated by commas."""
    one = url(*schemes)

    def read(text: str) -> tuple[str, ...]:
        return tuple(one(part) for part in _parts(text))

    return read


def networks(text: str) -> tuple[Network, ...]:
    """CIDRs, separated by commas."""
    try:
        return tuple(ip_network(part) for part in _parts(text))
    except ValueError as error:
        raise ValueError(f"must be networks in CIDR form ({error})") from error


def secret(text: str) -> bytes:
    """32 bytes written as 64 hexadecimal digits; nothing when there is none yet."""
    try:
        found = bytes.fromhex(text)
    except ValueError as error:
        raise ValueError("must be hexadecimal digits") from error
    if text and len(found) != SECRET_BYTES:
        raise ValueError(f"must have {2 * SECRET_BYTES} hexadecimal digits, it has {len(text)}")
    return found


def name(text: str) -> str:
    """One line of text."""
    if len(text) > _NAME_CHARS or not text.isprintable():
        raise ValueError(f"must be one line of at most {_NAME_CHARS} characters")
    return text


def line(text: str) -> str:
    """One line without blanks, or nothing."""
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValueError("must be one word without blanks")
    return text


def number(least: int, most: int) -> Callable[[str], int]:
    """A reader that takes a whole number within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def mail(text: str) -> str:
    """An e-mail address, or nothing."""
    if text and not _MAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


def written(value: object) -> str:
    """A value as a person would write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, bytes):
        return "(hidden)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
