"""This module puts the parts of the protocol together into the one value that others are given."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from federation.authorship import Authorship
from federation.config import FederationConfig
from federation.directory import Directory
from federation.fetch import Fetcher
from federation.followers import Followers
from federation.http import Http
from federation.keys import Keyring
from federation.peers import Peers
from federation.register import Clean
from federation.uris import Uris
from federation.watch import NOBODY, Watch

Transport = httpx.AsyncBaseTransport
"""What opens the sockets: `federation.transport.GuardedTransport`, or a network of a test's own."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Everything with which an instance speaks to others."""

    config: FederationConfig
    uris: Uris
    keyring: Keyring
    http: Http
    fetcher: Fetcher
    peers: Peers
    directory: Directory
    authorship: Authorship
    followers: Followers

    async def close(self) -> None:
        """Close the connections."""
        self.authorship.close()
        await self.http.close()


def build(
    config: FederationConfig, transport: Transport, clean: Clean, watch: Watch = NOBODY
) -> Wire:
    """The parts for one instance.

    `clean` makes a stranger's HTML safe to show; `watch` is told what changes of actors and hosts.
    """
    uris = Uris(config.origin)
    keyring = Keyring(config.secret)
    http = Http(transport, config)
    fetcher = Fetcher(http, keyring, config, uris)
    peers = Peers(fetcher, config, watch)
    fetcher.is_blocked = peers.is_blocked
    directory = Directory(fetcher, peers, config, uris, clean, watch)
    authorship = Authorship(directory)
    return Wire(config, uris, keyring, http, fetcher, peers, directory, authorship, Followers())
