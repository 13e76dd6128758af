"""What the tests of the product's ground may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import nats_server as servers
from nats_server import NatsServer


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """A NATS server of this worker's own."""
    with servers.running() as server:
        yield server
