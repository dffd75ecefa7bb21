"""A client of the simulated account, for tests of the client itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.payloads import Webhooks

if TYPE_CHECKING:
    from tests.conftest import Simulator

LINE, OTHER_LINE = "+15550100001", "+15550100002"


@pytest.fixture
def sendblue(simulator: Simulator) -> Client:
    """A client of an account with two lines, no subscriptions and nobody to talk to yet."""
    simulator.reset(lines=[LINE, OTHER_LINE], contacts=[], messages=[])
    client = client_from_settings()
    client.replace_webhooks(webhooks=Webhooks())
    return client
