"""Raw servers, and clients with short patience."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.sendblue.client import Client
from tests.raw_server import IMPATIENT, KEY_ID, SECRET_KEY, RawServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sendblue_inbox.sendblue.transport import Limits
    from tests.raw_server import Connect, Script, Serve


@pytest.fixture
def raw_server() -> Iterator[Serve]:
    """Starts servers that play the given scripts."""
    servers: list[RawServer] = []

    def start(*scripts: Script) -> RawServer:
        servers.append(RawServer(*scripts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def client_of() -> Connect:
    """Makes clients of a server, or of an address."""

    def make(server: RawServer | str, limits: Limits = IMPATIENT) -> Client:
        url = server if isinstance(server, str) else server.url
        return Client(base_url=url, key_id=KEY_ID, secret_key=SECRET_KEY, limits=limits)

    return make
