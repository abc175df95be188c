"""What holds for a connection of a client and for streams holds with TLS, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plait.http1.renewed import server_certificates
from plait.spec.tls import ServerTls
from tests.certificates import Authority
from tests.server import test_front, test_streams
from tests.server.serving import Sides

OTHERWISE = {
    "test_one_client_too_many_is_told_so",  # it is closed without a handshake: test_tls.py
    "test_a_client_that_sends_no_more_is_one_that_leaves_and_makes_no_noise",  # by close_notify: test_tls.py
    "test_a_client_that_does_not_read_costs_the_proxy_one_event",  # looks at the fronts while one is still shaking hands
    "test_a_client_that_does_not_read_is_gone_together_with_what_still_runs",  # the same
}

port = test_front.port

for module in (test_front, test_streams):
    found = {name: member for name, member in vars(module).items() if name.startswith("test_") and name not in OTHERWISE}
    globals().update(found)


@pytest.fixture(scope="module", autouse=True)
def _sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    cert, key = authority.issue()
    Sides.server, Sides.client = server_certificates(ServerTls(cert=cert, key=key)), authority.client()
    yield
    Sides.server = Sides.client = None
