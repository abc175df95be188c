"""Where the proxy listens."""

from __future__ import annotations

import pytest

from plait.cli.serve import data_port
from plait.errors import StartError
from plait.graph.spec import Server


def test_a_flag_wins_over_a_variable_and_that_over_the_file() -> None:
    server = Server(host="10.0.0.1", port=1)
    environ = {"HOST": "10.0.0.2", "PORT": "2"}
    assert data_port(server, {}, None, None) == ("10.0.0.1", 1)
    assert data_port(server, {"HOST": "", "PORT": ""}, None, None) == ("10.0.0.1", 1)
    assert data_port(server, environ, None, None) == ("10.0.0.2", 2)
    assert data_port(server, environ, "10.0.0.3", 0) == ("10.0.0.3", 0)


@pytest.mark.parametrize("port", ["x", "-1", "65536", "\u00b2", "9" * 5000])
def test_a_variable_that_is_no_port_is_told_in_one_line(port: str) -> None:
    with pytest.raises(StartError, match="PORT is no port"):
        data_port(Server(), {"PORT": port}, None, None)
