"""Every test that asks for a kind of client runs with both."""

from __future__ import annotations

import pytest

from tests.client.asking import Awaited, Kind, Threaded


@pytest.fixture(params=[Threaded, Awaited], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found
