"""This module says what the protocol floor must know of the instance; it reads no settings."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from federation import __version__

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class FederationConfig:
    """The public origin (`https://groups.example`) and what outgoing requests may reach."""

    origin: str
    secret: bytes
    """32 bytes, the instance's own: private keys are stored encrypted under it."""
    allow_networks: tuple[Network, ...] = ()
    """Networks that outgoing requests may reach though they are not public."""
    allow_http: bool = False
    """Plain http and other ports than 443 are spoken (only for an origin on loopback)."""
    allowed_only: bool = False
    """No hosts are dealt with but those that an operator allowed."""
    user_agent: str = ""

    @property
    def host(self) -> str:
        """The host of the origin as handles and the directory name it, with its port if any."""
        return urlsplit(self.origin).netloc

    @property
    def agent(self) -> str:
        """The User-Agent of every request (GoToSocial answers 418 to a request without one)."""
        return self.user_agent or f"Fedigroups/{__version__} (+{self.origin})"
